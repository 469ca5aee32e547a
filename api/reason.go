package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"o2r/domain"
)

// accessReason is the header in which a caseworker says why she opens a colleague's file: text in
// UTF-8, percent-encoded as encodeURIComponent does (RFC 3986, 2.1), because a header holds ASCII.
const accessReason = "Access-Reason"

// glass tells whether the header belongs to the operation: one that caseworkers may call, and
// that is about more than what every role reads. A new resource has it without asking.
func (a Access) glass() bool {
	return slices.Contains(a.roles, domain.Caseworker) && len(a.roles) < len(domain.Roles)
}

func accessReasonParameter() *huma.Param {
	shortest, longest := 3, 300*4*3 // 300 characters of four bytes, each written in three
	return &huma.Param{
		Name: accessReason, In: "header",
		Description: "Why a caseworker opens a colleague's file: 3 to 300 characters, percent-encoded UTF-8 as encodeURIComponent writes it. It names nobody. It opens the whole programme to this request and is kept in the audit trail. Sent by caseworkers only.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Pattern: `^[ -~]*$`, Examples: []any{"Remplacement%20d'une%20coll%C3%A8gue%20en%20cong%C3%A9."}},
		Example:     "Remplacement%20d'une%20coll%C3%A8gue%20en%20cong%C3%A9.",
	}
}

// withReason is the actor with the reason that the request gives, if it gives one.
func withReason(ctx huma.Context, actor domain.Actor, access Access) (domain.Actor, error) {
	var sent []string
	ctx.EachHeader(func(name, value string) {
		if http.CanonicalHeaderKey(name) == accessReason {
			sent = append(sent, value)
		}
	})
	if len(sent) == 0 {
		return actor, nil
	}
	var faults domain.Faults
	const location = "header." + accessReason
	reason, err := url.PathUnescape(sent[0])
	switch {
	case !access.glass():
		faults.AddAt(location, "not_needed", "This operation opens no file: leave the header out.")
	case len(sent) > 1:
		faults.AddAt(location, "repeated", "Is given more than once.")
	case strings.ContainsFunc(sent[0], func(r rune) bool { return r < ' ' || r > '~' }), err != nil:
		faults.AddAt(location, "encoding", "Is not percent-encoded UTF-8, as encodeURIComponent writes it.")
	}
	if err := faults.Err(); err != nil {
		return actor, err
	}
	return actor.Because(reason)
}
