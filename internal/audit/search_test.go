package audit_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// story appends a few events that differ in everything that one can look for.
func story(t *testing.T, l *audit.Log) {
	t.Helper()
	for _, e := range []struct {
		who, name, address string
		event              audit.Event
	}{
		{"tec-1", "Renée Dubois", "192.0.2.7", audit.Event{Action: "contact.update", CustomerID: "cus-1", Targets: []audit.Target{{Type: "contact", ID: "con-1", Name: "Ana Bianchi"}}, Before: map[string]any{"job_title": "Clerk"}, After: map[string]any{"job_title": "CFO"}}},
		{"tec-1", "Renée Dubois", "192.0.2.70", audit.Event{Action: "ticket.close", CustomerID: "cus-1", TicketID: "tic-1"}},
		{"tec-2", "Bob", "198.51.100.9", audit.Event{Action: "verification.start", CustomerID: "cus-2", TicketID: "tic-2", Detail: map[string]any{"method": "sms_code", "numbers": []any{"7", "8"}}}},
		{"tec-2", "Bob", "198.51.100.9", audit.Event{Action: "contact.delete", Outcome: audit.Denied, Reason: "access.denied", CustomerID: "cus-2"}},
	} {
		ctx := access.WithActor(t.Context(), access.Actor{OrgID: org, Kind: access.Technician, ID: e.who, Name: e.name, Address: e.address})
		if err := l.Append(ctx, e.event); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatCanBeLookedFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		l := newLog(t, db)
		story(t, l)
		for name, tc := range map[string]struct {
			f    audit.Filter
			want []int64
		}{
			"customer":             {audit.Filter{Customer: "cus-1"}, []int64{2, 1}},
			"ticket":               {audit.Filter{Ticket: "tic-2"}, []int64{3}},
			"areas":                {audit.Filter{Areas: []string{"ticket", "verification"}}, []int64{3, 2}},
			"trouble":              {audit.Filter{Trouble: true}, []int64{4}},
			"denied":               {audit.Filter{Outcome: audit.Denied}, []int64{4}},
			"success":              {audit.Filter{Outcome: audit.Success, ActorID: "tec-2"}, []int64{3}},
			"a whole address":      {audit.Filter{Address: "192.0.2.70"}, []int64{2}},
			"its beginning":        {audit.Filter{Address: "192.0.2."}, []int64{2, 1}},
			"a name, folded":       {audit.Filter{Text: "RENEE"}, []int64{2, 1}},
			"a target":             {audit.Filter{Text: "bianchi"}, []int64{1}},
			"a value":              {audit.Filter{Text: "cfo"}, []int64{1}},
			"what it was before":   {audit.Filter{Text: "clerk"}, []int64{1}},
			"a detail in a list":   {audit.Filter{Text: "sms_code"}, []int64{3}},
			"several words":        {audit.Filter{Text: "dubois clerk"}, []int64{1}},
			"a reason":             {audit.Filter{Text: "access.denied"}, []int64{4}},
			"words and a customer": {audit.Filter{Text: "bob", Customer: "cus-2", Ticket: "tic-2"}, []int64{3}},
			"nothing like it":      {audit.Filter{Text: "zebra"}, nil},
			"no customer":          {audit.Filter{Customer: "cus-9"}, nil},
		} {
			found, next, _, err := l.Search(t.Context(), org, tc.f, 0, 50)
			var seqs []int64
			for _, e := range found {
				seqs = append(seqs, e.Seq)
			}
			if err != nil || next != 0 || !slices.Equal(seqs, tc.want) {
				t.Errorf("%s: %v, next %d, %v; want %v", name, seqs, next, err, tc.want)
			}
		}
		// What another organization did is not found by anything.
		if found, _, _, err := l.Search(t.Context(), "other", audit.Filter{Text: "bob"}, 0, 50); err != nil || len(found) != 0 {
			t.Errorf("a neighbour finds %v, %v", found, err)
		}
		used, err := l.CustomersOf(t.Context(), org, "tec-2", time.Time{}, time.Time{}, 10)
		if err != nil || len(used) != 1 || used[0].CustomerID != "cus-2" || used[0].Events != 2 || used[0].Last.IsZero() {
			t.Errorf("%+v, %v", used, err)
		}
	})
}

// Looking for words goes through the log a stretch at a time: it finds the oldest event too, and each one once.
func TestASearchComesToTheEndOfTheLog(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	story(t, l)
	fill(t, l, db, 25_000)
	rounds, found := 0, []int64{}
	for before := int64(0); ; rounds++ {
		page, next, at, err := l.Search(t.Context(), org, audit.Filter{Text: "renee"}, before, 50)
		if err != nil || at.IsZero() {
			t.Fatal(at, err)
		}
		for _, e := range page {
			found = append(found, e.Seq)
		}
		if before = next; next == 0 {
			break
		}
	}
	if rounds == 0 || !slices.Equal(found, []int64{2, 1}) {
		t.Errorf("%v in %d rounds", found, rounds+1)
	}
}

// The column that tickets are found by is checked against the record, like the others.
func TestAMovedTicketColumnIsNoticed(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	story(t, l)
	if _, err := l.Verify(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update audit_event set ticket_id = 'tic-9' where seq = 3`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Verify(t.Context(), org); err == nil || !strings.Contains(err.Error(), "event 3") {
		t.Errorf("not noticed: %v", err)
	}
}

// BenchmarkSearch is a page of fifty of a long log, by everything that one can filter by: 50,000 events, or a million at the full scale.
func BenchmarkSearch(b *testing.B) {
	events := int64(50_000)
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		events = 1_000_000
	}
	db := storetest.Open(b)
	l := newLog(b, db)
	fill(b, l, db, events)
	now := store.Now()
	for name, f := range map[string]audit.Filter{
		"newest": {}, "customer": {Customer: "cus-1"}, "no such customer": {Customer: "none"}, "ticket": {Ticket: "tic-1"}, "no such ticket": {Ticket: "none"},
		"denied": {Outcome: audit.Denied}, "trouble": {Trouble: true}, "actor": {ActorID: "tec-1"}, "action": {Action: "contact.*"}, "rare action": {Action: "audit.export"},
		"target": {TargetID: "con-3"}, "last hour": {From: now.Add(-time.Hour)}, "before now": {To: now}, "common word": {Text: "contact"}, "no such word": {Text: "zebra"},
		"no such address": {Address: "203.0.113.250"},
	} {
		b.Run(strings.ReplaceAll(name, " ", "_"), func(b *testing.B) {
			for b.Loop() {
				if _, _, _, err := l.Search(b.Context(), org, f, 0, 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("customers_of_an_actor", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.CustomersOf(b.Context(), org, "tec-1", now.Add(-30*24*time.Hour), time.Time{}, 200); err != nil {
				b.Fatal(err)
			}
		}
	})
}
