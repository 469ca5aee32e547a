package domain

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

var employer, orienter = OrganisationEmployeur, OrganisationFranceTravail

func stay(from, to string) ImmersionInput {
	return ImmersionInput{Purpose: ImmersionDecouvrirUnMetier, HostID: new("host"), PrescriberID: new("ft"), StartsOn: MustDate(from), EndsOn: MustDate(to)}
}

// explained insists on a refusal of that field that names its article.
func explained(err error, field, code, article string) string {
	var refusal *Error
	if !errors.As(err, &refusal) || len(refusal.Fields) == 0 {
		return fmt.Sprint("it says ", err)
	}
	for _, fault := range refusal.Fields {
		if fault.Location == "body."+field && fault.Code == code && strings.Contains(fault.Message, article) {
			return ""
		}
	}
	return fmt.Sprintf("it says %+v", refusal.Fields)
}

// A month from date to date ends on the eve of the same number, or with the month that has none.
func TestAConventionLastsAMonth(t *testing.T) {
	for from, last := range map[string]string{
		"2026-01-15": "2026-02-14", "2026-06-10": "2026-07-09", "2025-12-15": "2026-01-14", "2026-04-30": "2026-05-29",
		"2026-02-01": "2026-02-28", "2024-02-01": "2024-02-29", "2026-03-01": "2026-03-31", "2026-12-01": "2026-12-31",
		"2026-01-28": "2026-02-27", "2026-01-29": "2026-02-28", "2026-01-30": "2026-02-28", "2026-01-31": "2026-02-28",
		"2024-01-29": "2024-02-28", "2024-01-30": "2024-02-29", "2024-01-31": "2024-02-29",
		"2024-02-29": "2024-03-28", "2026-02-28": "2026-03-27", "2026-05-31": "2026-06-30", "2026-08-31": "2026-09-30", "2026-07-31": "2026-08-30",
	} {
		parties := ImmersionParties{Host: &employer, Prescriber: &orienter}
		for _, day := range []string{from, last} {
			if err := stay(from, day).Check(parties); err != nil {
				t.Errorf("from %s to %s: %v", from, day, err)
			}
		}
		late := MustDate(last).AddDays(1).String()
		if wrong := explained(stay(from, late).Check(parties), "ends_on", "longer_than_a_month", "D. 5135-3"); wrong != "" {
			t.Errorf("from %s to %s: %s", from, late, wrong)
		}
	}
	early := stay("2026-01-15", "2026-01-14")
	if wrong := explained(early.Check(ImmersionParties{Host: &employer, Prescriber: &orienter}), "ends_on", "before_start", "starts"); wrong != "" {
		t.Error(wrong)
	}
}

func TestWhoHostsAndWhoPrescribes(t *testing.T) {
	of := func(kind OrganisationKind) *OrganisationKind { return &kind }
	for _, row := range []struct {
		name                  string
		host, prescriber, let OrganisationKind // let: with whom it has an agreement
		field, code, article  string           // none where it is allowed
	}{
		{"France Travail", OrganisationEmployeur, OrganisationFranceTravail, "", "", "", ""},
		{"a mission locale, at a SIAE", OrganisationSIAE, OrganisationMissionLocale, "", "", "", ""},
		{"Cap emploi, at a town hall", OrganisationCommune, OrganisationCapEmploi, "", "", "", ""},
		{"a département", OrganisationAssociation, OrganisationMDSI, "", "", "", ""},
		{"a SIAE", OrganisationEmployeur, OrganisationSIAE, "", "", "", ""},
		{"an O2R body under agreement", OrganisationEmployeur, OrganisationOperateur, OrganisationFranceTravail, "", "", ""},
		{"an O2R body by itself", OrganisationEmployeur, OrganisationOperateur, "", "agreement_with_id", "agreement_required", "L. 5135-2, 5°"},
		{"an association by itself", OrganisationEmployeur, OrganisationAssociation, "", "agreement_with_id", "agreement_required", "D. 5135-7"},
		{"the SPIP by itself", OrganisationEmployeur, OrganisationSPIP, "", "agreement_with_id", "agreement_required", "L. 5135-2"},
		{"the employer for itself", OrganisationEmployeur, OrganisationEmployeur, "", "agreement_with_id", "agreement_required", "L. 5135-2"},
		{"an O2R body by a SIAE's agreement", OrganisationEmployeur, OrganisationOperateur, OrganisationSIAE, "agreement_with_id", "lets_nobody_prescribe", "D. 5135-7"},
		{"an O2R body by another's agreement", OrganisationEmployeur, OrganisationOperateur, OrganisationOperateur, "agreement_with_id", "lets_nobody_prescribe", "D. 5135-7"},
		{"France Travail by an association's", OrganisationEmployeur, OrganisationFranceTravail, OrganisationAssociation, "agreement_with_id", "lets_nobody_prescribe", "D. 5135-7"},
		{"at the SPIP", OrganisationSPIP, OrganisationFranceTravail, "", "host_id", "no_host", "L. 5135-1"},
		{"at the operator", OrganisationOperateur, OrganisationFranceTravail, "", "host_id", "no_host", "L. 5135-1"},
		{"at the funder", OrganisationFinanceur, OrganisationFranceTravail, "", "host_id", "no_host", "L. 5135-1"},
	} {
		parties := ImmersionParties{Host: of(row.host), Prescriber: of(row.prescriber)}
		in := stay("2026-01-15", "2026-01-30")
		if row.let != "" {
			parties.AgreementWith, in.AgreementWithID = of(row.let), new("other")
		}
		err := in.Check(parties)
		if row.code == "" && err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if row.code != "" {
			if wrong := explained(err, row.field, row.code, row.article); wrong != "" {
				t.Errorf("%s: %s", row.name, wrong)
			}
		}
	}
	own := stay("2026-01-15", "2026-01-30")
	own.PrescriberID = own.HostID
	if wrong := explained(own.Check(ImmersionParties{Host: of(OrganisationSIAE), Prescriber: of(OrganisationSIAE)}), "host_id", "prescribes_to_itself", "L. 5135-4"); wrong != "" {
		t.Error(wrong)
	}
	agreed := stay("2026-01-15", "2026-01-30")
	agreed.AgreementWithID = agreed.PrescriberID
	if wrong := explained(agreed.Check(ImmersionParties{Host: &employer, Prescriber: &orienter, AgreementWith: &orienter}), "agreement_with_id", "own_agreement", "another"); wrong != "" {
		t.Error(wrong)
	}
}

// written is an immersion in a row: its name, its host, its days and what is said of it: confirm or recruit for another object than
// to discover, =text for objectives, <name for what it renews, gone where it was called off, elsewhere for another path.
func written(text string) Immersion {
	words := strings.Fields(text)
	m := Immersion{ImmersionInput: stay(words[2], words[3])}
	m.ID, m.HostID, m.EnrolmentID = words[0], &words[1], "path"
	for _, word := range words[4:] {
		switch {
		case word == "confirm":
			m.Purpose = ImmersionConfirmerUnProjet
		case word == "recruit":
			m.Purpose = ImmersionInitierUnRecrutement
		case word == "gone":
			m.CancelledOn = &m.StartsOn
		case word == "elsewhere":
			m.EnrolmentID = "other path"
		case word[0] == '=':
			m.Objectives = new(word[1:])
		case word[0] == '<':
			m.RenewalOf = new(word[1:])
		}
	}
	return m
}

func TestWhatOneHostMayDoInAYear(t *testing.T) {
	for _, row := range []struct {
		name        string
		there       []string
		asked       string
		field, code string // none where it is allowed
	}{
		{"the first", nil, "b farm 2026-03-02 2026-03-20", "", ""},
		{"at another host", []string{"a farm 2026-01-05 2026-02-04"}, "b mill 2026-03-02 2026-03-20", "", ""},
		{"for another object", []string{"a farm 2026-01-05 2026-01-30"}, "b farm 2026-03-02 2026-03-20 confirm", "", ""},
		{"for another objective", []string{"a farm 2026-01-05 2026-01-30 =animals"}, "b farm 2026-03-02 2026-03-20 =fields", "", ""},
		{"the same object, nothing said", []string{"a farm 2026-01-05 2026-01-30"}, "b farm 2026-03-02 2026-03-20", "objectives", "same_object"},
		{"the same object, said of one", []string{"a farm 2026-01-05 2026-01-30 =animals"}, "b farm 2026-03-02 2026-03-20", "objectives", "same_object"},
		{"the same objective in capitals", []string{"a farm 2026-01-05 2026-01-30 =animals"}, "b farm 2026-03-02 2026-03-20 =ANIMALS", "objectives", "same_object"},
		{"the same object before the other", []string{"a farm 2026-05-05 2026-05-30"}, "b farm 2026-03-02 2026-03-20", "objectives", "same_object"},
		{"the same object on another path", []string{"a farm 2026-01-05 2026-01-30 elsewhere"}, "b farm 2026-03-02 2026-03-20", "objectives", "same_object"},
		{"the same object a year later", []string{"a farm 2025-03-02 2025-03-20"}, "b farm 2026-03-02 2026-03-20", "", ""},
		{"the same object a day too soon", []string{"a farm 2025-03-03 2025-03-20"}, "b farm 2026-03-02 2026-03-20", "objectives", "same_object"},
		{"the same object a leap year later", []string{"a farm 2024-02-29 2024-03-20"}, "b farm 2025-03-01 2025-03-20", "", ""},
		{"on the last day of a leap year", []string{"a farm 2024-02-29 2024-03-20"}, "b farm 2025-02-28 2025-03-20", "objectives", "same_object"},
		{"after one that was called off", []string{"a farm 2026-01-05 2026-01-30 gone"}, "b farm 2026-03-02 2026-03-20", "", ""},

		{"the third in a year", []string{"a farm 2026-01-05 2026-01-16", "b farm 2026-03-02 2026-03-13 confirm"}, "c farm 2026-05-04 2026-05-15 recruit", "host_id", "too_many_conventions"},
		{"the third on another path", []string{"a farm 2026-01-05 2026-01-16 elsewhere", "b farm 2026-03-02 2026-03-13 confirm"}, "c farm 2026-05-04 2026-05-15 recruit", "host_id", "too_many_conventions"},
		{"the third between two", []string{"a farm 2026-01-05 2026-01-16", "b farm 2026-05-04 2026-05-15 confirm"}, "c farm 2026-03-02 2026-03-13 recruit", "host_id", "too_many_conventions"},
		{"the third before two", []string{"a farm 2026-03-02 2026-03-13", "b farm 2026-05-04 2026-05-15 confirm"}, "c farm 2026-01-05 2026-01-16 recruit", "host_id", "too_many_conventions"},
		{"the third, a year after the first", []string{"a farm 2025-05-04 2025-05-15", "b farm 2026-03-02 2026-03-13 confirm"}, "c farm 2026-05-04 2026-05-15 recruit", "", ""},
		{"the third, a day too soon", []string{"a farm 2025-05-05 2025-05-15", "b farm 2026-03-02 2026-03-13 confirm"}, "c farm 2026-05-04 2026-05-15 recruit", "host_id", "too_many_conventions"},
		{"the third where one was called off", []string{"a farm 2026-01-05 2026-01-16", "b farm 2026-03-02 2026-03-13 confirm gone"}, "c farm 2026-05-04 2026-05-15 recruit", "", ""},
		{"the third at another host", []string{"a farm 2026-01-05 2026-01-16", "b farm 2026-03-02 2026-03-13 confirm"}, "c mill 2026-05-04 2026-05-15 recruit", "", ""},
		{"between two that are more than a year apart", []string{"a farm 2025-06-02 2025-06-13", "b farm 2026-06-15 2026-06-26 confirm"}, "c farm 2025-12-01 2025-12-12 recruit", "", ""},
		{"itself, corrected", []string{"a farm 2026-01-05 2026-01-16", "b farm 2026-03-02 2026-03-13 confirm"}, "b farm 2026-03-02 2026-03-20 confirm", "", ""},

		{"sixty days", []string{"a farm 2026-01-01 2026-01-31"}, "b farm 2026-03-01 2026-03-29 confirm", "", ""},
		{"sixty-one days", []string{"a farm 2026-01-01 2026-01-31"}, "b farm 2026-03-01 2026-03-30 confirm", "ends_on", "too_many_days"},
		{"a renewal within sixty days", []string{"a farm 2026-01-01 2026-01-31"}, "b farm 2026-02-01 2026-02-28 <a", "", ""},
		{"a renewal beyond sixty days", []string{"a farm 2026-03-01 2026-03-31"}, "b farm 2026-04-01 2026-04-30 <a", "ends_on", "too_many_days"},
		{"renewed, and another that fits", []string{"a farm 2026-01-01 2026-01-20", "b farm 2026-02-02 2026-02-21 <a"}, "c farm 2026-04-01 2026-04-20 confirm", "", ""},
		{"renewed, and another that does not", []string{"a farm 2026-01-01 2026-01-20", "b farm 2026-02-02 2026-02-21 <a"}, "c farm 2026-04-01 2026-04-21 confirm", "ends_on", "too_many_days"},
		{"days of a year ago count no more", []string{"a farm 2025-01-01 2025-01-31", "b farm 2025-02-01 2025-02-28 <a"}, "c farm 2026-01-30 2026-02-28", "", ""},
		{"and count while they are within", []string{"a farm 2025-02-01 2025-02-28", "b farm 2025-03-01 2025-03-31 <a"}, "c farm 2026-01-30 2026-02-28 confirm", "ends_on", "too_many_days"},
		{"days at another host do not count", []string{"a mill 2026-01-01 2026-01-31"}, "b farm 2026-03-01 2026-03-31", "", ""},
		{"days that were called off do not count", []string{"a farm 2026-01-01 2026-01-31 gone"}, "b farm 2026-03-01 2026-03-31", "", ""},

		{"and in the window of a leap year that no stay begins", []string{"a farm 2023-02-10 2023-03-09", "b farm 2023-03-10 2023-04-01 <a"}, "c farm 2024-02-01 2024-02-29 confirm", "ends_on", "too_many_days"},

		{"a renewal of nothing", nil, "b farm 2026-02-01 2026-02-10 <a", "renewal_of", "unknown"},
		{"of one on another path", []string{"a farm 2026-01-05 2026-01-16 elsewhere"}, "b farm 2026-02-01 2026-02-10 <a", "renewal_of", "unknown"},
		{"of one that was called off", []string{"a farm 2026-01-05 2026-01-16 gone"}, "b farm 2026-02-01 2026-02-10 <a", "renewal_of", "unknown"},
		{"of itself", []string{"a farm 2026-01-05 2026-01-16"}, "a farm 2026-01-05 2026-01-16 <a", "renewal_of", "unknown"},
		{"of a renewal", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a"}, "c farm 2026-03-01 2026-03-05 <b", "renewal_of", "renewed_once"},
		{"a second time", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a"}, "c farm 2026-03-01 2026-03-05 <a", "renewal_of", "renewed_already"},
		{"again, the first renewal called off", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a gone"}, "c farm 2026-03-01 2026-03-05 <a", "", ""},
		{"of another, what was renewed itself", []string{"a farm 2026-01-05 2026-01-10 =animals", "b farm 2026-02-01 2026-02-05 =fields", "c farm 2026-03-01 2026-03-05 <b"}, "b farm 2026-02-01 2026-02-05 <a", "renewal_of", "renewed_once"},
		{"of another, its own renewal called off", []string{"a farm 2026-01-05 2026-01-10 =animals", "b farm 2026-02-01 2026-02-05 =fields", "c farm 2026-03-01 2026-03-05 <b gone"}, "b farm 2026-02-01 2026-02-05 <a", "", ""},
		{"with another host", []string{"a farm 2026-01-05 2026-01-10"}, "b mill 2026-02-01 2026-02-05 <a", "host_id", "other_host"},
		{"for another object", []string{"a farm 2026-01-05 2026-01-10"}, "b farm 2026-02-01 2026-02-05 <a confirm", "purpose", "other_purpose"},
		{"that begins too early", []string{"a farm 2026-01-05 2026-01-10"}, "b farm 2026-01-10 2026-01-20 <a", "starts_on", "before_end"},
		{"renewed, now with another host", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a"}, "a mill 2026-01-05 2026-01-10", "ends_on", "renewed"},
		{"renewed, now for another object", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a"}, "a farm 2026-01-05 2026-01-10 confirm", "ends_on", "renewed"},
		{"renewed, now into its renewal", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a"}, "a farm 2026-01-05 2026-02-01", "ends_on", "renewed"},
		{"renewed, and a little longer", []string{"a farm 2026-01-05 2026-01-10", "b farm 2026-02-01 2026-02-05 <a"}, "a farm 2026-01-05 2026-01-20", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			var there []Immersion
			for _, text := range row.there {
				there = append(there, written(text))
			}
			err := written(row.asked).Among(there)
			switch {
			case row.code == "" && err != nil:
				t.Error(err)
			case row.code != "":
				article := "D. 5135-3"
				if row.code == "unknown" || row.code == "before_end" {
					article = " "
				}
				if wrong := explained(err, row.field, row.code, article); wrong != "" {
					t.Error(wrong)
				}
			}
		})
	}
}

// However stays follow upon each other, also two at once: no twelve months from any day on hold more than sixty days of those
// that were let in, and none was refused for that without reason.
func TestNoTwelveMonthsHoldMoreThanSixtyDays(t *testing.T) {
	random := rand.New(rand.NewPCG(5135, 3))
	first, refused, asked := MustDate("2022-01-01"), 0, 0
	ends := make([]int, 1500) // of the twelve months from each day on, the day after
	for day := range ends {
		ends[day] = first.AddDays(day).LastDayOf(12).DaysSince(first) + 1
	}
	for range 3000 {
		var in []Immersion
		counted := make([]int, 2000) // days there, day by day
		for range 8 {
			starts := 400 + random.IntN(50) + 340*random.IntN(2) // many about the leap day, and a year before
			m := Immersion{ImmersionInput: ImmersionInput{StartsOn: first.AddDays(starts), EndsOn: EarlierOf(first.AddDays(starts+random.IntN(31)), first.AddDays(starts).LastDayOf(1))}}
			with, most, sum := slices.Clone(counted), 0, make([]int, 2001)
			for day := starts; day <= m.EndsOn.DaysSince(first); day++ {
				with[day]++
			}
			for day, days := range with {
				sum[day+1] = sum[day] + days
			}
			for day, end := range ends {
				if sum[min(m.EndsOn.DaysSince(first)+1, end)] > sum[max(day, starts)] { // it holds some of this stay
					most = max(most, sum[end]-sum[day])
				}
			}
			err := m.withinDays(in)
			if asked++; (err != nil) != (most > ImmersionDays) {
				t.Fatalf("with %v, %s to %s: %d days, %v", in, m.StartsOn, m.EndsOn, most, err)
			}
			if err == nil {
				in, counted = append(in, m), with
			} else {
				refused++
			}
		}
	}
	if refused < asked/10 || refused > asked*9/10 {
		t.Errorf("%d of %d were refused: it proves little", refused, asked)
	}
}

func TestAnImmersionIsCalledOffOnce(t *testing.T) {
	today := MustDate("2026-02-01")
	for name, row := range map[string]struct {
		asked  string
		others []string
		reason string
		code   string // of the refusal, if any
	}{
		"planned":             {"a farm 2026-03-05 2026-03-10", nil, "L'entreprise a fermé.", ""},
		"beside others":       {"a farm 2026-03-05 2026-03-10", []string{"b farm 2026-01-05 2026-01-10"}, "L'entreprise a fermé.", ""},
		"a renewal":           {"b farm 2026-03-05 2026-03-10 <a", []string{"a farm 2026-01-05 2026-01-10"}, "L'entreprise a fermé.", ""},
		"renewed":             {"a farm 2026-01-05 2026-01-10", []string{"b farm 2026-03-05 2026-03-10 <a"}, "L'entreprise a fermé.", "immersion_renewed"},
		"its renewal was too": {"a farm 2026-01-05 2026-01-10", []string{"b farm 2026-03-05 2026-03-10 <a gone"}, "L'entreprise a fermé.", ""},
		"twice":               {"a farm 2026-03-05 2026-03-10 gone", nil, "L'entreprise a fermé.", "immersion_cancelled"},
		"without a reason":    {"a farm 2026-03-05 2026-03-10", nil, "   ", "invalid"},
	} {
		m := written(row.asked)
		var others []Immersion
		for _, text := range row.others {
			others = append(others, written(text))
		}
		err := m.Cancel(Reason{row.reason}, others, today)
		var refusal *Error
		if row.code == "" && (err != nil || m.CancelledOn == nil || len(m.View().AvailableActions) != 0) || row.code != "" && (!errors.As(err, &refusal) || refusal.Code != row.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
