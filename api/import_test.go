package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"o2r/domain"
)

// sheet sends a file as that actor.
func (f *fixture) sheet(actor domain.Actor, kind, mode, text string, headers ...string) reply {
	f.Helper()
	return f.send(actor, http.MethodPost, "/v1/imports/"+kind+"?mode="+mode, text, append([]string{"Content-Type", "text/csv"}, headers...)...)
}

// counts says what became of the rows.
func (r reply) counts() string {
	r.Helper()
	r.is(200)
	return fmt.Sprintf("%v rows, %v created, %v unchanged, %v faulty", r.Fields["rows"], r.Fields["created"], r.Fields["unchanged"], r.Fields["faulty"])
}

// faulty are the faults of a report, in order: line, column and code of each.
func (r reply) faulty() string {
	r.Helper()
	r.is(200)
	var found []string
	for _, one := range r.Fields["faults"].([]any) {
		fault := one.(map[string]any)
		column, _ := fault["column"].(string)
		found = append(found, strings.Join(strings.Fields(fmt.Sprintf("%v %s %s", fault["line"], column, fault["code"])), " "))
	}
	return strings.Join(found, "; ")
}

const (
	participantsFile = "external_reference;last_name;first_name;birth_date;gender;phone;territory_code\r\n" +
		"P-1;Fictive;Zoé;17/05/1990;Femme;06 39 98 00 11;80253\r\n" +
		"P-2;Inventé;Noël;1985-02-03;homme;;\r\n" +
		"P-3;Exemple;Camille;;;;\r\n"
	enrolmentsFile = "external_reference;participant_reference;entered_on;site_name;justice_status;job_seeker;job_seeker_since;exited_on;exit_kind;follow_up_agreed\n" +
		"D-1;P-1;01/04/2025;doullens;Milieu ouvert;oui;01/02/2024;;;\n" +
		"D-2;P-2;02/04/2025;;;non;;;;\n" +
		"D-3;P-3;03/03/2025;;;;;30/06/2025;cdi;oui\n" +
		"D-4;P-3;01/09/2025;;;;;;;\n"
	appointmentsFile = "external_reference;enrolment_reference;starts_at;duration_minutes;mode;status;justified;note\n" +
		"R-1;D-1;08/04/2025 14:00;60;En présence;Présent;;A apporté son CV.\n" +
		"R-2;D-1;15/04/2025 14:00;60,0;par telephone;Absent;non;\n" +
		"R-3;D-2;10/04/2025 9h30;30;in_person;attended;;\n"
	exitsFile     = "enrolment_reference;exited_on;kind;follow_up_agreed\nD-1;15/10/2025;cdi;oui\nD-2;01/10/2025;abandon;\n"
	workshopsFile = "external_reference;kind;title;starts_at;duration_minutes;capacity;site_name;cancelled\n" +
		"A-1;remobilisation;Atelier CV;06/05/2025 14:00;120;8;Doullens;\n" +
		"A-2;remobilisation;Atelier mobilité;13/05/2025 14:00;120;;;oui\n" +
		"A-3;remobilisation;Atelier numérique;20/05/2025 14:00;120;;;non\n"
	registrationsFile = "workshop_reference;enrolment_reference;status;justified\nA-1;D-1;Présent;\nA-1;D-2;no_show;oui\nA-3;D-1;;\n"
)

// windows1252 is how Excel exports "CSV (séparateur point-virgule)".
func windows1252(text string) string {
	var encoded strings.Builder
	for _, r := range text {
		encoded.WriteByte(byte(r)) // the letters here are those of Latin-1
	}
	return encoded.String()
}

// A programme moves in: the coordinator looks each file through, mends what is wrong, and commits it; the
// files lead to each other, and sending them again changes nothing.
func TestAProgrammeMovesIn(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	before := f.contents()
	if got := f.sheet(lead, "participants", "validate", windows1252(participantsFile)); got.counts() != "3 rows, 3 created, 0 unchanged, 0 faulty" || got.text("mode") != "validate" || got.text("programme") != somme {
		t.Fatal(got.Text)
	}
	for table, now := range f.contents() {
		if before[table] != now && table != "audit_events" && table != "audit_chains" {
			t.Errorf("validating wrote %s", table)
		}
	}
	files := []struct{ kind, text, counts string }{
		{"participants", windows1252(participantsFile), "3 rows, 3 created"},
		{"enrolments", "\ufeff" + enrolmentsFile, "4 rows, 4 created"},
		{"appointments", appointmentsFile, "3 rows, 3 created"},
		{"exits", exitsFile, "2 rows, 2 created"},
		{"workshops", workshopsFile, "3 rows, 3 created"},
		{"registrations", registrationsFile, "3 rows, 3 created"},
	}
	for _, file := range files {
		for _, mode := range []string{"validate", "commit"} {
			if got := f.sheet(lead, file.kind, mode, file.text); got.counts() != file.counts+", 0 unchanged, 0 faulty" {
				t.Fatalf("%s, %s: %s", file.kind, mode, got.Text)
			}
		}
	}
	moved := f.contents()
	for _, file := range files {
		rows := strings.Fields(file.counts)[0]
		if got := f.sheet(lead, file.kind, "commit", file.text); got.counts() != rows+" rows, 0 created, "+rows+" unchanged, 0 faulty" {
			t.Errorf("%s again: %s", file.kind, got.Text)
		}
	}
	for table, now := range f.contents() {
		if moved[table] != now && table != "audit_events" && table != "audit_chains" {
			t.Errorf("sending the files again wrote %s", table)
		}
	}

	// What was a row is a record like any other.
	zoe := f.send(lead, http.MethodPost, "/v1/participants/search", map[string]any{"query": "zoe fictive"}).is(200).items()
	if len(zoe) != 1 || zoe[0]["gender"] != "female" || zoe[0]["birth_date"] != "1990-05-17" || zoe[0]["phone"] != "06 39 98 00 11" {
		t.Fatalf("the person reads %v", zoe)
	}
	path := f.send(lead, http.MethodGet, "/v1/enrolments?participant_id="+zoe[0]["id"].(string), nil).is(200).items()[0]
	if path["justice_status"] != "milieu_ouvert" || path["site_id"] != f.site.ID || path["territory_code"] != "80253" || path["job_seeker_since"] != "2024-02-01" || path["exited_on"] != "2025-10-15" || path["exit_kind"] != "cdi" || path["follow_up_agreed"] != true {
		t.Errorf("the path reads %v", path)
	}
	meetings := f.send(lead, http.MethodGet, "/v1/appointments?enrolment_id="+path["id"].(string), nil).is(200).items()
	if len(meetings) != 2 || meetings[0]["starts_at"] != "2025-04-08T12:00:00Z" || meetings[0]["status"] != "attended" || meetings[1]["status"] != "no_show" || meetings[1]["justified"] != false {
		t.Errorf("the meetings read %v", meetings)
	}
	for _, workshop := range f.send(lead, http.MethodGet, "/v1/workshops", nil).is(200).items() {
		want := map[string]string{"Atelier CV": "closed", "Atelier mobilité": "cancelled", "Atelier numérique": "planned"}[workshop["title"].(string)]
		if workshop["status"] != want {
			t.Errorf("%s is %s, not %s", workshop["title"], workshop["status"], want)
		}
		if want == "closed" {
			roll := f.send(lead, http.MethodGet, "/v1/workshops/"+workshop["id"].(string), nil).is(200).Fields["registrations"].([]any)
			came, missed := "", 0
			for _, one := range roll {
				place := one.(map[string]any)
				came += fmt.Sprint(place["status"], " ", place["justified"], "; ")
				if place["enrolment_id"] != path["id"] {
					missed++
				}
			}
			if !strings.Contains(came, "attended <nil>; ") || !strings.Contains(came, "no_show true; ") || missed != 1 {
				t.Errorf("its roll reads %s", came)
			}
		}
	}
	if got := f.count(`SELECT count(*) FROM enrolments WHERE exited_on IS NULL`); got != 1 { // the second path of P-3
		t.Errorf("%d paths go on", got)
	}
	// Like a person recorded by hand, she is found by who she is, and her file tells where it came from.
	twin := f.send(lead, http.MethodPost, "/v1/participants", map[string]any{"first_name": "Zoe", "last_name": "FICTIVE", "birth_date": "1990-05-17"}).is(201)
	if !strings.Contains(twin.texts("possible_duplicates"), zoe[0]["id"].(string)) {
		t.Errorf("she is not found again: %s", twin.Text)
	}
	if copied := f.send(lead, http.MethodGet, "/v1/participants/"+zoe[0]["id"].(string)+"/export", nil).is(200); len(copied.Fields["imports"].([]any)) != 7 {
		t.Errorf("the copy names the rows %v", copied.Fields["imports"]) // herself, her path, its exit, two meetings, two places
	} else if !strings.Contains(copied.Text, `"external_reference":"A-1 / D-1"`) {
		t.Errorf("the copy does not name her place: %v", copied.Fields["imports"])
	}
	// The trail says who did it, to whom, and no value.
	if got := f.count(`SELECT count(*) FROM audit_events WHERE subject = $1 AND programme = $2 AND action = 'imported' AND kind = 'participant' AND record_ids @> ARRAY[$3::text] AND fields @> '{last_name,phone}'`, lead.Subject, somme, zoe[0]["id"]); got != 1 {
		t.Errorf("%d rows of the trail say that she was imported", got)
	}
	if got := f.count(`SELECT count(*) FROM audit_events WHERE audit_events::text ~* 'fictive|39 98|P-1'`); got != 0 {
		t.Error("the trail repeats what a file holds")
	}
}
