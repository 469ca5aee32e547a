package domain

import (
	"slices"
	"time"
)

// DeliveryStatus is where a delivery stands.
type DeliveryStatus string

const (
	DeliveryPending   DeliveryStatus = "pending"
	DeliveryDelivered DeliveryStatus = "delivered"
	DeliveryParked    DeliveryStatus = "parked"
	DeliveryCancelled DeliveryStatus = "cancelled"
)

// Codes are all there are.
func (DeliveryStatus) Codes() []string {
	return []string{string(DeliveryPending), string(DeliveryDelivered), string(DeliveryParked), string(DeliveryCancelled)}
}

// DeliveryError is the class of what went wrong with an attempt. More is not kept: what an
// endpoint writes is its own affair.
type DeliveryError string

const (
	DeliveryRefused    DeliveryError = "status"          // the endpoint answered, and not with 2xx
	DeliveryRedirected DeliveryError = "redirect"        // it answered with 3xx, which is not followed
	DeliveryTimeout    DeliveryError = "timeout"         // no whole answer within the time there is
	DeliveryUnreached  DeliveryError = "connection"      // nobody took the connection, or it broke
	DeliveryUntrusted  DeliveryError = "tls"             // the certificate is not the host's, or no TLS was spoken
	DeliveryForbidden  DeliveryError = "address"         // the host's name leads to no address that a webhook may reach, or nowhere
	DeliveryMalformed  DeliveryError = "answer"          // what came back is no HTTP, or too much of it
	DeliveryTooLate    DeliveryError = "endpoint_down"   // the endpoint was down for as long as a message waits
	DeliveryUnsealed   DeliveryError = "secret_unusable" // this deployment's key does not open the webhook's secret
)

// Codes are all there are.
func (DeliveryError) Codes() []string {
	return []string{
		string(DeliveryRefused), string(DeliveryRedirected), string(DeliveryTimeout), string(DeliveryUnreached),
		string(DeliveryUntrusted), string(DeliveryForbidden), string(DeliveryMalformed), string(DeliveryTooLate), string(DeliveryUnsealed),
	}
}

// TestType is the type of the message that POST …/test sends.
const TestType = "webhook.test"

// Delivery is one event to one webhook, and what came of posting it.
type Delivery struct {
	ID            string         `json:"id" doc:"Identifier of the delivery." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000009"`
	EventID       string         `json:"event_id" doc:"Identifier of the event, which is also the message's webhook-id." format:"uuid" example:"3f2b6c1e-5d7a-4c8e-9b1f-0a2d4e6f8091"`
	Type          string         `json:"type" doc:"Type of the event, or webhook.test." maxLength:"60" example:"referral.accepted"`
	Programme     *string        `json:"programme" doc:"Slug of the programme; null of a test." maxLength:"60" example:"o2r-somme"`
	ReferralID    *string        `json:"referral_id" doc:"The referral that the event is about; null of a test." format:"uuid" example:"0197f0a0-0000-7000-8000-000000000006"`
	Status        DeliveryStatus `json:"status" doc:"pending until the endpoint took it; delivered; parked, when it was tried for days in vain (replay it); cancelled, when there was nothing left to send." example:"delivered"`
	Attempts      int            `json:"attempts" doc:"How often it was posted since it was last queued." minimum:"0" example:"1"`
	LastAttemptAt *time.Time     `json:"last_attempt_at" doc:"When it was last posted." example:"2025-03-28T14:00:01Z"`
	LastStatus    *int           `json:"last_status" doc:"The HTTP status that the last attempt was answered with; null where there was no answer." minimum:"100" maximum:"999" example:"204"`
	LastError     *DeliveryError `json:"last_error" doc:"What went wrong with the last attempt; null where nothing did. status: the endpoint answered, and not with 2xx; redirect: with 3xx, which is not followed; timeout: no whole answer in time; connection: nobody took it, or it broke; tls: the certificate is not the host's, or no TLS was spoken; address: the host's name leads to no address that a webhook may reach; answer: what came back is no HTTP, or too much; endpoint_down: the endpoint was down for as long as a message waits; secret_unusable: this deployment cannot open the secret, so make a new one or ask its operator."`
	LastDuration  *int           `json:"last_duration" doc:"How long the last attempt took, in milliseconds." minimum:"0" example:"83"`
	NextAttemptAt *time.Time     `json:"next_attempt_at" doc:"Not before when it is tried next; null once it is settled. It also waits for earlier events of the same referral." example:"2025-03-28T14:05:00Z"`
	CreatedAt     time.Time      `json:"created_at" doc:"When it was queued." example:"2025-03-28T14:00:00Z"`
	SettledAt     *time.Time     `json:"settled_at" doc:"When it was delivered, parked or cancelled." example:"2025-03-28T14:00:01Z"`
}

// Key is the delivery's identifier.
func (d Delivery) Key() string { return d.ID }

// DeliveryQuery filters a webhook's deliveries.
type DeliveryQuery struct {
	Paging
	Status DeliveryStatus `query:"status" doc:"Only those that stand here."`
}

// ReplayInput says from where on events are sent again: exactly one of its fields.
type ReplayInput struct {
	Cursor      *string    `json:"cursor" doc:"Every event after this next_cursor of the feed, or of the last replay." minLength:"1" maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
	Since       *time.Time `json:"since" doc:"Every event that happened at or after this instant." example:"2025-03-21T00:00:00Z"`
	DeliveryIDs []string   `json:"delivery_ids" doc:"These deliveries." maxItems:"100" format:"uuid" nullable:"false" example:"[\"0197f0a0-0000-7000-8000-000000000009\"]"`
}

// Check refuses a replay of nothing, or from several places at once.
func (in ReplayInput) Check() error {
	named := 0
	for _, said := range []bool{in.Cursor != nil, in.Since != nil, len(in.DeliveryIDs) > 0} {
		if said {
			named++
		}
	}
	if named == 1 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid", Message: "Say from where: cursor, since or delivery_ids, and one of them alone.", Fields: []FieldError{}}
}

// MostReplayed is how many events one replay sends again.
const MostReplayed = 1000

// Replay is what was queued anew.
type Replay struct {
	Deliveries int     `json:"deliveries" doc:"How many messages were queued anew, each under the webhook-id it has always had; those that were waiting anyway are not counted." minimum:"0" maximum:"1000" example:"42"`
	NextCursor *string `json:"next_cursor" doc:"There is more: replay from this cursor when these are through; null where that was all." maxLength:"500" example:"eyJpZCI6IjAxOTdmMGEwIn0"`
}

// Backoff are the longest waits before a message is posted again, after each failure; once they
// are used up it is parked. The real wait is random, from half to all of that, so that what failed together
// does not come again together.
type Backoff []time.Duration

// UsualBackoff is that of Standard Webhooks: ten attempts over two to three days.
var UsualBackoff = Backoff{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// After is how long to wait after so many attempts, and whether there is another. Random is in [0, 1).
func (b Backoff) After(attempts int, random float64) (time.Duration, bool) {
	if attempts < 1 || attempts > len(b) {
		return 0, false
	}
	return time.Duration((0.5 + 0.5*random) * float64(b[attempts-1])), true
}

// Whole is how long a message waits at most before it is parked, also when its endpoint was never
// asked because it was down.
func (b Backoff) Whole() time.Duration {
	var whole time.Duration
	for _, wait := range b {
		whole += wait
	}
	return whole
}

// MostRetryAfter is the longest Retry-After of an endpoint that is heeded.
const MostRetryAfter = time.Hour

// FailuresInARow is after how many failures an endpoint is left alone for a while, and then tried
// with one message at a time until it takes one.
const FailuresInARow = 5

// Attempt is what came of posting a message once.
type Attempt struct {
	Status     int           // of the answer, 0 where there was none
	Error      DeliveryError // "" where the endpoint took it
	Took       time.Duration
	RetryAfter time.Duration // that the endpoint asked for
}

// Delivered tells whether the endpoint took the message.
func (a Attempt) Delivered() bool { return a.Error == "" }

// Gone tells whether the endpoint said that it wants no more of them.
func (a Attempt) Gone() bool { return a.Status == 410 }

// Failed is a delivery after an attempt that failed: to be tried again then, or parked. A test is
// tried once.
func (d *Delivery) Failed(attempt Attempt, backoff Backoff, random float64, now time.Time) {
	d.note(attempt, now)
	wait, again := backoff.After(d.Attempts, random)
	if !again || d.Type == TestType {
		d.settle(DeliveryParked, now)
		return
	}
	next := now.Add(max(wait, min(attempt.RetryAfter, MostRetryAfter)))
	d.NextAttemptAt = &next
}

// Took is a delivery after an attempt that the endpoint took.
func (d *Delivery) Took(attempt Attempt, now time.Time) {
	d.note(attempt, now)
	d.settle(DeliveryDelivered, now)
}

func (d *Delivery) note(attempt Attempt, now time.Time) {
	took := int(attempt.Took.Milliseconds())
	d.Attempts++
	d.LastAttemptAt, d.LastStatus, d.LastError, d.LastDuration = &now, nil, nil, &took
	if attempt.Status != 0 {
		d.LastStatus = &attempt.Status
	}
	if attempt.Error != "" {
		d.LastError = &attempt.Error
	}
}

func (d *Delivery) settle(status DeliveryStatus, now time.Time) {
	d.Status, d.SettledAt, d.NextAttemptAt = status, &now, nil
}

// Check refuses a backoff that would never let go, or hammer.
func (b Backoff) Check() bool {
	return len(b) > 0 && len(b) <= 50 && !slices.ContainsFunc(b, func(wait time.Duration) bool { return wait < time.Millisecond || wait > 7*24*time.Hour })
}
