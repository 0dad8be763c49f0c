package store_test

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func openPostgres(t *testing.T) *store.DB {
	t.Helper()
	if os.Getenv(storetest.Env) == "" {
		t.Skip(storetest.Env + " is not set")
	}
	db, err := store.Open(t.Context(), store.Options{URL: storetest.NewPostgres(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestCommitsAreConfirmedInGroups(t *testing.T) {
	db := openPostgres(t)
	var mode string
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		return tx.QueryRowContext(t.Context(), `select current_setting('synchronous_commit')`).Scan(&mode)
	})
	if err != nil || mode != "off" {
		t.Fatalf("a write waits for the disk alone: %q, %v", mode, err)
	}
	if err := db.Read().QueryRowContext(t.Context(), `select current_setting('synchronous_commit')`).Scan(&mode); err != nil || mode == "off" {
		t.Errorf("the job queue commits with %q, %v", mode, err)
	}

	// Sixteen writers that all want one row.
	if err := db.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx, "row") }); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 50 {
				err := db.Write(t.Context(), func(tx *store.Tx) error {
					_, err := tx.ExecContext(t.Context(), `update store_idempotency set created_at = created_at + 1`)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%.0f writes a second to one row", 800/time.Since(begin).Seconds())
}

func TestALostConfirmationIsAnErrorAndTheNextWriteWorks(t *testing.T) {
	db := openPostgres(t)
	kill := func() (n int) {
		// Every connection whose last statement was the flusher's.
		err := db.Read().QueryRowContext(t.Context(), `
			select count(pg_terminate_backend(pid)) from pg_stat_activity
			where datname = current_database() and pid <> pg_backend_pid() and query like '%pg_logical_emit_message%'`).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := kill(); n != 1 {
		t.Fatalf("%d connections confirm commits", n)
	}
	err := db.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx, "unknown") })
	if err == nil || !strings.Contains(err.Error(), "did not confirm") {
		t.Errorf("got %v: the change was promised, and nobody knows whether it is on the disk", err)
	}
	for i := range 20 {
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx, fmt.Sprint(i)) }); err != nil {
			t.Errorf("write %d afterwards: %v", i, err)
		}
	}
	if n := count(t, db); n < 20 {
		t.Errorf("%d rows", n)
	}
	// By then there is a new connection to confirm on.
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(50 * time.Millisecond) {
		if kill() == 1 {
			return
		}
	}
	t.Error("no new connection")
}
