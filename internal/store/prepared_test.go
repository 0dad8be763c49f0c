package store_test

import (
	"errors"
	"fmt"
	"testing"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestOneQueryInsideItself(t *testing.T) {
	db := storetest.Open(t)
	const numbers = `select column1 from (values (1), (2), (3)) order by 1`
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		for range 3 { // the second time round from the cache
			var got []int
			outer, err := tx.QueryContext(t.Context(), numbers)
			if err != nil {
				return err
			}
			for outer.Next() {
				var a, b int
				if err := outer.Scan(&a); err != nil {
					return err
				}
				if err := tx.QueryRowContext(t.Context(), numbers).Scan(&b); err != nil {
					return err
				}
				got = append(got, 10*a+b)
			}
			if err := errors.Join(outer.Err(), outer.Close()); err != nil {
				return err
			}
			if fmt.Sprint(got) != "[11 21 31]" {
				t.Errorf("got %v", got)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKeptStatementSurvivesAnErrorAndANewColumn(t *testing.T) {
	db := storetest.Open(t)
	write := func(query string, args ...any) error {
		return db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(t.Context(), query, args...); return err })
	}
	if err := write(`create table store_test (id text primary key, n bigint)`); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true, false} { // a new row, the same again, another
		err := write(`insert into store_test (id, n) values ($1, 1)`, fmt.Sprint(i/2*2))
		if store.IsConflict(err) != want || (err != nil) != want {
			t.Errorf("insert %d: %v", i, err)
		}
	}
	columns := func() int {
		rows, err := db.Read().QueryContext(t.Context(), `select * from store_test where n = $1`, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	before := columns()
	if err := write(`alter table store_test add column extra text`); err != nil {
		t.Fatal(err)
	}
	if after := columns(); before != 2 || after != 3 {
		t.Errorf("%d columns, then %d", before, after)
	}
}

func TestManyStatements(t *testing.T) {
	db := storetest.Open(t)
	for round := range 2 {
		for i := range 600 {
			var got int
			if err := db.Read().QueryRowContext(t.Context(), fmt.Sprintf(`select %d`, i)).Scan(&got); err != nil || got != i {
				t.Fatalf("round %d: select %d: %d, %v", round, i, got, err)
			}
		}
	}
}

func BenchmarkRead(b *testing.B) {
	db := storetest.Open(b)
	for b.Loop() {
		var n int
		if err := db.Read().QueryRowContext(b.Context(), `
			select count(*) from organization o where o.id = $1 and o.slug = $2 and exists (select 1 from store_idempotency i where i.org_id = o.id)`,
			"x", "y").Scan(&n); err != nil {
			b.Fatal(err)
		}
	}
}
