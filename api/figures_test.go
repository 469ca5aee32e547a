package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"o2r/domain"
)

// An analyst sees no figure about one to four people; a coordinator sees each, and who is in it.
func TestFiguresForACoordinatorAndForAnAnalyst(t *testing.T) {
	f := newFixture(t)
	staff, coordinator, analyst := f.actor(domain.Caseworker), f.actor(domain.Coordinator), f.actor(domain.Analyst)
	for i := range 12 {
		person := f.send(staff, "POST", "/v1/participants", map[string]any{"first_name": "Camille", "last_name": fmt.Sprint("Exemple ", i), "birth_date": "1990-05-17"}).is(201).text("id")
		entry := map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-04-01", "territory_code": "80253"}
		switch {
		case i < 6:
			entry["justice_status"] = "milieu_ouvert"
		case i < 11:
			entry["justice_status"] = "aucune" // 6 of 11 known, one unknown
		}
		if i < 2 {
			entry["job_seeker"], entry["job_seeker_since"] = true, "2023-01-01"
		} else {
			entry["job_seeker"] = false
		}
		id := f.send(staff, "POST", "/v1/enrolments", entry).is(201).text("id")
		for day := range i % 3 {
			made := f.send(staff, "POST", "/v1/appointments", map[string]any{"enrolment_id": id, "starts_at": fmt.Sprintf("2025-05-%02dT09:00:00Z", day+1), "duration_minutes": 60, "mode": "phone"}).is(201).text("id")
			f.send(staff, "POST", "/v1/appointments/"+made+"/attendance", map[string]any{"status": []string{"attended", "no_show"}[day]}).is(200)
		}
	}
	f.send(coordinator, "PUT", "/v1/programmes/"+somme+"/targets", map[string]any{"items": []any{map[string]any{"indicator": "beneficiaries", "period": "2025", "value": 58}}}, "If-Match", `"0"`).is(200)
	const table = "/v1/programmes/" + somme + "/indicators"
	exact := f.send(coordinator, "GET", table+"?as_of=2025-12-31", nil).is(200)
	if len(exact.items()) != 10 {
		t.Fatalf("%d figures", len(exact.items()))
	}
	figures := map[string]map[string]any{}
	for _, figure := range exact.items() {
		figures[figure["key"].(string)] = figure
		if figure["suppressed"] != false {
			t.Errorf("withheld from a coordinator: %v", figure)
		}
	}
	for key, want := range map[string]string{"beneficiaries": "12 12 0 12", "justice_supervised_share": "6 11 1 55\u00a0%", "long_term_unemployed_share": "2 12 0 17\u00a0%", "individual_attendance_rate": "8 12 0 67\u00a0%"} {
		figure := figures[key]
		if key == "beneficiaries" {
			figure["denominator"] = figure["numerator"]
			if figure["unknown"] == nil {
				figure["unknown"] = 0
			}
		}
		if got := fmt.Sprint(figure["numerator"], " ", figure["denominator"], " ", figure["unknown"], " ", figure["display"]); got != want {
			t.Errorf("%s is %q, not %q", key, got, want)
		}
	}
	for key, figure := range figures {
		evidence := f.send(coordinator, "GET", table+"/"+key+"/evidence?as_of=2025-12-31", nil).is(200)
		buckets := map[any]float64{}
		amount := 0.0
		var people []string
		for _, item := range evidence.items() {
			people = append(people, item["enrolment_id"].(string))
			buckets[item["bucket"]]++
			amount += item["amount"].(float64)
		}
		for _, id := range people {
			f.trail(coordinator, "read", "evidence", id, key) // found from each person it showed
		}
		if figure["unit"] == "count" {
			figure["denominator"] = figure["numerator"]
		}
		if amount != number(figure["numerator"]) || buckets["numerator"]+buckets["denominator_only"] != number(figure["denominator"]) || buckets["unknown"] != number(figure["unknown"]) {
			t.Errorf("%s is %v, its evidence %v", key, figure, buckets)
		}
		one := f.send(coordinator, "GET", table+"/"+key+"?as_of=2025-12-31", nil).is(200)
		if fmt.Sprint(one.Fields["value"]) != fmt.Sprint(figure["value"]) || one.text("key") != key {
			t.Errorf("alone, %s is %s", key, one.Text)
		}
	}
	withheld := map[string]bool{}
	seen := f.send(analyst, "GET", table+"?as_of=2025-12-31", nil).is(200)
	for _, figure := range seen.items() {
		key := figure["key"].(string)
		withheld[key] = figure["suppressed"].(bool)
		if withheld[key] && (figure["value"] != nil || figure["numerator"] != nil || figure["denominator"] != nil || figure["unknown"] != nil || figure["display"] != "s") {
			t.Errorf("withheld, and yet said: %v", figure)
		}
	}
	if !withheld["long_term_unemployed_share"] || withheld["beneficiaries"] {
		t.Errorf("withheld are %v", withheld)
	}
	if !strings.Contains(seen.Text, `"gap":-46`) {
		t.Errorf("the target's gap is not said: %s", seen.Text)
	}
	for _, item := range f.send(analyst, "GET", table+"?as_of=2025-12-31&territory=80001", nil).is(200).items() {
		if item["suppressed"] != true {
			t.Errorf("about nobody at all, and shown: %v", item)
		}
	}
	f.send(analyst, "GET", table+"/beneficiaries/evidence", nil).problem(403, "forbidden")
	for _, actor := range []domain.Actor{staff, coordinator, analyst} {
		f.send(actor, "GET", "/v1/programmes/"+somme+"/profile?as_of=2025-12-31", nil).is(200)
	}
	catalogue := f.send(analyst, http.MethodGet, "/v1/indicators", nil).is(200)
	for _, definition := range catalogue.items() {
		if (figures[definition["key"].(string)] == nil) != (definition["set"] == "beyond") {
			t.Errorf("%v is of the set %v, and in the table or not", definition["key"], definition["set"])
		}
	}
}

func number(value any) float64 {
	switch n := value.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	}
	return 0
}

// By filters narrow enough a figure is a colleague's file: it asks for the same reason.
func TestACaseworkerReadsNoColleaguesFileOutOfFigures(t *testing.T) {
	f := newFixture(t)
	her, lead := f.actor(domain.Caseworker), f.actor(domain.Coordinator)
	for caseworker, status := range map[string]string{"colleague": "milieu_ferme", her.Subject: "milieu_ouvert"} {
		person := f.send(lead, "POST", "/v1/participants", map[string]any{"first_name": "Alix", "last_name": "Fictif", "gender": "female"}).is(201).text("id")
		f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-01-06", "caseworker_id": caseworker, "territory_code": "80253", "justice_status": status}).is(201)
	}
	reason := []string{"Access-Reason", because}
	for name, row := range map[string]struct {
		actor      domain.Actor
		query      string
		headers    []string
		suppressed bool
	}{
		"a colleague's people":        {her, "?caseworker=colleague", nil, true},
		"one of them":                 {her, "?caseworker=colleague&territory=80253&justice_status=milieu_ferme", nil, true},
		"none of them":                {her, "?caseworker=colleague&justice_status=milieu_ouvert", nil, true},
		"nobody's name":               {her, "?territory=80253&gender=female", nil, true},
		"her name in another case":    {her, "?caseworker=" + strings.ToUpper(her.Subject), nil, true},
		"whoever entered that day":    {her, "?from=2025-01-06&to=2025-01-06&as_of=2025-01-06", nil, true},
		"as of a day":                 {her, "?as_of=2025-01-06", nil, true},
		"her own people that day":     {her, "?from=2025-01-06&to=2025-01-06&caseworker=" + her.Subject, nil, false},
		"her own people":              {her, "?caseworker=" + her.Subject, nil, false},
		"one of hers":                 {her, "?caseworker=" + her.Subject + "&gender=female", nil, false},
		"the whole programme":         {her, "", nil, false},
		"a colleague's, with reason":  {her, "?caseworker=colleague&justice_status=milieu_ferme", reason, false},
		"a colleague's, for the lead": {lead, "?caseworker=colleague&justice_status=milieu_ferme", nil, false},
	} {
		figures := f.send(row.actor, "GET", "/v1/programmes/"+somme+"/indicators"+row.query, nil, row.headers...).is(200).items()
		answers := map[string]any{
			"the table":   figures[0]["suppressed"],
			"the figure":  f.send(row.actor, "GET", "/v1/programmes/"+somme+"/indicators/beneficiaries"+row.query, nil, row.headers...).is(200).Fields["suppressed"],
			"the profile": f.send(row.actor, "GET", "/v1/programmes/"+somme+"/profile"+row.query, nil, row.headers...).is(200).Fields["suppressed"],
		}
		for where, suppressed := range answers {
			if suppressed != row.suppressed {
				t.Errorf("%s: %s is suppressed %v", name, where, suppressed)
			}
		}
	}
	// An analyst's door to what figures are made of opens to nobody else, nor do her months bind.
	f.send(her, "GET", "/v1/programmes/"+somme+"/indicators?caseworker=colleague&as_of=2025-06-17", nil).is(200)
}

// A value that no list has is refused, and the refusal names those that there are; a name that nobody bears is of nobody.
func TestAFilterThatNamesNoValueIsRefused(t *testing.T) {
	f := newFixture(t)
	f.caseload()
	lead := f.actor(domain.Coordinator)
	const programme = "/v1/programmes/" + somme
	paths := []string{programme + "/indicators?", programme + "/indicators/beneficiaries?", programme + "/indicators/beneficiaries/breakdown?by=sector&", programme + "/indicators/beneficiaries/series?",
		programme + "/indicators/beneficiaries/evidence?", programme + "/profile?", "/v1/figures?programme=" + somme + "&"}
	for filter, allowed := range map[string][]string{
		"gender=femme": domain.Gender("").Codes(), "age_band=26-35": domain.AgeBand("").Codes(), "education_level=licence": domain.EducationLevel("").Codes(),
		"justice_status=libre": domain.JusticeStatus("").Codes(), "referrer_kind=police": domain.ReferrerKind("").Codes(), "gender=unknown": domain.Gender("").Codes(),
	} {
		for _, path := range paths {
			name, _, _ := strings.Cut(filter, "=")
			got := f.send(lead, "GET", path+filter, nil)
			if got.problemAt(422, "invalid", "query."+name); !strings.Contains(got.Text, "Must be one of: "+strings.Join(allowed, ", ")+".") {
				t.Errorf("%s%s does not name what there is: %s", path, filter, got.Text)
			}
		}
	}
	for _, territory := range []string{"Doullens", "8025", "80-253", "", "802530000", "80253a"} {
		for _, path := range paths {
			f.send(lead, "GET", path+"territory="+territory, nil).problemAt(422, "invalid", "query.territory")
		}
	}
	for filter, want := range map[string]float64{"referrer_kind=spip": 2, "referrer_kind=" + domain.ReferralOrigin("").Codes()[0]: 0, "territory=80253": 12, "territory=QN08001M": 0, "territory=2A004": 0, "sector=Nulle%20part": 0, "caseworker=nobody": 0} {
		if got := f.send(lead, "GET", programme+"/indicators/beneficiaries?as_of=2025-12-31&"+filter, nil).is(200); got.Fields["value"] != want {
			t.Errorf("%s: %v", filter, got.Fields["value"])
		}
	}
	// Where nothing about justice is told, a service of justice is no value either.
	f.withoutJustice()
	got := f.send(lead, "GET", programme+"/indicators?referrer_kind=spip", nil)
	if got.problemAt(422, "invalid", "query.referrer_kind"); strings.Contains(got.Text, "spip") || !strings.Contains(got.Text, "france_travail") {
		t.Errorf("without the justice module it says %s", got.Text)
	}
	f.send(lead, "GET", programme+"/indicators?referrer_kind=france_travail", nil).is(200)
}
