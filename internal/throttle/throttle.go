// Package throttle slows down whoever fails again and again, by the network that the failures come from.
package throttle

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Network is what one attacker is assumed to hold: a /24 of IPv4, a /64 of IPv6.
func Network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return p.String()
}

// Failed sign-ins that one network may make with any names: a burst, then one in three seconds.
const (
	failureBurst = 100
	failureEvery = 3 * time.Second
	maxNetworks  = 10_000
)

// Failures holds one bucket for each network that failed lately. Successes cost nothing, so that an office behind one address
// can sign in at nine in the morning.
type Failures struct {
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

// NewFailures returns limits that nobody has met.
func NewFailures() *Failures {
	return &Failures{buckets: map[string]*rate.Limiter{}}
}

// Check returns how long the network has to wait, 0 for not at all.
func (l *Failures) Check(network string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[network]
	if b == nil || b.TokensAt(now) >= 1 {
		return 0
	}
	return failureEvery
}

// Failed counts one failure.
func (l *Failures) Failed(network string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[network]
	if b == nil {
		l.forget(now)
		b = rate.NewLimiter(rate.Every(failureEvery), failureBurst)
		l.buckets[network] = b
	}
	b.AllowN(now, 1)
}

// forget drops the networks that have been quiet once there are many, and all if that does not help.
func (l *Failures) forget(now time.Time) {
	if len(l.buckets) < maxNetworks {
		return
	}
	for n, b := range l.buckets {
		if b.TokensAt(now) >= failureBurst {
			delete(l.buckets, n)
		}
	}
	if len(l.buckets) >= maxNetworks {
		clear(l.buckets) // the counters in the database still hold
	}
}

// Recently remembers for what a note was written in the last minute, so that a program which knocks a thousand times is noted once.
type Recently struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

// NewRecently returns an empty memory.
func NewRecently() *Recently { return &Recently{seen: map[string]time.Time{}} }

// First says whether a note about key is due.
func (r *Recently) First(key string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.seen[key]; ok && now.Sub(at) < time.Minute {
		return false
	}
	if len(r.seen) >= maxNetworks {
		clear(r.seen)
	}
	r.seen[key] = now
	return true
}
