package signin_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store/storetest"
)

// api serves the routes of sign-in and technicians the way the server does.
func (w *world) api(external string, proxies ...netip.Prefix) *httpapi.API {
	w.t.Helper()
	o := httpapi.Options{Log: slog.New(slog.DiscardHandler), Guard: w.guard, Auth: w.Service, DB: w.db, Keys: w.keyring, Events: w.bus, TrustedProxies: proxies}
	if external != "" {
		u, err := url.Parse(external)
		if err != nil {
			w.t.Fatal(err)
		}
		o.ExternalURL = u
	}
	api := httpapi.New(o)
	w.Routes(api)
	w.tokens.Routes(api)
	w.policies.Routes(api)
	w.factors.Routes(api)
	w.technicians.Routes(api)
	return api
}

// call is one request of a browser on the console's own pages.
type call struct {
	method, path, body string
	cookies            []*http.Cookie
	header             map[string]string // "" deletes
	address            string
}

func send(t *testing.T, api http.Handler, c call) *http.Response {
	t.Helper()
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	r.RemoteAddr = "192.0.2.10:4711"
	if c.address != "" {
		r.RemoteAddr = c.address + ":4711"
	}
	for name, v := range c.header {
		if v == "" {
			r.Header.Del(name)
		} else {
			r.Header.Set(name, v)
		}
	}
	for _, cookie := range c.cookies {
		r.AddCookie(cookie)
	}
	out := httptest.NewRecorder()
	api.ServeHTTP(out, r)
	return out.Result()
}

func read(t *testing.T, r *http.Response) (fields map[string]any) {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &fields); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
	}
	return fields
}

const signInBody = `{"email": "bob@example.com", "password": "` + rightOne + `"}`

func enter(t *testing.T, api http.Handler, body string) []*http.Cookie {
	t.Helper()
	r := send(t, api, call{method: "POST", path: "/api/session", body: body})
	if r.StatusCode != http.StatusOK {
		t.Fatalf("sign-in answers %d: %v", r.StatusCode, read(t, r))
	}
	return r.Cookies()
}

func TestSignInOverHTTP(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("")
	r := send(t, api, call{method: "POST", path: "/api/session", body: signInBody})
	body := read(t, r)
	if r.StatusCode != http.StatusOK || body["mfa_required"] != false || body["password_change_required"] != false ||
		body["technician"].(map[string]any)["email"] != "bob@example.com" {
		t.Fatalf("%d: %v", r.StatusCode, body)
	}
	cookies := r.Cookies()
	me := read(t, send(t, api, call{method: "GET", path: "/api/me", cookies: cookies}))
	if me["organization"].(map[string]any)["slug"] != "org-1" || me["session"] == nil || len(me["permissions"].([]any)) == 0 {
		t.Errorf("me is %v", me)
	}
	patched := read(t, send(t, api, call{method: "PATCH", path: "/api/me", cookies: cookies, body: `{"theme": "dark", "job_title": "Engineer"}`}))
	if tech := patched["technician"].(map[string]any); tech["theme"] != "dark" || tech["job_title"] != "Engineer" || tech["given_name"] != "Pat" {
		t.Errorf("the profile is now %v", patched)
	}
	for _, field := range []string{"platform_role", "status", "owner", "email", "customer_ids", "must_change"} {
		r := send(t, api, call{method: "PATCH", path: "/api/me", cookies: cookies, body: `{"` + field + `": "administrator"}`})
		if r.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s in a profile answers %d", field, r.StatusCode)
		}
	}
	token := read(t, send(t, api, call{method: "POST", path: "/api/tokens", cookies: cookies, body: `{"name": "script", "permissions": ["contact.view"]}`}))
	secret, _ := token["token"].(string)
	if !strings.HasPrefix(secret, "cs_") || !strings.HasPrefix(secret, token["prefix"].(string)) {
		t.Fatalf("the token is %v", token)
	}
	list := send(t, api, call{method: "GET", path: "/api/tokens", cookies: cookies})
	if b, _ := io.ReadAll(list.Body); strings.Contains(string(b), secret) || !strings.Contains(string(b), `"permissions":["contact.view"]`) {
		t.Errorf("the list of tokens is %s", b)
	}
	bearing := map[string]string{"Authorization": "Bearer " + secret, "Sec-Fetch-Site": ""}
	if me := read(t, send(t, api, call{method: "GET", path: "/api/me", header: bearing})); me["session"] != nil || len(me["permissions"].([]any)) != 1 {
		t.Errorf("behind the token, me is %v", me)
	}
	if r := send(t, api, call{method: "DELETE", path: "/api/session", header: bearing}); r.StatusCode != http.StatusNoContent || len(r.Cookies()) != 0 {
		t.Errorf("sign-out with a token answers %d", r.StatusCode)
	}
	if r := send(t, api, call{method: "DELETE", path: "/api/session", cookies: cookies}); r.StatusCode != http.StatusNoContent || r.Cookies()[0].MaxAge >= 0 {
		t.Errorf("sign-out answers %d", r.StatusCode)
	}
	if r := send(t, api, call{method: "GET", path: "/api/me", cookies: cookies}); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("after sign-out: %d", r.StatusCode)
	}
	if r := send(t, api, call{method: "DELETE", path: "/api/tokens/" + token["id"].(string), header: bearing}); r.StatusCode != http.StatusNoContent {
		t.Errorf("a token that deletes itself: %d", r.StatusCode)
	}
	if r := send(t, api, call{method: "GET", path: "/api/me", header: bearing}); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("after it was deleted: %d", r.StatusCode)
	}
}

func TestAttack04CookieTheft(t *testing.T) {
	for external, want := range map[string]string{"": "cs_session", "http://desk.example.com": "cs_session", "https://desk.example.com": "__Host-cs_session"} {
		w := newWorld(t, storetest.Open(t)).populate()
		api := w.api(external)
		cookies := enter(t, api, signInBody)
		if len(cookies) != 2 {
			t.Fatalf("%q: cookies %v", external, cookies)
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.Secure != strings.HasPrefix(c.Name, "__Host-") {
				t.Errorf("%q: cookie %s", external, c)
			}
		}
		session := cookies[0]
		if session.Name != want {
			t.Errorf("%q: the cookie is called %s", external, session.Name)
		}
		get := func(cookies ...*http.Cookie) int {
			return send(t, api, call{method: "GET", path: "/api/me", cookies: cookies}).StatusCode
		}
		other := &http.Cookie{Name: map[string]string{"cs_session": "__Host-cs_session", "__Host-cs_session": "cs_session"}[want], Value: session.Value}
		if get(session) != http.StatusOK || get(other) != http.StatusUnauthorized {
			t.Errorf("%q: with its own name %d, with the other one %d", external, get(session), get(other))
		}
		if get(session, &http.Cookie{Name: want, Value: strings.Repeat("A", 43)}) != http.StatusUnauthorized {
			t.Errorf("%q: of two cookies, one planted, one is believed", external)
		}
	}
}

func TestAttack05CrossSiteRequests(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("")
	cookies := enter(t, api, signInBody)
	before := w.count(`select count(*) from signin_session where ended_at is null`)
	for name, header := range map[string]map[string]string{
		"another site":              {"Sec-Fetch-Site": "cross-site"},
		"a sibling domain":          {"Sec-Fetch-Site": "same-site"},
		"an older browser":          {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
		"a sandboxed frame":         {"Sec-Fetch-Site": "", "Origin": "null"},
		"text/plain from elsewhere": {"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"},
		"a method override":         {"Sec-Fetch-Site": "cross-site", "X-HTTP-Method-Override": "GET"},
		"neither header":            {"Sec-Fetch-Site": ""},
	} {
		for _, c := range []call{
			{method: "POST", path: "/api/session", body: signInBody}, // signing the victim in as somebody else
			{method: "DELETE", path: "/api/session"},
			{method: "DELETE", path: "/api/sessions"},
			{method: "POST", path: "/api/tokens", body: `{"name": "x"}`},
			{method: "PUT", path: "/api/me/password", body: `{"current_password": "x", "new_password": "y"}`},
		} {
			c.header, c.cookies = header, cookies
			if r := send(t, api, c); r.StatusCode != http.StatusForbidden || len(r.Cookies()) != 0 {
				t.Errorf("%s: %s %s answers %d", name, c.method, c.path, r.StatusCode)
			}
		}
	}
	if w.count(`select count(*) from signin_session where ended_at is null`) != before || w.count(`select count(*) from apitoken`) != 0 {
		t.Error("something changed")
	}
}

func TestAttack06EveryRefusalLooksTheSame(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("")
	var first string
	for name, attempt := range w.refusals() {
		if len(attempt.Password) > 1024 {
			continue // 413, whatever the name
		}
		body, _ := json.Marshal(map[string]string{"email": attempt.Email, "password": attempt.Password, "organization": attempt.Organization})
		r := send(t, api, call{method: "POST", path: "/api/session", body: string(body), address: "203.0.113.7"})
		fields := read(t, r)
		delete(fields, "request_id")
		r.Header.Del("X-Request-Id")
		text, _ := json.Marshal([]any{r.StatusCode, fields, r.Header})
		if first == "" {
			first = string(text)
		}
		if string(text) != first || r.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s answers %s, others %s", name, text, first)
		}
	}
}

func TestAttack16OnlyThePasswordCanBeChanged(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("")
	w.exec(`update signin_account set must_change = true where technician_id = $1`, bob)
	r := send(t, api, call{method: "POST", path: "/api/session", body: signInBody})
	if body := read(t, r); body["password_change_required"] != true {
		t.Errorf("sign-in answers %v", body)
	}
	cookies := r.Cookies()
	for _, route := range api.Routes() {
		if strings.HasPrefix(route.Path, "/api/session") && route.Path != "/api/sessions" || strings.Contains(route.Path, "{") {
			continue
		}
		r := send(t, api, call{method: route.Method, path: route.Path, cookies: cookies, body: "{}"})
		if open := r.StatusCode != http.StatusForbidden; open != (slices.Contains(route.While, access.HoldPassword) || route.Needs == "") {
			t.Errorf("%s %s answers %d", route.Method, route.Path, r.StatusCode)
		}
	}
	r = send(t, api, call{method: "PUT", path: "/api/me/password", cookies: cookies, body: `{"current_password": "` + rightOne + `", "new_password": "quiet lantern orchard"}`})
	if r.StatusCode != http.StatusNoContent || len(r.Cookies()) == 0 {
		t.Fatalf("changing it answers %d", r.StatusCode)
	}
	if r := send(t, api, call{method: "GET", path: "/api/tokens", cookies: r.Cookies()}); r.StatusCode != http.StatusOK {
		t.Errorf("afterwards: %d", r.StatusCode)
	}
	if r := send(t, api, call{method: "GET", path: "/api/me", cookies: cookies}); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("with the session from before: %d", r.StatusCode)
	}
}

func TestAttack47ForgedAddress(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("", netip.MustParsePrefix("10.0.0.0/8"))
	guess := func(remote, forwarded string) {
		send(t, api, call{
			method: "POST", path: "/api/session", body: `{"email": "bob@example.com", "password": "` + wrongOne + `"}`, address: remote,
			header: map[string]string{"X-Forwarded-For": forwarded},
		})
	}
	networks := func() int { return w.count(`select count(*) from signin_failure where network <> '*'`) }
	for _, forged := range []string{"198.51.100.1", "203.0.113.1", "192.0.2.77, 10.0.0.1"} {
		guess("192.0.2.10", forged)
	}
	if networks() != 1 {
		t.Error("anybody may say where they come from")
	}
	for _, forged := range []string{"8.8.8.8, 198.51.100.1", "9.9.9.9, 198.51.100.1"} {
		guess("10.0.0.1", forged)
	}
	if networks() != 2 {
		t.Error("behind the proxy, what comes before its own entry counts")
	}
}

func TestAttack43NeighboursSeeNothing(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("")
	bobs := w.signIn("bob@example.com", homeAddress)
	made, _ := w.token(bobs, apitoken.New{Name: "script"})
	cookies := enter(t, api, `{"email": "eve@example.com", "password": "`+rightOne+`"}`)
	for _, path := range []string{"/api/sessions/" + bobs.Session.ID, "/api/tokens/" + made.ID} {
		if r := send(t, api, call{method: "DELETE", path: path, cookies: cookies}); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answers %d", path, r.StatusCode)
		}
	}
	for _, path := range []string{"/api/sessions", "/api/tokens"} {
		if list := read(t, send(t, api, call{method: "GET", path: path + "?technician_id=" + bob, cookies: cookies})); len(list["items"].([]any)) != 0 {
			t.Errorf("%s lists %v", path, list)
		}
	}
	if !w.with(bobs.Token).SignedIn() {
		t.Error("the neighbour ended the session")
	}
}

func TestSetUpOverHTTP(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	api := w.api("")
	if body := read(t, send(t, api, call{method: "GET", path: "/api/setup"})); body["needed"] != true {
		t.Errorf("%v", body)
	}
	body := func(token, password string) string {
		return `{"token": "` + token + `", "organization": "Northwind MSP", "region": "US", "name": "Ada Lovelace", "email": "ada@example.com", "password": "` + password + `"}`
	}
	token := w.OpenSetup()
	r := send(t, api, call{method: "POST", path: "/api/setup", body: body(token, "short")})
	if got := read(t, r); r.StatusCode != http.StatusUnprocessableEntity || got["code"] != "signin.password_short" {
		t.Errorf("a short password: %d %v", r.StatusCode, got)
	}
	r = send(t, api, call{method: "POST", path: "/api/setup", body: body(token, rightOne)})
	if got := read(t, r); r.StatusCode != http.StatusCreated || got["technician"].(map[string]any)["owner"] != true {
		t.Fatalf("%d: %v", r.StatusCode, got)
	}
	if body := read(t, send(t, api, call{method: "GET", path: "/api/setup", cookies: r.Cookies()})); body["needed"] != false {
		t.Errorf("%v", body)
	}
	if r := send(t, api, call{method: "POST", path: "/api/setup", body: body(token, rightOne)}); r.StatusCode != http.StatusConflict {
		t.Errorf("again: %d", r.StatusCode)
	}
}
