package domain_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// No two rows read alike, wherever one text ends and the next begins.
func TestTheDigestTellsRowsApart(t *testing.T) {
	base := domain.AuditEvent{ID: 1, At: time.Unix(1, 0), Subject: "ab", Role: "cd", Action: "read", Kind: "x", RecordIDs: []string{"a", "b"}, Chain: 1, Seq: 2}
	seen := map[string]string{}
	for name, change := range map[string]func(*domain.AuditEvent){
		"as it is":            func(*domain.AuditEvent) {},
		"a letter moved":      func(e *domain.AuditEvent) { e.Subject, e.Role = "abc", "d" },
		"an empty role":       func(e *domain.AuditEvent) { e.Subject, e.Role = "abcd", "" },
		"elements joined":     func(e *domain.AuditEvent) { e.RecordIDs = []string{"ab"} },
		"elements with comma": func(e *domain.AuditEvent) { e.RecordIDs = []string{"a,b"} },
		"an empty element":    func(e *domain.AuditEvent) { e.RecordIDs = []string{"a", "b", ""} },
		"moved to fields":     func(e *domain.AuditEvent) { e.RecordIDs, e.Fields = []string{"a"}, []string{"b"} },
		"no elements":         func(e *domain.AuditEvent) { e.RecordIDs = nil },
		"an empty reason":     func(e *domain.AuditEvent) { e.Reason = new("") },
		"an empty programme":  func(e *domain.AuditEvent) { e.Programme = new("") },
		"a token":             func(e *domain.AuditEvent) { e.TokenID = new("t") },
		"a request":           func(e *domain.AuditEvent) { e.RequestID = new("t") },
		"an organisation":     func(e *domain.AuditEvent) { e.OrganisationID = new("t") },
		"another instant":     func(e *domain.AuditEvent) { e.At = e.At.Add(time.Microsecond) },
		"another chain":       func(e *domain.AuditEvent) { e.Chain = 2 },
		"another place":       func(e *domain.AuditEvent) { e.Seq = 3 },
		"another number":      func(e *domain.AuditEvent) { e.ID = 2 },
		"another before it":   func(e *domain.AuditEvent) { e.PrevHash = []byte("x") },
	} {
		e := base
		change(&e)
		sum := string(e.Digest())
		if other, twice := seen[sum]; twice {
			t.Errorf("%q and %q read alike", name, other)
		}
		seen[sum] = name
	}
}

func checkpoint() domain.Checkpoint {
	c := domain.Checkpoint{At: time.Date(2026, 11, 23, 8, 0, 0, 1000, time.UTC)}
	for chain := 1; chain <= domain.AuditChains; chain++ {
		hash := sha256.Sum256([]byte{byte(chain)})
		c.Heads = append(c.Heads, domain.AuditHead{Chain: chain, Seq: int64(chain), Hash: hash[:], PrunedHash: hash[:]})
	}
	return c
}

func TestACheckpointThatWasChangedDoesNotOpen(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	other, otherPrivate, _ := ed25519.GenerateKey(nil)
	file := checkpoint().Sign(private)
	opened, err := domain.OpenCheckpoint(file, public)
	if err != nil || fmt.Sprint(opened) != fmt.Sprint(checkpoint()) || opened.Rows() != 64*65/2 {
		t.Fatalf("opened as %v: %v", opened, err)
	}
	if _, err := domain.OpenCheckpoint(file, other); err == nil {
		t.Error("opened with another key")
	}
	forged := checkpoint().Sign(otherPrivate)
	for name, changed := range map[string][]byte{
		"nothing":               nil,
		"no signature":          file[:bytes.LastIndex(file, []byte("signature"))],
		"another instant":       bytes.Replace(file, []byte("2026"), []byte("2025"), 1),
		"another count":         bytes.Replace(file, []byte("chain 1 seq 1 "), []byte("chain 1 seq 0 "), 1),
		"a chain left out":      bytes.Join(append(bytes.SplitAfter(file, []byte("\n"))[:3], bytes.SplitAfter(file, []byte("\n"))[4:]...), nil),
		"a line added":          append([]byte("\n"), file...),
		"another's":             forged,
		"another's in our name": bytes.Replace(forged, forged[bytes.LastIndex(forged, []byte("signature ")):][10:26], file[bytes.LastIndex(file, []byte("signature ")):][10:26], 1),
		"cut short":             file[:len(file)-5],
		"windows lines":         bytes.ReplaceAll(file, []byte("\n"), []byte("\r\n")),
	} {
		if _, err := domain.OpenCheckpoint(changed, public); err == nil {
			t.Errorf("%s: it opened", name)
		}
	}
}

// What is signed but is no checkpoint does not open either.
func FuzzOpenCheckpoint(f *testing.F) {
	public, private, _ := ed25519.GenerateKey(nil)
	whole := checkpoint().Sign(private)
	f.Add(whole[:bytes.LastIndex(whole, []byte("signature"))])
	f.Add([]byte("o2r audit checkpoint 1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		signed := fmt.Appendf(bytes.Clone(text), "%s", whole[bytes.LastIndex(whole, []byte("signature")):])
		if opened, err := domain.OpenCheckpoint(signed, public); err == nil && !bytes.Equal(opened.Sign(private), signed) {
			t.Errorf("opened another text: %q", text)
		}
	})
}

func TestReasonsForAColleaguesFile(t *testing.T) {
	caseworker := domain.Actor{Subject: "c", Role: domain.Caseworker, Programmes: []string{"p"}}
	for reason, code := range map[string]string{
		"Remplacement de C. Martin, en congé.": "",
		"  abc  ":                              "",
		strings.Repeat("é", 300):               "",
		"":                                     "length",
		"ab":                                   "length",
		"  ab  ":                               "length",
		strings.Repeat("é", 301):               "length",
		"....":                                 "blank",
		"123 456":                              "blank",
		"deux\nlignes":                         "characters",
		"un\x00zéro":                           "characters",
		"de droite \u202eà gauche":             "characters",
		"rien\u200bvu":                         "characters",
		"mal \xff codé":                        "characters",
		"pour 1 85 05 78 006 084 36":           "nir",
	} {
		actor, err := caseworker.Because(reason)
		var refusal *domain.Error
		switch {
		case code == "":
			if err != nil || actor.AccessReason != strings.TrimSpace(reason) || actor.Confined() {
				t.Errorf("%q: %v", reason, err)
			}
		case !errors.As(err, &refusal) || refusal.Fields[0].Code != code || refusal.Fields[0].Location != "header.Access-Reason":
			t.Errorf("%q: %v, not %s", reason, err, code)
		}
	}
	for _, role := range domain.Roles {
		if _, err := (domain.Actor{Role: role}).Because("Une bonne raison"); (err == nil) != (role == domain.Caseworker) {
			t.Errorf("%s with a reason: %v", role, err)
		}
	}
}

func TestTheTrailIsKeptForSixToTwelveMonths(t *testing.T) {
	for months := -1; months < 30; months++ {
		if err := domain.CheckAuditMonths(months); (err == nil) != (months >= 6 && months <= 12) {
			t.Errorf("%d months: %v", months, err)
		}
	}
}
