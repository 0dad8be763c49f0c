package nodes_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/test/binary"
)

const staleMax = 2 * time.Second // after which no node may answer from what was

// A customer that is taken from a technician, or given, counts on the server where that was done with the next question, and on the other one within
// a moment (ACC-22): under load, and while that one is killed and started again.
func TestAChangeOfRightsReachesBothNodes(t *testing.T) {
	if os.Getenv(storetest.Env) == "" {
		t.Skip(storetest.Env + " is not set: two nodes need PostgreSQL")
	}
	changes := 20
	if binary.Full() {
		changes = 1000
	}
	w := &world{T: t, i: rig.Install(t, storetest.NewPostgres(t)), phones: rig.Phones(t, 4)}
	w.serve(0)
	w.serve(1)
	var made struct {
		ID string `json:"id"`
	}
	w.clients[0].Must(t, http.StatusCreated, "POST", "/api/customers", map[string]any{"name": "Northwind"}, &made)
	w.customer = made.ID
	contact, _ := w.contact(0)
	const email = "tom@example.com"
	w.clients[0].Must(t, http.StatusCreated, "POST", "/api/technicians", map[string]any{
		"given_name": "Tom", "email": email, "password": "seven quiet rivers",
	}, &made)
	token := w.i.TokenOf(t, email)

	work, stop := context.WithCancel(t.Context())
	asked := w.load(work, token, contact)
	defer func() { stop(); t.Logf("%d questions besides", asked.Load()) }()

	var stale []time.Duration
	for i := range changes {
		if i == changes/2 {
			w.nodes[1].Kill(t)
			w.mu.Lock()
			w.serve(1)
			w.mu.Unlock()
		}
		given, want := []string{w.customer}, http.StatusOK
		if i%2 == 1 {
			given, want = []string{}, http.StatusNotFound
		}
		w.clients[0].Must(t, http.StatusOK, "PATCH", "/api/technicians/"+made.ID, map[string]any{"customer_ids": given}, nil)
		changed := time.Now()
		if got := w.sees(0, token, contact); got != want {
			t.Fatalf("change %d: the node that made it answers %d, want %d", i, got, want)
		}
		for w.sees(1, token, contact) != want {
			if time.Since(changed) > staleMax {
				t.Fatalf("change %d is not known to the other node after %v", i, staleMax)
			}
			time.Sleep(2 * time.Millisecond)
		}
		stale = append(stale, time.Since(changed))
	}
	slices.Sort(stale)
	rig.Figures{
		"changes": changes, "stale_p50_ms": rig.Quantile(stale, 0.5), "stale_p99_ms": rig.Quantile(stale, 0.99),
		"stale_max_ms": stale[len(stale)-1].Milliseconds(), "questions_besides": asked.Load(),
	}.Keep(t, "freshness", "postgres")
}

// sees asks a node for a contact, and returns the status.
func (w *world) sees(n int, token, contact string) int {
	w.Helper()
	status, body, err := w.clients[n].As(token).Do(w.Context(), "GET", "/api/contacts/"+contact, nil)
	if err != nil || status != http.StatusOK && status != http.StatusNotFound {
		w.Fatalf("node %d answers %d %s, %v", n, status, body, err)
	}
	return status
}

// load asks both nodes until ctx ends, a hundred times a second. A node that is down does not answer; one that does never says anything else than what
// is or was.
func (w *world) load(ctx context.Context, token, contact string) *atomic.Int64 {
	var asked atomic.Int64
	var wg sync.WaitGroup
	for n := range w.nodes {
		wg.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				w.mu.Lock()
				client := w.clients[n]
				w.mu.Unlock()
				status, _, err := client.As(token).Do(ctx, "GET", "/api/contacts/"+contact, nil)
				if err == nil && status != http.StatusOK && status != http.StatusNotFound {
					w.Errorf("node %d answers %d", n, status)
				}
				asked.Add(1)
			}
		})
	}
	w.Cleanup(wg.Wait)
	return &asked
}
