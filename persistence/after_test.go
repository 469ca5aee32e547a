package persistence_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence"
)

// crowd is that many paths of all kinds in o2r-essai, entered around ends of months, one 29 February among them: going
// on, extended or not, ended by work, training or otherwise, agreed or not, with results and without.
func (f *stage) crowd(paths int, random *rand.Rand) {
	f.Helper()
	days := func(from string, n int) domain.Date {
		if random.IntN(3) == 0 { // around the end of a month
			return domain.NewDate(2024, 1, 1).AddMonths(random.IntN(20)).AddDays(random.IntN(3) - 1)
		}
		return domain.MustDate(from).AddDays(random.IntN(n))
	}
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	var sql strings.Builder
	_, err := f.super.Exec(ctx(), `UPDATE enrolments SET voided_at = now()`)
	f.ok(err)
	for i := range paths {
		person, path := fmt.Sprintf("0197f0a0-0000-7000-9000-%012d", i), fmt.Sprintf("0197f0a0-0000-7000-a000-%012d", i)
		entered := days("2023-12-20", 500)
		fmt.Fprintf(&sql, `INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name) VALUES ('%s', 1, now(), now(), '%s', '{%s}', 'Foule', 'Fictive');
			`, person, f.organisation, essai)
		exit := "NULL, NULL, NULL, NULL, NULL, NULL"
		if random.IntN(3) > 0 {
			left := entered.AddDays(random.IntN(300))
			exit = fmt.Sprintf("'%s', '%s', ", left, pick("cdi", "interim", "formation_qualifiante", "formation_prequalifiante", "siae", "abandon"))
			switch random.IntN(3) {
			case 0:
				exit += fmt.Sprintf("true, '%s', NULL, 'personne'", left)
			case 1:
				exit += fmt.Sprintf("false, '%s', '%s', 'proche'", left, left.AddDays(random.IntN(100)))
			default:
				exit += "NULL, NULL, NULL, NULL"
			}
			fmt.Fprintf(&sql, `INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, exited_on, exit_kind, follow_up_agreed, follow_up_agreed_on, follow_up_refused_on, follow_up_said_by) VALUES ('%s', 1, now(), now(), '%s', '%s', '%s', %s);
				`, path, person, essai, entered, exit)
			for n := range random.IntN(3) {
				fmt.Fprintf(&sql, `INSERT INTO outcomes VALUES ('0197f0a0-0000-7000-b%03d-%012d', 1, now(), now(), '%s', '6_months', '%s', '%s', %s);
					`, n, i, path, left.AddMonths(4+random.IntN(5)).AddDays(random.IntN(3)-1), pick("in_employment", "neither", "unreachable"), pick("NULL", "'contrat'"))
			}
			continue
		}
		fmt.Fprintf(&sql, `INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, exited_on, exit_kind, follow_up_agreed, follow_up_agreed_on, follow_up_refused_on, follow_up_said_by) VALUES ('%s', 1, now(), now(), '%s', '%s', '%s', %s);
			`, path, person, essai, entered, exit)
		if random.IntN(2) == 0 {
			nine := entered.AddMonths(9)
			revoked := pick("NULL", "NULL", "'"+nine.String()+"'")
			fmt.Fprintf(&sql, `INSERT INTO extensions (id, version, created_at, updated_at, enrolment_id, author, reason, decided_on, decided_by, until_on, revoked_on) VALUES ('0197f0a0-0000-7000-c000-%012d', 1, now(), now(), '%s', 'c', 'Motif', '%s', 'c', '%s', %s);
				`, i, path, nine.AddDays(-random.IntN(60)), nine.AddDays(1+random.IntN(100)), revoked)
		}
	}
	_, err = f.super.Exec(ctx(), sql.String())
	f.ok(err)
}

// What the database finds is what the rules say, on days around the ends of months; and a worklist asks once for each.
func TestTheDatabaseFindsWhatTheRulesSay(t *testing.T) {
	f := newStage(t)
	f.crowd(400, rand.New(rand.NewPCG(36, 5)))
	states, kinds := map[domain.CheckpointState]int{}, map[domain.DurationAlert]int{}
	for _, on := range []string{"2024-02-29", "2024-07-31", "2024-08-31", "2024-09-30", "2024-11-30", "2025-01-29", "2025-02-28", "2025-03-01", "2025-03-31", "2025-05-31", "2025-08-31"} {
		today := day(on)
		session := f.store.At(today.Start().Add(12 * 3600e9)).As(f.actor(lead))
		all, err := session.Checkpoints(ctx(), domain.CheckpointQuery{Paging: domain.Paging{Limit: 200}})
		f.ok(err)
		byState, whole := map[domain.CheckpointState][]string{}, all.Items
		for all.NextCursor != nil {
			all, err = session.Checkpoints(ctx(), domain.CheckpointQuery{Paging: domain.Paging{Limit: 200, Cursor: *all.NextCursor}})
			f.ok(err)
			whole = append(whole, all.Items...)
		}
		if !slices.IsSortedFunc(whole, func(a, b domain.ListedCheckpoint) int { return a.DueOn.Compare(b.DueOn) }) {
			t.Errorf("on %s the earliest mark is not first", on)
		}
		var owed int
		f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM enrolments WHERE voided_at IS NULL AND exited_on <= $1 AND exit_kind IN ('cdi', 'interim', 'formation_qualifiante', 'formation_prequalifiante')`, on).Scan(&owed))
		if len(whole) != owed {
			t.Errorf("on %s, %d are owed and %d listed", on, owed, len(whole))
		}
		for _, c := range whole {
			byState[c.State] = append(byState[c.State], c.EnrolmentID)
			if c.DueOn != c.ExitedOn.AddMonths(6) {
				t.Errorf("left on %s, due on %s", c.ExitedOn, c.DueOn)
			}
			if c.ObservedOn != nil && c.ObservedOn.Before(c.ExitedOn.AddMonths(5)) {
				t.Errorf("left on %s, a result of %s counts", c.ExitedOn, c.ObservedOn)
			}
		}
		var todo []string
		for _, code := range domain.CheckpointState("").Codes() {
			state := domain.CheckpointState(code)
			states[state] += len(byState[state])
			found := []string{}
			for q := (domain.CheckpointQuery{State: state, Paging: domain.Paging{Limit: 200}}); ; {
				page, err := session.Checkpoints(ctx(), q)
				f.ok(err)
				for _, c := range page.Items {
					found = append(found, c.EnrolmentID)
				}
				if page.NextCursor == nil {
					break
				}
				q.Cursor = *page.NextCursor
			}
			if !slices.Equal(found, byState[state]) && len(found)+len(byState[state]) > 0 {
				t.Errorf("on %s the database finds %d %s, the rules %d", on, len(found), state, len(byState[state]))
			}
		}
		for _, c := range whole {
			if c.State == domain.CheckpointDue || c.State == domain.CheckpointOverdue {
				todo = append(todo, c.EnrolmentID)
			}
		}

		want := map[string]domain.Alert{}
		paths := map[string]domain.Enrolment{}
		for q := (domain.Paging{Limit: 200}); ; {
			page, err := session.Enrolments(ctx(), persistence.EnrolmentQuery{Paging: q})
			f.ok(err)
			for _, e := range page.Items {
				paths[e.ID] = e.Enrolment
				for _, alert := range e.Alerts {
					want[e.ID] = alert
				}
			}
			if page.NextCursor == nil {
				break
			}
			q.Cursor = *page.NextCursor
		}
		checkpoints, alerts, statements, err := session.ToDo(ctx())
		f.ok(err)
		if statements != [2]int{1, 1} {
			t.Errorf("%v statements", statements)
		}
		got := []string{}
		for _, c := range checkpoints {
			got = append(got, c.EnrolmentID)
		}
		if !slices.Equal(got, todo) && len(got)+len(todo) > 0 {
			t.Errorf("on %s a worklist has %d checkpoints, and %d are to do", on, len(got), len(todo))
		}
		if len(alerts) != len(want) {
			t.Errorf("on %s a worklist has %d alerts, and the paths %d", on, len(alerts), len(want))
		}
		for _, alert := range alerts {
			kinds[alert.Kind]++
			if want[alert.EnrolmentID] != alert.Alert {
				t.Errorf("on %s, entered %s: %+v in the list, %+v on the path", on, paths[alert.EnrolmentID].EnteredOn, alert.Alert, want[alert.EnrolmentID])
			}
		}
		if !slices.IsSortedFunc(alerts, func(a, b domain.AlertView) int { return a.SupportEndsOn.Compare(b.SupportEndsOn) }) {
			t.Errorf("on %s whose support ends first is not first", on)
		}
		for _, code := range domain.DurationAlert("").Codes() {
			kind := domain.DurationAlert(code)
			page, err := session.Alerts(ctx(), domain.AlertQuery{Kind: kind, Paging: domain.Paging{Limit: 200}})
			f.ok(err)
			n := 0
			for _, alert := range want {
				if alert.Kind == kind {
					n++
				}
			}
			if len(page.Items) != n {
				t.Errorf("on %s the database finds %d %s, the rules %d", on, len(page.Items), kind, n)
			}
		}
	}
	for _, code := range domain.CheckpointState("").Codes() {
		if states[domain.CheckpointState(code)] < 20 {
			t.Errorf("only %d were %s", states[domain.CheckpointState(code)], code)
		}
	}
	for _, code := range domain.DurationAlert("").Codes() {
		if kinds[domain.DurationAlert(code)] < 10 {
			t.Errorf("only %d were %s", kinds[domain.DurationAlert(code)], code)
		}
	}
}

// What she says after her exit, and calls she answers, are contacts from which her file is kept; what others say of her is none.
func TestAFileIsKeptFromTheLastContactAfterAnExit(t *testing.T) {
	a := newAged(t)
	for _, row := range []struct {
		name, with, calledOn string
		situation            domain.OutcomeResult
		refusedOn            string
		by                   domain.Counterpart
	}{
		{"Jointe", "personne", "2025-06-02", domain.OutcomeNeither, "2025-06-03", domain.CounterpartProche}, // kept for two years from the call
		{"Injoignable", "personne", "2025-06-02", domain.OutcomeUnreachable, "2025-06-03", domain.CounterpartProche},
		{"Employée", "employeur", "2025-06-02", domain.OutcomeInEmployment, "2025-06-03", domain.CounterpartProche},
		{"Retirée", "", "", "", "2025-06-02", domain.CounterpartPersonne},
	} {
		a.enter(row.name, "2024-05-06", domain.JusticeAucune)
		a.leave(row.name, "2025-03-01", true)
		path, session := a.paths[row.name], a.on("2025-06-04").As(a.staff)
		if row.with != "" {
			_, err := session.SayOfFollowUp(t.Context(), path, any_, domain.FollowUpAgreementInput{Agreed: new(true), SaidOn: new(day("2025-03-01")), SaidBy: domain.CounterpartPersonne, ThirdParties: new(true)})
			a.must(err)
			_, err = session.NewFollowUp(t.Context(), path, domain.FollowUpInput{ContactedOn: day(row.calledOn), Channel: domain.ChannelPhone, Counterpart: domain.Counterpart(row.with), Situation: row.situation})
			a.must(err)
		}
		_, err := session.SayOfFollowUp(t.Context(), path, any_, domain.FollowUpAgreementInput{Agreed: new(false), SaidOn: new(day(row.refusedOn)), SaidBy: row.by})
		a.must(err)
	}
	if got, want := a.due(), "participant Employée 2027-03-01\nparticipant Injoignable 2027-03-01"; got != want {
		t.Errorf("due are\n%s\nnot\n%s", got, want)
	}
}
