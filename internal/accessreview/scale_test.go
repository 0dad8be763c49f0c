package accessreview_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/store"
)

// A quarter's review goes through whole: every page is read, everything is answered in parts of 200, and the report is written. At full scale of 200
// people with 10 grants each.
func TestAQuartersReviewGoesThrough(t *testing.T) {
	people, each := 6, 5
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		people, each = 200, 10
	}
	granttest.Each(t, func(t *testing.T, g *granttest.World) {
		w := in(g)
		var customers []string
		for n := range each {
			customers = append(customers, w.Customer(fmt.Sprintf("Customer %d", n)))
		}
		for n := range people {
			who := w.Technician(fmt.Sprintf("rita%03d", n), perm.Technician)
			for _, c := range customers {
				w.Give(granttest.Technician(who.ID), w.role, granttest.On(engine.Customer, c))
			}
		}
		start := time.Now()
		took := func(what string) {
			t.Logf("%s: %s", what, time.Since(start).Round(time.Millisecond))
			start = time.Now()
		}
		r := w.begin(func(f *accessreview.Fields) { f.Scope.CustomerIDs = customers })
		took("begin")
		if r.Counts.Items != people*each {
			t.Fatalf("%d grants are reviewed", r.Counts.Items)
		}
		for cursor, more := "", true; more; more = cursor != "" {
			found, next, err := w.s.Items(w.Act(w.ada), r.ID, accessreview.ItemQuery{Page: store.Page{Limit: 200, Cursor: cursor}})
			if err != nil {
				t.Fatal(err)
			}
			took("a page")
			cursor = next
			var answers []accessreview.Answer
			for _, i := range found {
				answers = append(answers, accessreview.Answer{GrantID: i.GrantID, Verb: accessreview.Confirm, Seen: i.Seen()})
			}
			given, err := w.s.Answer(w.Act(w.ada), r.ID, answers)
			if err != nil {
				t.Fatal(err)
			}
			for _, one := range given {
				if one.Err != nil {
					t.Fatal(one.Err)
				}
			}
			took(fmt.Sprintf("%d answers", len(answers)))
		}
		if c := w.now(r).Counts; c.Confirmed != people*each || c.Open != 0 {
			t.Errorf("answered: %+v", c)
		}
		took("counts")
		w.move(r, time.Now().Add(-time.Second))
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		took("the end")
		file := granttest.Must(w.s.Report(w.Act(w.ada), r.ID))(t)
		took(fmt.Sprintf("a report of %d bytes", len(file)))
	})
}
