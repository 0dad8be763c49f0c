package store

import (
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate runs the migrations that this database has not seen, up to the one numbered last (0: all). Each is one transaction, so that
// a killed server leaves a whole one behind, and a lock keeps two servers on one PostgreSQL from running them at once.
func (db *DB) migrate(ctx context.Context, last int64) error {
	if last == Unmigrated {
		return nil
	}
	p, err := db.migrations()
	if err != nil {
		return err
	}
	if last == 0 {
		_, err = p.Up(ctx)
	} else {
		_, err = p.UpTo(ctx, last)
	}
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// Schema returns the number of the last migration that this database has seen.
func (db *DB) Schema(ctx context.Context) (int64, error) {
	p, err := db.migrations()
	if err != nil {
		return 0, err
	}
	v, err := p.GetDBVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return v, nil
}

// NewestSchema returns the number of the last migration that this program knows.
func NewestSchema() (newest int64, err error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("number of %s: %w", name, err)
		}
		newest = max(newest, v)
	}
	return newest, nil
}

func (db *DB) migrations() (*goose.Provider, error) {
	files, err := migrationsFor(db.dialect)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	dialect, options := goose.DialectSQLite3, []goose.ProviderOption{}
	if db.dialect == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("lock for migrations: %w", err)
		}
		dialect, options = goose.DialectPostgres, append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db.write, files, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare migrations: %w", err)
	}
	return p, nil
}

// migrationsFor returns the migrations in the words of one database. They are written in PostgreSQL's; a file named
// NNNN_name.sqlite.sql or NNNN_name.postgres.sql is for that database alone.
func migrationsFor(d Dialect) (fs.FS, error) {
	own, other := ".sqlite.sql", ".postgres.sql"
	words := strings.NewReplacer(" bytea", " blob")
	if d == Postgres {
		own, other = other, own
		words = strings.NewReplacer()
	}
	out := fstest.MapFS{}
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, other) {
			continue
		}
		f, err := migrations.Open(name)
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(f)
		if err != nil {
			return nil, err
		}
		base := strings.TrimPrefix(name, "migrations/")
		if trimmed, ok := strings.CutSuffix(base, own); ok {
			base = trimmed + ".sql"
		}
		out[base] = &fstest.MapFile{Data: []byte(words.Replace(string(text)))}
	}
	return out, nil
}
