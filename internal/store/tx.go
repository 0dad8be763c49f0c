package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// maxTries bounds how often PostgreSQL may abort one Write because of another (deadlock, serialization) before the caller hears of it.
const maxTries = 5

// Tx is one write transaction. Functions that take a Tx join the caller's transaction and must not touch the network.
type Tx struct {
	sql    *sql.Tx
	conn   *sql.Conn // PostgreSQL only
	before []*hook
	after  []func()
	staged map[string]any

	watch   *watch
	touched bool // something that is watched
}

type hook struct {
	key  string
	fn   func(context.Context, *Tx) error
	done bool
}

func newTx(tx *sql.Tx, w *watch) *Tx { return &Tx{sql: tx, watch: w} }

// Write runs fn in one transaction and commits if fn returns nil; when Write returns nil the change is on disk.
// fn may run more than once on PostgreSQL, so it must not change anything outside the transaction.
// A Write inside fn would wait for itself forever.
func (db *DB) Write(ctx context.Context, fn func(tx *Tx) error) (err error) {
	begin := time.Now()
	defer func() { db.observe(time.Since(begin), err) }()
	fn = rehearsing(ctx, claiming(ctx, fn))
	if db.group != nil {
		return db.group.write(ctx, fn)
	}
	for try := 1; ; try++ {
		err := db.writeOnce(ctx, fn)
		if err == nil || try == maxTries || !isRetryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try) * time.Duration(1+rand.IntN(10)) * time.Millisecond):
		}
	}
}

// writeOnce is one try on PostgreSQL.
func (db *DB) writeOnce(ctx context.Context, fn func(tx *Tx) error) error {
	tx, epoch, err := db.commitOnce(ctx, fn)
	if err != nil {
		return err
	}
	if epoch != 0 {
		if err := db.flusher.wait(epoch); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	tx.runAfterCommit()
	return nil
}

// commitOnce runs fn and commits. Unless epoch is 0 the commit is not on the disk before the flusher has confirmed it.
func (db *DB) commitOnce(ctx context.Context, fn func(tx *Tx) error) (tx *Tx, epoch int64, err error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	raw, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("begin: %w", err)
	}
	defer func() {
		if p := recover(); p != nil {
			_ = raw.Rollback()
			panic(p)
		}
	}()
	tx = newTx(raw, &db.watch)
	tx.conn = conn
	if err := tx.run(ctx, fn); err != nil {
		return nil, 0, errors.Join(err, raw.Rollback())
	}
	if db.flusher != nil {
		if epoch = db.flusher.epoch.Load(); epoch == 0 {
			if _, err := raw.ExecContext(ctx, `set local synchronous_commit to default`); err != nil {
				return nil, 0, errors.Join(fmt.Errorf("commit: %w", err), raw.Rollback())
			}
		}
	}
	if err := raw.Commit(); err != nil {
		return nil, 0, fmt.Errorf("commit: %w", err)
	}
	return tx, epoch, nil
}

// run calls fn and then the hooks that it registered, in the order of their keys: since each takes a lock, two transactions that took
// theirs in different orders would wait for each other.
func (tx *Tx) run(ctx context.Context, fn func(*Tx) error) error {
	if err := fn(tx); err != nil {
		return err
	}
	for h := tx.nextHook(); h != nil; h = tx.nextHook() { // a hook may add another
		h.done = true
		if err := h.fn(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

func (tx *Tx) nextHook() (next *hook) {
	for _, h := range tx.before {
		if !h.done && (next == nil || h.key < next.key) {
			next = h
		}
	}
	return next
}

func (tx *Tx) runAfterCommit() {
	if tx.touched {
		for _, fn := range tx.watch.tell {
			fn()
		}
	}
	for _, fn := range tx.after {
		fn()
	}
}

// BeforeCommit runs fn as the last part of this transaction, once per key: what many callers add to (the audit log, the event
// sequence) takes its lock late and writes once.
func (tx *Tx) BeforeCommit(key string, fn func(ctx context.Context, tx *Tx) error) {
	for _, h := range tx.before {
		if h.key == key {
			return
		}
	}
	tx.before = append(tx.before, &hook{key: key, fn: fn})
}

// Stage returns the T that this transaction keeps under key, at first a zero one: where callers gather what a BeforeCommit hook writes.
func Stage[T any](tx *Tx, key string) *T {
	if v, ok := tx.staged[key].(*T); ok {
		return v
	}
	if tx.staged == nil {
		tx.staged = map[string]any{}
	}
	v := new(T)
	tx.staged[key] = v
	return v
}

// AfterCommit runs fn once the change is on disk; it must be quick and must not fail.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// SQL is the transaction itself, for the job queue alone.
func (tx *Tx) SQL() *sql.Tx { return tx.sql }

// A statement that is interrupted half-way makes SQLite take the whole group back, so the caller's cancellation does not reach it.

// ExecContext runs a statement.
func (tx *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	tx.touched = tx.touched || tx.watch.sees(query)
	return tx.sql.ExecContext(context.WithoutCancel(ctx), query, args...)
}

// QueryContext runs a query that returns rows.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	tx.touched = tx.touched || tx.watch.sees(query)
	return tx.sql.QueryContext(context.WithoutCancel(ctx), query, args...)
}

// QueryRowContext runs a query that returns at most one row.
func (tx *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	tx.touched = tx.touched || tx.watch.sees(query)
	return tx.sql.QueryRowContext(context.WithoutCancel(ctx), query, args...)
}

// Changed says whether a statement changed any row: the where clause decided a race.
func Changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}
