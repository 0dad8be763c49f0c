package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// A database that was brought up to date once is copied for each test, since the migrations take longer than most tests.

// files are those of an empty SQLite database that is up to date.
var files = sync.OnceValues(func() (out map[string][]byte, err error) {
	dir, err := os.MkdirTemp("", "countersign-template-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := migrate(context.Background(), store.Options{Dir: dir}); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	out = map[string][]byte{}
	for _, e := range entries {
		if out[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil { //nolint:gosec // in a folder of our own
			return nil, err
		}
	}
	return out, nil
})

func migrate(ctx context.Context, o store.Options) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	return db.Close()
}

// Dir returns a folder that is gone after the test, with an empty SQLite database that is up to date.
func Dir(t testing.TB) string {
	t.Helper()
	all, err := files()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, content := range all {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Postgres creates a database that is up to date and dropped after the test, and returns its address.
func Postgres(t testing.TB) string {
	t.Helper()
	name, err := template()
	if err != nil {
		t.Fatal(err)
	}
	return newPostgres(t, " template "+name+"")
}

// template is the name of an empty PostgreSQL database that is up to date. It stays in the cluster for the next run, under a hash of the
// migrations, so that packages that are tested beside each other make it once.
var template = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	digest, err := migrations()
	if err != nil {
		return "", err
	}
	name, admin := "cs_template_"+digest, os.Getenv(Env)
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(ctx) }() // which gives the lock back
	if _, err := conn.Exec(ctx, "select pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var made bool
	if err := conn.QueryRow(ctx, "select exists(select 1 from pg_database where datname = $1)", name).Scan(&made); err != nil || made {
		return name, err
	}
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	unfinished := "cs_unfinished_" + id.New()[:8]
	if _, err := conn.Exec(ctx, "create database "+unfinished); err != nil {
		return "", err
	}
	u.Path = "/" + unfinished
	if err := migrate(ctx, store.Options{URL: u.String()}); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, fmt.Sprintf("alter database %s rename to %s", unfinished, name))
	return name, err
})

// migrations is a hash of the migrations of this checkout.
func migrations() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		paths, _ := filepath.Glob(filepath.Join(dir, "internal/store/migrations/*.sql"))
		sum := sha256.New()
		for _, path := range paths {
			b, err := os.ReadFile(path) //nolint:gosec // a file of this checkout
			if err != nil {
				return "", err
			}
			sum.Write(b)
		}
		if len(paths) > 0 {
			return hex.EncodeToString(sum.Sum(nil))[:16], nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there are no migrations above the folder of the test")
		}
	}
	return "", err
}
