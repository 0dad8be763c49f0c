package customer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
)

type world struct {
	*organizationtest.World
	*customer.Service
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := organizationtest.New(t, db, "Blue Harbor IT")
		fn(t, &world{o, customer.New(db, o.Guard, o.Audit, o.Events)})
	})
}

func (w *world) add(name string) customer.Customer {
	w.T.Helper()
	c, err := w.Create(w.Admin(), customer.Fields{Name: name})
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func fine(customer.Customer) error { return nil }

func TestDomainsAreKeptInOneForm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(w.Admin(), customer.Fields{Name: " Bücher & Co ", Domains: []string{"Example.COM", "bücher.example."}})
		if err != nil || c.Name != "Bücher & Co" || !slices.Equal(c.Domains, []string{"example.com", "xn--bcher-kva.example"}) {
			t.Errorf("%+v, %v", c.Fields, err)
		}
		for name, f := range map[string]customer.Fields{
			"no name":   {},
			"address":   {Name: "X", Domains: []string{"https://example.com/"}},
			"twice":     {Name: "X", Domains: []string{"example.com", "EXAMPLE.com"}},
			"long name": {Name: strings.Repeat("x", 201)},
			"two lines": {Name: "a\nb"},
		} {
			if _, err := w.Create(w.Admin(), f); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine, foreign := w.add("Mine"), w.add("Foreign")
		w.Assign("tech", mine.ID)
		rename := func(c customer.Customer) (customer.Fields, error) { c.Notes += "x"; return c.Fields, nil }
		for _, role := range []perm.Role{perm.Manager, perm.Technician, perm.ReadOnly} {
			ctx := w.As("tech", role)
			found, _, err := w.List(ctx, customer.Query{Page: store.Page{Limit: 50}})
			if err != nil || len(found) != 1 || found[0].ID != mine.ID {
				t.Errorf("%s sees %d customers, %v", role, len(found), err)
			}
			_, err = w.Find(ctx, foreign.ID)
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s, foreign: %v", role, err)
			}
			_, err = w.Update(ctx, mine.ID, rename)
			want := "access.denied"
			if role == perm.Manager {
				want = ""
			}
			if fault.CodeOf(err) != want {
				t.Errorf("%s edits: %v, want %q", role, err, want)
			}
			if _, err = w.Update(ctx, foreign.ID, rename); fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s edits a foreign one: %v", role, err)
			}
			if _, err := w.Create(ctx, customer.Fields{Name: "New"}); fault.CodeOf(err) != "access.denied" {
				t.Errorf("%s creates: %v", role, err)
			}
			if err := w.Delete(ctx, mine.ID, fine); fault.CodeOf(err) != "access.denied" {
				t.Errorf("%s deletes: %v", role, err)
			}
		}
	})
}

func TestDeleteKeepsWhatHasContactsOrTickets(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		contacts := contact.New(w.DB, w.Guard, w.Audit, w.Events, contact.Hooks{})
		tickets := ticket.New(w.DB, w.Guard, w.Audit, w.Events)
		c := w.add("Busy")
		p, err := contacts.Create(w.Admin(), contact.Fields{CustomerID: c.ID, Name: "Ana"})
		if err != nil {
			t.Fatal(err)
		}
		open, err := tickets.Create(w.Admin(), ticket.Fields{CustomerID: c.ID, Summary: "Printer"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := w.Find(w.Admin(), c.ID)
		if err != nil || got.ContactCount != 1 || got.OpenTicketCount != 1 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := w.Delete(w.Admin(), c.ID, fine); fault.CodeOf(err) != "customer.in_use" {
			t.Error(err)
		}
		if err := contacts.Delete(w.Admin(), p.ID, func(contact.Contact) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(w.Admin(), c.ID, fine); fault.CodeOf(err) != "customer.in_use" {
			t.Error(err)
		}
		if err := tickets.Delete(w.Admin(), open.ID, func(ticket.Ticket) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(w.Admin(), c.ID, fine); err != nil {
			t.Error(err)
		}
		if n := w.Audited("customer.*", audit.Success); n != 2 {
			t.Errorf("%d events of customers", n)
		}
	})
}

func TestSearchAndPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 9 {
			w.add(fmt.Sprintf("Étoile %d", i))
		}
		if _, err := w.Create(w.Admin(), customer.Fields{Name: "Nord", Domains: []string{"nord.example"}}); err != nil {
			t.Fatal(err)
		}
		for q, want := range map[string]int{"ETOILE": 9, "etoile 3": 1, "nord.ex": 1, "%": 0, "": 10} {
			if found, _, err := w.List(w.Admin(), customer.Query{Text: q, Page: store.Page{Limit: 50}}); err != nil || len(found) != want {
				t.Errorf("%q: %d, %v", q, len(found), err)
			}
		}
		for _, sort := range []string{"name", "-name", "created_at", "-created_at"} {
			seen, cursor := 0, ""
			for {
				found, next, err := w.List(w.Admin(), customer.Query{Sort: sort, Page: store.Page{Limit: 3, Cursor: cursor}})
				if err != nil {
					t.Fatal(err)
				}
				seen += len(found)
				if cursor = next; next == "" {
					break
				}
			}
			if seen != 10 {
				t.Errorf("by %s: %d", sort, seen)
			}
		}
		if _, _, err := w.List(w.Admin(), customer.Query{Page: store.Page{Limit: 3, Cursor: "rubbish"}}); fault.KindOf(err) != fault.Invalid {
			t.Error(err)
		}
	})
}

func TestHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator), "reader": w.Actor("reader", perm.ReadOnly)}, w.Routes)
		status, c, header := s.Do("admin", "POST", "/api/customers", `{"name": "Acme", "domains": ["acme.example"]}`)
		path := fmt.Sprint("/api/customers/", c["id"])
		if status != 201 || header.Get("Location") != path || header.Get("ETag") != `"1"` || c["open_ticket_count"] != 0.0 || c["notes"] != "" {
			t.Fatalf("%d %v %v", status, c, header)
		}
		for _, step := range []struct {
			method, body, match string
			want                int
		}{
			{"PATCH", `{"notes": "Ring twice."}`, "If-Match: \"1\"", 200},
			{"PATCH", `{"notes": "Lost."}`, "If-Match: \"1\"", 412},
			{"PATCH", `{"domains": null}`, "", 200},
			{"PATCH", `{"name": null}`, "", 422},
			{"PATCH", `{"contact_count": 9}`, "", 422},
			{"PUT", `{"name": "Acme & Co"}`, "", 200},
			{"PUT", `{"notes": "no name"}`, "", 422},
			{"DELETE", ``, "If-Match: \"1\"", 412},
			{"DELETE", ``, "", 204},
			{"GET", ``, "", 404},
		} {
			if status, answer, _ := s.Do("admin", step.method, path, step.body, step.match); status != step.want {
				t.Errorf("%s %s: %d %v, want %d", step.method, step.body, status, answer, step.want)
			}
		}
		if status, p, _ := s.Do("reader", "POST", "/api/customers", `{"name": "X"}`); status != 403 || p["permission"] != "admin.customers" {
			t.Errorf("%d %v", status, p)
		}
		if status, _, _ := s.Do("", "GET", "/api/customers", ""); status != 401 {
			t.Errorf("anonymous: %d", status)
		}
	})
}

func TestAttack43IDsOfANeighbour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.add("Acme")
		other := w.Beside("Neighbour")
		s := w.Serve(map[string]access.Actor{"neighbour": other.Actor("n", perm.Administrator)}, w.Routes)
		for method, body := range map[string]string{"GET": "", "PATCH": `{"name": "Mine"}`, "PUT": `{"name": "Mine"}`, "DELETE": ""} {
			if status, answer, _ := s.Do("neighbour", method, "/api/customers/"+c.ID, body); status != 404 {
				t.Errorf("%s: %d %v", method, status, answer)
			}
		}
		if got, err := w.Find(w.Admin(), c.ID); err != nil || got.Version != 1 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
