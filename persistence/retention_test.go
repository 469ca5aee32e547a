package persistence_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

var errStop = errors.New("stopped by the test")

// aged is a programme that took people on in 2024 and 2025, looked at from June 2027.
type aged struct {
	*testing.T
	store   *persistence.Store
	conn    *pgx.Conn
	officer *persistence.Session // in June 2027
	staff   domain.Actor
	partner domain.Actor
	people  map[string]string // by name: participant
	paths   map[string]string // by name: enrolment
}

const programme = "o2r-somme"

func newAged(t *testing.T) *aged {
	t.Helper()
	store, url := storetest.WithURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	a := &aged{T: t, store: store, conn: conn, people: map[string]string{}, paths: map[string]string{}}
	admin := store.As(domain.Actor{Subject: "a", Role: domain.Admin})
	organisation, err := admin.NewOrganisation(t.Context(), domain.OrganisationInput{Slug: "operateur", OrganisationNaming: domain.OrganisationNaming{Name: "Opérateur", Kind: domain.OrganisationOperateur}})
	a.must(err)
	_, err = admin.NewProgramme(t.Context(), domain.ProgrammeInput{Slug: programme, Name: "Somme", OperatorID: organisation.ID, StartsOn: domain.MustDate("2024-01-01"), EndsOn: domain.MustDate("2027-12-31")})
	a.must(err)
	a.staff = domain.Actor{Subject: "c", Role: domain.Coordinator, OrganisationID: organisation.ID, Programmes: []string{programme}}
	a.partner = domain.Actor{Subject: "p", Role: domain.Partner, OrganisationID: organisation.ID, Programmes: []string{programme}}
	a.officer = a.on("2027-06-01").As(domain.Actor{Subject: "dpo", Role: domain.DPO, Programmes: []string{}})
	return a
}

func (a *aged) must(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *aged) on(day string) *persistence.Store {
	return a.store.At(domain.MustDate(day).Start().Add(9 * time.Hour))
}

// enter records somebody who enters that day.
func (a *aged) enter(name, day string, status domain.JusticeStatus) {
	a.Helper()
	session := a.on(day).As(a.staff)
	person, err := session.NewParticipant(a.Context(), domain.ParticipantInput{Identity: domain.Identity{FirstName: "Prénom", LastName: name, BirthDate: new(domain.MustDate("1990-02-03"))}})
	a.must(err)
	path, err := session.Enrol(a.Context(), domain.EnrolmentInput{ParticipantID: person.ID, Programme: programme, EnteredOn: domain.MustDate(day), Situation: domain.Situation{JusticeStatus: &status}})
	a.must(err)
	a.people[name], a.paths[name] = person.ID, path.ID
}

func (a *aged) leave(name, day string, agreed bool) {
	a.Helper()
	_, err := a.on(day).As(a.staff).Exit(a.Context(), a.paths[name], domain.Match{}, domain.Exit{ExitedOn: domain.MustDate(day), Kind: domain.ExitKind("cdi"), FollowUpAgreed: &agreed})
	a.must(err)
}

func (a *aged) meet(name, day string, status domain.Attendance) {
	a.Helper()
	session := a.on(day).As(a.staff)
	held, err := session.Schedule(a.Context(), domain.AppointmentInput{EnrolmentID: a.paths[name], StartsAt: domain.MustDate(day).Start().Add(8 * time.Hour), DurationMinutes: 60, Mode: domain.MeetingMode("in_person")})
	a.must(err)
	_, err = session.RecordAttendance(a.Context(), held.ID, domain.Match{}, domain.AttendanceInput{Status: status})
	a.must(err)
}

func (a *aged) refer(name, day string, decide bool) {
	a.Helper()
	sent, _, err := a.on(day).As(a.partner).Refer(a.Context(), domain.ReferralInput{Programme: programme, Identity: domain.Identity{FirstName: "Prénom", LastName: name}, Contact: domain.Contact{Phone: new("06 39 98 00 00")}, ConsentedOn: domain.MustDate(day)})
	a.must(err)
	a.people[name] = sent.ID
	if decide {
		_, err = a.on(day).As(a.staff).Decline(a.Context(), sent.ID, domain.Match{}, domain.Decline{DeclineReason: domain.DeclineReason("autre")})
		a.must(err)
	}
}

// cast is somebody for each rule, on each side of its day.
func (a *aged) cast() {
	a.Helper()
	a.enter("Oublié", "2024-03-04", domain.JusticeAucune)
	a.enter("Venu", "2024-03-04", domain.JusticeAucune)
	a.meet("Venu", "2025-06-02", domain.AttendanceAttended) // a day too late to be due
	a.enter("Absent", "2024-03-04", domain.JusticeAucune)
	a.meet("Absent", "2026-06-02", domain.AttendanceNoShow) // which is no contact
	a.enter("Juste", "2025-06-01", domain.JusticeAucune)    // due on the very day
	a.enter("Sorti", "2024-05-06", domain.JusticeMilieuOuvert)
	a.leave("Sorti", "2025-03-01", false)
	a.enter("Suivi", "2024-05-06", domain.JusticeMilieuFerme)
	a.leave("Suivi", "2025-03-01", true) // followed up until September 2025
	a.enter("Récent", "2026-10-05", domain.JusticeSortantDeDetention)
	a.leave("Récent", "2027-03-01", false) // three months ago today
	a.enter("Hier", "2026-10-05", domain.JusticeSortantDeDetention)
	a.leave("Hier", "2027-03-02", false)
	a.enter("Limité", "2024-03-04", domain.JusticeMilieuOuvert)
	a.leave("Limité", "2024-09-02", false)
	_, err := a.officer.Restrict(a.Context(), a.people["Limité"], domain.Match{}, domain.RestrictionInput{Restricted: new(true), Reason: "Litige."})
	a.must(err)
	a.enter("Demandeur", "2024-03-04", domain.JusticeAucune)
	_, err = a.officer.NewRightsRequest(a.Context(), domain.RightsRequestInput{Kind: domain.RightAccess, ReceivedOn: domain.MustDate("2027-05-20"), ParticipantID: new(a.people["Demandeur"]), Status: domain.RightsOpen})
	a.must(err)
	a.refer("Refusée", "2025-06-01", true)
	a.refer("Refusée d'hier", "2025-06-02", true)
	a.refer("Ouverte", "2024-03-04", false)
}

// due names who is due under which rule.
func (a *aged) due() string {
	a.Helper()
	found := map[string]bool{}
	var paging domain.Paging
	for paging.Limit = 2; ; {
		page, err := a.officer.RetentionDue(a.Context(), paging)
		a.must(err)
		for _, item := range page.Items {
			for name, id := range a.people {
				if id == item.RecordID || a.paths[name] == item.RecordID {
					found[item.Rule+" "+name+" "+item.DueOn.String()] = true
				}
			}
		}
		if page.NextCursor == nil {
			break
		}
		paging.Cursor = *page.NextCursor
	}
	return strings.Join(column(a, a.conn, `SELECT unnest($1::text[]) ORDER BY 1`, keysOf(found)), "\n")
}

func keysOf(m map[string]bool) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	return keys
}

const dueInJune = `justice_detail Récent 2027-06-01
justice_detail Sorti 2025-06-01
justice_detail Suivi 2025-06-01
participant Absent 2026-03-04
participant Juste 2027-06-01
participant Oublié 2026-03-04
participant Sorti 2027-03-01
referral Ouverte 2026-03-04
referral Refusée 2027-06-01`

// fingerprint is everything in the tables.
func (a *aged) fingerprint() string {
	a.Helper()
	var all []string
	for _, table := range column(a, a.conn, `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'territor%' ORDER BY 1`) {
		all = append(all, table+" "+column(a, a.conn, `SELECT coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM `+table+` t`)[0])
	}
	return strings.Join(all, "\n")
}

func summary(report domain.RetentionReport) string {
	var lines []string
	for _, count := range report.Rules {
		lines = append(lines, fmt.Sprintf("%s %d/%d", count.Rule.Code, count.Done, count.Due))
	}
	return strings.Join(lines, " ")
}

func nothing(domain.RetentionDue) error { return nil }

func TestADryRunOfRetentionChangesNothing(t *testing.T) {
	a := newAged(t)
	a.cast()
	if got := a.due(); got != dueInJune {
		t.Errorf("due are\n%s\nnot\n%s", got, dueInJune)
	}
	before := a.fingerprint()
	report, err := persistence.Retention(t.Context(), a.officer, true, nothing)
	if err != nil || summary(report) != "justice_detail 0/3 participant 0/4 referral 0/2 sandbox_referral 0/0" || !report.DryRun {
		t.Error(summary(report), err)
	}
	if after := a.fingerprint(); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

func TestARetentionRunGoesOnWhereItWasStopped(t *testing.T) {
	a := newAged(t)
	a.cast()
	figures := func() string {
		answer, err := a.on("2027-06-01").As(a.staff).Figures(t.Context(), programme, "", persistence.FiguresQuery{})
		a.must(err)
		encoded, err := json.Marshal(answer)
		a.must(err)
		return string(encoded)
	}
	before := figures()
	done := 0
	stop := func(domain.RetentionDue) error {
		if done == 3 {
			return errStop
		}
		done++
		return nil
	}
	report, err := persistence.Retention(t.Context(), a.officer, false, stop)
	if !errors.Is(err, errStop) || summary(report) != "justice_detail 3/3 participant 0/4 referral 0/2 sandbox_referral 0/0" {
		t.Error(summary(report), err)
	}
	if got := strings.Count(a.due(), "\n") + 1; got != 6 {
		t.Errorf("%d are still due", got)
	}
	// The process ends while one is being worked on: what it had not kept is as it was.
	cut, cancel := context.WithCancel(t.Context())
	_, err = persistence.Retention(cut, a.officer, false, func(domain.RetentionDue) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error("ended by the context:", err)
	}
	report, err = persistence.Retention(t.Context(), a.officer, false, nothing)
	if err != nil || summary(report) != "justice_detail 0/0 participant 4/4 referral 2/2 sandbox_referral 0/0" {
		t.Error(summary(report), err)
	}
	if got := a.due(); got != "" {
		t.Error("still due:", got)
	}
	if after := figures(); after != before {
		t.Errorf("figures were %s and are %s", before, after)
	}
	if got := strings.Join(column(t, a.conn, `SELECT coalesce(last_name, 'erased') FROM participants ORDER BY id`), " "); got != "erased Venu erased erased erased Suivi Récent Hier Limité Demandeur" {
		t.Error("people are", got)
	}
	if got := strings.Join(column(t, a.conn, `SELECT origin || ' ' || reason FROM erasures GROUP BY 1`), ","); got != "retention participant" {
		t.Error("erasures are", got)
	}
	statuses := strings.Join(column(t, a.conn, `SELECT justice_status FROM enrolments ORDER BY id`), " ")
	if statuses != "aucune aucune aucune aucune sans_precision sans_precision sans_precision sortant_de_detention milieu_ouvert aucune" {
		t.Error("justice statuses are", statuses)
	}
	if n := column(t, a.conn, `SELECT count(*)::text FROM audit_events WHERE action IN ('erased', 'justice_detail_dropped') AND subject = 'dpo'`)[0]; n != "9" {
		t.Error(n, "rows of the trail")
	}
	if n := column(t, a.conn, `SELECT count(*)::text FROM audit_events WHERE reason ~ 'Prénom|Oublié'`)[0]; n != "0" {
		t.Error("the trail names somebody")
	}
}

// Who comes back between the list and her turn is left alone.
func TestWhoComesBackMeanwhileIsKept(t *testing.T) {
	a := newAged(t)
	a.enter("Oublié", "2024-03-04", domain.JusticeAucune)
	back := false
	report, err := persistence.Retention(t.Context(), a.officer, false, func(domain.RetentionDue) error {
		if !back {
			a.meet("Oublié", "2027-05-31", domain.AttendanceAttended)
			back = true
		}
		return nil
	})
	if err != nil || summary(report) != "justice_detail 0/0 participant 0/1 referral 0/0 sandbox_referral 0/0" {
		t.Error(summary(report), err)
	}
	if _, err := a.officer.Participant(t.Context(), a.people["Oublié"]); err != nil {
		t.Error(err)
	}
}

func TestARuleIsData(t *testing.T) {
	a := newAged(t)
	a.cast()
	_, err := a.conn.Exec(t.Context(), `UPDATE retention_rules SET active = false WHERE code = 'participant'`)
	a.must(err)
	_, err = a.conn.Exec(t.Context(), `UPDATE retention_rules SET months = 48 WHERE code = 'referral'`)
	a.must(err)
	if got := a.due(); strings.Contains(got, "participant") || strings.Contains(got, "referral") {
		t.Error("due are", got)
	}
	if done, err := a.officer.Retain(t.Context(), domain.RetentionDue{Rule: "participant", RecordID: a.people["Oublié"]}); done || err != nil {
		t.Error("done under a rule that is switched off:", done, err)
	}
	if done, err := a.officer.Retain(t.Context(), domain.RetentionDue{Rule: "no rule", RecordID: a.people["Oublié"]}); done || err != nil {
		t.Error("done under no rule:", done, err)
	}
	for _, statement := range []string{
		`UPDATE retention_rules SET months = 0`, `UPDATE retention_rules SET action = 'keep'`, `UPDATE retention_rules SET counts_from = 'exit' WHERE code = 'participant'`,
	} {
		if _, err := a.conn.Exec(t.Context(), statement); err == nil {
			t.Error("taken:", statement)
		}
	}
}

// Nobody but the data protection officer does what is due, whatever her session is asked.
func TestOnlyTheOfficerRetains(t *testing.T) {
	a := newAged(t)
	a.cast()
	before := a.fingerprint()
	for _, role := range domain.Roles {
		if role == domain.DPO {
			continue
		}
		actor := a.staff
		actor.Role = role
		session := a.on("2027-06-01").As(actor)
		if report, err := persistence.Retention(t.Context(), session, false, nothing); err == nil && strings.Contains(summary(report), "1") {
			t.Errorf("%s did %s", role, summary(report))
		}
		if _, err := session.Erase(t.Context(), a.people["Oublié"], domain.ErasureInput{Reason: "Demande."}); err == nil {
			t.Errorf("%s erased somebody", role)
		}
		if _, err := session.Restrict(t.Context(), a.people["Oublié"], domain.Match{}, domain.RestrictionInput{Restricted: new(true), Reason: "Demande."}); err == nil {
			t.Errorf("%s restricted a file", role)
		}
		if _, err := session.NewRightsRequest(t.Context(), domain.RightsRequestInput{Kind: domain.RightAccess, ReceivedOn: domain.MustDate("2027-01-01"), Status: domain.RightsOpen}); err == nil {
			t.Errorf("%s entered a request", role)
		}
	}
	if after := a.fingerprint(); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

func TestTheKeyOfTheTombstones(t *testing.T) {
	a := newAged(t)
	other := []byte(strings.Repeat("k", 32))
	if err := a.store.UseTombstoneKey(t.Context(), []byte("short")); err == nil {
		t.Error("a short key was taken")
	}
	a.enter("Oublié", "2024-03-04", domain.JusticeAucune)
	second := *a.store
	a.must(second.UseTombstoneKey(t.Context(), other)) // there is no tombstone yet
	if _, err := a.officer.Erase(t.Context(), a.people["Oublié"], domain.ErasureInput{Reason: "Demande."}); err == nil {
		t.Error("erased with a key that the database no longer knows")
	}
	if column(t, a.conn, `SELECT count(*)::text FROM tombstones`)[0] != "0" {
		t.Error("a tombstone was kept")
	}
	if _, err := second.As(domain.Actor{Subject: "dpo", Role: domain.DPO}).Erase(t.Context(), a.people["Oublié"], domain.ErasureInput{Reason: "Demande."}); err != nil {
		t.Error(err)
	}
	if err := a.store.UseTombstoneKey(t.Context(), []byte("a key of thirty-two bytes or more")); err == nil || !strings.Contains(err.Error(), "O2R_TOMBSTONE_KEY") {
		t.Error("another key was taken, once there were tombstones:", err)
	}
	unkeyed := open(t, a.conn.Config().ConnString())
	if _, err := unkeyed.As(domain.Actor{Subject: "dpo", Role: domain.DPO}).Erase(t.Context(), a.people["Oublié"], domain.ErasureInput{Reason: "Demande."}); err != nil {
		t.Error("asked again without a key:", err)
	}
}

// The detail of a justice status goes three months after the exit: a partner that may not know of the exit does not see it go.
func TestDroppingTheJusticeDetailTellsNobodyOfTheExit(t *testing.T) {
	a := newAged(t)
	in := domain.ReferralInput{Programme: programme, ExternalReference: new("R-1"), Identity: domain.Identity{FirstName: "Prénom", LastName: "Sorti"}, Contact: domain.Contact{Phone: new("06 39 98 00 00")},
		JusticeStatus: new(domain.JusticeMilieuOuvert), ConsentedOn: domain.MustDate("2026-10-01")}
	partner, day := func(on string) *persistence.Session { return a.on(on).As(a.partner) }, domain.MustDate
	sent, _, err := partner("2026-10-01").Refer(a.Context(), in)
	a.must(err)
	accepted, err := a.on("2026-10-05").As(a.staff).Accept(a.Context(), sent.ID, domain.Match{}, domain.Acceptance{})
	a.must(err)
	before, err := partner("2026-10-06").Referral(a.Context(), sent.ID)
	a.must(err)
	_, err = a.on("2027-03-01").As(a.staff).Exit(a.Context(), *accepted.EnrolmentID, domain.Match{}, domain.Exit{ExitedOn: day("2027-03-01"), Kind: "incarceration"})
	a.must(err)
	// No agreement: the partner's profile is decline_reason.
	after, err := partner("2027-05-31").Referral(a.Context(), sent.ID)
	a.must(err)
	if after.Version != before.Version || !after.UpdatedAt.Equal(before.UpdatedAt) {
		t.Error("the exit itself is seen")
	}
	_, again, err := partner("2027-05-31").Refer(a.Context(), in)
	if again || err != nil {
		t.Errorf("sent again: new %v, %v", again, err)
	}
	_, err = persistence.Retention(a.Context(), a.officer, false, func(domain.RetentionDue) error { return nil })
	a.must(err)
	kept, err := a.on("2027-06-02").As(a.staff).Referral(a.Context(), sent.ID)
	a.must(err)
	if *kept.JusticeStatus != domain.JusticeSansPrecision {
		t.Fatalf("the detail is still there: %s", *kept.JusticeStatus)
	}
	last, err := partner("2027-06-02").Referral(a.Context(), sent.ID)
	a.must(err)
	if last.Version != before.Version || !last.UpdatedAt.Equal(before.UpdatedAt) || *last.JusticeStatus != *before.JusticeStatus {
		t.Errorf("a partner that may not know of an exit sees: version %d -> %d, updated_at %s -> %s, justice_status %s -> %s",
			before.Version, last.Version, before.UpdatedAt, last.UpdatedAt, *before.JusticeStatus, *last.JusticeStatus)
	}
	found, err := partner("2027-06-02").Referrals(a.Context(), domain.ReferralQuery{UpdatedSince: day("2027-05-31").Start()})
	a.must(err)
	if len(found.Items) > 0 {
		t.Errorf("updated_since=2027-05-31 gives %d: the path ended three months before %s", len(found.Items), found.Items[0].UpdatedAt)
	}
	if _, _, err := partner("2027-06-02").Refer(a.Context(), in); err != nil {
		t.Errorf("the same content under the same reference: %v", err)
	}
}
