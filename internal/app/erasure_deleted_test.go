package app_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
)

// D-14: a contact who was only deleted is found among those who were, and erased; by their id, so that a name of one word, and one that
// somebody else has, goes where it was theirs and stays where it was not.
func TestADeletedContactCanBeErased(t *testing.T) { each(t, deletedContacts) }

func deletedContacts(t *testing.T, a *app.App) {
	us, neighbour := owner(t, a, "Harbor IT", "olga@harbor.example.com"), owner(t, a, "Pier IT", "pia@pier.example.com")
	customer := us.make("/api/customers", `{"name":"Northwind"}`)
	add := func(name, number string) (contact, ticket string) {
		t.Helper()
		contact = us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":%q,"phones":[{"number":%q,"kind":"mobile"}]}`, customer, name, number))
		return contact, us.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"contact_id":%q,"summary":"Printer","description":"Call %s"}`, customer, contact, number))
	}
	cher, hers := add("Cher", "+12125550188")
	us.must("PATCH", "/api/contacts/"+cher, `{"phones":[{"number":"+12125550123","kind":"mobile"}]}`)
	pia, piasTicket := add("Pia Lind", "+12125550144")
	twin, twinsTicket := add("Pia Lind", "+12125550145")
	us.says("stop")
	for _, id := range []string{cher, pia, twin} {
		us.must("DELETE", "/api/contacts/"+id, "")
	}

	list := us.do(http.MethodGet, "/api/deleted-contacts", "").Body.String()
	for _, want := range []string{cher, pia, twin, "Northwind", "Olga Berg", "+12125550123"} {
		if !strings.Contains(list, want) {
			t.Errorf("the list is without %s: %s", want, list)
		}
	}
	if w := us.do(http.MethodGet, "/api/deleted-contacts?q=12125550144", ""); !strings.Contains(w.Body.String(), pia) || strings.Contains(w.Body.String(), cher) {
		t.Errorf("found by number: %s", w.Body)
	}
	if w := neighbour.do(http.MethodGet, "/api/deleted-contacts", ""); strings.Contains(w.Body.String(), "Cher") {
		t.Errorf("a neighbour sees %s", w.Body)
	}
	for _, path := range []string{"/api/deleted-contacts/" + cher + "/personal-data", "/api/deleted-contacts/" + cher + "/erase"} {
		method := http.MethodPost
		if strings.HasSuffix(path, "data") {
			method = http.MethodGet
		}
		if w := neighbour.do(method, path, `{"name":"Cher"}`); w.Code != http.StatusNotFound {
			t.Errorf("a neighbour: %s %d", path, w.Code)
		}
	}
	if w := us.do(http.MethodPost, "/api/deleted-contacts/"+cher+"/erase", `{"name":"Cheri"}`); !strings.Contains(w.Body.String(), "erasure.name_differs") {
		t.Errorf("another name: %d %s", w.Code, w.Body)
	}
	if w := us.do(http.MethodGet, "/api/deleted-contacts/"+cher+"/personal-data", ""); !strings.Contains(w.Body.String(), "+12125550188") || !strings.Contains(w.Body.String(), `"contact.delete"`) {
		t.Errorf("the export: %d %.300s", w.Code, w.Body)
	}
	us.must("POST", "/api/deleted-contacts/"+cher+"/erase", `{"name":"Cher"}`)
	us.must("POST", "/api/deleted-contacts/"+twin+"/erase", `{"name":"Pia Lind"}`)

	for id, want := range map[string]string{hers: "[erased]", twinsTicket: "[erased]", piasTicket: "Pia Lind"} {
		got := us.fields(us.do(http.MethodGet, "/api/tickets/"+id, ""), http.StatusOK)
		if got["contact_name"] != want || strings.Contains(fmt.Sprint(got["description"]), "+12125550188") {
			t.Errorf("the ticket is %v, want it of %s", got, want)
		}
	}
	if w := us.do(http.MethodGet, "/api/audit?target="+cher, ""); strings.Contains(w.Body.String(), "Cher") || !strings.Contains(w.Body.String(), `"contact.erase"`) {
		t.Errorf("the log tells %s", w.Body)
	}
	if w := us.do(http.MethodPost, "/api/deleted-contacts/"+cher+"/erase", `{"name":"Cher"}`); w.Code != http.StatusNotFound {
		t.Errorf("erased twice: %d", w.Code)
	}
	list = us.do(http.MethodGet, "/api/deleted-contacts", "").Body.String()
	if strings.Contains(list, cher) || strings.Contains(list, twin) || !strings.Contains(list, pia) {
		t.Errorf("left in the list: %s", list)
	}
	again, _ := add("Cher", stopped)
	if c := us.fields(us.do(http.MethodGet, "/api/contacts/"+again, ""), http.StatusOK); !slices.Equal(c["opted_out"].([]any), []any{stopped}) {
		t.Errorf("her STOP is forgotten: %v", c)
	}
	if w := us.do(http.MethodPost, "/api/deleted-contacts/"+again+"/erase", `{"name":"Cher"}`); w.Code != http.StatusNotFound {
		t.Errorf("a contact who is there: %d", w.Code)
	}
}

// Also when their customer is gone; and only whoever may erase a contact that is there.
func TestWhoErasesDeletedContacts(t *testing.T) {
	a := start(t)
	us := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	customer := us.make("/api/customers", `{"name":"Northwind"}`)
	contact := us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Zoë Ende"}`, customer))
	us.must("DELETE", "/api/contacts/"+contact, "")
	us.make("/api/technicians", fmt.Sprintf(`{"given_name":"Tess","family_name":"Moor","email":"tess@harbor.example.com","password":%q}`, password))
	token, err := a.TokenFor(t.Context(), "tess@harbor.example.com")
	if err != nil {
		t.Fatal(err)
	}
	tess := caller{t, a, token, ""}
	for path, method := range map[string]string{"": http.MethodGet, "/" + contact + "/personal-data": http.MethodGet, "/" + contact + "/erase": http.MethodPost} {
		if w := tess.do(method, "/api/deleted-contacts"+path, `{"name":"Zoë Ende"}`); w.Code != http.StatusForbidden && w.Code != http.StatusNotFound {
			t.Errorf("a technician: %s %s: %d", method, path, w.Code)
		}
	}
	us.must("DELETE", "/api/customers/"+customer, "")
	us.must("POST", "/api/deleted-contacts/"+contact+"/erase", `{"name":"Zoë Ende"}`)
}
