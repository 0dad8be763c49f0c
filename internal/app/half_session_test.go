package app_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/id"
)

// browser is somebody's browser on the console's own pages.
type browser struct {
	caller

	cookies string
}

func (b *browser) send(method, path, body string) (status int, code string, fields map[string]any) {
	b.t.Helper()
	w := b.do(method, path, body, "Cookie: "+b.cookies, "Sec-Fetch-Site: same-origin")
	_ = json.Unmarshal(w.Body.Bytes(), &fields) // pages and streams are no objects
	code, _ = fields["code"].(string)
	if c := w.Result().Cookies(); len(c) > 0 {
		b.cookies = ""
		for _, c := range c {
			b.cookies += c.Name + "=" + c.Value + "; "
		}
		b.cookies = strings.TrimSuffix(b.cookies, "; ")
	}
	return w.Code, code, fields
}

func (b *browser) must(method, path, body string) map[string]any {
	b.t.Helper()
	status, _, fields := b.send(method, path, body)
	if status >= 300 {
		b.t.Fatalf("%s %s: %d %v", method, path, status, fields)
	}
	return fields
}

// eachGuarded calls fn for every route that needs a sign-in.
func eachGuarded(t *testing.T, a *app.App, fn func(t *testing.T, while []access.Hold, method, path string)) {
	t.Helper()
	n := 0
	for _, r := range a.API().Routes() {
		if r.Needs == perm.Public {
			continue
		}
		n++
		fn(t, r.While, r.Method, strings.NewReplacer("{id}", id.New(), "{key}", "key", "{seq}", "1", "{number}", "1").Replace(r.Path))
	}
	if n < 60 {
		t.Errorf("only %d routes were tried", n)
	}
}

// Attack 16: whoever has the password alone gets nowhere; and whoever has to do something first gets there alone.
func TestAttack16HeldSessionsReachNoOtherRoute(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	b := &browser{caller: caller{t: t, app: a}}
	signIn := `{"email": "olga@harbor.example.com", "password": "` + password + `"}`
	b.must("POST", "/api/session", signIn)

	t.Run("a second factor has to be set up", func(t *testing.T) {
		b.must("PATCH", "/api/settings/security", `{"mfa": {"required": "all", "grace_days": 0}}`)
		if got := b.must("POST", "/api/session", signIn); got["enrolment_required"] != true {
			t.Fatalf("sign-in answers %v", got)
		}
		eachGuarded(t, a, func(t *testing.T, while []access.Hold, method, path string) {
			if slices.Contains(while, access.HoldEnrolment) {
				return
			}
			if status, code, _ := b.send(method, path, "{}"); status != http.StatusForbidden || code != "signin.enrolment_required" {
				t.Errorf("%s %s answers %d %s", method, path, status, code)
			}
		})
		setup := b.must("POST", "/api/me/factors/totp", "{}")
		code, err := totp.GenerateCode(setup["secret"].(string), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		b.must("POST", "/api/me/factors/totp/confirm", `{"code": "`+code+`"}`)
		if me := b.must("GET", "/api/me", ""); me["hold"] != "" {
			t.Errorf("once it is set up, me is %v", me)
		}
	})
	t.Run("a second factor is missing", func(t *testing.T) {
		if got := b.must("POST", "/api/session", signIn); got["mfa_required"] != true {
			t.Fatalf("sign-in answers %v", got)
		}
		eachGuarded(t, a, func(t *testing.T, _ []access.Hold, method, path string) {
			if status, code, _ := b.send(method, path, "{}"); status != http.StatusUnauthorized || code != "signin.factor_required" {
				t.Errorf("%s %s answers %d %s", method, path, status, code)
			}
		})
		// It is nobody on public routes as well: none of them tells or does what a stranger could not have.
		if status, _, _ := b.send("PATCH", "/api/session", "{}"); status != http.StatusMethodNotAllowed {
			t.Errorf("a method that the sign-in does not take: %d", status)
		}
		if status, code, _ := b.send("PUT", "/api/contacts", "{}"); status != http.StatusUnauthorized || code != "signin.required" {
			t.Errorf("a method that contacts do not take: %d %s", status, code)
		}
		// The token of the same person goes on: making it took a whole sign-in.
		if w := boss.do("GET", "/api/me", ""); w.Code != http.StatusOK {
			t.Errorf("an API token: %d", w.Code)
		}
	})
	t.Run("a temporary password has to be replaced", func(t *testing.T) {
		boss.make("/api/technicians", `{"given_name": "Tess", "email": "tess@harbor.example.com", "password": "violet otter parade"}`)
		tess := &browser{caller: caller{t: t, app: a}}
		if got := tess.must("POST", "/api/session", `{"email": "tess@harbor.example.com", "password": "violet otter parade"}`); got["password_change_required"] != true {
			t.Fatalf("sign-in answers %v", got)
		}
		eachGuarded(t, a, func(t *testing.T, while []access.Hold, method, path string) {
			if slices.Contains(while, access.HoldPassword) {
				return
			}
			if status, code, _ := tess.send(method, path, "{}"); status != http.StatusForbidden || code != "signin.password_change_required" {
				t.Errorf("%s %s answers %d %s", method, path, status, code)
			}
		})
	})
}

// What takes a fresh proof says so to a session, which the console then asks for, and nothing else of it happens.
func TestAttack16AStaleSessionDoesNothingFresh(t *testing.T) {
	a := start(t)
	owner(t, a, "Harbor IT", "olga@harbor.example.com")
	b := &browser{caller: caller{t: t, app: a}}
	b.must("POST", "/api/session", `{"email": "olga@harbor.example.com", "password": "`+password+`"}`)
	if err := a.Age(t.Context(), 6*time.Minute); err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, r := range a.API().Routes() {
		if !r.Fresh || strings.Contains(r.Path, "{") {
			continue
		}
		tried++
		if status, code, _ := b.send(r.Method, r.Path, "{}"); status != http.StatusForbidden || code != "signin.fresh_required" {
			t.Errorf("%s %s answers %d %s", r.Method, r.Path, status, code)
		}
	}
	if tried < 4 {
		t.Errorf("only %d routes were tried", tried)
	}
	b.must("POST", "/api/session/reauthenticate", `{"password": "`+password+`"}`)
	b.must("POST", "/api/tokens", `{"name": "script"}`)
}
