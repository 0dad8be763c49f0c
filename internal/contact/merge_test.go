package contact_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

func TestMergeUnites(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana := w.add(contact.Fields{Name: "Ana Bianchi", Emails: []string{"ana@example.com"}, Custom: map[string]string{"Desk": "4"}, Notes: "Knows the door code."})
		twin := w.add(contact.Fields{
			Name: "A. Bianchi", JobTitle: "CFO", Department: "Finance", Emails: []string{"ANA@example.com", "cfo@example.com"}, VIP: true, Approver: true,
			Phones: []contact.Phone{{Number: "+12125550123"}}, Custom: map[string]string{"Desk": "9", "Badge": "17"}, Notes: "Leaves at four.",
		})
		old := w.add(contact.Fields{Name: "Ana", JobTitle: "Boss"})
		c, err := w.Merge(w.Admin(), ana.ID, []string{twin.ID, old.ID}, fine)
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != "Ana Bianchi" || c.JobTitle != "CFO" || c.Department != "Finance" || !c.VIP || c.Approver || c.Version != 2 {
			t.Errorf("%+v", c)
		}
		if !slices.Equal(c.Emails, []string{"ana@example.com", "cfo@example.com"}) || len(c.Phones) != 1 || c.Custom["Desk"] != "4" || c.Custom["Badge"] != "17" {
			t.Errorf("%+v", c.Fields)
		}
		if !strings.Contains(c.Notes, "door code") || !strings.Contains(c.Notes, "at four") {
			t.Errorf("notes %q", c.Notes)
		}
		if n := w.Audited("contact.merge", audit.Success)*10 + w.Audited("contact.merged", audit.Success); n != 12 {
			t.Errorf("audited %d", n)
		}
		if found, err := contact.ByPhone(t.Context(), w.DB.Read(), w.Org.ID, "+12125550123"); err != nil || len(found) != 1 || found[0].ID != ana.ID {
			t.Errorf("by phone: %v, %v", found, err)
		}
	})
}

func TestWhatCannotBeMerged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana, mia := w.add(contact.Fields{Name: "Ana"}), w.add(contact.Fields{Name: "Mia"})
		far := w.add(contact.Fields{Name: "Far", CustomerID: w.other})
		var many []string
		for i := range 21 {
			many = append(many, fmt.Sprint(i))
		}
		for name, tc := range map[string]struct {
			into   string
			others []string
			want   string
		}{
			"nothing":           {ana.ID, nil, "contact.merge_self"},
			"itself":            {ana.ID, []string{ana.ID}, "contact.merge_self"},
			"one twice":         {ana.ID, []string{mia.ID, mia.ID}, "contact.merge_self"},
			"too many":          {ana.ID, many, "contact.merge_self"},
			"nobody":            {ana.ID, []string{"x"}, "contact.unknown"},
			"another customer":  {ana.ID, []string{far.ID}, "contact.merge_customers"},
			"into nobody":       {"x", []string{ana.ID}, "contact.not_found"},
			"one of a neighbor": {ana.ID, []string{w.neighbors().ID}, "contact.unknown"},
		} {
			if _, err := w.Merge(w.Admin(), tc.into, tc.others, fine); fault.CodeOf(err) != tc.want {
				t.Errorf("%s: %v, want %s", name, err, tc.want)
			}
		}
		// Who does not reach the other customer does not learn that there is somebody.
		if _, err := w.Merge(w.As("tech", perm.Technician), ana.ID, []string{far.ID}, fine); fault.CodeOf(err) != "contact.unknown" {
			t.Errorf("unseen: %v", err)
		}
		if _, err := w.Merge(w.As("tech", perm.ReadOnly), ana.ID, []string{mia.ID}, fine); fault.CodeOf(err) != "access.denied" {
			t.Errorf("read only: %v", err)
		}
		full := func(name string, from int) contact.Contact {
			f := contact.Fields{Name: name}
			for i := range 6 {
				f.Emails = append(f.Emails, fmt.Sprintf("a%d@example.com", from+i))
			}
			return w.add(f)
		}
		a, b := full("A", 0), full("B", 10)
		if _, err := w.Merge(w.Admin(), a.ID, []string{b.ID}, fine); fault.CodeOf(err) != "contact.merge_too_much" {
			t.Errorf("too much: %v", err)
		}
		if _, err := w.Find(w.Admin(), b.ID); err != nil {
			t.Errorf("a merge that failed left something behind: %v", err)
		}
	})
}

func (w *world) neighbors() contact.Contact {
	w.T.Helper()
	beside := w.Beside("Neighbor")
	now := store.Now().UnixMicro()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), `
			insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
			values ($1, 'far', 'Far', 'far', '[]', '', '', $2, $2, 1)`, beside.Org.ID, now)
		if err == nil {
			_, err = tx.ExecContext(w.T.Context(), `
				insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version)
				values ($1, 'theirs', 'far', 'Theirs', 'theirs', '', '[]', '[]', '', false, false, '', '', $2, $2, 1)`, beside.Org.ID, now)
		}
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	return contact.Contact{ID: "theirs"}
}

// Old addresses of the console say what became of a contact, also after what it became was merged itself, and nothing to who may not know.
func TestMergedIdsAreGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, b, c := w.add(contact.Fields{Name: "A"}), w.add(contact.Fields{Name: "B"}), w.add(contact.Fields{Name: "C"})
		for _, pair := range [][2]string{{b.ID, a.ID}, {c.ID, b.ID}} {
			if _, err := w.Merge(w.Admin(), pair[0], []string{pair[1]}, fine); err != nil {
				t.Fatal(err)
			}
		}
		w.Assign("elsewhere", w.other)
		s := w.Serve(map[string]access.Actor{"tech": w.Actor("tech", perm.Technician), "elsewhere": w.Actor("elsewhere", perm.Technician)}, w.Routes)
		for _, id := range []string{a.ID, b.ID} {
			if status, got, _ := s.Do("tech", http.MethodGet, "/api/contacts/"+id, ""); status != http.StatusNotFound || got["code"] != "contact.merged" {
				t.Errorf("%d %v", status, got)
			}
			if status, got, _ := s.Do("elsewhere", http.MethodGet, "/api/contacts/"+id, ""); status != http.StatusNotFound || got["code"] == "contact.merged" {
				t.Errorf("to a stranger: %d %v", status, got)
			}
		}
	})
}

func TestDuplicates(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mobile := []contact.Phone{{Number: "+12125550123", Kind: "mobile"}}
		office := []contact.Phone{{Number: "+12125550100", Kind: "landline"}}
		w.add(contact.Fields{Name: "Ana", Emails: []string{"a@example.com"}, Phones: office})
		w.add(contact.Fields{Name: "Anna", Emails: []string{"A@example.com"}, Phones: office})
		w.add(contact.Fields{Name: "Bob", Phones: mobile})
		w.add(contact.Fields{Name: "Robert", Phones: mobile})
		for range 3 {
			w.add(contact.Fields{Name: "Émile Durand"})
		}
		w.add(contact.Fields{Name: "Alone", CustomerID: w.other, Emails: []string{"a@example.com"}, Phones: mobile})
		got := map[string]int{}
		found, err := w.Duplicates(w.As("tech", perm.Technician), "", 50)
		for _, d := range found {
			got[d.Reason] = len(d.Contacts)
		}
		if err != nil || len(found) != 3 || got["same_email"] != 2 || got["same_phone"] != 2 || got["same_name"] != 3 {
			t.Errorf("%v, %v", got, err)
		}
		w.Assign("elsewhere", w.other)
		if found, err := w.Duplicates(w.As("elsewhere", perm.Technician), "", 50); err != nil || len(found) != 0 {
			t.Errorf("elsewhere: %v, %v", found, err)
		}
	})
}

func TestHistoryTellsWhoChangedWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ana := w.add(contact.Fields{Name: "Ana"})
		for i := range 3 {
			_, err := w.Update(w.As("tech", perm.Technician), ana.ID, func(c contact.Contact) (contact.Fields, error) {
				c.JobTitle = fmt.Sprint("Level ", i)
				return c.Fields, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		s := w.Serve(map[string]access.Actor{"reader": w.Actor("tech", perm.ReadOnly), "elsewhere": w.Actor("elsewhere", perm.ReadOnly)}, w.Routes)
		path := "/api/contacts/" + ana.ID + "/history?limit=3"
		_, page, _ := s.Do("reader", http.MethodGet, path, "")
		items, _ := page["items"].([]any)
		if len(items) != 3 || page["next_cursor"] == nil {
			t.Fatalf("%v", page)
		}
		latest, _ := items[0].(map[string]any)
		if fmt.Sprint(latest["changes"]) != "map[job_title:map[after:Level 2 before:Level 1]]" || latest["address"] != nil || latest["device"] != nil {
			t.Errorf("%v", latest)
		}
		_, rest, _ := s.Do("reader", http.MethodGet, path+"&cursor="+fmt.Sprint(page["next_cursor"]), "")
		if items, _ := rest["items"].([]any); len(items) != 1 || rest["next_cursor"] != nil {
			t.Errorf("%v", rest)
		}
		if status, _, _ := s.Do("elsewhere", http.MethodGet, path, ""); status != http.StatusNotFound {
			t.Errorf("elsewhere: %d", status)
		}
	})
}

func TestFieldsOfASourceAreEditedThere(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b, err := w.Batch(w.Admin())
		if err != nil {
			t.Fatal(err)
		}
		made := map[string]contact.Contact{}
		err = w.DB.Write(w.Admin(), func(tx *store.Tx) error {
			for _, source := range []string{"csv", "psa"} {
				f, err := b.Prepare(contact.Fields{CustomerID: w.acme, Name: "Ana", Source: source, SourceID: "17"})
				if err != nil {
					return err
				}
				if made[source], err = b.CreateIn(w.Admin(), tx, f); err != nil {
					return err
				}
			}
			return b.Tell(w.Admin(), tx)
		})
		if err != nil {
			t.Fatal(err)
		}
		rename := func(c contact.Contact) (contact.Fields, error) { c.Name = "Other"; return c.Fields, nil }
		note := func(c contact.Contact) (contact.Fields, error) { c.Notes, c.VIP = "x", true; return c.Fields, nil }
		claim := func(c contact.Contact) (contact.Fields, error) { c.Source, c.Notes = "", "y"; return c.Fields, nil }
		for name, tc := range map[string]struct {
			source string
			change func(contact.Contact) (contact.Fields, error)
			want   string
		}{
			"a file gave it":       {"csv", rename, ""},
			"another system's":     {"psa", rename, "contact.sourced"},
			"what only we know":    {"psa", note, ""},
			"no way to disown one": {"psa", claim, ""},
		} {
			c, err := w.Update(w.Admin(), made[tc.source].ID, tc.change)
			if fault.CodeOf(err) != tc.want || (err == nil && c.Source != tc.source) {
				t.Errorf("%s: %+v, %v", name, c.Fields, err)
			}
		}
		into := w.add(contact.Fields{Name: "Ana Bianchi"})
		if _, err := w.Merge(w.Admin(), into.ID, []string{made["csv"].ID, made["psa"].ID}, fine); err != nil {
			t.Fatal(err)
		}
		for _, source := range []string{"csv", "psa"} {
			if c, err := contact.BySource(t.Context(), w.DB.Read(), w.Org.ID, source, "17"); err != nil || c.ID != into.ID {
				t.Errorf("%s finds %+v, %v", source, c, err)
			}
		}
	})
}

// Mass assignment (attack 40): what only imports and merges set is no field of a request.
func TestAttack40FieldsThatNobodySets(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.Routes)
		ana := w.add(contact.Fields{Name: "Ana"})
		for _, field := range []string{`"source":"psa"`, `"source_id":"1"`, `"org_id":"x"`, `"id":"x"`, `"version":9`, `"shield":{}`, `"opted_out":[]`, `"created_at":"2020-01-01T00:00:00Z"`} {
			for method, path := range map[string]string{http.MethodPost: "/api/contacts", http.MethodPatch: "/api/contacts/" + ana.ID} {
				body := fmt.Sprintf(`{"name":"X","customer_id":%q,%s}`, w.acme, field)
				if status, got, _ := s.Do("admin", method, path, body, "Sec-Fetch-Site: same-origin"); status != http.StatusUnprocessableEntity {
					t.Errorf("%s with %s: %d %v", method, field, status, got)
				}
			}
		}
	})
}
