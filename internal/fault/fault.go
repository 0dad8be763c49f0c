// Package fault gives every error a person may see a kind, a stable code and a sentence that says what to do.
package fault

import (
	"errors"
	"strconv"
	"time"
)

// Kind says what went wrong in terms a transport can act on.
type Kind uint8

// The kinds. Internal is the kind of every error that was not declared with this package.
const (
	Internal Kind = iota
	Invalid
	Unauthenticated
	Denied
	NotFound
	Conflict
	Gone
	Stale
	TooLarge
	Limited
	Unavailable
)

// FieldError says what is wrong with one field; Pointer is a JSON pointer (RFC 6901) into the request body.
type FieldError struct {
	Pointer string
	Message string
}

// Error is an error whose Message is safe to show to the person who made the request.
type Error struct {
	Kind       Kind
	Code       string // stable, "slice.reason"; clients and translations switch on it
	Message    string
	Fields     []FieldError
	Permission string        // the missing permission of a Denied
	RetryAfter time.Duration // of a Limited or Unavailable; 0 means unknown
	Level      string        // the verification level that a Denied asks for
	Ask        *Ask          // of a Denied that lacks an approval: what to ask for
	cause      error
}

// Ask names the action that an approval is to be asked for, and what is known of its parameters.
type Ask struct {
	Action     string
	Parameters map[string]any
}

// New declares a sentinel.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Field reports that one field of the request is not acceptable.
func Field(pointer, code, message string) *Error {
	return &Error{Kind: Invalid, Code: code, Message: message, Fields: []FieldError{{pointer, message}}}
}

// Fields reports several unacceptable fields at once; it is nil when there are none.
func Fields(fields ...FieldError) error {
	if len(fields) == 0 {
		return nil
	}
	return &Error{Kind: Invalid, Code: "request.invalid", Message: fields[0].Message, Fields: fields}
}

func (e *Error) Error() string {
	if e.cause != nil {
		return e.Code + ": " + e.cause.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap exposes the cause to logs and errors.Is, never to clients.
func (e *Error) Unwrap() error { return e.cause }

// Is matches by code, so a copy still equals its sentinel.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because returns a copy that carries its cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// With returns a copy with another sentence.
func (e *Error) With(message string) *Error {
	c := *e
	c.Message = message
	return &c
}

// Needing returns a copy that names the permission that is missing.
func (e *Error) Needing(permission string) *Error {
	c := *e
	c.Permission = permission
	return &c
}

// Proving returns a copy that names the level of verification that is missing: 0 to 5.
func (e *Error) Proving(level int) *Error {
	c := *e
	c.Level = "L" + strconv.Itoa(level)
	return &c
}

// Asking returns a copy that says which approval to ask for.
func (e *Error) Asking(action string, parameters map[string]any) *Error {
	c := *e
	c.Ask = &Ask{action, parameters}
	return &c
}

// After returns a copy that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// At returns a copy that names the field it is about.
func (e *Error) At(pointer string) *Error {
	c := *e
	c.Fields = []FieldError{{pointer, e.Message}}
	return &c
}

// KindOf is Internal for every error that was not declared with this package.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf is "" for nil and "internal" for every error that was not declared with this package.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}
