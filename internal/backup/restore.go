package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
)

// Options say where a backup is restored to.
type Options struct {
	Dir     string       // data folder
	URL     string       // PostgreSQL; empty means SQLite in Dir
	KeyPath string       // where the master key goes, or lies already; empty if it is kept elsewhere
	Log     *slog.Logger // nil discards
}

// Restore reads a backup twice: first to see that every byte of it is right, then into an empty data folder or database, which may be
// of the other kind than the one it came from. If it returns an error, there is no more data than before.
func Restore(ctx context.Context, o Options, r io.ReadSeeker) (Manifest, error) {
	m, err := check(r)
	if err != nil {
		return Manifest{}, err
	}
	if newest, err := store.NewestSchema(); err != nil {
		return Manifest{}, err
	} else if m.Schema > newest {
		return Manifest{}, errNewer
	}
	if err := o.checkKey(m, r); err != nil {
		return Manifest{}, err
	}
	if o.URL != "" {
		return m, o.restorePostgres(ctx, m, r)
	}
	return m, o.restoreSQLite(ctx, m, r)
}

// restoreSQLite fills a database beside the data folder's place for it and moves it there when it is whole.
func (o Options) restoreSQLite(ctx context.Context, m Manifest, r io.ReadSeeker) (err error) {
	target := filepath.Join(o.Dir, store.FileName)
	for _, path := range []string{target, target + "-wal"} {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			return errOccupied
		}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	staging, err := os.MkdirTemp(o.Dir, ".restore-")
	if err != nil {
		return fmt.Errorf("make a folder to restore in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	if err := load(ctx, store.Options{Dir: staging, Log: o.Log, Schema: m.Schema}, m, r); err != nil {
		return err
	}
	if err := upgrade(ctx, store.Options{Dir: staging, Log: o.Log}); err != nil {
		return err
	}
	undo, err := o.writeKey(r)
	if err != nil {
		return err
	}
	// Closing it has folded the write-ahead log into the file.
	if err := errors.Join(syncFile(filepath.Join(staging, store.FileName)), os.Rename(filepath.Join(staging, store.FileName), target)); err != nil {
		return errors.Join(fmt.Errorf("put the database in its place: %w", err), undo())
	}
	return syncFolder(o.Dir)
}

func (o Options) restorePostgres(ctx context.Context, m Manifest, r io.ReadSeeker) error {
	if err := refuseOccupied(ctx, store.Options{URL: o.URL, Log: o.Log, Schema: store.Unmigrated}); err != nil {
		return err
	}
	undo, err := o.writeKey(r)
	if err != nil {
		return err
	}
	if err := load(ctx, store.Options{URL: o.URL, Log: o.Log, Schema: m.Schema}, m, r); err != nil {
		return errors.Join(err, undo())
	}
	return upgrade(ctx, store.Options{URL: o.URL, Log: o.Log})
}

func refuseOccupied(ctx context.Context, o store.Options) (err error) {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if full, err := occupied(ctx, db.Dialect(), db.Read()); err != nil {
		return err
	} else if full {
		return errOccupied
	}
	return nil
}

// load fills a database, which is at the backup's schema, in one transaction.
func load(ctx context.Context, o store.Options, m Manifest, r io.ReadSeeker) (err error) {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	current, err := db.Schema(ctx)
	if err != nil {
		return err
	}
	if current != m.Schema {
		return errOccupied // by the empty tables of a newer version
	}
	queue, err := jobs.New(ctx, db, jobs.Options{Log: o.Log})
	if err != nil {
		return err
	}
	tables, err := tablesOf(ctx, db.Dialect(), db.Read())
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *store.Tx) error {
		verify, err := deferForeignKeys(ctx, db.Dialect(), tx)
		if err != nil {
			return err
		}
		l := loader{dialect: db.Dialect(), tx: tx, queue: queue, tables: tables, manifest: m}
		if err := l.load(ctx, r); err != nil {
			return err
		}
		return verify()
	})
}

type loader struct {
	dialect  store.Dialect
	tx       *store.Tx
	queue    *jobs.Queue
	tables   []table
	manifest Manifest
}

func (l loader) load(ctx context.Context, r io.ReadSeeker) error {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read the backup again: %w", err)
	}
	return eachFile(r, func(name string, content []byte) error {
		switch folder, _, _ := cutLast(name); {
		case folder == nameJobs:
			return l.loadJobs(ctx, content)
		case strings.HasPrefix(folder, folderTables):
			if err := l.loadRows(ctx, strings.TrimPrefix(folder, folderTables), content); err != nil {
				return fmt.Errorf("restore %s: %w", name, err)
			}
		}
		return nil
	})
}

func (l loader) loadRows(ctx context.Context, name string, content []byte) error {
	i := slices.IndexFunc(l.tables, func(t table) bool { return t.name == name && !t.foreign })
	j := slices.IndexFunc(l.manifest.Tables, func(t Table) bool { return t.Name == name })
	if i < 0 || j < 0 {
		return errors.New("there is no such table")
	}
	t := table{name: name, columns: l.manifest.Tables[j].Columns}
	for _, column := range t.columns {
		k := slices.Index(l.tables[i].columns, column)
		if k < 0 {
			return fmt.Errorf("there is no column %s", column)
		}
		t.kinds = append(t.kinds, l.tables[i].kinds[k])
	}
	var rows [][]any
	for line := range bytes.Lines(content) {
		row, err := decodeRow(line)
		if err != nil {
			return err
		}
		if len(row) != len(t.columns) {
			return fmt.Errorf("%d values for %d columns", len(row), len(t.columns))
		}
		for i, k := range t.kinds {
			row[i] = k.convert(row[i]) // a float may have been written as a whole number
		}
		rows = append(rows, row)
	}
	return insert(ctx, l.dialect, l.tx, t, rows)
}

func (l loader) loadJobs(ctx context.Context, content []byte) error {
	for line := range bytes.Lines(content) {
		j, err := decodeJob(line)
		if err != nil {
			return fmt.Errorf("restore a job: %w", err)
		}
		if err := l.queue.Import(ctx, l.tx, j); err != nil {
			return fmt.Errorf("restore a job: %w", err)
		}
	}
	return nil
}

// upgrade runs the migrations that are newer than the backup.
func upgrade(ctx context.Context, o store.Options) error {
	db, err := store.Open(ctx, o)
	if err != nil {
		return err
	}
	return db.Close()
}
