package persistence_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"o2r/domain"
	"o2r/domain/recount"
	"o2r/domain/recount/recounttest"
	"o2r/persistence"
	"o2r/persistence/storetest"
)

// TestFiguresAgreeWithWhatLiesInTheTables writes invented programmes into a database and compares every figure that a
// coordinator reads with a count of the rows as they lie there; then after files were merged, paths voided and people
// erased, as their users do it.
func TestFiguresAgreeWithWhatLiesInTheTables(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	began, done := time.Now(), agreement{happened: map[string]int{}}
	for i := range uint64(20) {
		r := rand.New(rand.NewPCG(seed+i, 0))
		t.Run(fmt.Sprint("seed ", seed+i), func(t *testing.T) {
			done.T, done.Rand, done.book = t, r, recounttest.Book(r)
			done.store = written(t, done.book)
			done.ask(everybody)
			done.ask(recounttest.Question(r, done.book))
			done.change()
			done.ask(recounttest.Question(r, done.book))
		})
		if t.Failed() {
			break
		}
	}
	t.Logf("%d numbers and words compared in %s, %v", done.compared, time.Since(began).Round(time.Millisecond), done.happened)
	for _, what := range []string{"merged", "unmerged", "voided", "erased"} {
		if done.happened[what] == 0 {
			t.Errorf("nobody was %s", what)
		}
	}
	if done.compared < 50_000 {
		t.Error("that is too little to say that they agree")
	}
}

type agreement struct {
	*testing.T
	*rand.Rand
	store    *persistence.Store
	book     recount.Book
	compared int
	happened map[string]int
}

// everybody is a question about all that ever happened.
var everybody = recount.Question{Period: recount.Period{From: "2023-01-01", To: "2026-12-31", AsOf: "2026-12-31"}}

var operatorOrg = id("a0", 50)

func (a *agreement) as(role domain.Role) *persistence.Session {
	return a.store.As(domain.Actor{Subject: "essai", Role: role, OrganisationID: operatorOrg, Programmes: recounttest.Slugs})
}

// ask compares the answers to one question: through the session, as they are given, not the function behind it.
func (a *agreement) ask(q recount.Question) {
	q.AsOf = min(q.AsOf, domain.DayOf(time.Now()).String()) // of a day to come nothing is answered
	ctx, slug := a.Context(), recounttest.Slugs[min(1, a.IntN(4)/3)]
	query := persistence.FiguresQuery{PeriodInput: domain.PeriodInput{From: domain.MustDate(q.From), To: domain.MustDate(q.To), AsOf: domain.MustDate(q.AsOf)}}
	for dimension, code := range q.Filter {
		query.Filter = query.Filter.With(domain.Dimension(dimension), code)
	}
	both, err := a.as(domain.Coordinator).VerifyFigures(ctx, slug, query)
	if err != nil {
		a.Fatal(err)
	}
	check := func(what string, recounted, answer any, err error) {
		a.Helper()
		if err != nil {
			a.Fatal(what, err)
		}
		n, differences := recount.Compare(recounted, answer)
		a.compared += n
		for _, d := range differences[:min(5, len(differences))] {
			a.Errorf("%+v of %s, %s: %s", q, slug, what, d)
		}
	}
	lead := a.as(domain.Coordinator)
	table, err := lead.Figures(ctx, slug, domain.AllFigures, query)
	check("the table", both.Ledger.Figures(q), table.Answer.Items, err)
	each, err := lead.FiguresOfEach(ctx, recounttest.Slugs, domain.AllFigures, query)
	for _, one := range each.Answer.Items {
		if one.Programme == slug {
			check("the table beside another", both.Ledger.Figures(q), one.Items, err)
		}
	}
	profile, err := lead.Profile(ctx, slug, query)
	check("the profile", both.Ledger.Profile(q), profile.Answer, err)
	for _, key := range recount.Keys {
		if a.IntN(3) > 0 {
			continue // for time
		}
		evidence, err := lead.Evidence(ctx, slug, key, query)
		sizes := map[domain.Bucket]int{}
		for _, item := range evidence.Items {
			sizes[item.Bucket]++
		}
		check("evidence of "+key, both.Ledger.Buckets(key, q), recount.Buckets{Numerator: sizes[domain.BucketNumerator], DenominatorOnly: sizes[domain.BucketDenominatorOnly],
			Unknown: sizes[domain.BucketUnknown], Excluded: sizes[domain.BucketExcluded]}, err)
		by := recount.Dimensions[a.IntN(len(recount.Dimensions))]
		if q.Filter[by] == "" {
			breakdown, err := lead.Breakdown(ctx, slug, key, []domain.Dimension{domain.Dimension(by)}, query)
			check(key+" by "+by, both.Ledger.Breakdown(key, []string{by}, q), breakdown.Answer, err)
		}
		step := []string{"month", "quarter", "year"}[a.IntN(3)]
		series, err := lead.Series(ctx, slug, key, domain.SeriesQuery{Step: domain.FigureStep(step)}, query)
		check(key+" by "+step, both.Ledger.Series(key, step, false, q), series.Answer, err)
	}
	for line := range both.Everything() {
		if a.compared > 2_000_000 { // all of it takes a second: once is enough
			break
		}
		a.compared += line.Compared
		for _, d := range line.Differences[:min(5, len(line.Differences))] {
			a.Errorf("%+v of %s, %s: %s", q, slug, line.What, d)
		}
	}
}

// change merges two files, voids a path and erases somebody, as far as the rules let it.
func (a *agreement) change() {
	ctx := a.Context()
	note := func(what string, err error) {
		if err == nil {
			a.happened[what]++
		} else {
			a.happened["not "+what]++
		}
	}
	var files []string
	for _, p := range a.book.People {
		if p.MergedInto == "" {
			files = append(files, p.ID)
		}
	}
	if len(files) > 1 {
		_, err := a.as(domain.Coordinator).Merge(ctx, files[0], domain.MergeInput{DuplicateID: files[1], Reason: domain.Reason{Reason: "Saisie en double."}})
		note("merged", err)
		if err == nil && a.happened["merged"]%2 == 0 {
			_, err := a.as(domain.Coordinator).Unmerge(ctx, files[0], domain.UnmergeInput{DuplicateID: files[1]})
			note("unmerged", err)
		}
	}
	if at := slices.IndexFunc(a.book.Enrolments, func(e recount.Enrolment) bool { return !e.Voided }); at >= 0 {
		_, err := a.as(domain.Coordinator).Void(ctx, a.book.Enrolments[at].ID, domain.Match{}, domain.Reason{Reason: "Saisie par erreur."})
		note("voided", err)
	}
	_, err := a.as(domain.DPO).Erase(ctx, files[len(files)-1], domain.ErasureInput{Reason: "À sa demande."})
	note("erased", err)
}

// written is a store with the book in it.
func written(t *testing.T, book recount.Book) *persistence.Store {
	t.Helper()
	store, superURL := storetest.WithSuper(t)
	conn := connect(t, superURL)
	w := writing{book: book}
	if _, err := conn.Exec(t.Context(), `SET o2r.role = 'system'; `+w.all()); err != nil {
		t.Fatalf("%v\n%s", err, w.String())
	}
	return store
}

type writing struct {
	strings.Builder
	book    recount.Book
	numbers int
}

func (w *writing) do(format string, values ...any) { fmt.Fprintf(w, format+";\n", values...) }

func (w *writing) id() string { w.numbers++; return id("51", w.numbers) }

const stamped = `1, '2025-01-01T00:00:00Z', '2025-01-01T00:00:00Z'`

func orNull(text string) string {
	if text == "" {
		return "NULL"
	}
	return "'" + text + "'"
}

func pointed[T any](value *T) string {
	if value == nil {
		return "NULL"
	}
	return fmt.Sprint(*value)
}

func instant(at time.Time) string { return "'" + at.Format(time.RFC3339) + "'" }

func (w *writing) whose(id string) string {
	at := slices.IndexFunc(w.book.People, func(p recount.Person) bool { return p.ID == id })
	if into := w.book.People[at].MergedInto; into != "" {
		return w.whose(into)
	}
	return id
}

func (w *writing) all() string {
	w.do(`INSERT INTO organisations VALUES ('%s', %s, 'operateur', 'Opérateur', 'operateur')`, operatorOrg, stamped)
	for i, kind := range recounttest.Kinds {
		w.do(`INSERT INTO organisations VALUES ('%s', %s, '%s', '%s', '%s')`, id("a0", 60+i), stamped, "org-"+strings.ReplaceAll(kind, "_", "-"), kind, kind)
	}
	for _, p := range w.book.Programmes {
		w.do(`INSERT INTO programmes (id, version, created_at, updated_at, slug, name, operator_id, starts_on, ends_on) VALUES ('%s', %s, '%s', 'n', '%s', '%s', '2027-12-31')`, w.id(), stamped, p.Slug, operatorOrg, p.StartsOn)
	}
	for i, target := range w.book.Targets {
		w.do(`INSERT INTO targets (programme, indicator, period, value, position) VALUES ('%s', '%s', '%s', %v, %d)`, target.Programme, target.Indicator, target.Period, target.Value, i)
	}
	for _, list := range w.book.Lists {
		listID := w.id()
		w.do(`INSERT INTO territory_lists (id, programme, version, provisional) VALUES ('%s', '%s', %d, false)`, listID, list.Programme, list.Version)
		for _, place := range list.Places {
			w.do(`INSERT INTO territory_list_items VALUES ('%s', '%s', %s)`, listID, place.Territory, orNull(place.Sector))
		}
	}
	for i, p := range w.book.People {
		w.do(`INSERT INTO participants (id, version, created_at, updated_at, organisation_id, recorded_for, first_name, last_name, birth_date, gender) VALUES ('%s', %s, '%s', '{%s}', 'Prénom', 'Essai%d', %s, %s)`,
			p.ID, stamped, operatorOrg, strings.Join(recounttest.Slugs, ","), i, orNull(p.BirthDate), orNull(p.Gender))
	}
	for _, r := range w.book.Referrals {
		w.referral(r)
	}
	for _, e := range w.book.Enrolments {
		w.enrolment(e)
	}
	for _, e := range w.book.Enrolments {
		if e.FoldedInto != "" {
			w.do(`UPDATE enrolments SET folded_into = '%s' WHERE id = '%s'`, e.FoldedInto, e.ID)
		}
		if e.ReferralID != "" {
			at := slices.IndexFunc(w.book.Referrals, func(r recount.Referral) bool { return r.ID == e.ReferralID })
			w.do(`UPDATE referrals SET status = 'accepted', decided_at = %s, participant_id = '%s', enrolment_id = '%s' WHERE id = '%s'`, instant(*w.book.Referrals[at].DecidedAt), w.whose(e.PersonID), e.ID, e.ReferralID)
		}
	}
	for _, p := range w.book.People {
		if p.MergedInto != "" {
			w.do(`UPDATE participants SET merged_into = '%s' WHERE id = '%s'`, p.MergedInto, p.ID)
		}
	}
	return w.String()
}

func (w *writing) referral(r recount.Referral) {
	status, decided, reason := r.Status, "NULL", "NULL"
	switch {
	case status == "accepted": // once the path is there
		status = "received"
	case r.DecidedAt != nil:
		decided = instant(*r.DecidedAt)
	}
	if status == "declined" {
		reason = "'autre'"
	}
	organisation := id("a0", 60+slices.Index(recounttest.Kinds, r.OrganisationKind))
	w.do(`INSERT INTO referrals (id, version, created_at, updated_at, organisation_id, programme, first_name, last_name, email, consented_on, status, received_at, decided_at, decline_reason, expires_on, birth_date, gender, justice_status, territory_code, sandbox)
		VALUES ('%s', %s, '%s', '%s', 'Prénom', 'Essai', 'p@example.org', '2024-01-01', '%s', %s, %s, %s, %s, %s, %s, %s, %s, %v)`,
		r.ID, stamped, organisation, r.Programme, status, instant(r.ReceivedAt), decided, reason, orNull(r.ExpiresOn), orNull(r.BirthDate), orNull(r.Gender), orNull(r.Justice), orNull(r.Territory), r.Sandbox)
}

func (w *writing) enrolment(e recount.Enrolment) {
	voided := "NULL, NULL"
	if e.Voided {
		voided = "'2025-02-04T00:00:00Z', 'erreur'"
	}
	w.do(`INSERT INTO enrolments (id, version, created_at, updated_at, participant_id, programme, entered_on, exited_on, exit_kind, age_kept, education_level, justice_status, territory_code, caseworker_id,
			job_seeker, job_seeker_since, without_resources, disengaged, referral_id, referral_origin, voided_at, void_reason)
		VALUES ('%s', %s, '%s', '%s', '%s', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)`,
		e.ID, stamped, w.whose(e.PersonID), e.Programme, e.EnteredOn, orNull(e.ExitedOn), orNull(e.ExitKind), pointed(e.AgeKept), orNull(e.Education), orNull(e.Justice), orNull(e.Territory), orNull(e.Caseworker),
		pointed(e.JobSeeker), orNull(e.JobSeekerSince), pointed(e.WithoutResources), pointed(e.Disengaged), orNull(e.ReferralID), orNull(e.ReferredFrom), voided)
	for _, f := range e.Jobs {
		w.do(`INSERT INTO jobs VALUES ('%s', %s, '%s', '%s', %s, 'cdi')`, w.id(), stamped, e.ID, f.StartsOn, orNull(f.EndsOn))
	}
	for _, f := range e.FranceTravail {
		w.do(`INSERT INTO france_travail_statuses VALUES ('%s', 1, %s, %s, '%s', '%s', %v)`, f.ID, instant(f.RecordedAt), instant(f.RecordedAt), e.ID, f.ObservedOn, f.Registered)
	}
	for _, f := range e.Outcomes {
		w.do(`INSERT INTO outcomes VALUES ('%s', %s, '%s', '6_months', '%s', '%s')`, w.id(), stamped, e.ID, f.ObservedOn, f.Result)
	}
	for _, f := range e.Appointments {
		w.do(`INSERT INTO appointments (id, version, created_at, updated_at, programme, enrolment_id, starts_at, duration_minutes, mode, status) VALUES ('%s', %s, '%s', '%s', %s, 60, 'in_person', '%s')`,
			w.id(), stamped, e.Programme, e.ID, instant(f.StartsAt), f.Status)
	}
	for _, f := range e.Workshops {
		w.do(`INSERT INTO workshops (id, version, created_at, updated_at, programme, kind, title, starts_at, duration_minutes, status) VALUES ('%s', %s, '%s', 'remobilisation', 'Atelier', %s, 90, '%s')`, f.ID, stamped, e.Programme, instant(f.StartsAt), f.Workshop)
		w.do(`INSERT INTO workshop_registrations VALUES ('%s', '%s', '%s', '%s', '2025-01-01T00:00:00Z')`, e.Programme, f.ID, e.ID, f.Status)
	}
	for _, f := range e.Barriers {
		state := "open"
		switch {
		case f.LiftedOn != "":
			state = "lifted"
		case f.SetAsideOn != "":
			state = "set_aside"
		}
		w.do(`INSERT INTO enrolment_barriers (id, version, created_at, updated_at, enrolment_id, author, barrier, assessed_on, state, lifted_on, set_aside_on) VALUES ('%s', %s, '%s', 'c', '%s', '%s', '%s', %s, %s)`,
			w.id(), stamped, e.ID, f.Barrier, f.AssessedOn, state, orNull(f.LiftedOn), orNull(f.SetAsideOn))
	}
}

// Verifying reads past the policies that guard rows, and gives counts away that nobody withholds: it is a coordinator's, of
// her own programmes.
func TestOnlyACoordinatorVerifiesFigures(t *testing.T) {
	store, _ := peopled(t)
	for _, row := range []struct {
		actor     domain.Actor
		programme string
		want      error
	}{
		{domain.Actor{Role: domain.Coordinator, Programmes: []string{north}}, north, nil},
		{domain.Actor{Role: domain.Coordinator, Programmes: []string{north}}, south, &domain.Error{Kind: domain.NotFound}},
		{domain.Actor{Role: domain.Coordinator, Programmes: []string{north}}, "o2r-nulle-part", &domain.Error{Kind: domain.NotFound}},
		{domain.Actor{Role: domain.Caseworker, Programmes: []string{north}}, north, &domain.Error{Kind: domain.Forbidden}},
		{domain.Actor{Role: domain.Analyst, Programmes: []string{north}}, north, &domain.Error{Kind: domain.Forbidden}},
		{domain.Actor{Role: domain.Partner, OrganisationID: spip, Programmes: []string{north}}, north, &domain.Error{Kind: domain.Forbidden}},
		{domain.Actor{Role: domain.DPO, Programmes: []string{north}}, north, &domain.Error{Kind: domain.Forbidden}},
		{domain.Actor{Role: domain.Admin, Programmes: []string{north}}, north, &domain.Error{Kind: domain.Forbidden}},
		{domain.Actor{Programmes: []string{north}}, north, &domain.Error{Kind: domain.Forbidden}},
	} {
		both, err := store.As(row.actor).VerifyFigures(t.Context(), row.programme, persistence.FiguresQuery{})
		if !errors.Is(err, row.want) {
			t.Errorf("%s of %s: %v, not %v", name(row.actor), row.programme, err, row.want)
		}
		if given := len(both.Question.Records) > 0; given != (row.want == nil) {
			t.Errorf("%s is given %+v", name(row.actor), both.Question)
		}
	}
}
