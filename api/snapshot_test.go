package api_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

const snapshots = "/v1/programmes/" + somme + "/snapshots"

// publish publishes the table of the end of last year, small cells and all.
func (f *fixture) publish(more map[string]any) reply {
	f.Helper()
	body := map[string]any{"as_of": "2025-12-31", "note": "Remis à la DREETS.", "small_cells_accepted": true}
	for name, value := range more {
		body[name] = value
	}
	return f.send(f.actor(domain.Coordinator), "POST", snapshots, body)
}

// A coordinator publishes; whoever may read figures of the programme reads what she published, to the byte, and can check it.
func TestASnapshotIsReadAsPublished(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, analyst, her := f.actor(domain.Coordinator), f.actor(domain.Analyst), f.actor(domain.Caseworker)
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/targets", map[string]any{"items": []any{map[string]any{"indicator": "beneficiaries", "period": "2025", "value": 58}}}, "If-Match", "*").is(200)

	// Two women of fourteen are few: the one who publishes is told, and says that she means it.
	told := f.publish(map[string]any{"small_cells_accepted": nil}).is(422)
	if !strings.Contains(told.Text, `"code":"small_cells"`) || !strings.Contains(told.Text, "Analysts read a snapshot as published") {
		t.Errorf("she is told %s", told.Text)
	}
	f.publish(map[string]any{"small_cells_accepted": false}).problem(422, "invalid")
	made := f.publish(nil).is(201)
	id := made.text("id")
	if made.Header.Get("Location") != snapshots+"/"+id || made.text("published_by") != lead.Subject || made.text("from") != "2024-11-01" || made.text("to") != "2025-12-31" || number(made.Fields["small_cells"]) == 0 || number(made.Fields["small_cell_threshold"]) != 5 {
		t.Errorf("published %s", made.Text)
	}
	f.send(f.actor(domain.Analyst), "GET", "/v1/programmes/"+somme+"/indicators?as_of=2025-12-31", nil).is(200)

	var first string
	for _, actor := range []domain.Actor{lead, analyst, her} {
		about := f.send(actor, "GET", snapshots+"/"+id, nil).is(200)
		got := f.send(actor, "GET", snapshots+"/"+id+"/document", nil).is(200)
		sum := sha256.Sum256([]byte(got.Text))
		if about.text("sha256") != hex.EncodeToString(sum[:]) || got.Header.Get("ETag") != `"`+about.text("sha256")+`"` {
			t.Errorf("%s: the hash is %s, of a document that gives %x", actor.Role, about.text("sha256"), sum)
		}
		if first == "" {
			first = got.Text
		}
		if got.Text != first || got.Header.Get("Cache-Control") != "private, max-age=31536000, immutable" || !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Authorization") || !strings.Contains(strings.Join(got.Header.Values("Vary"), ","), "Accept") {
			t.Errorf("%s reads otherwise: %v", actor.Role, got.Header)
		}
		f.send(actor, "GET", snapshots+"/"+id+"/document", nil, "If-None-Match", got.Header.Get("ETag")).is(304)
	}
	var document domain.SnapshotDocument
	f.must(json.Unmarshal([]byte(first), &document))
	if len(document.Figures) != 18 || len(document.Definitions) != 18 || document.Figures[0].Key != "beneficiaries" || *document.Figures[0].Numerator != 14 || document.Figures[0].Targets[0].Value != 58 ||
		*document.Profile.Gender[1].Count != 2 || document.DataFingerprint != made.text("data_fingerprint") || *document.Note != "Remis à la DREETS." || document.PublishedBy != lead.Subject || document.ID != id {
		t.Errorf("published is %s", first)
	}
	for _, figure := range document.Figures {
		if figure.Suppressed || figure.DefinitionVersion != 1 {
			t.Errorf("published %+v", figure)
		}
	}

	table := f.send(analyst, "GET", snapshots+"/"+id+"/document", nil, "Accept", "text/csv").is(200)
	rows, err := csv.NewReader(strings.NewReader(table.Text)).ReadAll()
	f.must(err)
	if len(rows) != 19 || rows[0][4] != "key" || rows[1][4] != "beneficiaries" || rows[1][7] != "14" || table.Header.Get("ETag") != `"`+made.text("sha256")+`-csv"` {
		t.Errorf("as CSV %s", table.Text)
	}
	f.send(analyst, "GET", snapshots+"/"+id+"/document", nil, "Accept", "text/csv", "If-None-Match", `"`+made.text("sha256")+`"`).is(200)

	// What is recorded later leaves it as it is.
	person := f.send(her, "POST", "/v1/participants", map[string]any{"first_name": "Tardive", "last_name": "Exemple"}).is(201).text("id")
	f.send(her, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-06-02"}).is(201)
	f.send(lead, "PUT", "/v1/programmes/"+somme+"/targets", map[string]any{"items": []any{}}, "If-Match", "*").is(200)
	if later := f.send(analyst, "GET", snapshots+"/"+id+"/document", nil).is(200); later.Text != first {
		t.Error("it changed")
	}
}

// Anybody checks the hash with curl, jq and sha256sum; whoever has the document otherwise printed makes it canonical again.
func TestAnybodyChecksASnapshot(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	made := f.publish(nil).is(201)
	text := f.send(f.actor(domain.Analyst), "GET", snapshots+"/"+made.text("id")+"/document", nil).is(200).Text
	folder := t.TempDir()
	for name, content := range map[string]string{"document": text, "about": made.Text} {
		f.must(os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	shell := func(command string) string {
		run := exec.Command("sh", "-c", command)
		run.Dir = folder
		out, err := run.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
		return strings.Fields(string(out))[0]
	}
	if got := shell("sha256sum < document"); got != made.text("sha256") {
		t.Errorf("sha256sum says %s, not %s", got, made.text("sha256"))
	}
	if _, err := exec.LookPath("jq"); err == nil {
		if got := shell("jq . document | jq -cSj . | sha256sum"); got != made.text("sha256") {
			t.Errorf("printed and made canonical by jq it gives %s, not %s", got, made.text("sha256"))
		}
		if got := shell("jq -r .sha256 about"); got != made.text("sha256") {
			t.Errorf("jq reads %s", got)
		}
	}
}

func TestWhatIsRefusedOfASnapshot(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead := f.actor(domain.Coordinator)
	stranger := lead
	stranger.Programmes, stranger.OrganisationID = []string{elsewhere}, f.other.ID
	id := f.publish(nil).is(201).text("id")
	one := snapshots + "/" + id

	for name, body := range map[string]map[string]any{
		"as_of to come": {"as_of": "2027-01-01"}, "as_of before the programme": {"as_of": "2024-10-31"}, "no as_of": {"as_of": nil}, "no day": {"as_of": "2025-02-30"},
		"a period the wrong way round": {"from": "2025-12-31", "to": "2025-01-01"}, "an empty note": {"note": ""}, "a blank note": {"note": " \u00a0 "},
		"a NIR in the note": {"note": "1 85 05 78 006 084 91"}, "superseded without a reason": {"note": nil, "supersedes": id},
		"somebody's name in the note": {"as_of": "2025-10-31", "note": "Sans Mme EXEMPLE, Camille, comptée deux fois."}, "the name of who was referred": {"as_of": "2025-10-31", "note": "dominique modele ajoutée."},
		"her telephone number": {"as_of": "2025-10-31", "note": "Rappeler le +33639980001."},
		"superseding nobody":   {"supersedes": "0197f0a0-0000-7000-8000-00000000ffff"}, "superseding no id": {"supersedes": "x"},
		"what we write": {"sha256": strings.Repeat("0", 64)}, "a figure": {"figures": []any{}}, "a filter": {"gender": "female"},
	} {
		if got := f.publish(body); got.Status != 422 && got.Status != 400 {
			t.Errorf("%s: %d %s", name, got.Status, got.Text)
		}
	}
	if n := len(f.send(lead, "GET", snapshots, nil).is(200).items()); n != 1 {
		t.Errorf("a refused publication left %d", n)
	}
	if named := f.publish(map[string]any{"as_of": "2025-10-31", "note": "Camille Exemple"}); !strings.Contains(named.Text, `"location":"body.note","code":"names_person"`) || strings.Contains(named.Text, "Exemple") {
		t.Errorf("a name is refused by %s", named.Text)
	}
	f.publish(map[string]any{"as_of": "2025-10-31", "note": "À titre d'exemple."}).is(201) // one of somebody's names is a word too

	for _, role := range []domain.Role{domain.Caseworker, domain.Analyst, domain.Partner, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "POST", snapshots, map[string]any{"as_of": "2025-12-31"}).problem(403, "forbidden")
	}
	for _, role := range []domain.Role{domain.Partner, domain.DPO, domain.Admin} {
		for _, path := range []string{snapshots, one, one + "/document", one + "/compare"} {
			f.send(f.actor(role), "GET", path, nil).problem(403, "forbidden")
		}
	}
	for _, path := range []string{snapshots, one, one + "/document", one + "/compare"} {
		f.send(stranger, "GET", path, nil).problem(404, "not_found")
		if path != snapshots {
			f.send(stranger, "GET", strings.Replace(path, somme, elsewhere, 1), nil).problem(404, "not_found") // it is there, and not of that programme
		}
	}
	f.send(stranger, "POST", snapshots, map[string]any{"as_of": "2025-12-31"}).problem(404, "not_found")
	for _, path := range []string{"/0197f0a0-0000-7000-8000-00000000ffff", "/0197f0a0-0000-7000-8000-00000000ffff/document", "/0197f0a0-0000-7000-8000-00000000ffff/compare"} {
		f.send(lead, "GET", snapshots+path, nil).problem(404, "not_found")
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE"} {
		f.send(lead, method, one, nil).is(405)
	}
	for _, query := range []string{"?state=other", "?as_of=2025", "?from=2026-02-01&to=2026-01-01", "?cursor=x", "?limit=0", "?gender=female"} {
		f.send(lead, "GET", snapshots+query, nil).is(422)
	}
	for _, query := range []string{"?with=" + id + "&as_of=2025-12-31", "?key=no_such", "?with=0197f0a0-0000-7000-8000-00000000ffff", "?with=x", "?from=2026-01-01", "?gender=female"} {
		f.send(lead, "GET", one+"/compare"+query, nil).is(422)
	}
	f.send(f.actor(domain.Analyst), "GET", one+"/compare?as_of=2025-12-15", nil).is(422) // no month's end
	f.send(lead, "GET", one+"/document", nil, "Accept", "application/pdf").is(406)

	// The same key publishes once.
	body := map[string]any{"as_of": "2025-11-30", "small_cells_accepted": true}
	first := f.send(lead, "POST", snapshots, body, "Idempotency-Key", "\"janvier\"").is(201)
	again := f.send(lead, "POST", snapshots, body, "Idempotency-Key", "\"janvier\"").is(201)
	if again.text("id") != first.text("id") || again.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("published twice: %s", again.Text)
	}
	f.send(lead, "POST", snapshots, map[string]any{"as_of": "2025-10-31", "small_cells_accepted": true}, "Idempotency-Key", "\"janvier\"").is(422)
}

func TestSnapshotsAreListedAndSuperseded(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, analyst := f.actor(domain.Coordinator), f.actor(domain.Analyst)
	first := f.publish(nil).is(201)
	other := f.publish(map[string]any{"as_of": "2025-06-30"}).is(201).text("id")
	second := f.publish(map[string]any{"supersedes": first.text("id"), "note": "Une entrée manquait."}).is(201).text("id")
	if got := f.publish(map[string]any{"supersedes": first.text("id"), "note": "Encore."}); got.Status != 409 || !strings.Contains(got.Text, `"superseded"`) {
		t.Errorf("superseded twice: %s", got.Text)
	}
	was := f.send(analyst, "GET", snapshots+"/"+first.text("id"), nil).is(200)
	if was.text("superseded_by") != second || was.Header.Get("ETag") != `"2"` || first.Header.Get("ETag") != `"1"` || was.text("sha256") != first.text("sha256") {
		t.Errorf("superseded, it reads %s", was.Text)
	}
	f.send(analyst, "GET", snapshots+"/"+first.text("id")+"/document", nil).is(200) // as it was published

	ids := func(query string) (ids []string) {
		for _, item := range f.send(analyst, "GET", snapshots+query, nil).is(200).items() {
			ids = append(ids, item["id"].(string))
		}
		return ids
	}
	today := domain.DayOf(f.store.Now())
	for query, want := range map[string][]string{
		"": {second, other, first.text("id")}, "?state=standing": {second, other}, "?state=superseded": {first.text("id")}, "?as_of=2025-06-30": {other}, "?as_of=2025-07-31": nil,
		"?from=" + today.AddDays(-1).String(): {second, other, first.text("id")}, "?from=" + today.AddDays(2).String(): nil, "?to=" + today.AddDays(-2).String(): nil,
	} {
		if got := ids(query); !slices.Equal(got, want) {
			t.Errorf("%s lists %q, not %q", query, got, want)
		}
	}
	page := f.send(lead, "GET", snapshots+"?limit=2", nil).is(200)
	next := f.send(lead, "GET", snapshots+"?limit=2&cursor="+page.text("next_cursor"), nil).is(200)
	if len(page.items()) != 2 || len(next.items()) != 1 || next.items()[0]["id"] != first.text("id") || page.Header.Get("Link") == "" {
		t.Errorf("pages %s, %s", page.Text, next.Text)
	}
	rows, err := csv.NewReader(strings.NewReader(f.send(analyst, "GET", snapshots, nil, "Accept", "text/csv").is(200).Text)).ReadAll()
	f.must(err)
	if len(rows) != 4 || rows[0][0] != "id" || rows[3][7] != second || rows[1][5] != "Une entrée manquait." {
		t.Errorf("as CSV %q", rows)
	}
	compared := f.send(lead, "GET", snapshots+"/"+first.text("id")+"/compare?with="+second, nil).is(200)
	if len(compared.Fields["people"].([]any)) != 0 || compared.Fields["data_changed"] != false {
		t.Errorf("of the same records they differ by %s", compared.Text)
	}
}

// One takes the place of another of the same days alone, so that no day's table stops standing by a slip; what is left out stands for its default.
func TestASnapshotSupersedesOneOfTheSameDays(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	former := f.publish(nil).is(201).text("id")
	for name, body := range map[string]map[string]any{
		"another as_of": {"as_of": "2025-11-30"}, "another as_of, of the same period": {"as_of": "2026-01-31", "to": "2025-12-31"},
		"another from": {"from": "2025-01-01"}, "another to": {"to": "2025-12-30"},
	} {
		body["supersedes"], body["note"] = former, "Autre jour."
		got := f.publish(body).is(422)
		if !strings.Contains(got.Text, `"body.supersedes"`) || !strings.Contains(got.Text, `"other_days"`) {
			t.Errorf("%s: %s", name, got.Text)
		}
	}
	if was := f.send(f.actor(domain.Analyst), "GET", snapshots+"/"+former, nil).is(200); was.Fields["superseded_by"] != nil {
		t.Errorf("refused, it took the place all the same: %s", was.Text)
	}
	f.publish(map[string]any{"from": "2024-11-01", "to": "2025-12-31", "supersedes": former, "note": "Une entrée manquait."}).is(201)
}

// Of the same days one table stands: a second is refused and told which stands, until that is named with a reason.
func TestOneSnapshotStandsOfTheSameDays(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	first := f.publish(nil).is(201).text("id")
	for name, body := range map[string]map[string]any{
		"the same": nil, "its period in so many words": {"from": "2024-11-01", "to": "2025-12-31"}, "another note": {"note": "Encore."}, "without a note": {"note": nil},
	} {
		if got := f.publish(body).is(409); !strings.Contains(got.Text, `"already_published"`) || !strings.Contains(got.Text, first) {
			t.Errorf("%s: %s", name, got.Text)
		}
	}
	f.publish(map[string]any{"from": "2025-01-01"}).is(201) // other days
	second := f.publish(map[string]any{"supersedes": first, "note": "Une entrée manquait."}).is(201).text("id")
	if got := f.publish(nil).is(409); !strings.Contains(got.Text, second) || strings.Contains(got.Text, first) {
		t.Errorf("the latest stands, and %s", got.Text)
	}
	if got := f.publish(map[string]any{"supersedes": first, "note": "Encore."}).is(409); !strings.Contains(got.Text, `"superseded"`) {
		t.Errorf("superseded twice: %s", got.Text)
	}
	if n := len(f.send(f.actor(domain.Analyst), "GET", snapshots+"?as_of=2025-12-31&state=standing", nil).is(200).items()); n != 2 {
		t.Errorf("%d stand", n)
	}
}

// change is one item of a comparison, in short.
func changes(r reply, key string) (found []string) {
	r.Helper()
	for _, person := range r.Fields["people"].([]any) {
		for _, one := range person.(map[string]any)["items"].([]any) {
			item := one.(map[string]any)
			if item["key"] != key {
				continue
			}
			line := fmt.Sprintf("%s %v: %v>%v", item["change"], item["because"], item["bucket_before"], item["bucket_after"])
			for _, f := range item["facts"].([]any) {
				fact := f.(map[string]any)
				line += fmt.Sprintf(" %v:%v>%v", fact["name"], fact["before"], fact["after"])
			}
			found = append(found, strings.ReplaceAll(line, "<nil>", "-"))
		}
	}
	slices.Sort(found)
	return found
}

// What differs is explained: who entered, who left, whose bucket changed and why; and what stays of who is merged, restricted or erased.
func TestWhatDiffersFromASnapshotIsExplained(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead, her, dpo := f.actor(domain.Coordinator), f.actor(domain.Caseworker), f.actor(domain.DPO)
	paths := f.send(lead, "GET", "/v1/enrolments?limit=200", nil).is(200).items()
	var known []map[string]any // of the twelve, and the two who were referred
	var referred []map[string]any
	for _, e := range paths {
		if e["territory_code"] == "80021" {
			referred = append(referred, e)
		} else {
			known = append(known, e)
		}
	}
	id := f.publish(nil).is(201).text("id")
	compare := func(query string) reply {
		t.Helper()
		r := f.send(lead, "GET", snapshots+"/"+id+"/compare"+query, nil).is(200)
		f.adds(r)
		return r
	}
	same := compare("")
	if len(same.Fields["people"].([]any)) != 0 || len(same.Fields["unnamed"].([]any)) != 0 || len(same.Fields["profile"].([]any)) != 0 || same.Fields["data_changed"] != false {
		t.Fatalf("nothing happened, and it differs by %s", same.Text)
	}

	// Somebody is recorded late, somebody was enrolled by mistake, and of somebody it is said now how long she looked for work.
	late := f.send(her, "POST", "/v1/participants", map[string]any{"first_name": "Tardive", "last_name": "Exemple"}).is(201).text("id")
	f.send(her, "POST", "/v1/enrolments", map[string]any{"participant_id": late, "programme": somme, "entered_on": "2025-06-02", "justice_status": "sortant_de_detention"}).is(201)
	f.send(lead, "POST", "/v1/enrolments/"+known[0]["id"].(string)+"/void", map[string]any{"reason": "Saisie par erreur."}).is(200)
	f.send(her, "PUT", "/v1/enrolments/"+known[1]["id"].(string), map[string]any{"participant_id": known[1]["participant_id"], "programme": somme, "entered_on": known[1]["entered_on"], "territory_code": "80253",
		"justice_status": "milieu_ouvert", "job_seeker": true, "job_seeker_since": "2023-01-01"}, "If-Match", "*").is(200)
	r := compare("")
	if got := changes(r, "long_term_unemployed_share"); !slices.Equal(got, []string{
		"changed -: unknown>numerator job_seeker:->true job_seeker_since:->2023-01-01",
		"entered -: ->unknown job_seeker:->- job_seeker_since:->- entered_on:->2025-06-02",
		"left voided: unknown>- job_seeker:->- job_seeker_since:->- entered_on:" + known[0]["entered_on"].(string) + ">-",
	}) {
		t.Errorf("of long-term unemployment changed %q", got)
	}
	if got := changes(r, "justice_supervised_share"); len(got) != 2 || got[0] != "entered -: ->numerator justice_status:->sortant_de_detention" || got[1] != "left voided: numerator>- justice_status:milieu_ouvert>-" {
		t.Errorf("of justice changed %q", got)
	}
	if r.Fields["data_changed"] != true {
		t.Error("the data is said not to have changed")
	}
	people := map[any]any{}
	for _, one := range r.Fields["people"].([]any) {
		person := one.(map[string]any)
		people[person["enrolment_id"]] = person["change"]
	}
	if people[known[0]["id"]] != "left" || people[known[1]["id"]] != "changed" || len(people) < 3 {
		t.Errorf("people are %v", people)
	}
	if only := compare("?key=justice_supervised_share"); len(only.Fields["figures"].([]any)) != 1 || len(only.Fields["people"].([]any)) != 2 {
		t.Errorf("of one indicator %s", only.Text)
	}
	// One by one they are the whole list, and only who is named is audited.
	whole, paged := r.Fields["people"].([]any), []any{}
	for offset := range len(whole) + 1 {
		page := f.send(lead, "GET", snapshots+"/"+id+fmt.Sprintf("/compare?limit=1&offset=%d", offset), nil).is(200)
		if page.Fields["people_in_all"] != float64(len(whole)) || fmt.Sprint(page.Fields["figures"]) != fmt.Sprint(r.Fields["figures"]) {
			t.Errorf("page %d says %v of %d", offset, page.Fields["people_in_all"], len(whole))
		}
		paged = append(paged, page.Fields["people"].([]any)...)
	}
	if fmt.Sprint(paged) != fmt.Sprint(whole) {
		t.Errorf("page by page they are %v, and %v at once", paged, whole)
	}
	for _, query := range []string{"limit=0", "limit=1001", "offset=-1", "limit=all", "cursor=x"} {
		f.send(lead, "GET", snapshots+"/"+id+"/compare?"+query, nil).problem(422, "invalid")
	}
	// Of a later day, those supported go on longer.
	if later := compare("?as_of=2026-03-31"); len(changes(later, "average_support_duration")) != 15 || later.Fields["after"].(map[string]any)["to"] != "2026-03-31" {
		t.Errorf("of a later day %s", later.Text)
	}

	// Restricted, she counts and is not named; erased, she is gone from what was published too.
	restricted := known[2]["participant_id"].(string)
	f.send(her, "PUT", "/v1/enrolments/"+known[2]["id"].(string), map[string]any{"participant_id": restricted, "programme": somme, "entered_on": known[2]["entered_on"], "territory_code": "80253", "justice_status": "aucune"}, "If-Match", "*").is(200)
	if got := changes(compare(""), "justice_supervised_share"); !slices.Contains(got, "changed -: numerator>denominator_only justice_status:milieu_ouvert>aucune") {
		t.Errorf("corrected %q", got)
	}
	f.send(dpo, "POST", "/v1/participants/"+restricted+"/restriction", map[string]any{"restricted": true, "reason": "Exactitude contestée."}).is(200)
	r = compare("?key=justice_supervised_share")
	if strings.Contains(r.Text, known[2]["id"].(string)) || len(changes(r, "justice_supervised_share")) != 2 || !strings.Contains(r.Text, `"unnamed":[{"key":"justice_supervised_share","before":{"numerator":1,"denominator_only":0,"unknown":0,"excluded":0,"amount":1},"after":{"numerator":0,"denominator_only":1,"unknown":0,"excluded":0,"amount":0}}]`) {
		t.Errorf("restricted %s", r.Text)
	}
	copied := f.send(dpo, "GET", "/v1/participants/"+restricted+"/export", nil).is(200)
	if n := len(copied.Fields["published"].([]any)); n == 0 || !strings.Contains(copied.Text, `{"name":"justice_status","value":"milieu_ouvert"}`) {
		t.Errorf("her copy says of %d places in what was published: %s", n, copied.Text)
	}
	gone := referred[0]
	f.send(dpo, "POST", "/v1/participants/"+gone["participant_id"].(string)+"/erasure", map[string]any{"reason": "Demande de la personne."}).is(200)
	f.send(dpo, "POST", "/v1/participants/"+restricted+"/erasure", map[string]any{"reason": "Demande de la personne."}).is(200)
	r = compare("")
	for _, id := range []any{gone["id"], gone["referral_id"], known[2]["id"]} {
		if strings.Contains(r.Text, id.(string)) {
			t.Errorf("erased, %s is named: %s", id, r.Text)
		}
	}
	for _, erased := range []string{gone["id"].(string), known[2]["id"].(string)} {
		if n := f.count(`SELECT count(*) FROM snapshot_items WHERE enrolment_id = $1`, erased); n != 0 {
			t.Errorf("%d items still say whose they are", n)
		}
	}
	if n := f.count(`SELECT count(*) FROM snapshot_items WHERE facts IS NULL AND enrolment_id IS NULL AND meeting_id IS NULL AND barrier_id IS NULL AND referral_id IS NULL`); n == 0 {
		t.Error("no item was emptied")
	}

	// Merged, the two are one: what the folded path had left because it was, and is told of under the one that stands.
	stays, folded := known[3], known[4]
	f.send(lead, "POST", "/v1/participants/"+stays["participant_id"].(string)+"/merge", map[string]any{"duplicate_id": folded["participant_id"], "reason": "Saisie en double."}).is(200)
	r = compare("")
	if got := changes(r, "beneficiaries"); !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, "left merged: numerator>-") }) {
		t.Errorf("merged, of the beneficiaries changed %q", got)
	}
	f.send(lead, "POST", "/v1/participants/"+stays["participant_id"].(string)+"/unmerge", map[string]any{"duplicate_id": folded["participant_id"]}).is(200)
	if got := changes(compare(""), "beneficiaries"); slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, "merged") }) {
		t.Errorf("unmerged, of the beneficiaries changed %q", got)
	}

	// A snapshot of today is made of who is left, and says the same of them.
	second := f.publish(map[string]any{"supersedes": id, "note": "Entrées et corrections depuis."}).is(201).text("id")
	now, then := compare(""), compare("?with="+second)
	if fmt.Sprint(now.Fields["figures"]) != fmt.Sprint(then.Fields["figures"]) || fmt.Sprint(now.Fields["people"]) != fmt.Sprint(then.Fields["people"]) || fmt.Sprint(now.Fields["unnamed"]) != fmt.Sprint(then.Fields["unnamed"]) {
		t.Errorf("of the records it differs by\n%s\nof a snapshot of them by\n%s", now.Text, then.Text)
	}

	// Others learn how the figures differ, as far as they are shown today's, and of nobody.
	for _, role := range []domain.Role{domain.Analyst, domain.Caseworker} {
		r := f.send(f.actor(role), "GET", snapshots+"/"+id+"/compare", nil).is(200)
		if r.Fields["people"] != nil || r.Fields["unnamed"] != nil || r.Fields["data_changed"] != nil {
			t.Errorf("%s reads of people: %s", role, r.Text)
		}
		hidden := 0
		for _, one := range r.Fields["figures"].([]any) {
			figure := one.(map[string]any)
			before, after := figure["before"].(map[string]any), figure["after"].(map[string]any)
			if before["suppressed"] != false || before["numerator"] == nil {
				t.Errorf("%s reads of what was published %v", role, before)
			}
			if after["suppressed"] == true {
				if hidden++; figure["difference"] != nil || after["numerator"] != nil || figure["changed"] != nil || figure["withheld"] != true {
					t.Errorf("%s reads of what is withheld %v", role, figure)
				}
			}
		}
		if hidden == 0 {
			t.Errorf("%s is shown everything: %s", role, r.Text)
		}
		f.send(f.actor(role), "GET", snapshots+"/"+id+"/compare", nil, "If-None-Match", r.Header.Get("ETag")).is(304)
	}
	if r := f.send(her, "GET", snapshots+"/"+id+"/compare", nil, "Access-Reason", "Bilan%20annuel").is(200); r.Fields["people"] != nil || r.Fields["data_changed"] != true {
		t.Errorf("with a reason she reads %s", r.Text)
	}
}

// The fingerprint is of all the programme's records: what is recorded of days after as_of changes the data and nothing that is told of the snapshot's
// days. The documentation says so.
func TestDataChangesWithNothingToShowForIt(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	her, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	id := f.publish(nil).is(201).text("id")
	person := f.send(her, "POST", "/v1/participants", map[string]any{"first_name": "Prochaine", "last_name": "Exemple"}).is(201).text("id")
	f.send(her, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2026-02-02"}).is(201)
	r := f.send(lead, "GET", snapshots+"/"+id+"/compare", nil).is(200)
	if r.Fields["data_changed"] != true || len(r.Fields["people"].([]any)) != 0 || len(r.Fields["profile"].([]any)) != 0 || strings.Contains(r.Text, `"changed":true`) {
		t.Errorf("of a day after the snapshot's it says %s", r.Text)
	}
	document := f.send(lead, "GET", "/openapi.json", nil).is(200)
	if !strings.Contains(document.Text, "those about days after as_of too, so that it may be true where figures, profile and people show nothing") {
		t.Error("the documentation does not say what data_changed looks at")
	}
}

// adds checks that the items say what the figures differ by, to the unit.
func (f *fixture) adds(r reply) {
	f.Helper()
	type sum struct{ numerator, denominator, unknown float64 }
	moved := map[any]sum{}
	bucket := func(key, bucket any, amount float64, sign float64) {
		s := moved[key]
		switch bucket {
		case "numerator":
			s.denominator += sign
			s.numerator += sign * amount
		case "denominator_only":
			s.denominator += sign
		case "unknown":
			s.unknown += sign
		}
		moved[key] = s
	}
	for _, person := range r.Fields["people"].([]any) {
		for _, one := range person.(map[string]any)["items"].([]any) {
			item := one.(map[string]any)
			bucket(item["key"], item["bucket_before"], number(item["amount_before"]), -1)
			bucket(item["key"], item["bucket_after"], number(item["amount_after"]), 1)
		}
	}
	for _, one := range r.Fields["unnamed"].([]any) {
		for side, sign := range map[string]float64{"before": -1, "after": 1} {
			all := one.(map[string]any)
			buckets, s := all[side].(map[string]any), moved[all["key"]]
			s.numerator += sign * number(buckets["amount"])
			s.denominator += sign * (number(buckets["numerator"]) + number(buckets["denominator_only"]))
			s.unknown += sign * number(buckets["unknown"])
			moved[all["key"]] = s
		}
	}
	for _, one := range r.Fields["figures"].([]any) {
		figure := one.(map[string]any)
		difference, s := figure["difference"].(map[string]any), moved[figure["key"]]
		if figure["unit"] == "days" { // a median adds nothing up
			continue
		}
		for name, want := range map[string]float64{"numerator": s.numerator, "denominator": s.denominator, "unknown": s.unknown} {
			if got := difference[name]; got != nil && number(got) != want {
				f.Errorf("%v: its %s differs by %v, its items by %v", figure["key"], name, got, want)
			}
		}
	}
}

// Where the justice module is off, what was published with it is not there, and what is published tells nothing of it.
func TestSnapshotsWithoutTheJusticeModule(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	with := f.publish(nil).is(201).text("id")
	served := f.handler
	f.withoutJustice()
	lead := f.actor(domain.Coordinator)
	for _, path := range []string{"/" + with, "/" + with + "/document", "/" + with + "/compare"} {
		f.send(lead, "GET", snapshots+path, nil).problem(404, "not_found")
	}
	if items := f.send(lead, "GET", snapshots, nil).is(200).items(); len(items) != 0 {
		t.Errorf("it lists %v", items)
	}
	if got := f.publish(map[string]any{"supersedes": with, "note": "Sans."}); got.Status != 422 || !strings.Contains(got.Text, "body.supersedes") {
		t.Errorf("it supersedes what is not there: %s", got.Text)
	}
	without := f.publish(nil).is(201).text("id")
	document := f.send(lead, "GET", snapshots+"/"+without+"/document", nil).is(200)
	sum := sha256.Sum256([]byte(document.Text))
	if about := f.send(lead, "GET", snapshots+"/"+without, nil).is(200); about.text("sha256") != hex.EncodeToString(sum[:]) {
		t.Errorf("the hash does not hold: %s", about.Text)
	}
	if len(document.Fields["figures"].([]any)) != 17 {
		t.Errorf("it publishes %s", document.Text)
	}
	compared := f.send(lead, "GET", snapshots+"/"+without+"/compare", nil).is(200)
	f.send(lead, "GET", snapshots+"/"+without+"/compare?with="+with, nil).is(422)
	if len(compared.Fields["people"].([]any)) != 0 || compared.Fields["data_changed"] != false {
		t.Errorf("nothing happened, and it differs by %s", compared.Text)
	}
	for _, said := range []string{document.Text, compared.Text} {
		for _, word := range justiceWords {
			if strings.Contains(said, word) {
				t.Errorf("it says %s: %s", word, said)
			}
		}
	}
	// Switched on again, both are there.
	f.handler = served
	if items := f.send(lead, "GET", snapshots, nil).is(200).items(); len(items) != 2 {
		t.Errorf("on again it lists %v", items)
	}
	if r := f.send(lead, "GET", snapshots+"/"+without+"/compare", nil).is(200); changes(r, "justice_supervised_share") == nil {
		t.Errorf("what was not published then entered since: %s", r.Text)
	}
}
