package apitoken

import (
	"sync"
	"time"

	"countersign.dev/countersign/internal/store"
)

// Bounds of what is kept of tokens that were read.
const (
	recentFor = 100 * time.Millisecond // a tenth of the second within which a change made by another server has to count (ACC-22)
	maxRecent = 1024
)

// recent keeps tokens for a moment, since a program asks thousands of times a second with the same. A change made here counts at once. Unknown tokens are
// not kept.
type recent struct {
	mu     sync.Mutex
	tokens map[string]kept // by hash
	epoch  uint64          // of the changes made here
}

type kept struct {
	Found
	until time.Time // and no longer than the token lives
}

func newRecent(db *store.DB) *recent {
	r := &recent{tokens: map[string]kept{}}
	if db != nil { // as it is where only the routes are wanted
		db.Watch(r.forget, "apitoken", "technician", "organization")
	}
	return r
}

// find returns a token that was read a moment ago, or the epoch in which it is read now.
func (r *recent) find(hash []byte, now time.Time) (f Found, epoch uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, ok := r.tokens[string(hash)]
	if left := k.until.Sub(now); !ok || left <= 0 || left > recentFor { // the clock may have been put back
		return Found{}, r.epoch, false
	}
	return k.Found, r.epoch, true
}

// keep keeps a token that was read in an epoch, unless something has changed since.
func (r *recent) keep(hash []byte, f Found, expires, now time.Time, epoch uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.epoch != epoch {
		return
	}
	if len(r.tokens) >= maxRecent {
		clear(r.tokens)
	}
	until := now.Add(recentFor)
	if expires.Before(until) {
		until = expires
	}
	r.tokens[string(hash)] = kept{f, until}
}

func (r *recent) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.epoch++
	clear(r.tokens)
}
