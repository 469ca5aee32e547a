package api_test

import (
	"net/http"
	"testing"

	"o2r/domain"
)

func TestAReferralBecomesAnEnrolment(t *testing.T) {
	f := newFixture(t)
	partner, caseworker := f.actor(domain.Partner), f.actor(domain.Caseworker)
	body := map[string]any{
		"programme": somme, "external_reference": "A-1", "first_name": "Camille", "last_name": "Exemple", "birth_date": "1990-05-17",
		"phone": "06 39 98 12 34", "territory_code": "80253", "justice_status": "milieu_ouvert", "barriers": []string{"mobilite", "logement"},
		"consented_on": "2025-03-20",
	}
	posted := f.send(partner, http.MethodPost, "/v1/referrals", body).is(201)
	id := posted.text("id")
	if posted.Header.Get("Location") != "/v1/referrals/"+id || posted.Header.Get("ETag") != `"1"` {
		t.Errorf("Location %q, ETag %q", posted.Header.Get("Location"), posted.Header.Get("ETag"))
	}
	if again := f.send(partner, http.MethodPost, "/v1/referrals", body).is(200); again.text("id") != id {
		t.Error("the same reference made another referral")
	}
	body["last_name"] = "Autre"
	f.send(partner, http.MethodPost, "/v1/referrals", body).is(409)

	f.send(caseworker, http.MethodPost, "/v1/referrals/"+id+"/review", nil).is(200)
	accepted := f.send(caseworker, http.MethodPost, "/v1/referrals/"+id+"/accept", map[string]any{"entered_on": "2025-04-01", "education_level": "cap_bep"}).is(200)
	enrolment := f.send(caseworker, http.MethodGet, "/v1/enrolments/"+accepted.text("enrolment_id"), nil).is(200)
	if enrolment.text("justice_status") != "milieu_ouvert" || enrolment.text("status") != "active" || enrolment.text("territory_code") != "80253" {
		t.Error(enrolment.Text)
	}
	f.send(caseworker, http.MethodPost, "/v1/referrals/"+id+"/accept", map[string]any{}).is(409)
	seen := f.send(partner, http.MethodGet, "/v1/referrals/"+id, nil).is(200)
	if seen.Fields["participant_id"] != nil || seen.Fields["enrolment_id"] != nil || seen.text("status") != "accepted" {
		t.Error("the partner reads", seen.Text)
	}
}
