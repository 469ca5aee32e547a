package api_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"o2r/domain"
)

// figured tells of each item of an answer: whose, when, and what became of them.
func (r reply) figured(names map[string]string) string {
	r.Helper()
	text := ""
	for _, item := range r.is(200).items() {
		text += fmt.Sprintln(names[item["organisation_id"].(string)], item["from"], item["to"], item["received"], "=", item["accepted"], item["declined"], item["withdrawn"], item["expired"], item["open"],
			item["acceptance_rate"], item["median_days_to_answer"], item["p90_days_to_answer"], item["decline_reasons"])
	}
	return text
}

// A partner reads of its own referrals, a coordinator of every partner's to her programmes; erased and frozen ones
// stay counted, and those of the sandbox never were.
func TestAPrescribersOwnFigures(t *testing.T) {
	f := newFixture(t)
	names := map[string]string{f.spip.ID: "spip", f.mdsi.ID: "mdsi", f.operator.ID: "operateur"}
	spip, mdsi, lead := f.actor(domain.Partner), f.actor(domain.Partner), f.actor(domain.Coordinator)
	mdsi.OrganisationID = f.mdsi.ID
	both := spip
	both.Programmes = []string{somme, elsewhere}
	send := func(by domain.Actor, received, last string, changes ...any) string {
		id := f.send(by, "POST", "/v1/referrals", asked(nil, append([]any{"last_name", last}, changes...)...)).is(201).text("id")
		f.exec(`SET o2r.role = 'system'; UPDATE referrals SET received_at = '` + received + `' WHERE id = '` + id + `'`)
		return id
	}
	decided := func(id, at string) {
		f.exec(`SET o2r.role = 'system'; UPDATE referrals SET decided_at = '` + at + `' WHERE id = '` + id + `'`)
	}
	accepted := send(spip, "2025-01-10T09:00:00Z", "Acceptée")
	person := f.send(lead, "POST", "/v1/referrals/"+accepted+"/accept", map[string]any{"entered_on": "2025-01-20"}).is(200).text("participant_id")
	decided(accepted, "2025-01-20T09:00:00Z")
	declined := send(spip, "2025-01-31T22:59:59Z", "Refusée") // 31 January, in Paris too
	f.send(lead, "POST", "/v1/referrals/"+declined+"/decline", map[string]any{"decline_reason": "complet"}).is(200)
	decided(declined, "2025-02-04T09:00:00Z")
	send(spip, "2025-01-31T23:00:00Z", "Ouverte") // 1 February in Paris
	f.send(spip, "POST", "/v1/referrals/"+send(spip, "2025-02-10T09:00:00Z", "Retirée")+"/withdraw", nil).is(200)
	send(mdsi, "2025-02-11T09:00:00Z", "Autre")
	send(both, "2025-02-12T09:00:00Z", "Ailleurs", "programme", elsewhere)
	trial := send(f.trying(), "2025-01-10T09:00:00Z", "Essai")
	f.send(f.trying(), "POST", "/v1/referrals/"+trial+"/accept", map[string]any{}).is(200)

	const query = "/v1/referrals/figures?from=2025-01-01&to=2025-02-28&step=month"
	const own = "spip 2025-01-01 2025-01-31 2 = 1 1 0 0 0 50 7 10 [map[count:1 decline_reason:complet]]\nspip 2025-02-01 2025-02-28 2 = 0 0 1 0 1 <nil> <nil> <nil> []\n"
	const others = "mdsi 2025-01-01 2025-01-31 0 = 0 0 0 0 0 <nil> <nil> <nil> []\nmdsi 2025-02-01 2025-02-28 1 = 0 0 0 0 1 <nil> <nil> <nil> []\n"
	everybody := own + others
	if f.mdsi.ID < f.spip.ID {
		everybody = others + own
	}
	check := func(when string) {
		t.Helper()
		for name, row := range map[string]struct {
			by    domain.Actor
			query string
			want  string
		}{
			"its own":                       {spip, query, own},
			"its own, whatever it asks for": {spip, query + "&organisation_id=" + f.mdsi.ID, own},
			"of one programme":              {both, query + "&programme=" + somme, own},
			"of both programmes":            {both, query, strings.Replace(own, "02-28 2 = 0 0 1 0 1", "02-28 3 = 0 0 1 0 2", 1)},
			"another's own":                 {mdsi, query, others},
			"of nobody, in another":         {f.stranger(domain.Partner), strings.Replace(query, "step=month", "step=year", 1), " 2025-01-01 2025-02-28 0 = 0 0 0 0 0 <nil> <nil> <nil> []\n"},
			"everybody's":                   {lead, query, everybody},
			"everybody's of one":            {lead, query + "&organisation_id=" + f.mdsi.ID, others},
			"everybody's of nobody":         {lead, query + "&organisation_id=" + randomID(), ""},
			"everybody's, elsewhere":        {f.stranger(domain.Coordinator), "/v1/referrals/figures?from=2025-01-01&to=2025-01-31", ""},
			"in the sandbox":                {f.trying(), "/v1/referrals/figures?from=2025-01-01&to=2025-02-28", "spip 2025-01-01 2025-02-28 0 = 0 0 0 0 0 <nil> <nil> <nil> []\n"},
			"the whole, uncut":              {spip, "/v1/referrals/figures?to=2025-02-28", "spip 2024-11-01 2025-02-28 4 = 1 1 1 0 1 50 7 10 [map[count:1 decline_reason:complet]]\n"},
			"one day":                       {spip, "/v1/referrals/figures?from=2025-01-31&to=2025-01-31", "spip 2025-01-31 2025-01-31 1 = 0 1 0 0 0 0 4 4 [map[count:1 decline_reason:complet]]\n"},
		} {
			if got := f.send(row.by, "GET", row.query, nil).figured(names); got != row.want {
				t.Errorf("%s, %s:\n%s\nnot\n%s", when, name, got, row.want)
			}
		}
	}
	check("at first")
	agree := func(profile string) {
		f.send(lead, "PUT", "/v1/programmes/"+somme+"/partnerships", map[string]any{"items": []any{map[string]any{"organisation_id": f.spip.ID, "disclosure": profile}}}, "If-Match", "*").is(200)
	}
	agree("status") // it may not know why
	if got, want := f.send(spip, "GET", query, nil).figured(names), strings.Replace(own, "[map[count:1 decline_reason:complet]]", "<nil>", 1); got != want {
		t.Errorf("a partner that may know the status alone is told\n%s\nnot\n%s", got, want)
	}
	if got := f.send(spip, "GET", query, nil, "Accept", "text/csv").is(200); strings.Contains(strings.SplitN(got.Text, "\n", 2)[1], ",1\r\n") || strings.Count(got.Text, ",0,0,0,0,0,0,0,0,0,0,0\r\n") != 1 || strings.Count(got.Text, ",,,,,,,,,,,\r\n") != 1 {
		t.Errorf("as CSV it is told %q", got.Text)
	}
	if got := f.send(lead, "GET", query, nil).figured(names); got != everybody {
		t.Errorf("its coordinator is told\n%s", got)
	}
	agree("decline_reason")
	officer := f.actor(domain.DPO)
	f.send(officer, "POST", "/v1/participants/"+person+"/restriction", map[string]any{"restricted": true, "reason": "Litige."}).is(200)
	check("with one restricted")
	f.send(officer, "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	check("with one erased")

	got := f.send(spip, "GET", query, nil, "Accept", "text/csv").is(200)
	rows, err := csv.NewReader(strings.NewReader(got.Text)).ReadAll()
	f.must(err)
	if len(rows) != 3 || strings.Join(rows[0][:14], " ") != "programme organisation_id from to received accepted declined withdrawn expired open answered acceptance_rate median_days_to_answer p90_days_to_answer" ||
		strings.Join(rows[1][1:14], " ") != f.spip.ID+" 2025-01-01 2025-01-31 2 1 1 0 0 0 2 50 7 10" || strings.Join(rows[2][4:14], " ") != "2 0 0 1 0 1 0   " {
		t.Errorf("as CSV %q", rows)
	}
	for i, column := range rows[0] {
		if want := map[bool]string{true: "1", false: "0"}[column == "declined_complet"]; i >= 14 && rows[1][i] != want {
			t.Errorf("%s is %s", column, rows[1][i])
		}
	}
	if n := f.count(`SELECT count(*) FROM audit_events WHERE kind = 'referral_figures' AND action = 'read' AND subject = $1`, spip.Subject); n < 3 {
		t.Errorf("%d rows of the trail tell of it", n)
	}
}

func TestReferralFiguresThatAreRefused(t *testing.T) {
	f := newFixture(t)
	spip := f.actor(domain.Partner)
	for query, location := range map[string]string{
		"from=2025-02-30": "query.from", "from=hier": "query.from", "to=": "query.to", "step=week": "query.step", "step=": "query.step", "organisation_id=x": "query.organisation_id",
		"from=2025-02-04&to=2025-02-03": "query.from", "from=1990-01-01&step=month": "query.step", "programme=x": "query.programme",
		"as_of=2025-01-01": "query.as_of", "from=2025-01-01&from=2025-01-02": "query.from",
	} {
		f.send(spip, "GET", "/v1/referrals/figures?"+query, nil).problemAt(422, "invalid", location)
	}
	// A programme that is not hers, and one that is not there, hold nothing.
	hidden, none := f.send(spip, "GET", "/v1/referrals/figures?programme="+elsewhere, nil), f.send(spip, "GET", "/v1/referrals/figures?programme=o2r-nulle-part", nil)
	if hidden.Status != 200 || len(hidden.items()) != 1 || hidden.items()[0]["received"] != 0.0 || none.anonymous() != hidden.anonymous() {
		t.Errorf("what is hidden answers\n%s\nand what does not exist\n%s", hidden.anonymous(), none.anonymous())
	}
	for _, role := range []domain.Role{domain.Caseworker, domain.Analyst, domain.DPO, domain.Admin} {
		f.send(f.actor(role), "GET", "/v1/referrals/figures", nil).problem(403, "forbidden")
	}
	f.send(nobody, "GET", "/v1/referrals/figures", nil).problem(401, "unauthenticated")
	f.send(spip, "GET", "/v1/referrals/figures", nil, "Accept", "application/pdf").problem(406, "not_acceptable")
	without := spip
	without.OrganisationID = ""
	if got := f.send(without, "GET", "/v1/referrals/figures", nil).is(200); len(got.items()) != 0 {
		t.Error(got.Text)
	}
}
