package httpapi

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds how many callers a limiter remembers.
const maxKeys = 20_000

// limiter allows so many requests a second for each key.
type limiter struct {
	rate  rate.Limit
	burst int

	mu   sync.Mutex
	keys map[string]*bucket
}

type bucket struct {
	*rate.Limiter
	used time.Time
}

func newLimiter(perSecond float64, burst int) *limiter {
	return &limiter{rate: rate.Limit(perSecond), burst: burst, keys: map[string]*bucket{}}
}

// take uses up one request of key, or says how long to wait.
func (l *limiter) take(key string) time.Duration {
	now := time.Now()
	l.mu.Lock()
	b, ok := l.keys[key]
	if !ok {
		l.makeRoom(now)
		b = &bucket{Limiter: rate.NewLimiter(l.rate, l.burst)}
		l.keys[key] = b
	}
	b.used = now
	l.mu.Unlock()
	if b.AllowN(now, 1) {
		return 0
	}
	return time.Duration(float64(time.Second) / float64(l.rate))
}

// makeRoom forgets whoever has been quiet for so long that their bucket is full again; under a flood of keys, anybody.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.keys) < maxKeys {
		return
	}
	full := time.Duration(float64(l.burst) / float64(l.rate) * float64(time.Second))
	for key, b := range l.keys {
		if now.Sub(b.used) > full {
			delete(l.keys, key)
		}
	}
	for key := range l.keys {
		if len(l.keys) < maxKeys {
			return
		}
		delete(l.keys, key)
	}
}

// addressKey counts the addresses of one IPv6 network as one.
func addressKey(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil || addr.Is4() {
		return address
	}
	network, err := addr.Prefix(64)
	if err != nil {
		return address
	}
	return network.String()
}
