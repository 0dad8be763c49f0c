package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

var errTest = errors.New("refused on purpose")

func insert(ctx context.Context, tx *store.Tx, key string) error {
	_, err := tx.ExecContext(ctx, `
		insert into store_idempotency (org_id, actor, key, request_hash, created_at) values ('o', 'a', $1, $2, $3)`,
		key, []byte{1}, store.Time(store.Now()))
	return err
}

func count(t *testing.T, db *store.DB) (n int) {
	t.Helper()
	if err := db.Read().QueryRowContext(t.Context(), `select count(*) from store_idempotency`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFailedWriteTakesNobodyElseWithIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var wg sync.WaitGroup
		errs := make([]error, 200)
		for i := range errs {
			wg.Go(func() {
				errs[i] = db.Write(t.Context(), func(tx *store.Tx) error {
					if err := insert(t.Context(), tx, fmt.Sprint(i)); err != nil {
						return err
					}
					if i%3 == 0 {
						return errTest
					}
					return nil
				})
			})
		}
		wg.Wait()
		kept := 0
		for i, err := range errs {
			switch {
			case i%3 == 0 && !errors.Is(err, errTest):
				t.Errorf("write %d: got %v, want its own error", i, err)
			case i%3 != 0 && err != nil:
				t.Errorf("write %d: %v", i, err)
			case i%3 != 0:
				kept++
			}
		}
		if n := count(t, db); n != kept {
			t.Errorf("%d rows, want %d", n, kept)
		}
	})
}

func TestACanceledCallerDoesNotHarmTheGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		canceled, cancel := context.WithCancel(t.Context())
		err := db.Write(canceled, func(tx *store.Tx) error {
			cancel()
			return insert(canceled, tx, "half-way")
		})
		again := db.Write(canceled, func(*store.Tx) error { t.Error("ran for a caller who had left"); return nil })
		if !errors.Is(again, context.Canceled) {
			t.Errorf("got %v, want canceled", again)
		}
		if n := count(t, db); (err == nil) != (n == 1) {
			t.Errorf("%d rows after %v", n, err)
		}
	})
}

func TestAPanicReachesItsCallerAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Write(t.Context(), func(tx *store.Tx) error {
				_ = insert(t.Context(), tx, "lost")
				panic("on purpose")
			})
		}()
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return insert(t.Context(), tx, "kept") }); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db); n != 1 {
			t.Errorf("%d rows, want 1", n)
		}
	})
}

func TestHooks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		var order []string
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { order = append(order, "after") })
			for range 3 {
				tx.BeforeCommit("once", func(ctx context.Context, tx *store.Tx) error {
					order = append(order, "before")
					return insert(ctx, tx, "hook")
				})
			}
			order = append(order, "fn")
			return nil
		})
		if got := fmt.Sprint(order, err, count(t, db)); got != "[fn before after] <nil> 1" {
			t.Error(got)
		}
		_ = db.Write(t.Context(), func(tx *store.Tx) error {
			tx.AfterCommit(func() { t.Error("ran after a rollback") })
			return errTest
		})
	})
}

func TestTypesSurviveBothDatabases(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.FixedZone("x", 7200))
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `insert into store_idempotency (org_id, actor, key, request_hash, answer, created_at) values ($1, $2, $3, $4, $5, $6)`,
				"o", "a", id.New(), []byte{0, 255}, nil, store.Time(at))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got time.Time
		var hash, answer []byte
		if err := db.Read().QueryRowContext(t.Context(), `select max(created_at), max(request_hash), max(answer) from store_idempotency`).Scan((*store.Time)(&got), &hash, &answer); err != nil {
			// PostgreSQL 15 has no max(bytea).
			if err := db.Read().QueryRowContext(t.Context(), `select created_at, request_hash, answer from store_idempotency`).Scan((*store.Time)(&got), &hash, &answer); err != nil {
				t.Fatal(err)
			}
		}
		if !got.Equal(at) || string(hash) != "\x00\xff" || answer != nil {
			t.Errorf("got %v %x %x", got, hash, answer)
		}
	})
}

func TestConflict(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		twice := func(tx *store.Tx) error {
			if err := insert(t.Context(), tx, "same"); err != nil {
				return err
			}
			return insert(t.Context(), tx, "same")
		}
		if err := db.Write(t.Context(), twice); !store.IsConflict(err) {
			t.Errorf("got %v, want a conflict", err)
		}
		if store.IsConflict(errTest) {
			t.Error("every error is a conflict")
		}
	})
}

func TestFold(t *testing.T) {
	for in, want := range map[string]string{"ÅNGSTRÖM": "angstrom", "Élise": "elise", "中文": "中文", "": ""} {
		if got := store.Fold(in); got != want {
			t.Errorf("Fold(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCursor(t *testing.T) {
	parts, err := store.ParseCursor(store.Cursor("a|b", "ü"), 2)
	if err != nil || parts[0] != "a|b" || parts[1] != "ü" {
		t.Error(parts, err)
	}
	for _, bad := range []string{"x", "!!", store.Cursor("one"), "bnVsbA"} {
		if _, err := store.ParseCursor(bad, 2); err == nil {
			t.Errorf("accepted %q", bad)
		}
	}
}
