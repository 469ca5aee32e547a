package api_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

var zoe = map[string]any{"first_name": "Zoë-Marie", "last_name": "Durand-d'Étoile", "birth_date": "1990-05-07", "phone": "06 39 98 12 34", "email": "zoe@example.org"}

// sentTo is a referral of somebody to a programme, with the referrer's own number beside hers.
func (f *fixture) sentTo(by domain.Actor, programme string, who map[string]any, changes ...any) reply {
	f.Helper()
	body := map[string]any{"programme": programme, "consented_on": "2025-03-01", "referrer_phone": "03 22 00 00 00", "referrer_email": "conseiller@example.org"}
	for name, value := range object(who, changes...) {
		body[name] = value
	}
	return f.send(by, "POST", "/v1/referrals", body).is(201)
}

// matches are what a list of matches names: kind, class, explanation and whether it asks for a reason, by identifier.
func (f *fixture) matches(by domain.Actor, path string, headers ...string) map[string]string {
	f.Helper()
	found := map[string]string{}
	for _, item := range f.send(by, "GET", path, nil, headers...).is(200).items() {
		found[item["id"].(string)] = fmt.Sprint(item["kind"], " ", item["class"], " ", item["explanation"], " ", item["asks_for_reason"])
	}
	return found
}

func (f *fixture) probable(by domain.Actor, referral string) any {
	f.Helper()
	return f.send(by, "GET", "/v1/referrals/"+referral, nil).is(200).Fields["probable_matches"]
}

func TestAReferralIsMatchedWithFilesAndOtherReferrals(t *testing.T) {
	f := newFixture(t)
	lead, spip, mdsi := f.actor(domain.Coordinator), f.actor(domain.Partner), f.actor(domain.Partner)
	mdsi.OrganisationID = f.mdsi.ID
	file := f.send(lead, "POST", "/v1/participants", zoe).is(201).text("id")
	earlier := f.sentTo(mdsi, somme, zoe, "phone", nil, "email", nil).text("id")
	f.person("Paul", "Autre")
	for name, row := range map[string]struct {
		changes []any
		want    string // of the file; "" where it is not named
		earlier bool   // whether the earlier referral is, of which there are only names and day of birth
	}{
		"the same":                            {nil, "participant certain [same_names same_birth_date same_phone same_email] false", true},
		"accents, case, hyphens":              {[]any{"first_name", "ZOE MARIE", "last_name", "durand d’etoile", "phone", nil, "email", nil}, "participant certain [same_names same_birth_date] false", true},
		"names swapped":                       {[]any{"first_name", "Durand-d'Étoile", "last_name", "Zoé-Marie", "phone", nil, "email", nil}, "participant certain [names_swapped same_birth_date] false", true},
		"one of two surnames":                 {[]any{"last_name", "DURAND", "phone", nil, "email", nil}, "participant probable [same_first_name one_of_two_surnames same_birth_date] false", true},
		"one of two first names":              {[]any{"first_name", "Marie", "phone", nil, "email", nil}, "participant probable [first_name_part same_surname same_birth_date] false", true},
		"a name of birth, her phone":          {[]any{"last_name", "Petit", "phone", "+33 (0)6.39.98.12.34", "email", nil}, "participant probable [same_first_name surnames_differ same_birth_date same_phone] false", true},
		"a name of birth, her mail":           {[]any{"last_name", "Petit", "phone", nil, "email", "ZOE@EXAMPLE.ORG"}, "participant probable [same_first_name surnames_differ same_birth_date same_email] false", true},
		"a digit":                             {[]any{"birth_date", "1990-05-17", "phone", nil, "email", nil}, "participant probable [same_names birth_date_one_digit_off] false", true},
		"day and month swapped":               {[]any{"birth_date", "1990-07-05", "phone", nil, "email", nil}, "participant probable [same_names day_month_swapped] false", true},
		"a typing error":                      {[]any{"first_name", "Zoé-Maire", "phone", nil, "email", nil}, "participant probable [first_name_close same_surname same_birth_date] false", true},
		"no day of birth":                     {[]any{"birth_date", nil, "phone", "0033639981234", "email", nil}, "participant probable [same_names same_phone] false", true},
		"her brother":                         {[]any{"first_name", "Karim", "birth_date", "1988-11-20", "email", nil}, "", false},
		"her twin":                            {[]any{"first_name", "Karim", "email", nil}, "", false},
		"a namesake":                          {[]any{"birth_date", "1974-11-20", "phone", nil, "email", nil}, "", false},
		"somebody with her number":            {[]any{"first_name", "Karim", "last_name", "Autre", "birth_date", "1974-11-20", "email", nil}, "", false},
		"her number is the referrer's":        {[]any{"last_name", "Petit", "phone", nil, "email", nil, "referrer_phone", "06 39 98 12 34", "referrer_email", "zoe@example.org"}, "participant possible [same_first_name surnames_differ same_birth_date] false", true},
		"a foreign number that ends like her": {[]any{"last_name", "Petit", "phone", "+44 639981234", "email", nil}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			f := *f
			f.T = t
			sent := f.sentTo(spip, somme, zoe, row.changes...)
			if sent.Fields["probable_matches"] != nil {
				t.Error("the partner is told", sent.Text)
			}
			path := "/v1/referrals/" + sent.text("id") + "/matches"
			got := f.matches(lead, path)
			if got[file] != row.want {
				t.Errorf("%q, not %q", got[file], row.want)
			}
			if also := got[earlier] != ""; also != row.earlier {
				t.Errorf("the earlier referral: %q", got[earlier])
			}
			f.trail(lead, "matched", "referral", sent.text("id"), "")
			likely := 0
			for _, match := range got {
				if !strings.Contains(match, " possible ") {
					likely++
				}
			}
			if got := f.probable(lead, sent.text("id")); got != float64(likely) {
				t.Errorf("%v probable matches, not %d", got, likely)
			}
			f.send(spip, "POST", "/v1/referrals/"+sent.text("id")+"/withdraw", nil).is(200)
			if got := f.probable(lead, sent.text("id")); got != nil {
				t.Error("decided, it still counts", got)
			}
			f.exec(`UPDATE referrals SET frozen = true WHERE id = $1`, sent.text("id")) // out of the way of the next
		})
	}
}

// oneOfMany is what differs between any two posts: identifiers, instants, cursors, and lengths.
var oneOfMany = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|20[0-9-]{8}T[0-9:.]+Z|eyJ[A-Za-z0-9_-]+|Content-Length:\[[0-9]+\]`)

// Neither what it is answered, nor how many statements that takes, tells a partner that somebody is
// known: to the programme, by another partner, or elsewhere.
func TestAPartnerLearnsNothingOfWhoIsKnown(t *testing.T) {
	f := newFixture(t)
	lead, spip, mdsi := f.actor(domain.Coordinator), f.actor(domain.Partner), f.actor(domain.Partner)
	mdsi.OrganisationID = f.mdsi.ID
	f.send(lead, "POST", "/v1/participants", zoe).is(201)
	f.sentTo(mdsi, somme, zoe)
	f.send(f.stranger(domain.Coordinator), "POST", "/v1/participants", object(zoe, "first_name", "Ailleurs")).is(201)
	wire := f.overWire()
	f.sentTo(spip, somme, zoe, "last_name", "Premier") // connections and caches are warm
	unknown := object(zoe, "first_name", "Inconnu", "last_name", "Personne", "birth_date", "1971-12-30", "phone", "06 39 98 77 77", "email", "personne@example.org")
	shape := func(who map[string]any) (string, int64) {
		var post, get, list reply
		asked := wire.during(func() {
			post = f.sentTo(spip, somme, who)
			get = f.send(spip, "GET", "/v1/referrals/"+post.text("id"), nil).is(200)
			list = f.send(spip, "GET", "/v1/referrals?limit=1", nil).is(200)
		})
		f.send(spip, "GET", "/v1/referrals/"+post.text("id")+"/matches", nil).problem(403, "forbidden")
		texts := post.anonymous() + get.anonymous() + list.anonymous()
		for name, value := range who {
			texts = strings.ReplaceAll(texts, fmt.Sprint(value), name)
		}
		return oneOfMany.ReplaceAllString(texts, "…"), asked
	}
	want, statements := shape(unknown)
	for name, who := range map[string]map[string]any{
		"on file, and referred by another": zoe, "elsewhere": object(zoe, "first_name", "Ailleurs"), "referred by itself": unknown,
	} {
		got, asked := shape(who)
		if got != want {
			t.Errorf("%s: answered\n%s\nand nobody known\n%s", name, got, want)
		}
		if asked != statements {
			t.Errorf("%s: %d statements, and nobody known %d", name, asked, statements)
		}
	}
	if !strings.Contains(want, `"probable_matches":null`) {
		t.Error(want)
	}
}

// A programme's people are looked for among its own, also by who works in both.
func TestProgrammesNeverLearnOfEachOther(t *testing.T) {
	f := newFixture(t)
	lead, there, spip := f.actor(domain.Coordinator), f.stranger(domain.Coordinator), f.actor(domain.Partner)
	file := f.send(lead, "POST", "/v1/participants", zoe).is(201).text("id")
	sent := f.sentTo(spip, somme, zoe).text("id")
	partner := domain.Actor{Subject: "sender", Role: domain.Partner, OrganisationID: f.mdsi.ID, Programmes: []string{elsewhere}}
	theirs := f.sentTo(partner, elsewhere, zoe).text("id")
	f.send(there, "GET", "/v1/referrals/"+sent+"/matches", nil).problem(404, "not_found")
	f.send(there, "GET", "/v1/participants/"+file+"/duplicates", nil).problem(404, "not_found")
	both := lead
	both.Programmes = []string{somme, elsewhere}
	for _, actor := range []domain.Actor{there, both} {
		if got := f.matches(actor, "/v1/referrals/"+theirs+"/matches"); len(got) != 0 {
			t.Errorf("%s of %v: %v", actor.Subject, actor.Programmes, got)
		}
	}
	if got := f.probable(there, theirs); got != float64(0) {
		t.Error(got, "matches elsewhere")
	}
	again := f.send(there, "POST", "/v1/participants", zoe).is(201)
	if got := again.texts("possible_duplicates"); got != "" {
		t.Error("recorded elsewhere, it resembles", got)
	}
	if got := f.matches(lead, "/v1/participants/"+file+"/duplicates"); len(got) != 1 || !strings.HasPrefix(got[sent], "referral certain") {
		t.Error(got)
	}
	// Enrolled there too, she is found there too; and both see both.
	f.send(both, "POST", "/v1/enrolments", map[string]any{"participant_id": file, "programme": elsewhere, "entered_on": "2026-01-05"}).is(201)
	if got := f.matches(there, "/v1/referrals/"+theirs+"/matches"); len(got) != 2 || got[file] == "" || got[again.text("id")] == "" {
		t.Error(got)
	}
	f.indexed()
}

// A caseworker learns that a colleague has such a file, and opens it with a reason.
func TestAMatchInAColleaguesFileAsksForAReason(t *testing.T) {
	f := newFixture(t)
	lead, spip, her := f.actor(domain.Coordinator), f.actor(domain.Partner), f.actor(domain.Caseworker)
	colleagues := f.send(lead, "POST", "/v1/participants", zoe).is(201).text("id")
	hers := f.send(lead, "POST", "/v1/participants", zoe).is(201).text("id")
	for participant, caseworker := range map[string]string{colleagues: "colleague", hers: her.Subject} {
		f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": participant, "programme": somme, "entered_on": "2025-02-03", "caseworker_id": caseworker}).is(201)
	}
	path := "/v1/referrals/" + f.sentTo(spip, somme, zoe).text("id") + "/matches"
	for _, row := range []struct {
		actor   domain.Actor
		headers []string
		asks    bool
	}{{lead, nil, false}, {her, nil, true}, {her, []string{"Access-Reason", because}, false}} {
		got := f.matches(row.actor, path, row.headers...)
		if len(got) != 2 || strings.HasSuffix(got[colleagues], " true") != row.asks || !strings.HasSuffix(got[hers], " false") {
			t.Errorf("%s %q: %v", row.actor.Role, row.headers, got)
		}
	}
	text := f.send(her, "GET", path, nil).is(200).Text
	for name, value := range zoe {
		if strings.Contains(text, fmt.Sprint(value)) {
			t.Errorf("the %s is shown: %s", name, text)
		}
	}
	f.send(her, "GET", "/v1/participants/"+colleagues+"/duplicates", nil).problem(403, "access_reason_required")
	if got := f.matches(her, "/v1/participants/"+hers+"/duplicates"); len(got) != 2 || !strings.HasSuffix(got[colleagues], " true") {
		t.Error(got)
	}
}

// indexed insists that the index of keys holds what the records say, and nothing else.
func (f *fixture) indexed() {
	f.Helper()
	const there = `SELECT programme, kind, key, record_id FROM match_index`
	const due = `(SELECT unnest(found_in(p)), 'participant', key, p.id FROM participants p, unnest(match_keys) key UNION ALL SELECT unnest(found_in(r)), 'referral', key, r.id FROM referrals r, unnest(match_keys) key)`
	for _, query := range []string{there + ` EXCEPT ` + due, due + ` EXCEPT ` + there} {
		if rows := f.rows(`SELECT kind || ' ' || record_id FROM (` + query + `) apart (programme, kind, key, record_id)`); len(rows) > 0 {
			f.Errorf("the index is out of step: %v", rows)
		}
	}
	if f.count(`SELECT count(*) FROM match_index`) == 0 {
		f.Error("the index is empty")
	}
	if n := f.count(`SELECT (SELECT count(*) FROM participants WHERE (match_keys IS NULL) <> (erased_at IS NOT NULL)) + (SELECT count(*) FROM referrals WHERE (match_keys IS NULL) <> (erased_at IS NOT NULL))`); n != 0 {
		f.Error(n, "records without keys, or erased ones with some")
	}
}

// Who is not to be found is not: frozen, erased; and who is corrected is found as she is now.
func TestMatchesFollowTheRecords(t *testing.T) {
	f := newFixture(t)
	lead, officer, spip := f.actor(domain.Coordinator), f.actor(domain.DPO), f.actor(domain.Partner)
	file := f.send(lead, "POST", "/v1/participants", zoe).is(201).text("id")
	earlier := f.sentTo(spip, somme, zoe).text("id")
	path := "/v1/referrals/" + f.sentTo(spip, somme, zoe).text("id") + "/matches"
	named := func(when string, want ...string) {
		f.Helper()
		var got []string
		for id := range f.matches(lead, path) {
			got = append(got, id)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			f.Errorf("%s: %q, not %q", when, got, want)
		}
		f.indexed()
	}
	named("at first", file, earlier)
	other := map[string]any{"first_name": "Tout", "last_name": "Autre", "birth_date": "1971-11-30"}
	f.send(lead, "PUT", "/v1/participants/"+file, other, "If-Match", "*").is(200)
	named("corrected away", earlier)
	f.send(lead, "PUT", "/v1/participants/"+file, zoe, "If-Match", "*").is(200)
	named("corrected back", file, earlier)

	accepted := f.send(lead, "POST", "/v1/referrals/"+earlier+"/accept", map[string]any{"participant_id": file, "entered_on": "2026-01-05"}).is(200)
	named("the earlier led to the file, which is named instead", file)
	if got := f.matches(lead, "/v1/referrals/"+earlier+"/matches"); got[accepted.text("participant_id")] != "" || len(got) != 1 {
		t.Error("an accepted referral names where it led:", got)
	}
	for _, restricted := range []bool{true, false} {
		f.send(officer, "POST", "/v1/participants/"+file+"/restriction", map[string]any{"restricted": restricted, "reason": "Exactitude contestée."}).is(200)
		if restricted {
			named("restricted")
		}
	}
	named("the restriction lifted", file)

	f.send(officer, "POST", "/v1/participants/"+file+"/erasure", map[string]any{"reason": "Demande écrite."}).is(200)
	f.send(lead, "GET", path, nil).problem(404, "not_found") // it plainly spoke of her, and went with her
	if n := f.count(`SELECT count(*) FROM match_index`); n != 0 {
		t.Error(n, "keys of an erased person are left")
	}
	if n := f.count(`SELECT (SELECT count(*) FROM participants WHERE num_nonnulls(match_keys, fold_first, fold_last) > 0) + (SELECT count(*) FROM referrals WHERE num_nonnulls(match_keys, fold_first, fold_last) > 0)`); n != 0 {
		t.Error(n, "records keep what she was looked for by")
	}
	path = "/v1/referrals/" + f.sentTo(spip, somme, zoe).text("id") + "/matches"
	named("erased")
	for _, statement := range []string{
		`UPDATE participants SET match_keys = '{1}' WHERE erased_at IS NOT NULL`,
		`UPDATE referrals SET match_keys = '{1}' WHERE erased_at IS NOT NULL`,
	} {
		if f.refused(statement) == nil {
			t.Error("taken:", statement)
		}
	}
}

func TestMatchesThatAreRefused(t *testing.T) {
	f := newFixture(t)
	c := f.cast()
	before := f.contents()
	for _, path := range []string{"/v1/referrals/%s/matches", "/v1/participants/%s/duplicates"} {
		f.send(f.actor(domain.Coordinator), "GET", fmt.Sprintf(path, randomID()), nil).problem(404, "not_found")
		f.send(f.actor(domain.Coordinator), "GET", fmt.Sprintf(path, "personne"), nil).problem(422, "invalid")
		f.send(f.actor(domain.Coordinator), "POST", fmt.Sprintf(path, randomID()), nil).problem(405, "method_not_allowed")
		for _, role := range []domain.Role{domain.Partner, domain.Analyst, domain.DPO, domain.Admin} {
			f.send(f.actor(role), "GET", fmt.Sprintf(path, map[bool]string{true: c.referral, false: c.participant}[strings.Contains(path, "referrals")]), nil).problem(403, "forbidden")
		}
	}
	f.unchanged(before)
}

// Who was merged into another file is known by both names, and named once, as the file that stays.
func TestAMergedPersonIsRecognisedByEitherName(t *testing.T) {
	f := newFixture(t)
	lead, spip := f.actor(domain.Coordinator), f.actor(domain.Partner)
	born := object(zoe, "phone", nil, "email", nil)
	married := object(born, "last_name", "Leblanc")
	first := f.send(lead, "POST", "/v1/participants", born).is(201).text("id")
	second := f.send(lead, "POST", "/v1/participants", married).is(201).text("id")
	asked := map[string]string{}
	for name, who := range map[string]map[string]any{"the name of the file that stays": born, "the name of the one that went": married} {
		asked[name] = f.sentTo(spip, somme, who).text("id")
	}
	files := func(referral string) (found []string) {
		for id, said := range f.matches(lead, "/v1/referrals/"+referral+"/matches") {
			if strings.HasPrefix(said, "participant") {
				found = append(found, id)
			}
		}
		slices.Sort(found)
		return found
	}
	f.merge(first, second).is(200)
	for name, referral := range asked {
		if got := files(referral); !slices.Equal(got, []string{first}) {
			t.Errorf("by %s, %v is found, not %s", name, got, first)
		}
		if got := f.probable(lead, referral); got == 0.0 {
			t.Errorf("by %s, nobody is counted", name)
		}
	}
	if got := f.matches(lead, "/v1/participants/"+second+"/duplicates"); got[first] != "" || got[second] != "" {
		t.Errorf("she resembles herself: %v", got)
	}
	f.send(f.stranger(domain.Coordinator), "GET", "/v1/participants/"+second+"/duplicates", nil).problem(404, "not_found")
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+first+"/restriction", map[string]any{"restricted": true, "reason": "Demande."}, "If-Match", "*").is(200)
	for name, referral := range asked {
		if got := files(referral); len(got) != 0 {
			t.Errorf("by %s, a file that is frozen is found: %v", name, got)
		}
	}
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+first+"/restriction", map[string]any{"restricted": false, "reason": "Demande."}, "If-Match", "*").is(200)
	f.unmerge(first, second).is(200)
	if got := files(asked["the name of the one that went"]); !slices.Contains(got, second) {
		t.Errorf("once it is undone, %v is found, without %s", got, second)
	}
}
