package audit

import (
	"context"
	"crypto/cipher"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// subjectKey is the key of one subject's personal data.
type subjectKey struct {
	id      [keyIDSize]byte
	subject string
	aead    cipher.AEAD // nil once erased
}

// keyring is how one transaction sees the keys of one organization. The head row's epoch grows with every erasure, so that a key which
// another process destroyed is not used again from this one's memory.
type keyring struct {
	org    string
	epoch  int64
	read   []*subjectKey          // in this transaction; cached once it commits
	used   map[string]*subjectKey // read or made in it, by their subjects
	erased map[string]bool        // subjects that this transaction erases: it tells nothing new about them
}

// maxCachedKeys bounds what the keys take, about 1 KB each.
const maxCachedKeys = 4_000

// keyCache keeps the keys that sealed lately, for a second time at least: of the many that an import makes, few are used again soon. It
// forgets an organization's when its epoch moves.
type keyCache struct {
	mu   sync.Mutex
	orgs map[string]*cachedKeys
	n    int
}

type cachedKeys struct {
	epoch int64
	keys  map[string]*subjectKey
}

func (c *keyCache) get(k *keyring, subject string) *subjectKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o := c.orgs[k.org]; o != nil && o.epoch == k.epoch {
		return o.keys[subject]
	}
	return nil
}

// put caches what a committed transaction used, unless a key was erased since.
func (c *keyCache) put(k *keyring) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.orgs == nil || c.n+len(k.read) > maxCachedKeys {
		c.orgs, c.n = map[string]*cachedKeys{}, 0
	}
	o := c.orgs[k.org]
	if o == nil || o.epoch < k.epoch {
		if o != nil {
			c.n -= len(o.keys)
		}
		o = &cachedKeys{epoch: k.epoch, keys: map[string]*subjectKey{}}
		c.orgs[k.org] = o
	}
	if o.epoch != k.epoch {
		return
	}
	for _, key := range k.read {
		if _, ok := o.keys[key.subject]; !ok {
			c.n++
		}
		o.keys[key.subject] = key
	}
}

// keyOf returns the live key of a subject and makes it with the first event that needs it.
func (l *Log) keyOf(ctx context.Context, tx *store.Tx, k *keyring, subject string, now time.Time) (*subjectKey, error) {
	if key := l.keys.get(k, subject); key != nil {
		return key, nil
	}
	if key := k.used[subject]; key != nil {
		return key, nil
	}
	row, err := liveKey(ctx, tx, k.org, subject)
	if err != nil {
		return nil, err
	}
	var key *subjectKey
	if row == nil {
		key, err = l.makeKey(ctx, tx, k.org, subject, now)
	} else if key, err = l.openKey(k.org, *row); err == nil {
		k.read = append(k.read, key)
	}
	if err != nil {
		return nil, err
	}
	if k.used == nil {
		k.used = map[string]*subjectKey{}
	}
	k.used[subject] = key
	return key, nil
}

func (l *Log) makeKey(ctx context.Context, tx *store.Tx, org, subject string, now time.Time) (*subjectKey, error) {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	row := keyRow{id: id.New(), subject: subject}
	var err error
	if row.sealed, err = l.keyring.Seal(keyPlace(org, row.id), secret); err != nil {
		return nil, fmt.Errorf("seal the key of %s: %w", subject, err)
	}
	if err := insertKey(ctx, tx, org, &row, now); err != nil {
		return nil, err
	}
	return newKey(row, secret)
}

func (l *Log) openKey(org string, row keyRow) (*subjectKey, error) {
	if row.sealed == nil {
		return newKey(row, nil)
	}
	secret, err := l.keyring.Unseal(keyPlace(org, row.id), row.sealed)
	if err != nil {
		return nil, fmt.Errorf("key of %s: %w", row.subject, err)
	}
	return newKey(row, secret)
}

// newKey is the key of a row with its secret, nil once erased.
func newKey(row keyRow, secret []byte) (*subjectKey, error) {
	name, err := uuid.Parse(row.id)
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", row.id, err)
	}
	key := &subjectKey{id: name, subject: row.subject}
	if secret == nil {
		return key, nil
	}
	if key.aead, err = seal.Cipher(secret); err != nil {
		return nil, fmt.Errorf("key of %s: %w", row.subject, err)
	}
	return key, nil
}

func keyPlace(org, keyID string) seal.Place {
	return seal.Place{Table: "audit_key", Column: "sealed", ID: org + "/" + keyID}
}

// openKeys returns the keys that some rows need, erased ones without their cipher.
func (l *Log) openKeys(ctx context.Context, q store.Querier, org string, ids map[[keyIDSize]byte]bool) (map[[keyIDSize]byte]*subjectKey, error) {
	names := make([]string, 0, len(ids))
	for name := range ids {
		names = append(names, uuid.UUID(name).String())
	}
	rows, err := keysByID(ctx, q, org, names)
	if err != nil {
		return nil, err
	}
	out := make(map[[keyIDSize]byte]*subjectKey, len(rows))
	for _, row := range rows {
		key, err := l.openKey(org, row)
		if err != nil {
			return nil, err
		}
		out[key.id] = key
	}
	return out, nil
}

// Erase destroys the keys of one subject ("contact:ID", "technician:ID") of the actor's organization: what the log tells about them
// becomes unreadable for ever, here and in every later export, while the tree still verifies. That it was done is an event.
func (l *Log) Erase(ctx context.Context, tx *store.Tx, subject string) error {
	org, err := organizationOf(ctx)
	if err != nil {
		return fmt.Errorf("erase %s from the log: %w", subject, err)
	}
	if _, err := reserve(ctx, tx, org, 0); err != nil {
		return err
	}
	if err := nextEpoch(ctx, tx, org); err != nil {
		return err
	}
	if err := destroyKeys(ctx, tx, org, subject, store.Now()); err != nil {
		return err
	}
	b := store.Stage[batch](tx, "audit")
	if b.erased == nil {
		b.erased = map[string]bool{}
	}
	b.erased[subject] = true
	return l.Record(ctx, tx, Event{Action: "audit.erase", Targets: []Target{subjectTarget(subject)}})
}
