// Package doctor checks an installation from outside, beside the server or without it, and says what to do about each finding.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Grade is how good or bad a finding is.
type Grade uint8

// The grades.
const (
	OK Grade = iota
	Warn
	Fail
)

// String is the grade as it is printed.
func (g Grade) String() string { return [...]string{"ok", "warning", "failed"}[g] }

// Check is one finding. Remedy is empty when there is nothing to do.
type Check struct {
	Name   string
	Grade  Grade
	Detail string
	Remedy string
}

// Setup says which installation to look at.
type Setup struct {
	Dir         string   // data folder
	DatabaseURL string   // empty means SQLite in Dir
	KeyFile     string   // master key
	KeyFromEnv  bool     // the environment holds the master key instead
	ExternalURL *url.URL // nil if it is not set
	// Mailboxes examines the mailboxes that mail is fetched from; doctor knows no protocol of them. nil leaves them out.
	Mailboxes func(ctx context.Context, q store.Querier) ([]Mailbox, error)
}

// Space below which the disk is called nearly full, or full.
const (
	spaceLow  = 2 << 30
	spaceNone = 200 << 20
)

// Run makes every check that is possible; it changes nothing. What the database holds is not checked if it cannot be opened.
func Run(ctx context.Context, s Setup) []Check {
	checks := []Check{s.folder(), s.key(), s.space(), s.address()}
	db, opened := s.open(ctx)
	checks = append(checks, opened...)
	if db == nil {
		return checks
	}
	p := patient{db: db, now: store.Now(), external: s.ExternalURL, boxes: s.Mailboxes}
	checks = append(checks, p.examine(ctx)...)
	if err := db.Close(); err != nil {
		checks = append(checks, Check{"database", Fail, "does not close: " + err.Error(), "Run doctor again; if this stays, look at the disk."})
	}
	return checks
}

// Worst is the worst grade of checks.
func Worst(checks []Check) (worst Grade) {
	for _, c := range checks {
		worst = max(worst, c.Grade)
	}
	return worst
}

// Print writes the checks for a person.
func Print(w io.Writer, checks []Check) error {
	for _, c := range checks {
		if _, err := fmt.Fprintf(w, "%-8s %-16s %s\n", c.Grade, c.Name, c.Detail); err != nil {
			return err
		}
		if c.Remedy != "" {
			if _, err := fmt.Fprintf(w, "%25s → %s\n", "", c.Remedy); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s Setup) folder() Check {
	const name = "data folder"
	info, err := os.Stat(s.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Check{name, Fail, s.Dir + " does not exist", "Name the right folder with --data, or start the server once, which makes it."}
	case err != nil:
		return Check{name, Fail, err.Error(), "Run doctor as the user that runs the server."}
	case !info.IsDir():
		return Check{name, Fail, s.Dir + " is no folder", "Name a folder with --data."}
	case info.Mode().Perm()&0o077 != 0:
		return Check{name, Warn, fmt.Sprintf("others on this machine may look into %s (mode %04o)", s.Dir, info.Mode().Perm()), "chmod 700 " + s.Dir}
	}
	return Check{name, OK, s.Dir, ""}
}

func (s Setup) key() Check {
	const name = "master key"
	if s.KeyFromEnv {
		return Check{name, OK, "from the environment; no backup holds it", ""}
	}
	info, err := os.Stat(s.KeyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Check{name, Fail, s.KeyFile + " does not exist", "Put the key back from a backup: without it sealed data cannot be read. A new installation makes it at its first start."}
	case err != nil:
		return Check{name, Fail, err.Error(), "Run doctor as the user that runs the server."}
	case info.Mode().Perm()&0o077 != 0:
		return Check{name, Fail, fmt.Sprintf("others on this machine may read %s (mode %04o)", s.KeyFile, info.Mode().Perm()), "chmod 600 " + s.KeyFile}
	}
	if _, err := seal.Open(s.KeyFile, ""); err != nil {
		return Check{name, Fail, err.Error(), "Put the key back from a backup."}
	}
	return Check{name, OK, s.KeyFile, ""}
}

func (s Setup) space() Check {
	const name = "disk space"
	free, err := freeSpace(s.Dir)
	if err != nil {
		return Check{name, Warn, "cannot be read: " + err.Error(), "Look at it with df."}
	}
	detail := fmt.Sprintf("%.1f GB free", float64(free)/1e9)
	switch {
	case free < spaceNone:
		return Check{name, Fail, detail, "Make room at once: the server stops accepting changes when the disk is full."}
	case free < spaceLow:
		return Check{name, Warn, detail, "Make room, or move the data folder to a larger disk."}
	}
	return Check{name, OK, detail, ""}
}

// address: without TLS the session cookie travels readable and lacks the attributes that guard it.
func (s Setup) address() Check {
	const name = "address"
	switch {
	case s.ExternalURL == nil:
		return Check{name, Warn, "no external address is set: links in messages lead to this machine only", "Set --external-url or COUNTERSIGN_EXTERNAL_URL to the https address that people use."}
	case s.ExternalURL.Scheme != "https":
		return Check{name, Warn, s.ExternalURL.String() + " is not encrypted: passwords, codes and sessions can be read on the way", "Put a TLS proxy in front and set the external address to https."}
	}
	return Check{name, OK, s.ExternalURL.String(), ""}
}

// open opens the database as it is, and never creates one.
func (s Setup) open(ctx context.Context) (*store.DB, []Check) {
	const name = "database"
	var checks []Check
	if s.DatabaseURL == "" {
		path := filepath.Join(s.Dir, store.FileName)
		info, err := os.Stat(path)
		if err != nil {
			return nil, []Check{{name, Fail, err.Error(), "Name the right folder with --data, or start the server once, which makes the database."}}
		}
		if info.Mode().Perm()&0o077 != 0 {
			checks = append(checks, Check{"database file", Fail, fmt.Sprintf("others on this machine may read %s (mode %04o)", path, info.Mode().Perm()), "chmod 600 " + path})
		}
	}
	begin := time.Now()
	db, err := store.Open(ctx, store.Options{Dir: s.Dir, URL: s.DatabaseURL, Schema: store.Unmigrated})
	if err != nil {
		return nil, append(checks, Check{name, Fail, err.Error(), "See that the database runs, that its address and password are right, and that this machine may connect."})
	}
	return db, append(checks, Check{name, OK, fmt.Sprintf("answers after %d ms", time.Since(begin).Milliseconds()), ""})
}
