// Package httpapi is the only place that knows how requests, permissions and errors become HTTP.
package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Authenticator tells who makes a request. A request without credentials, or with credentials that are not good, is the zero Actor and no
// error. The context carries an Actor with nothing but the request's address, device and id.
type Authenticator interface {
	Authenticate(r *http.Request) (access.Actor, error)
}

// Options are what an API stands on. Only Log is needed to print the OpenAPI document.
type Options struct {
	Log     *slog.Logger
	Guard   *access.Guard
	Auth    Authenticator
	DB      *store.DB // keeps the keys of creating requests
	Keys    *seal.Keyring
	Events  *events.Bus
	Version string

	ExternalURL    *url.URL       // how browsers reach the server; nil means however the request came
	TrustedProxies []netip.Prefix // whose X-Forwarded-For and X-Forwarded-Proto are believed

	Observe func(route, method string, status int, d time.Duration) // told of every answer; may be nil
}

// API collects the routes of every slice and serves them.
type API struct {
	Options
	huma    huma.API
	mux     *http.ServeMux
	routes  []Route
	cross   *http.CrossOriginProtection
	tokens  *limiter // per token or session
	often   *limiter // the same, on routes that are asked Often
	public  *limiter // per address, on routes that need no sign-in
	streams *streams
	asking  chan struct{} // holds one for each request on such a route that is worked on

	registering *Route // the route on its way through Handle
	names       map[string]reflect.Type
	document    func() ([]byte, error)
}

// Route names one operation and says who may use it.
type Route struct {
	ID      string // "list-contacts"; the operationId
	Method  string
	Path    string // "/api/contacts/{id}"
	Summary string

	// Needs is required; perm.Public opts out and is listed in a golden file.
	Needs perm.Permission
	// Object finds what {id} stands for. It runs before the body is read, so that 403 and 404 come first; an error of kind NotFound is
	// the answer to an id of another organization. Required when Path has {id} and the route is not public.
	Object func(ctx context.Context, id string) (access.Object, error)

	// Asks names the action that an approval is asked for by whoever lacks nothing else for the object of the route. Its parameter is the
	// object's id, called by its type: device_id.
	Asks string

	// While lists the holds under which the route answers all the same. Who is only half signed in (access.HoldFactor) is nobody: such a
	// request reaches public routes alone, which find it in the context.
	While []access.Hold
	// Fresh asks of a session that its person proved who they are within the last five minutes; the console then asks them again and
	// repeats the request. Tokens pass, unless SessionOnly refuses them.
	Fresh       bool
	SessionOnly bool

	Creates bool   // answers 201 and honours Idempotency-Key
	Secret  bool   // the answer holds a secret: it is kept for a repetition for ten minutes only
	MaxBody int64  // bytes; 64 KiB if 0
	Takes   string // media type of a body that is a file; the input embeds Incoming, MaxBody is required
	Status  int    // of a success, if neither 200, 201 nor 204

	Rights bool // changes what people may do: it can be rehearsed

	Often     bool // asked by programs before whatever they do: counted apart, against a higher limit
	Passive   bool // made by open pages on their own: it does not keep a session alive
	CrossSite bool // may be called from other web sites: webhooks, which authenticate themselves and use no cookie
	Hidden    bool // not in the OpenAPI document: pages
}

// maxBody is the bound of a body for routes that do not set one.
const maxBody = 64 << 10

// huma keeps these settings for the whole process, so they are set once.
var setUpHuma sync.Once

// New returns an API with no routes but its own description.
func New(o Options) *API {
	setUpHuma.Do(func() {
		huma.NewErrorWithContext = humaProblem
		huma.NewError = func(status int, _ string, errs ...error) huma.StatusError {
			return humaProblem(nil, status, "", errs...)
		}
		huma.ValidateStrictCasing = true
		huma.DefaultArrayNullable = false
	})
	a := &API{
		Options: o, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), names: map[string]reflect.Type{},
		tokens: newLimiter(600, 600), often: newLimiter(10_000, 10_000), public: newLimiter(200, 1000), streams: newStreams(), asking: make(chan struct{}, maxAsking),
	}
	if o.ExternalURL != nil {
		// A proxy may pass another Host on.
		if err := a.cross.AddTrustedOrigin(o.ExternalURL.Scheme + "://" + o.ExternalURL.Host); err != nil {
			o.Log.Warn("the external address is not an origin", "err", err)
		}
	}
	a.huma = huma.NewAPI(a.describe(), adapter{a})
	a.document = sync.OnceValues(a.Document)
	a.Raw(Route{ID: "openapi", Method: "GET", Path: "/api/openapi.json", Needs: perm.Public, Hidden: true}, http.HandlerFunc(a.serveDocument))
	a.Raw(Route{ID: "docs", Method: "GET", Path: "/api/docs", Needs: perm.Public, Hidden: true}, http.HandlerFunc(a.serveDocs))
	a.Raw(Route{ID: "stream-events", Method: "GET", Path: "/api/events", Summary: "Follow what changes, as server-sent events", Needs: perm.SignedIn, Passive: true, While: []access.Hold{access.HoldPod}}, http.HandlerFunc(a.serveEvents))
	return a
}

// Handle registers one operation. Whatever fn returns goes through one mapping: a fault becomes its problem, any other error an opaque 500.
func Handle[I, O any](a *API, r Route, fn func(ctx context.Context, in *I) (*O, error)) {
	a.add(r)
	a.registering = &r
	defer func() { a.registering = nil }()
	fill := emptyLists(reflect.TypeFor[O]())
	huma.Register(a.huma, a.operation(r, reflect.TypeFor[I]().PkgPath()), func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		if out != nil && fill != nil {
			fill(reflect.ValueOf(out).Elem())
		}
		return out, nil
	})
}

// Raw registers what is not JSON in and JSON out: pages, downloads, streams, webhooks. The same order of answers holds for it.
func (a *API) Raw(r Route, h http.Handler) {
	a.add(r)
	if !r.Hidden {
		a.huma.OpenAPI().AddOperation(a.rawOperation(r))
	}
	a.mux.Handle(r.Method+" "+r.Path, a.guarded(r, noBody, h))
}

// Routes are all routes in the order of their registration.
func (a *API) Routes() []Route { return a.routes }

func (a *API) add(r Route) {
	if strings.Contains(r.Path, "{id}") && r.Needs != perm.Public && r.Object == nil {
		panic(fmt.Sprintf("route %s has an {id} but no Object", r.ID)) // a mistake of ours, found by the first test that starts
	}
	a.routes = append(a.routes, r)
}

// adapter lets huma register its handlers behind our own order of answers.
type adapter struct{ a *API }

// Handle is called by huma.Register.
func (h adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	r := *h.a.registering
	body := noBody
	if op.RequestBody != nil && r.Takes == "" {
		if body = optionalBody; op.RequestBody.Required {
			body = requiredBody
		}
	}
	h.a.mux.Handle(r.Method+" "+r.Path, h.a.guarded(r, body, bounded(r, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		handler(newContext(op, req, w))
	}))))
}

// ServeHTTP is what huma asks of an adapter.
func (h adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.a.ServeHTTP(w, r) }
