package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/backup"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type payload struct {
	ID string `json:"id"`
}

const kind jobs.Kind[payload] = "test.work"

func exec(t *testing.T, db *store.DB, query string, args ...any) error {
	t.Helper()
	return db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(t.Context(), query, args...); return err })
}

// fill puts rows into every table: all texts of row i are the same, so that its foreign keys find row i of the other table.
func fill(t *testing.T, db *store.DB) {
	t.Helper()
	q, err := jobs.New(t.Context(), db, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		return kind.Enqueue(t.Context(), q, tx, time.Now().Add(time.Hour).Truncate(time.Millisecond), payload{"waits"})
	}); err != nil {
		t.Fatal(err)
	}
	waiting := columns(t, db)
	for len(waiting) > 0 {
		before := len(waiting)
		for table, cols := range waiting {
			if table == "access_change" && before > 1 {
				continue // last: the triggers of others number its rows by themselves
			}
			if insertRows(t, db, table, cols) == nil {
				delete(waiting, table)
			}
		}
		if len(waiting) == before {
			for table, cols := range waiting {
				t.Errorf("no row for %s: %v", table, insertRows(t, db, table, cols))
			}
			return
		}
	}
	for i, text := range []string{"", "o'Brien \"quoted\" <b>&amp;\u2028 \\ \t", "日本語 🙂"} {
		err := exec(t, db, `insert into store_idempotency (org_id, actor, key, request_hash, answer, created_at) values ($1, 'odd', $2, $3, $4, $5)`,
			text, fmt.Sprint(i), []byte{}, [][]byte{nil, {}, {0, 255, '\n'}}[i], []int64{math.MinInt64, math.MaxInt64, 0}[i])
		if err != nil {
			t.Fatal(err)
		}
	}
}

type column struct{ name, typ string }

func columns(t *testing.T, db *store.DB) map[string][]column {
	t.Helper()
	query := `select t.name, c.name, lower(c.type) from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table'`
	if db.Dialect() == store.Postgres {
		query = `select table_name, column_name, data_type from information_schema.columns where table_schema = current_schema()`
	}
	rows, err := db.Read().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string][]column{}
	for rows.Next() {
		var table string
		var c column
		if err := rows.Scan(&table, &c.name, &c.typ); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(table, "river_") && !strings.HasPrefix(table, "goose_") && !strings.HasPrefix(table, "sqlite_") {
			out[table] = append(out[table], c)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// insertRows puts three rows into a table, or one where a check allows no more.
func insertRows(t *testing.T, db *store.DB, table string, cols []column) error {
	t.Helper()
	var errs []error
	for i := range 3 {
		errs = append(errs, db.Write(t.Context(), func(tx *store.Tx) error {
			var names, places []string
			var args []any
			for n, c := range cols {
				names, places = append(names, c.name), append(places, fmt.Sprintf("$%d", n+1))
				switch c.typ {
				case "text":
					args = append(args, fmt.Sprintf("v%d", i))
				case "boolean":
					args = append(args, i%2 == 0)
				case "bytea", "blob":
					args = append(args, []byte{byte(i), 0, 1})
				default:
					args = append(args, int64(i))
				}
			}
			_, err := tx.ExecContext(t.Context(), "insert into "+table+" ("+strings.Join(names, ", ")+") values ("+strings.Join(places, ", ")+")", args...)
			return err
		}))
	}
	if slices.Contains(errs, nil) {
		return nil
	}
	return errors.Join(errs...)
}

// linesOf reads a backup with nothing but tar and gzip: the sorted lines of each folder.
func linesOf(t *testing.T, b []byte) map[string][]string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(h.Name, ".jsonl") {
			folder := filepath.Dir(h.Name)
			out[folder] = append(out[folder], strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")...)
		}
	}
	for _, lines := range out {
		slices.Sort(lines)
	}
	return out
}

func write(t *testing.T, db *store.DB, key string) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := backup.Write(t.Context(), db, key, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t *testing.T, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestABackupComesBackRowForRowOnEitherDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		fill(t, db)
		key := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(key, []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		b := write(t, db, key)
		want := linesOf(t, b)
		if len(want["tables/organization"]) != 3 || len(want["jobs"]) != 1 {
			t.Fatalf("%d organizations and %d jobs in the backup", len(want["tables/organization"]), len(want["jobs"]))
		}
		targets := map[string]backup.Options{"to sqlite": {}}
		if os.Getenv(storetest.Env) != "" {
			targets["to postgres"] = backup.Options{URL: storetest.NewPostgres(t)}
		}
		for name, o := range targets {
			t.Run(name, func(t *testing.T) {
				o.Dir = filepath.Join(t.TempDir(), "data")
				o.KeyPath = filepath.Join(o.Dir, "master.key")
				m, err := backup.Restore(t.Context(), o, bytes.NewReader(b))
				if err != nil {
					t.Fatal(err)
				}
				restored := open(t, store.Options{Dir: o.Dir, URL: o.URL})
				got := linesOf(t, write(t, restored, ""))
				for table := range want {
					if !slices.Equal(got[table], want[table]) {
						t.Errorf("%s:\n got %q\nwant %q", table, got[table], want[table])
					}
				}
				if len(got) != len(want) || m.Rows() == 0 {
					t.Errorf("%d tables, want %d; %d rows", len(got), len(want), m.Rows())
				}
				if b, err := os.ReadFile(o.KeyPath); err != nil || string(b) != "secret\n" {
					t.Errorf("key %q, %v", b, err)
				}
				for _, path := range []string{o.KeyPath, filepath.Join(o.Dir, store.FileName)} {
					if info, err := os.Stat(path); o.URL == "" && (err != nil || info.Mode().Perm() != 0o600) {
						t.Errorf("%s: %v, %v", path, info.Mode(), err)
					}
				}
				if _, err := backup.Restore(t.Context(), o, bytes.NewReader(b)); fault.CodeOf(err) != "backup.occupied" {
					t.Errorf("restored twice: %v", err)
				}
			})
		}
	})
}

func TestABackupIsOneMomentWhileOthersWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for ctx.Err() == nil {
					// Both or none: what is in one table and not in the other would be half a transaction.
					if err := db.Write(t.Context(), func(tx *store.Tx) error {
						key := id.New()
						for _, s := range []string{
							`insert into store_idempotency (org_id, actor, key, request_hash, created_at) values ($1, 'a', 'k', '', 0)`,
							`insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
							 values ($1, $1, '', '', '', '', '', false, '', 0, 0, 1)`,
						} {
							if _, err := tx.ExecContext(t.Context(), s, key); err != nil {
								return err
							}
						}
						return nil
					}); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		for range 10 {
			lines := linesOf(t, write(t, db, ""))
			if a, b := len(lines["tables/store_idempotency"]), len(lines["tables/organization"]); a != b {
				t.Errorf("%d and %d rows", a, b)
			}
		}
		cancel()
		wg.Wait()
	})
}

// unpacked is what a gzipped file holds, "" if it cannot be read.
func unpacked(file []byte) string {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return ""
	}
	b, err := io.ReadAll(z)
	if err != nil {
		return ""
	}
	return string(b)
}

func TestADamagedBackupLeavesNothingBehind(t *testing.T) {
	db := storetest.Open(t)
	fill(t, db)
	key := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(key, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	whole := write(t, db, key)
	damaged := [][]byte{nil, []byte("nothing of ours"), append(bytes.Clone(whole), 0), append(bytes.Clone(whole), whole...)}
	for range 60 {
		damaged = append(damaged, whole[:rand.IntN(len(whole))])
		flipped := bytes.Clone(whole)
		flipped[10+rand.IntN(len(flipped)-10)] ^= 1 << rand.IntN(8) // the ten bytes before say nothing
		if unpacked(flipped) != unpacked(whole) {                   // two packed forms may hold the same bytes
			damaged = append(damaged, flipped)
		}
	}
	dir := t.TempDir()
	for i, b := range damaged {
		_, err := backup.Restore(t.Context(), backup.Options{Dir: dir, KeyPath: filepath.Join(dir, "master.key")}, bytes.NewReader(b))
		if fault.CodeOf(err) != "backup.damaged" {
			t.Errorf("damage %d: %v", i, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Fatalf("damage %d left %v, %v", i, left, err)
		}
	}
	if os.Getenv(storetest.Env) == "" {
		return
	}
	url := storetest.NewPostgres(t)
	_, err := backup.Restore(t.Context(), backup.Options{Dir: dir, URL: url, KeyPath: filepath.Join(dir, "master.key")}, bytes.NewReader(whole[:len(whole)/2]))
	if left, _ := os.ReadDir(dir); fault.CodeOf(err) != "backup.damaged" || len(left) > 0 {
		t.Errorf("%v, left %v", err, left)
	}
	if n := len(columns(t, open(t, store.Options{URL: url, Schema: store.Unmigrated}))); n != 0 {
		t.Errorf("%d tables in a database that was to stay empty", n)
	}
}

func TestABackupThatDoesNotFitLeavesNothingBehind(t *testing.T) {
	db := storetest.Open(t)
	// Only SQLite can hold this text; it is found out when half of the rows are in.
	if err := exec(t, db, `insert into store_idempotency (org_id, actor, key, request_hash, created_at) values ($1, 'a', 'k', '', 0)`, "\x00\xff"); err != nil {
		t.Fatal(err)
	}
	b := write(t, db, "")
	dir := filepath.Join(t.TempDir(), "data")
	if _, err := backup.Restore(t.Context(), backup.Options{Dir: dir}, bytes.NewReader(b)); err != nil {
		t.Fatal(err)
	}
	again := linesOf(t, write(t, open(t, store.Options{Dir: dir}), ""))
	if !reflect.DeepEqual(again, linesOf(t, b)) {
		t.Errorf("got %q", again)
	}
	if os.Getenv(storetest.Env) == "" {
		return
	}
	url := storetest.NewPostgres(t)
	for range 2 { // the second time as the first: nothing stayed
		if _, err := backup.Restore(t.Context(), backup.Options{Dir: dir, URL: url}, bytes.NewReader(b)); err == nil || fault.CodeOf(err) == "backup.occupied" {
			t.Errorf("got %v", err)
		}
	}
}

func TestTheFileIsPrivateAndNeverOverwritten(t *testing.T) {
	db := storetest.Open(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "today.backup")
	if _, err := backup.ToFile(t.Context(), db, "", path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := backup.ToFile(t.Context(), db, "", path); fault.CodeOf(err) != "backup.exists" {
		t.Errorf("written over: %v", err)
	}
	if _, err := backup.ToFile(t.Context(), db, filepath.Join(dir, "no.key"), filepath.Join(dir, "other")); err == nil {
		t.Error("a backup without its key")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}

func TestAnotherMasterKeyIsNotReplaced(t *testing.T) {
	db := storetest.Open(t)
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours.key"), filepath.Join(dir, "theirs.key")
	for path, text := range map[string]string{ours: "ours", theirs: "theirs"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := write(t, db, ours)
	_, err := backup.Restore(t.Context(), backup.Options{Dir: filepath.Join(dir, "data"), KeyPath: theirs}, bytes.NewReader(b))
	if fault.CodeOf(err) != "backup.other_key" {
		t.Errorf("got %v", err)
	}
	if _, err := backup.Restore(t.Context(), backup.Options{Dir: filepath.Join(dir, "data"), KeyPath: ours}, bytes.NewReader(b)); err != nil {
		t.Errorf("with the same key in place: %v", err)
	}
}

func TestABackupWithoutItsKeyWantsItFirst(t *testing.T) {
	b := write(t, storetest.Open(t), "")
	dir := t.TempDir()
	o := backup.Options{Dir: filepath.Join(dir, "data"), KeyPath: filepath.Join(dir, "master.key")}
	if _, err := backup.Restore(t.Context(), o, bytes.NewReader(b)); fault.CodeOf(err) != "backup.no_key" {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if err := os.WriteFile(o.KeyPath, []byte("kept elsewhere"), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := backup.Restore(t.Context(), o, bytes.NewReader(b)); err != nil || m.HasKey {
		t.Errorf("with the key in place: %v", err)
	}
}
