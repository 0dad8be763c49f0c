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
	var postgres func(t testing.TB) string
	if os.Getenv(Env) != "" {
		postgres = soon(t) // it takes longer than most tests, and so is made during SQLite's turn
	}
	t.Run("sqlite", func(t *testing.T) { fn(t, Open(t)) })
	if postgres != nil {
		t.Run("postgres", func(t *testing.T) { fn(t, open(t, store.Options{URL: postgres(t)})) })
	}
}

// soon begins to make what Postgres returns. What it returns waits for it.
func soon(t *testing.T) func(t testing.TB) string {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatal(err)
	}
	address, create, drop := database(t, " template "+name+"")
	made := make(chan struct{})
	go func() {
		defer close(made)
		err = create()
	}()
	t.Cleanup(func() {
		if <-made; err == nil {
			drop()
		}
	})
	return func(t testing.TB) string {
		t.Helper()
		if <-made; err != nil {
			t.Fatal(err)
		}
		return address
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
	address, create, drop := database(t, from)
	if err := create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(drop)
	return address
}

// database is one that does not exist yet, with what makes it and what drops it.
func database(t testing.TB, from string) (address string, create func() error, drop func()) {
	t.Helper()
	admin := os.Getenv(Env)
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s is no address", Env)
	}
	name := "cs_" + strings.ReplaceAll(id.New(), "-", "")
	u.Path = "/" + name
	create = func() error { return exec(admin, "create database "+name+from) }
	drop = func() {
		if err := exec(admin, fmt.Sprintf("drop database %s with (force)", name)); err != nil {
			t.Error(err)
		}
	}
	return u.String(), create, drop
}
