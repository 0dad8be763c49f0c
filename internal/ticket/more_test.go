package ticket_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

func (w *world) begin(summary string) ticket.Ticket {
	w.T.Helper()
	t, err := w.Create(w.Admin(), ticket.Fields{CustomerID: w.acme, Summary: summary})
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

func (w *world) standing(technicianID, status, state string) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), `update technician set status = $1, state = $2 where org_id = $3 and id = $4`, status, state, w.Org.ID, technicianID)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

func TestWhoCanHaveATicket(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var told []string
		w.OnAssigned(func(_ context.Context, _ *store.Tx, tk ticket.Ticket) error {
			told = append(told, tk.AssignedTo.ID)
			return nil
		})
		w.World.Assign("elsewhere", w.other)
		w.World.Assign("away", w.acme)
		w.standing("away", "suspended", "activated")
		w.World.Assign("invited", w.acme)
		w.standing("invited", "active", "invitation")
		tk := w.begin("Printer")
		for name, tc := range map[string]struct{ to, want string }{
			"nobody known":           {"nobody", "ticket.assignee_unknown"},
			"suspended":              {"away", "ticket.assignee_not_active"},
			"only invited":           {"invited", "ticket.assignee_not_active"},
			"of other customers":     {"elsewhere", "ticket.assignee_not_allowed"},
			"of this customer":       {"tech", ""},
			"the same person again":  {"tech", ""},
			"nobody":                 {"", ""},
			"and nobody once more":   {"", ""},
			"somebody of a neighbor": {w.Beside("Neighbor").Org.ID, "ticket.assignee_unknown"},
		} {
			got, err := w.Service.Assign(w.Admin(), tk.ID, tc.to)
			if fault.CodeOf(err) != tc.want || (err == nil && got.AssignedTo.ID != tc.to) {
				t.Errorf("%s: %+v, %v", name, got.AssignedTo, err)
			}
		}
		for role, want := range map[perm.Role]string{perm.ReadOnly: "access.denied", perm.Technician: ""} {
			if _, err := w.Service.Assign(w.As("tech", role), tk.ID, "tech"); fault.CodeOf(err) != want {
				t.Errorf("%s takes it: %v", role, err)
			}
		}
		if slices.Contains(told, "") || len(told) == 0 {
			t.Errorf("told %q", told)
		}
		told = nil
		if _, err := w.Service.Assign(w.As("tech", perm.Technician), w.begin("Mine").ID, "tech"); err != nil || len(told) != 0 {
			t.Errorf("who takes a ticket is told of it: %v, %v", told, err)
		}
	})
}

// A suspended technician stays named on the tickets that somebody has to take over.
func TestAnAssigneeWhoIsAwayStaysNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tk := w.begin("Printer")
		if _, err := w.Service.Assign(w.Admin(), tk.ID, "tech"); err != nil {
			t.Fatal(err)
		}
		w.standing("tech", "suspended", "activated")
		got, err := w.Find(w.Admin(), tk.ID)
		if err != nil || got.AssignedTo.Name != "tech" || got.AssignedTo.Active {
			t.Errorf("%+v, %v", got.AssignedTo, err)
		}
	})
}

func TestFilters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		change := func(tk ticket.Ticket, status ticket.Status, p ticket.Priority) {
			_, err := w.Update(w.Admin(), tk.ID, func(tk ticket.Ticket) (ticket.Fields, error) {
				tk.Status, tk.Priority = status, p
				return tk.Fields, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		a, b, c := w.begin("A"), w.begin("B"), w.begin("C")
		change(b, ticket.Waiting, ticket.Urgent)
		change(c, ticket.Closed, ticket.Low)
		if _, err := w.Service.Assign(w.Admin(), a.ID, "tech"); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			query ticket.Query
			want  []string
		}{
			"waiting":       {ticket.Query{Status: ticket.Waiting}, []string{"B"}},
			"not closed":    {ticket.Query{Status: ticket.Unclosed}, []string{"A", "B"}},
			"urgent":        {ticket.Query{Priority: ticket.Urgent}, []string{"B"}},
			"normal":        {ticket.Query{Priority: ticket.Normal}, []string{"A"}},
			"mine":          {ticket.Query{AssignedTo: ticket.Me}, []string{"A"}},
			"nobody's":      {ticket.Query{AssignedTo: ticket.Nobody}, []string{"B", "C"}},
			"somebody's":    {ticket.Query{AssignedTo: "tech"}, []string{"A"}},
			"nobody's open": {ticket.Query{AssignedTo: ticket.Nobody, Status: ticket.Unclosed}, []string{"B"}},
		} {
			tc.query.Sort, tc.query.Limit = "number", 50
			found, _, err := w.List(w.As("tech", perm.Technician), tc.query)
			var got []string
			for _, tk := range found {
				got = append(got, tk.Summary)
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("%s: %v, %v", name, got, err)
			}
		}
		closed, err := w.Find(w.Admin(), c.ID)
		if err != nil || closed.ClosedAt.IsZero() {
			t.Errorf("%+v, %v", closed, err)
		}
		change(c, ticket.Waiting, ticket.Low)
		if again, err := w.Find(w.Admin(), c.ID); err != nil || !again.ClosedAt.IsZero() {
			t.Errorf("%+v, %v", again, err)
		}
		if n := w.Audited("ticket.reopen", audit.Success); n != 1 {
			t.Errorf("%d reopened", n)
		}
	})
}

// The pages of a time line hold everything once, whichever slice it comes from.
func TestTimelineHoldsEverythingOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		tk := w.begin("Printer")
		begun := store.Now()
		w.TimelineFrom(func(_ context.Context, _ store.Querier, _, _ string, before time.Time, limit int) (out []ticket.Happening, _ error) {
			for i := 9; i >= 0; i-- {
				at := begun.Add(time.Duration(i) * time.Millisecond)
				if (before.IsZero() || at.Before(before)) && len(out) < limit {
					out = append(out, ticket.Happening{Kind: "verification", At: at, Facts: map[string]string{"id": fmt.Sprint(i)}})
				}
			}
			return out, nil
		})
		for i := range 8 {
			if _, err := w.WriteNote(w.Admin(), tk.ID, ticket.Note{Body: fmt.Sprint("note ", i), Visibility: ticket.Internal}); err != nil {
				t.Fatal(err)
			}
			_, err := w.Update(w.Admin(), tk.ID, func(tk ticket.Ticket) (ticket.Fields, error) {
				tk.Summary = fmt.Sprint("Printer ", i)
				return tk.Fields, nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		seen, last := map[string]int{}, time.Time{}
		for cursor := ""; ; {
			page, next, err := w.Timeline(w.As("tech", perm.ReadOnly), tk.ID, store.Page{Limit: 5, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range page {
				if !last.IsZero() && h.At.After(last) {
					t.Errorf("%v comes after %v", h.At, last)
				}
				last = h.At
				key := fmt.Sprint(h.Kind, h.Facts["id"], h.After)
				if h.Note != nil {
					key = h.Note.Body
				}
				seen[key]++
			}
			if cursor = next; next == "" {
				break
			}
		}
		if len(seen) != 8+9+10 { // notes; the creation and its changes; verifications
			t.Errorf("%d happenings: %v", len(seen), seen)
		}
		for key, n := range seen {
			if n != 1 {
				t.Errorf("%s is there %d times", key, n)
			}
		}
	})
}

func TestQuickTickets(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{
			"admin": w.Actor("admin", perm.Administrator), "tech": w.Actor("tech", perm.Technician),
		}, w.Routes)
		same := "Sec-Fetch-Site: same-origin"
		status, made, header := s.Do("admin", http.MethodPost, "/api/ticket-templates", `{"name":"New laptop","summary":"Laptop for a new colleague","priority":"low"}`, same)
		if status != http.StatusCreated {
			t.Fatalf("%d %v", status, made)
		}
		path := header.Get("Location")
		for name, tc := range map[string]struct {
			who, method, path, body string
			status                  int
		}{
			"the same name":          {"admin", http.MethodPost, "/api/ticket-templates", `{"name":"NEW laptop","summary":"x"}`, 422},
			"no summary":             {"admin", http.MethodPost, "/api/ticket-templates", `{"name":"X"}`, 422},
			"an unknown priority":    {"admin", http.MethodPatch, path, `{"priority":"now"}`, 422},
			"a technician reads":     {"tech", http.MethodGet, path, "", 200},
			"a technician changes":   {"tech", http.MethodPatch, path, `{"name":"Mine"}`, 403},
			"a technician deletes":   {"tech", http.MethodDelete, path, "", 403},
			"an administrator edits": {"admin", http.MethodPatch, path, `{"priority":"high"}`, 200},
		} {
			if status, got, _ := s.Do(tc.who, tc.method, tc.path, tc.body, same); status != tc.status {
				t.Errorf("%s: %d %v", name, status, got)
			}
		}
		if _, page, _ := s.Do("tech", http.MethodGet, "/api/ticket-templates?q=laptop", ""); len(page["items"].([]any)) != 1 { //nolint:forcetypeassert // a list
			t.Errorf("%v", page)
		}
		if status, _, _ := s.Do("admin", http.MethodDelete, path, "", same); status != http.StatusNoContent {
			t.Errorf("delete: %d", status)
		}
	})
}

// Mass assignment (attack 40): who a ticket belongs to is not a field of it.
func TestAttack40AssigningByEditing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.Routes)
		tk := w.begin("Printer")
		for _, field := range []string{`"assigned_to":"tech"`, `"assigned_to":{"id":"tech"}`, `"source":"psa"`, `"number":1`, `"created_by":null`} {
			if status, got, _ := s.Do("admin", http.MethodPatch, "/api/tickets/"+tk.ID, "{"+field+"}", "Sec-Fetch-Site: same-origin"); status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %v", field, status, got)
			}
		}
	})
}
