package smoke_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/test/binary"
)

// testdata/schema-9.* is an installation as the program left it whose last migration was the ninth: its data folder, a backup of it with
// the (throw-away) key, and what the API answered there, without what changes as time goes by.
const old = "testdata/schema-9"

// TestAnOlderInstallationIsUpgraded starts the program on what an older one left behind, and finds all of it.
func TestAnOlderInstallationIsUpgraded(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T) []string{
		"data folder": func(t *testing.T) []string {
			dir := t.TempDir()
			unpack(t, old+".tar.gz", dir)
			return []string{"--data", dir}
		},
		"backup into SQLite": func(t *testing.T) []string {
			at := []string{"--data", t.TempDir()}
			binary.Must(t, "", append([]string{"restore", old + ".backup"}, at...)...)
			return at
		},
		"backup into PostgreSQL": func(t *testing.T) []string {
			if os.Getenv(storetest.Env) == "" {
				t.Skip(storetest.Env + " is not set")
			}
			at := []string{"--data", t.TempDir(), "--database-url", storetest.NewPostgres(t)}
			binary.Must(t, "", append([]string{"restore", old + ".backup"}, at...)...)
			return at
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := prepare(t)
			s := binary.Start(t, at...)
			token := binary.Must(t, "", append([]string{"admin", "token", "--email", "olga@harbor.example.com", "--name", "upgrade"}, at...)...)
			c := s.As(token)
			var before map[string]any
			b, err := os.ReadFile(old + ".json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &before); err != nil {
				t.Fatal(err)
			}
			for path, want := range before {
				got := c.Object(t, http.StatusOK, http.MethodGet, path, nil)
				for _, missing := range lost(want, any(got), path) {
					t.Error(missing)
				}
			}
			if v := c.Object(t, http.StatusOK, http.MethodGet, "/api/audit/verification", nil); v["ok"] != true {
				t.Errorf("the record of the upgraded installation does not prove itself: %v", v)
			}
			// An administrator's password lets in for seven days, which are over by now: the server's log tells the right one from a wrong one.
			for password, reason := range map[string]string{"seven quiet lanterns drift": "temporary_expired", "seven quiet lanterns": "wrong_password"} {
				s.As("").Object(t, http.StatusUnauthorized, http.MethodPost, "/api/session", map[string]any{"email": "ina@harbor.example.com", "password": password})
				binary.Eventually(t, reason+" in the server's log", func() bool { return strings.Contains(s.Output(), `"reason":"`+reason+`"`) })
			}
		})
	}
}

// lost lists what of an older answer is not in the newer one. Fields may have been added, and items before or after.
func lost(want, got any, at string) (missing []string) {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, not an object", at, got)}
		}
		for name, v := range want {
			missing = append(missing, lost(v, object[name], at+"/"+name)...)
		}
	case []any:
		items, _ := got.([]any)
		for i, v := range want {
			place := fmt.Sprintf("%s/%d", at, i)
			if key := keyOf(v); key != nil {
				missing = append(missing, lost(v, itemWith(items, key), fmt.Sprintf("%s (%v)", place, key))...)
			} else if i >= len(items) {
				missing = append(missing, place+" is missing")
			} else {
				missing = append(missing, lost(v, items[i], place)...)
			}
		}
	default:
		if !reflect.DeepEqual(want, got) {
			missing = []string{fmt.Sprintf("%s was %v and is %v", at, want, got)}
		}
	}
	return missing
}

func keyOf(v any) any {
	object, _ := v.(map[string]any)
	return object["id"]
}

func itemWith(items []any, key any) any {
	for _, v := range items {
		if keyOf(v) == key {
			return v
		}
	}
	return nil
}

func unpack(t *testing.T, file, dir string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(h.Name)), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
