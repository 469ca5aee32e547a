package api_test

import (
	"net/http"
	"testing"

	"o2r/domain"
)

// TestAnOpenReferralIsAcceptedNotPassedBy: enrolling by hand from a referral that nobody has decided
// would leave it open for ever.
func TestAnOpenReferralIsAcceptedNotPassedBy(t *testing.T) {
	f := newFixture(t)
	staff := f.actor(domain.Caseworker)
	refer := func(reference string) string {
		return f.send(f.actor(domain.Partner), http.MethodPost, "/v1/referrals", map[string]any{
			"programme": somme, "external_reference": reference, "first_name": "Camille", "last_name": "Exemple",
			"phone": "06 39 98 12 34", "consented_on": "2025-03-20",
		}).is(201).text("id")
	}
	person := f.send(staff, http.MethodPost, "/v1/participants", map[string]any{"first_name": "Camille", "last_name": "Exemple"}).is(201).text("id")
	entry := map[string]any{"participant_id": person, "programme": somme, "entered_on": "2025-04-01", "referral_id": refer("A")}
	if got := f.send(staff, http.MethodPost, "/v1/enrolments", entry).is(409); got.text("code") != "referral_open" {
		t.Error(got.Text)
	}
	f.send(staff, http.MethodPost, "/v1/referrals/"+entry["referral_id"].(string)+"/decline", map[string]any{"decline_reason": "injoignable"}).is(200)
	enrolment := f.send(staff, http.MethodPost, "/v1/enrolments", entry).is(201)

	// What is left out of a PUT becomes unknown, but not how she came.
	path, declined := "/v1/enrolments/"+enrolment.text("id"), entry["referral_id"]
	delete(entry, "referral_id")
	if kept := f.send(staff, http.MethodPut, path, entry, "If-Match", `"1"`).is(200); kept.Fields["referral_id"] != declined {
		t.Error(kept.Text)
	}
	entry["referral_id"] = refer("B")
	if got := f.send(staff, http.MethodPut, path, entry, "If-Match", `"2"`).is(422); got.Fields["errors"].([]any)[0].(map[string]any)["code"] != "fixed" {
		t.Error(got.Text)
	}
}
