// Package store opens the database, migrates it and hands out transactions; all that differs between SQLite and PostgreSQL lives here.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Dialect names the database behind a DB.
type Dialect uint8

// The two databases.
const (
	SQLite Dialect = iota
	Postgres
)

// FileName is the SQLite database inside the data folder.
const FileName = "countersign.db"

// Unmigrated as Options.Schema opens a database as it is.
const Unmigrated = -1

// Options say which database to open.
type Options struct {
	Dir    string       // data folder; holds the SQLite file when URL is empty
	URL    string       // postgres://… ; empty means SQLite
	Log    *slog.Logger // nil discards
	Schema int64        // the last migration to run, for restore and doctor; 0 means all

	Observe func(took time.Duration, err error) // told of every Write; nil does nothing
}

// Querier reads. A DB's Read() sees what is committed, a Tx also its own changes.
type Querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// DB is the only handle on the database. Changes go through Write.
type DB struct {
	dialect Dialect
	read    *sql.DB
	write   *sql.DB
	pool    *pgxpool.Pool // PostgreSQL only: reads and the job queue
	writers *pgxpool.Pool // PostgreSQL only
	flusher *flusher      // PostgreSQL only, nil if it cannot be used
	group   *groupWriter  // SQLite only
	watch   watch
	log     *slog.Logger
	observe func(time.Duration, error)
}

// Brief returns a context for one small query that is made for every request. SQLite's driver starts a goroutine for each query that can
// be canceled, which costs as much as the query.
func (db *DB) Brief(ctx context.Context) context.Context {
	if db.dialect == SQLite {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// Open connects to the database and brings its schema up to date.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(time.Duration, error) {}
	}
	db := &DB{log: o.Log, observe: o.Observe}
	open := db.openSQLite
	if o.URL != "" {
		open = db.openPostgres
	}
	if err := open(ctx, o); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if err := db.migrate(ctx, o.Schema); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close waits for running writes and releases the database.
func (db *DB) Close() error {
	if db.group != nil {
		db.group.stop()
	}
	var errs []error
	for _, d := range []*sql.DB{db.read, db.write} {
		if d != nil {
			errs = append(errs, d.Close())
		}
	}
	if db.flusher != nil {
		db.flusher.stop()
	}
	for _, p := range []*pgxpool.Pool{db.pool, db.writers} {
		if p != nil {
			p.Close()
		}
	}
	return errors.Join(errs...)
}

// Dialect says which database this is.
func (db *DB) Dialect() Dialect { return db.dialect }

// Read returns a Querier outside any transaction.
func (db *DB) Read() Querier { return db.read }

// Snapshot runs fn on a view of the database that later commits do not change. On SQLite a long one keeps the write-ahead log from
// being reused, on PostgreSQL dead rows from being removed; neither delays writers.
func (db *DB) Snapshot(ctx context.Context, fn func(q Querier) error) (err error) {
	options := &sql.TxOptions{ReadOnly: true}
	if db.dialect == Postgres {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := db.read.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("begin a snapshot: %w", err)
	}
	return errors.Join(fn(tx), tx.Rollback())
}

// SQL is the pool that writes, for the job queue and for backup; slices use Read and Write.
func (db *DB) SQL() *sql.DB { return db.write }

// Pool is the PostgreSQL pool whose commits wait for the disk one by one, nil on SQLite; for the job queue alone.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Now is the current time in UTC at the precision that both databases keep.
func Now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

func (db *DB) openSQLite(ctx context.Context, o Options) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	path := filepath.Join(o.Dir, FileName)
	if err := touchPrivate(path); err != nil {
		return err
	}
	db.dialect = SQLite
	var err error
	if db.write, err = openPrepared(sqliteDSN(path, false)); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	db.write.SetMaxOpenConns(1) // writers queue for it here, fairly and without polling, instead of at SQLite's lock
	db.write.SetMaxIdleConns(1)
	if err = db.write.PingContext(ctx); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	if db.read, err = openPrepared(sqliteDSN(path, true)); err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	db.read.SetMaxOpenConns(8)
	db.read.SetMaxIdleConns(8)
	db.group = startGroupWriter(db.write, &db.watch)
	return nil
}

// touchPrivate makes the database file readable by its owner alone before SQLite creates it with a wider mode.
func touchPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return fmt.Errorf("create the database file: %w", err)
	}
	return f.Close()
}

func sqliteDSN(path string, readOnly bool) string {
	path = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path) // it is part of an address
	dsn := "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)" +
		"&_pragma=synchronous(FULL)&_pragma=secure_delete(1)&_pragma=temp_store(MEMORY)"
	if readOnly {
		return dsn + "&_pragma=query_only(1)"
	}
	// Large transactions, such as a piece of an import, would go through the default cache of 2 MB several times, and be copied from the
	// log into the file after each commit.
	return dsn + "&_pragma=cache_size(-8000)&_pragma=wal_autocheckpoint(4000)&_txlock=immediate"
}
