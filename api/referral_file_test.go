package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"o2r/domain"
	"o2r/persistence"
)

// Referrals are part of a person's file, however they led to her.

func (f *fixture) referred(reference string, changes ...any) (id string, body map[string]any) {
	f.Helper()
	body = object(map[string]any{
		"programme": somme, "external_reference": reference, "first_name": "Quetsche", "last_name": "Myrtille", "phone": "06 39 98 55 66",
		"consented_on": "2025-01-10", "justice_status": "milieu_ferme", "reason": "Motif réservé",
	}, changes...)
	return f.send(f.actor(domain.Partner), "POST", "/v1/referrals", body).is(201).text("id"), body
}

func (f *fixture) restrict(person string) {
	f.Helper()
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+person+"/restriction", map[string]any{"restricted": true, "reason": "Contestée."}).is(200)
}

// A declined referral that an enrolment cites is copied, frozen and erased with the person.
func TestACitedReferralIsOfTheFile(t *testing.T) {
	f := newFixture(t)
	lead, officer, partner := f.actor(domain.Coordinator), f.actor(domain.DPO), f.actor(domain.Partner)
	id, _ := f.referred("R-1") // without a day of birth
	other, _ := f.referred("R-2", "last_name", "Mirabelle")
	f.send(lead, "POST", "/v1/referrals/"+id+"/decline", map[string]any{"decline_reason": "autre"}).is(200)
	person := f.send(lead, "POST", "/v1/participants", map[string]any{"first_name": "Quetsche", "last_name": "Myrtille", "birth_date": "1980-01-01"}).is(201).text("id")
	f.send(lead, "POST", "/v1/enrolments", map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-01-15", "referral_id": id}).is(201)
	if copied := f.send(officer, "GET", "/v1/participants/"+person+"/export", nil).is(200); !strings.Contains(copied.Text, "Motif réservé") {
		t.Errorf("not in her copy: %s", copied.Text)
	}
	f.restrict(person)
	for _, reader := range []domain.Actor{lead, partner} {
		f.send(reader, "GET", "/v1/referrals/"+id, nil).problem(404, "not_found")
		f.send(reader, "GET", "/v1/referrals/"+other, nil).is(200)
	}
	if erased := f.send(officer, "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "À sa demande."}).is(200); erased.Fields["referrals"] != 1.0 {
		t.Errorf("erased %s", erased.Text)
	}
	if n := f.count(`SELECT count(*) FROM referrals WHERE last_name = 'Myrtille' OR reason IS NOT NULL AND id = $1`, id); n != 0 {
		t.Errorf("%d rows still name her", n)
	}
	f.send(lead, "GET", "/v1/referrals/"+other, nil).is(200)
}

// Somebody of the same names who cannot be told to be her keeps her referral.
func TestANamesakesReferralStays(t *testing.T) {
	f := newFixture(t)
	person := f.send(f.actor(domain.Coordinator), "POST", "/v1/participants", map[string]any{"first_name": "Quetsche", "last_name": "Myrtille", "birth_date": "1980-01-01", "phone": "06 39 98 55 66"}).is(201).text("id")
	hers := []string{}
	for reference, changes := range map[string][]any{
		"same day": {"birth_date", "1980-01-01", "phone", "06 39 98 00 01"}, "swapped": {"birth_date", "1980-01-01", "first_name", "MYRTILLE", "last_name", "quetsche"}, "same phone": {"phone", "+33 6 39 98 55 66"},
	} {
		id, _ := f.referred(reference, changes...)
		hers = append(hers, id)
	}
	stay := []string{}
	for reference, changes := range map[string][]any{
		"other day": {"birth_date", "1981-01-01"}, "neither": {"phone", "06 39 98 00 02"}, "her brother": {"first_name", "Cassis"},
	} {
		id, _ := f.referred(reference, changes...)
		stay = append(stay, id)
	}
	f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "À sa demande."}).is(200)
	for _, id := range hers {
		f.send(f.actor(domain.Partner), "GET", "/v1/referrals/"+id, nil).problem(404, "not_found")
		if n := f.count(`SELECT count(*) FROM events WHERE record_id = $1 AND type = 'referral.withdrawn' AND organisation_id = $2`, id, f.spip.ID); n != 1 {
			t.Errorf("its partner is told %d times that it was withdrawn", n)
		}
	}
	for _, id := range stay {
		f.send(f.actor(domain.Partner), "GET", "/v1/referrals/"+id, nil).is(200)
	}
}

// Somebody whose time is over and who is referred again today is neither erased nor turned away.
func TestRetentionKeepsWhoIsReferredAgain(t *testing.T) {
	f := newFixture(t)
	f.send(f.actor(domain.Coordinator), "POST", "/v1/participants", map[string]any{"first_name": "Quetsche", "last_name": "Myrtille", "birth_date": "1980-01-01"}).is(201)
	gone := f.send(f.actor(domain.Coordinator), "POST", "/v1/participants", map[string]any{"first_name": "Prune", "last_name": "Reine"}).is(201).text("id")
	f.exec(`UPDATE participants SET created_at = '2024-01-01'`)
	id, _ := f.referred("again", "birth_date", "1980-01-01")
	var done []string
	_, err := persistence.Retention(t.Context(), f.store.As(f.actor(domain.DPO)), false, func(due domain.RetentionDue) error {
		done = append(done, due.RecordID)
		return nil
	})
	if err != nil || len(done) != 1 || done[0] != gone {
		t.Errorf("done: %v, %v", done, err)
	}
	if status := f.send(f.actor(domain.Partner), "GET", "/v1/referrals/"+id, nil).is(200).text("status"); status != "received" {
		t.Error(status)
	}
}

// What led to a colleague's file is opened as that file is.
func TestAColleaguesReferralAsksForAReason(t *testing.T) {
	f := newFixture(t)
	lead, me := f.actor(domain.Coordinator), f.actor(domain.Caseworker)
	theirs, _ := f.referred("theirs")
	mine, _ := f.referred("mine", "last_name", "Mirabelle")
	waiting, _ := f.referred("waiting", "last_name", "Reine")
	f.send(lead, "POST", "/v1/referrals/"+theirs+"/accept", map[string]any{"entered_on": "2025-01-15", "caseworker_id": "colleague"}).is(200)
	f.send(lead, "POST", "/v1/referrals/"+mine+"/accept", map[string]any{"entered_on": "2025-01-15", "caseworker_id": me.Subject}).is(200)
	f.send(me, "GET", "/v1/referrals/"+theirs, nil).problem(403, "access_reason_required")
	f.send(me, "GET", "/v1/referrals/"+theirs, nil, "Access-Reason", "Remplacement").is(200)
	f.send(lead, "GET", "/v1/referrals/"+theirs, nil).is(200)
	for _, id := range []string{mine, waiting} {
		f.send(me, "GET", "/v1/referrals/"+id, nil).is(200)
	}
	if listed := f.send(me, "GET", "/v1/referrals", nil).is(200); len(listed.items()) != 2 || strings.Contains(listed.Text, theirs) {
		t.Errorf("listed: %s", listed.Text)
	}
}

// A partner reads nothing of a frozen referral by sending it again.
func TestAFrozenReferralIsNotReadByRepeatingIt(t *testing.T) {
	f := newFixture(t)
	id, body := f.referred("R-1")
	accepted := f.send(f.actor(domain.Coordinator), "POST", "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-01-15"}).is(200)
	partner := f.actor(domain.Partner)
	f.send(partner, "POST", "/v1/referrals", body).is(200)
	f.restrict(accepted.text("participant_id"))
	same, others := f.send(partner, "POST", "/v1/referrals", body), f.send(partner, "POST", "/v1/referrals", object(body, "reason", "Autre"))
	same.problem(409, "external_reference_used")
	if same.anonymous() != others.anonymous() {
		t.Errorf("told apart:\n%s\n%s", same.Text, others.Text)
	}
}

// Who is referred while she is erased is either erased too, or flagged.
func TestAnErasureAndAReferralAtOnce(t *testing.T) {
	f := newFixture(t)
	person := f.send(f.actor(domain.Coordinator), "POST", "/v1/participants", map[string]any{"first_name": "Quetsche", "last_name": "Myrtille", "birth_date": "1980-01-01"}).is(201).text("id")
	f.exec(`CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END $$`)
	f.exec(`CREATE TRIGGER held BEFORE INSERT ON referrals FOR EACH ROW EXECUTE FUNCTION held()`)
	conn, err := pgx.Connect(t.Context(), f.url)
	f.must(err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_lock(42)`)
	f.must(err)
	// waiting is until so many wait for a lock, and more do not come.
	waiting := func(n int64) {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			if f.count(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == n {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%d never waited", n)
			}
		}
	}
	answers := make(chan reply, 2)
	go func() {
		answers <- f.send(f.actor(domain.Partner), "POST", "/v1/referrals", map[string]any{"programme": somme, "first_name": "Quetsche", "last_name": "Myrtille", "birth_date": "1980-01-01", "phone": "06 39 98 55 66", "consented_on": "2025-01-10"})
	}()
	waiting(1)
	go func() {
		answers <- f.send(f.actor(domain.DPO), "POST", "/v1/participants/"+person+"/erasure", map[string]any{"reason": "À sa demande."})
	}()
	waiting(2)
	_, err = conn.Exec(t.Context(), `SELECT pg_advisory_unlock(42)`)
	f.must(err)
	for range 2 {
		if got := <-answers; got.Status >= 300 {
			t.Error(got.Status, got.Text)
		}
	}
	if n := f.count(`SELECT count(*) FROM referrals WHERE erased_at IS NULL AND resembles_erased IS NOT TRUE`); n != 0 {
		t.Error("she stands there, and nobody is told that she was erased")
	}
}
