package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"o2r/persistence"
	"o2r/persistence/postgres/pgtest"
)

// receiver is a partner's endpoint: a program of its own, that verifies with nothing of ours.
type receiver struct {
	*testing.T
	program, address, journal, mode, secrets string
	command                                  *exec.Cmd
}

func newReceiver(t *testing.T, program string) *receiver {
	t.Helper()
	dir := t.TempDir()
	r := &receiver{T: t, program: program, address: freeAddress(t), journal: filepath.Join(dir, "journal"), mode: filepath.Join(dir, "mode"), secrets: filepath.Join(dir, "secrets")}
	t.Cleanup(r.stop)
	return r
}

func (r *receiver) write(file, text string) {
	r.Helper()
	if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
		r.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		r.Fatal(err)
	}
}

func (r *receiver) behave(mode string) { r.Helper(); r.write(r.mode, mode) }

func (r *receiver) start(mode string) {
	r.Helper()
	r.behave(mode)
	r.command = exec.Command(r.program, r.address, r.journal, r.mode, r.secrets)
	if err := r.command.Start(); err != nil {
		r.Fatal(err)
	}
}

func (r *receiver) stop() {
	if r.command != nil {
		_ = r.command.Process.Kill()
		_ = r.command.Wait()
		r.command = nil
	}
}

// receipt is one line of its journal.
type receipt struct {
	ID, Event, Type, Referral, Fault, Mode string
	At                                     time.Time
	Names                                  bool
}

func (r *receiver) receipts() (all []receipt) {
	r.Helper()
	text, err := os.ReadFile(r.journal)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		r.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var one receipt
		if err := json.Unmarshal(line, &one); err != nil {
			r.Fatalf("%v: %s", err, line)
		}
		all = append(all, one)
	}
	return all
}

// caller calls a server with a token.
type caller struct {
	*testing.T
	server *server
}

func (c caller) call(role, method, path string, body any) map[string]any {
	c.Helper()
	answer, err := c.try(role, method, path, body)
	if err != nil {
		c.Fatal(err)
	}
	return answer
}

func (c caller) try(role, method, path string, body any) (map[string]any, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(c.Context(), method, c.server.base+path, bytes.NewReader(encoded))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.server.exports[role])
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	} else {
		request.Body, request.ContentLength = http.NoBody, 0
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s answered %d: %s %w", method, path, response.StatusCode, text, err)
	}
	var answer map[string]any
	return answer, json.Unmarshal(text, &answer)
}

// refer has so many people referred and decided about, at once: three events each.
func (c caller) refer(phase string, people int) {
	c.Helper()
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			made, err := c.try("O2R_PARTNER", "POST", "/v1/referrals", map[string]any{"programme": "o2r-somme", "external_reference": fmt.Sprint(phase, "-", i),
				"first_name": "Fictif", "last_name": "Fictif " + phase, "phone": fmt.Sprintf("06 39 98 4%d 0%d", len(phase), i%10), "consented_on": "2026-01-05"})
			if err == nil {
				_, err = c.try("O2R_COORDINATOR", "POST", fmt.Sprint("/v1/referrals/", made["id"], "/review"), nil)
			}
			if err == nil {
				_, err = c.try("O2R_COORDINATOR", "POST", fmt.Sprint("/v1/referrals/", made["id"], "/decline"), map[string]any{"decline_reason": "injoignable"})
			}
			if err != nil {
				c.Error(err)
			}
		})
	}
	all.Wait()
}

func (c caller) webhook(to *receiver) (id string) {
	c.Helper()
	made := c.call("O2R_PARTNER", "POST", "/v1/webhooks", map[string]any{"url": "http://" + to.address + "/hooks"})
	to.write(to.secrets, made["secret"].(string))
	return made["id"].(string)
}

// pages reads a list from a cursor to its end.
func (c caller) pages(path, cursor string) (items []map[string]any) {
	c.Helper()
	for {
		query := "?limit=100"
		if cursor != "" {
			query += "&cursor=" + cursor
		}
		page := c.call("O2R_PARTNER", "GET", path+query, nil)
		for _, item := range page["items"].([]any) {
			items = append(items, item.(map[string]any))
		}
		if next, more := page["next_cursor"].(string); more && page["has_more"] != false {
			cursor = next
			continue
		}
		return items
	}
}

func waitFor(t *testing.T, what string, patience time.Duration, done func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	for !done() {
		if time.Since(start) > patience {
			t.Fatalf("after %s still not: %s", patience, what)
		}
		time.Sleep(50 * time.Millisecond)
	}
	return time.Since(start)
}

// A partner's endpoint is up, down, answers 500, is slow, and recovers; both servers are killed
// between a commit and the delivery. Every event arrives, those of one referral in order; another
// partner's endpoint notices nothing.
func TestEveryEventArrives(t *testing.T) {
	url := pgtest.New(t, pgtest.Template{})
	dir, began := dataDir(t), time.Now()
	env := []string{"DATABASE_URL=" + url, "O2R_WEBHOOK_ALLOW=127.0.0.0/8", "O2R_WEBHOOK_BACKOFF=" + strings.Repeat("300ms,", 30) + "1h"}
	first := servingWith(t, env, dir, "--demo")
	second := servingWith(t, env, dir)
	second.exports = first.exports
	store, err := persistence.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	pending := func() int {
		waiting, err := store.Waiting(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return waiting.Pending
	}

	one, two := caller{t, first}, caller{t, second}
	program := filepath.Join(t.TempDir(), "receiver")
	if output, err := exec.Command("go", "build", "-o", program, "./testdata/receiver").CombinedOutput(); err != nil {
		t.Fatalf("build the receiver: %v: %s", err, output)
	}
	shaky, steady := newReceiver(t, program), newReceiver(t, program)
	start := one.call("O2R_PARTNER", "GET", "/v1/events?limit=200", nil)
	for start["has_more"] == true {
		start = one.call("O2R_PARTNER", "GET", fmt.Sprint("/v1/events?limit=200&cursor=", start["next_cursor"]), nil)
	}
	webhook, other := one.webhook(shaky), one.webhook(steady)
	shaky.start("ok")
	steady.start("ok")
	one.call("O2R_PARTNER", "POST", "/v1/webhooks/"+webhook+"/test", nil)
	waitFor(t, "the test message", 20*time.Second, func() bool {
		return slices.ContainsFunc(shaky.receipts(), func(r receipt) bool { return r.Type == "webhook.test" && r.Fault == "" })
	})

	t.Log("up:", time.Since(began))
	one.refer("up", 4)
	two.refer("twice", 4)
	waitFor(t, "all while up", 20*time.Second, func() bool { return pending() == 0 })

	shaky.stop()
	t.Log("down:", time.Since(began))
	one.refer("down", 5)
	rotated := two.call("O2R_PARTNER", "POST", "/v1/webhooks/"+webhook+"/secrets", map[string]any{}) // the receiver goes on with the former
	time.Sleep(time.Second)

	shaky.start("500")
	t.Log("500:", time.Since(began))
	one.refer("broken", 5)
	waitFor(t, "a refusal", 20*time.Second, func() bool {
		return slices.ContainsFunc(shaky.receipts(), func(r receipt) bool { return r.Mode == "500" })
	})

	shaky.write(shaky.secrets, rotated["secret"].(string)) // and now it knows the newer alone
	shaky.behave("slow")
	t.Log("slow:", time.Since(began))
	two.refer("slow", 3)
	waitFor(t, "a message that is held", 20*time.Second, func() bool {
		return slices.ContainsFunc(shaky.receipts(), func(r receipt) bool { return r.Mode == "slow" })
	})
	steadyHas := len(steady.receipts())
	two.refer("beside", 3)
	beside := waitFor(t, "the other endpoint's", 10*time.Second, func() bool { return len(steady.receipts()) >= steadyHas+9 })

	waitFor(t, "that it was given up on as too slow", 20*time.Second, func() bool {
		return slices.ContainsFunc(one.pages("/v1/webhooks/"+webhook+"/deliveries", ""), func(d map[string]any) bool { return d["last_error"] == "timeout" })
	})

	held := len(shaky.receipts())
	one.refer("killed", 4)
	waitFor(t, "a message in the receiver's hands", 20*time.Second, func() bool { return len(shaky.receipts()) > held })
	if pending() == 0 {
		t.Fatal("nothing waits: the kill proves nothing")
	}
	for _, s := range []*server{first, second} {
		_ = s.stop(t, syscall.SIGKILL)
	}
	lost := pending()
	t.Log("killed:", time.Since(began), "with", lost, "waiting")
	shaky.behave("ok")
	third := servingWith(t, env, dir)
	third.exports = first.exports
	last := caller{t, third}
	last.refer("again", 3)
	waitFor(t, "everything", 60*time.Second, func() bool { return pending() == 0 })
	t.Log("all through:", time.Since(began), "; to the other endpoint meanwhile in", beside)

	events := last.pages("/v1/events", start["next_cursor"].(string))
	if len(events) != 3*31 {
		t.Errorf("%d events, not 3 for each of 31 people", len(events))
	}
	for name, of := range map[string]struct {
		*receiver
		webhook string
	}{"shaky": {shaky, webhook}, "steady": {steady, other}} {
		accounted(t, name, events, of.receipts(), last.pages("/v1/webhooks/"+of.webhook+"/deliveries", ""))
	}
	if n := len(shaky.receipts()); n <= 3*31 {
		t.Errorf("only %d messages came: nothing was sent twice, and nothing refused", n)
	}
	if err := third.stop(t, syscall.SIGTERM); err != nil {
		t.Errorf("it ended with %v", err)
	}
	for _, secret := range []string{"whsec_", rotated["secret"].(string)[6:], shaky.address} {
		if strings.Contains(first.log.String()+second.log.String()+third.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// accounted insists that each event of the feed came, was verified, in its order, and is delivered
// once in the log; and that nothing else came.
func accounted(t *testing.T, name string, events []map[string]any, came []receipt, deliveries []map[string]any) {
	t.Helper()
	order := map[string][]string{} // by referral, as first met
	met := map[string]int{}
	for _, r := range came {
		if r.Fault != "" || r.Names {
			t.Errorf("%s: a message with %q, or a name: %+v", name, r.Fault, r)
		}
		if r.Type == "webhook.test" {
			continue
		}
		if r.ID != r.Event {
			t.Errorf("%s: webhook-id %s for the event %s", name, r.ID, r.Event)
		}
		if met[r.ID]++; met[r.ID] == 1 {
			order[r.Referral] = append(order[r.Referral], r.ID)
		}
	}
	want := map[string][]string{}
	for _, event := range events {
		id := event["id"].(string)
		want[event["referral_id"].(string)] = append(want[event["referral_id"].(string)], id)
		if met[id] == 0 {
			t.Errorf("%s: %s %s never came", name, event["type"], id)
		}
	}
	for referral, ids := range order {
		if !slices.Equal(ids, want[referral]) {
			t.Errorf("%s: of %s came %q, not %q", name, referral, ids, want[referral])
		}
	}
	logged := map[string]int{}
	for _, delivery := range deliveries {
		if delivery["type"] == "webhook.test" {
			continue
		}
		logged[delivery["event_id"].(string)]++
		if delivery["status"] != "delivered" || delivery["attempts"].(float64) < 1 || delivery["last_status"] != 204.0 {
			t.Errorf("%s: the log says %v", name, delivery)
		}
	}
	for id := range met {
		if logged[id] != 1 {
			t.Errorf("%s: %s came %d times and stands %d times in the log", name, id, met[id], logged[id])
		}
	}
	if len(met) != len(events) || len(logged) != len(events) {
		t.Errorf("%s: %d events came, %d are in the log, of %d", name, len(met), len(logged), len(events))
	}
}
