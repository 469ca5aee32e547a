package hooks

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

var loopback = domain.Networks{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

var message = persistence.Message{ID: "3f2b6c1e-5d7a-4c8e-9b1f-0a2d4e6f8091", Type: "referral.accepted", Secrets: [][]byte{[]byte("the newer secret"), []byte("the older secret")},
	Timestamp: time.Date(2025, 4, 1, 9, 30, 0, 0, time.UTC), Event: &domain.Event{ID: "3f2b6c1e-5d7a-4c8e-9b1f-0a2d4e6f8091", Type: "referral.accepted"}}

func to(url string) persistence.Message {
	m := message
	m.URL = url
	return m
}

// listening takes connections and counts them.
func listening(t *testing.T, serve func(net.Conn)) (address string, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = &atomic.Int32{}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			go func() {
				defer conn.Close()
				serve(conn)
			}()
		}
	}()
	return listener.Addr().String(), connections
}

// raw answers each request with those bytes, as long as somebody reads them.
func raw(t *testing.T, answer func(io.Writer)) string {
	t.Helper()
	address, _ := listening(t, func(conn net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
			answer(conn)
		}
	})
	return "http://" + address + "/"
}

// What is sent verifies by the specification's own words: HMAC-SHA256 of id.timestamp.body.
func TestAMessageIsSignedByStandardWebhooks(t *testing.T) {
	received := make(chan *http.Request, 1)
	texts := make(chan []byte, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		received <- r
		texts <- text
	}))
	defer server.Close()
	attempt := NewPoster(loopback).Post(t.Context(), to(server.URL+"/o2r?client=7"))
	if !attempt.Delivered() || attempt.Status != 200 || attempt.Took <= 0 {
		t.Fatalf("it came to %+v", attempt)
	}
	r, text := <-received, <-texts
	seconds, err := strconv.ParseInt(r.Header.Get("webhook-timestamp"), 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > time.Minute || r.Method != "POST" || r.URL.String() != "/o2r?client=7" || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	var want []string
	for _, secret := range message.Secrets {
		mac := hmac.New(sha256.New, secret)
		fmt.Fprintf(mac, "%s.%d.%s", message.ID, seconds, text)
		want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	if got := r.Header.Get("webhook-signature"); got != strings.Join(want, " ") || r.Header.Get("webhook-id") != message.ID {
		t.Errorf("signed %q, not %q", got, want)
	}
	var body struct {
		Type      string
		Timestamp time.Time
		Data      map[string]any
	}
	if err := json.Unmarshal(text, &body); err != nil || body.Type != message.Type || !body.Timestamp.Equal(message.Timestamp) || body.Data["id"] != message.ID || body.Data["type"] != message.Type {
		t.Errorf("%v: %s", err, text)
	}
	unsigned := to(server.URL)
	unsigned.Secrets = nil
	if attempt := NewPoster(loopback).Post(t.Context(), unsigned); attempt.Error != domain.DeliveryUnsealed || len(received) > 0 {
		t.Errorf("without a secret it came to %+v", attempt)
	}
}

func TestAnswersOfEndpoints(t *testing.T) {
	elsewhere, reached := listening(t, func(net.Conn) {})
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	status := func(line string) string {
		return raw(t, func(w io.Writer) { fmt.Fprintf(w, "HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n", line) })
	}
	flood := func(w io.Writer, text string) { // for as long as somebody listens
		for {
			if _, err := io.WriteString(w, text); err != nil {
				return
			}
		}
	}
	for name, row := range map[string]struct {
		url        string
		status     int
		failed     domain.DeliveryError
		retryAfter time.Duration
	}{
		"200":           {status("200 OK"), 200, "", 0},
		"204":           {raw(t, func(w io.Writer) { _, _ = io.WriteString(w, "HTTP/1.1 204 No Content\r\n\r\n") }), 204, "", 0},
		"202 in one go": {status("202 Accepted"), 202, "", 0},
		"an endless body": {raw(t, func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n\r\n")
			flood(w, strings.Repeat("a", 1<<16))
		}), 200, "", 0},
		"a body that drips": {raw(t, func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na")
			time.Sleep(8 * time.Second)
		}), 200, "", 0},
		"400":                 {status("400 Bad Request"), 400, domain.DeliveryRefused, 0},
		"410":                 {status("410 Gone"), 410, domain.DeliveryRefused, 0},
		"500":                 {status("500 No"), 500, domain.DeliveryRefused, 0},
		"503, later":          {status("503 No\r\nRetry-After: 120"), 503, domain.DeliveryRefused, 2 * time.Minute},
		"429, much later":     {status("429 No\r\nRetry-After: 999999"), 429, domain.DeliveryRefused, domain.MostRetryAfter},
		"429, in the past":    {status("429 No\r\nRetry-After: Tue, 01 Apr 2025 09:30:00 GMT"), 429, domain.DeliveryRefused, 0},
		"429, some time":      {status("429 No\r\nRetry-After: -5"), 429, domain.DeliveryRefused, 0},
		"302 to this machine": {status("302 Found\r\nLocation: http://" + elsewhere + "/"), 302, domain.DeliveryRedirected, 0},
		"307 to this machine": {status("307 Found\r\nLocation: http://" + elsewhere + "/"), 307, domain.DeliveryRedirected, 0},
		"308 to a file":       {status("308 Found\r\nLocation: file:///etc/passwd"), 308, domain.DeliveryRedirected, 0},
		"no HTTP":             {raw(t, func(w io.Writer) { _, _ = io.WriteString(w, "+OK redis here\r\n") }), 0, domain.DeliveryMalformed, 0},
		"nothing":             {raw(t, func(io.Writer) {}), 0, domain.DeliveryUnreached, 0},
		"a header bomb": {raw(t, func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\n")
			flood(w, "X-Bomb: "+strings.Repeat("a", 1000)+"\r\n")
		}), 0, domain.DeliveryMalformed, 0},
		"one endless header": {raw(t, func(w io.Writer) {
			_, _ = io.WriteString(w, "HTTP/1.1 200 OK\r\nX-Bomb: ")
			flood(w, strings.Repeat("a", 1000))
		}), 0, domain.DeliveryMalformed, 0},
		"endless 1xx": {raw(t, func(w io.Writer) { flood(w, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") }), 0, domain.DeliveryMalformed, 0},
		"silence":     {raw(t, func(io.Writer) { time.Sleep(20 * time.Second) }), 0, domain.DeliveryTimeout, 0},
		"a header that drips": {raw(t, func(w io.Writer) {
			for range 40 {
				if _, err := io.WriteString(w, "H"); err != nil {
					return
				}
				time.Sleep(500 * time.Millisecond)
			}
		}), 0, domain.DeliveryTimeout, 0},
		"TLS where there is none": {strings.Replace(plain.URL, "http:", "https:", 1), 0, domain.DeliveryUntrusted, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			got := NewPoster(loopback).Post(t.Context(), to(row.url))
			if got.Status != row.status || got.Error != row.failed || got.RetryAfter != row.retryAfter {
				t.Errorf("%+v", got)
			}
			if took := time.Since(start); took > Patience+3*time.Second {
				t.Errorf("it took %s", took)
			}
			if reached.Load() > 0 {
				t.Error("a redirect was followed")
			}
		})
	}
}

// Whatever the URL says, no connection is made where no webhook may go.
func TestNoConnectionWhereNoWebhookMayGo(t *testing.T) {
	address, reached := listening(t, func(net.Conn) {})
	_, port, _ := net.SplitHostPort(address)
	t.Setenv("HTTP_PROXY", "http://"+address)
	t.Setenv("HTTPS_PROXY", "http://"+address)
	for _, url := range []string{
		"https://127.0.0.1:8443/", "http://" + address + "/", "https://" + address + "/", "https://localhost:" + port + "/", "https://2130706433:8443/", "https://0x7f000001/", "https://0177.0.0.1/", "https://127.1/",
		"https://[::ffff:127.0.0.1]/", "https://[::1]/", "https://0.0.0.0/", "https://169.254.169.254/latest/meta-data/", "https://user:password@127.0.0.1/", "https://127.0.0.1#@hooks.example.org/",
		"file:///etc/passwd", "gopher://127.0.0.1/", "unix:///var/run/postgresql", "", "::",
	} {
		if got := NewPoster(nil).Post(t.Context(), to(url)); got.Error != domain.DeliveryForbidden || got.Status != 0 {
			t.Errorf("%s: %+v", url, got)
		}
	}
	// In clear over the internet, also where a network of one's own may be reached so.
	if got := NewPoster(loopback).Post(t.Context(), to("http://93.184.216.34/")); got.Error != domain.DeliveryForbidden {
		t.Errorf("plain HTTP: %+v", got)
	}
	// What was allowed once is asked again.
	if got := NewPoster(loopback).Post(t.Context(), to("http://10.1.2.3/")); got.Error != domain.DeliveryForbidden {
		t.Errorf("another network: %+v", got)
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d connections were made", n)
	}
}

// nameserver answers each question for an address with the next of those, the last one ever after.
func nameserver(t *testing.T, answers ...string) *net.Resolver {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	asked := 0
	go func() {
		query := make([]byte, 512)
		for {
			n, from, err := socket.ReadFrom(query)
			if err != nil {
				return
			}
			question := query[12:n]
			end := strings.IndexByte(string(question), 0) + 5 // the name, its type and class
			kind := binary.BigEndian.Uint16(question[end-4:])
			answer := append([]byte{query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question[:end]...)
			if kind == 1 {
				address := netip.MustParseAddr(answers[min(asked, len(answers)-1)]).As4()
				asked++
				answer[7] = 1
				answer = append(append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4), address[:]...)
			}
			_, _ = socket.WriteTo(answer, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", socket.LocalAddr().String())
	}}
}

// A name is looked up once for each connection, and what it leads to then is what counts: it may
// have led to the internet a moment before.
func TestANameThatLeadsElsewhereTheNextTime(t *testing.T) {
	address, reached := listening(t, func(net.Conn) {})
	_, port, _ := net.SplitHostPort(address)
	rebinding := nameserver(t, "93.184.216.34", "127.0.0.1")
	if found, err := rebinding.LookupHost(t.Context(), "hooks.example.org"); err != nil || found[0] != "93.184.216.34" {
		t.Fatal("the name does not lead to the internet first:", found, err)
	}
	poster := newPoster(domain.Networks{netip.MustParsePrefix("10.66.0.0/16")}, rebinding, nil) // any port may be written
	for range 3 {
		if got := poster.Post(t.Context(), to("https://hooks.example.org:"+port+"/")); got.Error != domain.DeliveryForbidden {
			t.Errorf("%+v", got)
		}
	}
	if reached.Load() > 0 {
		t.Error("a connection was made")
	}
	// The same, where it may: the test can tell the two apart.
	if got := newPoster(loopback, nameserver(t, "127.0.0.1"), nil).Post(t.Context(), to("http://hooks.example.org:"+port+"/")); got.Error != domain.DeliveryUnreached || reached.Load() == 0 {
		t.Errorf("%+v", got)
	}
	if got := newPoster(nil, nameserver(t, "10.0.0.1"), nil).Post(t.Context(), to("https://hooks.example.org/")); got.Error != domain.DeliveryForbidden {
		t.Errorf("%+v", got)
	}
	if got := NewPoster(nil).Post(t.Context(), to("https://hooks.o2r.invalid/")); got.Error != domain.DeliveryForbidden {
		t.Errorf("a name that leads nowhere: %+v", got)
	}
}

// A certificate is the host's, by somebody who is believed, or nothing is said.
func TestACertificateThatIsNotTheHosts(t *testing.T) {
	var said atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { said.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	if got := newPoster(loopback, nil, nil).Post(t.Context(), to(server.URL)); got.Error != domain.DeliveryUntrusted {
		t.Errorf("by nobody known: %+v", got)
	}
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	if got := newPoster(loopback, nameserver(t, "127.0.0.1"), roots).Post(t.Context(), to("https://hooks.o2r.test:"+port+"/")); got.Error != domain.DeliveryUntrusted {
		t.Errorf("another host's: %+v", got)
	}
	if said.Load() > 0 {
		t.Error("something was said")
	}
	if got := newPoster(loopback, nil, roots).Post(t.Context(), to(server.URL)); !got.Delivered() || said.Load() != 1 {
		t.Errorf("its own: %+v", got)
	}
}
