package csvimport_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

// TestListsOfManyPeople measures how long a first page and a search take among many: 150 and 200 ms at the 95th percentile of the API.
func TestListsOfManyPeople(t *testing.T) {
	people, staff := 2_000, 200
	full := os.Getenv("COUNTERSIGN_SCALE") == "full"
	if full {
		people, staff = 100_000, 2_000
	}
	w := newWorld(t, storetest.Open(t))
	w.bringAll(csvimport.Contacts, crowd(t, people), csvimport.Options{CreateCustomers: true})
	var file strings.Builder
	file.WriteString("email,name,phone\n")
	for i := range staff {
		fmt.Fprintf(&file, "tech%d@harbor.example.com,Given%d Technician%d,+1212%07d\n", i, i%97, i, 3_000_000+i)
	}
	w.bringAll(csvimport.Technicians, file.String(), csvimport.Options{})

	page := store.Page{Limit: 50}
	contacts := func(q contact.Query) func(context.Context) (int, error) {
		q.Page = page
		return func(ctx context.Context) (int, error) {
			found, _, err := w.contacts.List(ctx, q)
			return len(found), err
		}
	}
	technicians := func(q technician.Query) func(context.Context) (int, error) {
		q.Page = page
		return func(ctx context.Context) (int, error) {
			found, _, err := w.technicians.List(ctx, q)
			return len(found), err
		}
	}
	for _, tc := range []struct {
		name  string
		bound time.Duration
		ask   func(context.Context) (int, error)
	}{
		{"contacts, first page", 150 * time.Millisecond, contacts(contact.Query{})},
		{"contacts, newest first", 150 * time.Millisecond, contacts(contact.Query{Sort: "-created_at"})},
		{"contacts, one letter", 200 * time.Millisecond, contacts(contact.Query{Text: "g"})},
		{"contacts, a name", 200 * time.Millisecond, contacts(contact.Query{Text: "given13 family13"})},
		{"contacts, an email", 200 * time.Millisecond, contacts(contact.Query{Text: "person1999@"})},
		{"contacts, a customer", 200 * time.Millisecond, contacts(contact.Query{Text: "customer 7"})},
		{"technicians, first page", 150 * time.Millisecond, technicians(technician.Query{})},
		{"technicians, a name", 200 * time.Millisecond, technicians(technician.Query{Text: "technician199"})},
	} {
		var took []time.Duration
		for range 40 {
			begin := time.Now()
			n, err := tc.ask(w.Admin())
			if err != nil || n == 0 {
				t.Fatalf("%s finds %d, %v", tc.name, n, err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		p95 := took[len(took)*95/100]
		t.Logf("%s: p50 %s, p95 %s", tc.name, took[len(took)/2].Round(time.Microsecond), p95.Round(time.Microsecond))
		if full && p95 > tc.bound {
			t.Errorf("%s takes %s at the 95th percentile", tc.name, p95)
		}
	}
}

// bringAll imports a file without looking at its single rows, of which there are too many.
func (w *world) bringAll(k csvimport.Kind, file string, o csvimport.Options) {
	w.T.Helper()
	i := w.upload(k, file)
	if _, err := w.Map(w.Admin(), i.ID, i.Mapping, o); err != nil {
		w.T.Fatal(err)
	}
	w.check(i.ID)
	if _, err := w.Apply(w.Admin(), i.ID); err != nil {
		w.T.Fatal(err)
	}
	if i = w.settled(i.ID); i.State != csvimport.Applied || i.Counts.Refused > 0 {
		w.T.Fatalf("%s, %+v", i.State, i.Counts)
	}
}
