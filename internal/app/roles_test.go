package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/httpapi"
)

// colleague makes a technician of the caller's organization and returns them with a token of their own.
func colleague(c caller, role perm.Role, email string) caller {
	c.t.Helper()
	c.make("/api/technicians", fmt.Sprintf(`{"given_name":"Carl","email":%q,"platform_role":%q,"password":%q}`, email, role, password))
	token, err := c.app.TokenFor(c.t.Context(), email)
	if err != nil {
		c.t.Fatal(err)
	}
	return caller{c.t, c.app, token, email}
}

// Whoever is assigned to no customer sees nothing of any, whatever their role may do elsewhere.
func TestATechnicianWithoutCustomersReachesNone(t *testing.T) {
	each(t, aTechnicianWithoutCustomersReachesNone)
}

func aTechnicianWithoutCustomersReachesNone(t *testing.T, a *app.App) {
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(boss)
	keys := ids(boss)
	for _, role := range []perm.Role{perm.Manager, perm.Technician, perm.ReadOnly} {
		call := several(colleague(boss, role, string(role)+"@harbor.example.com"), 24)
		for _, r := range a.API().Routes() {
			if r.Needs == perm.Public || r.Path == "/api/events" || ofNoCustomer(r) {
				continue
			}
			if !strings.Contains(r.Path, "{id}") {
				if w := call().do(r.Method, r.Path, ""); r.Method == http.MethodGet && strings.Contains(w.Body.String(), "Secret") {
					t.Errorf("%s reads %s: %s", role, r.Path, w.Body)
				}
				continue
			}
			for _, key := range keys {
				path := strings.ReplaceAll(r.Path, "{id}", key)
				if w := call().do(r.Method, path, "{"); w.Code != http.StatusNotFound && w.Code != http.StatusForbidden {
					t.Errorf("%s: %s %s: %d %s", role, r.Method, path, w.Code, w.Body)
				}
			}
		}
	}
}

// ofNoCustomer says whether a route reads what the organization shares with everybody who works with tickets: quick tickets, and the pod that a
// ticket may be named to.
func ofNoCustomer(r httpapi.Route) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.Path, "/api/ticket-templates") || r.ID == "open-pod"
}

// Read-only is read-only on every route there is, but for what is the person's own.
func TestReadOnlyChangesNothing(t *testing.T) { each(t, readOnlyChangesNothing) }

func readOnlyChangesNothing(t *testing.T, a *app.App) {
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(boss)
	keys := ids(boss)
	reader := colleague(boss, perm.ReadOnly, "carl@harbor.example.com")
	call := several(reader, 24)
	for _, r := range a.API().Routes() {
		if r.Method == http.MethodGet || r.Needs == perm.Public || r.Needs == perm.SignedIn {
			continue
		}
		for _, key := range keys {
			w := call().do(r.Method, strings.ReplaceAll(r.Path, "{id}", key), "{}")
			var p struct{ Permission string }
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != http.StatusForbidden || p.Permission != string(r.Needs) {
				t.Errorf("%s %s: %d %s, want 403 naming %s", r.Method, r.Path, w.Code, w.Body, r.Needs)
			}
			if !strings.Contains(r.Path, "{id}") {
				break
			}
		}
	}
}

// A token's ceiling holds on every route: one that may only see tickets does nothing else, though its owner is an administrator.
func TestAttack46ATokenStaysBelowItsCeiling(t *testing.T) {
	each(t, attack46ATokenStaysBelowItsCeiling)
}

func attack46ATokenStaysBelowItsCeiling(t *testing.T, a *app.App) {
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(boss)
	keys := ids(boss)
	w := boss.do(http.MethodPost, "/api/tokens", `{"name":"narrow","permissions":["ticket.view"]}`)
	var o struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusCreated {
		t.Fatal(w.Code, w.Body)
	}
	narrow := caller{t, a, o.Token, boss.email}
	for _, r := range a.API().Routes() {
		if r.Needs == perm.Public || r.Needs == perm.SignedIn {
			continue
		}
		w := narrow.do(r.Method, strings.ReplaceAll(r.Path, "{id}", keys[0]), "{}")
		if allowed := w.Code != http.StatusForbidden; allowed != (r.Needs == perm.TicketView) {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, w.Code, w.Body)
		}
	}
	if w := narrow.do(http.MethodPost, "/api/tokens", `{"name":"wider","permissions":["admin.technicians"]}`); w.Code < 400 {
		t.Error("a token made a wider one", w.Body)
	}
	if w := narrow.do(http.MethodGet, "/api/tickets?access_token="+o.Token, "", "Authorization: "); w.Code != http.StatusUnauthorized {
		t.Error("a token counts in the address", w.Code)
	}
}
