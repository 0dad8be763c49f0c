package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
)

func TestMergingContacts(t *testing.T) { each(t, mergingContacts) }

// All that hangs on a contact follows through the hooks of the product as it is wired, on both databases.
func mergingContacts(t *testing.T, a *app.App) {
	us := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	customer := us.make("/api/customers", `{"name":"Northwind"}`)
	person := func(name, number string) string {
		return us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":%q,"phones":[{"number":%q,"kind":"mobile"}]}`, customer, name, number))
	}
	pia, twin := person("Pia Ende", "+12125550123"), person("P. Ende", "+12125550124")
	ticket := us.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"contact_id":%q,"summary":"Printer"}`, customer, twin))
	us.make("/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"sms_code","ticket_id":%q}`, twin, ticket))

	w := us.do(http.MethodPost, "/api/contacts/"+pia+"/merge", fmt.Sprintf(`{"contact_ids":[%q]}`, twin))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "+12125550124") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for path, want := range map[string]string{
		"/api/tickets/" + ticket:                         `"contact_id":"` + pia,
		"/api/tickets/" + ticket + "/timeline":           `"kind":"verification"`,
		"/api/verifications?contact_id=" + pia:           `"state":"canceled"`,
		"/api/contacts/" + pia + "/history":              `"contact.merge"`,
		"/api/contacts/" + pia + "/verification":         `"state":"none"`,
		"/api/audit?target=" + twin:                      `"contact.merged"`,
		"/api/audit?ticket_id=" + ticket:                 `"verification.start"`,
		"/api/audit?q=p.%20ende&customer_id=" + customer: `"contact.create"`,
		"/api/audit.csv?action=contact.*":                "contact.merge",
		"/api/contacts/duplicates":                       `"items":[]`,
	} {
		if got := us.do(http.MethodGet, path, ""); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: %d without %s: %s", path, got.Code, want, got.Body)
		}
	}
	gone := us.do(http.MethodGet, "/api/contacts/"+twin, "")
	var problem struct{ Code string }
	if err := json.Unmarshal(gone.Body.Bytes(), &problem); err != nil || gone.Code != http.StatusNotFound || problem.Code != "contact.merged" {
		t.Errorf("%d %s", gone.Code, gone.Body)
	}
}
