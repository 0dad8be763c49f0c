package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// TestFigures measures what is claimed of the log: events appended one per transaction by many callers with fsync, and an export checked
// with its signatures. At the full scale (COUNTERSIGN_SCALE=full) the log holds a million events and the claims must hold.
func TestFigures(t *testing.T) {
	full := os.Getenv("COUNTERSIGN_SCALE") == "full"
	singles, events := 3000, int64(20_000)
	if full {
		singles, events = 50_000, 1_000_000
	}
	db := storetest.Open(t)
	l := newLog(t, db)
	appended := appendSingly(t, l, db, singles)
	fill(t, l, db, events-int64(singles)-1) // the export is one more

	path := filepath.Join(t.TempDir(), "audit.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := l.Export(as(t, org), file); err != nil {
		t.Fatal(err)
	}
	exported := time.Since(start)
	if _, err := file.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start = time.Now()
	result, err := audit.VerifyExport(t.Context(), file, l.PublicKey())
	checked := time.Since(start)
	runtime.ReadMemStats(&after)
	if err != nil || result.Events != events || !result.SignaturesChecked {
		t.Fatalf("%+v, %v", result, err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	start = time.Now()
	if _, err := l.Verify(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	figures := map[string]any{
		"name": "audit", "appends_per_second": int(appended), "events": events, "export_bytes": info.Size(), "export_seconds": exported.Seconds(),
		"verify_export_seconds": checked.Seconds(), "verify_export_memory_growth_bytes": int64(after.Sys) - int64(before.Sys), "verify_database_seconds": time.Since(start).Seconds(),
	}
	line, err := json.Marshal(figures)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", line)
	if dir := os.Getenv("COUNTERSIGN_RESULTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "audit.jsonl"), append(line, '\n'), 0o600); err != nil {
			t.Error(err)
		}
	}
	if full && (appended < 5000 || checked > 5*time.Second) {
		t.Errorf("claimed: 5,000 appends a second, and a million events checked in 5 s")
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 128<<20 {
		t.Errorf("checking took %d MiB", grown>>20)
	}
}

// appendSingly records one event per transaction from 64 callers and returns how many a second.
func appendSingly(t *testing.T, l *audit.Log, db *store.DB, n int) float64 {
	t.Helper()
	ctx := as(t, org)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n); i = next.Add(1) {
				if err := db.Write(ctx, func(tx *store.Tx) error { return l.Record(ctx, tx, contactChanged(int(i))) }); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n) / time.Since(start).Seconds()
}

// fill records n events, a thousand at a time with a checkpoint behind each thousand.
func fill(t testing.TB, l *audit.Log, db *store.DB, n int64) {
	t.Helper()
	ctx := as(t, org)
	for from := int64(0); from < n; from += 1000 {
		err := db.Write(ctx, func(tx *store.Tx) error {
			for i := from; i < min(from+1000, n); i++ {
				if err := l.Record(ctx, tx, contactChanged(int(i))); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := l.Checkpoint(t.Context(), org); err != nil {
			t.Fatal(err)
		}
	}
}

func TestACheckedExportHoldsWhatTheLogTells(t *testing.T) {
	db := storetest.Open(t)
	l := newLog(t, db)
	record(t, l, db, 3)
	file := export(t, l)
	for i := range 3 {
		if !bytes.Contains(file, fmt.Appendf(nil, `"seq":%d,`, i+1)) {
			t.Errorf("event %d is missing", i+1)
		}
	}
	for _, want := range []string{"Carla Caller", "Tess Technician", "192.0.2.7", "+12125550102"} {
		if !bytes.Contains(file, []byte(want)) {
			t.Errorf("%s is missing", want)
		}
	}
}
