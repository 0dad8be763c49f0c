package httpapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
)

var errNoRights = fault.Field("/path", "request.no_rights", "Nothing at this address changes what people may do. Check the method and the path.")

// Trial is a request that changes what people may do, to be tried out.
type Trial struct {
	Method  string
	Path    string // with its query
	IfMatch string
	Confirm string // for X-Confirm-Name, as it is written there
	Body    []byte
}

// Answer is what a Trial was answered with.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

type rehearsalKey struct{}

// Rehearse has a route whose Rights are set answer a request of the actor of ctx. That nothing comes of it is the caller's to see to, by a context under
// which no Write commits. All that is asked of such a request is asked of this one too.
func (a *API) Rehearse(ctx context.Context, t Trial) (Answer, error) {
	address, err := url.ParseRequestURI(t.Path)
	if err != nil || address.Host != "" || !strings.HasPrefix(t.Path, "/") || path.Clean(address.Path) != address.Path {
		return Answer{}, errNoRights // of an address that only leads to another, nothing would come
	}
	r, err := http.NewRequestWithContext(context.WithValue(ctx, rehearsalKey{}, access.ActorFrom(ctx)), t.Method, address.RequestURI(), bytes.NewReader(t.Body))
	if err != nil {
		return Answer{}, errNoRights.Because(err)
	}
	r.RequestURI = address.RequestURI()
	_, pattern := a.mux.Handler(r)
	if !slices.ContainsFunc(a.routes, func(route Route) bool { return route.Rights && route.Method+" "+route.Path == pattern }) {
		return Answer{}, errNoRights
	}
	r.Header.Set("Content-Type", "application/json")
	if t.IfMatch != "" {
		r.Header.Set("If-Match", t.IfMatch)
	}
	if t.Confirm != "" {
		r.Header.Set("X-Confirm-Name", t.Confirm)
	}
	w := &heard{header: http.Header{}}
	a.mux.ServeHTTP(w, r)
	return Answer{w.status, w.header, w.body.Bytes()}, nil
}

// whoever is who makes a request: of a rehearsal, who asked for it.
func (a *API) whoever(r *http.Request) (access.Actor, error) {
	if actor, ok := r.Context().Value(rehearsalKey{}).(access.Actor); ok {
		return actor, nil
	}
	return a.Auth.Authenticate(r)
}

func rehearsed(r *http.Request) bool { return r.Context().Value(rehearsalKey{}) != nil }

// heard takes an answer down.
type heard struct {
	header http.Header
	status int
	body   bytes.Buffer
}

var _ io.Writer = (*heard)(nil)

// Header is the answer's.
func (h *heard) Header() http.Header { return h.header }

// WriteHeader takes the status down.
func (h *heard) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

// Write takes a part of the body down.
func (h *heard) Write(b []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(b)
}
