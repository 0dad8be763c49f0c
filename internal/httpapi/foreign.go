package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/countersign/internal/fault"
)

// Foreign registers an operation whose form somebody else's standard lays down: JSON in which unknown fields are let pass, and 400 for whatever
// is not acceptable in it. I and O are for the document; fn reads the body itself, which is sound JSON within the route's bound, and returns
// the answer. The caller's X-Request-ID comes back with every answer. Who asks and what they may is settled as on every other route.
func Foreign[I, O any](a *API, r Route, fn func(ctx context.Context, body []byte) (*O, error)) {
	a.add(r)
	a.registering = &r
	defer func() { a.registering = nil }()
	op, schemas := a.rawOperation(r), a.huma.OpenAPI().Components.Schemas
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[I](), true, "")},
	}}
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[O](), true, "")},
	}}
	if !r.Hidden {
		a.huma.OpenAPI().AddOperation(op)
	}
	next := a.guarded(r, noBody, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := a.readBody(w, req, r.MaxBody, requiredBody)
		if err == nil {
			var out *O
			if out, err = fn(req.Context(), body); err == nil {
				err = writeJSON(w, out)
			}
		}
		if err != nil {
			writeProblem(w, a.foreignProblem(req.Context(), err))
		}
	}))
	a.mux.HandleFunc(r.Method+" "+r.Path, func(w http.ResponseWriter, req *http.Request) {
		if theirs := req.Header.Get("X-Request-Id"); echoable(theirs) {
			w.Header().Set("X-Request-Id", theirs)
		}
		if r.Often {
			select {
			case a.asking <- struct{}{}:
				defer func() { <-a.asking }()
			default:
				a.refuse(w, req, errBusy)
				return
			}
		}
		next.ServeHTTP(w, req)
	})
}

// maxAsking is how many requests of routes that are asked Often are worked on at a time: hundreds of milliseconds of work for a small server. Whoever asks
// beyond it is told so at once; if they waited here instead, a program that asks too much would be answered ever later, for ever more memory.
const maxAsking = 512

// foreignProblem is the problem of an error, with the one status that such a standard has for every fault of the request's form.
func (a *API) foreignProblem(ctx context.Context, err error) *Problem {
	p := a.problem(ctx, err)
	if p.Status == http.StatusUnprocessableEntity || p.Status == http.StatusUnsupportedMediaType {
		p.Status, p.Title = http.StatusBadRequest, answerTo(fault.Invalid).title
	}
	return p
}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(b) // the client has left, or the answer is out
	return nil
}

// maxRequestID bounds the name that a caller gives to a request.
const maxRequestID = 200

// echoable says whether a caller's name for a request can stand in a header again.
func echoable(name string) bool {
	if name == "" || len(name) > maxRequestID {
		return false
	}
	for _, c := range []byte(name) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
