package api

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

// ClientTokenLife is how long a token lives that a client asked for. It is short: asking again
// costs a program nothing.
const ClientTokenLife = 15 * time.Minute

// maxForm is the longest form that these operations read.
const maxForm = 16 << 10

// What RFC 6749 calls the fields.
type tokenForm struct {
	GrantType    string `json:"grant_type" required:"true" doc:"client_credentials." example:"client_credentials" minLength:"1" maxLength:"100"`
	ClientID     string `json:"client_id" doc:"The client's id, where it does not stand in the Authorization header." example:"0197f0a0-0000-7000-8000-000000000001" maxLength:"100"`
	ClientSecret string `json:"client_secret" doc:"Its secret, where it does not stand in the Authorization header." example:"o2r_EXAMPLE-NOT-A-SECRET" maxLength:"200"`
	Scope        string `json:"scope" doc:"Leave it out: what a token may do is what its client may." example:"" maxLength:"100"`
}

type revocationForm struct {
	Token        string `json:"token" required:"true" doc:"The token to revoke." example:"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl" minLength:"1" maxLength:"8192"`
	Hint         string `json:"token_type_hint" doc:"Of no use here: there is one type." example:"access_token" maxLength:"100"`
	ClientID     string `json:"client_id" doc:"The client's id, where it does not stand in the Authorization header." example:"0197f0a0-0000-7000-8000-000000000001" maxLength:"100"`
	ClientSecret string `json:"client_secret" doc:"Its secret, where it does not stand in the Authorization header." example:"o2r_EXAMPLE-NOT-A-SECRET" maxLength:"200"`
}

type grantedToken struct {
	AccessToken string `json:"access_token" doc:"The token: send it as Authorization: Bearer." example:"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl" maxLength:"8192"`
	TokenType   string `json:"token_type" doc:"How it is sent." example:"Bearer" maxLength:"10"`
	ExpiresIn   int    `json:"expires_in" doc:"For how many seconds it is good." example:"900" minimum:"1" maximum:"3600"`
}

// oauthError is a refusal in the form of RFC 6749, 5.2.
type oauthError struct {
	Error       string `json:"error" doc:"The error, as RFC 6749 and RFC 7009 name it." example:"invalid_client" maxLength:"60"`
	Description string `json:"error_description,omitempty" doc:"What would be right, for people." example:"Send grant_type=client_credentials." maxLength:"300"`
}

var (
	errClient      = oauthError{"invalid_client", "The client is not known, or this is not its secret."}
	errTooMany     = oauthError{"slow_down", "Too many attempts: wait as long as Retry-After says."}
	errForm        = oauthError{"invalid_request", "Send a form (application/x-www-form-urlencoded, in UTF-8), each field once, and nothing in the URL."}
	errTwice       = oauthError{"invalid_request", "Send the client's id and secret once: in the Authorization header, or in the form."}
	errGrantType   = oauthError{"unsupported_grant_type", "Send grant_type=client_credentials."}
	errNoGrantType = oauthError{"invalid_request", "Send grant_type=client_credentials."}
	errScope       = oauthError{"invalid_scope", "Leave scope out: what a token may do is what its client may."}
	errNoToken     = oauthError{"invalid_request", "Send the token to revoke."}
	errNotYours    = oauthError{"unauthorized_client", "This token was issued to somebody else."}
	errBusy        = oauthError{"temporarily_unavailable", "The service cannot answer right now: try again after the time in Retry-After."}
)

// authorizationServer is what RFC 8414 says of one.
type authorizationServer struct {
	Issuer              string   `json:"issuer" doc:"Who issues the tokens." example:"https://api.example" maxLength:"300"`
	TokenEndpoint       string   `json:"token_endpoint" doc:"Where a client asks for a token." example:"https://api.example/oauth/token" maxLength:"300"`
	RevocationEndpoint  string   `json:"revocation_endpoint" doc:"Where a client revokes one." example:"https://api.example/oauth/revoke" maxLength:"300"`
	JWKSURI             string   `json:"jwks_uri" doc:"Where the public keys are." example:"https://api.example/.well-known/jwks.json" maxLength:"300"`
	Documentation       string   `json:"service_documentation" doc:"Where this API is explained." example:"https://api.example/docs" maxLength:"300"`
	ResponseTypes       []string `json:"response_types_supported" doc:"None: there is no authorization endpoint." example:"[]" maxItems:"5" maxLength:"50" nullable:"false"`
	GrantTypes          []string `json:"grant_types_supported" doc:"The grants." example:"[\"client_credentials\"]" maxItems:"5" maxLength:"50" nullable:"false"`
	TokenAuthentication []string `json:"token_endpoint_auth_methods_supported" doc:"How a client authenticates when it asks." example:"[\"client_secret_basic\"]" maxItems:"5" maxLength:"50" nullable:"false"`
	RevokeAuthenticate  []string `json:"revocation_endpoint_auth_methods_supported" doc:"How a client authenticates when it revokes." example:"[\"client_secret_basic\"]" maxItems:"5" maxLength:"50" nullable:"false"`
}

// oauth is what a program does to get a token (RFC 6749, 7009, 8414).
func (a *API) oauth() {
	get(a, "/.well-known/oauth-authorization-server", Everyone,
		Doc{ID: "getAuthorizationServer", Tag: "Access", Summary: "Read where tokens come from", Text: "The addresses and methods by which a client gets and revokes tokens (RFC 8414)."},
		func(context.Context, *persistence.Session, *Nothing) (authorizationServer, error) {
			return a.tokens.server(), nil
		})
	refusals := map[int]rest.Answer{
		400: {Doc: "The request is not one that can be granted.", Body: oauthError{}, Example: errGrantType},
		401: {Doc: "The client is not known, may no longer act, or this is not its secret: which, is not told.", Body: oauthError{}, Example: errClient},
		429: {Doc: "Too many attempts: wait as long as Retry-After says.", Body: oauthError{}, Example: errTooMany},
		503: {Doc: "The service cannot answer right now.", Body: oauthError{}, Example: errBusy},
	}
	add := func(path string, doc Doc, form any, success rest.Answer, serve func(http.ResponseWriter, *http.Request, url.Values, credentials)) {
		answers := map[int]rest.Answer{200: success}
		for status, answer := range refusals {
			answers[status] = answer
		}
		rest.RegisterForeign(a.server, rest.Foreign{
			Operation: huma.Operation{OperationID: doc.ID, Method: http.MethodPost, Path: path, Tags: []string{doc.Tag}, Summary: doc.Summary, Description: doc.Text, MaxBodyBytes: maxForm},
			Form:      form, Answers: answers,
			Serve:   func(w http.ResponseWriter, r *http.Request) { a.withCredentials(w, r, serve) },
			TooMany: func(w http.ResponseWriter, _ *http.Request) { refuseOAuth(w, 429, errTooMany) },
		})
	}
	add("/oauth/token",
		Doc{ID: "issueToken", Tag: "Access", Summary: "Ask for an access token", Text: "The client credentials grant of RFC 6749 (section 4.4). The client authenticates with its id and secret, by HTTP Basic (client_secret_basic) or in the form (client_secret_post). Who fails waits longer and longer."},
		tokenForm{}, rest.Answer{Doc: "A token, good for a quarter of an hour.", Body: grantedToken{}, Example: grantedToken{"eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl", "Bearer", 900}}, a.grantToken)
	add("/oauth/revoke",
		Doc{ID: "revokeToken", Tag: "Access", Summary: "Revoke one's own token", Text: "A client gives a token up (RFC 7009): from then on it is refused. A token that is none, or that has expired, is as good as revoked and answers 200 too."},
		revocationForm{}, rest.Answer{Doc: "The token is good no more."}, a.revokeOwnToken)
}

func (k *Tokens) server() authorizationServer {
	base := strings.TrimSuffix(k.issuer, "/")
	methods := []string{"client_secret_basic", "client_secret_post"}
	return authorizationServer{
		Issuer: k.issuer, TokenEndpoint: base + "/oauth/token", RevocationEndpoint: base + "/oauth/revoke",
		JWKSURI: base + "/.well-known/jwks.json", Documentation: base + "/docs",
		ResponseTypes: []string{}, GrantTypes: []string{"client_credentials"},
		TokenAuthentication: methods, RevokeAuthenticate: methods,
	}
}

// credentials are a client's id and secret, as it sent them.
type credentials struct{ id, secret string }

// withCredentials reads the form and the client's credentials strictly: what could be read in
// two ways is refused.
func (a *API) withCredentials(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter, *http.Request, url.Values, credentials)) {
	form, fault := readForm(r)
	if fault != nil {
		refuseOAuth(w, 400, *fault)
		return
	}
	sent := credentials{form.Get("client_id"), form.Get("client_secret")}
	switch headers := r.Header.Values("Authorization"); {
	case len(headers) > 1 || len(headers) == 1 && sent.secret != "":
		refuseOAuth(w, 400, errTwice)
		return
	case len(headers) == 1:
		basic, ok := readBasic(headers[0])
		if !ok || sent.id != "" && sent.id != basic.id {
			refuseOAuth(w, 401, errClient)
			return
		}
		sent = basic
	}
	if sent.id == "" || sent.secret == "" || len(sent.id) > 100 || len(sent.secret) > 200 {
		refuseOAuth(w, 401, errClient)
		return
	}
	serve(w, r, form, sent)
}

func readForm(r *http.Request) (url.Values, *oauthError) {
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || media != "application/x-www-form-urlencoded" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return nil, &errForm
	}
	if r.URL.RawQuery != "" || len(r.Header.Values("Content-Type")) > 1 { // a secret in a URL is in every log
		return nil, &errForm
	}
	if err := r.ParseForm(); err != nil {
		return nil, &errForm
	}
	for _, values := range r.PostForm {
		if len(values) > 1 {
			return nil, &errForm
		}
	}
	return r.PostForm, nil
}

// readBasic reads HTTP Basic credentials, each part form-encoded as RFC 6749, 2.3.1 says.
func readBasic(header string) (credentials, bool) {
	scheme, text, _ := strings.Cut(header, " ")
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || !strings.EqualFold(scheme, "Basic") {
		return credentials{}, false
	}
	id, secret, found := strings.Cut(string(raw), ":")
	id, errID := url.QueryUnescape(id)
	secret, errSecret := url.QueryUnescape(secret)
	return credentials{id, secret}, found && errID == nil && errSecret == nil
}

// spelled is one spelling of a client's identifier, and one word for whatever is none: what is
// counted by it cannot be told apart by writing it otherwise.
func spelled(id string) string {
	if !isUUID(id) {
		return "none"
	}
	return strings.ToLower(id)
}

// client authenticates, and answers for itself where that fails. The limits come before the
// database, and are the same for a client that is there and for one that is not.
func (a *API) client(w http.ResponseWriter, r *http.Request, sent credentials, tokenID, action string) (domain.Client, bool) {
	name, address, now := spelled(sent.id), a.quota.address(r), time.Now()
	if wait := a.throttle.wait(name, address, now); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		refuseOAuth(w, 429, errTooMany)
		return domain.Client{}, false
	}
	anybody := domain.Actor{Subject: "client:unknown", Role: domain.Anonymous, RequestID: rest.RequestID(r.Context())}
	client, known, err := a.store.As(anybody).AuthenticateClient(r.Context(), sent.id, sent.secret, action, tokenID)
	switch {
	case err != nil:
		a.troubled(w, r, err)
	case !known:
		a.throttle.failed(name, address, now)
		refuseOAuth(w, 401, errClient)
	default:
		a.throttle.succeeded(name, address, now)
		return client, true
	}
	return domain.Client{}, false
}

func (a *API) grantToken(w http.ResponseWriter, r *http.Request, form url.Values, sent credentials) {
	switch grant := form.Get("grant_type"); {
	case grant == "":
		refuseOAuth(w, 400, errNoGrantType)
		return
	case grant != "client_credentials":
		refuseOAuth(w, 400, errGrantType)
		return
	case form.Get("scope") != "":
		refuseOAuth(w, 400, errScope)
		return
	}
	id := uuid.NewString()
	client, ok := a.client(w, r, sent, id, "issued")
	if !ok {
		return
	}
	actor := client.Actor()
	actor.TokenID = id
	token, err := a.tokens.Issue(actor, ClientTokenLife)
	if err != nil {
		a.troubled(w, r, err)
		return
	}
	answerOAuth(w, 200, grantedToken{token, "Bearer", int(ClientTokenLife / time.Second)})
}

func (a *API) revokeOwnToken(w http.ResponseWriter, r *http.Request, form url.Values, sent credentials) {
	text := form.Get("token")
	if text == "" {
		refuseOAuth(w, 400, errNoToken)
		return
	}
	client, ok := a.client(w, r, sent, "", "revoking")
	if !ok {
		return
	}
	holder, err := a.tokens.verifyOwn(text)
	switch {
	case err != nil: // it is good for nothing already
	case holder.ClientID != client.ID:
		refuseOAuth(w, 400, errNotYours)
		return
	default:
		actor := client.Actor()
		actor.RequestID = rest.RequestID(r.Context())
		if err := a.store.As(actor).RevokeOwnToken(r.Context(), holder.TokenID); err != nil {
			a.troubled(w, r, err)
			return
		}
	}
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(http.StatusOK)
}

// troubled answers for an error that is ours.
func (a *API) troubled(w http.ResponseWriter, r *http.Request, err error) {
	if !isUnavailable(err) {
		a.server.Fail(w, r, err)
		return
	}
	slog.WarnContext(r.Context(), "the database is not available", "request_id", rest.RequestID(r.Context()))
	w.Header().Set("Retry-After", "5")
	refuseOAuth(w, 503, errBusy)
}

func refuseOAuth(w http.ResponseWriter, status int, refusal oauthError) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="o2r", charset="UTF-8"`)
	}
	answerOAuth(w, status, refusal)
}

// answerOAuth writes JSON that nothing on the way may keep (RFC 6749, 5.1).
func answerOAuth(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
