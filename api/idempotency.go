package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
	"o2r/persistence"
)

// idempotencyKey is the header under which a request may be repeated without doing it twice
// (draft-ietf-httpapi-idempotency-key-header-07).
const idempotencyKey = "Idempotency-Key"

type (
	keyKey   struct{} // of the request's Idempotency-Key
	storeKey struct{} // of the store on which a keyed request is worked on
)

func idempotencyKeyParameter() *huma.Param {
	shortest, longest := 1, 2*domain.MaxIdempotencyKey+2 // every character escaped, and two quotes
	return &huma.Param{
		Name: idempotencyKey, In: "header",
		Description: "A key of your own for this request, a UUID for one. Sent again by the same caller within 48 hours, the same request is answered as the first time and does nothing more (Idempotency-Replayed says so); another request under the same key answers 422, and 409 while the first is still being answered. A request that was refused may be sent again.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Pattern: `^[ -~]+$`, Examples: []any{`"8e03978e-40d5-43e8-bc93-6894a57f9324"`}},
		Example:     `"8e03978e-40d5-43e8-bc93-6894a57f9324"`,
	}
}

// keyed reads the request's Idempotency-Key, if it has one.
func (a *API) keyed(ctx huma.Context, next func(huma.Context)) {
	var sent []string
	ctx.EachHeader(func(name, value string) {
		if http.CanonicalHeaderKey(name) == idempotencyKey {
			sent = append(sent, value)
		}
	})
	if len(sent) == 0 {
		next(ctx)
		return
	}
	key, err := domain.IdempotencyKey(sent[0])
	if len(sent) > 1 {
		_, err = domain.IdempotencyKey("")
	}
	if err != nil {
		a.server.Refuse(ctx, err)
		return
	}
	next(huma.WithValue(ctx, keyKey{}, key))
}

// once answers a keyed request that makes a record.
func once[I any, O interface{ Key() string }](ctx context.Context, a *API, operation string, in *I, do func(context.Context) (*created[O], error)) (*created[O], error) {
	return keptOnce(ctx, a, operation, in, do,
		func(made *created[O]) string { return made.Body.Key() },
		func(made *created[O]) { made.Replayed = "true" })
}

// keptOnce answers a keyed request: as it was answered before, or by doing it. What it answers is made
// of JSON both times, so that nobody can tell the two apart by more than the header that says so.
func keptOnce[I, O any](ctx context.Context, a *API, operation string, in *I, do func(context.Context) (*O, error), record func(*O) string, again func(*O)) (*O, error) {
	key, sent := ctx.Value(keyKey{}).(string)
	if !sent {
		return do(ctx)
	}
	asked, err := json.Marshal(in)
	if err != nil {
		return nil, fmt.Errorf("digest a keyed request: %w", err)
	}
	sum := sha256.Sum256(append(asked, requestPath(ctx)...))
	answer, replayed, err := a.store.Once(ctx, actorOf(ctx), domain.KeyedRequest{Key: key, Operation: operation, Digest: sum[:]},
		func(inside *persistence.Store) ([]byte, string, error) {
			made, err := do(context.WithValue(ctx, storeKey{}, inside))
			if err != nil {
				return nil, "", err
			}
			text, err := json.Marshal(made)
			return text, record(made), err
		})
	if err != nil {
		return nil, err
	}
	var made O
	if err := json.Unmarshal(answer, &made); err != nil {
		return nil, fmt.Errorf("read a kept answer: %w", err)
	}
	if replayed {
		again(&made)
	}
	return &made, nil
}
