package customer_test

import (
	"fmt"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

func TestWhatIsKeptAboutACustomer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(w.Admin(), customer.Fields{Name: "Acme", Phone: "(212) 555-0100", Website: "www.example.com/about", Address: "1 Main St\nNew York"})
		if err != nil || c.Status != customer.Active || c.Phone != "+12125550100" || c.Website != "https://www.example.com/about" {
			t.Errorf("%+v, %v", c.Fields, err)
		}
		for name, f := range map[string]customer.Fields{
			"a script":         {Name: "X", Website: "javascript:alert(1)"},
			"a script in full": {Name: "X", Website: "javascript://example.com/%0aalert(1)"},
			"a file":           {Name: "X", Website: "file:///etc/passwd"},
			"somebody's name":  {Name: "X", Website: "https://a@example.com"},
			"no host":          {Name: "X", Website: "https://"},
			"a status":         {Name: "X", Status: "gone"},
			"a phone":          {Name: "X", Phone: "12"},
		} {
			if _, err := w.Create(w.Admin(), f); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		left := w.add("Left")
		if _, err := w.Update(w.Admin(), left.ID, func(c customer.Customer) (customer.Fields, error) { c.Status = customer.Inactive; return c.Fields, nil }); err != nil {
			t.Fatal(err)
		}
		for status, want := range map[customer.Status]int{"": 2, customer.Active: 1, customer.Inactive: 1} {
			if found, _, err := w.List(w.Admin(), customer.Query{Status: status, Page: store.Page{Limit: 50}}); err != nil || len(found) != want {
				t.Errorf("%q: %d, %v", status, len(found), err)
			}
		}
	})
}

func TestWhoReachesACustomer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.add("Acme")
		w.Assign("direct", c.ID)
		w.Assign("both", c.ID)
		for _, who := range []string{"member", "admin", "away", "stranger"} {
			w.Assign(who)
		}
		err := w.DB.Write(t.Context(), func(tx *store.Tx) error {
			for _, statement := range []string{
				`insert into team (org_id, id, name, name_key, description, search_text, created_at, updated_at, version) values ($1, 'team', 'North', 'north', '', '', 1, 1, 1)`,
				fmt.Sprintf(`insert into team_customer (org_id, team_id, customer_id) values ($1, 'team', '%s')`, c.ID),
				`insert into team_member (org_id, team_id, technician_id, member, lead) values ($1, 'team', 'member', true, false), ($1, 'team', 'both', true, true), ($1, 'team', 'away', true, false)`,
				`update technician set platform_role = 'administrator' where org_id = $1 and id = 'admin'`,
				`update technician set status = 'suspended' where org_id = $1 and id = 'away'`,
			} {
				if _, err := tx.ExecContext(t.Context(), statement, w.Org.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.People(w.As("direct", perm.ReadOnly), c.ID)
		if err != nil || len(p.Teams) != 1 || p.Teams[0].Name != "North" {
			t.Fatalf("%+v, %v", p, err)
		}
		got := map[string]string{}
		for _, who := range p.Technicians {
			got[who.ID] = fmt.Sprint(who.Via, who.Active)
		}
		want := map[string]string{"direct": "directtrue", "both": "directtrue", "member": "teamtrue", "away": "teamfalse", "admin": "roletrue"}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
		if _, err := w.People(w.As("stranger", perm.Manager), c.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
	})
}
