package contact_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type world struct {
	*organizationtest.World
	*contact.Service
	acme, other string // customers

	mu    sync.Mutex
	heard []string // what the Changed hook heard
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	w := &world{World: organizationtest.New(t, db, "Blue Harbor IT")}
	w.Service = contact.New(db, w.Guard, w.Audit, w.Events, contact.Hooks{
		Shields: func(_ context.Context, _ store.Querier, _ string, ids []string) (map[string]contact.Shield, error) {
			return map[string]contact.Shield{ids[0]: {State: "verified", Level: "L2", Method: "sms_code", At: store.Now(), ByID: "tech", ByName: "Tech"}}, nil
		},
		Consents: func(_ context.Context, _ store.Querier, _ string, addresses []string) (map[string]string, error) {
			out := map[string]string{}
			for _, a := range addresses {
				if strings.HasPrefix(a, "+1212555019") {
					out[a] = "opted_out"
				}
			}
			return out, nil
		},
		Changed: []func(context.Context, *store.Tx, contact.Contact, []string, []string) error{
			func(_ context.Context, _ *store.Tx, c contact.Contact, gained, lost []string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.heard = append(w.heard, fmt.Sprint(c.Name, gained, lost))
				return nil
			},
		},
	})
	customers := customer.New(db, w.Guard, w.Audit, w.Events)
	for name, to := range map[string]*string{"Acme Logistics": &w.acme, "Other": &w.other} {
		c, err := customers.Create(w.Admin(), customer.Fields{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		*to = c.ID
	}
	w.Assign("tech", w.acme)
	return w
}

func (w *world) add(f contact.Fields) contact.Contact {
	w.T.Helper()
	if f.CustomerID == "" {
		f.CustomerID = w.acme
	}
	c, err := w.Create(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func fine(contact.Contact) error { return nil }

func TestAddressesAreKeptInOneForm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.add(contact.Fields{
			Name: " Ana Bianchi", Emails: []string{"Ana@Acme.Example"}, Language: "FR",
			Phones: []contact.Phone{{Number: "(212) 555-0123"}, {Number: "+33 1 42 68 53 00"}, {Number: "+33 6 12 34 56 78", Kind: input.Landline}},
		})
		if c.Name != "Ana Bianchi" || c.Emails[0] != "Ana@acme.example" || c.Language != "fr" || c.CustomerName != "Acme Logistics" {
			t.Errorf("%+v", c)
		}
		want := []contact.Phone{{"+12125550123", input.Mobile}, {"+33142685300", input.Landline}, {"+33612345678", input.Landline}}
		if !slices.Equal(c.Phones, want) {
			t.Errorf("phones %v", c.Phones)
		}
		if got := c.Addresses("sms"); !slices.Equal(got, []string{"+12125550123"}) {
			t.Errorf("sms %v", got)
		}
		if got := len(c.Addresses("voice")) + len(c.Addresses("email")) + len(c.Addresses("pigeon")); got != 4 {
			t.Errorf("%d addresses", got)
		}
	})
}

func TestWhatIsRefusedIsNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		phones := func(numbers ...string) (out []contact.Phone) {
			for _, n := range numbers {
				out = append(out, contact.Phone{Number: n})
			}
			return out
		}
		many := make([]string, 11)
		for i := range many {
			many[i] = fmt.Sprintf("a%d@example.com", i)
		}
		for name, tc := range map[string]struct {
			fields contact.Fields
			want   string // pointers
		}{
			"no name":          {contact.Fields{}, "/name"},
			"long name":        {contact.Fields{Name: strings.Repeat("n", 201)}, "/name"},
			"control":          {contact.Fields{Name: "a\u0007"}, "/name"},
			"turned":           {contact.Fields{Name: "a\u202eb"}, "/name"},
			"bad email":        {contact.Fields{Name: "A", Emails: []string{"a@example.com", "b"}}, "/emails/1"},
			"same email":       {contact.Fields{Name: "A", Emails: []string{"a@example.com", "A@EXAMPLE.com"}}, "/emails/1"},
			"empty email":      {contact.Fields{Name: "A", Emails: []string{""}}, "/emails/0"},
			"many emails":      {contact.Fields{Name: "A", Emails: many}, "/emails"},
			"bad phone":        {contact.Fields{Name: "A", Phones: phones("12")}, "/phones/0/number"},
			"same phone":       {contact.Fields{Name: "A", Phones: phones("212-555-0123", "+1 (212) 555 0123")}, "/phones/1/number"},
			"unknown kind":     {contact.Fields{Name: "A", Phones: []contact.Phone{{Number: "212 555 0123", Kind: "fax"}}}, "/phones/0/kind"},
			"unknown language": {contact.Fields{Name: "A", Language: "xx"}, "/language"},
			"no customer":      {contact.Fields{Name: "A", CustomerID: "-"}, "/customer_id"},
			"unknown customer": {contact.Fields{Name: "A", CustomerID: id.New()}, "/customer_id"},
			"all at once":      {contact.Fields{Emails: []string{"x"}, Phones: phones("y")}, "/name /emails/0 /phones/0/number"},
		} {
			if tc.fields.CustomerID == "" {
				tc.fields.CustomerID = w.acme
			}
			_, err := w.Create(w.Admin(), tc.fields)
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Kind != fault.Invalid {
				t.Errorf("%s: %v", name, err)
				continue
			}
			var got []string
			for _, f := range e.Fields {
				got = append(got, f.Pointer)
			}
			if strings.Join(got, " ") != tc.want {
				t.Errorf("%s: refused %v, want %s", name, got, tc.want)
			}
		}
	})
}

func TestContactsAreFoundByAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana := w.add(contact.Fields{Name: "Ana", Emails: []string{"Ana@example.com"}, Phones: []contact.Phone{{Number: "212 555 0123"}}})
		bo := w.add(contact.Fields{Name: "Bo", CustomerID: w.other, Phones: []contact.Phone{{Number: "212 555 0123"}}})
		ctx, q := t.Context(), w.DB.Read()
		if found, err := contact.ByPhone(ctx, q, w.Org.ID, "+12125550123"); err != nil || len(found) != 2 || found[0].ID != ana.ID || found[1].ID != bo.ID {
			t.Errorf("%v, %v", found, err)
		}
		if found, err := contact.ByEmail(ctx, q, w.Org.ID, "ANA@EXAMPLE.COM"); err != nil || len(found) != 1 || found[0].CustomerName != "Acme Logistics" {
			t.Errorf("%v, %v", found, err)
		}
		if found, err := contact.ByPhone(ctx, q, w.Beside("Neighbour").Org.ID, "+12125550123"); err != nil || len(found) != 0 {
			t.Errorf("a neighbour finds %v, %v", found, err)
		}
		_, err := w.Update(w.Admin(), bo.ID, func(c contact.Contact) (contact.Fields, error) { c.Phones = nil; return c.Fields, nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(w.Admin(), ana.ID, fine); err != nil {
			t.Fatal(err)
		}
		if found, err := contact.ByPhone(ctx, q, w.Org.ID, "+12125550123"); err != nil || len(found) != 0 {
			t.Errorf("still found: %v, %v", found, err)
		}
	})
}

func TestAddressesHaveAnAge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana := w.add(contact.Fields{Name: "Ana", Emails: []string{"ana@example.com"}, Phones: []contact.Phone{{Number: "212 555 0123"}}})
		edit := w.As("tech", perm.Technician)
		_, err := w.Update(edit, ana.ID, func(c contact.Contact) (contact.Fields, error) {
			c.Emails = []string{"ANA@example.com"} // the same address, written otherwise
			c.Phones = []contact.Phone{{Number: "212 555 0123", Kind: input.Landline}, {Number: "212 555 0124"}}
			return c.Fields, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ages := map[string]struct {
			by      string
			initial bool
		}{"+12125550123": {"admin", true}, "+12125550124": {"tech", false}, "ana@EXAMPLE.com": {"admin", true}}
		for address, want := range ages {
			a, err := contact.AddressAge(t.Context(), w.DB.Read(), w.Org.ID, ana.ID, address)
			if err != nil || a.AddedBy != want.by || a.Initial != want.initial || time.Since(a.Since) > time.Minute {
				t.Errorf("%s: %+v, %v", address, a, err)
			}
		}
		if _, err := contact.AddressAge(t.Context(), w.DB.Read(), w.Org.ID, ana.ID, "+12125550199"); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		if want := []string{"Ana[+12125550123 ana@example.com] []", "Ana[+12125550124] []"}; !slices.Equal(w.heard, want) {
			t.Errorf("heard %q", w.heard)
		}
	})
}

func TestStandings(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"tech": w.Actor("tech", perm.Technician)}, w.Routes)
		body := fmt.Sprintf(`{"customer_id": %q, "name": "Ana", "phones": [{"number": "212 555 0190"}, {"number": "212 555 0123"}]}`, w.acme)
		status, got, header := s.Do("tech", "POST", "/api/contacts", body)
		if status != 201 || header.Get("Location") != fmt.Sprint("/api/contacts/", got["id"]) {
			t.Fatalf("%d %v", status, got)
		}
		shield, _ := got["shield"].(map[string]any)
		if shield["state"] != "verified" || shield["level"] != "L2" || fmt.Sprint(shield["by"]) != "map[id:tech name:Tech]" || shield["expires_at"] != nil {
			t.Errorf("shield %v", shield)
		}
		if fmt.Sprint(got["opted_out"]) != "[+12125550190]" || fmt.Sprint(got["emails"]) != "[]" {
			t.Errorf("%v", got)
		}
	})
}

func TestSearchAndPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.add(contact.Fields{Name: "Élise Duval", JobTitle: "Controller", Emails: []string{"e.duval@acme.example"}, Phones: []contact.Phone{{Number: "212 555 0123"}}})
		w.add(contact.Fields{Name: "Oskar", CustomerID: w.other, Phones: []contact.Phone{{Number: "+44 20 7946 0123"}}})
		for i := range 10 {
			w.add(contact.Fields{Name: fmt.Sprintf("Person %d", i%5), VIP: i == 0})
		}
		for q, want := range map[string]int{
			"elise": 1, "duval acme": 1, "ACME": 11, "logistics controller": 1, "e.duval@": 1, "(212) 555-0123": 1, "0123": 2, "020 7946 0123": 1,
			"+44 20": 1, "person 3": 2, "%": 0, `\`: 0, "'": 0, "": 12,
		} {
			found, _, err := w.List(w.Admin(), contact.Query{Text: q, Page: store.Page{Limit: 50}})
			if err != nil || len(found) != want {
				t.Errorf("%q: %d, %v; want %d", q, len(found), err, want)
			}
		}
		if found, _, err := w.List(w.As("tech", perm.Technician), contact.Query{Text: "0123", Page: store.Page{Limit: 50}}); err != nil || len(found) != 1 {
			t.Errorf("a technician of Acme finds %d, %v", len(found), err)
		}
		if found, _, err := w.List(w.As("tech", perm.Technician), contact.Query{CustomerID: w.other, Page: store.Page{Limit: 50}}); err != nil || len(found) != 0 {
			t.Errorf("a technician of Acme sees %d of Other, %v", len(found), err)
		}
		for _, sort := range []string{"", "-name", "created_at", "-created_at"} {
			seen, cursor := map[string]bool{}, ""
			for {
				found, next, err := w.List(w.Admin(), contact.Query{Sort: sort, Page: store.Page{Limit: 5, Cursor: cursor}})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range found {
					seen[c.ID] = true
				}
				if cursor = next; next == "" {
					break
				}
			}
			if len(seen) != 12 {
				t.Errorf("by %q: %d of 12", sort, len(seen))
			}
		}
	})
}

// An update in parallel never loses another one, and what a contact can be found by is what the contact says.
func TestAddressesAndContactAgree(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	ana := w.add(contact.Fields{Name: "Ana"})
	rapid.Check(t, func(rt *rapid.T) {
		numbers := rapid.SliceOfNDistinct(rapid.IntRange(100, 199), 0, 5, rapid.ID).Draw(rt, "numbers")
		emails := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a@x.co", "A@x.co", "b@x.co", "c@x.co"}), 0, 3, strings.ToLower).Draw(rt, "emails")
		_, err := w.Update(w.Admin(), ana.ID, func(c contact.Contact) (contact.Fields, error) {
			c.Phones, c.Emails = nil, emails
			for _, n := range numbers {
				c.Phones = append(c.Phones, contact.Phone{Number: fmt.Sprintf("212-555-0%d", n)})
			}
			return c.Fields, nil
		})
		if err != nil {
			rt.Fatal(err)
		}
		for n := 100; n < 200; n++ {
			found, err := contact.ByPhone(t.Context(), w.DB.Read(), w.Org.ID, fmt.Sprintf("+12125550%d", n))
			if err != nil || (len(found) == 1) != slices.Contains(numbers, n) {
				rt.Fatalf("0%d finds %d, %v", n, len(found), err)
			}
		}
		for _, e := range []string{"a@x.co", "b@x.co", "c@x.co"} {
			found, err := contact.ByEmail(t.Context(), w.DB.Read(), w.Org.ID, e)
			if err != nil || (len(found) == 1) != slices.ContainsFunc(emails, func(s string) bool { return strings.EqualFold(s, e) }) {
				rt.Fatalf("%s finds %d, %v", e, len(found), err)
			}
		}
	})
}

func TestMovesAndVersions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana := w.add(contact.Fields{Name: "Ana"})
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator), "tech": w.Actor("tech", perm.Technician), "reader": w.Actor("tech", perm.ReadOnly)}, w.Routes)
		path := "/api/contacts/" + ana.ID
		for _, step := range []struct {
			actor, method, body, match string
			want                       int
		}{
			{"reader", "GET", "", "", 200},
			{"reader", "PATCH", `{"vip": true}`, "", 403},
			{"reader", "DELETE", "", "", 403},
			{"tech", "PATCH", `{"vip": true}`, `If-Match: "1"`, 200},
			{"tech", "PATCH", `{"vip": false}`, `If-Match: "1"`, 412},
			{"tech", "PATCH", fmt.Sprintf(`{"customer_id": %q}`, w.other), "", 422},
			{"tech", "PATCH", `{"customer_name": "x"}`, "", 422},
			{"tech", "PATCH", `{"shield": {"state": "verified"}}`, "", 422},
			{"tech", "PUT", fmt.Sprintf(`{"customer_id": %q, "name": "Ana Maria", "phones": [{"number": "212 555 0123", "kind": "mobile"}]}`, w.acme), "", 200},
			{"admin", "PATCH", fmt.Sprintf(`{"customer_id": %q}`, w.other), "", 200},
			{"tech", "GET", "", "", 404},
			{"tech", "PATCH", `{"vip": true}`, "", 404},
			{"tech", "DELETE", "", "", 404},
			{"admin", "DELETE", "", `If-Match: "1"`, 412},
			{"admin", "DELETE", "", "", 204},
			{"admin", "DELETE", "", "", 404},
		} {
			if status, answer, _ := s.Do(step.actor, step.method, path, step.body, step.match); status != step.want {
				t.Errorf("%s %s %s: %d %v, want %d", step.actor, step.method, step.body, status, answer, step.want)
			}
		}
		for action, want := range map[string]int{"contact.create": 1, "contact.update": 3, "contact.delete": 1} {
			if n := w.Audited(action, audit.Success); n != want {
				t.Errorf("%s: %d events, want %d", action, n, want)
			}
		}
	})
}

func TestAttack43IDsOfANeighbour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana := w.add(contact.Fields{Name: "Ana", Emails: []string{"ana@example.com"}})
		other := w.Beside("Neighbour")
		s := w.Serve(map[string]access.Actor{"neighbour": other.Actor("n", perm.Administrator), "unassigned": w.Actor("stranger", perm.Manager)}, w.Routes)
		for _, actor := range []string{"neighbour", "unassigned"} {
			for method, body := range map[string]string{
				"GET": "", "PATCH": `{"name": "Mine"}`, "PUT": fmt.Sprintf(`{"customer_id": %q, "name": "Mine"}`, w.acme), "DELETE": "",
			} {
				if status, answer, _ := s.Do(actor, method, "/api/contacts/"+ana.ID, body); status != 404 || strings.Contains(fmt.Sprint(answer), "ana@") {
					t.Errorf("%s: %s: %d %v", actor, method, status, answer)
				}
			}
			if status, answer, _ := s.Do(actor, "POST", "/api/contacts", fmt.Sprintf(`{"customer_id": %q, "name": "x"}`, w.acme)); status != 422 {
				t.Errorf("%s creates there: %d %v", actor, status, answer)
			}
			if _, answer, _ := s.Do(actor, "GET", "/api/contacts?q=ana", ""); fmt.Sprint(answer["items"]) != "[]" {
				t.Errorf("%s finds %v", actor, answer)
			}
		}
	})
}
