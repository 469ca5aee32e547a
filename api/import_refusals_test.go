package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/api"
	"o2r/domain"
)

// refusedFile insists that validating a file finds exactly those faults, that committing it finds the same, and that
// neither writes anything but the trail.
func (f *fixture) refusedFile(actor domain.Actor, kind, text, faults string, headers ...string) {
	f.Helper()
	before := f.contents()
	looked := f.sheet(actor, kind, "validate", text, headers...)
	if got := looked.faulty(); got != faults {
		f.Errorf("%s: %q has the faults\n%s\nand not\n%s", kind, text, got, faults)
	}
	committed := f.sheet(actor, kind, "commit", text, headers...)
	var said []string
	for _, fault := range committed.problem(422, "invalid") {
		where := regexp.MustCompile(`^body\.lines\[([0-9]+)\]\.?(.*)$`).FindStringSubmatch(fault.Location)
		if where == nil {
			f.Fatalf("a fault at %q", fault.Location)
		}
		said = append(said, strings.Join(strings.Fields(where[1]+" "+where[2]+" "+fault.Code), " "))
	}
	if got := strings.Join(said, "; "); got != faults {
		f.Errorf("%s: committing finds\n%s\nvalidating\n%s", kind, got, faults)
	}
	for table, now := range f.contents() {
		if before[table] != now && table != "audit_events" && table != "audit_chains" {
			f.Errorf("%s: a refused file wrote %s", kind, table)
		}
	}
}

// movedIn is a fixture whose participants, paths and workshops came by file.
func movedIn(t *testing.T) (*fixture, domain.Actor) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	for _, file := range [][2]string{{"participants", participantsFile}, {"enrolments", enrolmentsFile}, {"workshops", workshopsFile}} {
		f.sheet(lead, file[0], "commit", file[1]).is(200)
	}
	return f, lead
}

func TestEveryFaultOfAFileIsReported(t *testing.T) {
	f, lead := movedIn(t)
	other := f.send(f.stranger(domain.Caseworker), http.MethodPost, "/v1/participants", map[string]any{"first_name": "Autre", "last_name": "Ailleurs"}).is(201).text("id")
	mine := f.enrolled("Main", "Faite", "2025-02-03")
	const people = "external_reference;last_name;first_name;birth_date;gender;phone;email;territory_code;postal_code\n"
	const paths = "external_reference;participant_reference;participant_id;entered_on;exited_on;exit_kind;follow_up_agreed;job_seeker;job_seeker_since;site_name;site_id;territory_code\n"
	const meetings = "external_reference;enrolment_reference;enrolment_id;starts_at;duration_minutes;mode;status;justified;site_name\n"
	const exits = "enrolment_reference;exited_on;kind;follow_up_agreed\n"
	const sessions = "external_reference;kind;title;starts_at;duration_minutes;capacity\n"
	const places = "workshop_reference;workshop_id;enrolment_reference;status\n"
	for _, c := range []struct{ kind, text, faults string }{
		// What a cell may hold.
		{"participants", people + "P-9;Fictive;Zoé;31/02/1990;Licorne;06;zoe;99999;1234\n", "2 birth_date format; 2 email format; 2 gender enum; 2 phone pattern; 2 postal_code pattern; 2 territory_code unknown_territory"},
		{"participants", people + ";;;;;;;;x\n", "2 external_reference required; 2 first_name required; 2 last_name required; 2 postal_code pattern"},
		{"participants", people + "P-9;Fictive;Zoé;;;;;00000;\nP-10;Fictive;Zoé;;;;;99999;\n", "2 territory_code unknown_territory; 3 territory_code unknown_territory"},
		// The rules of a person recorded by hand.
		{"participants", people + "P-9;Fictive;Zoé;01/01/2020;;;;;\nP-10;Fictive;Zoé;01/01/2090;;;;;\nP-11;\u200b;Zoé;01/01/1901;;;;;\n", "2 birth_date too_young; 3 birth_date in_future; 4 last_name blank; 4 last_name hidden_character; 4 birth_date too_old"},
		{"participants", people + "P-9;Fictive;1 85 05 78 006 084 42;;;;;;\n", "2 first_name nir"},
		{"participants", people + "P-9;Fictive;Zoé;hier;;;;;\nP-10;1850578006084;Zoé;;;;;;\n", "2 birth_date format; 3 last_name nir"},
		// What cells hold and what the rules say are told at once, each cell being at fault for what it says itself.
		{"participants", people + "P-9;Fictive;Zoé;31/02/1985;;06 39 98 00 11;;99999;\nP-10;;Zoé;01/01/2020;;06 39;;;\n", "2 birth_date format; 2 territory_code unknown_territory; 3 last_name required; 3 birth_date too_young"},
		{"enrolments", paths + "D-9;P-8;;hier;30/06/2025;cdi;;;01/02/2024;Mairie inconnue;;\nD-10;P-2;;01/10/2025;;;;peut-être;01/02/2024;Mairie inconnue;;\n", "2 entered_on format; 2 participant_reference unknown; 2 site_name unknown; 3 job_seeker type; 3 site_name unknown"},
		{"enrolments", paths + "D-9;;pas-un-uuid;01/10/2025;2025;cdi;oui;;;;;\n", "2 exited_on format; 2 participant_id format"},
		{"appointments", meetings + "R-9;D-9;;hier;60;in_person;no_show;non;Nulle part\nR-10;D-1;;08/04/2025 14:00;60;fax;partie;oui;\n", "2 starts_at format; 2 enrolment_reference unknown; 2 site_name unknown; 3 mode enum; 3 status enum"},
		{"exits", exits + "D-9;01/10/2025;licenciement;oui\nD-1;01/10/2090;abandon;peut-être\n", "2 kind enum; 2 enrolment_reference unknown; 3 follow_up_agreed type; 3 exited_on in_future"},
		// A reference names one row, in this file and in those before.
		{"participants", people + "P-9;Fictive;Zoé;;;;;;\nP-9;Fictive;Zoé;;;;;;\nP-9;Autre;Zoé;;;;;;\n", "3 external_reference repeated; 4 external_reference repeated"},
		{"participants", people + "P-9;Fictive;Zoé;hier;;;;;\nP-9;Fictive;Zoé;;;;;;\n", "2 birth_date format; 3 external_reference repeated"},
		{"participants", people + "P-1;Fictive;Zoé;18/05/1990;;;;;\n", "2 external_reference changed"},
		// The names of the columns.
		{"participants", "external_reference;last_name;first_name;prénom;nir\nP-9;Fictive;Zoé;x;x\n", "1 prénom unknown_column; 1 nir unknown_column"},
		{"participants", "external_reference;last_name;last_name\nP-9;Fictive;Zoé\n", "1 last_name doubled_column; 1 first_name missing_column"},
		{"participants", "Fictive;Zoé;1990\n", "1 no_header"},
		{"participants", people + "P-9;Fictive;Zoé\n", "2 columns"},
		// Whom and what a row names.
		{"enrolments", paths + "D-9;P-8;;01/04/2025;;;;;;;;\nD-10;;;01/04/2025;;;;;;;;\n", "2 participant_reference unknown; 3 participant_reference required"},
		{"enrolments", paths + "D-9;P-1;" + mine.ParticipantID + ";01/04/2025;;;;;;;;\nD-10;;" + other + ";01/04/2025;;;;;;;;\nD-11;;" + randomID() + ";01/04/2025;;;;;;;;\n", "2 participant_reference twice; 3 participant_id unknown; 4 participant_id unknown"},
		{"enrolments", paths + "D-9;P-2;;01/10/2023;;;;;;Nulle part;;\nD-10;P-2;;01/10/2090;;;;;;;" + randomID() + ";\n", "2 site_name unknown; 2 entered_on outside_programme; 3 site_id unknown; 3 entered_on in_future; 3 entered_on outside_programme"},
		{"enrolments", paths + "D-9;P-2;;01/10/2025;;;;non;01/02/2024;;;00000\n", "2 territory_code unknown_territory; 2 job_seeker_since not_job_seeker"},
		// Never twice at once, with what is on file and with other rows; the rows before and after are not at fault.
		{"enrolments", paths + "D-9;P-1;;01/05/2025;;;;;;;;\n", "2 already_enrolled"},
		{"enrolments", paths + "D-10;P-3;;01/07/2025;30/07/2025;cdi;;;;;;\nD-11;P-3;;15/07/2025;20/07/2025;abandon;;;;;;\nD-12;P-3;;30/07/2025;15/08/2025;cdi;;;;;;\n", "3 already_enrolled"},
		{"enrolments", paths + "D-9;P-1;;01/03/2025;01/02/2025;cdi;;;;;;\nD-10;P-1;;01/03/2025;02/03/2025;;;;;;;\nD-11;P-1;;01/03/2025;02/03/2025;abandon;oui;;;;;\n", "2 exited_on before_entry; 3 exit_kind required; 4 follow_up_agreed no_follow_up"},
		{"appointments", meetings + "R-9;D-1;;08/04/2025 14:00;3;pigeon;;;\nR-10;D-7;;demain;60;phone;;;\n", "2 duration_minutes minimum; 2 mode enum; 3 starts_at format; 3 enrolment_reference unknown"},
		{"appointments", meetings + "R-9;D-7;;08/04/2025 14:00;60;phone;;;\nR-10;D-1;;31/03/2025 23:59;60;phone;;;\nR-11;D-1;;30/03/2025 02:30;60;phone;;;\nR-12;D-1;;26/10/2025 02:30;60;phone;;;\n", "2 enrolment_reference unknown; 3 starts_at before_entry; 4 starts_at no_such_hour; 5 starts_at ambiguous_hour"},
		{"appointments", meetings + "R-9;D-1;;08/04/2080 14:00;60;phone;attended;;\nR-10;D-1;;08/04/2025 14:00;60;phone;attended;oui;\nR-11;D-7;;08/04/2080 14:00;60;phone;no_show;;Ailleurs\n", "2 status not_started; 3 justified no_absence; 4 enrolment_reference unknown; 4 site_name unknown; 4 status not_started"},
		{"exits", exits + "D-1;01/03/2025;cdi;\nD-2;01/05/2090;cdi;\nD-3;01/07/2025;cdi;\nD-4;01/10/2025;abandon;oui\nD-7;01/07/2025;cdi;\n", "2 exited_on before_entry; 3 exited_on in_future; 4 already_exited; 5 follow_up_agreed no_follow_up; 6 enrolment_reference unknown"},
		{"exits", exits + "D-1;01/06/2025;cdi;\nD-1;01/06/2025;cdi;\n", "3 enrolment_reference repeated"},
		{"exits", "enrolment_id;exited_on;kind\n" + mine.ID + ";01/06/2025;licorne\n;01/06/2025;cdi\n", "2 kind enum; 3 enrolment_reference required"},
		{"workshops", sessions + "A-9;remobilisation; ;05/02/2025 14:00;120;0\nA-10;remobilisation;\u200b;05/02/2024 14:00;120;\n", "2 capacity minimum; 2 title required; 3 title blank; 3 title hidden_character; 3 starts_at outside_programme"},
		{"registrations", places + "A-1;;D-1;présent\nA-2;;D-1;présent\nA-7;;D-1;\nA-1;;D-7;\nA-1;;D-2;annulé par le service\n", "3 workshop_cancelled; 4 workshop_reference unknown; 5 enrolment_reference unknown; 6 status not_called"},
		{"registrations", places + "A-1;;D-1;présent\nA-3;;D-1;présent\nA-1;;D-2;\n", "2 status incomplete"},
		{"registrations", "workshop_reference;enrolment_reference;status;justified\nA-1;D-1;présent;oui\nA-1;D-2;;non\nA-3;D-1;prévu;oui\nA-3;D-2;absent;peut-être\n", "2 justified no_absence; 3 justified no_absence; 4 justified no_absence; 5 justified type"},
		{"registrations", places + "A-1;;D-4;\n", "2 enrolment_reference before_entry"},
	} {
		f.refusedFile(lead, c.kind, c.text, c.faults)
	}
	for text, code := range map[string]string{"PK\x03\x04": "not_text", "": "empty", people + "P-1;Zo\xe9;Zoé;;;;;;\nP-2;é;é;;;;;;\n": "encoding"} {
		if faults := f.sheet(lead, "participants", "validate", text).problem(422, "unreadable"); len(faults) != 1 || faults[0].Code != code {
			t.Errorf("%q: %v", text, faults)
		}
	}
}

func TestAFileIsAnsweredWithSoManyFaultsAndTheCountOfAll(t *testing.T) {
	f := newFixture(t)
	text := "external_reference;last_name;first_name\n" + strings.Repeat(";;Zoé\n", 1200)
	got := f.sheet(f.actor(domain.Coordinator), "participants", "validate", text).is(200)
	if got.counts() != "1200 rows, 0 created, 0 unchanged, 1200 faulty" || got.Fields["faults_in_all"] != 2400.0 || len(got.Fields["faults"].([]any)) != 1000 || got.Fields["faults_truncated"] != true {
		t.Errorf("%.300s", got.Text)
	}
	if faults := f.sheet(f.actor(domain.Coordinator), "participants", "commit", text).problem(422, "invalid"); len(faults) != 1000 {
		t.Errorf("%d faults", len(faults))
	}
	rows := 0
	for _, err := range api.AtMost(3, api.NewImportSheets(false).Rows(domain.ImportParticipants, strings.NewReader(strings.Repeat("{}\n", 9)), "application/x-ndjson")) {
		if rows++; (err != nil) != (rows == 4) || err != nil && !strings.HasPrefix(err.Error(), "too_many_rows") || rows > 4 {
			t.Fatalf("row %d of three: %v", rows, err)
		}
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/imports/participants?mode=commit", strings.NewReader("x"))
	r.Header.Set("Authorization", "Bearer "+f.token(f.actor(domain.Coordinator)))
	r.Header.Set("Content-Type", "text/csv")
	r.ContentLength, r.RemoteAddr = domain.MaxImportBytes+1, f.from
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	newReply(t, w).problem(413, "body_too_large")
}

// A file is of one programme, that its sender leads.
func TestAFileIsOfItsSendersProgramme(t *testing.T) {
	f, lead := movedIn(t)
	both := lead
	both.Programmes = []string{somme, elsewhere}
	const text = "external_reference;last_name;first_name\nP-9;Fictive;Zoé\n"
	before := f.contents()
	f.sheet(both, "participants", "commit", text).problemAt(422, "invalid", "query.programme")
	f.sheet(lead, "participants", "commit&programme="+elsewhere, text).problemAt(422, "invalid", "query.programme")
	f.sheet(lead, "participants", "commit&programme=o2r-nulle-part", text).problemAt(422, "invalid", "query.programme")
	f.sheet(lead, "licornes", "commit", text).problemAt(422, "invalid", "path.kind")
	f.sheet(lead, "participants", "peut-etre", text).problemAt(422, "invalid", "query.mode")
	f.send(lead, http.MethodPost, "/v1/imports/participants", text, "Content-Type", "text/csv").problemAt(422, "invalid", "query.mode")
	f.sheet(lead, "participants", "commit", text, "Content-Type", "application/json").problem(415, "unsupported_media_type")
	f.sheet(lead, "participants", "commit", text, "Content-Type", "text/csv; charset=ebcdic").problem(415, "unsupported_media_type")
	for _, actor := range []domain.Actor{f.actor(domain.Caseworker), f.actor(domain.Admin), f.actor(domain.Partner), f.actor(domain.Analyst), f.actor(domain.DPO)} {
		f.sheet(actor, "participants", "validate", text).problem(403, "forbidden")
	}
	f.sheet(nobody, "participants", "validate", text).problem(401, "unauthenticated")
	homeless := lead
	homeless.OrganisationID = ""
	f.sheet(homeless, "participants", "commit", text).problem(403, "no_organisation")
	homeless.OrganisationID = randomID()
	f.sheet(homeless, "participants", "commit", text).problem(403, "no_organisation")
	f.unchanged(before)

	// References are a programme's own: another's P-1 is another row, and leads to nobody here.
	there := f.stranger(domain.Coordinator)
	f.refusedFile(there, "enrolments", "external_reference;participant_reference;entered_on\nD-1;P-1;01/04/2025\n", "2 participant_reference unknown")
	f.refusedFile(there, "appointments", appointmentsFile, "2 enrolment_reference unknown; 3 enrolment_reference unknown; 4 enrolment_reference unknown")
	f.sheet(there, "participants", "commit", "external_reference;last_name;first_name\nP-1;Ailleurs;Alix\n").is(200)
	if got := f.sheet(both, "participants", "commit&programme="+elsewhere, "external_reference;last_name;first_name\nP-1;Ailleurs;Alix\n"); got.counts() != "1 rows, 0 created, 1 unchanged, 0 faulty" || got.text("programme") != elsewhere {
		t.Error(got.Text)
	}
	// Who was imported for one programme is not the other's.
	if got := f.send(there, http.MethodPost, "/v1/participants/search", map[string]any{"query": "fictive"}).is(200).items(); len(got) != 0 {
		t.Errorf("the other programme sees %v", got)
	}
}

// Whoever was erased is not brought back by her old file: not she, not her path, not under another reference.
func TestAFileBringsNobodyBack(t *testing.T) {
	f, lead := movedIn(t)
	f.must(f.store.UseTombstoneKey(t.Context(), []byte(strings.Repeat("k", 32))))
	f.sheet(lead, "appointments", "commit", appointmentsFile).is(200)
	f.sheet(lead, "exits", "commit", exitsFile).is(200)
	f.sheet(lead, "registrations", "commit", registrationsFile).is(200)
	zoe := f.send(lead, http.MethodPost, "/v1/participants/search", map[string]any{"query": "zoé"}).is(200).items()[0]["id"].(string)
	f.send(f.actor(domain.DPO), http.MethodPost, "/v1/participants/"+zoe+"/erasure", map[string]any{"reason": "Demande de la personne."}).is(200)
	if got := f.count(`SELECT count(*) FROM import_records WHERE external_reference ~ 'P-1|D-1|R-1|R-2'`); got != 0 {
		t.Errorf("%d rows still say what she was called in the source", got)
	}
	f.refusedFile(lead, "participants", participantsFile, "2 external_reference erased")
	f.refusedFile(lead, "participants", strings.Replace(participantsFile, "P-1;", "P-77;", 1), "2 resembles_erased")
	f.refusedFile(lead, "participants", "external_reference;last_name;first_name;phone\nP-77;Fictive;Zoé;+33 6 39 98 00 11\n", "2 resembles_erased")
	// Whom one reaches there under other names may live in the same house: she is recorded, and it is said.
	for _, mode := range []string{"validate", "commit"} {
		got := f.sheet(lead, "participants", mode, "external_reference;last_name;first_name;phone\nP-78;Tout;Autre;+33 6 39 98 00 11\nP-79;Tout;Différente;+33 6 39 98 00 12\n").is(200)
		if got.counts() != "2 rows, 2 created, 0 unchanged, 0 faulty" || got.Fields["reached_as_erased"] != 1.0 || fmt.Sprint(got.Fields["reached_as_erased_lines"]) != "[2]" {
			t.Errorf("%s: %s", mode, got.Text)
		}
	}
	f.refusedFile(lead, "enrolments", enrolmentsFile, "2 external_reference erased")
	f.refusedFile(lead, "enrolments", "external_reference;participant_reference;entered_on\nD-77;P-1;01/12/2025\n", "2 participant_reference erased")
	f.refusedFile(lead, "appointments", appointmentsFile, "2 external_reference erased; 3 external_reference erased")
	f.refusedFile(lead, "appointments", "external_reference;enrolment_reference;starts_at;duration_minutes;mode\nR-9;D-1;10/04/2025 9:30;30;phone\n", "2 enrolment_reference erased")
	f.refusedFile(lead, "exits", exitsFile, "2 enrolment_reference erased")
	f.refusedFile(lead, "registrations", registrationsFile, "2 erased; 4 erased")
	// Without her, the files are good.
	without := regexp.MustCompile(`(?m)^(P-1;|D-1;|R-1;|R-2;|A-1;D-1;|A-3;D-1;).*\r?\n`)
	for kind, text := range map[string]string{"participants": participantsFile, "enrolments": enrolmentsFile, "appointments": appointmentsFile, "exits": exitsFile, "registrations": registrationsFile} {
		if got := f.sheet(lead, kind, "commit", without.ReplaceAllString(text, "")); !strings.HasSuffix(got.counts(), ", 0 faulty") || got.Fields["created"] != 0.0 {
			t.Errorf("%s without her: %s", kind, got.Text)
		}
	}
}

// Files of people whose file was merged, restricted, voided or corrected since.
func TestAFileSentAgainLeavesAloneWhatBecameOfItsRows(t *testing.T) {
	f, lead := movedIn(t)
	id := func(query string) string {
		return f.send(lead, http.MethodPost, "/v1/participants/search", map[string]any{"query": query}).is(200).items()[0]["id"].(string)
	}
	zoe, noel, camille := id("zoé"), id("noël"), id("camille exemple")
	path := func(of string) string {
		return f.send(lead, http.MethodGet, "/v1/enrolments?participant_id="+of, nil).is(200).items()[0]["id"].(string)
	}
	// Corrected by hand, she stays corrected.
	f.send(lead, http.MethodPut, "/v1/participants/"+noel, map[string]any{"first_name": "Noël", "last_name": "Corrigé"}, "If-Match", "*").is(200)
	// Voided, a path takes nothing more, and is not made anew.
	voided := path(noel)
	f.send(lead, http.MethodPost, "/v1/enrolments/"+voided+"/void", map[string]any{"reason": "Saisie en double."}).is(200)
	f.refusedFile(lead, "exits", "enrolment_reference;exited_on;kind\nD-2;01/10/2025;abandon\n", "2 voided")
	f.refusedFile(lead, "appointments", "external_reference;enrolment_reference;starts_at;duration_minutes;mode\nR-9;D-2;10/04/2025 9:30;30;phone\n", "2 voided")
	// Merged, a reference leads to the survivor.
	twin := f.sheet(lead, "participants", "commit", "external_reference;last_name;first_name\nP-9;Double;Camille\n")
	twin.is(200)
	f.send(lead, http.MethodPost, "/v1/participants/"+camille+"/merge", map[string]any{"duplicate_id": id("camille double"), "reason": "Saisie en double."}).is(200)
	f.sheet(lead, "enrolments", "commit", "external_reference;participant_reference;entered_on;exited_on;exit_kind\nD-9;P-9;01/12/2024;01/02/2025;abandon\n").is(200)
	if got := f.count(`SELECT count(*) FROM enrolments WHERE participant_id = $1`, camille); got != 3 {
		t.Errorf("the survivor has %d paths", got)
	}
	// Restricted, a person is out of reach, by her reference too.
	f.send(f.actor(domain.DPO), http.MethodPost, "/v1/participants/"+zoe+"/restriction", map[string]any{"restricted": true, "reason": "Exactitude contestée."}).is(200)
	f.refusedFile(lead, "enrolments", "external_reference;participant_reference;entered_on;exited_on;exit_kind\nD-10;P-1;01/12/2024;01/02/2025;abandon\n", "2 participant_reference unknown")
	f.refusedFile(lead, "appointments", "external_reference;enrolment_reference;starts_at;duration_minutes;mode\nR-9;D-1;10/04/2025 9:30;30;phone\n", "2 enrolment_reference unknown")
	f.refusedFile(lead, "registrations", "workshop_reference;enrolment_reference\nA-1;D-1\n", "2 enrolment_reference unknown")
	before := f.contents()
	for _, file := range [][2]string{{"participants", participantsFile}, {"enrolments", enrolmentsFile}, {"workshops", workshopsFile}} {
		if got := f.sheet(lead, file[0], "commit", file[1]); got.Fields["created"] != 0.0 || got.Fields["faulty"] != 0.0 {
			t.Errorf("%s again: %s", file[0], got.Text)
		}
	}
	for table, now := range f.contents() {
		if before[table] != now && table != "audit_events" && table != "audit_chains" {
			t.Errorf("sending the files again wrote %s", table)
		}
	}
	// Where the justice module is off, its column is none.
	off := api.Deployment{WithoutJustice: true, RequestsPerMinute: 1 << 40}.New(f.store, f.tokens, nil)
	f.handler = off.Handler()
	f.refusedFile(lead, "enrolments", enrolmentsFile, "1 justice_status unknown_column")
	f.refusedFile(lead, "exits", "enrolment_reference;exited_on;kind\nD-4;01/10/2025;incarceration\n", "2 kind enum")
	f.refusedFile(lead, "exits", "enrolment_reference;exited_on;kind\nD-4;01/10/2025;Incarcération\n", "2 kind enum")
	if got := f.send(lead, http.MethodGet, "/v1/imports/enrolments/template", nil, "Accept", "text/csv").is(200).Text; strings.Contains(got, "justice") {
		t.Error(got)
	}
}

// One file at a time in a programme; and whoever hangs up takes everything back.
func TestAFileIsAloneAndWholeOrNothing(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	conn, err := pgx.Connect(t.Context(), f.url)
	f.must(err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_lock(hashtextextended('o2r import o2r-somme', 0))`)
	f.must(err)
	before := f.contents()
	f.sheet(lead, "participants", "validate", participantsFile).problem(409, "import_running")
	f.sheet(lead, "participants", "commit", participantsFile).problem(409, "import_running")
	f.unchanged(before)
	f.sheet(f.stranger(domain.Coordinator), "participants", "validate", strings.ReplaceAll(participantsFile, "80253", "")).is(200) // another programme's
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_unlock_all()`)
	f.must(err)

	// She hangs up while the rows are recorded.
	ctx, hangUp := context.WithCancel(t.Context())
	sent := 0
	rows := func(yield func(domain.ImportRow, error) bool) {
		for n := range 2000 {
			if sent++; n == 1200 {
				hangUp()
			}
			if !yield(domain.ImportRow{Line: n + 2, Record: domain.ImportedParticipant{SourceReference: domain.SourceReference{ExternalReference: fmt.Sprint(n)}, ParticipantInput: domain.ParticipantInput{Identity: domain.Identity{FirstName: "Zoé", LastName: "Fictive"}}}}, nil) {
				return
			}
		}
	}
	before = f.contents()
	if _, err := f.as(domain.Coordinator).Import(ctx, domain.ImportOrder{Kind: domain.ImportParticipants, Mode: domain.ImportCommit}, rows); err == nil || sent < 1200 {
		t.Errorf("after %d rows: %v", sent, err)
	}
	f.unchanged(before)
	if got := f.sheet(lead, "participants", "commit", participantsFile); got.counts() != "3 rows, 3 created, 0 unchanged, 0 faulty" {
		t.Error(got.Text)
	}
}

// A partner learns of its own referral what a file says became of it, and of nothing else.
func TestAPartnerLearnsWhatAFileSaysOfItsReferral(t *testing.T) {
	f, lead := movedIn(t)
	partner := f.actor(domain.Partner)
	referral := f.send(partner, http.MethodPost, "/v1/referrals", map[string]any{"programme": somme, "external_reference": "SPIP-1", "first_name": "Sacha", "last_name": "Orienté", "phone": "06 39 98 00 21", "consented_on": "2025-03-01"}).is(201).text("id")
	path := f.send(lead, http.MethodPost, "/v1/referrals/"+referral+"/accept", map[string]any{"entered_on": "2025-04-01"}).is(200).text("enrolment_id")
	told := func() int64 {
		return f.count(`SELECT count(*) FROM events WHERE referral_id IS NOT NULL`)
	}
	before := told()
	f.sheet(lead, "appointments", "commit", appointmentsFile).is(200)
	if told() != before {
		t.Error("a partner is told of people whom it did not refer")
	}
	f.sheet(lead, "appointments", "commit", "external_reference;enrolment_id;starts_at;duration_minutes;mode;status\nR-8;"+path+";10/04/2025 9:30;30;phone;présent\nR-9;"+path+";11/04/2025 9:30;30;phone;absent\n").is(200)
	f.sheet(lead, "exits", "commit", "enrolment_id;exited_on;kind\n"+path+";01/10/2025;cdi\n").is(200)
	var types []string
	for _, row := range f.rows(`SELECT type FROM events WHERE referral_id IS NOT NULL ORDER BY id OFFSET $1`, before) {
		types = append(types, row[0].(string))
	}
	if got := strings.Join(types, " "); got != "referral.appointment_scheduled referral.attendance_recorded referral.exited" {
		t.Errorf("the partner is told %q", got)
	}
}

func TestATemplateIsAFileToBeginWith(t *testing.T) {
	f := newFixture(t)
	lead := f.actor(domain.Coordinator)
	for _, kind := range domain.ImportKinds {
		columns := f.send(lead, http.MethodGet, "/v1/imports/"+string(kind)+"/template", nil).is(200).Fields["columns"].([]any)
		file := f.send(lead, http.MethodGet, "/v1/imports/"+string(kind)+"/template", nil, "Accept", "text/csv").is(200).Text
		if lines := strings.Split(strings.TrimSpace(file), "\r\n"); len(lines) != 2 || strings.Count(lines[0], ";") != len(columns)-1 {
			t.Errorf("%s: %q", kind, file)
		}
		// Sent back as it is, after those of the kinds before, it is recorded.
		for _, mode := range []string{"validate", "commit"} {
			if got := f.sheet(lead, string(kind), mode, file); got.Status != http.StatusOK || got.counts() != "1 rows, 1 created, 0 unchanged, 0 faulty" {
				t.Fatalf("%s, %s: %s", kind, mode, got.Text)
			}
		}
	}
	if got := f.send(lead, http.MethodGet, "/v1/workshops", nil).is(200).items(); len(got) != 1 || got[0]["status"] != "closed" {
		t.Errorf("the sample's workshop reads %v", got)
	}
	// One that comes before those it names is refused, and says which to import.
	other := newFixture(t)
	lead = other.actor(domain.Coordinator)
	for kind, faults := range map[string]string{
		"enrolments": "2 participant_reference unknown", "appointments": "2 enrolment_reference unknown", "exits": "2 enrolment_reference unknown",
		"registrations": "2 workshop_reference unknown; 2 enrolment_reference unknown",
	} {
		file := other.send(lead, http.MethodGet, "/v1/imports/"+kind+"/template", nil, "Accept", "text/csv").is(200).Text
		other.refusedFile(lead, kind, file, faults)
	}
}

// A slip in a caseworker's name hides a path from her: it is said once for each name, before anything is written and after, and
// refuses nothing, since on the first day nobody is known.
func TestAFileWarnsOfCaseworkersWhomNobodyKnows(t *testing.T) {
	f, lead := movedIn(t)
	known := f.actor(domain.Caseworker)
	known.Subject = "c.connue"
	f.send(known, http.MethodGet, "/v1/enrolments?programme="+somme, nil).is(200)
	foreign := f.stranger(domain.Caseworker)
	foreign.Subject = "c.ailleurs"
	f.send(foreign, http.MethodGet, "/v1/enrolments", nil).is(200)
	warned := func(r reply) string {
		var found []string
		for _, one := range r.is(200).Fields["warnings"].([]any) {
			warning := one.(map[string]any)
			found = append(found, fmt.Sprint(warning["line"], " ", warning["column"], " ", warning["code"]))
		}
		if strings.Contains(r.Text, "c.inconnue") || strings.Contains(r.Text, "c.ailleurs") {
			t.Errorf("a name is repeated: %s", r.Text)
		}
		return strings.Join(found, "; ")
	}
	const paths = "external_reference;participant_reference;entered_on;exited_on;exit_kind;caseworker_id\n"
	file := paths + "D-20;P-1;03/03/2024;;;c.connue\nD-21;P-2;03/03/2025;04/03/2025;abandon;c.inconnue\nD-22;P-2;10/03/2025;11/03/2025;abandon;c.inconnue\nD-23;P-2;14/03/2025;15/03/2025;abandon;c.ailleurs\n"
	if got := f.sheet(lead, "enrolments", "validate", file); warned(got) != "3 caseworker_id unknown_caseworker; 5 caseworker_id unknown_caseworker" {
		t.Error(got.Text)
	}
	sound := strings.Replace(file, "D-20;P-1;03/03/2024", "D-20;P-1;03/03/2025", 1)
	sound = strings.Replace(sound, "03/03/2025;;;c.connue", "03/03/2025;04/03/2025;abandon;c.connue", 1)
	for _, mode := range []string{"validate", "commit"} {
		if got := f.sheet(lead, "enrolments", mode, sound); got.counts() != "4 rows, 4 created, 0 unchanged, 0 faulty" || warned(got) != "3 caseworker_id unknown_caseworker; 5 caseworker_id unknown_caseworker" {
			t.Errorf("%s: %s", mode, got.Text)
		}
	}
	for _, again := range []string{sound, paths + "D-24;P-2;20/03/2025;21/03/2025;abandon;c.inconnue\n", enrolmentsFile} { // by now she follows somebody
		if got := f.sheet(lead, "enrolments", "validate", again); warned(got) != "" {
			t.Error(got.Text)
		}
	}
}

// A refusal says what would be right: who may, which modes there are, and what the body has to be.
func TestARefusedFileSaysWhatWouldBeRight(t *testing.T) {
	f, lead := movedIn(t)
	for name, row := range map[string]struct {
		got  reply
		want string
	}{
		"no mode":      {f.send(lead, http.MethodPost, "/v1/imports/participants", participantsFile, "Content-Type", "text/csv"), "one of validate, commit"},
		"no type":      {f.send(lead, http.MethodPost, "/v1/imports/participants?mode=validate", participantsFile, "Content-Type", "text/plain"), "application/x-ndjson or text/csv"},
		"another role": {f.send(f.actor(domain.Caseworker), http.MethodPost, "/v1/imports/participants?mode=validate", participantsFile, "Content-Type", "text/csv"), "it is open to coordinator."},
		"no JSON":      {f.send(lead, http.MethodPost, "/v1/participants", "<x/>", "Content-Type", "text/xml"), "application/json"},
	} {
		if row.got.Status < 400 || !strings.Contains(row.got.Text, row.want) {
			t.Errorf("%s: %s", name, row.got.Text)
		}
	}
	const places = "workshop_reference;enrolment_reference;status\n"
	f.sheet(lead, "registrations", "commit", places+"A-1;D-1;présent\n").is(200)
	if got := f.sheet(lead, "registrations", "validate", places+"A-1;D-2;présent\n"); got.faulty() != "2 workshop_closed" || !strings.Contains(got.Text, "closed for good") {
		t.Error(got.Text)
	}
	f.exec(`UPDATE workshops SET capacity = 1 WHERE title = 'Atelier numérique'`)
	if got := f.sheet(lead, "registrations", "validate", places+"A-3;D-1;\nA-3;D-2;\n"); got.faulty() != "3 workshop_full" || strings.Contains(got.Text, "waiting_list") {
		t.Error(got.Text)
	}
}
