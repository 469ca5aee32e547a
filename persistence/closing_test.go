package persistence_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence"
)

// What was told stays: no right, and a trigger should somebody grant one; only the program adds to it, and only analysts of
// the programme, asking for figures, read it.
func TestWhatWasToldOfAClosingStays(t *testing.T) {
	f := newStage(t)
	f.ok(f.store.KeepClosings(ctx()))
	kept := func() string {
		rows := column(t, f.super, `SELECT concat(programme, closes_on, kept_at, encode(sha256(basis), 'hex'), entries) FROM figure_closings ORDER BY closes_on`)
		if len(rows) < 3 {
			t.Fatalf("%d closings are kept", len(rows))
		}
		return fmt.Sprint(rows)
	}
	before := kept()
	const insert = `INSERT INTO figure_closings VALUES ('` + essai + `', '2031-06-30', now(), '2024-01-01', 5, 1, 1, '', '[]')`
	for _, grant := range []string{"", `GRANT ALL ON figure_closings TO PUBLIC`} {
		if grant != "" {
			_, err := f.super.Exec(ctx(), grant)
			f.ok(err)
		}
		for _, role := range domain.Roles {
			session := f.as(role)
			for _, statement := range []string{`UPDATE figure_closings SET basis = ''`, `UPDATE figure_closings SET entries = '[]'`, `DELETE FROM figure_closings`, `TRUNCATE figure_closings`, insert} {
				if n, err := session.Try(ctx(), "figures", statement); n != 0 || !refused(err) {
					t.Errorf("%s, %s: %s changes %d rows: %v", grant, role, statement, n, err)
				}
			}
			for _, purpose := range []string{"", "audit", "figures"} {
				seen, err := session.Texts(ctx(), purpose, `SELECT programme FROM figure_closings`)
				f.ok(err)
				if may := role == domain.Analyst && purpose == "figures"; may != (len(seen) > 0) {
					t.Errorf("as %s, for %q, %d closings are read", role, purpose, len(seen))
				}
			}
		}
		other := f.actor(domain.Analyst)
		other.Programmes = []string{"ailleurs"}
		if seen, err := f.store.As(other).Texts(ctx(), "figures", `SELECT programme FROM figure_closings`); err != nil || len(seen) > 0 {
			t.Errorf("another programme's analyst reads %d closings: %v", len(seen), err)
		}
		for _, statement := range []string{`UPDATE figure_closings SET paths = 7`, `DELETE FROM figure_closings`, `TRUNCATE figure_closings`} {
			if _, err := f.super.Exec(ctx(), statement); !refused(err) {
				t.Errorf("past every right: %s: %v", statement, err)
			}
		}
	}
	if after := kept(); after != before {
		t.Errorf("kept was\n%s\nand is\n%s", before, after)
	}
	f.ok(f.store.KeepClosings(ctx())) // keeps nothing twice
	if after := kept(); after != before {
		t.Errorf("kept was\n%s\nand is\n%s", before, after)
	}
}

// What is kept of a closing is of nobody that could be looked up: it has no identifier of ours, nor the name or birth date
// of anybody, so that neither an erasure nor a retention that is over leaves something to take out.
func TestAClosingHoldsNobodyWhoCouldBeLookedUp(t *testing.T) {
	store, conn := peopled(t)
	if err := store.KeepClosings(t.Context()); err != nil {
		t.Fatal(err)
	}
	var texts []string
	rows, err := conn.Query(t.Context(), `SELECT basis FROM figure_closings`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var packed []byte
		if err := rows.Scan(&packed); err != nil {
			t.Fatal(err)
		}
		basis, err := persistence.Unpacked(packed)
		if err != nil || len(basis.Records) == 0 {
			t.Fatalf("%d records: %v", len(basis.Records), err)
		}
		text, err := json.Marshal(basis)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if rows.Err() != nil || len(texts) < 3 {
		t.Fatalf("%d closings: %v", len(texts), rows.Err())
	}
	looked := 0
	for _, table := range []string{"participants", "enrolments", "appointments", "workshops", "enrolment_barriers", "referrals", "jobs", "outcomes", "organisations"} {
		known := column(t, conn, `SELECT id::text FROM `+table)
		if table == "participants" {
			known = append(known, column(t, conn, `SELECT unnest(ARRAY[last_name, '"' || to_char(birth_date, 'YYYY-MM-DD') || '"']) FROM participants WHERE birth_date IS NOT NULL`)...)
		}
		for _, one := range known {
			looked++
			for _, text := range texts {
				if one != "" && strings.Contains(text, one) {
					t.Errorf("%s: %s is kept", table, one)
				}
			}
		}
	}
	if looked < 50 {
		t.Errorf("%d are too few to look for", looked)
	}
}

// What was kept in a format is read for as long as there is that format: a name that changed would be read as nothing.
func TestWhatWasKeptIsRead(t *testing.T) {
	const written = `{"Records":[{"EnrolmentID":"e","ParticipantID":"p","EnteredOn":"2025-02-03","ExitedOn":"2025-05-01","ExitKind":"cdi","BirthDate":null,"AgeKept":34,"Gender":"female","EducationLevel":"cap_bep","JusticeStatus":"aucune",` +
		`"TerritoryCode":"80021","Sector":"Nord","ReferrerKind":"spip","CaseworkerID":"c","JobSeeker":true,"JobSeekerSince":"2024-01-01","WithoutResources":false,"Disengaged":true,"ReferredOn":"2025-01-31",` +
		`"Jobs":[{"StartsOn":"2025-05-01","EndsOn":null}],"FranceTravail":[{"ObservedOn":"2025-02-10","Registered":true}],"Outcomes":[{"ObservedOn":"2025-11-02","Result":"in_employment"}],` +
		`"Meetings":[{"ID":"m","Day":"2025-02-20","Status":"attended"}],"Workshops":[{"ID":"w","Day":"2025-03-20","Closed":true,"Cancelled":false,"Status":"no_show"}],` +
		`"Barriers":[{"ID":"b","Barrier":"mobilite","AssessedOn":"2025-02-11","LiftedOn":"2025-04-01","SetAsideOn":null}]}],` +
		`"Referrals":[{"ReferralID":"1","ReceivedOn":"2025-01-31","Status":"accepted","DecidedOn":"2025-02-02","BirthDate":null,"AgeKept":34,"Gender":"female","JusticeStatus":null,"TerritoryCode":"80021","Sector":"Nord","ReferrerKind":"spip"}],` +
		`"Places":[{"TerritoryCode":"80021","Sector":"Nord"}]}`
	packed, err := persistence.Packed(written)
	if err != nil {
		t.Fatal(err)
	}
	basis, err := persistence.Unpacked(packed)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := json.Marshal(basis); err != nil || string(text) != written {
		t.Errorf("format 1 was\n%s\nand is written as\n%s\n%v: what is kept in the database has to stay readable; a change is format 2", written, text, err)
	}
	for _, broken := range []string{``, `{"Records":[{"Colour":"red"}]}`, `{"Records"`} {
		packed, err := persistence.Packed(broken)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := persistence.Unpacked(packed); err == nil {
			t.Errorf("%q is read", broken)
		}
		if _, err := persistence.Unpacked(slices.Concat([]byte("x"), packed)); err == nil {
			t.Errorf("%q is read as something else", broken)
		}
	}
}
