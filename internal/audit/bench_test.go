package audit_test

import (
	"sync/atomic"
	"testing"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// BenchmarkAppend is one event per Write, from many callers at once, each Write on disk before it returns.
func BenchmarkAppend(b *testing.B) {
	db := storetest.Open(b)
	l := newLog(b, db)
	ctx := as(b, org)
	var n atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			e := contactChanged(int(n.Add(1)))
			if err := db.Write(ctx, func(tx *store.Tx) error { return l.Record(ctx, tx, e) }); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkFind is a page of fifty of one contact's events.
func BenchmarkFind(b *testing.B) {
	db := storetest.Open(b)
	l := newLog(b, db)
	record(b, l, db, 1000)
	for b.Loop() {
		if found, err := l.Find(b.Context(), org, audit.Filter{TargetID: "con-3"}, 0, 50); err != nil || len(found) != 50 {
			b.Fatal(len(found), err)
		}
	}
}
