package domain

import (
	"database/sql/driver"
	"slices"
	"time"
)

// WebhookInput is what a partner writes of a webhook: where to post, and what.
type WebhookInput struct {
	URL         string     `json:"url" required:"true" doc:"Where events are posted: https on port 443 or 8443 of a host on the public internet, unless this deployment allows other networks. No name or password stands in it." format:"uri" minLength:"8" maxLength:"2000" example:"https://hooks.example.org/o2r"`
	Types       EventTypes `json:"types" doc:"Only events of these types; of every type that the partner may learn of when left out or empty." maxItems:"50" nullable:"false"`
	Programmes  Codes      `json:"programmes" doc:"Only events of these programmes, among those that the caller's token opens; all of them when left out or empty." maxItems:"100" maxLength:"60" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" nullable:"false" example:"[\"o2r-somme\"]"`
	Description *string    `json:"description" doc:"What it is for, for people." minLength:"1" maxLength:"200" example:"Suivi des orientations"`
	Enabled     *bool      `json:"enabled" doc:"Whether events are sent. Left out, they are when the webhook is new, and as before when it is rewritten. Those of a time when it was not can be replayed." example:"true"`
}

// EventTypes is a list of types of event, kept as a text[] column.
type EventTypes []EventType

// Value and Scan make the list an array column.
func (t EventTypes) Value() (driver.Value, error) {
	codes := make(Codes, len(t))
	for i, code := range t {
		codes[i] = string(code)
	}
	return codes.Value()
}

func (t *EventTypes) Scan(column any) error {
	var codes Codes
	if err := codes.Scan(column); err != nil {
		return err
	}
	*t = make(EventTypes, len(codes))
	for i, code := range codes {
		(*t)[i] = EventType(code)
	}
	return nil
}

// Webhook is where an organisation has its events posted.
type Webhook struct {
	Stamp
	OrganisationID string `json:"organisation_id" doc:"Whose it is." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000005"`
	WebhookInput
	Sandbox    bool       `json:"sandbox" doc:"It was made in the sandbox: it is told what happens there, and nothing else." example:"false"`
	DisabledAt *time.Time `json:"disabled_at" doc:"When sending stopped; null while it goes on." example:"2025-04-01T09:30:00Z"`
	DisabledBy *Disabler  `json:"disabled_by" doc:"Who stopped it: the partner, an administrator, or the endpoint itself by answering 410; null while it goes on."`
}

// Disabler is who stopped a webhook.
type Disabler string

const (
	DisabledByPartner  Disabler = "partner"
	DisabledByAdmin    Disabler = "admin"
	DisabledByEndpoint Disabler = "endpoint"
)

// Codes are all there are.
func (Disabler) Codes() []string {
	return []string{string(DisabledByPartner), string(DisabledByAdmin), string(DisabledByEndpoint)}
}

// WebhookView is a webhook with what may be known of its secrets, and how its endpoint does.
type WebhookView struct {
	Webhook
	Secrets      []WebhookSecret `json:"secrets" doc:"The secrets that messages are signed with now, the older first; never their values." maxItems:"2" nullable:"false"`
	RestingUntil *time.Time      `json:"resting_until" doc:"After several failures in a row the endpoint is left alone until then, and tried with one message; null while all goes well." example:"2025-04-01T09:30:00Z"`
}

// WebhookSecret is what may be known of a signing secret.
type WebhookSecret struct {
	ID        string     `json:"id" doc:"Identifier of the secret." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000002"`
	CreatedAt time.Time  `json:"created_at" doc:"When it was made." example:"2025-04-01T09:30:00Z"`
	ExpiresAt *time.Time `json:"expires_at" doc:"When messages are no longer signed with it; null while no newer one replaces it." example:"2025-04-08T09:30:00Z"`
}

// Good tells whether messages are signed with it at that instant.
func (s WebhookSecret) Good(now time.Time) bool {
	return s.ExpiresAt == nil || now.Before(*s.ExpiresAt)
}

// NewWebhook is a webhook as it is answered once, with the secret that was just made for it.
type NewWebhook struct {
	WebhookView
	Secret string `json:"secret" doc:"What messages are verified with (Standard Webhooks), shown this once: keep it where programs' secrets are kept." maxLength:"100" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="`
}

// ShownOnce keeps the answer from being kept for a repeated request.
func (NewWebhook) ShownOnce() {}

// WebhookSecretInput is what a partner says of a rotation.
type WebhookSecretInput struct {
	OlderValidHours *int `json:"older_valid_hours" doc:"For how many hours messages are signed with the older secret too, so that the receiver can be given the newer one; 24 when left out, 0 ends it at once." minimum:"0" maximum:"720" example:"24"`
}

// Grace is how long the older secret stays good beside a new one.
func (in WebhookSecretInput) Grace() time.Duration {
	if in.OlderValidHours == nil {
		return 24 * time.Hour
	}
	return time.Duration(*in.OlderValidHours) * time.Hour
}

// WebhookQuery filters a list of webhooks.
type WebhookQuery struct {
	Paging
	OrganisationID string `query:"organisation_id" doc:"Only those of this organisation." format:"uuid" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000005"`
}

// Of completes what a partner left out, and refuses what no webhook of that actor can be.
func (in WebhookInput) Of(actor Actor, networks Networks) (WebhookInput, error) {
	var faults Faults
	if fault, sentence := networks.Destination(in.URL); fault != "" {
		faults.Add("url", fault, "%s", sentence)
	}
	faults.OptionalText("description", in.Description)
	if in.Types == nil {
		in.Types = EventTypes{}
	}
	for i, code := range in.Types {
		if slices.Contains(in.Types[:i], code) {
			faults.Add("types["+itoa(i)+"]", "repeated", "This type is already in the list.")
		}
	}
	if len(in.Programmes) == 0 {
		in.Programmes = Codes(slices.Clone(actor.Programmes))
	}
	if len(in.Programmes) == 0 {
		faults.Add("programmes", "none", "Your token opens no programme whose events there would be.")
	}
	for i, slug := range in.Programmes {
		switch {
		case !actor.In(slug):
			faults.Add("programmes["+itoa(i)+"]", "unknown", "Your token opens no such programme.")
		case slices.Contains(in.Programmes[:i], slug):
			faults.Add("programmes["+itoa(i)+"]", "repeated", "This programme is already in the list.")
		}
	}
	return in, faults.Err()
}

// Write puts what the partner writes in the place of what was there. Who does not say whether events are sent leaves that
// as it is: correcting the URL must not start what somebody stopped.
func (w *Webhook) Write(in WebhookInput, by Disabler, now time.Time) {
	if in.Enabled == nil {
		in.Enabled = new(w.DisabledAt == nil)
	}
	w.WebhookInput = in
	w.Enable(*in.Enabled, by, now)
}

// Enable starts or stops sending. Who stopped it first stays named.
func (w *Webhook) Enable(enabled bool, by Disabler, now time.Time) {
	w.Enabled = &enabled
	switch {
	case enabled:
		w.DisabledAt, w.DisabledBy = nil, nil
	case w.DisabledAt == nil:
		w.DisabledAt, w.DisabledBy = &now, &by
	}
}
