package domain

import (
	"maps"
	"slices"
	"time"
)

// EventType is what happened to a referral: referral. and the action that the trail calls it by.
type EventType string

// Codes are the types of all News, and of what staff alone are told.
func (EventType) Codes() []string {
	actions := slices.Sorted(maps.Keys(News))
	actions = append(actions, staffNews...)
	slices.Sort(actions)
	for i, action := range actions {
		actions[i] = "referral." + action
	}
	return actions
}

// staffNews are what happens to a referral that no partner is told, whatever its profile: that it will expire soon.
var staffNews = []string{"expiring"}

// ToldUnder lists, for every profile, the types of event that a partner of that profile learns of.
func ToldUnder() (told map[Disclosure][]EventType) {
	told = map[Disclosure][]EventType{}
	for _, code := range Disclosure("").Codes() {
		profile := Disclosure(code)
		for _, action := range slices.Sorted(maps.Keys(News)) {
			if profile.Holds(News[action]) {
				told[profile] = append(told[profile], EventType("referral."+action))
			}
		}
	}
	return told
}

// Event is one thing that happened to a referral, as that reader is told of it. It names nobody:
// identifiers, codes, counts and an instant.
type Event struct {
	ID                string          `json:"id" doc:"Identifier of the event, the same in the feed and as webhook-id: whoever meets it twice has it already." format:"uuid" example:"3f2b6c1e-5d7a-4c8e-9b1f-0a2d4e6f8091"`
	Type              EventType       `json:"type" doc:"What happened." example:"referral.accepted"`
	OccurredAt        time.Time       `json:"occurred_at" doc:"When it happened." example:"2025-03-28T14:00:00Z"`
	Programme         string          `json:"programme" doc:"Slug of the programme the person was referred to." maxLength:"60" example:"o2r-somme"`
	ReferralID        string          `json:"referral_id" doc:"The referral it happened to." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000006"`
	ExternalReference *string         `json:"external_reference" doc:"The partner's own reference of that referral; null where there is none, or once the person was erased." maxLength:"100" example:"SPIP80-2025-0042"`
	Status            *ReferralStatus `json:"status" doc:"Where the referral stood then; null where that was not noted yet."`
	Decision
	Progress
}

// EventMessage is an event as it is posted to a webhook: the body that Standard Webhooks asks for.
type EventMessage struct {
	Type      EventType `json:"type" doc:"What happened; the same as data.type." example:"referral.accepted"`
	Timestamp time.Time `json:"timestamp" doc:"When it happened; the same as data.occurred_at." example:"2025-03-28T14:00:00Z"`
	Data      Event     `json:"data" doc:"The event, as GET /v1/events has it."`
}

// TestMessage is what is posted when a partner tries a webhook: nothing of anybody.
type TestMessage struct {
	Type      string    `json:"type" doc:"webhook.test" enum:"webhook.test" maxLength:"20" example:"webhook.test"`
	Timestamp time.Time `json:"timestamp" doc:"When the test was asked for." example:"2025-03-28T14:00:00Z"`
	Data      TestData  `json:"data" doc:"Which webhook is tried."`
}

// TestData says which webhook is tried.
type TestData struct {
	WebhookID string `json:"webhook_id" doc:"The webhook." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000007"`
}

// Tells gives the event what it tells, Under the reader's profile where she has one.
func (e Event) Tells(facts Facts) Event {
	if facts.Status != "" {
		e.Status = &facts.Status
	}
	e.Decision, e.Progress = facts.Decision, facts.Progress
	return e
}

// EventQuery says where to read on in the feed.
type EventQuery struct {
	Cursor string    `query:"cursor" doc:"next_cursor of the last answer; left out, the feed begins with the first event there is." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
	Limit  int       `query:"limit" doc:"How many events at most, 50 when left out." minimum:"1" maximum:"200" example:"50"`
	Type   EventType `query:"type" doc:"Only events of this type."`
}

// EventFeed is a stretch of the feed.
type EventFeed struct {
	Items      []Event `json:"items" doc:"The events, in the order in which they are told; of one referral, in the order in which they happened." maxItems:"200" nullable:"false"`
	NextCursor string  `json:"next_cursor" doc:"Send it as cursor to go on from here. It is given at the end of the feed too: keep it, and ask again later with the same one." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
	HasMore    bool    `json:"has_more" doc:"Whether more events are there already. Where not, wait before asking again." example:"false"`
}
