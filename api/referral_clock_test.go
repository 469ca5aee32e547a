package api_test

import (
	"testing"

	"o2r/domain"
)

func TestRemindersThatCannotBe(t *testing.T) {
	f := newFixture(t)
	admin := f.actor(domain.Admin)
	good := map[string]any{"slug": "o2r-essai", "name": "Essai", "operator_id": f.operator.ID, "starts_on": "2025-01-01", "ends_on": "2026-01-01", "referral_expiry_days": 30, "referral_reminder_days": 7}
	for _, row := range [][]any{
		{"referral_reminder_days", 30}, {"referral_reminder_days", 31}, {"referral_reminder_days", 0}, {"referral_reminder_days", -7}, {"referral_reminder_days", "7"},
		{"referral_reminder_days", 1.5}, {"referral_expiry_days", nil}, {"referral_expiry_days", 7},
	} {
		f.send(admin, "POST", "/v1/programmes", object(good, row...)).problemAt(422, "invalid", "body.referral_reminder_days")
		f.send(admin, "PUT", "/v1/programmes/"+somme, object(object(good, row...), "slug", somme), "If-Match", "*").problemAt(422, "invalid", "body.referral_reminder_days")
	}
	made := f.send(admin, "POST", "/v1/programmes", good).is(201)
	if made.Fields["referral_reminder_days"] != 7.0 {
		t.Error(made.Text)
	}
	f.send(f.actor(domain.Coordinator), "PUT", "/v1/programmes/"+somme, good, "If-Match", "*").problem(403, "forbidden")
	for _, day := range []string{"2025-02-30", "demain", ""} {
		f.send(f.actor(domain.Caseworker), "GET", "/v1/referrals?expiring_by="+day, nil).problemAt(422, "invalid", "query.expiring_by")
	}
	f.send(f.actor(domain.Analyst), "GET", "/v1/referrals?expiring_by=2025-02-03", nil).problem(403, "forbidden")
}
