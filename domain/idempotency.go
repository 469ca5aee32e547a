package domain

import "strings"

// MaxIdempotencyKey is the longest Idempotency-Key, in characters.
const MaxIdempotencyKey = 255

// IdempotencyKey reads the header of that name: a string of RFC 9651, in double quotes, or the
// bare key that many programs send (draft-ietf-httpapi-idempotency-key-header-07, 2.1).
func IdempotencyKey(header string) (string, error) {
	key := strings.Trim(header, " \t")
	if strings.HasPrefix(key, `"`) {
		inner, closed := strings.CutSuffix(key[1:], `"`)
		key = unescape(inner)
		if !closed || key == "" && inner != "" {
			return "", idempotencyKeyFault()
		}
	} else if strings.ContainsAny(key, `" ,;`) {
		return "", idempotencyKeyFault()
	}
	if key == "" || len(key) > MaxIdempotencyKey || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		return "", idempotencyKeyFault()
	}
	return key, nil
}

// unescape reads what stands between the quotes; it is empty where that is no string.
func unescape(inner string) string {
	var key strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '"' {
			return ""
		}
		if inner[i] == '\\' {
			if i++; i == len(inner) || inner[i] != '\\' && inner[i] != '"' {
				return ""
			}
		}
		key.WriteByte(inner[i])
	}
	return key.String()
}

func idempotencyKeyFault() error {
	var faults Faults
	faults.AddAt("header.Idempotency-Key", "malformed", "A key is 1 to %d printable ASCII characters in double quotes: a UUID, for one.", MaxIdempotencyKey)
	return faults.Err()
}

// Refusals of a repeated key.
var (
	ErrKeyInUse   = Refused("idempotency_key_in_use", "A request with this Idempotency-Key is still being answered: wait for it, then send this one again.")
	ErrAnswerGone = Refused("answer_gone", "This request was done before, under this Idempotency-Key, and is not done again. What it was answered is kept no more, because it spoke of somebody whose file was erased or restricted since: read the records instead.")
	ErrKeyReused  = &Error{Kind: Invalid, Code: "idempotency_key_reused", Message: "This Idempotency-Key came with another request before: a new request takes a new key."}
)

// KeyedRequest is a request that its caller may repeat without doing it twice.
type KeyedRequest struct {
	Key       string
	Operation string
	Digest    []byte // of all that the request asks
}
