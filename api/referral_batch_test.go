package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

// row is what a batch answered of one row, as the answer to a request of its own.
func (r reply) row(i int) reply {
	r.Helper()
	r.is(200)
	row := r.items()[i]
	one := reply{T: r.T, Status: int(row["status"].(float64)), Header: r.Header.Clone(), Fields: map[string]any{}}
	if row["index"] != float64(i) || (row["problem"] == nil) == (row["referral"] == nil) || (one.Status >= 400) != (row["referral"] == nil) {
		r.Errorf("row %d is %v", i, row)
	}
	one.Header.Set("Content-Type", "application/problem+json")
	one.Fields, _ = row["referral"].(map[string]any)
	if one.Status >= 400 {
		one.Fields, _ = row["problem"].(map[string]any)
	}
	text, err := json.Marshal(one.Fields)
	if err != nil {
		r.Fatal(err)
	}
	one.Text = string(text)
	return one
}

// asked is a row that is good, but for the changes.
func asked(reference any, changes ...any) map[string]any {
	return object(map[string]any{"programme": somme, "external_reference": reference, "first_name": "Camille", "last_name": fmt.Sprint("Exemple ", reference),
		"birth_date": "1990-05-17", "phone": "06 39 98 12 34", "territory_code": "80253", "consented_on": "2025-03-20"}, changes...)
}

func batch(rows ...any) map[string]any { return map[string]any{"items": rows} }

// Each row is answered as the same request by itself would be, whatever became of the others.
func TestEachRowOfABatchStandsAlone(t *testing.T) {
	f := newFixture(t)
	f.send(f.actor(domain.Partner), "POST", "/v1/referrals", asked("B-0")).is(201)
	sent := []any{
		asked("B-1"), asked("B-0"), asked("B-0", "last_name", "Autre"), asked("B-1"), asked("B-1", "last_name", "Autre"), asked(nil), asked(nil), asked("B-2"),
		asked("F-1", "colour", "red"), asked("F-2", "First_Name", "x"), asked("F-3", "birth_date", 1990), asked("F-4", "birth_date", "1990-02-30"), asked("F-5", "birth_date", "0000-00-00"),
		asked("F-6", "birth_date", "2020-01-01"), asked("F-7", "first_name", nil), asked("F-8", "first_name", "  "), asked("F-9", "consented_on", "2090-01-01"), asked("F-10", "phone", nil),
		asked("F-11", "territory_code", "99999"), asked("F-12", "preferred_site_id", randomID()), asked("F-13", "programme", elsewhere), asked("F-14", "programme", "o2r-nulle-part"),
		asked("F-15", "justice_status", "coupable"), asked("F-16", "barriers", []any{"mobilite", "mobilite"}), asked("F-17", "barriers", "mobilite"), asked("F-18", "reason", "1 85 05 78 006 084 91"),
		asked("F-19", "reason", "a\x01b"), asked("F-20", "status", "accepted"), asked("F-21", "sandbox", true), asked("F-22", "email", "x"), asked(strings.Repeat("a", 101)), asked("F-23", "postal_code", "8O000"),
		nil, "text", 12, []any{}, map[string]any{}, asked("B-3", "preferred_site_id", strings.ToUpper(f.site.ID)),
	}
	got := f.send(f.actor(domain.Partner), "POST", "/v1/referrals/batch", batch(sent...))
	alone, counts := newFixture(t), map[int]int{}
	alone.send(alone.actor(domain.Partner), "POST", "/v1/referrals", asked("B-0")).is(201)
	for i := range sent {
		row := got.row(i)
		counts[row.Status]++
		body := sent[i]
		if reference, ok := body.(map[string]any); ok && reference["external_reference"] == "B-3" {
			body = object(reference, "preferred_site_id", alone.site.ID)
		}
		text, err := json.Marshal(body)
		f.must(err)
		single := alone.send(alone.actor(domain.Partner), "POST", "/v1/referrals", string(text))
		if row.Status != single.Status {
			t.Errorf("row %d answers %d, and alone %d: %s %s", i, row.Status, single.Status, row.Text, single.Text)
			continue
		}
		if row.Status < 400 {
			for _, field := range []string{"external_reference", "last_name", "status", "in_targeted_territory", "expires_on"} {
				if row.Fields[field] != single.Fields[field] {
					t.Errorf("row %d has %s %v, and alone %v", i, field, row.Fields[field], single.Fields[field])
				}
			}
			continue
		}
		code := single.Fields["code"].(string)
		want, faults := single.problem(row.Status, code), row.problem(row.Status, code)
		for n := range want {
			want[n].Location = strings.Replace(want[n].Location, "body", fmt.Sprintf("body.items[%d]", i), 1)
		}
		if !slices.Equal(faults, want) {
			t.Errorf("row %d has faults\n%v, and alone\n%v", i, faults, want)
		}
	}
	for field, status := range map[string]int{"created": 201, "existing": 200} {
		if got.Fields[field] != float64(counts[status]) {
			t.Errorf("%v %s, and %d rows are", got.Fields[field], field, counts[status])
		}
	}
	if got.Fields["refused"] != float64(len(sent)-counts[200]-counts[201]) || counts[201] != 5 || counts[200] != 2 || counts[409] != 2 {
		t.Errorf("counted %v, answered %v", counts, got.Fields["refused"])
	}
	// It leaves in the trail and among the events what single posts leave.
	left := `SELECT action, kind, programme, array_to_string(fields, ' ') FROM audit_events WHERE kind = 'referral' ORDER BY action, fields`
	if one, other := fmt.Sprint(f.rows(left)), fmt.Sprint(alone.rows(left)); one != other {
		t.Errorf("the trail says\n%s\nand of single posts\n%s", one, other)
	}
	events := `SELECT type, programme, count(*) FROM events WHERE kind = 'referral' GROUP BY 1, 2 ORDER BY 1`
	if one, other := fmt.Sprint(f.rows(events)), fmt.Sprint(alone.rows(events)); one != other {
		t.Errorf("events are\n%s\nand of single posts\n%s", one, other)
	}
}

// What is no list of rows is refused whole, and nothing of it is written.
func TestBatchesThatAreRefusedWhole(t *testing.T) {
	f := newFixture(t)
	partner := f.actor(domain.Partner)
	many := func(n int) map[string]any { return batch(slices.Repeat([]any{asked("A-1")}, n)...) }
	before := f.contents()
	for name, row := range map[string]struct {
		body     any
		status   int
		code     string
		location string
	}{
		"no body":               {nil, 422, "invalid", "body"},
		"null":                  {"null", 422, "invalid", "body"},
		"a list":                {"[]", 422, "invalid", "body"},
		"no items":              {map[string]any{}, 422, "invalid", "body.items"},
		"items null":            {map[string]any{"items": nil}, 422, "invalid", "body.items"},
		"items an object":       {map[string]any{"items": map[string]any{}}, 422, "invalid", "body.items"},
		"none":                  {batch(), 422, "invalid", "body.items"},
		"501":                   {many(501), 422, "invalid", "body.items"},
		"another field beside":  {object(many(1), "dry_run", true), 422, "invalid", "body.dry_run"},
		"Items":                 {map[string]any{"Items": []any{asked("A-1")}}, 422, "invalid", "body.Items"},
		"cut short":             {`{"items":[{"programme":"o2r-somme"`, 400, "malformed_json", "body.items"},
		"a name twice in a row": {`{"items":[{"programme":"o2r-somme","programme":"o2r-ailleurs"}]}`, 400, "malformed_json", "body.items[0].programme"},
		"items twice":           {`{"items":[],"items":[]}`, 400, "malformed_json", "body.items"},
		"no UTF-8":              {"{\"items\":[{\"programme\":\"\xff\"}]}", 400, "malformed_json", "body.items[0]"},
		"something after it":    {`{"items":[{}]}{}`, 400, "malformed_json", "body"},
		"4 MB and more":         {`{"items":[{"reason":"` + strings.Repeat("a", 4<<20) + `"}]}`, 413, "body_too_large", "body"},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			headers := []string{}
			if row.body == nil {
				headers = append(headers, "Content-Type", "application/json")
			}
			f.send(partner, "POST", "/v1/referrals/batch", row.body, headers...).problemAt(row.status, row.code, row.location)
		})
	}
	f.unchanged(before)
	without := partner
	without.OrganisationID = ""
	f.send(without, "POST", "/v1/referrals/batch", batch(asked("A-1"))).problem(403, "no_organisation")
	f.unchanged(before)
}

func TestIdenticalBatchesAtOnceMakeEachReferralOnce(t *testing.T) {
	f := newFixture(t)
	var rows []any
	for i := range 20 {
		rows = append(rows, asked(fmt.Sprint("A-", i)))
	}
	turned := slices.Clone(rows) // the same in another order: nobody waits in a circle
	slices.Reverse(turned)
	var requests []request
	for i := range 50 {
		body := batch(rows...)
		if i%2 == 1 {
			body = batch(turned...)
		}
		by := f.actor(domain.Partner) // one organisation's many programs: one alone may not ask so much at once
		by.Subject = fmt.Sprint("logiciel-", i)
		f.send(by, "GET", "/v1/me", nil).is(200)
		requests = append(requests, request{by, "POST", "/v1/referrals/batch", body, ""})
	}
	answers := f.atOnce(requests)
	f.tallied(answers, map[string]int{"200": 50})
	created, ids := 0.0, map[string]string{}
	for _, got := range answers {
		created += got.Fields["created"].(float64)
		for i := range rows {
			row := got.row(i)
			reference := row.text("external_reference")
			if ids[reference] == "" {
				ids[reference] = row.text("id")
			}
			if row.text("id") != ids[reference] {
				t.Errorf("%s is two", reference)
			}
		}
	}
	if created != 20 || f.count(`SELECT count(*) FROM referrals`) != 20 || f.count(`SELECT count(*) FROM events WHERE kind = 'referral'`) != 20 ||
		f.count(`SELECT count(*) FROM audit_events WHERE kind = 'referral' AND action = 'received'`) != 20 {
		t.Errorf("%v were made", created)
	}
	// Under one key the whole is done once, and answered again.
	keyed := f.atOnce(times(50, request{f.actor(domain.Partner), "POST", "/v1/referrals/batch", batch(asked(nil), asked(nil, "colour", "red")), ""}), "Idempotency-Key", oneKey)
	outcome := tally(keyed)
	if outcome["200"]+outcome["409 idempotency_key_in_use"] != 50 || outcome["200"] == 0 || f.count(`SELECT count(*) FROM referrals`) != 21 {
		t.Errorf("answered %v, and there are %d", outcome, f.count(`SELECT count(*) FROM referrals`))
	}
}

func TestAKeyIsOfAWholeBatch(t *testing.T) {
	f := newFixture(t)
	partner := f.actor(domain.Partner)
	post := func(by domain.Actor, body any) reply {
		return f.send(by, "POST", "/v1/referrals/batch", body, "Idempotency-Key", oneKey)
	}
	first := post(partner, batch(asked(nil), asked(nil, "colour", "red"))).is(200)
	again := post(partner, `{"items": [`+f.text(asked(nil))+`, {"colour":"red",`+f.text(asked(nil))[1:]+`] }`).is(200) // written otherwise
	again.Text = strings.ReplaceAll(again.Text, first.Header.Get("X-Request-Id"), again.Header.Get("X-Request-Id"))    // a refused row quotes the request that refused it
	if again.again() != first.again() || again.Header.Get("Idempotency-Replayed") != "true" || first.Header.Get("Idempotency-Replayed") != "" {
		t.Errorf("first\n%s\nand again\n%s", first.again(), again.again())
	}
	post(partner, batch(asked(nil), asked(nil))).problem(422, "idempotency_key_reused")
	post(partner, batch(asked(nil, "colour", "red"), asked(nil))).problem(422, "idempotency_key_reused")
	other := partner
	other.OrganisationID = f.mdsi.ID
	if got := post(other, batch(asked(nil), asked(nil, "colour", "red"))).row(0); got.text("organisation_id") != f.mdsi.ID {
		t.Error("one partner was answered what another was")
	}
	id := first.row(0).text("id")
	if got := f.count(`SELECT count(*) FROM audit_events WHERE action = 'replayed' AND $1 = ANY (record_ids)`, id); got != 1 {
		t.Errorf("%d rows of the trail say that it was read again", got)
	}
	f.exec(`SET o2r.role = 'system'; UPDATE referrals SET frozen = true WHERE id = '` + id + `'`)
	post(partner, batch(asked(nil), asked(nil, "colour", "red"))).problem(404, "not_found") // as it reads
}

func (f *fixture) text(value any) string {
	f.Helper()
	text, err := json.Marshal(value)
	f.must(err)
	return string(text)
}

// A batch is of its own organisation, and of the programmes that its token opens.
func TestABatchIsOfItsOwnOrganisation(t *testing.T) {
	f := newFixture(t)
	spip, mdsi := f.actor(domain.Partner), f.actor(domain.Partner)
	mdsi.OrganisationID = f.mdsi.ID
	one := f.send(spip, "POST", "/v1/referrals/batch", batch(asked("R-1"), asked("R-2"))).is(200)
	other := f.send(mdsi, "POST", "/v1/referrals/batch", batch(asked("R-1"), asked("R-2", "last_name", "Autre"), asked("R-3", "organisation_id", f.spip.ID))).is(200)
	if other.row(0).Status != 201 || other.row(1).Status != 201 || other.row(0).text("id") == one.row(0).text("id") || other.row(0).text("organisation_id") != f.mdsi.ID {
		t.Error(other.Text)
	}
	other.row(2).problemAt(422, "invalid", "body.items[2].organisation_id")
	f.send(mdsi, "GET", "/v1/referrals/"+one.row(0).text("id"), nil).problem(404, "not_found")
	f.send(f.stranger(domain.Partner), "POST", "/v1/referrals/batch", batch(asked("R-1"))).row(0).problemAt(422, "invalid", "body.items[0].programme")
	trial := f.send(f.trying(), "POST", "/v1/referrals/batch", batch(asked("R-1"))).row(0)
	if trial.Status != 201 || trial.Fields["sandbox"] != true {
		t.Error(trial.Text)
	}
	for _, role := range []domain.Role{domain.Analyst, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "POST", "/v1/referrals/batch", batch(asked("R-9"))).problem(403, "forbidden")
	}
	f.send(nobody, "POST", "/v1/referrals/batch", batch(asked("R-9"))).problem(401, "unauthenticated")
}

// 500 long rows pass, in a number of statements that grows with the rows and no faster.
func TestFiveHundredRowsPass(t *testing.T) {
	f := newFixture(t)
	wire := f.overWire()
	statements := map[int]int64{}
	for _, size := range []int{100, 500} {
		var rows []any
		for i := range size {
			rows = append(rows, asked(fmt.Sprint(size, "-", i), "reason", strings.Repeat("é", 2000), "referrer_name", strings.Repeat("à", 200)))
		}
		body := f.text(batch(rows...))
		statements[size] = wire.during(func() {
			got := f.send(f.actor(domain.Partner), http.MethodPost, "/v1/referrals/batch", body)
			if got.is(200); got.Fields["created"] != float64(size) {
				t.Errorf("made %v of %d", got.Fields["created"], size)
			}
		})
		t.Logf("%d rows, %d kB: %d statements", size, len(body)>>10, statements[size])
	}
	if more := (statements[500] - statements[100]) / 400; more > 8 {
		t.Errorf("%v: %d statements a row", slices.Collect(maps.Values(statements)), more)
	}
}
