package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
)

const sommeFigures = "/v1/programmes/" + somme

// toldTo are the ways in which an analyst is told of a programme.
var toldTo = []string{
	"/indicators?set=all", "/indicators?set=all&as_of=2025-06-30", "/indicators?set=all&gender=male", "/indicators/beneficiaries", "/indicators/individual_attendance_rate",
	"/indicators/beneficiaries/breakdown?by=gender", "/indicators/beneficiaries/breakdown?by=territory", "/indicators/beneficiaries/series?step=year", "/indicators/beneficiaries/series?step=month&cumulative=true",
	"/profile", "/map", "/report?year=2025",
}

// What an analyst was told of a closing she is told again, whatever was recorded since; a coordinator reads what is so.
func TestWhatAnAnalystWasToldStays(t *testing.T) {
	f := newFixture(t)
	lead, analyst, staff := f.actor(domain.Coordinator), f.actor(domain.Analyst), f.actor(domain.Caseworker)
	f.send(analyst, "GET", sommeFigures+"/indicators", nil).is(200)
	if n := f.count(`SELECT count(*) FROM figure_closings`); n != 0 {
		t.Errorf("of nobody, %d closings are kept", n)
	}
	f.caseload()
	read := func(by domain.Actor) map[string]reply {
		t.Helper()
		said := map[string]reply{}
		for _, path := range toldTo {
			for _, form := range []string{"application/json", "text/csv"} {
				if form == "text/csv" && strings.HasPrefix(path, "/report") {
					form = "text/html"
				}
				said[path+" "+form] = f.send(by, "GET", sommeFigures+path, nil, "Accept", form).is(200)
			}
		}
		return said
	}
	// Those who ask first, at once, keep the same closings once.
	var requests []request
	for _, path := range toldTo {
		requests = append(requests, times(3, request{analyst, "GET", sommeFigures + path, nil, ""})...)
	}
	answers := f.atOnce(requests)
	f.tallied(answers, map[string]int{"200": len(requests)})
	for i := range answers {
		if of := answers[i/3*3]; answers[i].Text != of.Text || answers[i].Header.Get("ETag") != of.Header.Get("ETag") {
			t.Errorf("at once %s says\n%s\nand\n%s", requests[i].path, of.Text, answers[i].Text)
		}
	}
	kept := f.rows(`SELECT to_char(closes_on, 'YYYY-MM-DD'), paths::text FROM figure_closings WHERE programme = $1 ORDER BY closes_on`, somme)
	if len(kept) < 3 || fmt.Sprint(kept[0]) != "[2025-06-30 14]" {
		t.Errorf("kept are %v", kept)
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'closing' AND action = 'kept' AND role = 'system' AND programme = $1`, somme); n != 1 {
		t.Errorf("the trail has %d rows of it", n)
	}
	before, was := read(analyst), read(lead)
	if at := before["/indicators?set=all application/json"].items()[0]; at["display"] != "14" {
		t.Fatalf("an analyst is told %v", at)
	}

	// Two came late, one was there by mistake, of a third it was another sex; who had no meeting had one, and a target moves.
	all := slices.DeleteFunc(f.send(lead, "GET", "/v1/enrolments?limit=200", nil).is(200).items(), func(path map[string]any) bool { return path["territory_code"] != "80253" })
	f.enrolled("Alix", "Tardive", "2025-04-02")
	f.enrolled("Noa", "Tardif", "2025-04-03")
	void := all[0]["id"].(string)
	f.send(lead, "POST", "/v1/enrolments/"+void+"/void", map[string]any{"reason": "Saisie par erreur."}).is(200)
	other := f.send(lead, "GET", "/v1/participants/"+all[1]["participant_id"].(string), nil).is(200)
	changed := map[string]any{}
	for _, field := range []string{"first_name", "last_name", "birth_date"} {
		changed[field] = other.Fields[field]
	}
	changed["gender"] = "other"
	f.send(lead, "PUT", "/v1/participants/"+all[1]["participant_id"].(string), changed, "If-Match", other.Header.Get("ETag")).is(200)
	meeting := f.send(staff, "POST", "/v1/appointments", map[string]any{"enrolment_id": all[1]["id"], "starts_at": "2025-05-21T09:00:00Z", "duration_minutes": 60, "mode": "phone"}).is(201).text("id")
	f.send(staff, "POST", "/v1/appointments/"+meeting+"/attendance", map[string]any{"status": "attended"}).is(200)
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+all[2]["participant_id"].(string)+"/erasure", map[string]any{"reason": "Demande de la personne."}).is(200)

	again, is := read(analyst), read(lead)
	for path, said := range before {
		if again[path].Text != said.Text || again[path].Header.Get("ETag") != said.Header.Get("ETag") {
			t.Errorf("%s told\n%s\nand tells\n%s", path, said.Text, again[path].Text)
		}
	}
	moved := 0
	for path, said := range was {
		if is[path].Text != said.Text {
			moved++

		}
	}
	if moved != len(was) {
		t.Errorf("of %d answers to the coordinator %d moved", len(was), moved)
	}
	for path := range before {
		words := strings.Fields(path)
		f.send(analyst, "GET", sommeFigures+words[0], nil, "Accept", words[1], "If-None-Match", before[path].Header.Get("ETag")).is(304)
	}

	// Nor by another threshold or first day, which hold from the next closing on.
	edited := func(field string, value any) {
		t.Helper()
		programme := f.send(f.actor(domain.Admin), "GET", sommeFigures, nil).is(200)
		body := programme.Fields
		for _, ours := range []string{"$schema", "id", "version", "created_at", "updated_at"} {
			delete(body, ours)
		}
		body[field] = value
		f.send(f.actor(domain.Admin), "PUT", sommeFigures, body, "If-Match", programme.Header.Get("ETag")).is(200)
	}
	for _, other := range []struct {
		field string
		value any
	}{{"small_cell_threshold", 3}, {"starts_on", "2025-02-01"}, {"starts_on", "2024-12-15"}} {
		edited(other.field, other.value)
		for path, said := range read(analyst) {
			if said.Text != before[path].Text && !(other.field == "starts_on" && strings.HasPrefix(path, "/report")) { // on which it stands
				t.Errorf("of a programme whose %s is %v, %s tells\n%s", other.field, other.value, path, said.Text)
			}
		}
	}
	edited("starts_on", "2024-11-01")
	// The next closing tells of all that is so by then, as far as it does not tell of few.
	f.on("2027-02-01")
	for range 5 {
		f.enrolled("Sacha", "Suivante", "2026-10-05")
	}
	next := f.send(analyst, "GET", sommeFigures+"/indicators?as_of=2026-12-31", nil).is(200)
	if next.text("as_of") != "2026-12-31" || next.items()[0]["display"] != "20" {
		t.Errorf("next is told %s", next.Text)
	}
	if said := f.send(analyst, "GET", sommeFigures+toldTo[1], nil).is(200); said.Text != before[toldTo[1]+" application/json"].Text {
		t.Errorf("of the first closing it tells\n%s", said.Text)
	}
}

// An analyst is not told of a day as if it were another, nor by a row that somebody is there.
func TestWhatIsNotToldYetIsSaid(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, analyst, her := f.actor(domain.Coordinator), f.actor(domain.Analyst), f.actor(domain.Caseworker)
	elsewhere := f.enrolled("Charlie", "Exemple", "2025-06-03")
	f.exec(`UPDATE enrolments SET territory_code = '80016' WHERE id = $1`, elsewhere.ID)
	rows := func(by domain.Actor) string {
		var codes []string
		for _, row := range f.send(by, "GET", sommeFigures+"/indicators/beneficiaries/breakdown?by=territory&as_of=2025-12-31", nil).is(200).items() {
			codes = append(codes, fmt.Sprint(row["values"].(map[string]any)["territory"]))
		}
		return strings.Join(codes, " ")
	}
	if got := rows(lead); got != "80001 80016 80021 80253 unknown <nil>" {
		t.Errorf("a coordinator reads of %s", got)
	}
	if got := rows(analyst); got != "80001 80021 80253 unknown <nil>" { // of those on the list alone: one lives in Albert
		t.Errorf("an analyst reads of %s", got)
	}

	closing := domain.ClosingDays(domain.MustDate("2024-11-01"), domain.LatestClosing(domain.DayOf(time.Now())))
	last := closing[len(closing)-1]
	f.send(analyst, "GET", sommeFigures+"/indicators?from="+last.AddDays(1).String(), nil).problem(422, "invalid")
	for _, path := range []string{"/indicators/beneficiaries", "/indicators/beneficiaries/breakdown?by=gender", "/indicators/beneficiaries/series", "/profile", "/map"} {
		query := map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "from=" + last.AddDays(1).String()
		if got := f.send(analyst, "GET", sommeFigures+path+query, nil); got.Status != 422 || !strings.Contains(got.Text, `"not_told"`) || !strings.Contains(got.Text, last.String()) {
			t.Errorf("%s%s answers %d %s", path, query, got.Status, got.Text)
		}
		f.send(lead, "GET", sommeFigures+path+query, nil).is(200)
	}

	// What was published of a day that no closing is of is compared with nothing that is of another.
	published := f.send(lead, "POST", sommeFigures+"/snapshots", map[string]any{"as_of": "2025-10-31", "small_cells_accepted": true}).is(201).text("id")
	compare := sommeFigures + "/snapshots/" + published + "/compare"
	for _, by := range []domain.Actor{analyst, her} {
		if got := f.send(by, "GET", compare, nil); got.Status != 422 || !strings.Contains(got.Text, `"not_told"`) {
			t.Errorf("a comparison answers %d %s", got.Status, got.Text)
		}
		f.send(by, "GET", compare+"?as_of=2025-12-31&to=2025-12-31", nil).is(200)
	}
	f.send(lead, "GET", compare, nil).is(200)

	// All that was told since the first day is told of days in which all of it lies.
	for _, key := range []string{"average_support_duration", "justice_supervised_share", "beneficiaries"} {
		one := f.send(analyst, "GET", sommeFigures+"/indicators/"+key+"?as_of=2025-12-31", nil).is(200)
		of := f.send(analyst, "GET", sommeFigures+"/indicators/"+key+"?as_of=2025-12-31&from=2025-01-01", nil).is(200)
		if one.Fields["suppressed"] != false || one.Fields["display"] != of.Fields["display"] {
			t.Errorf("%s is %v, and of 2025, when all entered, %v", key, one.Fields["display"], of.Fields["display"])
		}
	}

	// To say today, or the programme's first day, is to ask for no other days than to say nothing.
	today := domain.DayOf(time.Now()).String()
	plain := f.send(her, "GET", sommeFigures+"/indicators", nil).is(200).Text
	for _, query := range []string{"?as_of=" + today, "?from=2024-11-01", "?to=" + today, "?from=2024-11-01&to=" + today + "&as_of=" + today} {
		if got := f.send(her, "GET", sommeFigures+"/indicators"+query, nil).is(200).Text; got != plain && domain.DayOf(time.Now()).String() == today {
			t.Errorf("a caseworker who asks %s reads\n%s\nand without\n%s", query, got, plain)
		}
	}
	if got := f.send(her, "GET", sommeFigures+"/indicators?as_of=2025-11-15", nil).is(200).text("as_of"); got == "2025-11-15" {
		t.Error("she chooses any day")
	}
}
