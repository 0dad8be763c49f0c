// Package storetest opens real databases for tests.
package storetest

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Env names the variable that holds a PostgreSQL address whose user may create databases.
const Env = "COUNTERSIGN_TEST_POSTGRES"

// Open returns a new SQLite database that is gone after the test.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return open(t, store.Options{Dir: Dir(t)})
}

// Each runs fn on a new SQLite database and, where Env is set, on a new PostgreSQL one.
func Each(t *testing.T, fn func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, Open(t)) })
	if os.Getenv(Env) != "" {
		t.Run("postgres", func(t *testing.T) { fn(t, open(t, store.Options{URL: Postgres(t)})) })
	}
}

func open(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), o)
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

// NewPostgres creates a database without any tables that is dropped after the test, and returns its address.
func NewPostgres(t testing.TB) string {
	t.Helper()
	return newPostgres(t, "")
}

func newPostgres(t testing.TB, from string) string {
	t.Helper()
	admin := os.Getenv(Env)
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s is no address", Env)
	}
	name := "cs_" + strings.ReplaceAll(id.New(), "-", "")
	exec(t, admin, "create database "+name+from)
	t.Cleanup(func() { exec(t, admin, fmt.Sprintf("drop database %s with (force)", name)) })
	u.Path = "/" + name
	return u.String()
}
