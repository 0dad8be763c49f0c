package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const (
	org     = "019a0000-0000-7000-8000-00000000000a"
	thing   = "019a0000-0000-7000-8000-000000000001"
	unknown = "019a0000-0000-7000-8000-000000000002"
)

// people answers "Bearer admin", "Bearer reader" and the cookie "s=admin".
type people struct{}

func (people) Authenticate(r *http.Request) (access.Actor, error) {
	a := access.Actor{OrgID: org, Kind: access.Technician, ID: "t1", Role: perm.Administrator}
	if c, err := r.Cookie("s"); err == nil && c.Value == "admin" {
		a.SessionID = "session"
		return a, nil
	}
	a.TokenID = "token"
	switch r.Header.Get("Authorization") {
	case "Bearer admin":
	case "Bearer reader":
		a.Role = perm.ReadOnly
	case "Bearer new":
		a.Hold = access.HoldPassword
	default:
		return access.Actor{}, nil
	}
	return a, nil
}

// unlimited answers as another person each time, so that no limit is met.
type unlimited struct{}

func (unlimited) Authenticate(*http.Request) (access.Actor, error) {
	return access.Actor{OrgID: org, Kind: access.Technician, ID: "t1", Role: perm.Administrator, TokenID: id.Secret()[:2]}, nil
}

type phone struct {
	Number string `json:"number" maxLength:"20"`
}

type fields struct {
	Name   string            `json:"name" minLength:"2" maxLength:"20"`
	Count  int               `json:"count,omitempty" minimum:"0"`
	Labels map[string]string `json:"labels,omitempty"`
	Phones []phone           `json:"phones,omitempty"`
}

type object struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Tags  []string `json:"tags"`
	Inner struct {
		List []string `json:"list"`
	} `json:"inner"`
}

type pathID struct {
	ID string `path:"id"`
}

type server struct {
	*httpapi.API
	t       testing.TB
	db      *store.DB
	created int
	fail    error
	wait    chan struct{}
}

func start(t testing.TB, change ...func(*httpapi.Options)) *server {
	t.Helper()
	db := storetest.Open(t)
	keys, err := seal.New([]byte("01234567890123456789012345678901"))
	if err != nil {
		t.Fatal(err)
	}
	o := httpapi.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Guard: access.New(db), Auth: people{}, DB: db, Keys: keys, Version: "test"}
	for _, c := range change {
		c(&o)
	}
	s := &server{API: httpapi.New(o), t: t, db: db}
	s.register()
	return s
}

func (s *server) register() {
	find := func(_ context.Context, key string) (access.Object, error) {
		if key != thing {
			return access.Object{}, fault.New(fault.NotFound, "thing.not_found", "There is no such thing.")
		}
		return access.Object{Type: "thing", ID: key}, nil
	}
	httpapi.Handle(s.API, httpapi.Route{ID: "list-things", Method: "GET", Path: "/api/things", Needs: perm.ContactView},
		func(_ context.Context, in *struct {
			httpapi.Paging
			Q string `query:"q" maxLength:"10"`
		},
		) (*httpapi.Page[object], error) {
			if in.Limit != 50 && in.Limit != 200 {
				return nil, fmt.Errorf("limit %d", in.Limit)
			}
			return httpapi.NewPage[object](nil, ""), nil
		})
	httpapi.Handle(s.API, httpapi.Route{ID: "create-thing", Method: "POST", Path: "/api/things", Needs: perm.ContactEdit, Creates: true, MaxBody: 4000},
		func(ctx context.Context, in *struct{ Body fields }) (*httpapi.Created[object], error) {
			if s.fail != nil {
				return nil, s.fail
			}
			if s.wait != nil {
				<-s.wait
			}
			err := s.db.Write(ctx, func(*store.Tx) error { s.created++; return nil })
			return &httpapi.Created[object]{Location: "/api/things/" + thing, ETag: httpapi.ETag(1), Body: object{ID: thing, Name: fmt.Sprint(in.Body.Name, s.created)}}, err
		})
	httpapi.Handle(s.API, httpapi.Route{ID: "edit-thing", Method: "PATCH", Path: "/api/things/{id}", Needs: perm.ContactEdit, Object: find},
		func(_ context.Context, in *struct {
			ID      string `path:"id"`
			IfMatch string `header:"If-Match"`
			Body    httpapi.Patch[fields]
		},
		) (*httpapi.One[object], error) {
			if err := httpapi.IfMatch(in.IfMatch, 3); err != nil {
				return nil, err
			}
			f, err := httpapi.Merge(fields{Name: "before", Count: 7, Phones: []phone{{"1"}}, Labels: map[string]string{"floor": "3", "badge": "9"}}, in.Body.RawMessage)
			return &httpapi.One[object]{ETag: httpapi.ETag(4), Body: object{ID: in.ID, Name: fmt.Sprintf("%s%d%d%v", f.Name, f.Count, len(f.Phones), slices.Sorted(maps.Keys(f.Labels)))}}, err
		})
	httpapi.Handle(s.API, httpapi.Route{ID: "delete-thing", Method: "DELETE", Path: "/api/things/{id}", Needs: perm.ContactEdit, Object: find},
		func(context.Context, *pathID) (*struct{}, error) { return nil, s.fail })
	httpapi.Handle(s.API, httpapi.Route{ID: "suspend-thing", Method: "POST", Path: "/api/things/{id}/suspend", Needs: perm.ContactEdit, Object: find},
		func(_ context.Context, in *struct {
			ID   string `path:"id"`
			Body *struct {
				Reason string `json:"reason,omitempty" maxLength:"10"`
			}
		},
		) (*struct{}, error) {
			return nil, nil
		})
	httpapi.Handle(s.API, httpapi.Route{ID: "change-password", Method: "PUT", Path: "/api/password", Needs: perm.SignedIn, While: []access.Hold{access.HoldPassword}},
		func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	httpapi.Handle(s.API, httpapi.Route{ID: "sign-in", Method: "POST", Path: "/api/session", Needs: perm.Public},
		func(ctx context.Context, _ *struct {
			Body struct {
				Password string `json:"password" minLength:"5"`
			}
		},
		) (*httpapi.One[object], error) {
			return &httpapi.One[object]{Body: object{Name: access.ActorFrom(ctx).Address}}, nil
		})
	s.Raw(httpapi.Route{ID: "panic", Method: "GET", Path: "/api/panic", Needs: perm.SignedIn}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret") }))
	s.Raw(httpapi.Route{ID: "hook", Method: "POST", Path: "/hooks/x", Needs: perm.Public, CrossSite: true}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Raw(httpapi.Route{ID: "console", Method: "GET", Path: "/{path...}", Needs: perm.Public, Hidden: true}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("console")) }))
}

// do makes a request; headers are given as "Name: value".
func (s *server) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const (
	admin  = "Authorization: Bearer admin"
	reader = "Authorization: Bearer reader"
	cookie = "Cookie: s=admin"
)

func TestAnswersComeInOrder(t *testing.T) {
	s := start(t)
	path := "/api/things/" + thing
	for name, tc := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		"nobody, bad everything":        {"PATCH", "/api/things/x", "{", nil, 401, "signin.required"},
		"a bad token":                   {"GET", "/api/things", "", []string{"Authorization: Bearer no"}, 401, "signin.required"},
		"no permission before the id":   {"PATCH", "/api/things/" + unknown, "{", []string{reader}, 403, "access.denied"},
		"the id before the body":        {"PATCH", "/api/things/" + unknown, "{", []string{admin}, 404, "thing.not_found"},
		"an id that is none":            {"PATCH", "/api/things/1", "{", []string{admin}, 404, "access.not_found"},
		"then the body":                 {"PATCH", path, "{", []string{admin}, 422, "request.not_json"},
		"an unknown field":              {"PATCH", path, `{"role":"x"}`, []string{admin}, 422, "request.invalid"},
		"the name in other letters":     {"POST", "/api/things", `{"name":"ok","Name":"x"}`, []string{admin}, 422, "request.invalid"},
		"a field twice":                 {"POST", "/api/things", `{"name":"ok","name":"x"}`, []string{admin}, 422, "request.invalid"},
		"a NUL":                         {"POST", "/api/things", `{"name":"o\u0000k"}`, []string{admin}, 422, "request.invalid"},
		"a NUL in the query":            {"GET", "/api/things?q=%00", "", []string{admin}, 422, "request.invalid"},
		"not Unicode":                   {"GET", "/api/things?q=%ff", "", []string{admin}, 422, "request.invalid"},
		"two values":                    {"POST", "/api/things", `{"name":"ok"} {}`, []string{admin}, 422, "request.not_json"},
		"no body":                       {"POST", "/api/things", "", []string{admin}, 422, "request.body_missing"},
		"a large body":                  {"POST", "/api/things", `{"name":"` + strings.Repeat("x", 4000) + `"}`, []string{admin}, 413, "request.too_large"},
		"a deep body":                   {"POST", "/api/things", strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40), []string{admin}, 422, "request.invalid"},
		"another media type":            {"POST", "/api/things", `{"name":"ok"}`, []string{admin, "Content-Type: text/plain"}, 415, "request.media_type"},
		"a limit too high":              {"GET", "/api/things?limit=201", "", []string{admin}, 422, "request.invalid"},
		"a limit that is none":          {"GET", "/api/things?limit=x", "", []string{admin}, 422, "request.invalid"},
		"the highest limit":             {"GET", "/api/things?limit=200", "", []string{admin}, 200, ""},
		"the usual limit":               {"GET", "/api/things", "", []string{reader}, 200, ""},
		"another method":                {"PUT", "/api/things", "", []string{admin}, 405, "request.method_not_allowed"},
		"another method, nobody":        {"PUT", "/api/things", "", nil, 401, "signin.required"},
		"another method, public":        {"PUT", "/api/session", "", nil, 405, "request.method_not_allowed"},
		"an unknown path":               {"GET", "/api/nothing", "", nil, 404, "request.not_found"},
		"any method on an unknown path": {"BREW", "/webhooks/nothing", "", nil, 404, "request.not_found"},
		"a path that needs cleaning":    {"GET", "/api//things", "", []string{admin}, 404, "request.not_found"},
		"a path with a trailing slash":  {"GET", "/api/things/", "", []string{admin}, 404, "request.not_found"},
		"the API itself":                {"GET", "/api", "", nil, 404, "request.not_found"},
		"hooks":                         {"POST", "/hooks", "", nil, 404, "request.not_found"},
		"a long address":                {"GET", "/api/things?q=" + strings.Repeat("x", 9000), "", []string{admin}, 414, "request.address_too_long"},
		"a panic":                       {"GET", "/api/panic", "", []string{admin}, 500, "internal"},
		"a temporary password":          {"GET", "/api/things", "", []string{"Authorization: Bearer new"}, 403, "signin.password_change_required"},
		"changing a temporary password": {"PUT", "/api/password", "", []string{"Authorization: Bearer new"}, 204, ""},
		"a stale version":               {"PATCH", path, `{"name":"ok"}`, []string{admin, `If-Match: "2"`}, 412, "request.stale"},
		"the current version":           {"PATCH", path, `{"name":"ok"}`, []string{admin, `If-Match: "3"`}, 200, ""},
		"a version that is none":        {"PATCH", path, `{"name":"ok"}`, []string{admin, `If-Match: 3`}, 422, "request.if_match_invalid"},
		"an optional body left out":     {"POST", path + "/suspend", "", []string{admin}, 204, ""},
		"an optional body":              {"POST", path + "/suspend", `{"reason":"away"}`, []string{admin}, 204, ""},
		"an optional body that is bad":  {"POST", path + "/suspend", `{"reasons":"away"}`, []string{admin}, 422, "request.invalid"},
		"deleting":                      {"DELETE", path, "", []string{admin}, 204, ""},
		"a page of the console":         {"GET", "/contacts", "", nil, 200, ""},
		"posting to the console":        {"POST", "/contacts", "", nil, 405, "request.method_not_allowed"},
		"the document":                  {"GET", "/api/openapi.json", "", nil, 200, ""},
		"the page about the API":        {"GET", "/api/docs", "", nil, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.do(tc.method, tc.path, tc.body, tc.headers...)
			var p httpapi.Problem
			if w.Code >= 400 {
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
					t.Fatalf("%v in %s", err, w.Body)
				}
				if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" || p.Status != w.Code || p.RequestID == "" || p.Type == "" || p.Detail == "" {
					t.Errorf("%s %+v", ct, p)
				}
			}
			if w.Code != tc.status || p.Code != tc.code {
				t.Errorf("got %d %s, want %d %q", w.Code, w.Body, tc.status, tc.code)
			}
		})
	}
}

func TestProblemsPointAtFieldsAndQuoteNothing(t *testing.T) {
	s := start(t)
	for body, want := range map[string]string{
		`{}`:                             `[{"pointer":"/name","message":"Required."}]`,
		`{"name":"x"}`:                   `[{"pointer":"/name","message":"Expected length >= 2."}]`,
		`{"name":7}`:                     `[{"pointer":"/name","message":"Expected string."}]`,
		`{"name":"ok","hunter2":1}`:      `[{"pointer":"/hunter2","message":"There is no such field."}]`,
		`{"name":"ok","phones":[{}]}`:    `[{"pointer":"/phones/0/number","message":"Required."}]`,
		`{"name":"ok","count":1.5}`:      `[{"pointer":"/count","message":"Expected integer."}]`,
		`{"name":"ok","count":1e30}`:     `[{"pointer":"","message":"Not acceptable."}]`,
		`["secret-value"]`:               `[{"pointer":"","message":"Expected object."}]`,
		`{"name":"ok","a~/b":{"a":"v"}}`: `[{"pointer":"/a~/b","message":"There is no such field."}]`,
	} {
		w := s.do("POST", "/api/things", body, admin)
		var p struct{ Errors json.RawMessage }
		_ = json.Unmarshal(w.Body.Bytes(), &p)
		if w.Code != 422 || string(p.Errors) != want {
			t.Errorf("%s: got %d %s\nwant %s", body, w.Code, w.Body, want)
		}
	}
	if w := s.do("POST", "/api/session", `{"password":"hunt"}`); strings.Contains(w.Body.String(), "hunt") {
		t.Error(w.Body)
	}
}

func TestInnerErrorsStayInside(t *testing.T) {
	s := start(t)
	s.fail = errors.New("dsn=secret")
	w := s.do("DELETE", "/api/things/"+thing, "", admin)
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") {
		t.Error(w.Code, w.Body)
	}
	s.fail = fault.New(fault.Unavailable, "x.busy", "Busy.").After(3 * time.Second)
	if w := s.do("DELETE", "/api/things/"+thing, "", admin); w.Code != 503 || w.Header().Get("Retry-After") != "3" {
		t.Error(w.Code, w.Header())
	}
}

func TestNoListIsNull(t *testing.T) {
	s := start(t)
	if got := strings.TrimSpace(s.do("GET", "/api/things", "", admin).Body.String()); got != `{"items":[]}` {
		t.Error(got)
	}
	if got := s.do("POST", "/api/things", `{"name":"ok"}`, admin).Body.String(); !strings.Contains(got, `"tags":[],"inner":{"list":[]}`) {
		t.Error(got)
	}
	b, err := s.Document()
	if err != nil || regexp.MustCompile(`"array",\s*"null"`).Match(b) || strings.Contains(string(b), "$schema") {
		t.Error(err, string(b))
	}
}

func TestMergePatch(t *testing.T) {
	s := start(t)
	for body, want := range map[string]string{
		`{}`:                        "before71[badge floor]",
		`{"name":"after"}`:          "after71[badge floor]",
		`{"count":null}`:            "before01[badge floor]",
		`{"phones":null}`:           "before70[badge floor]",
		`{"phones":[]}`:             "before70[badge floor]",
		`{"labels":{"badge":null}}`: "before71[floor]",
		`{"labels":{"room":"2"}}`:   "before71[badge floor room]",
		`{"labels":{"room":2}}`:     "422",
		`{"labels":null}`:           "before71[]",
		`{"name":null}`:             "422",
		`{"phones":[{"number":1}]}`: "422",
		`[]`:                        "422",
		`"x"`:                       "422",
	} {
		w := s.do("PATCH", "/api/things/"+thing, body, admin, "Content-Type: application/merge-patch+json")
		var o object
		_ = json.Unmarshal(w.Body.Bytes(), &o)
		if w.Code == 422 {
			o.Name = "422"
		}
		if o.Name != want {
			t.Errorf("%s: got %d %s, want %s", body, w.Code, w.Body, want)
		}
	}
}

func TestAttack5CrossSiteRequestForgery(t *testing.T) {
	s := start(t)
	form := "Content-Type: application/x-www-form-urlencoded"
	for name, tc := range map[string]struct {
		headers []string
		want    int
	}{
		"the console itself":                 {[]string{cookie, "Sec-Fetch-Site: same-origin"}, 201},
		"an older browser":                   {[]string{cookie, "Origin: http://example.com"}, 201},
		"another site":                       {[]string{cookie, "Sec-Fetch-Site: cross-site"}, 403},
		"a sibling domain":                   {[]string{cookie, "Sec-Fetch-Site: same-site"}, 403},
		"another origin":                     {[]string{cookie, "Origin: https://evil.example"}, 403},
		"an opaque origin":                   {[]string{cookie, "Origin: null"}, 403},
		"a browser that does not say":        {[]string{cookie}, 403},
		"a form of another site":             {[]string{cookie, "Sec-Fetch-Site: cross-site", form}, 403},
		"a form of our own":                  {[]string{cookie, "Sec-Fetch-Site: same-origin", form}, 415},
		"text/plain that is JSON":            {[]string{cookie, "Sec-Fetch-Site: same-origin", "Content-Type: text/plain"}, 415},
		"an overridden method":               {[]string{cookie, "Sec-Fetch-Site: cross-site", "X-HTTP-Method-Override: GET"}, 403},
		"a program with a token":             {[]string{admin}, 201},
		"a token beats a cookie's rules":     {[]string{admin, "Sec-Fetch-Site: cross-site"}, 201},
		"a cookie beside a token that fails": {[]string{cookie, "Authorization: Bearer no"}, 403},
	} {
		before := s.created
		w := s.do("POST", "/api/things", `{"name":"ok"}`, tc.headers...)
		if w.Code != tc.want || (s.created > before) != (tc.want == 201) {
			t.Errorf("%s: got %d %s, want %d", name, w.Code, w.Body, tc.want)
		}
	}
	if w := s.do("POST", "/api/session", `{"password":"12345"}`, "Sec-Fetch-Site: cross-site"); w.Code != 403 {
		t.Error("sign-in from another site", w.Code)
	}
	if w := s.do("POST", "/hooks/x", `{}`, "Sec-Fetch-Site: cross-site"); w.Code != 200 {
		t.Error("a webhook", w.Code)
	}
}

func TestAttack47ForgedForwardedFor(t *testing.T) {
	proxies := func(o *httpapi.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("10.0.0.0/8")}
	}
	ask := func(s *server, headers ...string) string {
		var o object
		_ = json.Unmarshal(s.do("POST", "/api/session", `{"password":"12345"}`, headers...).Body.Bytes(), &o)
		return o.Name
	}
	const peer = "192.0.2.1" // of httptest
	if got := ask(start(t), "X-Forwarded-For: 203.0.113.9"); got != peer {
		t.Errorf("without a trusted proxy: %s", got)
	}
	s := start(t, proxies)
	for header, want := range map[string]string{
		"203.0.113.9":           "203.0.113.9",
		"1.2.3.4, 203.0.113.9":  "203.0.113.9",
		"203.0.113.9, 10.0.0.7": "203.0.113.9",
		"1.2.3.4, nonsense":     peer,
		"":                      peer,
		"::ffff:203.0.113.9":    "203.0.113.9",
		"10.0.0.1, 10.0.0.2":    "10.0.0.1",
	} {
		if got := ask(s, "X-Forwarded-For: "+header); got != want {
			t.Errorf("%q: got %s, want %s", header, got, want)
		}
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := start(t)
	post := func(body, key string) *httptest.ResponseRecorder {
		return s.do("POST", "/api/things", body, admin, "Idempotency-Key: "+key)
	}
	first, again := post(`{"name":"one"}`, "k1"), post(`{"name":"one"}`, "k1")
	if first.Code != 201 || again.Code != 201 || first.Body.String() != again.Body.String() || s.created != 1 ||
		again.Header().Get("Location") != first.Header().Get("Location") || again.Header().Get("ETag") != `"1"` {
		t.Errorf("%d %s %d %s created %d", first.Code, first.Body, again.Code, again.Body, s.created)
	}
	if w := post(`{"name":"two"}`, "k1"); w.Code != 422 || s.created != 1 {
		t.Error("another body", w.Code, w.Body)
	}
	if w := post(`{"name":"one"}`, "k2"); w.Code != 201 || s.created != 2 {
		t.Error("another key", w.Code, w.Body)
	}
	if w := post(`{"name":"one"}`, "k 3"); w.Code != 422 {
		t.Error("a bad key", w.Code)
	}
	s.fail = fault.New(fault.Conflict, "x.no", "No.")
	if w := post(`{"name":"one"}`, "k4"); w.Code != 409 {
		t.Error(w.Code)
	}
	s.fail = nil
	if w := post(`{"name":"one"}`, "k4"); w.Code != 201 {
		t.Error("what failed may be tried again", w.Code, w.Body)
	}
	var n int
	if err := s.db.Read().QueryRowContext(t.Context(), `select count(*) from store_idempotency where answer like '%one%'`).Scan(&n); err != nil || n != 0 {
		t.Error("answers are kept in the clear", n, err)
	}
}

// The answer that shows a secret once is repeated only to the credential that got it: another token of the same person may hold less.
func TestAttack46AKeptSecretIsForItsOwnCredential(t *testing.T) {
	s := start(t, func(o *httpapi.Options) { o.Auth = twoTokens{} })
	httpapi.Handle(s.API, httpapi.Route{ID: "create-secret", Method: "POST", Path: "/api/secrets", Needs: perm.ContactEdit, Creates: true, Secret: true},
		func(ctx context.Context, _ *struct{ Body fields }) (*httpapi.Created[object], error) {
			err := s.db.Write(ctx, func(*store.Tx) error { return nil })
			return &httpapi.Created[object]{Location: "/api/secrets/" + thing, Body: object{ID: thing, Name: "the secret"}}, err
		})
	post := func(token, path string) *httptest.ResponseRecorder {
		return s.do("POST", path, `{"name":"one"}`, "Authorization: Bearer "+token, "Idempotency-Key: k"+path)
	}
	if w := post("first", "/api/secrets"); w.Code != 201 {
		t.Fatal(w.Code, w.Body)
	}
	if w := post("first", "/api/secrets"); w.Code != 201 || !strings.Contains(w.Body.String(), "the secret") {
		t.Error("the same token", w.Code, w.Body)
	}
	if w := post("second", "/api/secrets"); w.Code != 422 || strings.Contains(w.Body.String(), "the secret") {
		t.Error("another token", w.Code, w.Body)
	}
	if first, second := post("first", "/api/things"), post("second", "/api/things"); second.Code != 201 || first.Body.String() != second.Body.String() {
		t.Error("what is no secret is the person's", second.Code, second.Body)
	}
}

// twoTokens signs everybody in as one person with the token that they name.
type twoTokens struct{}

func (twoTokens) Authenticate(r *http.Request) (access.Actor, error) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	return access.Actor{OrgID: "o", Kind: access.Token, ID: "t", Role: perm.Administrator, TokenID: token}, nil
}

func TestTheSameKeyAtTheSameTimeCreatesOnce(t *testing.T) {
	s := start(t)
	s.wait = make(chan struct{})
	codes := make(chan int, 8)
	for range 8 {
		go func() {
			codes <- s.do("POST", "/api/things", `{"name":"one"}`, admin, "Idempotency-Key: k").Code
		}()
	}
	time.Sleep(50 * time.Millisecond) // let all of them get past the first look
	close(s.wait)
	for range 8 {
		if code := <-codes; code != 201 && code != 409 {
			t.Error(code)
		}
	}
	if s.created != 1 {
		t.Errorf("created %d times", s.created)
	}
}

func TestALostAnswerIsAConflict(t *testing.T) {
	s := start(t)
	if w := s.do("POST", "/api/things", `{"name":"one"}`, admin, "Idempotency-Key: k"); w.Code != 201 {
		t.Fatal(w.Code)
	}
	wipe := func(at time.Time) {
		err := s.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update store_idempotency set answer = null, created_at = $1`, store.Time(at))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[time.Time]string{store.Now(): "request.idempotency_in_progress", store.Now().Add(-time.Hour): "request.idempotency_answer_lost"} {
		wipe(at)
		if w := s.do("POST", "/api/things", `{"name":"one"}`, admin, "Idempotency-Key: k"); w.Code != 409 || !strings.Contains(w.Body.String(), want) {
			t.Error(w.Code, w.Body)
		}
	}
	wipe(store.Now().Add(-25 * time.Hour))
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w := s.do("POST", "/api/things", `{"name":"one"}`, admin, "Idempotency-Key: k"); w.Code != 201 || s.created != 2 {
		t.Error("after a day the key is free", w.Code)
	}
}

func TestLimits(t *testing.T) {
	s := start(t)
	limited := 0
	for range 2000 {
		if w := s.do("GET", "/api/things", "", reader); w.Code == 429 {
			limited++
			if w.Header().Get("Retry-After") == "" {
				t.Fatal("no Retry-After")
			}
		}
	}
	if limited == 0 {
		t.Error("a token may do as it likes")
	}
	if !id.Valid(s.do("GET", "/api/things", "").Header().Get("X-Request-Id")) {
		t.Error("no request id")
	}
}
