package password

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"

	"countersign.dev/countersign/internal/fault"
)

var errBusy = fault.New(fault.Unavailable, "signin.busy", "Many people are signing in. Try again in a moment.")

// maxWaiting is how many sign-ins may wait for a hashing slot; whoever comes later is told to come back.
const maxWaiting = 32

// Hasher bounds how many passwords are hashed at once, and with that the memory and the cores that a flood of sign-ins can take.
type Hasher struct {
	params   Params
	slots    chan struct{}
	waiting  atomic.Int64
	computed atomic.Int64
	dummy    phc
}

// NewHasher returns a Hasher with a number of slots, as a rule the number of cores.
func NewHasher(params Params, slots int) *Hasher {
	h := &Hasher{params: params, slots: make(chan struct{}, max(slots, 1))}
	h.dummy = phc{Params: params, salt: random(saltSize), key: random(keySize)}
	return h
}

// Computed is how many hashes were computed so far: a metric, and the measure of the promise that every answer costs the same.
func (h *Hasher) Computed() int64 { return h.computed.Load() }

// Enter waits for a slot. The caller leaves it when done.
func (h *Hasher) Enter(ctx context.Context) (*Slot, error) {
	select {
	case h.slots <- struct{}{}:
		return &Slot{h}, nil
	default:
	}
	if h.waiting.Add(1) > maxWaiting {
		h.waiting.Add(-1)
		return nil, errBusy.After(time.Second)
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return &Slot{h}, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for a hashing slot: %w", ctx.Err())
	}
}

// Slot is the right to compute hashes, one after the other.
type Slot struct{ h *Hasher }

// Leave lets the next one in.
func (s *Slot) Leave() { <-s.h.slots }

// Hash returns a new hash of password in PHC form.
func (s *Slot) Hash(password string) string {
	p := s.h.params
	s.h.computed.Add(1)
	salt := random(saltSize)
	return phc{p, salt, argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Threads, keySize)}.String()
}

// Verify says whether password belongs to stored, and whether stored should be made anew with today's costs.
// It computes exactly one hash whatever stored holds; without a stored hash nothing matches.
func (s *Slot) Verify(stored, password string) (ok, stale bool) {
	h, err := parsePHC(stored)
	if err != nil {
		h = s.h.dummy
	}
	s.h.computed.Add(1)
	ok = h.matches(password) && err == nil
	return ok, ok && h.Params != s.h.params
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return b
}
