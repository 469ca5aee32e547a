package demo_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"testing"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/demo"
)

// published is the table of L'Îlot, Pôle programmes d'accompagnement socioprofessionnel en
// Hauts-de-France, rapport d'activité 2025, at 31 December 2025. The report prints the displays
// and the targets, with a no-break space before the unit; the counts are the only ones that give
// them (24 % and 80 % need 25 people).
var published = []struct {
	key, display                    string
	numerator, denominator, unknown int
	target                          float64
}{
	{"beneficiaries", "26", 26, 0, 0, 179},
	{"justice_supervised_share", "100\u00a0%", 26, 26, 0, 60},
	{"youth_without_resources_share", "4\u00a0%", 1, 26, 0, 20},
	{"long_term_unemployed_share", "24\u00a0%", 6, 25, 1, 20},
	{"employment_at_6_months_rate", "19\u00a0%", 5, 26, 0, 50},
	{"certifying_training_exit_rate", "4\u00a0%", 1, 26, 0, 25},
	{"france_travail_registration_rate", "80\u00a0%", 20, 25, 1, 85},
	{"average_support_duration", "6\u00a0mois", 4604, 26, 0, 9}, // days; the report gives the display alone
	{"individual_attendance_rate", "68\u00a0%", 166, 244, 0, 75},
	{"workshop_attendance_rate", "/", 0, 0, 0, 55},
}

var atYearEnd = persistence.FiguresQuery{PeriodInput: domain.PeriodInput{AsOf: domain.MustDate("2025-12-31")}}

// An analyst reads the same column: the programme hides no small cell.
func (s synthetic) testPublishedFigures(t *testing.T) {
	store, result := s.store, s.result
	for _, role := range []domain.Role{domain.Coordinator, domain.Analyst} {
		figures, err := store.As(result.Actor(role)).Figures(t.Context(), demo.Somme, "", atYearEnd)
		if err != nil {
			t.Fatal(err)
		}
		byKey := map[string]domain.Figure{}
		for _, figure := range figures.Answer.Items {
			byKey[figure.Key] = figure
		}
		for _, want := range published {
			got, found := byKey[want.key]
			if !found || got.Suppressed || got.Display != want.display || *got.Numerator != want.numerator {
				t.Errorf("%s reads %s of %+v, not %s", role, want.key, got, want.display)
				continue
			}
			if got.Denominator != nil && (*got.Denominator != want.denominator || *got.Unknown != want.unknown) {
				t.Errorf("%s reads %s over %d with %d unknown, not over %d with %d", role, want.key, *got.Denominator, *got.Unknown, want.denominator, want.unknown)
			}
			if len(got.Targets) == 0 || got.Targets[0].Period != domain.WholeProgramme || got.Targets[0].Value != want.target {
				t.Errorf("%s reads targets %+v of %s, not %v", role, got.Targets, want.key, want.target)
			}
		}
		employment := byKey["employment_at_6_months_rate"]
		if *employment.Confirmed != 1 || *employment.Provisional != 4 || *employment.Unconfirmed != 0 {
			t.Errorf("exits to work: %d confirmed, %d provisional, %d unconfirmed", *employment.Confirmed, *employment.Provisional, *employment.Unconfirmed)
		}
		targets := byKey["beneficiaries"].Targets
		if len(targets) != 2 || targets[1].Period != "2025" || targets[1].Value != 58 || *targets[1].Met || *targets[1].Gap != -32 || *targets[0].Gap != -153 {
			t.Errorf("targets of beneficiaries: %+v", targets)
		}
	}
}

// The table is published as a snapshot too, and what the records say of that day since is the same.
func (s synthetic) testPublishedSnapshot(t *testing.T) {
	analyst, lead := s.store.As(s.result.Actor(domain.Analyst)), s.store.As(s.result.Actor(domain.Coordinator))
	listed, err := analyst.Snapshots(t.Context(), demo.Somme, domain.SnapshotQuery{})
	if err != nil || len(listed.Items) != 1 || listed.Items[0].PublishedAt.Year() != 2026 || listed.Items[0].SmallCells != 0 {
		t.Fatalf("published: %+v: %v", listed, err)
	}
	id := listed.Items[0].ID
	_, text, err := analyst.PublishedDocument(t.Context(), demo.Somme, id)
	var document domain.SnapshotDocument
	if err != nil || json.Unmarshal([]byte(text), &document) != nil {
		t.Fatalf("published: %s: %v", text, err)
	}
	for i, want := range published {
		if got := document.Figures[i]; got.Key != want.key || got.Display != want.display || *got.Numerator != want.numerator || got.Targets[0].Value != want.target {
			t.Errorf("published is %+v, not %s", got, want.display)
		}
	}
	compared, err := lead.CompareSnapshot(t.Context(), demo.Somme, id, domain.ComparisonQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, figure := range compared.Answer.Figures[:len(published)] {
		if figure.Changed == nil || *figure.Changed {
			t.Errorf("it differs since: %+v", figure)
		}
	}
}

func (s synthetic) testPublishedProfile(t *testing.T) {
	store, result := s.store, s.result
	answer, err := store.As(result.Actor(domain.Coordinator)).Profile(t.Context(), demo.Somme, atYearEnd)
	if err != nil {
		t.Fatal(err)
	}
	profile := answer.Answer
	shares := map[string]string{}
	for list, found := range map[string][]domain.Share{"gender": profile.Gender, "education": profile.EducationLevel, "justice": profile.JusticeStatus} {
		for _, share := range found {
			if *share.Count > 0 {
				shares[list+" "+share.Code] = fmt.Sprintf("%d, %s", *share.Count, share.Display)
			}
		}
	}
	for code, want := range map[string]string{
		"gender male": "25, 96\u00a0%", "gender female": "1, 4\u00a0%",
		"education cap_bep": "16, 62\u00a0%", "education brevet": "4, 15\u00a0%", "education sans_diplome": "6, 23\u00a0%",
		"justice milieu_ouvert": "26, 100\u00a0%",
	} {
		if shares[code] != want {
			t.Errorf("%s: %q, not %q", code, shares[code], want)
		}
		delete(shares, code)
	}
	if len(shares) > 0 {
		t.Errorf("others: %q", shares)
	}
	age := profile.Age
	if age.Display != "35\u00a0ans" || math.Abs(*age.Mean-35) > 1e-9 || *age.Min != 24 || *age.Max != 56 || *age.Unknown != 0 {
		t.Errorf("ages: %s, from %d to %d, %d unknown", age.Display, *age.Min, *age.Max, *age.Unknown)
	}
	if *profile.People != 26 || *profile.ExitsToWork.Count != 5 || *profile.MeetingsHeld != 166 {
		t.Errorf("%d people, %d exits to work, %d meetings held", *profile.People, *profile.ExitsToWork.Count, *profile.MeetingsHeld)
	}
}

func (s synthetic) testExitsToWork(t *testing.T) {
	conn := s.conn
	if n := count(t, conn, `SELECT count(*) FROM enrolments WHERE programme = 'o2r-somme' AND exited_on <= '2025-12-31' AND exit_kind IN ('interim', 'cdd_moins_6_mois', 'cdd_6_mois_ou_plus')`); n != 5 {
		t.Errorf("%d exits by intérim or CDD", n)
	}
	if n := count(t, conn, `SELECT count(*) FROM enrolments WHERE programme = 'o2r-somme' AND entered_on < '2025-04-01'`); n != 0 {
		t.Errorf("%d entered before the first enrolments of April 2025", n)
	}
}

func (s synthetic) testTargetedTerritories(t *testing.T) {
	store, result := s.store, s.result
	list, err := store.As(result.Actor(domain.Coordinator)).TargetedTerritories(t.Context(), demo.Somme)
	if err != nil {
		t.Fatal(err)
	}
	communes := 0
	for _, item := range list.Items {
		if item.Kind == domain.TerritoryCommune {
			communes++
		}
	}
	if len(list.Items) != 106 || communes != 105 || !list.Provisional || list.Method == nil || list.Source == nil {
		t.Errorf("%d territories, %d of them communes, provisional %t, method %v, source %v", len(list.Items), communes, list.Provisional, list.Method, list.Source)
	}
}

// Neither operator sees the other's people, and neither's figures know of them.
func (s synthetic) testOperatorsAreApart(t *testing.T) {
	store, result := s.store, s.result
	lead := result.Actor(domain.Coordinator)
	other := domain.Actor{Subject: "other", Role: domain.Coordinator, OrganisationID: result.Organisations["operateur-idf"], Programmes: []string{demo.IleDeFrance}}
	for _, c := range []struct {
		who    domain.Actor
		family string
		people int
		none   string // the other's programme
	}{{lead, "Exemple", 26, demo.IleDeFrance}, {other, "Spécimen", 5, demo.Somme}} {
		found, err := store.As(c.who).Participants(t.Context(), domain.Paging{Limit: 200})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Items) != c.people {
			t.Errorf("%s sees %d people, not %d", c.who.Subject, len(found.Items), c.people)
		}
		for _, participant := range found.Items {
			if participant.LastName != c.family || participant.OrganisationID != c.who.OrganisationID {
				t.Errorf("%s sees %s %s of %s", c.who.Subject, participant.FirstName, participant.LastName, participant.OrganisationID)
			}
		}
		if _, err := store.As(c.who).Figures(t.Context(), c.none, "", atYearEnd); err == nil {
			t.Errorf("%s reads the figures of %s", c.who.Subject, c.none)
		}
	}
}

// Each role that the demonstration hands out finds what is hers in the programme of the Somme.
func (s synthetic) testActors(t *testing.T) {
	count := map[domain.Role]int{}
	for _, role := range domain.Roles {
		session := s.store.As(s.result.Actor(role))
		referrals, err := session.Referrals(t.Context(), domain.ReferralQuery{Paging: domain.Paging{Limit: 200}})
		if err != nil {
			t.Fatal(err)
		}
		count[role] = len(referrals.Items)
	}
	if want := map[domain.Role]int{domain.Coordinator: 36, domain.Caseworker: 36, domain.Partner: 24, domain.Analyst: 0, domain.DPO: 42, domain.Admin: 0}; !maps.Equal(count, want) {
		t.Errorf("referrals seen are %v, not %v", count, want)
	}
	enrolments, err := s.store.As(s.result.Actor(domain.Caseworker)).Enrolments(t.Context(), persistence.EnrolmentQuery{Caseworker: s.result.Actor(domain.Caseworker).Subject, Status: domain.EnrolmentActive})
	if err != nil {
		t.Fatal(err)
	}
	for _, enrolment := range enrolments.Items {
		if enrolment.Programme != demo.Somme {
			t.Errorf("the caseworker follows somebody of %s", enrolment.Programme)
		}
	}
	if len(enrolments.Items) == 0 {
		t.Error("the caseworker follows nobody")
	}
}

// Nothing was written past the trail: each record was created in it, at the instant and by the
// organisation that the record bears, and each later version left a row of its own.
func (s synthetic) testTrail(t *testing.T) {
	conn := s.conn
	for table, kind := range map[string]string{
		"organisations": "organisation", "programmes": "programme", "sites": "site", "permanences": "permanence", "participants": "participant", "referrals": "referral",
		"enrolments": "enrolment", "appointments": "appointment", "france_travail_statuses": "france_travail_status", "jobs": "job", "outcomes": "outcome",
		"diagnostics": "diagnostic", "enrolment_barriers": "barrier", "enrolment_strengths": "strength", "charters": "charter", "objectives": "objective", "actions": "action", "enrolment_proposals": "proposal", "follow_ups": "follow_up", "extensions": "extension",
	} {
		missing := count(t, conn, `SELECT count(*) FROM `+table+` r WHERE r.version <>
			(SELECT count(*) FROM audit_events a WHERE a.kind = $1 AND a.action <> 'read' AND a.record_ids @> ARRAY[r.id::text]
				AND NOT (a.kind = 'referral' AND a.action IN ('appointment_scheduled', 'attendance_recorded', 'exited')))
			OR NOT EXISTS (SELECT FROM audit_events a WHERE a.kind = $1 AND a.action IN ('created', 'received') AND a.at = r.created_at AND a.record_ids @> ARRAY[r.id::text])
			OR NOT EXISTS (SELECT FROM events e WHERE e.kind = $1 AND e.occurred_at = r.created_at AND e.record_id = r.id::text)`, kind)
		if missing > 0 {
			t.Errorf("%d %s are not as the trail tells", missing, table)
		}
	}
	for what, query := range map[string]string{
		"targets or lists without a trace": `SELECT 3 - count(*) FROM audit_events WHERE kind IN ('targets', 'targeted_territories') AND action = 'updated'`,
		"referrals not by a partner":       `SELECT count(*) FROM audit_events WHERE kind = 'referral' AND action = 'received' AND role <> 'partner'`,
		"decisions not by a coordinator":   `SELECT count(*) FROM audit_events WHERE kind = 'referral' AND action IN ('reviewed', 'accepted', 'declined') AND role <> 'coordinator'`,
		"rows out of the order of time":    `SELECT count(*) FROM (SELECT at < lag(at) OVER (ORDER BY id) AS back FROM audit_events WHERE at >= '2025-03-11') o WHERE back`,
	} {
		if n := count(t, conn, query); n != 0 {
			t.Errorf("%s: %d", what, n)
		}
	}
}

// There is something of each kind to look at: checkpoints to come, due, late, done and waived, evidence that is missing, and
// paths near nine months, beyond them with a reason and without.
func (s synthetic) testAfterExits(t *testing.T) {
	of := func(enrolmentID string) string {
		var name string
		if err := s.conn.QueryRow(t.Context(), `SELECT first_name FROM participants p JOIN enrolments e ON e.participant_id = p.id WHERE e.id = $1`, enrolmentID).Scan(&name); err != nil {
			t.Fatal(err)
		}
		return name
	}
	lead := s.result.Actor(domain.Coordinator)
	other := domain.Actor{Subject: "other", Role: domain.Coordinator, OrganisationID: s.result.Organisations["operateur-idf"], Programmes: []string{demo.IleDeFrance}}
	states, alerts, missing := map[string]string{}, map[string]domain.DurationAlert{}, 0
	done := 0
	for _, who := range []domain.Actor{lead, other} {
		owed, err := s.store.As(who).Checkpoints(t.Context(), domain.CheckpointQuery{Paging: domain.Paging{Limit: 200}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range owed.Items {
			if c.State == domain.CheckpointDone {
				done++
			} else {
				states[of(c.EnrolmentID)] = fmt.Sprint(c.State, " ", c.Contacts)
			}
			if c.EvidenceMissing {
				missing++
			}
		}
		found, err := s.store.As(who).Alerts(t.Context(), domain.AlertQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range found.Items {
			alerts[of(a.EnrolmentID)] = a.Kind
		}
	}
	if want := map[string]string{"Whisky": "due 1", "Uniforme": "overdue 4", "X-Ray": "upcoming 1", "Bêta": "waived 1", "Epsilon": "upcoming 1"}; !maps.Equal(states, want) || done != 13 || missing != 1 {
		t.Errorf("owed are %v, %d are done, of %d nothing shows it", states, done, missing)
	}
	if want := map[string]domain.DurationAlert{"Yankee": domain.AlertExtended, "Zoulou": domain.AlertOver9, "Thêta": domain.AlertApproaching}; !maps.Equal(alerts, want) {
		t.Errorf("alerts are %v", alerts)
	}
}
