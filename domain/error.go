package domain

import (
	"errors"
	"fmt"
)

// Kind is what went wrong, as the caller has to understand it. One place in api turns a
// kind into an HTTP status; an error that is not an *Error is ours, and shows nothing.
type Kind int

const (
	Invalid      Kind = iota + 1 // the content breaks a rule; nothing was written
	NotFound                     // there is none, or it is not the actor's to see
	Forbidden                    // this role may never do this
	Conflict                     // it collides with what is already there, or with the state it is in
	Stale                        // somebody else changed it since it was read
	Precondition                 // the version it was read at must be sent
)

// Error is a refusal meant for the caller: a stable code that a program may compare, a
// sentence that says what to do, and the faulty fields.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Fields  []FieldError
}

// FieldError names one faulty field by its place in the request (body.birth_date,
// query.as_of, path.id). It never repeats the value, which may be about a person.
type FieldError struct {
	Location string `json:"location" doc:"Where the fault is: body.FIELD, query.NAME, path.NAME or header.NAME." example:"body.birth_date" maxLength:"200"`
	Code     string `json:"code" doc:"Stable code of the fault." example:"too_young" maxLength:"60"`
	Message  string `json:"message" doc:"What is wrong and what would be right, in a sentence without the value." example:"A participant is at least 16 years old." maxLength:"500"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Is makes errors.Is(err, &Error{Kind: NotFound}) compare by kind and, where given, by code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && e.Kind == other.Kind && (other.Code == "" || e.Code == other.Code)
}

// Missing says that there is no such thing, or none that the actor may see: the two read the same.
func Missing(what string) *Error {
	return &Error{Kind: NotFound, Code: "not_found", Message: fmt.Sprintf("There is no such %s.", what)}
}

// Refused is a conflict with what is already there.
func Refused(code, format string, args ...any) *Error {
	return &Error{Kind: Conflict, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Denied says that the actor's role may never do this.
func Denied(format string, args ...any) *Error {
	return &Error{Kind: Forbidden, Code: "forbidden", Message: fmt.Sprintf(format, args...)}
}

// Outdated says that somebody changed the thing since the caller read it.
func Outdated(what string) *Error {
	return &Error{Kind: Stale, Code: "stale", Message: fmt.Sprintf("If-Match names another version than that of this %s: read it again, and send its ETag as it stands, in double quotes.", what)}
}

// Faults gathers the faulty fields of one request, so that the caller learns of all at once.
type Faults []FieldError

// Add notes a fault in a field of the body.
func (f *Faults) Add(field, code, format string, args ...any) {
	f.AddAt("body."+field, code, format, args...)
}

// AddAt notes a fault anywhere in the request.
func (f *Faults) AddAt(location, code, format string, args ...any) {
	*f = append(*f, FieldError{location, code, fmt.Sprintf(format, args...)})
}

// Take notes the faults of a refusal. An error that is none is given back.
func (f *Faults) Take(err error) error {
	var refusal *Error
	if !errors.As(err, &refusal) || len(refusal.Fields) == 0 {
		return err
	}
	*f = append(*f, refusal.Fields...)
	return nil
}

// Err is nil when nothing was noted.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "invalid", Message: "The request breaks the rules named in errors; nothing was written.", Fields: f}
}

// FieldFault is a refusal of one field of the body.
func FieldFault(field, code, format string, args ...any) error {
	var faults Faults
	faults.Add(field, code, format, args...)
	return faults.Err()
}

// queryFault refuses one parameter.
func queryFault(parameter, code, format string, args ...any) error {
	var faults Faults
	faults.AddAt("query."+parameter, code, format, args...)
	return faults.Err()
}
