package territories

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A changed file needs a higher Revision, or databases that have the old one would keep it.
func TestRevisionFollowsTheFiles(t *testing.T) {
	digests := map[int]string{
		1: "d33de20436c00827de785a8c16d57e65737beddce9c8119abafe2110d742c0f7",
	}
	if got := SHA256(); got != digests[Revision] {
		t.Errorf("the files of revision %d digest to %s: a changed file needs the next Revision, added here with its digest", Revision, got)
	}
}

func TestCommunes(t *testing.T) {
	rows, err := Communes()
	if err != nil {
		t.Fatal(err)
	}
	byCode := map[string]Row{}
	communes, arrondissements, overseas, inhabitants := 0, 0, 0, 0
	postalCode := regexp.MustCompile(`^[0-9]{5}$`)
	for i, r := range rows {
		if i > 0 && rows[i-1].Code >= r.Code {
			t.Errorf("%s follows %s", r.Code, rows[i-1].Code)
		}
		byCode[r.Code] = r
		if r.Kind != Commune || r.Name == "" || r.DepartmentName == "" || r.RegionName == "" || r.Population == nil {
			t.Errorf("%s is incomplete: %+v", r.Code, r)
		}
		if (r.EPCICode == "") != (r.EPCIName == "") || (r.CantonCode == "") != (r.CantonName == "") {
			t.Errorf("%s has half an EPCI or half a canton: %+v", r.Code, r)
		}
		if len(r.PostalCodes) == 0 || !slices.IsSorted(r.PostalCodes) {
			t.Errorf("postal codes of %s: %v", r.Code, r.PostalCodes)
		}
		for _, code := range r.PostalCodes {
			if !postalCode.MatchString(code) {
				t.Errorf("postal code of %s: %q", r.Code, code)
			}
		}
		switch {
		case r.ParentCode != "":
			arrondissements++
		default:
			communes++
			inhabitants += *r.Population
			if r.DepartmentCode >= "975" && r.DepartmentCode != "976" {
				overseas++
			}
		}
	}
	for _, count := range []struct {
		of        string
		got, want int
	}{
		{"rows", len(rows), 35008},
		{"communes", communes, 34963},
		{"communes of overseas collectivities", overseas, 88},
		{"municipal arrondissements", arrondissements, 45},
		{"inhabitants, arrondissements not counted twice", inhabitants, 68_952_941},
	} {
		if count.got != count.want {
			t.Errorf("%s: %d, want %d", count.of, count.got, count.want)
		}
	}

	for _, want := range []struct {
		code, name, department, region, epci, canton, parent, postalCodes string
		population                                                        int
	}{
		{"80021", "Amiens", "Somme", "Hauts-de-France", "CA Amiens Métropole", "", "", "80000 80080 80090", 136449},
		{"80253", "Doullens", "Somme", "Hauts-de-France", "CC du Territoire Nord Picardie", "Doullens", "", "80600", 5751},
		{"80318", "Flixecourt", "Somme", "Hauts-de-France", "CC Nièvre et Somme", "Flixecourt", "", "80420", 3221},
		{"75116", "Paris 16e Arrondissement", "Paris", "Île-de-France", "Métropole du Grand Paris", "", "75056", "75016 75116", 159386},
		{"2A004", "Ajaccio", "Corse-du-Sud", "Corse", "CA du Pays Ajaccien", "", "", "20000 20090 20167", 76320},
		{"97701", "Saint-Barthélemy", "Saint-Barthélemy", "Saint-Barthélemy", "", "", "", "97133", 10660},
	} {
		got := byCode[want.code]
		if got.Name != want.name || got.DepartmentName != want.department || got.RegionName != want.region ||
			got.EPCIName != want.epci || got.CantonName != want.canton || got.ParentCode != want.parent ||
			strings.Join(got.PostalCodes, " ") != want.postalCodes || got.Population == nil || *got.Population != want.population {
			t.Errorf("%s: %+v, want %+v", want.code, got, want)
		}
	}
	if got := byCode["80318"].EPCICode; got != "200071223" {
		t.Errorf("EPCI of Flixecourt: %s", got)
	}

	for code, why := range map[string]string{
		"98412": "nobody resides in the Kerguelen",
		"98901": "nobody resides on Clipperton",
		"01120": "Cordieux is an associated commune",
		"69232": "a former code of Lyon",
	} {
		if r, found := byCode[code]; found {
			t.Errorf("%s %s is there, and %s", r.Code, r.Name, why)
		}
	}
}

// The arrondissements share out the inhabitants and the postal codes of their city.
func TestArrondissementsMakeTheirCity(t *testing.T) {
	rows, err := Communes()
	if err != nil {
		t.Fatal(err)
	}
	for _, city := range []struct {
		code            string
		arrondissements int
	}{{"75056", 20}, {"69123", 9}, {"13055", 16}} {
		var whole Row
		var codes []string
		count, inhabitants := 0, 0
		for _, r := range rows {
			switch city.code {
			case r.Code:
				whole = r
			case r.ParentCode:
				count++
				inhabitants += *r.Population
				codes = append(codes, r.PostalCodes...)
			}
		}
		slices.Sort(codes)
		if count != city.arrondissements || inhabitants != *whole.Population || !slices.Equal(codes, whole.PostalCodes) {
			t.Errorf("%s: %d arrondissements, %d inhabitants of %d, postal codes %v of %v",
				whole.Name, count, inhabitants, *whole.Population, codes, whole.PostalCodes)
		}
	}
}

func TestQuarters(t *testing.T) {
	rows, err := All()
	if err != nil {
		t.Fatal(err)
	}
	var quarters []Row
	for _, r := range rows {
		if r.Kind == Quarter {
			quarters = append(quarters, r)
		}
	}
	if len(quarters) != 1 {
		t.Fatalf("%d quarters, want Amiens Nord alone: %+v", len(quarters), quarters)
	}
	got := quarters[0]
	if got.Code != "QP080003" || got.Name != "Amiens Nord" || got.ParentCode != "80021" || got.DepartmentCode != "80" ||
		got.EPCIName != "CA Amiens Métropole" || got.PostalCodes == nil || len(got.PostalCodes) != 0 || got.Population != nil {
		t.Errorf("Amiens Nord: %+v", got)
	}
	if !strings.Contains(got.Note, "QN08003M, n'est pas vérifié") {
		t.Errorf("the note does not say which code is unverified: %s", got.Note)
	}
}

func TestSommeTargeted(t *testing.T) {
	list, err := SommeTargeted()
	if err != nil {
		t.Fatal(err)
	}
	if list.Programme != "o2r-somme" || !list.Provisional || list.Notice == "" || len(list.Source) == 0 {
		t.Errorf("the list says of itself %+v", list)
	}
	if !strings.HasSuffix(list.Method, "le QPV est compté à part, comme dans le rapport.") {
		t.Errorf("method: %s", list.Method)
	}
	rows, err := All()
	if err != nil {
		t.Fatal(err)
	}
	byCode := map[string]Row{}
	for _, r := range rows {
		byCode[r.Code] = r
	}
	kinds, sectors, epcis, inhabitants := map[string]int{}, map[string]int{}, map[string]int{}, 0
	seen := map[string]bool{}
	for _, item := range list.Items {
		r, found := byCode[item.Code]
		if !found || seen[item.Code] {
			t.Errorf("%s: known %t, twice %t", item.Code, found, seen[item.Code])
		}
		seen[item.Code] = true
		kinds[r.Kind]++
		sectors[item.Sector]++
		if r.Kind == Commune {
			epcis[r.EPCIName]++
			inhabitants += *r.Population
			if r.CantonCode == "" {
				t.Errorf("%s has no canton", r.Name)
			}
		}
	}
	if kinds[Commune] != 105 || kinds[Quarter] != 1 || seen["80021"] || inhabitants != 60252 {
		t.Errorf("%v, Amiens %t, %d inhabitants; want 105 communes without Amiens and 1 quarter, 60,252 inhabitants", kinds, seen["80021"], inhabitants)
	}
	for sector, want := range map[string]int{"Flixecourt": 41, "Doullens": 44, "Territoire Nord Picardie sud": 20, "Amiens Nord": 1} {
		if sectors[sector] != want {
			t.Errorf("sector %s: %d, want %d", sector, sectors[sector], want)
		}
	}
	if len(sectors) != 4 || epcis["CC Nièvre et Somme"] != 36 || epcis["CC du Territoire Nord Picardie"] != 65 {
		t.Errorf("sectors %v, EPCI %v", sectors, epcis)
	}
}
