package message

import (
	"math/rand/v2"
	"time"
)

// manyTries is when an outage is a long one: more than half an hour. Until then whatever waits for a provider leaves within 30 seconds
// of its recovery.
const manyTries = 100

// Timing says how patient the machine is.
type Timing struct {
	Request    time.Duration // one request
	Lease      time.Duration // after which another node may take over what a dead one was sending
	Backoff    time.Duration // before the second try; it doubles with each
	MaxBackoff time.Duration // three times that once there were more than a hundred tries
	Ask        time.Duration // between two questions what became of a request
	Resolve    time.Duration // after which a request that nobody knows about is repeated
	Sweep      time.Duration // between two looks at everything: for lost wake-ups, and for what a node holds that dies; at most half a Lease
}

func (t Timing) orUsual() Timing {
	if t != (Timing{}) {
		return t
	}
	return Timing{
		Request: 20 * time.Second, Lease: 10 * time.Second, Backoff: time.Second, MaxBackoff: 20 * time.Second,
		Ask: 3 * time.Second, Resolve: 15 * time.Second, Sweep: 5 * time.Second,
	}
}

// backoff spreads the tries of many messages by up to a fifth.
func (t Timing) backoff(tries int, wish time.Duration) time.Duration {
	d := t.MaxBackoff
	if shift := max(tries-1, 0); shift < 16 {
		d = min(t.Backoff<<shift, t.MaxBackoff)
	}
	if tries > manyTries {
		d *= 3
	}
	d += rand.N(d/5 + 1)
	return max(d, min(wish, time.Hour))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
