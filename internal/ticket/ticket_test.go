package ticket_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
)

type world struct {
	*organizationtest.World
	*ticket.Service
	contacts    *contact.Service
	acme, other string // customers
	ana, oskar  contact.Contact
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &world{World: organizationtest.New(t, db, "Blue Harbor IT")}
		w.Service = ticket.New(db, w.Guard, w.Audit, w.Events)
		w.contacts = contact.New(db, w.Guard, w.Audit, w.Events, contact.Hooks{
			Deleting: []func(ctx context.Context, tx *store.Tx, c contact.Contact) error{w.DetachContact},
		})
		customers := customer.New(db, w.Guard, w.Audit, w.Events)
		for name, to := range map[string]*string{"Acme": &w.acme, "Other": &w.other} {
			c, err := customers.Create(w.Admin(), customer.Fields{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			*to = c.ID
		}
		w.ana, w.oskar = w.person(w.acme, "Ana Bianchi"), w.person(w.other, "Oskar Lind")
		w.World.Assign("tech", w.acme)
		fn(t, w)
	})
}

func (w *world) person(customerID, name string) contact.Contact {
	w.T.Helper()
	c, err := w.contacts.Create(w.Admin(), contact.Fields{CustomerID: customerID, Name: name})
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func (w *world) open(summary, contactID string) ticket.Ticket {
	w.T.Helper()
	t, err := w.Create(w.Admin(), ticket.Fields{CustomerID: w.acme, ContactID: contactID, Summary: summary})
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

func fine(ticket.Ticket) error { return nil }

func TestNumbersAreGapFreeAlsoInParallel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const n = 40
		numbers := make([]int64, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				got, err := w.Create(w.Admin(), ticket.Fields{CustomerID: w.acme, Summary: fmt.Sprint("Ticket ", i)})
				if err != nil {
					t.Error(err)
				}
				numbers[i] = got.Number
				// A ticket that is refused takes no number away.
				if _, err := w.Create(w.Admin(), ticket.Fields{CustomerID: w.acme, ContactID: w.oskar.ID, Summary: "No"}); err == nil {
					t.Error("accepted another customer's contact")
				}
			})
		}
		wg.Wait()
		slices.Sort(numbers)
		if numbers[0] != 1001 || numbers[n-1] != 1000+n || len(slices.Compact(numbers)) != n {
			t.Errorf("numbers %v", numbers)
		}
		second := w.Beside("Second")
		c, err := customer.New(w.DB, w.Guard, w.Audit, w.Events).Create(second.Admin(), customer.Fields{Name: "C"})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Create(second.Admin(), ticket.Fields{CustomerID: c.ID, Summary: "First"}); err != nil || got.Number != 1001 {
			t.Errorf("#%d, %v", got.Number, err)
		}
	})
}

func TestAContactOfAnotherCustomerIsRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, tc := range map[string]struct {
			fields ticket.Fields
			want   string
		}{
			"other customer":   {ticket.Fields{CustomerID: w.acme, ContactID: w.oskar.ID, Summary: "X"}, "ticket.contact_unknown"},
			"unknown contact":  {ticket.Fields{CustomerID: w.acme, ContactID: id.New(), Summary: "X"}, "ticket.contact_unknown"},
			"unknown customer": {ticket.Fields{CustomerID: id.New(), Summary: "X"}, "ticket.customer_unknown"},
			"no customer":      {ticket.Fields{Summary: "X"}, "request.invalid"},
			"no summary":       {ticket.Fields{CustomerID: w.acme}, "request.invalid"},
		} {
			if _, err := w.Create(w.Admin(), tc.fields); fault.CodeOf(err) != tc.want {
				t.Errorf("%s: %v, want %s", name, err, tc.want)
			}
		}
		if _, err := w.Create(w.As("tech", perm.Technician), ticket.Fields{CustomerID: w.other, Summary: "X"}); fault.CodeOf(err) != "ticket.customer_unknown" {
			t.Errorf("a customer that is not assigned: %v", err)
		}
		// Moving either end away from the other is refused too.
		open := w.open("Printer", w.ana.ID)
		_, err := w.Update(w.Admin(), open.ID, func(t ticket.Ticket) (ticket.Fields, error) { t.CustomerID = w.other; return t.Fields, nil })
		if fault.CodeOf(err) != "ticket.contact_unknown" {
			t.Error(err)
		}
		_, err = w.contacts.Update(w.Admin(), w.ana.ID, func(c contact.Contact) (contact.Fields, error) { c.CustomerID = w.other; return c.Fields, nil })
		if fault.CodeOf(err) != "contact.has_tickets" {
			t.Error(err)
		}
	})
}

func TestCloseAndReopen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		open := w.open("Printer", w.ana.ID)
		set := func(status ticket.Status) ticket.Ticket {
			got, err := w.Update(w.As("tech", perm.Technician), open.ID, func(t ticket.Ticket) (ticket.Fields, error) { t.Status = status; return t.Fields, nil })
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if got := set(ticket.Closed); got.Status != ticket.Closed || got.ClosedAt.IsZero() || got.Version != 2 {
			t.Errorf("%+v", got)
		}
		if got := set(ticket.Closed); got.Version != 2 {
			t.Error("closed twice")
		}
		if got := set(ticket.Open); !got.ClosedAt.IsZero() || got.Version != 3 {
			t.Errorf("%+v", got)
		}
		for action, want := range map[string]int{"ticket.close": 1, "ticket.reopen": 1, "ticket.create": 1, "ticket.update": 0} {
			if n := w.Audited(action, audit.Success); n != want {
				t.Errorf("%s: %d events, want %d", action, n, want)
			}
		}
	})
}

func TestNotes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		open := w.open("Printer", "")
		for i := range 5 {
			if _, err := w.WriteNote(w.As("tech", perm.Technician), open.ID, ticket.Note{Body: fmt.Sprint("Note ", i), Visibility: ticket.Public}); err != nil {
				t.Fatal(err)
			}
		}
		err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			return w.AddNote(w.System(), tx, open.ID, ticket.Note{Body: "Verified by SMS."})
		})
		if err != nil {
			t.Fatal(err)
		}
		var bodies []string
		cursor := ""
		for {
			found, next, err := w.Notes(w.Admin(), open.ID, store.Page{Limit: 4, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range found {
				bodies = append(bodies, n.Body+" "+n.Author.Type+" "+string(n.Visibility))
			}
			if cursor = next; next == "" {
				break
			}
		}
		want := []string{"Note 0 technician public", "Note 1 technician public", "Note 2 technician public", "Note 3 technician public", "Note 4 technician public", "Verified by SMS. system internal"}
		if !slices.Equal(bodies, want) {
			t.Errorf("notes %q", bodies)
		}
		got, err := w.Find(w.Admin(), open.ID)
		if err != nil || got.NoteCount != 6 || got.Version != 1 || !got.UpdatedAt.After(open.UpdatedAt) {
			t.Errorf("%+v, %v", got, err)
		}
		for name, n := range map[string]ticket.Note{"empty": {Visibility: ticket.Public}, "visibility": {Body: "x", Visibility: "secret"}} {
			if _, err := w.WriteNote(w.Admin(), open.ID, n); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.WriteNote(w.As("tech", perm.ReadOnly), open.ID, ticket.Note{Body: "x", Visibility: ticket.Public}); fault.CodeOf(err) != "access.denied" {
			t.Error(err)
		}
		err = w.DB.Write(t.Context(), func(tx *store.Tx) error {
			return w.AddNote(w.System(), tx, id.New(), ticket.Note{Body: "Nowhere"})
		})
		if fault.CodeOf(err) != "ticket.not_found" {
			t.Error(err)
		}
		if err := w.Delete(w.As("tech", perm.Technician), open.ID, fine); err != nil {
			t.Error(err)
		}
	})
}

func TestTicketsKeepTheNameOfADeletedContact(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		open := w.open("Printer", w.ana.ID)
		if open.ContactName != "Ana Bianchi" || open.CustomerName != "Acme" {
			t.Errorf("%+v", open)
		}
		if err := w.contacts.Delete(w.Admin(), w.ana.ID, func(contact.Contact) error { return nil }); err != nil {
			t.Fatal(err)
		}
		got, err := w.Find(w.Admin(), open.ID)
		if err != nil || got.ContactID != "" || got.ContactName != "Ana Bianchi" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestListAndSearch(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.open("Printer jams", w.ana.ID)
		w.open("Élan VPN", "")
		if _, err := w.Create(w.Admin(), ticket.Fields{CustomerID: w.other, ContactID: w.oskar.ID, Summary: "Mail"}); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			query ticket.Query
			want  int
		}{
			"all":      {ticket.Query{}, 3},
			"number":   {ticket.Query{Text: "#1001"}, 1},
			"digits":   {ticket.Query{Text: "1002"}, 1},
			"accent":   {ticket.Query{Text: "elan"}, 1},
			"contact":  {ticket.Query{Text: "oskar"}, 1},
			"customer": {ticket.Query{Text: "acme printer"}, 1},
			"wild":     {ticket.Query{Text: "%"}, 0},
			"filter":   {ticket.Query{ContactID: w.ana.ID}, 1},
			"closed":   {ticket.Query{Status: ticket.Closed}, 0},
			"of acme":  {ticket.Query{CustomerID: w.acme}, 2},
		} {
			tc.query.Limit = 50
			if found, _, err := w.List(w.Admin(), tc.query); err != nil || len(found) != tc.want {
				t.Errorf("%s: %d, %v; want %d", name, len(found), err, tc.want)
			}
		}
		found, _, err := w.List(w.As("tech", perm.Technician), ticket.Query{Sort: "number", Page: store.Page{Limit: 50}})
		if err != nil || len(found) != 2 || found[0].ID != first.ID {
			t.Errorf("a technician of Acme sees %d, %v", len(found), err)
		}
	})
}

func TestHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"tech": w.Actor("tech", perm.Technician)}, w.Routes)
		status, got, header := s.Do("tech", "POST", "/api/tickets", fmt.Sprintf(`{"customer_id": %q, "contact_id": %q, "summary": "Printer"}`, w.acme, w.ana.ID))
		path := fmt.Sprint("/api/tickets/", got["id"])
		if status != 201 || header.Get("Location") != path || got["number"] != 1001.0 || got["status"] != "open" || got["contact_name"] != "Ana Bianchi" {
			t.Fatalf("%d %v", status, got)
		}
		for _, step := range []struct {
			method, path, body string
			want               int
		}{
			{"PATCH", path, `{"contact_id": null}`, 200},
			{"PATCH", path, `{"status": "closed"}`, 200},
			{"PATCH", path, `{"status": "lost"}`, 422},
			{"PATCH", path, `{"number": 1}`, 422},
			{"POST", path + "/notes", `{"body": "Done.", "visibility": "public"}`, 201},
			{"POST", path + "/notes", `{"body": "Internal."}`, 201},
			{"POST", path + "/notes", `{"body": "x", "author": {"id": "me"}}`, 422},
			{"POST", "/api/tickets", fmt.Sprintf(`{"customer_id": %q, "contact_id": null, "summary": "No contact"}`, w.acme), 201},
			{"POST", "/api/tickets", fmt.Sprintf(`{"customer_id": %q, "summary": "x", "integration_id": %q}`, w.acme, id.New()), 422},
			{"POST", "/api/tickets", `{"summary": "x"}`, 422},
			{"GET", path, "", 200},
			{"GET", path + "/notes", "", 200},
			{"GET", "/api/tickets?sort=-number&status=closed&limit=1", "", 200},
			{"GET", "/api/tickets?sort=secret", "", 422},
			{"DELETE", path, "", 204},
			{"GET", path + "/notes", "", 404},
		} {
			if status, answer, _ := s.Do("tech", step.method, step.path, step.body); status != step.want {
				t.Errorf("%s %s %s: %d %v, want %d", step.method, step.path, step.body, status, answer, step.want)
			}
		}
	})
}

func TestAttack43IDsOfANeighbour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		open := w.open("Printer", w.ana.ID)
		other := w.Beside("Neighbour")
		s := w.Serve(map[string]access.Actor{"neighbour": other.Actor("n", perm.Administrator), "tech": w.Actor("stranger", perm.Technician)}, w.Routes)
		for _, actor := range []string{"neighbour", "tech"} {
			for _, r := range []struct{ method, path, body string }{
				{"GET", "", ""},
				{"PATCH", "", `{"summary": "Mine"}`},
				{"PUT", "", fmt.Sprintf(`{"customer_id": %q, "summary": "Mine"}`, w.acme)},
				{"DELETE", "", ""},
				{"GET", "/notes", ""},
				{"POST", "/notes", `{"body": "x", "visibility": "public"}`},
			} {
				if status, answer, _ := s.Do(actor, r.method, "/api/tickets/"+open.ID+r.path, r.body); status != 404 {
					t.Errorf("%s: %s %s: %d %v", actor, r.method, r.path, status, answer)
				}
			}
		}
		if status, answer, _ := s.Do("neighbour", "POST", "/api/tickets", fmt.Sprintf(`{"customer_id": %q, "summary": "x"}`, w.acme)); status != 422 {
			t.Errorf("a neighbour's customer: %d %v", status, answer)
		}
		if got, err := w.Find(w.Admin(), open.ID); err != nil || got.Version != 1 || got.NoteCount != 0 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
