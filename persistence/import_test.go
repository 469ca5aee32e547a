package persistence_test

import (
	"fmt"
	"iter"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

// comers are rows of made-up people, so many.
func comers(n int, between func(int)) iter.Seq2[domain.ImportRow, error] {
	return func(yield func(domain.ImportRow, error) bool) {
		for i := range n {
			between(i)
			born := domain.NewDate(1960+i%45, time.Month(1+i%12), 1+i%28)
			if !yield(domain.ImportRow{Line: i + 2, Record: domain.ImportedParticipant{
				SourceReference:  domain.SourceReference{ExternalReference: "P-" + strconv.Itoa(i)},
				ParticipantInput: domain.ParticipantInput{Identity: domain.Identity{FirstName: "Camille", LastName: fmt.Sprintf("Exemple-%d", i), BirthDate: &born}},
			}}, nil) {
				return
			}
		}
	}
}

// However many rows a file has, a batch of them stands in memory: ten times as many take no more. (The first file also
// warms up what is kept from then on. O2R_IMPORT_ROWS makes the second larger.)
func TestAFileIsImportedInBoundedMemory(t *testing.T) {
	rows := 4000
	if text := os.Getenv("O2R_IMPORT_ROWS"); text != "" {
		rows, _ = strconv.Atoi(text)
	}
	f := newStage(t)
	peak := func(n int, mode domain.ImportMode) (most uint64) {
		report, err := f.as(lead).Import(ctx(), domain.ImportOrder{Kind: domain.ImportParticipants, Mode: mode}, comers(n, func(i int) {
			if i%250 == 0 {
				runtime.GC()
				var heap runtime.MemStats
				runtime.ReadMemStats(&heap)
				most = max(most, heap.HeapAlloc)
			}
		}))
		f.ok(err)
		if report.Rows != n || report.Created != n || report.Faulty != 0 {
			t.Fatalf("%+v", report)
		}
		return most
	}
	peak(1000, domain.ImportValidate)
	few := peak(rows/8, domain.ImportValidate)
	many := peak(rows, domain.ImportCommit)
	t.Logf("%d rows: %d KiB; %d rows: %d KiB", rows/8, few>>10, rows, many>>10)
	if float64(many) > 1.5*float64(few) {
		t.Errorf("%d rows take %d bytes, %d take %d", rows, many, rows/8, few)
	}
	var events, audited int
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM events WHERE type = 'participant.imported'`).Scan(&events))
	f.ok(f.super.QueryRow(ctx(), `SELECT sum(cardinality(record_ids)) FROM audit_events WHERE action = 'imported'`).Scan(&audited))
	if events != rows || audited != rows {
		t.Errorf("%d events and %d records in the trail for %d rows", events, audited, rows)
	}
}

// Two that write at once meet: one waits for the other or is told so, and nothing comes twice or half.
func TestAnImportAmidOthersWrites(t *testing.T) {
	f := newStage(t)
	_, err := f.as(lead).Import(ctx(), domain.ImportOrder{Kind: domain.ImportParticipants, Mode: domain.ImportCommit}, comers(600, func(int) {}))
	f.ok(err)
	paths := func(yield func(domain.ImportRow, error) bool) {
		for i := range 600 {
			if !yield(domain.ImportRow{Line: i + 2, Record: domain.ImportedEnrolment{
				SourceReference: domain.SourceReference{ExternalReference: "D-" + strconv.Itoa(i)},
				OfParticipant:   domain.OfParticipant{ParticipantReference: new("P-" + strconv.Itoa(i))},
				EnteredOn:       domain.MustDate("2025-04-01"),
			}}, nil) {
				return
			}
		}
	}
	done := make(chan error, 3)
	for range 2 {
		go func() {
			_, err := f.as(lead).Import(ctx(), domain.ImportOrder{Kind: domain.ImportEnrolments, Mode: domain.ImportCommit}, paths)
			done <- err
		}()
	}
	go func() { // meanwhile the same people are enrolled by hand, from the other end
		people, err := f.as(lead).Participants(ctx(), domain.Paging{Limit: 100})
		for _, person := range people.Items {
			if strings.HasPrefix(person.LastName, "Exemple") && err == nil {
				_, err = f.as(lead).Enrol(ctx(), domain.EnrolmentInput{ParticipantID: person.ID, Programme: essai, EnteredOn: domain.MustDate("2025-05-01")})
				if refusal, ok := err.(*domain.Error); ok && refusal.Code == "already_enrolled" {
					err = nil
				}
			}
		}
		done <- err
	}()
	for range 3 {
		if err := <-done; err != nil {
			if refusal, ok := err.(*domain.Error); !ok || refusal.Code != "import_running" {
				t.Error(err)
			}
		}
	}
	var twice, half int
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) - count(DISTINCT participant_id) FROM enrolments`).Scan(&twice))
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM import_records WHERE kind = 'enrolments'`).Scan(&half))
	if twice != 0 || half != 0 && half != 600 {
		t.Errorf("%d people are enrolled twice, and %d rows were kept", twice, half)
	}
}

// An erasure does not wait until a file is through, and a file brings nobody back who was erased meanwhile.
func TestAnErasureAmidAnImport(t *testing.T) {
	f := newStage(t)
	f.ok(f.store.UseTombstoneKey(ctx(), []byte(strings.Repeat("k", 32))))
	gone := func(name string) func(int) {
		person, err := f.as(lead).NewParticipant(ctx(), domain.ParticipantInput{Identity: domain.Identity{FirstName: "Camille", LastName: name}})
		f.ok(err)
		return func(i int) {
			if i != 700 { // the first batch is recorded
				return
			}
			begun := time.Now()
			if _, err := f.as(domain.DPO).Erase(ctx(), person.ID, domain.ErasureInput{Reason: "Demande de la personne."}); err != nil {
				t.Fatalf("the erasure waited %v: %v", time.Since(begun), err)
			}
		}
	}
	order := domain.ImportOrder{Kind: domain.ImportParticipants, Mode: domain.ImportCommit}
	_, err := f.as(lead).Import(ctx(), order, comers(800, gone("Exemple-3")))
	if refusal, ok := err.(*domain.Error); !ok || refusal.Code != "erased_meanwhile" {
		t.Errorf("somebody who was erased while the file was recorded came back: %v", err)
	}
	report, err := f.as(lead).Import(ctx(), order, comers(800, func(int) {}))
	if f.ok(err); report.Faulty != 1 || report.Faults[0].Line != 5 || report.Faults[0].Code != "resembles_erased" {
		t.Errorf("sent again: %+v", report)
	}
	var left int
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM participants WHERE last_name LIKE 'Exemple-%'`).Scan(&left))
	if left != 0 {
		t.Errorf("%d people were recorded all the same", left)
	}
	others := func(yield func(domain.ImportRow, error) bool) { // of whom nobody is erased
		for row, err := range comers(800, gone("Quelqu'un d'autre")) {
			if row.Line != 5 && !yield(row, err) {
				return
			}
		}
	}
	if report, err = f.as(lead).Import(ctx(), order, others); err != nil || report.Created != 799 || report.Faulty != 0 {
		t.Errorf("while somebody else is erased: %+v, %v", report, err)
	}
}
