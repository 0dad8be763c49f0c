package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/bulk"
	"countersign.dev/countersign/internal/store"
)

// Work on many is tried out in parts until the time for it is over; then it is known how many were tried, and nothing is passed over in silence.
func TestWhatIsTriedOutInPartsSaysHowMuchItWas(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var ids []string
		for n := range 250 {
			ids = append(ids, w.add(fmt.Sprintf("p%03d", n), perm.Technician).ID)
		}
		order := bulk.Order{Action: bulk.AssignCustomers, IDs: ids, CustomerIDs: w.customers[:1]}
		look := func() (people, tried, of int) {
			t.Helper()
			var refused error
			r, reached, err := w.Guard.Rehearse(w.act(w.boss), func(ctx context.Context) { _, refused = w.Start(ctx, order) })
			if err != nil || !reached || !errors.Is(refused, store.ErrRehearsed) {
				t.Fatal(reached, err, refused)
			}
			return len(r.People), r.Tried, r.Of
		}
		if people, tried, of := look(); people != 250 || tried != 250 || of != 250 {
			t.Errorf("all of it: %d people of %d, %d tried", people, of, tried)
		}
		w.TryFor(-1)
		if people, tried, of := look(); people != 200 || tried != 200 || of != 250 {
			t.Errorf("in no time: %d people of %d, %d tried", people, of, tried)
		}
	})
}
