package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// headFile is where signed heads are kept outside the database, one line each, so that a log which was cut off, or taken back together
// with its database, does not look whole. Copies of it on another machine protect against whoever can write both.
type headFile struct {
	mu     sync.Mutex
	path   string // empty: none is kept
	newest map[string]auditverify.Checkpoint
	torn   bool // the last line has no end
}

type headLine struct {
	Organization string `json:"organization"`
	Size         int64  `json:"size"`
	Checkpoint   string `json:"checkpoint"`
}

// KeepHeads writes every checkpoint also to the file at path, and compares the logs with what it holds from earlier on. Call it before
// the first checkpoint.
func (l *Log) KeepHeads(path string) error {
	newest := map[string]auditverify.Checkpoint{}
	torn, err := readHeads(path, func(_ int, line headLine) error {
		c, err := l.check.OpenCheckpoint(line.Checkpoint)
		if err == nil && c.Size >= newest[c.Organization].Size { // verification names a forged one
			newest[c.Organization] = c
		}
		return nil
	})
	if err != nil {
		return err
	}
	l.heads.mu.Lock()
	defer l.heads.mu.Unlock()
	l.heads.path, l.heads.newest, l.heads.torn = path, newest, torn
	return nil
}

func (f *headFile) last(org string) (auditverify.Checkpoint, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.newest[org]
	return c, ok
}

func (f *headFile) name() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.path
}

func (f *headFile) write(c auditverify.Checkpoint, signed string) (err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path == "" {
		return nil
	}
	line, err := json.Marshal(headLine{c.Organization, c.Size, signed})
	if err != nil {
		return fmt.Errorf("encode a head: %w", err)
	}
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the file of heads: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	line = append(line, '\n')
	if f.torn {
		line = append([]byte{'\n'}, line...)
	}
	if _, err := file.Write(line); err != nil {
		f.torn = true
		return fmt.Errorf("write to the file of heads: %w", err)
	}
	f.torn = false
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write to the file of heads: %w", err)
	}
	if c.Size >= f.newest[c.Organization].Size {
		f.newest[c.Organization] = c
	}
	return nil
}

// readHeads calls fn with every line of the file that has a head's form. Another line is one whose writing was interrupted; it names
// no head, and torn says whether the file ends with such a line.
func readHeads(path string, fn func(number int, line headLine) error) (torn bool, err error) {
	file, err := os.Open(path) //nolint:gosec // the administrator names the data folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("open the file of heads: %w", err)
	}
	defer func() { _ = file.Close() }()
	r := bufio.NewReader(file)
	for number := 1; ; number++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return len(text) > 0, nil
		}
		if err != nil {
			return false, fmt.Errorf("read the file of heads: %w", err)
		}
		var line headLine
		if json.Unmarshal(text, &line) != nil {
			continue
		}
		if err := fn(number, line); err != nil {
			return false, err
		}
	}
}
