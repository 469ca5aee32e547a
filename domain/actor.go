package domain

import (
	"slices"
	"time"
)

// Role is what an actor may do at all; see the table of operations in the OpenAPI document.
type Role string

const (
	Coordinator Role = "coordinator" // leads a programme: everything in her programmes
	Caseworker  Role = "caseworker"  // meets the participants of her programmes
	Partner     Role = "partner"     // an organisation that refers people; sees its own referrals
	Analyst     Role = "analyst"     // reads figures, never a person
	DPO         Role = "dpo"         // data protection officer
	Admin       Role = "admin"       // sets up organisations and programmes; no personal file
)

// Roles are all there are. A role that is not among them may do nothing and sees nothing.
var Roles = []Role{Coordinator, Caseworker, Partner, Analyst, DPO, Admin}

// Anonymous is whoever has not shown yet who she is: no operation is open to it, and the trail
// names it where somebody failed to sign in.
const Anonymous Role = "anonymous"

// Codes are the names of the roles.
func (Role) Codes() []string {
	names := make([]string, len(Roles))
	for i, role := range Roles {
		names[i] = string(role)
	}
	return names
}

// Actor is who asks: a person or a program, as its token says. Data is reached only as an actor.
type Actor struct {
	Subject        string   `json:"subject" doc:"Who the caller is: what caseworker_id, a revocation and the audit trail call her. The sub claim of a token of ours; oidc:PROVIDER:SUB for one of a provider's." example:"c.martin" maxLength:"255"`
	Role           Role     `json:"role" doc:"What the caller may do." example:"caseworker"`
	OrganisationID string   `json:"-"`
	Programmes     []string `json:"programmes" doc:"Slugs of the programmes the token opens." example:"[\"o2r-somme\"]" maxItems:"100" maxLength:"60" nullable:"false"`
	TokenID        string   `json:"-"`
	AccessReason   string   `json:"-"` // why a caseworker opens colleagues' files, where she does; see Because
	ClientID       string   `json:"-"` // the API client, where it is one
	Grants         int      `json:"-"` // what Client.Grants was when the token was issued
	Sandbox        bool     `json:"sandbox" doc:"Whether the caller is a partner's program in the sandbox: what it refers counts nowhere, and it sees nothing else." example:"false"`

	IssuedAt  time.Time `json:"-"` // of the token
	ExpiresAt time.Time `json:"-"`

	RequestID string `json:"-"`
}

// ProviderSubject begins the subject of everybody whom an OpenID Connect provider names; no subject of
// ours does. So the same sub there and here are two people.
const ProviderSubject = "oidc:"

// OfProvider is the subject of whom the provider of that name calls so. The name holds no colon:
// two providers never make one subject of two.
func OfProvider(name, subject string) string { return ProviderSubject + name + ":" + subject }

// Me is the actor as she reads herself.
type Me struct {
	Actor
	OrganisationID *string `json:"organisation_id" doc:"The caller's organisation (the org claim); null where the token names none." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000001"`
}

// Me is what the actor's token says.
func (a Actor) Me() Me {
	me := Me{Actor: a}
	if a.OrganisationID != "" {
		me.OrganisationID = &a.OrganisationID
	}
	return me
}

// In tells whether the actor's token opens that programme.
func (a Actor) In(programme string) bool { return slices.Contains(a.Programmes, programme) }

// Is tells whether the actor has one of the roles.
func (a Actor) Is(roles ...Role) bool { return slices.Contains(roles, a.Role) }

// KeepsRights tells whether the actor answers for people's rights over their files, and so
// reaches every file, also a restricted one.
func (a Actor) KeepsRights() bool { return a.Is(DPO) }

// Staff tells whether the actor works with participants: the only roles that see a person's file.
func (a Actor) Staff() bool { return a.Is(Coordinator, Caseworker) }
