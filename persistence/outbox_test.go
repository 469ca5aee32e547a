package persistence_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"o2r/domain"
	"o2r/persistence"
)

const lease = 15 * time.Second

var (
	quick = domain.Backoff{time.Second, time.Minute}
	took  = domain.Attempt{Status: 204, Took: 8 * time.Millisecond}
	down  = domain.Attempt{Error: domain.DeliveryUnreached}
)

// hooked is a stage whose partner has a webhook.
func hooked(t *testing.T) (f *stage, webhook string) {
	f = newStage(t)
	f.place() // what happened before is not told
	made, err := f.as(domain.Partner).NewWebhook(ctx(), domain.WebhookInput{URL: hook})
	f.ok(err)
	return f, made.ID
}

func (f *stage) place() {
	f.Helper()
	_, err := f.store.PlaceEvents(ctx())
	f.ok(err)
}

// referred makes another referral of the partner.
func (f *stage) referred(reference string) string {
	f.Helper()
	in := f.refer
	in.ExternalReference = &reference
	referral, _, err := f.as(domain.Partner).Refer(ctx(), in)
	return keep(f, referral, err)
}

// claim takes up what is due so long from now.
func (f *stage) claim(after time.Duration, most int) []persistence.Message {
	f.Helper()
	messages, err := f.store.At(time.Now().Add(after)).ClaimDeliveries(ctx(), most, lease)
	f.ok(err)
	return messages
}

func (f *stage) settle(after time.Duration, message persistence.Message, attempt domain.Attempt) {
	f.Helper()
	f.ok(f.store.At(time.Now().Add(after)).SettleDelivery(ctx(), message, attempt, quick, 0.99))
}

// told names what messages are about: the type without its prefix, and the end of the referral.
func told(messages []persistence.Message) (lines []string) {
	for _, m := range messages {
		line := strings.TrimPrefix(m.Type, "referral.")
		if m.Event != nil {
			line += " " + m.Event.ReferralID[len(m.Event.ReferralID)-4:]
		}
		lines = append(lines, line)
	}
	slices.Sort(lines)
	return lines
}

func (f *stage) states(webhook string) (lines []string) {
	f.Helper()
	rows, err := f.super.Query(ctx(), `SELECT type || ' ' || status || ' ' || attempts FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY serial`, webhook)
	f.ok(err)
	for rows.Next() {
		var line string
		f.ok(rows.Scan(&line))
		lines = append(lines, line)
	}
	return lines
}

func (f *stage) is(what string, got any, want any) {
	f.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		f.Errorf("%s: %v, not %v", what, got, want)
	}
}

func TestEventsOfOneReferralGoOneAfterAnother(t *testing.T) {
	f, _ := hooked(t)
	lead := f.as(domain.Coordinator)
	_, err := lead.Review(ctx(), f.referral, any_)
	f.ok(err)
	other, third := f.referred("E-2"), f.referred("E-3")
	_, err = lead.Review(ctx(), other, any_)
	f.ok(err)
	f.place()
	short := func(id string) string { return id[len(id)-4:] }

	first := f.claim(0, 10)
	want := []string{"received " + short(other), "received " + short(third)} // the one before the webhook is not told
	slices.Sort(want)
	f.is("at first", told(first), []string{"received " + short(other), "reviewed " + short(f.referral)})
	f.is("while two are on their way", told(f.claim(time.Second, 10)), []string{})
	at := slices.IndexFunc(first, func(m persistence.Message) bool { return m.Type == "referral.reviewed" })
	f.settle(time.Second, first[at], took)
	second := f.claim(time.Second, 10)
	f.is("when one is through", told(second), []string{"received " + short(third)})
	f.settle(time.Second, second[0], took)
	f.is("the other's second waits for its first", told(f.claim(time.Second, 10)), []string{})
	f.settle(2*time.Second, first[1-at], down)
	f.is("also while that is to be tried again", told(f.claim(2*time.Second, 10)), []string{})
	again := f.claim(2*time.Minute, 10)
	f.is("then", told(again), []string{"received " + short(other)})
	f.settle(2*time.Minute, again[0], took)
	f.is("and last", told(f.claim(2*time.Minute, 10)), []string{"reviewed " + short(other)})
	if again[0].ID != first[1-at].ID || again[0].Claim == first[1-at].Claim {
		t.Error("sent again, it is another message")
	}
}

// A parked delivery holds back nobody.
func TestAMessageIsTriedThenParked(t *testing.T) {
	f, webhook := hooked(t)
	referral := f.referred("E-2")
	_, err := f.as(domain.Coordinator).Review(ctx(), referral, any_)
	f.ok(err)
	f.place()
	after := time.Duration(0)
	for i := range 3 {
		messages := f.claim(after, 10)
		f.is(fmt.Sprint("attempt ", i), len(messages), 1)
		f.settle(after, messages[0], domain.Attempt{Status: 500, Error: domain.DeliveryRefused})
		after += 2 * time.Minute
	}
	f.is("states", f.states(webhook), []string{"referral.received parked 3", "referral.reviewed pending 0"})
	f.is("then", told(f.claim(after, 10))[0][:8], "reviewed")
	waiting, err := f.store.Waiting(ctx())
	f.ok(err)
	f.is("counted", [2]int{waiting.Pending, waiting.Parked}, [2]int{1, 1})
}

func TestWhatWasTakenUpAndForgottenIsTakenUpAgain(t *testing.T) {
	f, webhook := hooked(t)
	f.referred("E-2")
	f.place()
	lost := f.claim(0, 10)
	f.is("taken up", len(lost), 1)
	f.is("before the lease is over", len(f.claim(lease-time.Second, 10)), 0)
	again := f.claim(lease+time.Second, 10)
	f.is("after", len(again), 1)
	f.settle(lease+2*time.Second, lost[0], down) // whoever had it before has nothing to say, unless it arrived
	f.is("still in hand", f.states(webhook), []string{"referral.received pending 0"})
	f.settle(lease+2*time.Second, lost[0], took)
	f.is("it arrived", f.states(webhook), []string{"referral.received delivered 1"})
	f.settle(lease+2*time.Second, again[0], down)
	f.is("which is not undone", f.states(webhook), []string{"referral.received delivered 1"})
}

// Replicas that look at once take each message once.
func TestReplicasShareTheWork(t *testing.T) {
	f, webhook := hooked(t)
	partner := f.as(domain.Partner)
	for range 3 {
		_, err := partner.NewWebhook(ctx(), domain.WebhookInput{URL: hook})
		f.ok(err)
	}
	const referrals = 12
	for i := range referrals {
		f.referred(fmt.Sprint("R-", i))
	}
	f.place()
	var lock sync.Mutex
	times, flying, most := map[string]int{}, map[string]int{}, 0
	var replicas sync.WaitGroup
	for range 8 {
		replicas.Go(func() {
			for idle := 0; idle < 30; {
				messages, err := f.store.ClaimDeliveries(ctx(), 3, time.Minute)
				if err != nil {
					t.Error(err)
					return
				}
				if len(messages) == 0 {
					idle++
					time.Sleep(2 * time.Millisecond)
				}
				for _, m := range messages {
					lock.Lock()
					times[m.DeliveryID]++
					flying[m.WebhookID]++
					most = max(most, flying[m.WebhookID])
					lock.Unlock()
				}
				time.Sleep(3 * time.Millisecond)
				for _, m := range messages {
					lock.Lock()
					flying[m.WebhookID]--
					lock.Unlock()
					if err := f.store.SettleDelivery(ctx(), m, took, quick, 0); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	replicas.Wait()
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was taken up %d times", id, n)
		}
	}
	if len(times) != 4*referrals || most > persistence.MostAtOnce {
		t.Errorf("%d of %d messages, %d at once to one endpoint", len(times), 4*referrals, most)
	}
	for _, state := range f.states(webhook) {
		f.is("state", state, "referral.received delivered 1")
	}
}

// An endpoint that is down rests, and is tried with one message; once it takes one, all go. Another's go on.
func TestAnEndpointThatIsDown(t *testing.T) {
	f, webhook := hooked(t)
	for i := range 8 {
		f.referred(fmt.Sprint("D-", i))
	}
	f.place()
	tried := 0
	for range 3 {
		for _, m := range f.claim(0, 10) {
			f.settle(0, m, down)
			tried++
		}
	}
	f.is("tried before it rests", tried, 6)
	f.is("while it rests", len(f.claim(0, 10)), 0)
	view, err := f.as(domain.Partner).Webhook(ctx(), webhook)
	f.ok(err)
	if view.RestingUntil == nil || view.Version != 1 {
		t.Errorf("the partner does not see that it rests: %+v", view)
	}
	other, err := f.as(domain.Partner).NewWebhook(ctx(), domain.WebhookInput{URL: hook})
	f.ok(err)
	f.referred("D-9")
	f.place()
	beside := f.claim(0, 10)
	f.is("to another meanwhile", [2]any{len(beside), beside[0].WebhookID}, [2]any{1, other.ID})
	f.settle(0, beside[0], took)
	probe := f.claim(2*time.Second, 10)
	f.is("one to see how it is", len(probe), 1)
	f.settle(2*time.Second, probe[0], down)
	f.is("it rests longer", len(f.claim(10*time.Second, 10)), 0)
	probe = f.claim(2*time.Minute, 10)
	f.is("one again", len(probe), 1)
	f.settle(2*time.Minute, probe[0], took)
	sent := 1
	for range 20 {
		for _, m := range f.claim(2*time.Minute, 10) {
			f.settle(2*time.Minute, m, took)
			sent++
		}
	}
	f.is("then all of them", sent, 9)
}

func TestWhatWaitsForLongerThanAnythingWaitsIsParked(t *testing.T) {
	f, webhook := hooked(t)
	for i := range 8 {
		f.referred(fmt.Sprint("D-", i))
	}
	f.place()
	late := f.store.At(time.Now().Add(time.Hour))
	f.ok(late.TidyDeliveries(ctx(), quick))
	f.is("an endpoint that is not down", strings.Count(fmt.Sprint(f.states(webhook)), "pending"), 8)
	for range 3 {
		for _, m := range f.claim(0, 10) {
			f.settle(0, m, down)
		}
	}
	f.ok(f.store.TidyDeliveries(ctx(), quick))
	f.is("not yet", strings.Count(fmt.Sprint(f.states(webhook)), "pending"), 8)
	f.ok(late.TidyDeliveries(ctx(), quick))
	f.is("then", strings.Count(fmt.Sprint(f.states(webhook)), "parked"), 8)
}

// What is sent is what stands when it is sent: the profile, the webhook, the file.
func TestWhatIsSentIsDecidedThen(t *testing.T) {
	f, webhook := hooked(t)
	lead, partner, officer := f.as(domain.Coordinator), f.as(domain.Partner), f.as(domain.DPO)
	profile := func(profile domain.Disclosure) {
		_, err := lead.ReplacePartnerships(ctx(), essai, any_, domain.PartnershipList{Items: []domain.Partnership{{OrganisationID: f.organisation, Disclosure: profile}}})
		f.ok(err)
	}
	profile(domain.DiscloseAttendance)
	accepted, err := lead.Accept(ctx(), f.referral, any_, domain.Acceptance{EnteredOn: new(domain.MustDate("2025-03-03"))})
	f.ok(err)
	_, err = lead.Schedule(ctx(), domain.AppointmentInput{EnrolmentID: *accepted.EnrolmentID, StartsAt: past, DurationMinutes: 60, Mode: domain.MeetingPhone})
	f.ok(err)
	f.place()
	f.is("queued", f.states(webhook), []string{"referral.accepted pending 0", "referral.appointment_scheduled pending 0"})
	log, err := partner.Deliveries(ctx(), webhook, domain.DeliveryQuery{})
	f.ok(err)
	f.is("seen by the partner", len(log.Items), 2)
	for _, m := range f.claim(0, 10) {
		if m.Event == nil || m.Event.MeetingsAttended == nil || len(m.Secrets) != 1 || m.URL != hook {
			t.Errorf("a message that lacks something: %+v", m)
		}
		f.settle(0, m, took)
	}

	profile(domain.DiscloseStatus) // the agreement is narrowed while the appointment waits
	f.is("sent", len(f.claim(0, 10)), 0)
	f.is("it is called off", f.states(webhook)[1], "referral.appointment_scheduled cancelled 0")
	log, err = partner.Deliveries(ctx(), webhook, domain.DeliveryQuery{})
	f.ok(err)
	f.is("and not seen any more", len(log.Items), 1)

	_, err = lead.Exit(ctx(), *accepted.EnrolmentID, any_, f.exit())
	f.ok(err)
	f.place()
	f.is("what the profile does not hold is not even queued", len(f.states(webhook)), 2)

	profile(domain.DiscloseExitClass)
	_, err = lead.Reopen(ctx(), *accepted.EnrolmentID, any_, domain.Reason{Reason: "Par erreur."})
	f.ok(err)
	f.place()
	f.is("queued", f.states(webhook)[2], "referral.exited pending 0")
	freeze := func(restricted bool) {
		_, err = officer.Restrict(ctx(), *accepted.ParticipantID, any_, domain.RestrictionInput{Restricted: &restricted, Reason: "Contestée."})
		f.ok(err)
	}
	freeze(true)
	f.is("of a restricted file", len(f.claim(0, 10)), 0)
	log, err = partner.Deliveries(ctx(), webhook, domain.DeliveryQuery{})
	f.ok(err)
	f.is("the log holds nothing", len(log.Items), 0)
	freeze(false)
	held := f.claim(0, 10)
	f.is("once it is not", len(held), 1)
	f.settle(0, held[0], down)

	_, err = partner.ReplaceWebhook(ctx(), webhook, any_, domain.WebhookInput{URL: hook, Types: domain.EventTypes{"referral.erased"}})
	f.ok(err)
	f.is("not asked for any more", len(f.claim(time.Minute, 10)), 0)
	f.is("called off", f.states(webhook)[2], "referral.exited cancelled 1")
	_, err = partner.ReplaceWebhook(ctx(), webhook, any_, domain.WebhookInput{URL: hook})
	f.ok(err)
	_, err = partner.Replay(ctx(), webhook, domain.ReplayInput{Since: &past})
	f.ok(err)
	f.is("waits again", strings.Count(fmt.Sprint(f.states(webhook)), "pending"), 5)

	_, err = officer.Erase(ctx(), *accepted.ParticipantID, domain.ErasureInput{Reason: "À sa demande."})
	f.ok(err)
	f.is("called off by the erasure", strings.Count(fmt.Sprint(f.states(webhook)), "pending"), 0)
	f.place()
	last := f.claim(0, 10)
	f.is("but that she was erased", told(last), []string{"erased " + f.referral[len(f.referral)-4:]})
	if e := last[0].Event; e.ExternalReference != nil || e.ExitClass != nil || e.FirstAppointmentAt != nil || e.MeetingsAttended != nil {
		t.Errorf("it tells more: %+v", e)
	}
	var facts int
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM events WHERE referral_id = $1 AND facts <> '{}' AND type <> 'referral.erased'`, f.referral).Scan(&facts))
	f.is("facts kept of her", facts, 0)
	var sent int
	f.ok(f.super.QueryRow(ctx(), `SELECT count(*) FROM audit_events WHERE action = 'sent' AND kind = 'event' AND $1 = ANY (record_ids) AND subject = 'webhook:' || $2 AND organisation_id = $3 AND programme = $4 AND 'external_reference' = ANY (fields)`,
		f.referral, webhook, f.organisation, essai).Scan(&sent))
	if sent < 2 {
		t.Errorf("the trail says %d times that the partner was told", sent)
	}
}

// What cannot be written in the trail is not sent.
func TestWithoutItsRowInTheTrailNothingIsSent(t *testing.T) {
	f, webhook := hooked(t)
	f.referred("E-2")
	f.place()
	_, err := f.super.Exec(ctx(), `CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the trail is full'; END $$;
		CREATE TRIGGER zz_broken BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION broken()`)
	f.ok(err)
	if messages, err := f.store.ClaimDeliveries(ctx(), 10, lease); err == nil || messages != nil {
		t.Errorf("it was given out: %v %v", messages, err)
	}
	_, err = f.super.Exec(ctx(), `DROP TRIGGER zz_broken ON audit_events`)
	f.ok(err)
	f.is("and waits", f.states(webhook), []string{"referral.received pending 0"})
	f.is("then", len(f.claim(0, 10)), 1)
}

func TestAnEndpointThatIsGone(t *testing.T) {
	f, webhook := hooked(t)
	partner := f.as(domain.Partner)
	f.referred("E-2")
	f.referred("E-3")
	f.place()
	messages := f.claim(0, 1)
	f.settle(0, messages[0], domain.Attempt{Status: 410, Error: domain.DeliveryRefused})
	view, err := partner.Webhook(ctx(), webhook)
	f.ok(err)
	if *view.Enabled || view.DisabledBy == nil || *view.DisabledBy != domain.DisabledByEndpoint || view.Version != 2 {
		t.Errorf("it is %+v", view)
	}
	f.referred("E-4")
	f.place()
	f.is("states", f.states(webhook), []string{"referral.received cancelled 1", "referral.received cancelled 0"})
	for name, refusal := range map[string]error{"a test": second(partner.TestWebhook(ctx(), webhook)), "a replay": second(partner.Replay(ctx(), webhook, domain.ReplayInput{Since: &past}))} {
		if refusal == nil {
			t.Errorf("%s was queued", name)
		}
	}
	_, err = partner.ReplaceWebhook(ctx(), webhook, any_, domain.WebhookInput{URL: hook, Enabled: new(true)})
	f.ok(err)
	replayed, err := partner.Replay(ctx(), webhook, domain.ReplayInput{Since: &past})
	f.ok(err)
	f.is("what it missed, and what was before it", replayed.Deliveries, 4)
}

func TestReplays(t *testing.T) {
	f, webhook := hooked(t)
	partner := f.as(domain.Partner)
	_, start := follow(t, partner, "", 50)
	f.referred("E-2")
	f.referred("E-3")
	f.place()
	ids := map[string]string{}
	for range 2 {
		for _, m := range f.claim(0, 10) {
			ids[m.DeliveryID] = m.ID
			f.settle(0, m, took)
		}
	}
	log, err := partner.Deliveries(ctx(), webhook, domain.DeliveryQuery{Status: domain.DeliveryDelivered})
	f.ok(err)
	f.is("delivered", [2]int{len(log.Items), len(ids)}, [2]int{2, 2})
	for _, row := range []struct {
		name string
		in   domain.ReplayInput
		want int
	}{
		{"one delivery", domain.ReplayInput{DeliveryIDs: []string{log.Items[0].ID}}, 1},
		{"which waits now", domain.ReplayInput{DeliveryIDs: []string{log.Items[0].ID}}, 0},
		{"from a cursor, less what waits", domain.ReplayInput{Cursor: &start}, 1},
		{"since an instant to come", domain.ReplayInput{Since: new(time.Now().Add(time.Hour))}, 0},
		{"since the beginning, with what was before the webhook", domain.ReplayInput{Since: &past}, 1},
	} {
		got, err := partner.Replay(ctx(), webhook, row.in)
		f.ok(err)
		f.is(row.name, got.Deliveries, row.want)
	}
	again := map[string]string{}
	for range 3 {
		for _, m := range f.claim(0, 10) {
			again[m.DeliveryID] = m.ID
			f.settle(0, m, took)
		}
	}
	f.is("sent", len(again), 3)
	for delivery, message := range ids {
		f.is("webhook-id", again[delivery], message)
	}
	other, err := partner.NewWebhook(ctx(), domain.WebhookInput{URL: hook})
	f.ok(err)
	for name, in := range map[string]domain.ReplayInput{
		"nothing":                {},
		"two at once":            {Cursor: &start, Since: &past},
		"a cursor that is none":  {Cursor: new("x")},
		"another list's cursor":  {Cursor: new(base64.RawURLEncoding.EncodeToString([]byte(`{"list":"referrals","id":"` + factID + `"}`)))},
		"another's delivery":     {DeliveryIDs: []string{log.Items[0].ID}},
		"a delivery that is not": {DeliveryIDs: []string{factID}},
	} {
		if got, err := partner.Replay(ctx(), other.ID, in); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
	stranger := f.actor(domain.Partner)
	stranger.Programmes = []string{"o2r-autre"}
	for name, err := range map[string]error{
		"reads":    second(f.store.As(stranger).Webhook(ctx(), webhook)),
		"its log":  second(f.store.As(stranger).Deliveries(ctx(), webhook, domain.DeliveryQuery{})),
		"tests":    second(f.store.As(stranger).TestWebhook(ctx(), webhook)),
		"replays":  second(f.store.As(stranger).Replay(ctx(), webhook, domain.ReplayInput{})),
		"disables": second(f.store.As(stranger).DisableWebhook(ctx(), webhook, any_)),
		"rotates":  second(f.store.As(stranger).NewWebhookSecret(ctx(), webhook, any_, domain.WebhookSecretInput{})),
		"rewrites": second(f.store.As(stranger).ReplaceWebhook(ctx(), webhook, any_, domain.WebhookInput{URL: hook})),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "not_found") {
			t.Errorf("a token for another programme %s: %v", name, err)
		}
	}
}

func TestATestIsSentOnce(t *testing.T) {
	f, webhook := hooked(t)
	partner := f.as(domain.Partner)
	f.referred("E-2")
	f.place()
	test, err := partner.TestWebhook(ctx(), webhook)
	f.ok(err)
	if _, err := partner.TestWebhook(ctx(), webhook); err == nil {
		t.Error("two tests wait at once")
	}
	messages := f.claim(0, 1)
	f.is("it goes first", [2]any{told(messages), messages[0].ID}, [2]any{[]string{domain.TestType}, test.EventID})
	if messages[0].Event != nil {
		t.Errorf("a test tells of somebody: %+v", messages[0].Event)
	}
	f.settle(0, messages[0], down)
	f.is("parked at once", f.states(webhook), []string{"referral.received pending 0", "webhook.test parked 1"})
}

// Secrets are kept sealed, each to its place, under a key that is not in the database.
func TestSecretsAreSealed(t *testing.T) {
	f, webhook := hooked(t)
	partner := f.as(domain.Partner)
	rotated, err := partner.NewWebhookSecret(ctx(), webhook, any_, domain.WebhookSecretInput{})
	f.ok(err)
	f.is("secrets", len(rotated.Secrets), 2)
	if _, err := partner.NewWebhookSecret(ctx(), webhook, any_, domain.WebhookSecretInput{}); err == nil {
		t.Error("a third secret")
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(rotated.Secret, "whsec_"))
	if err != nil || len(raw) != 32 || !strings.HasPrefix(rotated.Secret, "whsec_") {
		t.Errorf("no secret of Standard Webhooks: %v", err)
	}
	f.referred("E-2")
	f.place()
	messages := f.claim(0, 10)
	if len(messages) != 1 || len(messages[0].Secrets) != 2 || !bytes.Equal(messages[0].Secrets[0], raw) || bytes.Equal(messages[0].Secrets[1], raw) {
		t.Fatal("it is not signed with both, the newer first")
	}
	var found int
	for _, text := range []string{rotated.Secret, string(raw), rotated.Secret[6:20]} {
		f.ok(f.super.QueryRow(ctx(), `SELECT (SELECT count(*) FROM webhook_secrets s WHERE position($1::bytea in sealed) > 0) + (SELECT count(*) FROM webhooks w WHERE w::text LIKE '%' || $2 || '%') + (SELECT count(*) FROM audit_events a WHERE a::text LIKE '%' || $2 || '%')`,
			[]byte(text), base64.StdEncoding.EncodeToString([]byte(text))).Scan(&found))
		f.is("found in the database", found, 0)
	}
	ended, err := partner.NewWebhookSecret(ctx(), webhook, any_, domain.WebhookSecretInput{OlderValidHours: new(0)})
	f.ok(err)
	f.is("ended at once", len(ended.Secrets), 1)

	if err := f.store.UseWebhooks(ctx(), []byte("a third key, which has thirty-two bytes too"), nil); err == nil {
		t.Error("another key was taken, which opens nothing")
	}
	if err := f.store.UseWebhooks(ctx(), []byte("short"), nil); err == nil {
		t.Error("a short key was taken")
	}
	// Copied to another webhook, or changed by one bit, it does not open, and nothing goes unsigned.
	_, err = f.super.Exec(ctx(), `UPDATE webhook_secrets SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)`)
	f.ok(err)
	changed := f.claim(lease+time.Second, 10)
	f.is("messages", len(changed), 1)
	f.is("secrets of a changed one", len(changed[0].Secrets), 0)
	_, err = f.super.Exec(ctx(), `UPDATE webhook_secrets SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1), id = gen_random_uuid()`)
	f.ok(err)
	f.is("secrets out of their place", len(f.claim(2*lease+2*time.Second, 10)[0].Secrets), 0)
}

// The log goes back for so long; the events stay, and can be replayed.
func TestTheLogOfDeliveriesEnds(t *testing.T) {
	f, webhook := hooked(t)
	f.referred("E-2")
	f.referred("E-3")
	f.place()
	f.settle(0, f.claim(0, 1)[0], took)
	f.ok(f.store.At(time.Now().Add(persistence.DeliveriesKeptFor - time.Hour)).Forget(ctx()))
	f.is("kept", len(f.states(webhook)), 2)
	f.ok(f.store.At(time.Now().Add(persistence.DeliveriesKeptFor + time.Hour)).Forget(ctx()))
	f.is("what waits stays", f.states(webhook), []string{"referral.received pending 0"})
	replayed, err := f.as(domain.Partner).Replay(ctx(), webhook, domain.ReplayInput{Since: &past})
	f.ok(err)
	f.is("queued anew", replayed.Deliveries, 2)
}
