package api_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"o2r/api"
	"o2r/domain"
)

// replicas are two APIs that share a database and the folder of their keys, with its file.
func replicas(t *testing.T) (first, second *fixture, file string) {
	first = newFixture(t)
	file = filepath.Join(t.TempDir(), "signing-key.pem")
	made := [2]*fixture{}
	for i := range made {
		tokens, err := api.NewTokens("https://o2r.test", "o2r", file)
		first.must(err)
		replica := *first
		replica.tokens = tokens
		replica.handler = api.New(first.store, tokens, slog.New(slog.DiscardHandler)).Handler()
		made[i] = &replica
	}
	return made[0], made[1], file
}

func (f *fixture) keyIDs() string {
	f.Helper()
	ids := ""
	for _, key := range f.send(nobody, "GET", "/.well-known/jwks.json", nil).is(200).Fields["keys"].([]any) {
		ids += key.(map[string]any)["kid"].(string) + " "
	}
	return ids
}

func TestRotatingTheSigningKeyWithoutDowntime(t *testing.T) {
	first, second, file := replicas(t)
	actor := first.actor(domain.Caseworker)
	old := first.token(actor)
	second.me(old).is(200)

	before, after, err := api.RotateKey(file, api.RetiredKeyLife)
	first.must(err)
	if before == after || first.keyIDs() == "" {
		t.Fatal("nothing was rotated")
	}
	third, err := api.NewTokens("https://o2r.test", "o2r", file) // a replica that starts after the rotation
	first.must(err)
	fresh, err := third.Issue(actor, time.Hour)
	first.must(err)
	if third.KeyID() != after {
		t.Errorf("tokens are signed with %s", third.KeyID())
	}
	for _, replica := range []*fixture{first, second} { // which have not looked at the folder of themselves
		replica.me(fresh).is(200)
		replica.me(old).is(200)
		if got := replica.keyIDs(); got != after+" "+before+" " {
			t.Errorf("published: %s", got)
		}
		if replica.tokens.KeyID() != after {
			t.Error("a replica goes on signing with the old key")
		}
	}

	first.tokens.SetClock(func() time.Time { return time.Now().Add(api.RetiredKeyLife + time.Minute) })
	stale := first.tokens.Sign(fmt.Sprintf(`{"alg":"EdDSA","typ":"at+jwt","kid":%q}`, before), claimsOf(first))
	first.rejected(stale)
	if got := first.keyIDs(); got != after+" " {
		t.Errorf("published after the old key's time: %s", got)
	}
}

func TestAKeyThatWasStolen(t *testing.T) {
	first, second, file := replicas(t)
	old := first.token(first.actor(domain.Caseworker))
	_, _, err := api.RotateKey(file, api.RetiredKeyLife)
	first.must(err)
	fresh := second.tokens.KeyID()
	_, _, err = api.RotateKey(file, 0)
	first.must(err)
	for _, replica := range []*fixture{first, second} {
		replica.me("x.y.z").is(401)
		replica.tokens.Forget() // as after five seconds
		replica.rejected(old)
		if got := replica.keyIDs(); strings.Contains(got, fresh) || strings.Count(got, " ") != 1 {
			t.Errorf("published: %s", got)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(file))
	first.must(err)
	if len(entries) != 1 {
		t.Errorf("left in the folder: %v", entries)
	}
}

// Keys in use outlive a folder that cannot be read, and a folder with rubbish in it.
func TestKeysThatCannotBeRead(t *testing.T) {
	f, _, file := replicas(t)
	good := f.token(f.actor(domain.Caseworker))
	for _, spoil := range []struct { // in this order: what is rubbish in the end must still be there
		name string
		do   func() error
	}{
		{"gone", func() error { return os.Rename(file, file+".away") }},
		{"rubbish", func() error { return os.WriteFile(file, []byte("rubbish"), 0o600) }},
		{"rubbish retired", func() error { return os.WriteFile(file+".retired-x.pem", []byte("rubbish"), 0o600) }},
	} {
		f.must(spoil.do())
		f.tokens.Forget()
		if got := f.me(good); got.Status != 200 {
			t.Errorf("%s: %d", spoil.name, got.Status)
		}
	}
	if _, err := api.NewTokens("https://o2r.test", "o2r", file); err == nil {
		t.Error("a server started with rubbish for a key")
	}
	if _, _, err := api.RotateKey(file, time.Hour); err == nil {
		t.Error("rubbish was rotated")
	}
}

func TestASecretKeyIsItsOwnersOnly(t *testing.T) {
	_, _, file := replicas(t)
	for range 2 {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if _, _, err := api.RotateKey(file, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	retired, err := filepath.Glob(file + ".retired-*")
	if err != nil || len(retired) != 2 {
		t.Errorf("%v, %v", retired, err)
	}
	for _, name := range retired {
		if text, err := os.ReadFile(name); err != nil || strings.Contains(string(text), "PRIVATE") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := os.WriteFile(file+".rotating", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := api.RotateKey(file, time.Hour); err == nil {
		t.Error("two rotations at once")
	}
}
