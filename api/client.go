package api

import (
	"context"
	"net/http"

	"o2r/domain"
	"o2r/persistence"
)

type clientPut struct {
	ByID
	Matching
	Body domain.ClientInput
}

type clientAct struct {
	ByID
	Matching
}

type clientRotation struct {
	ByID
	Matching
	Body domain.SecretInput
}

type secretAct struct {
	ByID
	Matching
	SecretID string `path:"key_id" doc:"Identifier of the secret." format:"uuid" minLength:"36" maxLength:"36" example:"0197f0a0-0000-7000-8000-000000000002"`
}

func (a *API) clients() {
	admin := Only(domain.Admin)
	list(a, "/v1/clients", admin,
		Doc{ID: "listClients", Tag: "Access", Summary: "List API clients", Text: "The programs that may ask for tokens, those shut out included."},
		func(ctx context.Context, s *persistence.Session, in *persistence.ClientQuery) (domain.Page[domain.ClientView], error) {
			return s.Clients(ctx, *in)
		})
	read(a, "/v1/clients/{id}", admin,
		Doc{ID: "getClient", Tag: "Access", Summary: "Read an API client", Text: "One program, and what may be known of its secrets."},
		func(ctx context.Context, s *persistence.Session, in *ByID) (domain.ClientView, error) {
			return s.Client(ctx, in.ID)
		})
	create(a, "/v1/clients", admin,
		Doc{ID: "createClient", Tag: "Access", Summary: "Record an API client", Text: "Records a program and makes its secret, which this answer alone shows. With its id and that secret, it asks POST /oauth/token for tokens."},
		func(ctx context.Context, s *persistence.Session, in *With[domain.ClientInput]) (domain.NewClient, error) {
			return s.NewClient(ctx, in.Body)
		})
	replace(a, "/v1/clients/{id}", admin,
		Doc{ID: "putClient", Tag: "Access", Summary: "Rewrite an API client", Text: "Writes the client whole. When its role, organisation or programmes change, the tokens it already has are refused from then on."},
		func(in *clientPut) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *clientPut, match domain.Match) (domain.ClientView, error) {
			return s.ReplaceClient(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/clients/{id}/revoke", admin,
		Doc{ID: "revokeClient", Tag: "Access", Summary: "Shut an API client out", Text: "For good and at once: its secrets are refused, and so are the tokens it already has, on every replica."},
		func(in *clientAct) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *clientAct, match domain.Match) (domain.ClientView, error) {
			return s.RevokeClient(ctx, in.ID, match)
		})
	act(a, "/v1/clients/{id}/secrets", admin,
		Doc{ID: "createClientSecret", Tag: "Access", Summary: "Rotate an API client's secret", Text: "Makes a second secret, which this answer alone shows. The older one stays good for a while, so that the program is never without; there are two at most."},
		func(in *clientRotation) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *clientRotation, match domain.Match) (domain.NewClient, error) {
			return s.NewClientSecret(ctx, in.ID, match, in.Body)
		})
	act(a, "/v1/clients/{id}/secrets/{key_id}/revoke", admin,
		Doc{ID: "revokeClientSecret", Tag: "Access", Summary: "Revoke one secret of an API client", Text: "At once. Tokens that the client already got with it are good for their quarter of an hour: revoke them with POST /v1/tokens/revoke."},
		func(in *secretAct) string { return in.IfMatch },
		func(ctx context.Context, s *persistence.Session, in *secretAct, match domain.Match) (domain.ClientView, error) {
			return s.RevokeClientSecret(ctx, in.ID, in.SecretID, match)
		})
	register(a, http.MethodPost, "/v1/tokens/revoke", admin,
		Doc{ID: "revokeTokens", Tag: "Access", Summary: "Revoke tokens", Text: "One token by its jti, or all that a subject or a client has: refused at once, on every replica, whoever issued them."}, nil,
		func(ctx context.Context, in *With[domain.RevocationInput]) (*plain[domain.Revocation], error) {
			revocation, err := a.session(ctx).RevokeTokens(ctx, in.Body)
			return &plain[domain.Revocation]{Body: revocation}, err
		})
}
