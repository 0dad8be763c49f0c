package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

var place = seal.Place{Table: "contact_totp", Column: "secret", ID: "org-1/contact-1"}

func keyring(t *testing.T, fill ...byte) *seal.Keyring {
	t.Helper()
	var keys [][]byte
	for _, b := range fill {
		keys = append(keys, bytes.Repeat([]byte{b}, 32))
	}
	k, err := seal.New(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestAttack51CiphertextOpensOnlyInItsOwnPlace(t *testing.T) {
	k := keyring(t, 1)
	sealed, err := k.Seal(place, []byte("JBSWY3DPEHPK3PXP"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := k.Unseal(place, sealed); err != nil || string(plain) != "JBSWY3DPEHPK3PXP" {
		t.Fatalf("got %q, %v", plain, err)
	}
	for name, p := range map[string]seal.Place{
		"another row":                {Table: place.Table, Column: place.Column, ID: "org-1/contact-2"},
		"another column":             {Table: place.Table, Column: "spare", ID: place.ID},
		"another table":              {Table: "technician_totp", Column: place.Column, ID: place.ID},
		"the same letters, cut anew": {Table: place.Table, Column: place.Column + "org", ID: "-1/contact-1"},
	} {
		if plain, err := k.Unseal(p, sealed); !errors.Is(err, seal.ErrUnreadable) {
			t.Errorf("%s: opened %q, %v", name, plain, err)
		}
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := k.Unseal(place, changed); !errors.Is(err, seal.ErrUnreadable) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := k.Unseal(place, sealed[:i]); !errors.Is(err, seal.ErrUnreadable) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
}

func TestAttack51TheDatabaseFileAloneTellsNothing(t *testing.T) {
	secret := []byte("a very secret value that would stand out")
	sealed, err := keyring(t, 1).Seal(place, secret)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `
			insert into store_idempotency (org_id, actor, key, request_hash, answer, created_at) values ('o', 'a', 'k', $1, $2, 1)`, []byte{1}, sealed)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(file, sealed) || bytes.Contains(file, secret) {
		t.Error("the file must hold the sealed bytes and not the secret")
	}
	if _, err := keyring(t, 2).Unseal(place, sealed); !errors.Is(err, seal.ErrUnreadable) {
		t.Errorf("opened with another installation's key: %v", err)
	}
}

func TestRotationKeepsTheOldReadable(t *testing.T) {
	old, rotated := keyring(t, 1), keyring(t, 1, 2)
	before, _ := old.Seal(place, []byte("x"))
	after, _ := rotated.Seal(place, []byte("y"))
	if plain, err := rotated.Unseal(place, before); err != nil || string(plain) != "x" {
		t.Errorf("old value: %q, %v", plain, err)
	}
	if _, err := old.Unseal(place, after); !errors.Is(err, seal.ErrUnreadable) {
		t.Errorf("the newest key does not seal: %v", err)
	}
	if !bytes.Equal(old.MAC("p", "v"), rotated.MAC("p", "v")) || !old.Signer("p").Equal(rotated.Signer("p")) {
		t.Error("rotation changed what is stored or published")
	}
}

func TestEveryPurposeHasItsOwnKey(t *testing.T) {
	k := keyring(t, 1)
	seen := map[string]string{}
	for name, mac := range map[string][]byte{
		"plain": k.MAC("a", "b", "c"), "joined": k.MAC("a", "bc"), "cut elsewhere": k.MAC("a", "bc", ""), "purpose": k.MAC("ab", "c"), "none": k.MAC("a"),
		"signer a": k.Signer("a").Seed(), "signer b": k.Signer("b").Seed(),
	} {
		if other, ok := seen[string(mac)]; ok {
			t.Errorf("%s and %s are the same", name, other)
		}
		seen[string(mac)] = name
	}
	message := []byte("m")
	if !ed25519.Verify(k.Signer("a").Public().(ed25519.PublicKey), message, ed25519.Sign(k.Signer("a"), message)) {
		t.Error("the signer does not sign")
	}
}

func TestTheKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys", "master.key")
	first := make([]*seal.Keyring, 8)
	var wg sync.WaitGroup
	for i := range first {
		wg.Go(func() {
			var err error
			if first[i], err = seal.Open(path, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range first {
		if !bytes.Equal(k.MAC("p"), first[0].MAC("p")) {
			t.Fatal("two that started at once have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if files, _ := os.ReadDir(filepath.Dir(path)); len(files) != 1 {
		t.Errorf("left behind: %v", files)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(path, ""); err == nil || !strings.Contains(err.Error(), "chmod 600") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func TestKeysFromTheEnvironment(t *testing.T) {
	one, two := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{2}, 32))
	path := filepath.Join(t.TempDir(), "master.key")
	k, err := seal.Open(path, one+" "+two)
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := keyring(t, 1, 2).Seal(place, []byte("x"))
	if _, err := k.Unseal(place, sealed); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("made a file nobody asked for")
	}
	for _, bad := range []string{"secret-but-not-base64!", "c2hvcnQ="} {
		if _, err := seal.Open(path, bad); err == nil || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
