package store_test

import (
	"fmt"
	"testing"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestPagesCoverAListOnce(t *testing.T) {
	columns := map[string]store.SortColumn{
		"key":  {Expression: "actor", Tie: "key"},
		"time": {Expression: "created_at", Tie: "key", Number: true},
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			for i := range 50 {
				_, err := tx.ExecContext(t.Context(), `
					insert into store_idempotency (org_id, actor, key, request_hash, created_at) values ('o', $1, $2, $3, $4)`,
					fmt.Sprint(i%3), fmt.Sprintf("%02d", i), []byte{1}, int64(i/7))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, sort := range []string{"key", "-key", "time", "-time", ""} {
			order, err := store.ParseOrder(sort, "time", columns)
			if err != nil {
				t.Fatal(err)
			}
			seen, cursor := map[string]bool{}, ""
			for {
				next := page(t, db, order, cursor, seen)
				if next == "" {
					break
				}
				cursor = next
			}
			if len(seen) != 50 {
				t.Errorf("sorted by %q: %d rows of 50", sort, len(seen))
			}
		}
		order, _ := store.ParseOrder("time", "", columns)
		for _, cursor := range []string{"x", store.Cursor("key", "0", "1"), store.Cursor("time", "no number", "1")} {
			if order.After(&store.Where{}, cursor) == nil {
				t.Errorf("accepted cursor %q", cursor)
			}
		}
		if _, err := store.ParseOrder("secret", "time", columns); err == nil {
			t.Error("sorts by any column")
		}
	})
}

// page reads seven rows and returns the cursor behind them, or "" if there were none.
func page(t *testing.T, db *store.DB, order store.Order, cursor string, seen map[string]bool) (next string) {
	t.Helper()
	w := &store.Where{}
	w.Add("org_id = ?", "o")
	if err := order.After(w, cursor); err != nil {
		t.Fatal(err)
	}
	query := `select key, ` + order.Column() + ` from store_idempotency` + w.SQL() + order.SQL() + ` limit ` + w.Arg(7)
	rows, err := db.Read().QueryContext(t.Context(), query, w.Args()...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key string
		var value any
		if err := rows.Scan(&key, &value); err != nil {
			t.Fatal(err)
		}
		if seen[key] {
			t.Errorf("%s is on two pages", key)
		}
		seen[key], next = true, order.Cursor(value, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return next
}
