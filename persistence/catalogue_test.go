package persistence_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence/storetest"
)

// What becomes of a table when a person is erased, how a look into it and a change of it are
// audited, and what holds its rows apart. A table that nobody has decided about fails the test.
type ruled struct{ erasure, audit, policy string }

const (
	noPerson = "holds nobody"
	forced   = "row-level security, forced"
	open_    = "none: it names nobody, and what is not everybody's is scoped by persistence/scope.go"
	changes  = "changes are audited; looks are not: it names nobody"
	both     = "looks and changes are audited"
)

var catalogue = map[string]ruled{
	"participants":            {"identity and contact go; the gender stays, for the figures", both, forced},
	"enrolments":              {"last network contact and void reason go, the age is kept instead of the day of birth; the rest is figures", both, forced},
	"jobs":                    {"the employer goes", both, forced},
	"france_travail_statuses": {"stays: a day and yes or no, for the figures", both, forced},
	"outcomes":                {"stays: a day and codes, for the figures", both, forced},
	"diagnostics":             {"the note goes; codes and days stay, for the figures", both, forced},
	"enrolment_barriers":      {"the reason for setting it aside goes; codes and days stay, for the figures", both, forced},
	"enrolment_strengths":     {"the detail goes; a code and a day stay", both, forced},
	"charters":                {"the note goes; the day stays", both, forced},
	"objectives":              {"what it was and why it was abandoned go; days and the state stay, for the figures", both, forced},
	"actions":                 {"the note goes; a code, a day, minutes and the partner stay, for the yearly report", both, forced},
	"enrolment_proposals":     {"the note and who would have employed her go; codes, days and other partners stay, for the yearly report", both, forced},
	"immersions":              {"the host and the texts go; the object and the days stay, for the figures", both, forced},
	"follow_ups":              {"the note goes; codes and days stay", both, forced},
	"extensions":              {"the reasons go; days stay", both, forced},
	"referrals":               {"all goes but when, by which organisation, to which programme and what became of it", both, forced},
	"appointments":            {"purpose and note go", both, forced},
	"appointment_moves":       {"the reason goes; from when and where to when and where stays, as the meeting does", "written and read with the meeting", forced},
	"workshops":               {"stays: it is nobody's own", both, forced},
	"workshop_moves":          {"stays, but for a reason that names her: it is nobody's own", "written and read with the workshop", forced},
	"workshop_requests":       {"whoever waits does so no more; that a place was asked for stays, as one that was taken does", "written and read with the workshop", forced},
	"workshop_registrations":  {"stays: a place and whether somebody came, for the figures; one in a workshop to come goes to who waits", both, forced},
	"merges":                  {"the reason goes; who was merged into whom stays, so that identifiers lead on", both, forced},
	"merge_moves":             {"goes: nothing is undone any more", "written and read with the merge", forced},
	"field_changes":           {"goes", both, forced},
	"rights_requests":         {"note and reason go; that it was asked and answered stays, as the law asks", both, forced},
	"match_index":             {"goes: hashes of what she was looked for by", "its answers are audited", forced},
	"idempotency_keys":        {"answers that speak of her go, and all of them after two days", "a repeated answer is audited", forced},
	"import_records":          {"goes: what its rows were called in the source; each leaves a tombstone", "written and read within audited imports", forced},
	"erasures":                {"is what says that it took place; its reason names nobody", both, forced},
	"tombstones":              {"is made by it: keyed hashes, tied to nobody", "written and asked within audited writes", forced},
	"audit_events":            {"stays: pseudonyms, names of fields, no values; reasons name nobody", "is the audit", forced},
	"events":                  {"its facts go; stays: pseudonyms only", "written with the audit", forced},

	"calendars": {"goes, where it is hers", "changes and looks are audited, and every reading of a link that shows something", forced},

	"figure_closings": {"holds nobody that could be looked up: facts as they were told of, under numbers that stand nowhere else, without a day of birth; stays", "changes are audited; looks are as questions about figures", forced},

	"snapshots":      {noPerson, changes, forced},
	"snapshot_items": {"whose a place in a figure was goes, and why it was hers; the place stays, since the figure was published", "written with the snapshot; whom a comparison names is audited", forced},

	"webhooks":           {noPerson, changes, forced},
	"webhook_secrets":    {noPerson, changes, forced},
	"webhook_deliveries": {"what waits is called off, but that she was erased; stays for 30 days: pseudonyms only", "each is audited before it is sent, and looks are", forced},

	"organisations": {noPerson, changes, open_}, "programmes": {noPerson, changes, open_}, "targets": {noPerson, changes, open_}, "partnerships": {noPerson, changes, open_}, "permanences": {noPerson, changes, open_}, "occurrence_changes": {noPerson, changes, open_}, "closures": {noPerson, changes, open_}, "sites": {noPerson, changes, open_},
	"territories": {noPerson, "reference data", open_}, "territory_editions": {noPerson, "reference data", open_},
	"territory_contours": {noPerson, "reference data", open_},
	"territory_lists":    {noPerson, changes, open_}, "territory_list_items": {noPerson, changes, open_},
	"audit_chains":     {noPerson, "is the audit: counters and hashes, moved by its triggers", open_},
	"clients":          {noPerson, changes, open_},
	"client_secrets":   {noPerson, "changes and every use of one are audited", open_},
	"revoked_tokens":   {noPerson, changes, open_},
	"revoked_subjects": {"stays until the last token would have expired: pseudonyms of those who sign in", changes, open_},
	"retention_rules":  {noPerson, "no session writes it", open_}, "tombstone_keys": {noPerson, "no session writes it", open_},
	"demo_loads": {noPerson, "no session writes it", open_}, "goose_db_version": {noPerson, "no session writes it", open_},
}

func emptyDatabase(t *testing.T) *pgx.Conn {
	t.Helper()
	_, url := storetest.WithURL(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}

func TestEveryTableHasItsRules(t *testing.T) {
	conn := emptyDatabase(t)
	there := column(t, conn, `SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p', 'f', 'm') AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema' AND NOT c.relispartition`)
	for _, table := range there {
		rules, known := catalogue[table]
		if !known {
			t.Errorf("%s is new: say in the catalogue what becomes of it when a person is erased, how it is audited and what holds its rows apart; then see to it in persistence/erasure.go and export.go", table)
		}
		if known && (rules.erasure == "" || rules.audit == "" || rules.policy == "") {
			t.Errorf("%s has no rule for something: %+v", table, rules)
		}
		held := column(t, conn, `SELECT CASE WHEN relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid) THEN 'held' ELSE '' END FROM pg_class WHERE oid = $1::regclass`, table)
		if (rules.policy == forced) != (held[0] == "held") {
			t.Errorf("%s: the catalogue says %q, the database %q", table, rules.policy, held[0])
		}
	}
	for table := range catalogue {
		if !slices.Contains(there, table) {
			t.Errorf("the catalogue names %s, and there is no such table", table)
		}
	}
}

// Every column that leads to a person stands in her copy, or is left out for a reason.
func TestACopyLeavesNoColumnOut(t *testing.T) {
	conn := emptyDatabase(t)
	in := map[string]reflect.Type{
		"participants": reflect.TypeFor[domain.Participant](), "enrolments": reflect.TypeFor[domain.Enrolment](), "jobs": reflect.TypeFor[domain.Job](),
		"france_travail_statuses": reflect.TypeFor[domain.FranceTravailStatus](), "outcomes": reflect.TypeFor[domain.Outcome](), "appointments": reflect.TypeFor[domain.Appointment](),
		"diagnostics": reflect.TypeFor[domain.Diagnostic](), "enrolment_barriers": reflect.TypeFor[domain.EnrolmentBarrier](), "enrolment_strengths": reflect.TypeFor[domain.EnrolmentStrength](),
		"charters": reflect.TypeFor[domain.Charter](), "objectives": reflect.TypeFor[domain.Objective](), "actions": reflect.TypeFor[domain.Action](),
		"enrolment_proposals": reflect.TypeFor[domain.EnrolmentProposal](), "immersions": reflect.TypeFor[domain.Immersion](),
		"follow_ups": reflect.TypeFor[domain.FollowUp](), "extensions": reflect.TypeFor[domain.Extension](),
		"referrals": reflect.TypeFor[domain.Referral](), "field_changes": reflect.TypeFor[domain.FieldChange](), "rights_requests": reflect.TypeFor[domain.RightsRequest](),
		"audit_events": reflect.TypeFor[domain.FileAccess](), "workshop_registrations": reflect.TypeFor[domain.WorkshopPlace](), "workshop_requests": reflect.TypeFor[domain.WorkshopRequest](),
		"merges": reflect.TypeFor[domain.Merge](), "appointment_moves": reflect.TypeFor[domain.AppointmentMove](), "calendars": reflect.TypeFor[domain.CalendarView](),
		"import_records": reflect.TypeFor[domain.ImportOrigin](), "snapshot_items": reflect.TypeFor[domain.PublishedItem](),
	}
	const derived, hers, trail = "made from what is there", "is hers: the copy is of one person", "is of the trail itself, and may name others"
	leftOut := map[string]string{
		"participants.search_name": derived, "participants.search_phone": derived, "participants.search_email": derived,
		"participants.fold_first": derived, "participants.fold_last": derived, "participants.match_keys": derived, "referrals.fold_first": derived, "referrals.fold_last": derived, "referrals.match_keys": derived,
		"participants.enrolled_in": "the enrolments say it", "participants.recorded_for": "says who may work with the file, and names programmes that a coordinator may not know of",
		"participants.merged_into": "merged_identities and merges say it", "merges.recorded_for": "says who may work with the file, and names programmes that a coordinator may not know of",
		"participants.erased_at": "nobody who was erased is copied", "enrolments.age_kept": "nobody who was erased is copied", "referrals.erased_at": "nobody who was erased is copied",
		"enrolments.frozen": "restricted_at says it", "referrals.frozen": "restricted_at says it", "enrolments.referral_sandbox": "is always false",
		"appointments.programme": "the enrolment says it", "appointments.slot_place": "is the number of a place, of which one is as good as another", "appointment_moves.id": "the meeting lists them in order", "appointment_moves.appointment_id": "the meeting lists them", "appointments.recorded_under": "merged_identities and merges say it", "workshop_registrations.programme": "the enrolment says it", "workshop_registrations.enrolment_id": hers,
		"workshop_registrations.created_at": "is registered_at",
		"calendars.organisation_id":         "is of who made it", "calendars.client_id": "is of who made it", "calendars.digest": "a secret's",
		"snapshot_items.position": "says nothing", "snapshot_items.programme": "the enrolment says it", "snapshot_items.territory_code": "is of a territory, and nobody's",
		"workshop_requests.id": "says nothing", "workshop_requests.place": "tells of others who wait", "workshop_requests.programme": "the enrolment says it", "workshop_requests.enrolment_id": hers, "field_changes.participant_id": hers, "field_changes.programme": "the enrolment says it", "field_changes.enrolment_id": "the record says it",
		"import_records.programme": "the enrolment says it", "import_records.content": "a digest of what the copy holds", "import_records.import_id": "says which rows came together, hers and others'",
		"audit_events.id": trail, "audit_events.token_id": trail, "audit_events.request_id": trail, "audit_events.record_ids": trail, "audit_events.programme": trail, "audit_events.reason": trail,
		"audit_events.chain": trail, "audit_events.seq": trail, "audit_events.prev_hash": trail, "audit_events.hash": trail,
	}
	elsewhere := map[string]string{
		"workshop_moves": "it is nobody's own",
		"workshops":      "kind, title and start stand beside the place; the rest is nobody's own", "events": "what partners were told: the same identifiers as in the trail, and what the referral says itself",
		"webhook_deliveries": "when events were sent: the trail says it",
		"merge_moves":        "the records that were moved are in the copy, where they are now",
		"revoked_subjects":   "a day later it is gone",
		"match_index":        derived,
		"idempotency_keys":   "what its caller was answered, for two days",
		"figure_closings":    "nobody could be looked up there",
		"erasures":           "nobody who was erased is copied", "tombstones": "tied to nobody",
	}
	for table, rules := range catalogue {
		if rules.erasure == noPerson {
			continue
		}
		shown, exported := in[table]
		if !exported {
			if elsewhere[table] == "" {
				t.Errorf("%s holds people, and is in no copy", table)
			}
			continue
		}
		fields := fieldsOf(shown)
		for _, name := range column(t, conn, `SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1`, table) {
			why := leftOut[table+"."+name]
			if slices.Contains(fields, name) == (why != "") {
				t.Errorf("%s.%s: in the copy %v, left out because %q", table, name, slices.Contains(fields, name), why)
			}
			delete(leftOut, table+"."+name)
		}
	}
	for name := range leftOut {
		t.Errorf("%s is left out, and there is no such column", name)
	}
}

// fieldsOf are a struct's names in JSON.
func fieldsOf(t reflect.Type) []string {
	encoded, err := json.Marshal(reflect.New(t).Interface())
	if err != nil {
		panic(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(encoded, &fields); err != nil {
		panic(err)
	}
	var names []string
	for name := range fields {
		names = append(names, name)
	}
	return names
}

// What stays of an erased person in each table that keeps something is said by a constraint, or by
// nobody: the columns that persistence/erasure.go empties and the constraints of 0011 and 0019 agree.
func TestTheConstraintsKnowWhatIsErased(t *testing.T) {
	conn := emptyDatabase(t)
	for table, stays := range map[string]string{
		"participants": "created_at enrolled_in erased_at fold_first fold_last gender id merged_into organisation_id recorded_for restriction_reason search_email search_name search_phone updated_at version",
		"referrals": "barriers consented_on created_at decided_at decline_reason enrolment_id erased_at expires_on fold_first fold_last frozen id organisation_id participant_id preferred_site_id programme received_at " +
			"reminded_at resembles_erased reviewed_at sandbox status updated_at version",
	} {
		var named []string
		for _, definition := range column(t, conn, `SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY ($1)`, []string{table + "_erased_check", table + "_erased_keys_check"}) {
			_, emptied, _ := strings.Cut(definition, "num_nonnulls(")
			emptied, _, _ = strings.Cut(emptied, ")")
			for word := range strings.SplitSeq(emptied, ", ") {
				named = append(named, strings.Trim(word, `"`))
			}
		}
		var kept []string
		for _, name := range column(t, conn, `SELECT column_name::text FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1 ORDER BY 1`, table) {
			if !slices.Contains(named, name) {
				kept = append(kept, name)
			}
		}
		if got := fmt.Sprint(kept); got != "["+stays+"]" {
			t.Errorf("%s keeps %s of an erased person, not [%s]", table, got, stays)
		}
	}
}

// A temporary table of the caller's never stands in for one of ours in a function that has its definer's rights.
func TestAFunctionOfItsDefinersRightsLooksInTemporaryTablesLast(t *testing.T) {
	conn := emptyDatabase(t)
	paths := column(t, conn, `SELECT oid::regprocedure || ' ' || coalesce((SELECT setting FROM unnest(proconfig) setting WHERE setting LIKE 'search\_path=%'), '')
		FROM pg_proc WHERE prosecdef AND pronamespace <> 'pg_catalog'::regnamespace ORDER BY 1`)
	if len(paths) < 3 {
		t.Errorf("only %q: the test proves nothing", paths)
	}
	for _, path := range paths {
		if !strings.Contains(path, "search_path=pg_catalog,") || !strings.HasSuffix(path, ", pg_temp") {
			t.Errorf("%s: say SET search_path = pg_catalog, public, pg_temp", path)
		}
	}
}
