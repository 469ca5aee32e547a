package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// An identifier is one however it is written: in capitals, as some programs print it, too.
func TestARowNamesARecordByItsIdentifierHoweverItIsWritten(t *testing.T) {
	f, lead := movedIn(t)
	mine := f.enrolled("Main", "Faite", "2025-02-03")
	person := f.send(lead, http.MethodPost, "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Sansparcours"}).is(201).text("id")
	big := strings.ToUpper
	for _, file := range []struct{ kind, text string }{
		{"enrolments", "external_reference;participant_id;entered_on;site_id\nD-20;" + big(person) + ";01/04/2025;" + big(f.site.ID) + "\n"},
		{"appointments", "external_reference;enrolment_id;starts_at;duration_minutes;mode\nR-20;" + big(mine.ID) + ";10/04/2025 9:30;30;phone\n"},
		{"registrations", "workshop_reference;enrolment_id\nA-1;" + big(mine.ID) + "\n"},
		{"exits", "enrolment_id;exited_on;kind\n" + big(mine.ID) + ";01/06/2025;cdi\n"},
	} {
		for _, mode := range []string{"validate", "commit"} {
			if got := f.sheet(lead, file.kind, mode, file.text); got.Status != 200 || got.counts() != "1 rows, 1 created, 0 unchanged, 0 faulty" {
				t.Errorf("%s, %s: %d %s", file.kind, mode, got.Status, got.Text)
			}
		}
	}
	for kind, text := range map[string]string{ // nor is she another person, or it another place
		"exits":         "enrolment_id;exited_on;kind\n" + mine.ID + ";01/06/2025;cdi\n",
		"registrations": "workshop_reference;enrolment_id\nA-1;" + mine.ID + "\n",
	} {
		if got := f.sheet(lead, kind, "commit", text); got.Status != 200 || got.counts() != "1 rows, 0 created, 1 unchanged, 0 faulty" {
			t.Errorf("%s again: %d %s", kind, got.Status, got.Text)
		}
	}
}

// Two files of one person were made one between two files of a source: what the second says of the path that was folded
// is recorded on the one that stands for it, as what it says of her is recorded of the survivor.
func TestARowOfAFoldedPathIsOfTheOneThatStandsForIt(t *testing.T) {
	f, lead := movedIn(t)
	f.sheet(lead, "participants", "commit", "external_reference;last_name;first_name\nP-9;Fictive;Zoé\n").is(200)
	f.sheet(lead, "enrolments", "commit", "external_reference;participant_reference;entered_on\nD-9;P-9;05/05/2025\n").is(200)
	path := func(reference string) string {
		return f.rows(`SELECT record_id::text FROM import_records WHERE kind = 'enrolments' AND external_reference = $1`, reference)[0][0].(string)
	}
	person := func(reference string) string {
		return f.rows(`SELECT record_id::text FROM import_records WHERE kind = 'participants' AND external_reference = $1`, reference)[0][0].(string)
	}
	f.send(lead, http.MethodPost, "/v1/participants/"+person("P-1")+"/merge", map[string]any{"duplicate_id": person("P-9"), "reason": "Saisie en double."}).is(200)
	if got := f.send(lead, http.MethodGet, "/v1/enrolments/"+path("D-9"), nil).is(200).text("folded_into"); got != path("D-1") {
		t.Fatalf("D-9 was folded into %q", got)
	}
	meetings := "external_reference;enrolment_reference;enrolment_id;starts_at;duration_minutes;mode\nR-20;D-9;;10/06/2025 9:30;30;phone\nR-21;;" + path("D-9") + ";11/06/2025 9:30;30;phone\nR-22;D-1;;12/06/2025 9:30;30;phone\n"
	for kind, text := range map[string]string{"appointments": meetings, "registrations": "workshop_reference;enrolment_reference\nA-3;D-9\n"} {
		if got := f.sheet(lead, kind, "commit", text); got.Status != 200 || got.Fields["faulty"] != 0.0 {
			t.Errorf("%s: %d %s", kind, got.Status, got.Text)
		}
	}
	if got := f.count(`SELECT count(*) FROM appointments WHERE enrolment_id = $1`, path("D-1")); got != 3 {
		t.Errorf("%d meetings stand on the path that stands", got)
	}
	// A place or an exit that it has already is none more.
	f.refusedFile(lead, "registrations", "workshop_reference;enrolment_reference\nA-3;D-1\n", "2 already_registered")
	if got := f.sheet(lead, "exits", "commit", "enrolment_reference;exited_on;kind\nD-9;01/10/2025;cdi\n"); got.Status != 200 || got.Fields["created"] != 1.0 {
		t.Errorf("the exit: %d %s", got.Status, got.Text)
	}
	f.refusedFile(lead, "exits", "enrolment_reference;exited_on;kind\nD-1;01/10/2025;cdi\n", "2 already_exited")
	// Another programme's coordinator is led nowhere by such an identifier.
	f.refusedFile(f.stranger("coordinator"), "appointments", "external_reference;enrolment_id;starts_at;duration_minutes;mode\nR-20;"+path("D-9")+";10/06/2025 9:30;30;phone\n", "2 enrolment_id unknown")
}

// Nobody is refused for resembling somebody, and whoever moves a programme in is told: the row, and whom on file.
func TestAFileSaysWhoMayBeKnownAlready(t *testing.T) {
	f, lead := movedIn(t)
	person := func(reference string) string {
		return f.rows(`SELECT record_id::text FROM import_records WHERE kind = 'participants' AND external_reference = $1`, reference)[0][0].(string)
	}
	f.send(f.stranger("coordinator"), http.MethodPost, "/v1/participants", map[string]any{"first_name": "Ailleurs", "last_name": "Connue", "birth_date": "1991-02-03"}).is(201)
	hidden := f.send(lead, http.MethodPost, "/v1/participants", map[string]any{"first_name": "Restreinte", "last_name": "Fictive", "birth_date": "1992-02-03"}).is(201).text("id")
	f.send(f.actor("dpo"), http.MethodPost, "/v1/participants/"+hidden+"/restriction", map[string]any{"restricted": true, "reason": "Exactitude contestée."}).is(200)
	const text = "external_reference;last_name;first_name;birth_date;phone\n" +
		"P-20;Fictive;Zoe;17/05/1990;\n" + // P-1
		"P-21;Nouveau;Alix;01/02/1980;\n" +
		"P-22;Nouveau;Alix;01/02/1980;\n" + // the row before
		"P-23;Connue;Ailleurs;03/02/1991;\n" + // another programme's
		"P-24;Fictive;Restreinte;03/02/1992;\n" + // out of reach
		"P-25;Exemple;Camille;;\n" // the name alone: possible, no more
	for _, mode := range []string{"validate", "commit"} {
		got := f.sheet(lead, "participants", mode, text).is(200)
		if got.counts() != "6 rows, 6 created, 0 unchanged, 0 faulty" || got.Fields["possible_duplicates"] != 2.0 {
			t.Fatalf("%s: %s", mode, got.Text)
		}
		found := got.Fields["resemblances"].([]any)
		first, second := found[0].(map[string]any), found[1].(map[string]any)
		if first["line"] != 2.0 || len(first["participant_ids"].([]any)) != 1 || first["participant_ids"].([]any)[0] != person("P-1") || second["line"] != 4.0 || len(second["participant_ids"].([]any)) != 0 {
			t.Errorf("%s: %v", mode, found)
		}
		if n := f.count(`SELECT count(*) FROM audit_events WHERE action = 'matched' AND kind = 'participant' AND programme = $1 AND record_ids = ARRAY[$2::text]`, somme, person("P-1")); n != map[string]int64{"validate": 1, "commit": 2}[mode] {
			t.Errorf("after %s, %d rows of the trail say whom the report leads to", mode, n)
		}
	}
	if got := f.sheet(lead, "participants", "commit", text).is(200); got.counts() != "6 rows, 0 created, 6 unchanged, 0 faulty" || got.Fields["possible_duplicates"] != 0.0 {
		t.Errorf("again: %s", got.Text)
	}
}

// A place that is named in two ways is taken once: the row after it is not at fault for a room that is not full.
func TestAPlaceThatIsNamedTwiceCountsOnce(t *testing.T) {
	f, lead := movedIn(t)
	f.sheet(lead, "workshops", "commit", "external_reference;kind;title;starts_at;duration_minutes;capacity\nA-9;remobilisation;Petit;05/05/2026 14:00;120;2\n").is(200)
	path := f.rows(`SELECT record_id::text FROM import_records WHERE kind = 'enrolments' AND external_reference = 'D-1'`)[0][0].(string)
	const head = "workshop_reference;enrolment_reference;enrolment_id\n"
	f.refusedFile(lead, "registrations", head+"A-9;D-1;\nA-9;;"+path+"\nA-9;D-2;\n", "3 already_registered")
	f.sheet(lead, "registrations", "commit", head+"A-9;D-1;\nA-9;D-2;\n").is(200)
	f.refusedFile(lead, "registrations", head+"A-9;;"+path+"\nA-9;D-4;\n", "2 already_registered; 3 workshop_full")
}
