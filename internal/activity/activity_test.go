package activity_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/activity"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestActivity(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := organizationtest.New(t, db, "Blue Harbor IT")
		ana, bob := id.New(), id.New()
		w.Assign(bob)
		acme, err := customer.New(db, w.Guard, w.Audit, w.Events).Create(w.Admin(), customer.Fields{Name: "Acme"})
		if err != nil {
			t.Fatal(err)
		}
		w.Assign(ana, acme.ID)
		as := func(who string, e audit.Event) {
			t.Helper()
			ctx := access.WithActor(t.Context(), access.Actor{OrgID: w.Org.ID, Kind: access.Technician, ID: who, Name: who, Address: "192.0.2.7"})
			if who == "" {
				ctx = access.WithActor(t.Context(), access.Actor{OrgID: w.Org.ID, Address: "198.51.100.9"})
			}
			if err := w.Audit.Append(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		self := []audit.Target{{Type: "technician", ID: ana, Name: "Ana"}}
		as(ana, audit.Event{Action: "session.create", Targets: self})
		as("", audit.Event{Action: "session.create", Outcome: audit.Denied, Reason: "signin.wrong", Targets: self})
		as(ana, audit.Event{Action: "contact.update", CustomerID: acme.ID})
		as(ana, audit.Event{Action: "ticket.close", CustomerID: acme.ID, Outcome: audit.Denied, Reason: "access.denied"})
		as(bob, audit.Event{Action: "technician.update", Targets: self})
		as(bob, audit.Event{Action: "contact.update", CustomerID: acme.ID})

		s := activity.New(db, w.Guard, w.Audit)
		server := w.Serve(map[string]access.Actor{
			"ana": w.Actor(ana, perm.ReadOnly), "bob": w.Actor(bob, perm.Manager), "admin": w.Actor("admin", perm.Administrator),
			"theirs": w.Beside("Neighbor").Actor("admin", perm.Administrator),
		}, s.Routes)
		path := "/api/technicians/" + ana + "/activity?kind="
		for kind, want := range map[string]int{"sign_ins": 2, "actions": 3, "failures": 2, "customers": 1} {
			for _, who := range []string{"ana", "admin"} {
				status, got, _ := server.Do(who, http.MethodGet, path+kind, "")
				items, _ := got["items"].([]any)
				if status != http.StatusOK || len(items) != want {
					t.Errorf("%s of ana by %s: %d with %d items: %v", kind, who, status, len(items), got)
				}
			}
		}
		for who, want := range map[string]int{"bob": 403, "theirs": 404} {
			if status, got, _ := server.Do(who, http.MethodGet, path+"actions", ""); status != want {
				t.Errorf("by %s: %d %v", who, status, got)
			}
		}
		_, got, _ := server.Do("ana", http.MethodGet, path+"customers", "")
		if item := fmt.Sprint(got["items"]); item == "" || got["items"].([]any)[0].(map[string]any)["customer_name"] != "Acme" { //nolint:forcetypeassert // as asked above
			t.Errorf("%v", item)
		}
		seen := 0
		for cursor := ""; ; {
			_, page, _ := server.Do("admin", http.MethodGet, path+"failures&limit=1&cursor="+cursor, "")
			seen += len(page["items"].([]any)) //nolint:forcetypeassert // a list
			if cursor, _ = page["next_cursor"].(string); cursor == "" {
				break
			}
		}
		if seen != 2 {
			t.Errorf("%d failures in pages of one", seen)
		}
		if status, _, _ := server.Do("ana", http.MethodGet, path+"actions&from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", ""); status != http.StatusUnprocessableEntity {
			t.Errorf("a period that ends before it begins: %d", status)
		}
	})
}

// TestAttack43ActivityOfCustomersOnceReached reads in one's own activity what stands about customers whom one no longer reaches, where
// administrators were, and with a token made for tickets what its owner did.
func TestAttack43ActivityOfCustomersOnceReached(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := organizationtest.New(t, db, "Blue Harbor IT")
		ana, kept, lost := id.New(), id.New(), id.New()
		customers := customer.New(db, w.Guard, w.Audit, w.Events)
		for name, key := range map[string]*string{"Kept": &kept, "Lost": &lost} {
			c, err := customers.Create(w.Admin(), customer.Fields{Name: name})
			if err != nil {
				t.Fatal(err)
			}
			*key = c.ID
		}
		w.Assign(ana, kept)
		record := func(by access.Actor, e audit.Event) {
			t.Helper()
			if err := w.Audit.Append(access.WithActor(t.Context(), by), e); err != nil {
				t.Fatal(err)
			}
		}
		self := w.Actor(ana, perm.Technician)
		for _, c := range []string{kept, lost} {
			record(self, audit.Event{
				Action: "contact.update", CustomerID: c, Targets: []audit.Target{{Type: "contact", ID: "p", Name: "Pia of " + c}},
				After: map[string]any{"emails": "pia@" + c}, Detail: map[string]any{"note": "at " + c},
			})
		}
		boss := w.Actor("boss", perm.Administrator)
		boss.Address, boss.Device = "192.0.2.99", "Firefox on Linux"
		record(boss, audit.Event{Action: "factors.reset", Targets: []audit.Target{{Type: "technician", ID: ana, Name: "Ana"}}})

		narrow := self
		narrow.Kind, narrow.TokenID, narrow.Ceiling = access.Token, "k", perm.Set{perm.TicketView: true}
		manages := boss
		manages.Kind, manages.TokenID, manages.Ceiling = access.Token, "m", perm.Set{perm.AdminTechnicians: true}
		server := w.Serve(map[string]access.Actor{"ana": self, "boss": boss, "narrow": narrow, "manages": manages}, activity.New(db, w.Guard, w.Audit).Routes)
		for _, tc := range []struct {
			who, kind    string
			status       int
			shows, hides []string
		}{
			{"ana", "actions", 200, []string{"Pia of " + kept, "pia@" + kept}, []string{lost, "Lost"}},
			{"ana", "customers", 200, []string{"Kept"}, []string{lost, "Lost"}},
			{"ana", "sign_ins", 200, []string{"factors.reset"}, []string{"192.0.2.99", "Firefox"}},
			{"boss", "actions", 200, []string{"Pia of " + lost, "pia@" + lost}, nil},
			{"boss", "sign_ins", 200, []string{"192.0.2.99"}, nil},
			{"manages", "actions", 200, []string{"contact.update"}, []string{"pia@", lost, kept}},
			{"narrow", "actions", 403, nil, []string{kept, lost}},
		} {
			status, got, _ := server.Do(tc.who, http.MethodGet, "/api/technicians/"+ana+"/activity?kind="+tc.kind, "")
			text := fmt.Sprint(got)
			if status != tc.status {
				t.Errorf("%s of ana by %s: %d", tc.kind, tc.who, status)
			}
			for _, s := range tc.shows {
				if !strings.Contains(text, s) {
					t.Errorf("%s of ana by %s without %s: %s", tc.kind, tc.who, s, text)
				}
			}
			for _, s := range tc.hides {
				if strings.Contains(text, s) {
					t.Errorf("%s of ana by %s with %s: %s", tc.kind, tc.who, s, text)
				}
			}
		}
	})
}
