package auditlog_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store/storetest"
)

// appended counts what those who follow the log were told.
func (w world) appended() (n int) {
	w.t.Helper()
	err := w.db.Read().QueryRowContext(w.t.Context(), `select count(*) from events_event where org_id = $1 and kind = 'audit.appended' and needs = $2`,
		org, string(perm.AdminAudit)).Scan(&n)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

func TestWhoFollowsTheLogHearsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := start(t, storetest.Open(t))
		look := func() {
			t.Helper()
			if err := w.service.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		act := func() {
			ctx := access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: "tec-1"})
			if err := w.log.Append(ctx, audit.Event{Action: "contact.update"}); err != nil {
				t.Fatal(err)
			}
		}
		act()
		look()
		if n := w.appended(); n != 0 {
			t.Errorf("%d events although nobody looks", n)
		}
		w.list("administrator", "")
		look() // learns how far the log goes
		for range 5 {
			act()
		}
		look()
		look()
		if n := w.appended(); n != 1 {
			t.Errorf("%d events for what happened within a second", n)
		}
		act()
		look()
		if n := w.appended(); n != 2 {
			t.Errorf("%d events", n)
		}
		time.Sleep(3 * time.Minute)
		act()
		look()
		if n := w.appended(); n != 2 {
			t.Errorf("%d events although nobody looks any more", n)
		}
	})
}

func TestASpreadsheetOfTheLog(t *testing.T) {
	w := start(t, storetest.Open(t))
	ctx := access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: "tec-1", Name: "=HYPERLINK(1)", Address: "192.0.2.7"})
	err := w.log.Append(ctx, audit.Event{Action: "customer.update", CustomerID: "cus-1", Before: map[string]any{"name": "A"}, After: map[string]any{"name": "+B"}})
	if err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]int{"": 401, "technician": 403, "administrator": 403, "owner": 200} {
		if out := w.get(who, "/api/audit.csv"); out.Code != want {
			t.Errorf("%q: %d", who, out.Code)
		}
	}
	out := w.get("owner", "/api/audit.csv?customer_id=cus-1")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.Body.String(), "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%q, %v", rows, err)
	}
	at := func(column string) string { return rows[1][slices.Index(rows[0], column)] }
	if at("actor") != "'=HYPERLINK(1)" || at("action") != "customer.update" || at("changes") != "name: A -> +B" || at("address") != "192.0.2.7" {
		t.Errorf("%q", rows[1])
	}
	if all := w.get("owner", "/api/audit.csv"); strings.Count(all.Body.String(), "\r\n") < 8 {
		t.Errorf("the whole log: %s", all.Body)
	}
	if n := w.count("audit.export"); n != 3 {
		t.Errorf("%d exports in the log", n)
	}
}

func TestFiltersOfTheEdge(t *testing.T) {
	w := start(t, storetest.Open(t))
	for query, want := range map[string]int{
		"q=carla": 5, "q=zebra": 0, "address=192.0.2.7": 6, "address=198.": 0, "target=con-1": 2, "outcome=denied": 1, "ticket_id=x": 0, "customer_id=x": 0,
	} {
		if got := w.list("administrator", query); len(got.Items) != want {
			t.Errorf("%s: %d events, want %d", query, len(got.Items), want)
		}
	}
	for _, bad := range []string{"address=" + strings.Repeat("1", 46), "q=" + strings.Repeat("x", 201), "cursor=x", "outcome=maybe"} {
		if out := w.get("administrator", "/api/audit?"+bad); out.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", bad, out.Code)
		}
	}
}
