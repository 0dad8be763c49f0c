package httpapi

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
)

// maxAddress bounds the path and query of a request.
const maxAddress = 8 << 10

// ServeHTTP serves every route.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	out := &answer{ResponseWriter: w}
	r = r.WithContext(access.WithActor(r.Context(), a.caller(r)))
	a.setHeaders(out, r)
	defer func() {
		if p := recover(); p != nil {
			a.recovered(out, r, p)
		}
		a.answered(r, cmp.Or(out.status, http.StatusOK), time.Since(start)) // net/http answers 200 for whoever says nothing
	}()
	if len(r.RequestURI) > maxAddress {
		writeProblem(out, plain(r.Context(), http.StatusRequestURITooLong, "request.address_too_long", "Address too long", "The address of this request is too long."))
		return
	}
	if !a.knows(r) {
		a.unknown(out, r)
		return
	}
	a.mux.ServeHTTP(out, r)
}

// answered tells metrics and, if somebody wants to know that much, the log of an answer: by its route, which names nobody.
func (a *API) answered(r *http.Request, status int, took time.Duration) {
	route := r.Pattern
	if route == "" {
		route = "unknown"
	}
	if a.Observe != nil {
		a.Observe(route, r.Method, status, took)
	}
	a.Log.DebugContext(r.Context(), "request", "request_id", access.ActorFrom(r.Context()).RequestID, "route", route, "status", status, "took", took)
}

// knows says whether a route of ours takes the request. Pages of the console never answer for the API.
func (a *API) knows(r *http.Request) bool {
	_, pattern := a.mux.Handler(r)
	if !isMachine(r.URL.Path) {
		return pattern != "" || path.Clean(r.URL.Path) != r.URL.Path
	}
	return pattern != "" && pattern != consolePattern && path.Clean(r.URL.Path) == r.URL.Path
}

// consolePattern takes every path that nothing else does.
const consolePattern = "GET /{path...}"

func isMachine(p string) bool {
	first, rest, _ := strings.Cut(strings.TrimLeft(p, "/"), "/")
	return first == "api" || first == "webhooks" || first == "hooks" || first == "access" && strings.HasPrefix(rest, "v1/")
}

// unknown answers 405 where another method would have been right, else 404. Who is not signed in does not learn which methods an address
// takes that needs a sign-in.
func (a *API) unknown(w http.ResponseWriter, r *http.Request) {
	allowed, public := a.methods(r)
	if allowed == nil || !keepable(r.URL.Path) {
		a.refuse(w, r, errUnknownPath)
		return
	}
	if !public {
		if actor, err := a.Auth.Authenticate(r); err != nil || !actor.SignedIn() {
			a.refuse(w, r, cmp.Or(err, error(errSignIn)))
			return
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeProblem(w, plain(r.Context(), http.StatusMethodNotAllowed, "request.method_not_allowed", "Method not allowed", "This address takes "+strings.Join(allowed, ", ")+"."))
}

// methods are those that the address of a request takes; public says whether one of them needs no sign-in.
func (a *API) methods(r *http.Request) (allowed []string, public bool) {
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		probe := *r
		probe.Method = method
		if method == r.Method || !a.knows(&probe) {
			continue
		}
		allowed = append(allowed, method)
		_, pattern := a.mux.Handler(&probe)
		public = public || slices.ContainsFunc(a.routes, func(route Route) bool {
			return route.Needs == perm.Public && route.Method+" "+route.Path == pattern
		})
	}
	return allowed, public
}

func (a *API) recovered(w *answer, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p) // net/http closes the connection without a word
	}
	a.Log.ErrorContext(r.Context(), "panic", "request_id", access.ActorFrom(r.Context()).RequestID, "panic", p, "stack", string(debug.Stack()))
	if w.status == 0 {
		a.refuse(w, r, fault.New(fault.Internal, "internal", "Something went wrong on our side. It has been noted under the request id."))
	}
}

// answer remembers what was sent.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader sends the status.
func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body.
func (w *answer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *answer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// guarded settles, in this order: who asks (401), whether they may do this at all (403) and to this object (403, 404), and only then what
// they sent (413, 415, 422).
func (a *API) guarded(route Route, body bodyRule, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := a.admit(route, r)
		if err == nil {
			r = r.WithContext(ctx)
			err = a.locate(route, r)
		}
		if err == nil {
			err = checkText(r)
		}
		var sent []byte
		if err == nil && body != noBody {
			sent, err = a.readBody(w, r, route.MaxBody, body)
		}
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		if key := r.Header.Get("Idempotency-Key"); key != "" && route.Creates && access.ActorFrom(ctx).SignedIn() {
			a.once(w, r, route, key, sent, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unattended is a header of requests that a page makes while nobody works on it: they do not keep a session alive. Whoever leaves it out only
// keeps their own session.
const unattended = "Countersign-Unattended"

// admit settles who asks and whether they may use the route at all.
func (a *API) admit(route Route, r *http.Request) (context.Context, error) {
	caller := access.ActorFrom(r.Context())
	caller.Passive = route.Passive || r.Header.Get(unattended) != ""
	r = r.WithContext(access.WithActor(r.Context(), caller))
	actor := caller
	if route.Needs != perm.Public || hasCredentials(r) {
		found, err := a.whoever(r)
		if err != nil && (route.Needs != perm.Public || fault.KindOf(err) == fault.Internal) {
			return r.Context(), err // on a public route, whoever may not come in is a stranger like others
		}
		if found.ID != "" {
			found.Address, found.Device, found.RequestID = caller.Address, caller.Device, caller.RequestID
			actor = found
		}
	}
	ctx := access.WithActor(r.Context(), actor)
	if route.Needs == perm.Public {
		if !route.Hidden || r.Method != http.MethodGet {
			if wait := a.public.take(addressKey(caller.Address)); wait > 0 {
				return ctx, errRate.After(wait)
			}
		}
		return ctx, a.sameSite(route, r, actor)
	}
	if !actor.SignedIn() {
		if actor.Hold == access.HoldFactor {
			return ctx, errFactor
		}
		return ctx, errSignIn
	}
	limit := a.tokens
	if route.Often {
		limit = a.often
	}
	if wait := limit.take(actor.TokenID + actor.SessionID); wait > 0 {
		return ctx, errRate.After(wait)
	}
	if err := a.sameSite(route, r, actor); err != nil {
		return ctx, err
	}
	if actor.Hold != access.HoldNone && !slices.Contains(route.While, actor.Hold) {
		return ctx, heldBack(actor.Hold)
	}
	if err := a.Guard.Enter(ctx, route.Needs); err != nil {
		return ctx, err
	}
	if route.SessionOnly && actor.SessionID == "" {
		return ctx, errSessionOnly
	}
	if route.Fresh {
		return ctx, a.Guard.Fresh(ctx)
	}
	return ctx, nil
}

// heldBack tells the person of a session what it is waiting for, or what it is for.
func heldBack(hold access.Hold) error {
	switch hold {
	case access.HoldPassword:
		return errMustChange
	case access.HoldPod, access.HoldHandover:
		return errPodOnly
	}
	return errMustEnrol
}

func hasCredentials(r *http.Request) bool {
	return r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != ""
}

// sameSite refuses changes that another web site makes with a visitor's cookie. Whoever holds a session must say where the request comes
// from; programs with a token need not.
func (a *API) sameSite(route Route, r *http.Request, actor access.Actor) error {
	if route.CrossSite || actor.TokenID != "" || rehearsed(r) || r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if err := a.cross.Check(r); err != nil {
		return errCrossSite.Because(err)
	}
	if actor.SessionID != "" && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" {
		return errCrossSite
	}
	return nil
}

// locate settles whether the actor may use the route on the object in its path.
func (a *API) locate(route Route, r *http.Request) error {
	if route.Object == nil {
		return nil
	}
	key := r.PathValue("id")
	if !id.Valid(key) {
		return errUnseen
	}
	o, err := route.Object(r.Context(), key)
	if err != nil {
		return err
	}
	err = a.Guard.Check(r.Context(), route.Needs, o)
	if e, ok := errors.AsType[*fault.Error](err); ok && route.Asks != "" && errors.Is(err, access.ErrUnapproved) {
		return e.Asking(route.Asks, map[string]any{o.Type + "_id": key})
	}
	if fault.KindOf(err) == fault.NotFound {
		// What the actor may not see is answered like what is not there, in the words of its own slice.
		if _, absent := route.Object(r.Context(), id.New()); fault.KindOf(absent) == fault.NotFound {
			return absent
		}
	}
	return err
}
