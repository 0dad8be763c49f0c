package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
)

// PEO-40, AUD-6: what happens to somebody's rights is told to them, and a new administrator to the others, by way of the real wiring.
func TestPeopleAreTold(t *testing.T) { each(t, peopleAreTold) }

func peopleAreTold(t *testing.T, a *app.App) {
	olga := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	person := func(name, role string) (id string, c caller) {
		email := name + "@harbor.example.com"
		id = olga.make("/api/technicians", fmt.Sprintf(`{"given_name":%q,"email":%q,"password":%q,"platform_role":%q}`, name, email, password, role))
		token, err := a.TokenFor(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return id, caller{t, a, token, email}
	}
	bo, boCall := person("bo", "technician")
	_, adaCall := person("ada", "administrator")
	_, evaCall := person("eva", "administrator")
	customer := olga.make("/api/customers", `{"name":"Northwind"}`)
	for _, body := range []string{fmt.Sprintf(`{"customer_ids":[%q]}`, customer), `{"platform_role":"administrator"}`, `{"job_title":"Nobody is told of this"}`} {
		if w := olga.do(http.MethodPatch, "/api/technicians/"+bo, body); w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	ticket := olga.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"summary":"Printer"}`, customer))
	if w := olga.do(http.MethodPost, "/api/tickets/"+ticket+"/assign", fmt.Sprintf(`{"technician_id":%q}`, bo)); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for name, tc := range map[string]struct {
		who  caller
		want string
	}{
		"bo":   {boCall, "ticket.assigned account.role_changed account.customers_changed"},
		"ada":  {adaCall, "admin.new_administrator admin.new_administrator"}, // of eva, then of bo
		"eva":  {evaCall, "admin.new_administrator"},                         // of bo
		"olga": {olga, ""},                                                   // did it all, and knows
	} {
		w := tc.who.do(http.MethodGet, "/api/notifications", "")
		var list struct{ Items []struct{ Kind, Link string } }
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var got []string
		for _, n := range list.Items {
			got = append(got, n.Kind)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s was told %q, want %q", name, got, tc.want)
		}
		var me struct {
			Unread int `json:"unread_notifications"`
		}
		if err := json.Unmarshal(tc.who.do(http.MethodGet, "/api/me", "").Body.Bytes(), &me); err != nil || me.Unread != len(got) {
			t.Errorf("%s has %d unread, want %d, %v", name, me.Unread, len(got), err)
		}
	}
}
