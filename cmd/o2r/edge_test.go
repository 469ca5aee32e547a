package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
	"o2r/persistence/storetest"
)

// listening serves a handler as o2r does, with clients held to short times.
func listening(t *testing.T, handler http.Handler, p patience) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(handler, p)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// reachable is the whole API on a socket, and a coordinator's token.
func reachable(t *testing.T, p patience) (address, token string) {
	t.Helper()
	tokens, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if token, err = tokens.Issue(domain.Actor{Subject: "c", Role: domain.Coordinator, Programmes: []string{}}, time.Hour); err != nil {
		t.Fatal(err)
	}
	return listening(t, api.Deployment{BodyTimeout: p.request}.New(storetest.New(t), tokens, slog.New(slog.DiscardHandler)).Handler(), p), token
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestSlowClientsAreCutOff(t *testing.T) {
	short := patience{header: 300 * time.Millisecond, request: 600 * time.Millisecond, answer: 900 * time.Millisecond, idle: 300 * time.Millisecond}
	address, token := reachable(t, short)

	// drip sends the beginning, then a byte at a time until the server hangs up.
	drip := func(beginning string) (answer string, took time.Duration) {
		conn, start := dial(t, address), time.Now()
		if _, err := io.WriteString(conn, beginning); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				if _, err := conn.Write([]byte("a")); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond)
			}
		}()
		text, _ := io.ReadAll(conn)
		took = time.Since(start)
		_ = conn.Close()
		<-done
		return string(text), took
	}
	authorized := "Host: o2r.test\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
	for name, beginning := range map[string]string{
		"a slow request line":  "G",
		"a slow header":        "GET /v1/me HTTP/1.1\r\nHost: o2r.test\r\nX-A: ",
		"a slow body":          "POST /v1/participants/search HTTP/1.1\r\n" + authorized + "Content-Length: 5000\r\n\r\n{\"query\":\"",
		"a slow chunk":         "POST /v1/participants/search HTTP/1.1\r\n" + authorized + "Transfer-Encoding: chunked\r\n\r\n1000\r\n{\"query\":\"",
		"a body nobody awaits": "GET /livez HTTP/1.1\r\nHost: o2r.test\r\nContent-Length: 5000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, took := drip(beginning)
			if took > 5*time.Second {
				t.Errorf("it held on for %s", took)
			}
			if strings.Contains(answer, `"items"`) {
				t.Errorf("it was answered: %s", answer)
			}
		})
	}
	t.Run("an idle connection", func(t *testing.T) {
		t.Parallel()
		conn, start := dial(t, address), time.Now()
		fmt.Fprintf(conn, "GET /livez HTTP/1.1\r\nHost: o2r.test\r\n\r\n")
		text, err := io.ReadAll(conn)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 200") || time.Since(start) > 5*time.Second {
			t.Errorf("after %s: %v %s", time.Since(start), err, text)
		}
	})
	t.Run("a slow reader", func(t *testing.T) {
		t.Parallel()
		ended := make(chan error, 1)
		endless := listening(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			block := make([]byte, 1<<20)
			for range 256 { // more than any socket buffers
				if _, err := w.Write(block); err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}), short)
		fmt.Fprintf(dial(t, endless), "GET / HTTP/1.1\r\nHost: o2r.test\r\n\r\n")
		select {
		case err := <-ended:
			if err == nil {
				t.Error("everything was written to somebody who read nothing")
			}
		case <-time.After(10 * time.Second):
			t.Error("the handler still waits for somebody who reads nothing")
		}
	})
}

// A request that two programs read differently is how one is smuggled past a proxy.
func TestMalformedRequestsAreRefusedOnTheWire(t *testing.T) {
	address, token := reachable(t, usualPatience)
	authorized := "Host: o2r.test\r\nAuthorization: Bearer " + token + "\r\nContent-Type: application/json\r\n"
	search, smuggled := "POST /v1/participants/search HTTP/1.1\r\n"+authorized, "GET /v1/me HTTP/1.1\r\n"+authorized+"\r\n"
	for name, row := range map[string]struct {
		request string
		status  string
	}{
		"two lengths":                       {search + "Content-Length: 15\r\nContent-Length: 2\r\n\r\n{\"query\":\"ab\"}" + smuggled, "400"},
		"a list of lengths":                 {search + "Content-Length: 15, 2\r\n\r\n{\"query\":\"ab\"}", "400"},
		"a signed length":                   {search + "Content-Length: +15\r\n\r\n{\"query\":\"ab\"} ", "400"},
		"a negative length":                 {search + "Content-Length: -1\r\n\r\n", "400"},
		"a length in hexadecimal":           {search + "Content-Length: 0xf\r\n\r\n{\"query\":\"ab\"} ", "400"},
		"an unknown transfer encoding":      {search + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
		"a disguised transfer encoding":     {search + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "501"},
		"two transfer encodings":            {search + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", "501"},
		"a space before the colon":          {search + "Content-Length : 2\r\n\r\n{}", "400"},
		"a folded header":                   {"GET /v1/me HTTP/1.1\r\n" + strings.Replace(authorized, "Bearer ", "\r\n Bearer ", 1) + "\r\n", ""},
		"a NUL in a header":                 {"GET /v1/me HTTP/1.1\r\n" + authorized + "X-A: a\x00b\r\n\r\n", "400"},
		"no host":                           {"GET /v1/me HTTP/1.1\r\n\r\n", "400"},
		"two hosts":                         {"GET /v1/me HTTP/1.1\r\n" + authorized + "Host: other.test\r\n\r\n", "400"},
		"a host with a path":                {"GET /v1/me HTTP/1.1\r\nHost: o2r.test/x\r\n\r\n", "400"},
		"a chunk that is no number":         {search + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "400"},
		"a chunk larger than it says":       {search + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\"query\":\"ab\"}\r\n0\r\n\r\n", "400"},
		"HTTP/2 without TLS":                {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "404"},
		"HTTP/1.2 in disguise":              {"GET /v1/me HTTP/9.9\r\n" + authorized + "\r\n", "505"},
		"two Authorization headers":         {"GET /v1/me HTTP/1.1\r\n" + authorized + "Authorization: Bearer x\r\n\r\n", "401"},
		"an enormous header":                {"GET /v1/me HTTP/1.1\r\n" + authorized + "X-A: " + strings.Repeat("a", 80<<10) + "\r\n\r\n", "431"},
		"a large header":                    {"GET /v1/me HTTP/1.1\r\n" + authorized + "X-A: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", "431"},
		"many headers":                      {"GET /v1/me HTTP/1.1\r\n" + authorized + strings.Repeat("X-A: aaaaaaaaaaaaaaaa\r\n", 2000) + "\r\n", "431"},
		"a long query":                      {"GET /v1/me?q=" + strings.Repeat("a", 9<<10) + " HTTP/1.1\r\n" + authorized + "\r\n", "414"},
		"a long path":                       {"GET /v1/" + strings.Repeat("a", 9<<10) + " HTTP/1.1\r\n" + authorized + "\r\n", "414"},
		"a deep body":                       {search + bodyOf(`{"query":`+strings.Repeat("[", 2000)+strings.Repeat("]", 2000)+`}`), "400"},
		"a large body":                      {search + "Content-Length: 2000000\r\n\r\n", "413"},
		"a large body in chunks":            {search + "Transfer-Encoding: chunked\r\n\r\n200000\r\n{\"query\":\"" + strings.Repeat("a", 2<<20) + "\r\n0\r\n\r\n", "413"},
		"junk after the body's JSON":        {search + bodyOf(`{"query":"ab"} {"query":"cd"}`), "400"},
		"a method of its own":               {"SMUGGLE /v1/me HTTP/1.1\r\n" + authorized + "\r\n", "405"},
		"TRACE":                             {"TRACE /v1/me HTTP/1.1\r\n" + authorized + "\r\n", "405"},
		"CONNECT":                           {"CONNECT o2r.test:443 HTTP/1.1\r\n" + authorized + "\r\n", "404"},
		"another host's absolute address":   {"GET http://other.test/v1/none HTTP/1.1\r\n" + authorized + "\r\n", "404"},
		"a path that climbs":                {"GET /v1/../v1/me HTTP/1.1\r\n" + authorized + "\r\n", "404"},
		"an encoded path that climbs":       {"GET /v1/%2e%2e/v1/me HTTP/1.1\r\n" + authorized + "\r\n", "404"},
		"a path without a slash":            {"GET v1/me HTTP/1.1\r\n" + authorized + "\r\n", "400"},
		"a header that is none":             {"GET /v1/me HTTP/1.1\r\n" + authorized + "nonsense\r\n\r\n", "400"},
		"line feeds in place of line ends*": {strings.ReplaceAll("GET /v1/me HTTP/1.1\r\n"+authorized+"\r\n", "\r\n", "\n"), "200"},
		"a wish for h2c":                    {"GET /livez HTTP/1.1\r\nHost: o2r.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			conn := dial(t, address)
			go func() { _, _ = io.WriteString(conn, row.request) }()
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Fields(line)[1]; row.status != "" && got != row.status {
				t.Errorf("answered %s, not %s", strings.TrimSpace(line), row.status)
			}
		})
	}
}

func bodyOf(text string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text) }

// Where a length stands beside chunks, the chunks count and nothing else does (RFC 9112, 6.3), so that what
// follows them is never taken for a request of its own by the other reading.
func TestALengthBesideChunksSmugglesNothing(t *testing.T) {
	address, token := reachable(t, usualPatience)
	conn := dial(t, address)
	hidden := "GET /v1/programmes HTTP/1.1\r\nHost: o2r.test\r\n\r\n"
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(hidden), hidden)
	fmt.Fprintf(conn, "POST /v1/participants/search HTTP/1.1\r\nHost: o2r.test\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n%s", token, chunked)
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if answers := strings.Count(string(text), "HTTP/1.1 "); answers != 1 || !strings.HasPrefix(string(text), "HTTP/1.1 400") {
		t.Errorf("%d answers: %s", answers, text)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	for name, row := range map[string]struct {
		most, ofOne int
		exempt      bool
		want        int
	}{
		"of one address": {most: 10, ofOne: 3, want: 3},
		"of all":         {most: 4, ofOne: 10, want: 4},
		"of a proxy":     {most: 6, ofOne: 2, exempt: true, want: 6},
	} {
		t.Run(name, func(t *testing.T) {
			arriving := &stranger{conns: make(chan net.Conn)}
			b := boundConnections(arriving, row.most, row.ofOne, nil)
			if row.exempt {
				arriving.from = net.IPv4(127, 0, 0, 1)
			} else {
				arriving.from = net.IPv4(192, 0, 2, 7)
			}
			accepted := make(chan net.Conn, 20)
			go func() {
				for {
					conn, err := b.Accept()
					if err != nil {
						return
					}
					accepted <- conn
				}
			}()
			var refused int
			for range 8 {
				ours, theirs := net.Pipe()
				arriving.conns <- &from{ours, arriving.from}
				_ = theirs.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				if _, err := theirs.Read(make([]byte, 1)); err == io.EOF {
					refused++
				}
			}
			if len(accepted) != row.want || refused != 8-row.want {
				t.Fatalf("%d accepted and %d refused, not %d and %d", len(accepted), refused, row.want, 8-row.want)
			}
			gone := <-accepted
			_ = gone.Close()
			_ = gone.Close() // a second close gives no second place back
			ours, _ := net.Pipe()
			arriving.conns <- &from{ours, arriving.from}
			ours, late := net.Pipe()
			arriving.conns <- &from{ours, arriving.from}
			_ = late.SetReadDeadline(time.Now().Add(time.Second))
			if _, err := late.Read(make([]byte, 1)); err != io.EOF {
				t.Error("one place given back let two in")
			}
			close(arriving.conns)
		})
	}
}

// stranger is a listener to which a test's connections come from any address.
type stranger struct {
	net.Listener
	from  net.IP
	conns chan net.Conn
}

func (s *stranger) Accept() (net.Conn, error) {
	conn, open := <-s.conns
	if !open {
		return nil, net.ErrClosed
	}
	return conn, nil
}

type from struct {
	net.Conn
	ip net.IP
}

func (f *from) RemoteAddr() net.Addr { return &net.TCPAddr{IP: f.ip, Port: 40000} }

func TestTheOperationsListener(t *testing.T) {
	tokens, err := api.NewTokens("https://o2r.test", "o2r", filepath.Join(t.TempDir(), "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	store := storetest.New(t)
	reached := api.New(store, tokens, slog.New(slog.DiscardHandler))
	public := listening(t, reached.Handler(), usualPatience)
	ask := func(address, path, token string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(context.Background(), "GET", "http://"+address+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			request.Header.Set("Authorization", "Bearer "+token)
		}
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	if status, text := ask(public, "/metrics", ""); status != 404 {
		t.Errorf("the public listener answers /metrics: %d %s", status, text)
	}
	if status, _ := ask(public, "/readyz", ""); status != 200 {
		t.Error("the public listener does not say that it is ready")
	}

	stop, err := edgeSettings{}.operations(reached)
	if err != nil {
		t.Fatal("off:", err)
	}
	stop()
	secret := filepath.Join(t.TempDir(), "token")
	write(t, secret, "a-token-of-operations-3f9c\n")
	address := freeAddress(t)
	stop, err = edgeSettings{OpsAddr: address, OpsTokenFile: secret}.operations(reached)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, wrong := range []string{"", "a-token", "a-token-of-operations-3f9c "} {
		if status, text := ask(address, "/metrics", wrong); status != 401 && strings.TrimSpace(wrong) != "a-token-of-operations-3f9c" || strings.Contains(text, "o2r_") && status != 200 {
			t.Errorf("token %q: %d", wrong, status)
		}
	}
	status, text := ask(address, "/metrics", "a-token-of-operations-3f9c")
	for _, name := range []string{"o2r_requests_total{operation=\"/readyz\",status=\"200\"}", "o2r_requests_total{operation=\"unmatched\",status=\"404\"}", "o2r_request_seconds_bucket", "o2r_database_connections_in_use", "go_goroutines"} {
		if status != 200 || !strings.Contains(text, name) {
			t.Errorf("%d: no %s", status, name)
		}
	}
	if status, _ := ask(address, "/v1/me", ""); status != 404 {
		t.Error("the operations listener serves the API too:", status)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if status, text := ask(address, "/readyz", ""); status != 503 || !strings.Contains(text, "database") {
		t.Errorf("without a database, operations read %d %q", status, text)
	}
	if status, text := ask(public, "/readyz", ""); status != 503 || strings.Contains(text, "closed") || strings.Contains(text, "database") {
		t.Errorf("without a database, the public reads %d %q", status, text)
	}
	if status, _ := ask(address, "/livez", ""); status != 200 {
		t.Error("the process lives all the same")
	}

	write(t, secret, "short\n")
	for name, wrong := range map[string]edgeSettings{
		"a short token":    {OpsAddr: freeAddress(t), OpsTokenFile: secret},
		"no such file":     {OpsAddr: freeAddress(t), OpsTokenFile: secret + ".none"},
		"an address taken": {OpsAddr: address},
	} {
		if stop, err := wrong.operations(reached); err == nil {
			stop()
			t.Errorf("%s was accepted", name)
		} else if strings.Contains(err.Error(), "short\n") {
			t.Errorf("%s: the token stands in the error: %v", name, err)
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
