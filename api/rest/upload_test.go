package rest

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

type crateInput struct {
	Mode string `query:"mode" required:"true" doc:"What for." example:"look" maxLength:"10"`
	Upload
}

type crateOutput struct {
	Body struct {
		Bytes int64 `json:"bytes" doc:"How many." example:"3"`
	}
}

// crates is a server of one operation that takes a file, and takes as long over it.
func crates(t *testing.T, limit int64, arrives, works time.Duration, work func(context.Context)) *httptest.Server {
	t.Helper()
	s := New(Settings{Title: "Toy", Version: "1", Description: "Takes crates.", Tags: toyTags, Timeout: 200 * time.Millisecond})
	Register(s, huma.Operation{OperationID: "putCrate", Method: "POST", Path: "/crates", Tags: []string{"Letters"}, Summary: "Take a crate", Description: "Takes one.",
		MaxBodyBytes: limit, Metadata: map[string]any{Timeout: works}, RequestBody: TakesFile("A crate.", int(limit), map[string]string{"text/csv": "a;b\n"})},
		func(ctx context.Context, in *crateInput) (*crateOutput, error) {
			file, err := in.Spool(arrives)
			if err != nil {
				return nil, err
			}
			defer file.Close()
			work(ctx)
			about, err := file.Stat()
			out := &crateOutput{}
			out.Body.Bytes = about.Size()
			return out, errors.Join(err, ctx.Err())
		})
	server := httptest.NewUnstartedServer(s.Handler())
	server.Config.ReadTimeout, server.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond // the server's own
	server.Start()
	t.Cleanup(server.Close)
	return server
}

func send(t *testing.T, ctx context.Context, server *httptest.Server, query string, body io.Reader) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/crates"+query, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/csv")
	answer, err := server.Client().Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

// A body that is slow to arrive and long to work on outlives the deadlines of the server, which are for others.
func TestAFileHasTimeOfItsOwn(t *testing.T) {
	server := crates(t, 1<<20, time.Second, 5*time.Second, func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(700 * time.Millisecond):
		}
	})
	slow, into := io.Pipe()
	go func() {
		for range 4 {
			_, _ = into.Write([]byte("abc"))
			time.Sleep(150 * time.Millisecond)
		}
		_ = into.Close()
	}()
	if status, text := send(t, t.Context(), server, "?mode=look", slow); status != 200 || !strings.Contains(text, `"bytes":12`) {
		t.Errorf("%d %s", status, text)
	}
}

func TestAFileIsRefused(t *testing.T) {
	server := crates(t, 10, 300*time.Millisecond, 5*time.Second, func(context.Context) {})
	if status, text := send(t, t.Context(), server, "?mode=look", strings.NewReader("0123456789")); status != 200 {
		t.Errorf("a whole one: %d %s", status, text)
	}
	// Without its length, so that it is found out while it arrives.
	if status, text := send(t, t.Context(), server, "?mode=look", io.MultiReader(strings.NewReader("0123456789"), strings.NewReader("a"))); status != 413 || !strings.Contains(text, "at most 10 bytes") {
		t.Errorf("too large: %d %s", status, text)
	}
	if status, text := send(t, t.Context(), server, "", strings.NewReader("0")); status != 422 || !strings.Contains(text, `"location":"query.mode","code":"required"`) {
		t.Errorf("without its mode: %d %s", status, text)
	}
	never, _ := io.Pipe()
	defer never.Close()
	if status, text := send(t, t.Context(), server, "?mode=look", never); status != 408 {
		t.Errorf("one that does not come: %d %s", status, text)
	}
}

// Whoever hangs up ends what is done for her.
func TestWhoHangsUpIsHeard(t *testing.T) {
	begun, heard := make(chan bool), make(chan bool, 1)
	server := crates(t, 1<<20, 5*time.Second, 5*time.Second, func(ctx context.Context) {
		close(begun)
		select {
		case <-ctx.Done():
			heard <- true
		case <-time.After(4 * time.Second):
			heard <- false
		}
	})
	ctx, hangUp := context.WithCancel(t.Context())
	go func() {
		<-begun
		hangUp()
	}()
	send(t, ctx, server, "?mode=look", strings.NewReader("abc"))
	if !<-heard {
		t.Error("nobody heard")
	}
}

// What waits on disk is nobody else's, and stays nowhere.
func TestASpooledTextLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	file, err := Spool(strings.NewReader("Zoé"))
	if err != nil {
		t.Fatal(err)
	}
	about, err := file.Stat()
	if err != nil || about.Mode().Perm() != 0o600 || about.Size() != 4 {
		t.Errorf("%v %v", about, err)
	}
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(found) > 0 {
		t.Errorf("it lies under %v, %v", found, err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
	broken := errors.New("broken")
	if _, err := Spool(io.MultiReader(strings.NewReader("Zoé"), breaking{broken})); !errors.Is(err, broken) {
		t.Errorf("a text that breaks off ends with %v", err)
	}
	if found, _ := os.ReadDir(dir); len(found) > 0 {
		t.Errorf("a text that broke off lies under %v", found)
	}
}

type breaking struct{ err error }

func (f breaking) Read([]byte) (int, error) { return 0, f.err }
