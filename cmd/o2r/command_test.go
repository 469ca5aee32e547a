package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTheServersLife(t *testing.T) {
	dir := dataDir(t)
	s := serving(t, dir, "--demo")

	get := func(path, token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}

	if status, _ := get("/readyz", ""); status != 200 {
		t.Error("/readyz answered", status)
	}
	for name, token := range s.exports {
		if status, body := get("/v1/me", token); status != 200 {
			t.Errorf("%s: /v1/me answered %d: %s", name, status, body)
		}
	}
	if len(s.exports) != 6 {
		t.Errorf("%d tokens were printed, not one for each of six roles", len(s.exports))
	}

	t.Run("a token is issued beside the server", func(t *testing.T) {
		out, errs, err := finished(t, dir, "token", "--role", "partner", "--org", "spip-somme", "--programme", "o2r-somme", "--ttl", "5m")
		if err != nil {
			t.Fatal(err, errs)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if status, body := get("/v1/referrals", lines[len(lines)-1]); status != 200 || !strings.Contains(body, `"items"`) {
			t.Errorf("answered %d: %s", status, body)
		}
	})
	t.Run("a token for nobody is refused", func(t *testing.T) {
		if out, errs, err := finished(t, dir, "token", "--role", "analyst"); err != nil || !strings.Contains(errs, "opens no programme") {
			t.Errorf("a token that opens nothing came without a word: %v %s%s", err, out, errs)
		}
		for _, args := range [][]string{
			{"token", "--role", "partner", "--programme", "o2r-somme"},
			{"token", "--role", "partner", "--org", "nobody", "--programme", "o2r-somme"},
			{"token", "--role", "analyst", "--programme", "nothing"},
			{"token", "--role", "king"},
			{"token", "--role", "admin", "--ttl", "48h"},
		} {
			if out, _, err := finished(t, dir, args...); err == nil {
				t.Errorf("%v printed %s", args, out)
			}
		}
	})
	t.Run("a second server says who holds the folder", func(t *testing.T) {
		_, errs, err := finished(t, dir, "serve")
		if err == nil || !strings.Contains(errs, "holds the data folder") {
			t.Errorf("ended with %v: %s", err, errs)
		}
	})
	t.Run("the demonstration is loaded once", func(t *testing.T) {
		if out, errs, err := finished(t, dir, "demo"); err != nil || !strings.Contains(out, "already") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
	})
	t.Run("a list of territories is validated, then imported", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "list.csv")
		write := func(text string) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("territory_code;sector\n80253;Doullens\n00000;Nowhere\n")
		if _, errs, err := finished(t, dir, "import", "territories", file, "--programme", "o2r-somme"); err == nil || !strings.Contains(errs, "line 3 territory_code") {
			t.Errorf("ended with %v: %s", err, errs)
		}
		write("territory_code;sector\n80253;Doullens\n80318;Flixecourt\n")
		if out, errs, err := finished(t, dir, "import", "territories", file, "--programme", "o2r-somme", "--validate"); err != nil || !strings.Contains(out, "nothing was written") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
		if out, errs, err := finished(t, dir, "import", "territories", file, "--programme", "o2r-somme", "--source", "annexe"); err != nil || !strings.Contains(out, "version 2") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
		if _, body := get("/v1/programmes/o2r-somme/territories", s.exports["O2R_ANALYST"]); !strings.Contains(body, `"provisional":false`) || !strings.Contains(body, `"source":"annexe"`) {
			t.Error("the list reads", body)
		}
	})
	t.Run("contours are validated, then loaded", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "contours.geojson")
		write := func(code string) {
			text := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"` + code + `"},"geometry":{"type":"Polygon","coordinates":[[[2.3,50.1],[2.4,50.1],[2.4,50.2],[2.3,50.1]]]}}]}`
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("00000")
		if _, errs, err := finished(t, dir, "import", "contours", file, "--source", "essai"); err == nil || !strings.Contains(errs, "features[0].properties.code: There is no commune") {
			t.Errorf("ended with %v: %s", err, errs)
		}
		write("80253")
		if _, errs, err := finished(t, dir, "import", "contours", file); err == nil || !strings.Contains(errs, "--source") {
			t.Errorf("nobody said where they come from, and it ended with %v: %s", err, errs)
		}
		if out, errs, err := finished(t, dir, "import", "contours", file, "--source", "essai", "--validate"); err != nil || !strings.Contains(out, "nothing was written") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
		if _, body := get("/v1/programmes/o2r-somme/map", s.exports["O2R_ANALYST"]); !strings.Contains(body, `"code":"80253"`) || strings.Contains(body, `"located":true`) {
			t.Error("what was only validated is loaded:", body)
		}
		if out, errs, err := finished(t, dir, "import", "contours", file, "--source", "essai"); err != nil || !strings.Contains(out, "1 contours are loaded") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
		if _, body := get("/v1/programmes/o2r-somme/map", s.exports["O2R_ANALYST"]); strings.Count(body, `"located":true`) != 1 {
			t.Error("the map reads", body)
		}
	})
	t.Run("people are validated, then imported, with progress", func(t *testing.T) {
		imports(t, dir, func(query string) string {
			_, body := get(query, s.exports["O2R_COORDINATOR"])
			return body
		})
	})
	t.Run("retention beside a running server", func(t *testing.T) {
		out, errs, err := finished(t, dir, "retention", "run", "--dry-run")
		if err != nil || !strings.Contains(out, "(dry run)") || !strings.Contains(out, "justice_detail") || strings.Contains(out, "Exemple") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
		if out, errs, err := finished(t, dir, "retention", "run"); err != nil || strings.Contains(out, "dry run") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
		if info, err := os.Stat(filepath.Join(dir, "tombstone.key")); err != nil || info.Mode().Perm() != 0o600 {
			t.Error("the key for tombstones:", info, err)
		}
	})
	t.Run("nothing is left to migrate", func(t *testing.T) {
		if out, errs, err := finished(t, dir, "migrate", "--plan"); err != nil || !strings.Contains(out, "nothing to do") {
			t.Errorf("ended with %v: %s%s", err, out, errs)
		}
	})
	if err := s.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("SIGTERM ended the server with %v: %s", err, s.log)
	}
	if log := s.log.String(); strings.Contains(log, s.exports["O2R_ADMIN"]) || strings.Contains(log, "Exemple") {
		t.Error("the log holds a token or a name:", log)
	}
	again := serving(t, dir)
	if response, err := http.Get(again.base + "/readyz"); err != nil || response.Body.Close() != nil || response.StatusCode != 200 {
		t.Error("after a restart /readyz gave", response, err)
	}
}

// TestRequestsInFlightAreFinished sends a request whose body is not all there when the server is
// told to stop.
func TestRequestsInFlightAreFinished(t *testing.T) {
	s := serving(t, dataDir(t), "--demo")
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const body = `{"query": "exemple"}`
	_, err = io.WriteString(conn, "POST /v1/participants/search HTTP/1.1\r\nHost: o2r\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: "+
		strconv.Itoa(len(body))+"\r\nAuthorization: Bearer "+s.exports["O2R_CASEWORKER"]+"\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatal("the server does not ask for the body:", line, err) // so it has begun
	}
	ended := make(chan error, 1)
	go func() { ended <- s.stop(t, syscall.SIGINT) }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		other, err := net.Dial("tcp", strings.TrimPrefix(s.base, "http://"))
		if err != nil {
			break // the server is stopping, and takes no new connections
		}
		other.Close()
		if time.Now().After(deadline) {
			t.Fatal("a stopping server takes new connections")
		}
	}
	if _, err := io.WriteString(conn, body); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(answers)
	if err != nil || !strings.Contains(string(answer), "HTTP/1.1 200 OK") {
		t.Errorf("the request in flight got %v %.200s", err, answer)
	}
	if err := <-ended; err != nil {
		t.Error("the server ended with", err)
	}
}

func TestCommandsWithoutADatabase(t *testing.T) {
	dir := filepath.Join(dataDir(t), "never made")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--help"}, "serve"},
		{[]string{"token", "--help"}, "--ttl"},
		{[]string{"version"}, "wire contract 1.0.0"},
		{[]string{"openapi"}, `"openapi": "3.1`},
		{[]string{"openapi", "--version", "3.0", "--format", "yaml"}, "openapi: 3.0"},
	} {
		if out, errs, err := finished(t, dir, c.args...); err != nil || !strings.Contains(out, c.want) {
			t.Errorf("%v ended with %v, without %q: %.300s%s", c.args, err, c.want, out, errs)
		}
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a command that needs no database made a data folder")
	}
}
