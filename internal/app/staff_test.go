package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
)

// The owner hands over in a session, to an administrator; both are told, and the new owner is nobody else's to change.
func TestTheOwnerHandsOver(t *testing.T) {
	a := start(t)
	olga := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	nils, mona := colleague(olga, perm.Administrator, "nils@harbor.example.com"), colleague(olga, perm.Manager, "mona@harbor.example.com")
	path := func(email string) string { return "/api/technicians/" + find(t, olga, "/api/technicians?q="+email) }
	session, his := olga.signIn(), nils.settle()
	for _, step := range []struct {
		name    string
		caller  caller
		session []string
		to      string
		status  int
		code    string
	}{
		{"with a token", olga, nil, nils.email, 403, "signin.session_required"},
		{"by the heir", nils, his, nils.email, 403, "technician.not_owner"},
		{"to a manager", olga, session, mona.email, 409, "technician.no_successor"},
		{"to an administrator", olga, session, nils.email, 200, ""},
		{"once more", olga, session, nils.email, 403, "technician.not_owner"},
	} {
		do := step.caller.do
		if step.session != nil {
			do = func(method, path, body string, headers ...string) *httptest.ResponseRecorder {
				return step.caller.within(step.session, method, path, body, headers...)
			}
		}
		if w := do(http.MethodPost, path(step.to)+"/hand-over", ""); w.Code != step.status || !strings.Contains(w.Body.String(), step.code) {
			t.Errorf("%s: %d %s, want %d %s", step.name, w.Code, w.Body, step.status, step.code)
		}
	}
	for _, told := range []struct {
		who  caller
		role string
	}{{olga, `"role":"administrator"`}, {nils, `"role":"owner"`}} {
		if w := told.who.do(http.MethodGet, "/api/notifications", ""); !strings.Contains(w.Body.String(), "account.role_changed") || !strings.Contains(w.Body.String(), told.role) {
			t.Errorf("%s was told: %s", told.who.email, w.Body)
		}
	}
	if w := olga.do(http.MethodPost, path(nils.email)+"/suspend", ""); w.Code != http.StatusForbidden {
		t.Errorf("the former owner suspends the owner: %d %s", w.Code, w.Body)
	}
	if w := nils.do(http.MethodPatch, path(olga.email), `{"platform_role":"technician"}`); w.Code != http.StatusOK {
		t.Errorf("the owner demotes the former one: %d %s", w.Code, w.Body)
	}
	if w := olga.do(http.MethodGet, "/api/technicians", ""); w.Code != http.StatusForbidden {
		t.Errorf("who was demoted lists technicians: %d", w.Code)
	}
}

// The list says how many tickets wait for each technician: those assigned to them that are not closed.
func TestOpenTicketsOfTechnicians(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	me := find(t, boss, "/api/technicians")
	customer := boss.make("/api/customers", `{"name":"Northwind"}`)
	var tickets []string
	for range 3 {
		tickets = append(tickets, boss.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"summary":"Printer"}`, customer)))
	}
	count := func(want int) {
		t.Helper()
		for _, path := range []string{"/api/technicians", "/api/technicians/" + me, "/api/me"} {
			if w := boss.do(http.MethodGet, path, ""); !strings.Contains(w.Body.String(), fmt.Sprintf(`"open_ticket_count":%d,`, want)) {
				t.Errorf("%s, want %d: %s", path, want, w.Body)
			}
		}
	}
	count(0)
	for _, id := range tickets[:2] {
		if w := boss.do(http.MethodPost, "/api/tickets/"+id+"/assign", fmt.Sprintf(`{"technician_id":%q}`, me)); w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
	}
	count(2)
	for i, status := range []string{"waiting", "closed"} {
		if w := boss.do(http.MethodPatch, "/api/tickets/"+tickets[i], fmt.Sprintf(`{"status":%q}`, status)); w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
	}
	count(1)
}
