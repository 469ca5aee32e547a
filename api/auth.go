package api

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"o2r/api/rest"
	"o2r/domain"
)

// Access is who may call an operation. Its zero value is nobody's decision, and an operation
// registered with it panics at start.
type Access struct {
	declared bool
	public   bool
	roles    []domain.Role
	sandbox  bool // also who works in the sandbox, on what is of the sandbox
}

// Everyone may call: no token is asked for.
var Everyone = Access{declared: true, public: true}

// AnyRole may call: whoever has a token of a known role.
var AnyRole = Only(domain.Roles...)

// Staff are those who work with participants.
var Staff = Only(domain.Coordinator, domain.Caseworker)

// Only those roles may call; every other gets 403.
func Only(roles ...domain.Role) Access {
	return Access{declared: len(roles) > 0, roles: roles}
}

// And widens the access by more roles.
func (a Access) And(roles ...domain.Role) Access {
	a.declared, a.roles = true, append(slices.Clone(a.roles), roles...)
	return a
}

// AndSandbox widens the access by partners' programs in the sandbox. Nothing but what is of the sandbox
// may be within the operation's reach for them.
func (a Access) AndSandbox() Access {
	a.sandbox = true
	return a
}

func (a Access) admits(actor domain.Actor) bool {
	return slices.Contains(a.roles, actor.Role) || a.sandbox && actor.Sandbox
}

type (
	actorKey struct{}
	urlKey   struct{}
	mediaKey struct{}
)

// mediaOf is the media type that the request is answered in, where its operation has several: package rest agreed on it.
func mediaOf(ctx context.Context) string {
	agreed, ok := ctx.Value(mediaKey{}).(func() string)
	if !ok {
		return ""
	}
	return agreed()
}

func actorOf(ctx context.Context) domain.Actor {
	actor, _ := ctx.Value(actorKey{}).(domain.Actor)
	return actor
}

// guard lets those with access through, as the actor that their token says. A request without
// a valid token gets 401 before anything else of it is looked at, one of another role 403.
func (a *API) guard(access Access) func(huma.Context, func(huma.Context)) {
	only := "Your role may not do this: it is open to " + strings.Join(access.names(), ", ") + "."
	return func(ctx huma.Context, next func(huma.Context)) {
		actor, err := a.authenticate(ctx.Context(), authorization(ctx))
		switch {
		case err != nil:
			a.server.Refuse(ctx, err)
			return
		case !access.admits(actor):
			a.server.Refuse(ctx, domain.Denied("%s", only))
			return
		}
		a.quota.found(ctx.Header("Authorization"), actor.Subject)
		actor.RequestID = rest.RequestID(ctx.Context())
		a.noteSeen(ctx.Context(), actor)
		if actor, err = withReason(ctx, actor, access); err != nil {
			a.server.Refuse(ctx, err)
			return
		}
		url := ctx.URL()
		asked := huma.WithValue(huma.WithValue(ctx, actorKey{}, actor), urlKey{}, &url)
		next(huma.WithValue(asked, mediaKey{}, func() string { return ctx.Header("Accept") }))
	}
}

// authorization gives every Authorization header: of two, a proxy may have checked the other.
func authorization(ctx huma.Context) []string {
	var headers []string
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "Authorization") {
			headers = append(headers, value)
		}
	})
	return headers
}

// authenticate tells who asks. A token that verifies is then held against what was revoked; those
// that do not never reach the database.
func (a *API) authenticate(ctx context.Context, headers []string) (domain.Actor, error) {
	header := strings.Join(headers, "")
	if header == "" {
		return domain.Actor{}, unauthenticated("Bearer")
	}
	scheme, token, _ := strings.Cut(header, " ")
	if len(headers) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return domain.Actor{}, unauthenticated(`Bearer error="invalid_request"`)
	}
	actor, err := a.tokens.Verify(ctx, token)
	if err != nil {
		return domain.Actor{}, unauthenticated(`Bearer error="invalid_token"`)
	}
	accepted, err := a.store.As(actor).Accepted(ctx)
	if err == nil && !accepted {
		err = unauthenticated(`Bearer error="invalid_token"`)
	}
	return actor, err
}

// unauthenticated asks for a token as RFC 6750 says to. Which check failed is not told.
func unauthenticated(challenge string) error {
	return rest.NewProblem(401, "unauthenticated", "Send a valid access token: Authorization: Bearer followed by the token.").With("WWW-Authenticate", challenge)
}

var statusOf = map[domain.Kind]int{
	domain.Invalid:      422,
	domain.NotFound:     404,
	domain.Forbidden:    403,
	domain.Conflict:     409,
	domain.Stale:        412,
	domain.Precondition: 428,
}

// problemOf is the one place where errors become HTTP. What it does not know is ours: the
// caller learns nothing of it.
func problemOf(_ context.Context, err error) *rest.Problem {
	var refusal *domain.Error
	switch {
	case errors.As(err, &refusal):
		return rest.NewProblem(statusOf[refusal.Kind], refusal.Code, refusal.Message, refusal.Fields...)
	case isUnavailable(err):
		return rest.Unavailable()
	}
	return nil
}
