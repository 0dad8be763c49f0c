package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

var errNotPgx = errors.New("this transaction does not run on PostgreSQL")

// Pgx runs fn on the PostgreSQL connection of this transaction, for what database/sql cannot do: the job queue's driver and COPY.
// fn must not use tx itself, and must not end the transaction.
func (tx *Tx) Pgx(fn func(tx pgx.Tx) error) error {
	if tx.conn == nil {
		return errNotPgx
	}
	return tx.conn.Raw(func(driver any) error {
		c, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("%w, but on %T", errNotPgx, driver)
		}
		return fn(joined{c.Conn()})
	})
}

// joined is a transaction that somebody else begins and ends.
type joined struct{ conn *pgx.Conn }

var errJoined = errors.New("the transaction belongs to store.Write, which begins and ends it")

func (j joined) Begin(context.Context) (pgx.Tx, error) { return nil, errJoined }
func (j joined) Commit(context.Context) error          { return errJoined }
func (j joined) Rollback(context.Context) error        { return errJoined }
func (j joined) Conn() *pgx.Conn                       { return j.conn }
func (j joined) LargeObjects() pgx.LargeObjects        { return pgx.LargeObjects{} }

func (j joined) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return j.conn.CopyFrom(ctx, table, columns, rows)
}

func (j joined) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return j.conn.SendBatch(ctx, b)
}

func (j joined) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return j.conn.Prepare(ctx, name, sql)
}

func (j joined) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return j.conn.Exec(ctx, sql, args...)
}

func (j joined) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return j.conn.Query(ctx, sql, args...)
}

func (j joined) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return j.conn.QueryRow(ctx, sql, args...)
}
