package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Problem is the body of every answer that is an error (RFC 9457). It never holds what the client sent.
type Problem struct {
	Type              string         `json:"type" doc:"names the kind of problem; stable"`
	Title             string         `json:"title"`
	Status            int            `json:"status"`
	Detail            string         `json:"detail" doc:"one sentence for a person"`
	Code              string         `json:"code" doc:"what programs switch on; stable"`
	Errors            []ProblemField `json:"errors,omitempty" doc:"the fields that are not acceptable"`
	Permission        string         `json:"permission,omitempty" doc:"the missing permission"`
	VerificationLevel string         `json:"verification_level,omitempty" doc:"the level of verification that is missing"`
	AccessRequest     *AccessRequest `json:"access_request,omitempty" doc:"how to ask for the approval that is missing"`
	RequestID         string         `json:"request_id,omitempty" doc:"ask the operator about this"`

	retryAfter time.Duration
}

// ProblemField says what is wrong with one field.
type ProblemField struct {
	Pointer string `json:"pointer" doc:"JSON pointer into the body, or the name of a parameter behind a slash"`
	Message string `json:"message"`
}

// Faults of the edge itself.
var (
	errSignIn      = fault.New(fault.Unauthenticated, "signin.required", "Sign in first.")
	errInvalid     = fault.New(fault.Invalid, "request.invalid", "Something in this request is not acceptable; see errors.")
	errNotJSON     = fault.New(fault.Invalid, "request.not_json", "The body is not one valid JSON value.")
	errNoBody      = fault.New(fault.Invalid, "request.body_missing", "This request needs a JSON body.")
	errTooLarge    = fault.New(fault.TooLarge, "request.too_large", "The body of this request is too large.")
	errSlow        = fault.New(fault.Unavailable, "request.timeout", "The request took too long. Try again.")
	errUnknownPath = fault.New(fault.NotFound, "request.not_found", "There is nothing at this address.")
	errUnseen      = fault.New(fault.NotFound, "access.not_found", "There is no such thing, or you may not see it.")
	errCrossSite   = fault.New(fault.Denied, "request.cross_site", "This request came from another web site, or your browser did not say where from.")
	errFactor      = fault.New(fault.Unauthenticated, "signin.factor_required", "Finish signing in: your second factor is missing.")
	errPodOnly     = fault.New(fault.Denied, "signin.pod_only", "This session is for the pod in your ticket system alone.")
	errMustEnrol   = fault.New(fault.Denied, "signin.enrolment_required", "Set up a second factor first: your organization asks for one.")
	errSessionOnly = fault.New(fault.Denied, "signin.session_required", "This cannot be done with an API token. Sign in.")
	errMustChange  = fault.New(fault.Denied, "signin.password_change_required", "Choose a new password first.")
	errBusy        = fault.New(fault.Unavailable, "request.busy", "More is asked at this moment than can be answered. Ask again shortly.").After(time.Second)
	errRate        = fault.New(fault.Limited, "request.rate_limited", "Too many requests. Slow down.")
	errStale       = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again and repeat your change.")
	errIfMatch     = fault.New(fault.Invalid, "request.if_match_invalid", "If-Match must hold the ETag of an earlier answer.")
)

// AccessRequest says how to ask for an approval, in the words of the AuthZEN access request profile.
type AccessRequest struct {
	Endpoint string         `json:"endpoint" doc:"POST the template there, with a reason"`
	Template AccessTemplate `json:"template"`
}

// AccessTemplate is the beginning of a request for an approval.
type AccessTemplate struct {
	Action     string         `json:"action"`
	Parameters map[string]any `json:"parameters" doc:"those that are known; the rest is as in the request that was refused"`
}

func (p *Problem) Error() string { return p.Code }

// GetStatus is read by huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is read by huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is read by huma.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(p.retryAfter.Seconds())))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="countersign"`)
	}
	return h
}

type kindAnswer struct {
	status int
	title  string
}

func answerTo(k fault.Kind) kindAnswer {
	switch k {
	case fault.Invalid:
		return kindAnswer{http.StatusUnprocessableEntity, "Not acceptable input"}
	case fault.Unauthenticated:
		return kindAnswer{http.StatusUnauthorized, "Not signed in"}
	case fault.Denied:
		return kindAnswer{http.StatusForbidden, "Not allowed"}
	case fault.NotFound:
		return kindAnswer{http.StatusNotFound, "Not found"}
	case fault.Conflict:
		return kindAnswer{http.StatusConflict, "Conflict"}
	case fault.Gone:
		return kindAnswer{http.StatusGone, "Gone"}
	case fault.Stale:
		return kindAnswer{http.StatusPreconditionFailed, "Changed in the meantime"}
	case fault.TooLarge:
		return kindAnswer{http.StatusRequestEntityTooLarge, "Too large"}
	case fault.Limited:
		return kindAnswer{http.StatusTooManyRequests, "Too many requests"}
	case fault.Unavailable:
		return kindAnswer{http.StatusServiceUnavailable, "Not available right now"}
	}
	return kindAnswer{http.StatusInternalServerError, "Our fault"}
}

// problem turns an error into what may be shown, and logs what may not.
func (a *API) problem(ctx context.Context, err error) *Problem {
	requestID := access.ActorFrom(ctx).RequestID
	if p, ok := errors.AsType[*Problem](err); ok {
		p.RequestID = requestID
		return p
	}
	e, ok := errors.AsType[*fault.Error](err)
	switch {
	case ok && e.Kind != fault.Internal:
	case errors.Is(err, store.ErrClaimed):
		e = errRunning
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		e = errSlow.After(time.Second)
	default:
		a.Log.ErrorContext(ctx, "request failed", "request_id", requestID, "err", err)
		e = fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been noted under the request id.")
	}
	k := answerTo(e.Kind)
	p := &Problem{
		Type: problemType(e.Code), Title: k.title, Status: k.status, Detail: e.Message, Code: e.Code,
		Permission: e.Permission, VerificationLevel: e.Level, RequestID: requestID, retryAfter: e.RetryAfter,
	}
	if e.Ask != nil {
		p.AccessRequest = &AccessRequest{Approvals, AccessTemplate{e.Ask.Action, e.Ask.Parameters}}
	}
	for _, f := range e.Fields {
		p.Errors = append(p.Errors, ProblemField{f.Pointer, f.Message})
	}
	if p.retryAfter == 0 && (e.Kind == fault.Limited || e.Kind == fault.Unavailable) {
		p.retryAfter = time.Second
	}
	return p
}

// Approvals is where approvals are asked for.
const Approvals = "/api/approvals"

func problemType(code string) string { return "urn:countersign:problem:" + code }

// plain is a problem that no fault stands for.
func plain(ctx context.Context, status int, code, title, detail string) *Problem {
	return &Problem{Type: problemType(code), Title: title, Status: status, Detail: detail, Code: code, RequestID: access.ActorFrom(ctx).RequestID}
}

func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	writeProblem(w, a.problem(r.Context(), err))
}

// Refuse answers a Raw route with the problem of err.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, err error) { a.refuse(w, r, err) }

func writeProblem(w http.ResponseWriter, p *Problem) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client has left, or the answer is out
}

// humaProblem is made of what huma found wrong. Its messages may quote the request, so only known ones pass.
func humaProblem(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
	e := errInvalid
	switch status {
	case http.StatusRequestEntityTooLarge:
		e = errTooLarge
	case http.StatusRequestTimeout:
		e = errSlow
	}
	p := &Problem{Type: problemType(e.Code), Title: answerTo(e.Kind).title, Status: answerTo(e.Kind).status, Detail: e.Message, Code: e.Code}
	if ctx != nil {
		p.RequestID = access.ActorFrom(ctx.Context()).RequestID
	}
	for _, err := range errs {
		field := ProblemField{Message: "Not acceptable."}
		if d, ok := errors.AsType[*huma.ErrorDetail](err); ok {
			field = fieldOf(d)
		}
		if p.Errors = append(p.Errors, field); len(p.Errors) == maxErrors {
			break
		}
	}
	return p
}

// Bounds of what a problem says about the fields of a request.
const (
	maxErrors  = 50
	maxPointer = 200
)

var (
	missing = regexp.MustCompile(`^expected required property (\S+) to be present$`)
	known   = regexp.MustCompile(`^(expected (string|length|array|number|integer|boolean|object|value|duration)\b[^:]*|unexpected property|required \w+ parameter is missing|invalid (integer|float|boolean))`)
)

// fieldOf translates "body.phones[0].number" to a JSON pointer and keeps of the message what does not come from the client.
func fieldOf(d *huma.ErrorDetail) ProblemField {
	where := strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(d.Location)
	if _, rest, ok := strings.Cut(where, "/"); ok {
		where = "/" + rest // without "body", "query" or "path"
	} else {
		where = ""
	}
	if m := missing.FindStringSubmatch(d.Message); m != nil {
		return ProblemField{clip(where + "/" + m[1]), "Required."}
	}
	message := known.FindString(d.Message)
	switch message {
	case "":
		message = "not acceptable"
	case "unexpected property":
		message = "there is no such field"
	}
	return ProblemField{clip(where), sentence(message)}
}

func sentence(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:] + "."
}

// clip bounds a pointer, which may name a field that the client made up.
func clip(pointer string) string {
	pointer = strings.ToValidUTF8(pointer, "\uFFFD")
	if utf8.RuneCountInString(pointer) > maxPointer {
		return string([]rune(pointer)[:maxPointer]) + "…"
	}
	return pointer
}
