package factor

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Questions that one network may ask without saying who it is: an office that opens its sign-in pages at nine in the morning, then two a second.
const (
	askBurst    = 200
	askPerSec   = 2
	maxNetworks = 10_000
)

// networkLimits holds one bucket for each network that asked lately.
type networkLimits struct {
	mu      sync.Mutex
	buckets map[string]*rate.Limiter
}

func newNetworkLimits() *networkLimits { return &networkLimits{buckets: map[string]*rate.Limiter{}} }

// take uses up one question of a network, or says how long to wait.
func (l *networkLimits) take(address string, now time.Time) time.Duration {
	key := network(address)
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buckets[key]
	if b == nil {
		l.forget(now)
		b = rate.NewLimiter(askPerSec, askBurst)
		l.buckets[key] = b
	}
	if b.AllowN(now, 1) {
		return 0
	}
	return time.Second / askPerSec
}

// forget drops the networks that have been quiet once there are many, and all if that does not help.
func (l *networkLimits) forget(now time.Time) {
	if len(l.buckets) < maxNetworks {
		return
	}
	for key, b := range l.buckets {
		if b.TokensAt(now) >= askBurst {
			delete(l.buckets, key)
		}
	}
	if len(l.buckets) >= maxNetworks {
		clear(l.buckets)
	}
}

// network is what one household or office is assumed to hold: an address of IPv4, a /64 of IPv6.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return "unknown"
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	p, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return p.String()
}
