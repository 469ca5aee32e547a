package persistence_test

import (
	"slices"
	"strings"
	"testing"

	"o2r/domain"
	"o2r/persistence"
)

// figureColumns are, by table, the columns that figures read, each with a change that is only of it. In a change, %s is
// what comes back to what it was.
var figureColumns = map[string]map[string]string{
	"programmes":    {"starts_on": `starts_on - 1`, "small_cell_threshold": `7`},
	"participants":  {"birth_date": `birth_date - 1`, "gender": `'other'`},
	"organisations": {"kind": `'spip'`},
	"enrolments": {
		"participant_id": `'` + id("c0", 9) + `'`, "entered_on": `entered_on + 1`, "exited_on": `exited_on - 1`, "exit_kind": `'cdi'`, "age_kept": `age_kept + 1`,
		"education_level": `'brevet'`, "justice_status": `'aucune'`, "territory_code": `'80021'`, "caseworker_id": `'another'`, "job_seeker_since": `job_seeker_since - 1`,
		"without_resources": `NOT without_resources`, "disengaged": `NOT disengaged`, "referral_origin": `'autre'`, "referral_id": `NULL`,
		"folded_into": `'` + id("d0", 30) + `', voided_at = now(), void_reason = 'erreur'`,
		"voided_at":   `now(), void_reason = 'erreur'`, "job_seeker": `NULL, job_seeker_since = NULL`,
	},
	"jobs":                    {"starts_on": `starts_on - 1`, "ends_on": `ends_on + 1`, "created_at": `created_at + interval '1 day'`, "enrolment_id": `'` + id("d0", 30) + `'`},
	"france_travail_statuses": {"observed_on": `observed_on - 1`, "registered": `NOT registered`, "created_at": `created_at + interval '1 day'`, "enrolment_id": `'` + id("d0", 30) + `'`},
	"outcomes":                {"observed_on": `observed_on - 1`, "result": `'in_training'`, "created_at": `created_at + interval '1 day'`, "enrolment_id": `'` + id("d0", 30) + `'`},
	"appointments":            {"starts_at": `starts_at + interval '1 day'`, "status": `'attended'`, "enrolment_id": `'` + id("d0", 30) + `'`},
	"workshops":               {"starts_at": `starts_at + interval '1 day'`, "status": `'closed'`},
	"workshop_registrations":  {"status": `'attended'`},
	"enrolment_barriers": {
		"barrier": `'numerique'`, "assessed_on": `assessed_on - 1`, "lifted_on": `'2025-06-01', state = 'lifted'`, "set_aside_on": `'2025-06-01', state = 'set_aside'`, "enrolment_id": `'` + id("d0", 30) + `', diagnostic_id = NULL, barrier = 'sante'`,
	},
	"referrals": {
		"received_at": `received_at - interval '1 day'`, "status": `'under_review'`, "decided_at": `now(), status = 'withdrawn'`, "expires_on": `'2025-06-01'`, "birth_date": `'1990-01-01'`, "gender": `'other'`,
		"justice_status": `'aucune'`, "territory_code": `'80021'`, "organisation_id": `'` + mdsi + `'`, "sandbox": `true, external_reference = NULL`,
	},
	"territory_list_items": {"territory_code": `'80021'`, "sector": `'Autre'`},
	"territory_lists":      {"version": `version + 1`},
	"targets":              {"indicator": `'meetings_held'`, "period": `'2026'`, "value": `value + 1`, "position": `position + 1`},
}

// unread are the columns of those tables that no figure reads.
var unread = map[string]string{
	"programmes":              "id version created_at updated_at closures_at closures_version partnerships_version targets_version name operator_id ends_on referral_expiry_days referral_reminder_days slug",
	"participants":            "id version created_at updated_at organisation_id recorded_for first_name last_name phone email address postal_code territory_code search_name search_phone search_email enrolled_in restricted_at restriction_reason erased_at merged_into match_keys fold_first fold_last",
	"organisations":           "id version created_at updated_at slug name",
	"enrolments":              "id version created_at updated_at programme site_id eligibility_ground last_network_contact_on follow_up_agreed void_reason frozen referral_sandbox follow_up_agreed_on follow_up_refused_on follow_up_said_by follow_up_third_parties",
	"jobs":                    "id version updated_at contract employer",
	"france_travail_statuses": "id version updated_at",
	"outcomes":                "id version updated_at checkpoint evidence",
	"appointments":            "id version created_at updated_at programme duration_minutes mode site_id purpose justified note recorded_under permanence_id slot_place",
	"workshops":               "id version created_at updated_at programme kind title duration_minutes capacity site_id revised_at revision",
	"workshop_registrations":  "programme workshop_id enrolment_id justified created_at",
	"enrolment_barriers":      "id version created_at updated_at author impact priority diagnostic_id state started_on action_id organisation_id set_aside_reason",
	"referrals":               "id version created_at updated_at programme external_reference first_name last_name phone email postal_code barriers reason consented_on referrer_name referrer_email referrer_phone preferred_site_id reviewed_at decline_reason decline_note participant_id enrolment_id erased_at exit_class first_appointment_at fold_first fold_last frozen match_keys meetings_attended meetings_missed reminded_at resembles_erased",
	"territory_list_items":    "list_id",
	"territory_lists":         "id programme provisional method source recorded_at recorded_by",
	"targets":                 "programme",
}

// TestWhatFiguresReadMovesTheFingerprint changes each column that figures read, and each that they do not, and looks
// whether the fingerprint of the programme moves. A column that is new says in which list it stands.
func TestWhatFiguresReadMovesTheFingerprint(t *testing.T) {
	store, conn := peopled(t)
	must := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, err)
		}
	}
	path := id("d0", 10)
	must(`UPDATE organisations SET kind = 'mdsi' WHERE id = '` + mdsi + `'; UPDATE enrolments SET exited_on = '2025-05-01', exit_kind = 'abandon', age_kept = 30, education_level = 'cap_bep', justice_status = 'milieu_ouvert', territory_code = '80253', caseworker_id = 'c',
			job_seeker = true, job_seeker_since = '2024-01-01', without_resources = true, disengaged = false WHERE id = '` + path + `';
		UPDATE jobs SET ends_on = '2025-09-01';
		INSERT INTO territory_lists (id, programme, version, provisional) VALUES ('` + id("aa", 1) + `', 'o2r-nord', 1, false), ('` + id("aa", 2) + `', 'o2r-nord', 2, false);
		INSERT INTO territory_list_items VALUES ('` + id("aa", 1) + `', '80253', 'Ancien'), ('` + id("aa", 2) + `', '80253', 'Doullens');
		INSERT INTO targets (programme, indicator, period, value, position) VALUES ('o2r-nord', 'beneficiaries', '2025', 58, 1)`)
	lead := domain.Actor{Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	analyst := lead
	analyst.Role = domain.Analyst
	fingerprint := func() string {
		t.Helper()
		var marks []string
		for actor, purpose := range map[*domain.Actor]string{&lead: "", &analyst: "figures"} {
			mark, err := store.As(*actor).Texts(t.Context(), purpose, `SELECT fingerprint_of_figures('o2r-nord')`)
			if err != nil || len(mark) != 1 || strings.Contains(mark[0], "enrolments 0") || strings.Contains(mark[0], "barriers 0") {
				t.Fatal(mark, err)
			}
			marks = append(marks, mark[0])
		}
		if marks[0] != marks[1] {
			t.Fatalf("a coordinator's fingerprint is\n%s\nan analyst's\n%s", marks[0], marks[1])
		}
		return marks[0]
	}
	// One row of each table that the north's figures read.
	one := map[string]string{
		"programmes": `slug = 'o2r-nord'`, "participants": `id = '` + id("c0", 1) + `'`, "organisations": `id = '` + spip + `'`, "enrolments": `id = '` + path + `'`,
		"workshops": `id = '` + id("f0", 0) + `'`, "referrals": `id = '` + id("e0", 10) + `'`, "territory_list_items": `list_id = '` + id("aa", 2) + `'`, "territory_lists": `id = '` + id("aa", 1) + `'`, "targets": `programme = 'o2r-nord'`,
	}
	before := fingerprint()
	try := func(table, change string, moves bool) {
		t.Helper()
		where := one[table]
		if where == "" {
			where = `enrolment_id = '` + path + `'`
		}
		if table == "territory_lists" {
			change = `version = version + 5` // the former list comes back in force
		}
		must(`CREATE TEMP TABLE kept AS SELECT * FROM ` + table)
		must(`SET session_replication_role = replica; UPDATE ` + table + ` SET ` + change + ` WHERE ` + where)
		if after := fingerprint(); (after != before) != moves {
			t.Errorf("%s: SET %s: the fingerprint moved %v\n%s\n%s", table, change, after != before, before, after)
		}
		columns := column(t, conn, `SELECT attname FROM pg_attribute WHERE attrelid = '`+table+`'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`)
		list := strings.Join(columns, ", ")
		must(`DELETE FROM ` + table + `; INSERT INTO ` + table + ` (` + list + `) SELECT ` + list + ` FROM kept; DROP TABLE kept; SET session_replication_role = DEFAULT`)
		if fingerprint() != before {
			t.Fatalf("%s did not come back to what it was", table)
		}
	}
	for table, changes := range figureColumns {
		listed := strings.Fields(unread[table])
		for name, to := range changes {
			listed = append(listed, name)
			try(table, name+` = `+to, true)
		}
		slices.Sort(listed)
		if all := column(t, conn, `SELECT attname::text FROM pg_attribute WHERE attrelid = '`+table+`'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY 1`); !slices.Equal(all, listed) {
			missing := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(listed, name) })
			t.Errorf("%s: columns that stand in neither list, or in both: %v", table, missing)
		}
	}
	for table, change := range map[string]string{
		"programmes": `name = 'autre'`, "participants": `last_name = 'Autre', phone = '06 39 98 00 00'`, "organisations": `name = 'Autre'`, "enrolments": `site_id = NULL, version = 9, eligibility_ground = 'autre'`,
		"jobs": `employer = 'Autre', contract = 'interim'`, "outcomes": `evidence = 'autre'`, "appointments": `note = 'Autre', mode = 'phone', version = 9`, "workshops": `title = 'Autre'`,
		"enrolment_barriers": `impact = 'fort', started_on = '2025-03-01', state = 'in_progress'`, "referrals": `reason = 'Autre', last_name = 'Autre'`,
	} {
		try(table, change, false)
	}
	// Another programme's facts, and the sandbox's, are none of it.
	must(`UPDATE jobs SET starts_on = '2025-01-01' WHERE enrolment_id = '` + id("d0", 20) + `'; UPDATE referrals SET received_at = now() WHERE sandbox`)
	if fingerprint() != before {
		t.Error("another programme moved the fingerprint")
	}
}

// TestAnUnchangedQuestionIsNotComputedAgain counts what is computed: once for a question, until what it is made of moves, by
// whomever it is asked who may be shown as much.
func TestAnUnchangedQuestionIsNotComputedAgain(t *testing.T) {
	store, conn := peopled(t)
	lead := domain.Actor{Subject: "lead", Role: domain.Coordinator, OrganisationID: northOrg, Programmes: []string{north}}
	analyst := lead
	analyst.Role = domain.Analyst
	query := persistence.FiguresQuery{}
	query.AsOf = domain.MustDate("2025-12-31")
	headCount := func(actor domain.Actor) string {
		t.Helper()
		shown, err := store.As(actor).Figure(t.Context(), north, domain.IndicatorBeneficiaries, query)
		if err != nil || shown.Tag == "" {
			t.Fatal(shown.Tag, err)
		}
		return shown.Tag
	}
	ask := func(actor domain.Actor, q persistence.FiguresQuery) string {
		t.Helper()
		shown, err := store.As(actor).Figures(t.Context(), north, "", q)
		if err != nil || shown.Tag == "" {
			t.Fatal(shown.Tag, err)
		}
		return shown.Tag
	}
	computed := func(name string, more int64, do func()) {
		t.Helper()
		before := store.Computed()
		do()
		if got := store.Computed() - before; got != more {
			t.Errorf("%s: computed %d times, not %d", name, got, more)
		}
	}
	var first, withheld string
	computed("asked first", 1, func() { first = ask(lead, query) })
	computed("asked again", 0, func() { ask(lead, query); ask(lead, query) })
	computed("asked by another who may be shown as much", 0, func() {
		other := lead
		other.Subject = "another"
		if ask(other, query) != first {
			t.Error("the tag is another")
		}
	})
	computed("asked by an analyst", 1, func() { withheld = ask(analyst, query) })
	if withheld == first {
		t.Error("what is withheld has the tag of what is shown")
	}
	filtered := query
	filtered.Gender = domain.GenderFemale
	computed("asked of women", 1, func() { ask(lead, filtered) })
	later := query
	later.AsOf = domain.MustDate("2025-12-30")
	computed("asked as of another day", 1, func() { ask(lead, later) })
	computed("asked elsewhere", 1, func() {
		if _, err := store.As(lead).Profile(t.Context(), north, query); err != nil {
			t.Fatal(err)
		}
	})

	// The day of a job moves what figures are made of, and nothing of what is shown.
	if _, err := conn.Exec(t.Context(), `UPDATE jobs SET starts_on = '2025-06-03'`); err != nil {
		t.Fatal(err)
	}
	computed("after a change that does not show", 1, func() { // and of what an analyst is told nothing moves
		if ask(lead, query) != first || ask(analyst, query) != withheld {
			t.Error("the tag moved, and what is shown did not")
		}
	})
	known, few := headCount(lead), headCount(analyst)
	// An entry more shows to the coordinator. The analyst is shown none of so few.
	if _, err := conn.Exec(t.Context(), `UPDATE enrolments SET voided_at = NULL, void_reason = NULL WHERE id = $1`, id("d0", 70)); err != nil {
		t.Fatal(err)
	}
	computed("after a change that shows", 2, func() {
		if ask(lead, query) == first || headCount(lead) == known {
			t.Error("what is shown moved, and the tag did not")
		}
		if headCount(analyst) != few {
			t.Error("an analyst's tag tells of an entry that she is not shown")
		}
	})
	for _, by := range []domain.Actor{lead, analyst} {
		report := func() {
			if _, err := store.As(by).Report(t.Context(), north, domain.ReportQuery{Year: 2025}); err != nil {
				t.Fatal(err)
			}
			if _, err := store.As(by).Map(t.Context(), north, persistence.MapQuery{PeriodInput: query.PeriodInput, Drawn: true}); err != nil {
				t.Fatal(err)
			}
		}
		computed("a report and a map", 2, report)
		computed("a report and a map again", 0, report)
	}
	if looks := column(t, conn, `SELECT count(*)::text FROM audit_events WHERE kind = 'report' AND action = 'read'`); looks[0] != "4" {
		t.Errorf("of four looks into the report the trail has %s", looks[0])
	}
	computed("of a programme that is not hers", 0, func() {
		stranger := domain.Actor{Role: domain.Coordinator, OrganisationID: southOrg, Programmes: []string{south}}
		if _, err := store.As(stranger).Figures(t.Context(), north, "", query); err == nil {
			t.Error("what was kept was answered to whoever asked")
		}
	})
}
