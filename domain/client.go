package domain

import (
	"slices"
	"time"
)

// ClientInput is what an administrator writes of an API client.
type ClientInput struct {
	Name           string `json:"name" required:"true" doc:"What the program is, for people." minLength:"1" maxLength:"200" example:"Logiciel du SPIP de la Somme"`
	OrganisationID string `json:"organisation_id" required:"true" doc:"The organisation that it acts for." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
	Role           Role   `json:"role" required:"true" doc:"What it may do." example:"partner"`
	Programmes     Codes  `json:"programmes" required:"true" doc:"Slugs of the programmes that it works in." maxItems:"100" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" nullable:"false" example:"[\"o2r-somme\"]"`
	Sandbox        bool   `json:"sandbox" doc:"Whether it only tries things out: what it refers is of the sandbox. Partners' clients only; once recorded, it stays." example:"false"`
	ExpiresOn      *Date  `json:"expires_on" doc:"The last day on which it may ask for tokens and use them; no such day when left out." example:"2027-12-31"`
}

// Client is a program that asks for tokens with a secret of its own.
type Client struct {
	Stamp
	ClientInput
	RevokedAt *time.Time `json:"revoked_at" doc:"When it was shut out for good; null while it was not." example:"2025-04-01T09:30:00Z"`
	Grants    int        `json:"-"` // see Narrows
}

// ClientView is a client with what may be known of its secrets.
type ClientView struct {
	Client
	Secrets []ClientSecret `json:"secrets" doc:"The secrets it may use now, the older first; never their values." maxItems:"2" nullable:"false"`
}

// ClientSecret is what may be known of a secret.
type ClientSecret struct {
	ID        string     `json:"id" doc:"Identifier of the secret, to revoke it by." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	CreatedAt time.Time  `json:"created_at" doc:"When it was made." example:"2025-04-01T09:30:00Z"`
	ExpiresAt *time.Time `json:"expires_at" doc:"When it stops being good; null while no newer one replaces it." example:"2025-04-08T09:30:00Z"`
}

// NewClient is a client as it is answered once, with the secret that was just made for it. The
// secret itself is kept nowhere.
type NewClient struct {
	ClientView
	Secret string `json:"client_secret" doc:"The secret, shown this once: keep it where programs' secrets are kept. The client's id is its client_id." maxLength:"100" example:"o2r_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0"`
}

// ShownOnce keeps the answer from being kept for a repeated request.
func (NewClient) ShownOnce() {}

// SecretInput is what an administrator says of a rotation.
type SecretInput struct {
	OlderValidHours *int `json:"older_valid_hours" doc:"For how many hours the older secret stays good, so that the program can be given the newer one; 168 when left out, 0 ends it at once." minimum:"0" maximum:"720" example:"168"`
}

// LongestTokenLife is how long any token that is accepted here may live, and so how long a
// revocation needs to be remembered.
const LongestTokenLife = 24 * time.Hour

// Grace is how long the older secret stays good beside a new one.
func (in SecretInput) Grace() time.Duration {
	if in.OlderValidHours == nil {
		return 7 * 24 * time.Hour
	}
	return time.Duration(*in.OlderValidHours) * time.Hour
}

// Good tells whether the secret may be used at that instant.
func (s ClientSecret) Good(now time.Time) bool { return s.ExpiresAt == nil || now.Before(*s.ExpiresAt) }

// Check refuses what no client can be.
func (in ClientInput) Check(today Date) error {
	var faults Faults
	faults.Text("name", in.Name)
	for i, slug := range in.Programmes {
		if slices.Contains(in.Programmes[:i], slug) {
			faults.Add("programmes["+itoa(i)+"]", "repeated", "This programme is already in the list.")
		}
	}
	if in.Sandbox && in.Role != Partner {
		faults.Add("sandbox", "partner_only", "Only a partner's client works in the sandbox.")
	}
	if in.ExpiresOn != nil && in.ExpiresOn.Before(today) {
		faults.Add("expires_on", "past", "A client expires today or later: to shut it out at once, revoke it.")
	}
	return faults.Err()
}

// MayReplace refuses to move a client into the sandbox or out of it: what it referred stays where it is.
func (in ClientInput) MayReplace(before ClientInput) error {
	if in.Sandbox != before.Sandbox {
		return FieldFault("sandbox", "fixed", "A client is recorded for the sandbox or not, and stays so: record another.")
	}
	return nil
}

// Narrows tells whether tokens issued before a change could do what the client no longer may.
// They are refused from then on: the client's Grants, which its tokens repeat, moves on.
func (in ClientInput) Narrows(before ClientInput) bool {
	return in.Role != before.Role || in.OrganisationID != before.OrganisationID || !slices.Equal(in.Programmes, before.Programmes)
}

// MayAct tells whether the client may have tokens on that day.
func (c Client) MayAct(today Date) bool {
	return c.RevokedAt == nil && (c.ExpiresOn == nil || !c.ExpiresOn.Before(today))
}

// ClientSubject begins the subject of every client's tokens; no person's subject does.
const ClientSubject = "client:"

// Actor is the client as one who asks.
func (c Client) Actor() Actor {
	return Actor{
		Subject: ClientSubject + c.ID, Role: c.Role, OrganisationID: c.OrganisationID, Programmes: c.Programmes,
		ClientID: c.ID, Grants: c.Grants, Sandbox: c.Sandbox,
	}
}

// RevocationInput names the tokens that are refused from now on: exactly one of its fields.
type RevocationInput struct {
	TokenID  *string `json:"jti" doc:"One token, by its jti claim." minLength:"1" maxLength:"255" example:"5b1d3c2e-9d0f-4a57-8a3c-0e2a5f7f1b11"`
	Subject  *string `json:"subject" doc:"Every token issued to this subject (as GET /v1/me shows it) until now, and in the next half minute, since clocks differ." minLength:"1" maxLength:"255" example:"c.martin"`
	ClientID *string `json:"client_id" doc:"Every token issued to this client until now; it may ask for new ones." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
}

// Revocation is what was revoked, and until when that needs to be remembered.
type Revocation struct {
	RevocationInput
	RevokedAt time.Time `json:"revoked_at" doc:"From when on they are refused." example:"2025-04-01T09:30:00Z"`
}

// Check refuses a revocation of nothing, or of several things at once.
func (in RevocationInput) Check() error {
	named := 0
	for _, field := range []*string{in.TokenID, in.Subject, in.ClientID} {
		if field != nil {
			named++
		}
	}
	if named != 1 {
		return FieldFault("jti", "one_of", "Name exactly one of jti, subject and client_id.")
	}
	var faults Faults
	faults.OptionalText("jti", in.TokenID)
	faults.OptionalText("subject", in.Subject)
	return faults.Err()
}
