package seal

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Env names the variable that may hold the master keys instead of the file.
const Env = "COUNTERSIGN_MASTER_KEY"

// Open returns the keyring of env, the value of Env, or where that is empty of the file at path, which is made with a new random key
// if it does not exist. Both hold one base64 key of 32 bytes per line or word; to rotate, append a new one and keep the old.
func Open(path, env string) (*Keyring, error) {
	if strings.TrimSpace(env) != "" {
		k, err := parse(env)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", Env, err)
		}
		return k, nil
	}
	err := refuseShared(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = create(path)
	}
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path) //nolint:gosec // the administrator names the file
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	k, err := parse(string(text))
	if err != nil {
		return nil, fmt.Errorf("read the master key in %s: %w", path, err)
	}
	return k, nil
}

func parse(text string) (*Keyring, error) {
	var keys [][]byte
	for word := range strings.FieldsSeq(text) {
		key, err := base64.StdEncoding.DecodeString(word)
		if err != nil {
			return nil, errors.New("a master key is not base64") // the text of the decoder's error would quote the key
		}
		keys = append(keys, key)
	}
	return New(keys...)
}

// refuseShared returns an error if the file does not exist or somebody else may read or change it.
func refuseShared(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("find the master key: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("the master key %s is not a file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("the master key %s may be read by others (mode %04o); make it private with chmod 600", path, mode)
	}
	return nil
}

// create writes a new key. The file appears whole or not at all, and of two that start at once the first one's key stays.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the master key: %w", err)
	}
	var key [keySize]byte
	_, _ = rand.Read(key[:]) // never fails
	temporary, err := writeBeside(path, base64.StdEncoding.EncodeToString(key[:])+"\n")
	if err != nil {
		return fmt.Errorf("write the master key: %w", err)
	}
	// Unlike a rename, a link never replaces a key that another process has just made.
	if err := os.Link(temporary, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return errors.Join(fmt.Errorf("write the master key: %w", err), os.Remove(temporary))
	}
	if err := os.Remove(temporary); err != nil {
		return fmt.Errorf("write the master key: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// writeBeside writes text to a new private file in the folder of path and returns its name.
func writeBeside(path, text string) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.WriteString(text); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), f.Sync()
}

func syncFolder(path string) error {
	d, err := os.Open(path) //nolint:gosec // the administrator names the folder
	if err != nil {
		return fmt.Errorf("sync %s: %w", path, err)
	}
	return errors.Join(d.Sync(), d.Close())
}
