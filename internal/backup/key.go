package backup

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// keyOf finds the master key of a backup, nil if it has none.
func keyOf(r io.ReadSeeker) (key []byte, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the backup again: %w", err)
	}
	err = eachFile(r, func(name string, content []byte) error {
		if name == nameKey {
			key = content
		}
		return errEnough // it is the first file, if it is there
	})
	return key, err
}

// checkKey makes sure, before anything is written, that the restored data will have its key and that no other key is in its place.
func (o Options) checkKey(m Manifest, r io.ReadSeeker) error {
	if o.KeyPath == "" {
		return nil
	}
	here, err := os.ReadFile(o.KeyPath)
	if errors.Is(err, fs.ErrNotExist) {
		if !m.HasKey {
			return errNoKey
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the master key: %w", err)
	}
	if !m.HasKey {
		return nil
	}
	if key, err := keyOf(r); err != nil {
		return err
	} else if !bytes.Equal(here, key) {
		return errKey
	}
	return nil
}

// writeKey puts the backup's master key in its place, unless it is there already, and returns how to take it away again.
func (o Options) writeKey(r io.ReadSeeker) (undo func() error, err error) {
	undo = func() error { return nil }
	if o.KeyPath == "" {
		return undo, nil
	}
	key, err := keyOf(r)
	if err != nil || key == nil {
		return undo, err
	}
	if err := os.MkdirAll(filepath.Dir(o.KeyPath), 0o700); err != nil {
		return undo, fmt.Errorf("write the master key: %w", err)
	}
	f, err := os.OpenFile(o.KeyPath, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return undo, nil // checkKey has seen that it is the same
	}
	if err != nil {
		return undo, fmt.Errorf("write the master key: %w", err)
	}
	undo = func() error { return os.Remove(o.KeyPath) }
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, errors.Join(fmt.Errorf("write the master key: %w", err), undo())
	}
	return undo, nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
