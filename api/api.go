package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"o2r/api/rest"
	"o2r/domain"
	"o2r/persistence"
)

// Version is the version of the wire contract.
const Version = "1.0.0"

// API is the programme over HTTP.
type API struct {
	server   *rest.Server
	store    *persistence.Store
	tokens   *Tokens
	throttle *throttle
	quota    *quota
	metrics  *metrics
	seen     sightings
	sheets   ImportSheets

	withoutJustice bool
}

// New makes the API on a store, for callers whose tokens those keys signed, as it is reached
// where nobody decided otherwise; see Deployment.
func New(store *persistence.Store, tokens *Tokens, log *slog.Logger) *API {
	return Deployment{}.New(store, tokens, log)
}

// routes is the table of contents.
func (a *API) routes(log *slog.Logger) {
	a.me()
	a.oauth()
	a.clients()
	a.nomenclatures()
	a.territories()
	a.organisations()
	a.programmes()
	a.sites()
	a.permanences()
	a.participants()
	a.files()
	a.caseloads()
	a.merges()
	a.enrolments()
	a.outcomes()
	a.followUps()
	a.durations()
	a.diagnostics()
	a.barriers()
	a.charters()
	a.objectives()
	a.actions()
	a.immersions()
	a.referrals()
	a.events()
	a.appointments()
	a.workshops()
	a.calendars()
	a.imports()
	a.definitions()
	a.figures()
	a.snapshots()
	a.reports()
	a.rights()
	a.audit()
	a.health(log)
}

// Handler serves the API, its document and its documentation.
func (a *API) Handler() http.Handler { return a.server.Handler() }

// Document is the OpenAPI document of the API.
func (a *API) Document() *huma.OpenAPI { return a.server.Document() }

func isUnavailable(err error) bool { return errors.Is(err, persistence.ErrUnavailable) }

const description = `O2R « En route vers l'emploi » finds and remobilises people far from work, most of them leaving prison or under
probation. This API takes referrals from partners, keeps participants' paths, and answers the indicators owed to funders.

**Who may call.** Every operation but those under /oauth, /.well-known and /calendars asks for a bearer token: a JSON Web Token in the form of RFC 9068 whose ` + "`role`" + `
is coordinator, caseworker, partner, analyst, dpo or admin, whose ` + "`org`" + ` is the caller's organisation and whose ` + "`programmes`" + `
lists the slugs of the programmes it opens. A program gets one with its own secret from POST /oauth/token. Each operation names the roles it is open to. What you may not see answers 404, as if it were not there.

**Colleagues' files.** A caseworker works with the enrolments that name her as caseworker and with those that name nobody; lists hold
no others. A colleague's file in her programme answers 403 ` + "`access_reason_required`" + ` until the request says why it is opened, in the
header ` + "`Access-Reason`" + ` (percent-encoded UTF-8, as encodeURIComponent writes it); that request then reaches the whole programme, and the
reason is kept in the audit trail. Coordinators need none.

**Versions.** Records carry an ETag. PUT insists on If-Match (428 without it, 412 when somebody else changed the record);
named transitions honour it when it is sent.

**Errors** are RFC 9457 problems with a stable ` + "`code`" + `, a sentence that says what to do, and one entry for each faulty field.
Unknown fields and parameters are refused, and a refused request writes nothing. A body is first held to its schema, and every field at fault is
named; once the schema is content the rules are asked, and every field that breaks one is named; last come the conflicts with what is on file (409).

**Dates** that end in ` + "`_on`" + ` are civil dates; fields that end in ` + "`_at`" + ` are RFC 3339 instants in UTC. A day is a day in Europe/Paris.
Null says that something is not known, which is not the same as no.

**Limits.** A caller may make 1,200 requests a minute and have 16 under way at once, unless the deployment says otherwise; RateLimit headers
say how many are left, and Retry-After when to come back.

**Repeating.** What makes something takes an Idempotency-Key: the same key with the same content within 48 hours gives the first
answer again (Idempotency-Replayed: true), with other content 422, while the first is still under way 409. A referral is also known by its
external_reference.

**Events.** What happens to a partner's referrals is read at GET /v1/events with a cursor that skips nothing, or posted to its webhooks, signed
as Standard Webhooks has it; the section ` + "`webhooks`" + ` of this document shows the bodies.

**Sandbox.** A client made with ` + "`sandbox`" + ` true works on trials that stand apart: nothing there reaches staff or figures, the partner decides its
own trials by the same operations, and they are erased after a month.

**Lists** are paged: send ` + "`next_cursor`" + ` back as ` + "`cursor`" + `, or follow the Link header.`

var tags = []*huma.Tag{
	{Name: "Access", Description: "Who you are; tokens, the programs that may ask for them, and the keys they are checked with."},
	{Name: "Reference", Description: "Nomenclatures and territories."},
	{Name: "Set-up", Description: "Organisations, programmes, their targets, sites, permanences and closed days."},
	{Name: "Referrals", Description: "A partner asks that a person be taken on; the programme's staff decide."},
	{Name: "Events", Description: "What happens to referrals: a feed to read, and webhooks to be told by."},
	{Name: "People", Description: "Participants, their paths through a programme, and how these end."},
	{Name: "File", Description: "A person's file and timeline, a worker's day and caseload: what the records say, put together."},
	{Name: "Support", Description: "What is found, agreed, done and proposed on a path: diagnostics, barriers and strengths, the charter and its objectives, actions, proposals, immersions."},
	{Name: "Meetings", Description: "When and where people are received; individual appointments and collective workshops, with attendance, and calendars to read them in."},
	{Name: "Moving in", Description: "Files of what a programme kept elsewhere: looked through, then recorded as a whole."},
	{Name: "Rights", Description: "What people may ask of those who keep their files: a copy, its history, restriction, erasure; the register of requests, and how long what is kept."},
	{Name: "Audit", Description: "Who read and changed what, and why."},
	{Name: "Figures", Description: "The indicators owed to funders, the profile of who was supported, and the evidence behind each figure."},
}

// me says who the caller is, and publishes the keys.
func (a *API) me() {
	get(a, "/v1/me", AnyRole,
		Doc{ID: "getMe", Tag: "Access", Summary: "Say who I am", Text: "What the caller's token says: subject, role, organisation and programmes."},
		func(ctx context.Context, _ *persistence.Session, _ *Nothing) (domain.Me, error) {
			return actorOf(ctx).Me(), nil
		})
	get(a, "/.well-known/jwks.json", Everyone,
		Doc{ID: "getKeys", Tag: "Access", Summary: "Read the public keys", Text: "The keys that this deployment's tokens are signed with, as a JSON Web Key Set (RFC 7517)."},
		func(context.Context, *persistence.Session, *Nothing) (jsonWebKeySet, error) {
			return a.tokens.keySet(), nil
		})
}

// Document is the OpenAPI document as text, in OpenAPI 3.1 or 3.0, as json or yaml. It needs
// no database.
func Document(version, format string) ([]byte, error) { return Deployment{}.Document(version, format) }

// Document is the document of this deployment, as text.
func (d Deployment) Document(version, format string) ([]byte, error) {
	server := d.New(nil, nil, slog.New(slog.DiscardHandler)).server
	if format == "yaml" {
		return server.DocumentYAML(version)
	}
	return server.DocumentJSON(version)
}
