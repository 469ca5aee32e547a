package rest

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"o2r/domain"
)

// Huma's own errors repeat the body and the text of any error. These two are the only ways
// it makes one; they are package variables, so they are set here, once.
func init() {
	huma.DefaultArrayNullable = false // an empty list is [], never null
	huma.ValidateStrictCasing = true  // or {"source":…, "SOURCE":…} slips past validation

	// A handler's huma.Error4xx: its message is meant for the caller.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status >= 500 {
			message = ""
		}
		return NewProblem(status, "", message, faultsIn(errs)...)
	}
	// Huma's own refusal of a request: its message is not.
	huma.NewErrorWithContext = func(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
		problem := refusal(status, errs)
		if ctx != nil {
			problem.RequestID = RequestID(ctx.Context())
			problem.ofReading(ctx.Context())
		}
		return problem
	}
}

// refusal words what Huma found wrong with a request.
func refusal(status int, errs []error) *Problem {
	var tooLarge *http.MaxBytesError
	joined := errors.Join(errs...)
	switch {
	case errors.As(joined, &tooLarge):
		return tooLargeProblem(tooLarge.Limit)
	case errors.Is(joined, io.ErrUnexpectedEOF), errors.Is(joined, errBody):
		return statusProblem(http.StatusBadRequest)
	}
	faults := faultsIn(errs)
	switch status {
	case http.StatusBadRequest:
		if len(faults) == 0 {
			return invalid(domain.FieldError{Location: "body", Code: "required", Message: "The request needs a body."})
		}
		status = http.StatusUnprocessableEntity
	case http.StatusInternalServerError:
		faults = nil
	}
	if status == http.StatusUnprocessableEntity {
		for _, fault := range faults {
			if malformed[fault.Code] {
				return NewProblem(http.StatusBadRequest, "malformed_json", "The request's body is not JSON as RFC 8259 and RFC 7493 define it; nothing was written.", faults...)
			}
		}
	}
	return NewProblem(status, "", "", faults...)
}

// tooLargeProblem says how much would have been taken.
func tooLargeProblem(limit int64) *Problem {
	return NewProblem(http.StatusRequestEntityTooLarge, "", "", domain.FieldError{
		Location: "body", Code: "too_large", Message: fmt.Sprintf("Must be at most %d bytes long.", limit),
	})
}

// malformed are the faults of a body that is no proper JSON at all.
var malformed = map[string]bool{"syntax": true, "duplicate_name": true, "encoding": true, "depth": true}

func faultsIn(errs []error) []domain.FieldError {
	faults := []domain.FieldError{}
	for _, err := range errs {
		var detailer huma.ErrorDetailer
		var problem *Problem
		switch {
		case err == nil:
		case errors.As(err, &problem): // from a Resolver
			faults = append(faults, problem.Errors...)
		case errors.As(err, &detailer):
			detail := detailer.ErrorDetail()
			faults = append(faults, faultOf(detail.Location, detail.Message))
		}
	}
	sort.SliceStable(faults, func(i, j int) bool { return faults[i].Location < faults[j].Location })
	faults = slices.Compact(withoutEchoes(faults))
	if len(faults) > maxFaults {
		faults = faults[:maxFaults]
	}
	return faults
}

// withoutEchoes leaves out that a text is too short or too long where it is said that it has not
// the right form either.
func withoutEchoes(faults []domain.FieldError) []domain.FieldError {
	misshapen := map[string]bool{}
	for _, fault := range faults {
		if fault.Code == "format" || fault.Code == "pattern" {
			misshapen[fault.Location] = true
		}
	}
	return slices.DeleteFunc(faults, func(fault domain.FieldError) bool {
		return misshapen[fault.Location] && (fault.Code == "min_length" || fault.Code == "max_length")
	})
}

// maxFaults is how many faults of one request are listed; the document says so too.
const maxFaults = 1000

// faultOf gives a stable code and a sentence to a message of Huma's validation, which has only text.
func faultOf(location, message string) domain.FieldError {
	if fault, ok := decodingFault(message); ok {
		return fault
	}
	for _, rule := range wordings {
		rest, ok := strings.CutPrefix(message, rule.prefix)
		if !ok {
			continue
		}
		fault := domain.FieldError{Location: location, Code: rule.code, Message: rule.message}
		switch rule.code {
		case "required", "dependent_required":
			// Huma names the object, not the field that it misses.
			if name, _, found := strings.Cut(rest, " "); found && plainName.MatchString(name) && rule.prefix != missingParameter {
				fault.Location += "." + name
			}
		case "unknown_field":
			fault.Location = plainLocation(location)
		case "enum":
			fault.Message = "Must be one of: " + strings.Trim(rest, `"`) + "."
			if len(fault.Message) > 400 {
				fault.Message = "Must be one of the codes that the API's description lists."
			}
		case "pattern":
			if rest == controlFreeLine || rest == controlFreeText {
				fault.Code, fault.Message = "control_character", controlMessage
			} else if rest == emailPattern {
				fault.Code, fault.Message = "format", "Must be an e-mail address."
			} else if strings.Contains(rule.message, "%s") {
				fault.Message = fmt.Sprintf(rule.message, rest) // the pattern in words: patternDescription
			}
		default:
			if strings.Contains(rule.message, "%s") {
				fault.Message = fmt.Sprintf(rule.message, strings.TrimSuffix(rest, " properties"))
			}
		}
		return fault
	}
	return domain.FieldError{Location: plainLocation(location), Code: "invalid", Message: "Is not valid here."}
}

// missingParameter begins what Huma says of a parameter: required query parameter is missing. It names its place already.
const missingParameter = "required "

type wording struct{ prefix, code, message string }

// wordings go from Huma's messages to ours; see its validation package. Longer prefixes come first.
var wordings = func() []wording {
	list := []wording{
		{validation.MsgUnexpectedProperty, "unknown_field", "There is no such field here; names are matched exactly."},
		{"unknown query parameter", "unknown_field", "There is no such query parameter here."},
		{validation.MsgExpectedRequiredProperty, "required", "Is required."},
		{missingParameter, "required", "Is required."},
		{validation.MsgExpectedDependentRequiredProperty, "dependent_required", "Is required together with another field."},
		{validation.MsgExpectedBoolean, "type", "Must be true or false."},
		{validation.MsgExpectedNumberBeMultipleOf, "multiple_of", "Must be a multiple of %s."},
		{validation.MsgExpectedMinimumNumber, "minimum", "Must be at least %s."},
		{validation.MsgExpectedExclusiveMinimumNumber, "minimum", "Must be more than %s."},
		{validation.MsgExpectedMaximumNumber, "maximum", "Must be at most %s."},
		{validation.MsgExpectedExclusiveMaximumNumber, "maximum", "Must be less than %s."},
		{validation.MsgExpectedInteger, "type", "Must be a whole number."},
		{validation.MsgExpectedNumber, "type", "Must be a number."},
		{validation.MsgExpectedArray, "type", "Must be an array."},
		{validation.MsgExpectedObject, "type", "Must be an object."},
		{"invalid integer", "type", "Must be a whole number."},
		{"invalid float", "type", "Must be a number."},
		{"invalid boolean", "type", "Must be true or false."},
		{"invalid date/time", "format", "Must be an RFC 3339 date and time, such as 2025-04-01T09:30:00Z."},
		{"invalid value", "format", "Is not written as the API's description says."},
		{validation.MsgExpectedRFC3339DateTime, "format", "Must be an RFC 3339 date and time, such as 2025-04-01T09:30:00Z."},
		{validation.MsgExpectedRFC3339Date, "format", "Must be a calendar date, such as 2025-04-01."},
		{validation.MsgExpectedRFC3339Time, "format", "Must be a time of day, such as 09:30:00."},
		{validation.MsgExpectedRFC4122UUID, "format", "Must be a UUID, such as 0197f0a0-0000-7000-8000-000000000001."},
		{validation.MsgExpectedRFC5322Email, "format", "Must be an e-mail address."},
		{validation.MsgExpectedRFC3986URI, "format", "Must be a URI."},
		{validation.MsgExpectedMatchPattern, "pattern", "Is not written as the API's description says."},
		{validation.MsgExpectedBePattern, "pattern", "Must be %s."},
		{validation.MsgExpectedOneOf, "enum", "Must be one of: %s."},
		{validation.MsgExpectedConst, "const", "Must have the one value that the API's description gives."},
		{validation.MsgExpectedMinLength, "min_length", "Must have at least %s characters."},
		{validation.MsgExpectedMaxLength, "max_length", "Must have at most %s characters."},
		{validation.MsgExpectedMinItems, "min_items", "Must have at least %s items."},
		{validation.MsgExpectedMaxItems, "max_items", "Must have at most %s items."},
		{validation.MsgExpectedMinProperties, "min_properties", "Must have at least %s fields."},
		{validation.MsgExpectedMaxProperties, "max_properties", "Must have at most %s fields."},
		{validation.MsgExpectedArrayItemsUnique, "unique_items", "Must not list anything twice."},
		{validation.MsgExpectedMatchAtLeastOneSchema, "no_match", "Has none of the forms that the API's description gives."},
		{validation.MsgExpectedMatchExactlyOneSchema, "no_match", "Has none of the forms that the API's description gives."},
		{validation.MsgExpectedString, "type", "Must be a string."},
	}
	for i := range list {
		list[i].prefix, _, _ = strings.Cut(list[i].prefix, "%")
	}
	sort.SliceStable(list, func(i, j int) bool { return len(list[i].prefix) > len(list[j].prefix) })
	return list
}()

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,60}$`)
var plainPath = regexp.MustCompile(`^[A-Za-z0-9_.\[\]-]{1,200}$`)

// plainLocation keeps text that a caller made up as a name out of the answer: of such a
// place, only the object around it is named.
func plainLocation(location string) string {
	if plainPath.MatchString(location) {
		return location
	}
	root, _, _ := strings.Cut(location, ".")
	if plainName.MatchString(root) {
		return root
	}
	return "body"
}
