package backup_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/backup"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const newOrganization = `insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
	values ('o', 'o', 'Example', 'US', 'UTC', 'en', 'active', false, '{}', 0, 0, 1)`

func TestABackupOfAnOlderVersionIsUpgraded(t *testing.T) {
	const older = 9
	urls := map[string]func() string{"sqlite": func() string { return "" }}
	if os.Getenv(storetest.Env) != "" {
		urls["postgres"] = func() string { return storetest.NewPostgres(t) }
	}
	newest, err := store.NewestSchema()
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			old := open(t, store.Options{Dir: t.TempDir(), URL: url(), Schema: older})
			if err := exec(t, old, newOrganization); err != nil {
				t.Fatal(err)
			}
			o := backup.Options{Dir: filepath.Join(t.TempDir(), "data"), URL: url()}
			m, err := backup.Restore(t.Context(), o, bytes.NewReader(write(t, old, "")))
			if err != nil || m.Schema != older {
				t.Fatalf("version %d, %v", m.Schema, err)
			}
			db := open(t, store.Options{Dir: o.Dir, URL: o.URL, Schema: store.Unmigrated})
			var got string
			if err := db.Read().QueryRowContext(t.Context(), `select name from organization`).Scan(&got); err != nil || got != "Example" {
				t.Errorf("%q, %v", got, err)
			}
			if v, err := db.Schema(t.Context()); err != nil || v != newest {
				t.Errorf("version %d, want %d, %v", v, newest, err)
			}
		})
	}
}

func TestABackupOfANewerVersionIsRefused(t *testing.T) {
	db := storetest.Open(t)
	newest, err := store.NewestSchema()
	if err != nil {
		t.Fatal(err)
	}
	b := rewrite(t, write(t, db, ""), "manifest.json", func(s string) string {
		return strings.Replace(s, fmt.Sprintf(`"schema": %d`, newest), `"schema": 9999`, 1)
	})
	dir := t.TempDir()
	if _, err := backup.Restore(t.Context(), backup.Options{Dir: dir}, bytes.NewReader(b)); fault.CodeOf(err) != "backup.newer" {
		t.Errorf("got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestARowThatIsMissingIsNoticed(t *testing.T) {
	db := storetest.Open(t)
	if err := exec(t, db, newOrganization); err != nil {
		t.Fatal(err)
	}
	b := rewrite(t, write(t, db, ""), "tables/organization/000001.jsonl", func(string) string { return "" })
	if _, err := backup.Restore(t.Context(), backup.Options{Dir: t.TempDir()}, bytes.NewReader(b)); fault.CodeOf(err) != "backup.damaged" {
		t.Errorf("got %v", err)
	}
}

// rewrite changes one file of a backup, with checksums that fit again.
func rewrite(t *testing.T, b []byte, name string, change func(string) string) []byte {
	t.Helper()
	in, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	zip := gzip.NewWriter(&out)
	w := tar.NewWriter(zip)
	var sums strings.Builder
	found := false
	for r := tar.NewReader(in); ; {
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
		switch h.Name {
		case name:
			found, content = true, []byte(change(string(content)))
		case "SHA256SUMS":
			content = []byte(sums.String())
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), h.Name)
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: h.Name, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil || !found {
		t.Fatalf("%s found: %v, %v", name, found, err)
	}
	return out.Bytes()
}
