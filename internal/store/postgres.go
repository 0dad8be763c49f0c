package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

func (db *DB) openPostgres(ctx context.Context, o Options) error {
	db.dialect = Postgres
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// The text of the driver's error may hold the address with its password.
		return errors.New("the database address cannot be read; it looks like postgres://user@host:5432/name")
	}
	cfg.MaxConns = max(cfg.MaxConns, 16)
	cfg.ConnConfig.RuntimeParams["application_name"] = "countersign"
	if db.pool, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := db.pool.Ping(ctx); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	db.read = stdlib.OpenDBFromPool(db.pool)
	return db.openWriters(ctx, cfg.Copy())
}

// openWriters opens a pool for Write alone, so that writes that wait for each other do not keep reads waiting too.
func (db *DB) openWriters(ctx context.Context, cfg *pgxpool.Config) (err error) {
	if db.flusher = startFlusher(ctx, cfg.ConnConfig, db.log); db.flusher != nil {
		// Not as a parameter of the connection: RESET would then bring this value back, not the server's.
		cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, `set synchronous_commit to off`)
			return err
		}
	}
	if db.writers, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	db.write = stdlib.OpenDBFromPool(db.writers)
	return nil
}

// IsConflict says whether a statement was refused because of a unique or foreign key.
func IsConflict(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505" || e.Code == "23503"
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return true
		}
	}
	return false
}

// isRetryable says whether PostgreSQL aborted the transaction only because of another one.
func isRetryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}
