package api_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
)

func TestPeopleAreFoundHoweverTheyAreWritten(t *testing.T) {
	f := newFixture(t)
	for first, last := range map[string]string{"Jean-Pierre": "Fictif", "Zoë": "D'Été", "Ana": "100%_sûr", "Bo": "Łukasz", "Ève": `Back\slash`} {
		f.person(first, last)
	}
	for query, want := range map[string]string{
		"jean-pierre": "Jean-Pierre", "JEAN PIERRE": "Jean-Pierre", "pierre jean fictif": "Jean-Pierre", "fict jean": "Jean-Pierre", "jéan": "Jean-Pierre", "jean\u00a0pierre": "Jean-Pierre",
		"zoe": "Zoë", "d'ete": "Zoë", "d\u2019été": "Zoë", "ZOE\u0308": "Zoë", "ete zoe": "Zoë",
		"lukasz": "Bo", "eve": "Ève", `k\s`: "Ève",
		"100%": "Ana", "0%_s": "Ana", "__a": "", "j_an": "", "j%n": "", "a％": "", "j＿an": "", `\\a`: "", "jean claude": "", "'; DROP": "",
	} {
		var found []string
		for _, item := range f.send(f.actor(domain.Caseworker), "POST", "/v1/participants/search", map[string]any{"query": query}).is(200).items() {
			found = append(found, item["first_name"].(string))
		}
		if strings.Join(found, " ") != want {
			t.Errorf("%q finds %q, not %q", query, found, want)
		}
	}
}

func TestWhoMayBeTheSameIsNamed(t *testing.T) {
	f := newFixture(t)
	post := func(body map[string]any) reply {
		return f.send(f.actor(domain.Caseworker), "POST", "/v1/participants", body).is(201)
	}
	first := post(map[string]any{"first_name": "Zoë", "last_name": "Saint-Clair", "birth_date": "1990-05-17", "phone": "06 39 98 12 34", "email": "zoe@example.org"})
	if got := first.texts("possible_duplicates"); got != "" {
		t.Errorf("the first resembles %q", got)
	}
	for name, row := range map[string]struct {
		body map[string]any
		same bool
	}{
		"same name and day":        {map[string]any{"first_name": "ZOE", "last_name": "St Clair", "birth_date": "1990-05-17"}, true},
		"names the other way":      {map[string]any{"first_name": "Saint Clair", "last_name": "Zoe"}, true},
		"no day of birth":          {map[string]any{"first_name": "Zoé", "last_name": "Saint-Clair"}, true},
		"a digit of the day":       {map[string]any{"first_name": "Zoé", "last_name": "Saint-Clair", "birth_date": "1991-05-17"}, true},
		"another day of birth":     {map[string]any{"first_name": "Zoé", "last_name": "Saint-Clair", "birth_date": "1984-11-02"}, false},
		"same telephone":           {map[string]any{"first_name": "Zoé", "last_name": "Petit", "birth_date": "1990-05-17", "phone": "+33 6 39 98 12 34"}, true},
		"same e-mail, in capitals": {map[string]any{"first_name": "Zoé", "last_name": "Fictif", "birth_date": "1990-05-17", "email": "ZOE@example.org"}, true},
		"a telephone that is lent": {map[string]any{"first_name": "Ahmed", "last_name": "Autre", "phone": "06 39 98 12 34"}, false},
		"somebody else":            {map[string]any{"first_name": "E", "last_name": "F", "phone": "06 39 98 99 99"}, false},
	} {
		if got := strings.Contains(post(row.body).texts("possible_duplicates"), first.text("id")); got != row.same {
			t.Errorf("%s: named %t", name, got)
		}
	}
}

func TestTerritoriesAreFound(t *testing.T) {
	f := newFixture(t)
	f.send(f.actor(domain.Coordinator), "PUT", "/v1/programmes/"+somme+"/territories", map[string]any{"items": []any{
		map[string]any{"territory_code": "80253", "sector": "Doullens"}, map[string]any{"territory_code": "80318", "sector": "Flixecourt"}}}, "If-Match", `"0"`).is(200)
	for query, want := range map[string]string{
		"q=FLIXECOURT&limit=1": "Flixecourt", "q=doull&limit=1": "Doullens", "q=st+ouen&limit=1": "Saint-Ouen", "q=saint-ouen&limit=1": "Saint-Ouen", "q=SAINT+OUEN&limit=1": "Saint-Ouen",
		"q=saint-ouen&programme=" + somme: "", "q=" + url.QueryEscape("fl％court"): "", "q=fl%25": "", "q=fli_ecourt": "",
		"programme=" + somme: "Doullens Flixecourt", "programme=" + somme + "&sector=Doullens": "Doullens", "sector=Flixecourt": "Flixecourt", "sector=flixecourt": "",
		"programme=" + elsewhere: "", "programme=nulle-part": "", "q=doullens&kind=quartier": "", "postal_code=80600&q=doullens": "Doullens", "postal_code=00000": "",
	} {
		var found []string
		for _, item := range f.send(f.actor(domain.Analyst), "GET", "/v1/territories?"+query, nil).is(200).items() {
			found = append(found, item["name"].(string))
		}
		if strings.Join(found, " ") != want {
			t.Errorf("%s finds %q, not %q", query, found, want)
		}
	}
	if got := f.send(f.stranger(domain.Analyst), "GET", "/v1/territories?sector=Doullens", nil).is(200).items(); len(got) != 0 {
		t.Errorf("another programme's list betrays %v", got)
	}
	for _, item := range f.send(f.actor(domain.Analyst), "GET", "/v1/territories?postal_code=80600", nil).is(200).items() {
		if !slices.Contains(item["postal_codes"].([]any), any("80600")) {
			t.Errorf("80600 finds %v", item)
		}
	}
	one := f.send(f.actor(domain.Partner), "GET", "/v1/territories/80253", nil).is(200)
	if one.text("name") != "Doullens" || one.text("epci_name") == "" || one.text("department_code") != "80" {
		t.Error(one.Text)
	}
	for code, want := range map[any]any{"80253": true, "75056": false, nil: nil} {
		person := object(map[string]any{"first_name": "A", "last_name": "B", "phone": "06 39 98 12 34", "programme": somme, "consented_on": "2025-03-20"}, "territory_code", code)
		if got := f.send(f.actor(domain.Partner), "POST", "/v1/referrals", person).is(201).Fields["in_targeted_territory"]; got != want {
			t.Errorf("a referral from %v is in_targeted_territory %v", code, got)
		}
		entry := object(map[string]any{"participant_id": f.person("A", fmt.Sprint(code)).ID, "programme": somme, "entered_on": "2025-04-01"}, "territory_code", code)
		if got := f.send(f.actor(domain.Caseworker), "POST", "/v1/enrolments", entry).is(201).Fields["in_targeted_territory"]; got != want {
			t.Errorf("an entry from %v is in_targeted_territory %v", code, got)
		}
	}
}

// Walking all pages gives everything that was there when the walk began, each once, whatever is added meanwhile.
func TestPagesAreStable(t *testing.T) {
	f := newFixture(t)
	staff, id := f.actor(domain.Caseworker), f.enrolled("Camille", "Exemple", "2025-04-01").ID
	n := 0
	add := map[string]func(){
		"/v1/referrals": func() {
			n++
			f.send(f.actor(domain.Partner), "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "A", "last_name": fmt.Sprint("B", n), "phone": "06 39 98 12 34", "consented_on": "2025-03-20"}).is(201)
		},
		"/v1/appointments": func() { // two at the same instant each time, and later ones first
			n++
			for range 2 {
				f.send(staff, "POST", "/v1/appointments", map[string]any{"enrolment_id": id, "starts_at": fmt.Sprintf("2025-06-%02dT09:00:00Z", 30-n), "duration_minutes": 60, "mode": "phone"}).is(201)
			}
		},
		"/v1/participants":             func() { n++; f.person("A", fmt.Sprint("B", n)) },
		"/v1/territories?q=saint-ouen": func() {},
	}
	for path, more := range add {
		n = 0
		for range 5 {
			more()
		}
		there := map[any]bool{}
		key := func(item map[string]any) any {
			if item["id"] == nil {
				return item["code"]
			}
			return item["id"]
		}
		for _, item := range f.send(staff, "GET", path, nil).is(200).items() {
			there[key(item)] = true
		}
		seen := map[any]int{}
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		next, pages := path+separator+"limit=2", 0
		for next != "" && pages < 100 {
			got := f.send(staff, "GET", next, nil).is(200)
			pages++
			items := got.items()
			for _, item := range items {
				seen[key(item)]++
			}
			next = ""
			if cursor := got.Fields["next_cursor"]; cursor != nil {
				link := got.Header.Get("Link")
				target, rel, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
				if rel != `; rel="next"` || len(items) != 2 || !strings.Contains(target, url.QueryEscape(cursor.(string))) {
					t.Fatalf("Link %q with %d items", link, len(items))
				}
				next = target
			} else if got.Header.Get("Link") != "" {
				t.Errorf("a Link on the last page: %q", got.Header.Get("Link"))
			}
			more()
		}
		for item := range there {
			if seen[item] != 1 {
				t.Errorf("%s: %v was seen %d times", path, item, seen[item])
			}
		}
		if pages < 3 {
			t.Errorf("%s had %d pages only", path, pages)
		}
		for item, times := range seen {
			if times > 1 {
				t.Errorf("%s: %v came %d times", path, item, times)
			}
		}
	}
}
