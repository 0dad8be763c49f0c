// Package seal encrypts what the database keeps, so that its file alone tells no secret, and binds each value to its row.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
)

const (
	keySize = 32
	idSize  = 4
	format  = 1 // first byte of every sealed value
)

// ErrUnreadable is returned for what was sealed elsewhere, under a key that is not in the keyring, or was changed since.
var ErrUnreadable = errors.New("the sealed value cannot be opened: it was moved, changed, or its key is missing")

// Place is where a sealed value lies. A value opens only in the place that it was sealed for.
type Place struct {
	Table  string
	Column string
	ID     string // the row's key, with its organization
}

// Keyring derives every key of the installation from its master keys. It is safe for concurrent use.
type Keyring struct {
	masters []*master // oldest first; the newest seals
}

// master is one master key and what was derived from it so far.
type master struct {
	secret [keySize]byte
	id     [idSize]byte
	ciphers,
	macs sync.Map // by purpose
}

// New returns a Keyring of the given 32 byte keys, oldest first.
func New(keys ...[]byte) (*Keyring, error) {
	if len(keys) == 0 {
		return nil, errors.New("the keyring is empty")
	}
	k := &Keyring{}
	for _, key := range keys {
		if len(key) != keySize {
			return nil, fmt.Errorf("a master key has %d bytes, not %d", keySize, len(key))
		}
		m := &master{secret: [keySize]byte(key)}
		copy(m.id[:], m.derive("key id", idSize))
		k.masters = append(k.masters, m)
	}
	return k, nil
}

// Seal encrypts plain for one place under the newest key.
func (k *Keyring) Seal(place Place, plain []byte) ([]byte, error) {
	m := k.masters[len(k.masters)-1]
	aead, err := m.cipher(place.Table)
	if err != nil {
		return nil, fmt.Errorf("seal %s.%s: %w", place.Table, place.Column, err)
	}
	out := make([]byte, 0, 1+idSize+len(plain)+aead.Overhead())
	out = append(append(out, format), m.id[:]...)
	return aead.Seal(out, nil, plain, place.bytes()), nil
}

// Unseal opens what was sealed for the same place under any key of the keyring.
func (k *Keyring) Unseal(place Place, sealed []byte) ([]byte, error) {
	if len(sealed) <= 1+idSize || sealed[0] != format {
		return nil, fmt.Errorf("unseal %s.%s: %w", place.Table, place.Column, ErrUnreadable)
	}
	for _, m := range k.masters {
		if m.id != [idSize]byte(sealed[1:1+idSize]) {
			continue
		}
		aead, err := m.cipher(place.Table)
		if err != nil {
			return nil, fmt.Errorf("unseal %s.%s: %w", place.Table, place.Column, err)
		}
		if plain, err := aead.Open(nil, nil, sealed[1+idSize:], place.bytes()); err == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("unseal %s.%s: %w", place.Table, place.Column, ErrUnreadable)
}

// MAC is an HMAC-SHA256 over parts under a key of that purpose: the same parts split elsewhere give another result.
// It comes from the oldest key, so that rotation does not invalidate what is stored.
func (k *Keyring) MAC(purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, k.masters[0].mac(purpose))
	h.Write(join(parts...))
	return h.Sum(nil)
}

// Signer is the installation's Ed25519 key for one purpose. It comes from the oldest key, so that rotation leaves the public half as
// it was published.
func (k *Keyring) Signer(purpose string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(k.masters[0].derive("sign "+purpose, ed25519.SeedSize))
}

func (m *master) cipher(table string) (cipher.AEAD, error) {
	if c, ok := m.ciphers.Load(table); ok {
		return c.(cipher.AEAD), nil
	}
	aead, err := Cipher(m.derive("seal "+table, keySize))
	if err != nil {
		return nil, err
	}
	c, _ := m.ciphers.LoadOrStore(table, aead)
	return c.(cipher.AEAD), nil
}

func (m *master) mac(purpose string) []byte {
	if key, ok := m.macs.Load(purpose); ok {
		return key.([]byte)
	}
	key, _ := m.macs.LoadOrStore(purpose, m.derive("mac "+purpose, keySize))
	return key.([]byte)
}

// derive never fails: HKDF refuses only more than 255 blocks.
func (m *master) derive(purpose string, n int) []byte {
	key, err := hkdf.Key(sha256.New, m.secret[:], nil, "countersign/1 "+purpose, n)
	if err != nil {
		panic(err)
	}
	return key
}

// Cipher is AES-256-GCM under key; the random nonce travels in front of the sealed bytes, so callers pass none.
func Cipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (p Place) bytes() []byte { return join(p.Table, p.Column, p.ID) }

// join writes each part behind its length, so that no two lists of parts give the same bytes.
func join(parts ...string) []byte {
	n := 0
	for _, p := range parts {
		n += 8 + len(p)
	}
	out := make([]byte, 0, n)
	for _, p := range parts {
		out = binary.BigEndian.AppendUint64(out, uint64(len(p)))
		out = append(out, p...)
	}
	return out
}
