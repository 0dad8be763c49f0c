package signinpolicy_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const fixture = `
insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version) values
	('o', 'o', 'O', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1), ('p', 'p', 'P', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1);
`

type world struct {
	*signinpolicy.Service
	db      *store.DB
	guard   *access.Guard
	bus     *events.Bus
	keys    *seal.Keyring
	log     *audit.Log
	changed []signinpolicy.Policy
}

func open(t *testing.T, db *store.DB) *world {
	t.Helper()
	keys, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{db: db, guard: access.New(db), bus: events.New(db, slog.New(slog.DiscardHandler)), keys: keys, log: audit.New(db, keys)}
	w.Service = signinpolicy.New(db, w.guard, w.log, w.bus, signinpolicy.Hooks{
		Changed: func(_ context.Context, _ *store.Tx, _ string, p signinpolicy.Policy) error {
			w.changed = append(w.changed, p)
			return nil
		},
	})
	err = db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(t.Context(), fixture); return err })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var ada = access.Actor{OrgID: "o", Kind: access.Technician, ID: "ada", Role: perm.Administrator, Address: "203.0.113.9", SessionID: "s", Authenticated: time.Now()}

func as(t *testing.T, a access.Actor) context.Context { return access.WithActor(t.Context(), a) }

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func TestChanges(t *testing.T) {
	office := prefixes("203.0.113.0/24")
	for name, tc := range map[string]struct {
		actor   access.Actor
		change  func(*signinpolicy.Policy)
		want    string
		pointer string
	}{
		"a longer password":           {ada, func(p *signinpolicy.Policy) { p.Password.MinLength = 16 }, "", ""},
		"a password of seven":         {ada, func(p *signinpolicy.Policy) { p.Password.MinLength = 7 }, "request.invalid", "/password/min_length"},
		"five classes":                {ada, func(p *signinpolicy.Policy) { p.Password.Classes = 5 }, "request.invalid", "/password/classes"},
		"a lock without end":          {ada, func(p *signinpolicy.Policy) { p.Lockout.Minutes = 5000 }, "request.invalid", "/lockout/minutes"},
		"a lock at the first failure": {ada, func(p *signinpolicy.Policy) { p.Lockout.Failures = 1 }, "request.invalid", "/lockout/failures"},
		"a factor of nobody in sight": {ada, func(p *signinpolicy.Policy) { p.MFA.Required = "some" }, "request.invalid", "/mfa/required"},
		"no sessions":                 {ada, func(p *signinpolicy.Policy) { p.Sessions.Concurrent = 0 }, "request.invalid", "/sessions/concurrent"},
		"one's own network":           {ada, func(p *signinpolicy.Policy) { p.Networks = office }, "", ""},
		"a network without oneself":   {ada, func(p *signinpolicy.Policy) { p.Networks = prefixes("198.51.100.0/24") }, "signin_policy.shuts_you_out", "/networks"},
		"one's role's network": {ada, func(p *signinpolicy.Policy) {
			p.RoleNetworks = map[perm.Role][]netip.Prefix{perm.Administrator: office}
		}, "", ""},
		"another role's network": {ada, func(p *signinpolicy.Policy) {
			p.RoleNetworks = map[perm.Role][]netip.Prefix{perm.ReadOnly: prefixes("10.0.0.0/8")}
		}, "", ""},
		"one's role's without oneself": {ada, func(p *signinpolicy.Policy) {
			p.RoleNetworks = map[perm.Role][]netip.Prefix{perm.Administrator: prefixes("10.0.0.0/8")}
		}, "signin_policy.shuts_you_out", "/role_networks/administrator"},
		"a role that is none":             {ada, func(p *signinpolicy.Policy) { p.RoleNetworks = map[perm.Role][]netip.Prefix{"god": office} }, "request.invalid", "/role_networks/god"},
		"more networks than anybody has":  {ada, func(p *signinpolicy.Policy) { p.Networks = make([]netip.Prefix, 201) }, "request.invalid", "/networks"},
		"by somebody without the right":   {access.Actor{OrgID: "o", ID: "tom", Role: perm.Manager}, func(*signinpolicy.Policy) {}, "access.denied", ""},
		"by an owner whose role is small": {access.Actor{OrgID: "o", ID: "olga", Role: perm.ReadOnly, Owner: true, Address: "203.0.113.9"}, func(p *signinpolicy.Policy) { p.Networks = office }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				w := open(t, db)
				p, err := w.Update(as(t, tc.actor), func(p signinpolicy.Policy) (signinpolicy.Policy, error) { tc.change(&p); return p, nil })
				if fault.CodeOf(err) != tc.want {
					t.Fatalf("%v, want %q", err, tc.want)
				}
				found, readErr := signinpolicy.Of(t.Context(), db.Read(), "o")
				if readErr != nil {
					t.Fatal(readErr)
				}
				if tc.want != "" {
					e, ok := errors.AsType[*fault.Error](err)
					if !ok || tc.pointer != "" && e.Fields[0].Pointer != tc.pointer {
						t.Errorf("%v points elsewhere than at %s", err, tc.pointer)
					}
					if found.Version != 0 {
						t.Error("it was stored all the same")
					}
					return
				}
				if found.Version != 1 || p.Version != 1 || len(w.changed) != 1 {
					t.Errorf("stored as version %d, returned as %d, told %d times", found.Version, p.Version, len(w.changed))
				}
				kept, err := w.Of(t.Context(), "o")
				if err != nil || kept.Version != 1 {
					t.Errorf("what holds now: %+v, %v", kept, err)
				}
				if other, err := w.Of(t.Context(), "p"); err != nil || other.Version != 0 {
					t.Errorf("the neighbour's: %+v, %v", other, err)
				}
				e, err := w.log.Find(t.Context(), "o", audit.Filter{Action: "signin_policy.update"}, 0, 10)
				if err != nil || len(e) != 1 || len(e[0].Before) != 1 || len(e[0].After) != 1 {
					t.Errorf("recorded: %+v, %v", e, err)
				}
				again, err := w.Update(as(t, tc.actor), func(p signinpolicy.Policy) (signinpolicy.Policy, error) { return p, nil })
				if err != nil || again.Version != 1 {
					t.Errorf("the same once more: version %d, %v", again.Version, err)
				}
			})
		})
	}
}

// What this process changes holds at once, and what another one changes within a second.
func TestAPolicyIsRememberedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.Open(t)
		here, there := open(t, db), (*world)(nil)
		there = &world{Service: signinpolicy.New(db, here.guard, here.log, here.bus, signinpolicy.Hooks{})}
		length := func(w *world) int {
			p, err := w.Of(t.Context(), "o")
			if err != nil {
				t.Fatal(err)
			}
			return p.Password.MinLength
		}
		length(here)
		length(there)
		if _, err := here.Update(as(t, ada), func(p signinpolicy.Policy) (signinpolicy.Policy, error) { p.Password.MinLength = 20; return p, nil }); err != nil {
			t.Fatal(err)
		}
		if length(here) != 20 {
			t.Error("a change does not hold at once")
		}
		time.Sleep(time.Second)
		if length(there) != 20 {
			t.Error("a change does not reach another process")
		}
	})
}

func TestOpeningTheNetworks(t *testing.T) {
	for name, tc := range map[string]struct {
		before signinpolicy.Policy
		role   perm.Role
		add    string
		want   [2]int // networks, and those of the role
		again  bool
	}{
		"nothing is in force":    {signinpolicy.Policy{}, perm.Administrator, "198.51.100.7/32", [2]int{0, 0}, false},
		"the organization's":     {signinpolicy.Policy{Networks: prefixes("203.0.113.0/24")}, perm.Administrator, "198.51.100.7/32", [2]int{2, 0}, true},
		"it is allowed already":  {signinpolicy.Policy{Networks: prefixes("203.0.113.0/24")}, perm.Administrator, "203.0.113.0/24", [2]int{1, 0}, false},
		"the role's":             {signinpolicy.Policy{RoleNetworks: map[perm.Role][]netip.Prefix{perm.Administrator: prefixes("203.0.113.0/24")}}, perm.Administrator, "198.51.100.7/32", [2]int{0, 2}, true},
		"another role's is left": {signinpolicy.Policy{RoleNetworks: map[perm.Role][]netip.Prefix{perm.Administrator: prefixes("203.0.113.0/24")}}, perm.Manager, "198.51.100.7/32", [2]int{0, 0}, false},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, db *store.DB) {
				w := open(t, db)
				if _, err := w.Update(as(t, ada), func(p signinpolicy.Policy) (signinpolicy.Policy, error) {
					p.Networks, p.RoleNetworks = tc.before.Networks, tc.before.RoleNetworks
					return p, nil
				}); err != nil {
					t.Fatal(err)
				}
				var changed bool
				err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
					changed, err = w.Open(as(t, access.System("o")), tx, "o", tc.role, netip.MustParsePrefix(tc.add))
					return err
				})
				p, readErr := w.Of(t.Context(), "o")
				if err != nil || readErr != nil || changed != tc.again || [2]int{len(p.Networks), len(p.RoleNetworks[tc.role])} != tc.want {
					t.Errorf("changed %v: %v and %v; %v, %v", changed, p.Networks, p.RoleNetworks, err, readErr)
				}
			})
		})
	}
}

type auth struct{ actor access.Actor }

func (a auth) Authenticate(*http.Request) (access.Actor, error) { return a.actor, nil }

func TestOverHTTP(t *testing.T) {
	w := open(t, storetest.Open(t))
	actor := ada
	actor.Authenticated = store.Now()
	do := func(method, body string, header ...string) (int, map[string]any) {
		t.Helper()
		api := httpapi.New(httpapi.Options{Log: slog.New(slog.DiscardHandler), Guard: w.guard, Auth: auth{actor}, DB: w.db, Keys: w.keys, Events: w.bus})
		w.Routes(api)
		r := httptest.NewRequest(method, "/api/settings/security", strings.NewReader(body))
		r.RemoteAddr = "203.0.113.9:4711"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, h := range header {
			name, v, _ := strings.Cut(h, ": ")
			r.Header.Set(name, v)
		}
		out := httptest.NewRecorder()
		api.ServeHTTP(out, r)
		var fields map[string]any
		if err := json.Unmarshal(out.Body.Bytes(), &fields); err != nil {
			t.Fatalf("%s: %v", out.Body, err)
		}
		return out.Code, fields
	}
	status, got := do("GET", "")
	if status != http.StatusOK || got["mfa"].(map[string]any)["required"] != "administrators" || got["address"] != "203.0.113.9" || len(got["networks"].([]any)) != 0 {
		t.Fatalf("%d: %v", status, got)
	}
	status, got = do("PATCH", `{"networks": ["203.0.113.9", "::ffff:203.0.113.0/120", "2001:db8::7/32"], "mfa": {"required": "all", "grace_days": 3}}`)
	list := got["networks"].([]any)
	if status != http.StatusOK || len(list) != 3 || list[0] != "203.0.113.9/32" || list[1] != "203.0.113.0/24" || list[2] != "2001:db8::/32" || got["version"] != 1.0 {
		t.Fatalf("%d: %v", status, got)
	}
	for body, want := range map[string]string{
		`{"networks": ["203.0.113.0/24", "office"]}`:                "/networks/1",
		`{"role_networks": {"administrator": ["10.0.0.0/8", "x"]}}`: "/role_networks/administrator/1",
		`{"networks": ["10.0.0.0/8"]}`:                              "/networks",
		`{"mfa": {"required": "most"}}`:                             "/mfa/required",
		`{"sessions": {"hours": 1000}}`:                             "/sessions/hours",
		`{"surprise": 1}`:                                           "/surprise",
	} {
		status, got := do("PATCH", body)
		faults, _ := got["errors"].([]any)
		if status != http.StatusUnprocessableEntity || len(faults) != 1 || faults[0].(map[string]any)["pointer"] != want {
			t.Errorf("%s: %d %v", body, status, got)
		}
	}
	if status, got := do("PATCH", `{"mfa": {"grace_days": 5}}`, `If-Match: "7"`); status != http.StatusPreconditionFailed {
		t.Errorf("a stale version: %d %v", status, got)
	}
	if status, got = do("PATCH", `{"mfa": {"grace_days": 5}, "networks": []}`, `If-Match: "1"`); status != http.StatusOK || got["mfa"].(map[string]any)["required"] != "all" {
		t.Errorf("a part: %d %v", status, got)
	}
	actor.Authenticated = store.Now().Add(-6 * time.Minute)
	if status, got = do("PATCH", `{"mfa": {"grace_days": 6}}`); status != http.StatusForbidden || got["code"] != "signin.fresh_required" {
		t.Errorf("without a fresh proof: %d %v", status, got)
	}
}
