package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

type webhookPut struct {
	ByID
	Matching
	Body domain.WebhookInput
}

type webhookAct struct {
	ByID
	Matching
}

type webhookRotation struct {
	ByID
	Matching
	Body domain.WebhookSecretInput
}

type webhookReplay struct {
	ByID
	Body domain.ReplayInput
}

type eventsOf struct {
	ByID
	domain.EventQuery
}

type deliveryList struct {
	ByID
	domain.DeliveryQuery
}

// posted documents a message that is posted to webhooks, in the form of Standard Webhooks.
func posted[B any](a *API, id, summary, text string, _ B) {
	header := func(name, doc, pattern, example string, most int) *huma.Param {
		return &huma.Param{Name: name, In: "header", Required: true, Description: doc, Schema: &huma.Schema{Type: huma.TypeString, Description: doc, Pattern: pattern, MaxLength: &most, Examples: []any{example}}}
	}
	rest.Webhook[B](a.server, huma.Operation{
		OperationID: id, Method: http.MethodPost, Summary: summary, Description: text, Tags: []string{"Events"},
		Parameters: []*huma.Param{
			header("webhook-id", "Identifier of the message: that of the event. Whoever meets it twice has it already.", "^[0-9a-f-]{36}$", "3f2b6c1e-5d7a-4c8e-9b1f-0a2d4e6f8091", 36),
			header("webhook-timestamp", "When this attempt was made, in seconds since 1970: refuse what is older than five minutes.", "^[0-9]{10,11}$", "1743170400", 11),
			header("webhook-signature", "One signature or, while a secret is rotated, two, separated by a space: each v1, and base64 of HMAC-SHA256 over webhook-id.webhook-timestamp.body with the secret's bytes.", "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", 200),
		},
		Responses: map[string]*huma.Response{
			"204": {Description: "Taken. Any 2xx says so; the answer's body is not read."},
			"410": {Description: "Never again: the webhook is disabled."},
		},
	})
}

// What happens to referrals, read or sent: one log of events, and two ways to learn of it.
func (a *API) events() {
	get(a, "/v1/events", Staff.And(domain.Partner),
		Doc{ID: "listEvents", Tag: "Events", Summary: "Read on in the feed of events", Text: "What happened to referrals, in order: for a partner, to its own, and as much of it as its disclosure profile holds today; for staff, to those that they reach. next_cursor is always given, also at the end of the feed: keep it, and ask again with it for what came since. No event is skipped, whatever is written meanwhile; but one that the reader may not see when she passes it is not told later, when she may: read the referral, or replay a webhook. After a restriction, referral.resumed says where a referral stands. An event names nobody. Of a person who was erased, only that she was is left (referral.erased): take out what you keep of her. Of a restricted file nothing is told while it is. Each look is audited.", Errors: []int{422}},
		func(ctx context.Context, s *persistence.Session, in *domain.EventQuery) (domain.EventFeed, error) {
			return s.Events(ctx, *in)
		})
	get(a, "/v1/referrals/{id}/events", Staff.And(domain.Partner),
		Doc{ID: "listReferralEvents", Tag: "Events", Summary: "Read what happened to a referral", Text: "The part of the feed that is about one referral, from its reception on; see GET /v1/events. Each look is audited.", Errors: []int{404, 422}},
		func(ctx context.Context, s *persistence.Session, in *eventsOf) (domain.EventFeed, error) {
			return s.EventsOf(ctx, in.ID, in.EventQuery)
		})
	a.webhooks()
}

func (a *API) webhooks() {
	posted(a, "event", "Something happened to a referral", "Posted to each webhook of the referral's organisation that asks for its type, with as much as the partner's disclosure profile holds at that moment. Answer 2xx within 10 seconds, and do the work after that. What is not taken is sent again, with growing waits, for two to three days; it may come twice, under the same webhook-id.", domain.EventMessage{})
	posted(a, "test", "A webhook is tried", "Posted once when POST /v1/webhooks/{id}/test asks for it, signed as events are. It says nothing of anybody.", domain.TestMessage{})
	partner, seen := Only(domain.Partner), Only(domain.Partner, domain.Admin)
	list(a, "/v1/webhooks", seen,
		Doc{ID: "listWebhooks", Tag: "Events", Summary: "List webhooks", Text: "For a partner, its own for programmes that its token opens; for an administrator, all."},
		func(ctx context.Context, s *persistence.Session, in *domain.WebhookQuery) (domain.Page[domain.WebhookView], error) {
			return s.Webhooks(ctx, *in)
		})
	read(a, "/v1/webhooks/{id}", seen,
		Doc{ID: "getWebhook", Tag: "Events", Summary: "Read a webhook", Text: "Where events are posted, whether they are, and what may be known of its secrets."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.WebhookView, error) {
			return s.Webhook(ctx, in.ID)
		})
	create(a, "/v1/webhooks", partner,
		Doc{ID: "createWebhook", Tag: "Events", Summary: "Have events posted", Text: "Events are posted there as the feed has them, by Standard Webhooks: webhook-id is the event's id, and webhook-signature is made with the secret that this answer alone shows. The body is {\"type\", \"timestamp\", \"data\"}, with the feed's item as data. Verify HMAC-SHA256 over webhook-id.webhook-timestamp.body (joined by dots) with the bytes that stand in base64 after whsec_; webhook-signature holds one signature or, while a secret is rotated, two, separated by a space, each after \"v1,\". A test has type webhook.test, and webhook_id as its data. Answer 2xx within 10 seconds; redirects are not followed. What is not taken is sent again, with growing waits for two to three days, then parked. A message may come twice, under the same webhook-id; those of one referral come in order. 410 disables the webhook. Waits asked for by Retry-After are heeded up to an hour."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.WebhookInput]) (domain.NewWebhook, error) {
			return s.NewWebhook(ctx, in.Body)
		})
	replace(a, "/v1/webhooks/{id}", partner,
		Doc{ID: "putWebhook", Tag: "Events", Summary: "Rewrite a webhook", Text: "Writes the webhook whole. What waits goes to the new URL, if it is still asked for."},
		func(in *webhookPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *webhookPut, match domain.Match) (domain.WebhookView, error) {
			return s.ReplaceWebhook(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/webhooks/{id}/disable", seen,
		Doc{ID: "disableWebhook", Tag: "Events", Summary: "Stop a webhook", Text: "No message is sent from then on, and what waited is called off. A PUT with enabled starts it again; what happened meanwhile can be replayed. An administrator stops the webhooks of an organisation that is a partner no more, beside revoking its clients: without a token it cannot start them again."},
		func(in *webhookAct) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *webhookAct, match domain.Match) (domain.WebhookView, error) {
			return s.DisableWebhook(ctx, in.ID, match)
		})
	act(a, "/v1/webhooks/{id}/secrets", partner,
		Doc{ID: "createWebhookSecret", Tag: "Events", Summary: "Rotate a webhook's secret", Text: "Makes a second secret, which this answer alone shows. For a while messages carry two signatures, one with each, so that the receiver is never without; there are two at most."},
		func(in *webhookRotation) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *webhookRotation, match domain.Match) (domain.NewWebhook, error) {
			return s.NewWebhookSecret(ctx, in.ID, match, in.Body)
		})
	list(a, "/v1/webhooks/{id}/deliveries", partner,
		Doc{ID: "listDeliveries", Tag: "Events", Summary: "List a webhook's deliveries", Text: "What was sent and what came of it, the latest queued first, for 30 days after it was settled. Of an answer, its status and how long it took are kept, and no more. The look is audited.", Errors: []int{404}},
		func(ctx context.Context, s *persistence.Session, in *deliveryList) (domain.Page[domain.Delivery], error) {
			return s.Deliveries(ctx, in.ID, in.DeliveryQuery)
		})
	perform(a, "/v1/webhooks/{id}/test", partner,
		Doc{ID: "testWebhook", Tag: "Events", Summary: "Send a test message", Text: "Queues a signed message of type webhook.test that says nothing of anybody. It is sent once: read what came of it among the deliveries.", Errors: []int{404, 409}},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.Delivery, error) {
			return s.TestWebhook(ctx, in.ID)
		})
	perform(a, "/v1/webhooks/{id}/replay", partner,
		Doc{ID: "replayWebhook", Tag: "Events", Summary: "Send events again", Text: "Queues events again, each under the webhook-id it has always had: those after a cursor of the feed, those since an instant, or some deliveries. Up to 1000 at a time; next_cursor says where to go on. A delivery that is queued again begins anew: what came of it before is no longer in the log.", Errors: []int{404, 409}},
		func(ctx context.Context, s *persistence.Session, in *webhookReplay) (domain.Replay, error) {
			return s.Replay(ctx, in.ID, in.Body)
		})
}
