// Package backup writes the whole installation into one file while it runs, and brings it back on either database.
//
// The file is a gzipped tar that other tools can read: the rows of each table as JSON Lines, the jobs that are not done yet, the master
// key if it is wanted, a manifest, and SHA256SUMS over all of them as sha256sum checks it.
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/store"
)

// format is the version of the file's layout.
const format = 1

// Names inside the file.
const (
	nameKey      = "master.key"
	nameJobs     = "jobs"
	nameManifest = "manifest.json"
	nameSums     = "SHA256SUMS"
	folderTables = "tables/"
)

// Manifest says what a backup holds.
type Manifest struct {
	Format    int       `json:"format"`
	CreatedAt time.Time `json:"created_at"`
	Database  string    `json:"database"` // sqlite or postgresql: where it came from; it can go to either
	Schema    int64     `json:"schema"`   // the last migration
	HasKey    bool      `json:"has_key"`
	Jobs      int       `json:"jobs"`
	Tables    []Table   `json:"tables"`
}

// Table is one table of a Manifest.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Rows is the number of rows in all tables.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Write writes a backup of db, as it is at one moment, to w. The server goes on working meanwhile. keyPath is the file of the master
// key; it is left out when empty, and then the backup is readable only together with that key.
func Write(ctx context.Context, db *store.DB, keyPath string, w io.Writer) (Manifest, error) {
	schema, err := db.Schema(ctx)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{Format: format, CreatedAt: store.Now(), Database: databaseName(db.Dialect()), Schema: schema}
	a := newArchive(w, m.CreatedAt)
	if keyPath != "" {
		key, err := os.ReadFile(keyPath) //nolint:gosec // the operator names the key
		if err != nil {
			return Manifest{}, fmt.Errorf("read the master key: %w", err)
		}
		if err := a.add(nameKey, key); err != nil {
			return Manifest{}, err
		}
		m.HasKey = true
	}
	if err := db.Snapshot(ctx, func(q store.Querier) error { return writeRows(ctx, db.Dialect(), q, a, &m) }); err != nil {
		return Manifest{}, err
	}
	return m, a.finish(m)
}

func writeRows(ctx context.Context, d store.Dialect, q store.Querier, a *archive, m *Manifest) error {
	tables, err := tablesOf(ctx, d, q)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if t.name == jobTable {
			if err := writeJobs(ctx, d, q, a, m); err != nil {
				return err
			}
		}
		if t.foreign {
			continue
		}
		p := a.parts(folderTables + t.name)
		n, err := eachRow(ctx, q, t, func(values []any) error {
			line, err := encodeRow(values)
			if err != nil {
				return fmt.Errorf("a row of %s: %w", t.name, err)
			}
			return p.add(line)
		})
		if err := errors.Join(err, p.close()); err != nil {
			return fmt.Errorf("back up table %s: %w", t.name, err)
		}
		m.Tables = append(m.Tables, Table{Name: t.name, Columns: t.columns, Rows: n})
	}
	return nil
}

func writeJobs(ctx context.Context, d store.Dialect, q store.Querier, a *archive, m *Manifest) error {
	p := a.parts(nameJobs)
	err := jobs.Pending(ctx, d, q, func(j jobs.Job) error {
		m.Jobs++
		line, err := encodeJob(j)
		if err != nil {
			return err
		}
		return p.add(line)
	})
	return errors.Join(err, p.close())
}

// ToFile writes a backup to a new file that only its owner may read. The file appears under its name when it is whole and on disk.
func ToFile(ctx context.Context, db *store.DB, keyPath, path string) (m Manifest, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, errExists
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".countersign-backup-*") // mode 0600
	if err != nil {
		return Manifest{}, fmt.Errorf("create the backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	m, err = Write(ctx, db, keyPath, f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return Manifest{}, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Manifest{}, fmt.Errorf("name the backup: %w", err)
	}
	return m, syncFolder(filepath.Dir(path))
}

func databaseName(d store.Dialect) string {
	if d == store.Postgres {
		return "postgresql"
	}
	return "sqlite"
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
