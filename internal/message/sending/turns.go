package sending

import (
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// turnsKept is how many turns may wait before old ones are forgotten.
const turnsKept = 10_000

// Turns keep each organization to its rate, within this process. The zero Turns are ready.
type Turns struct {
	mu    sync.Mutex
	rates map[string]*rate.Limiter
	given map[string]time.Time // by message: a turn that has not come yet
}

// Of is when a message may leave: now, or when its turn comes. Who asks again before it has the same turn; who asks afterwards, for another
// request, takes a new one. Up to six seconds' worth leave at once.
func (t *Turns) Of(orgID, id string, perMinute int, now time.Time) time.Time {
	if perMinute <= 0 {
		return now
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.given[id]; ok {
		if !at.After(now) {
			delete(t.given, id)
		}
		return at
	}
	if t.rates == nil {
		t.rates, t.given = map[string]*rate.Limiter{}, map[string]time.Time{}
	}
	limit, burst := rate.Limit(float64(perMinute)/60), max(1, perMinute/10)
	l := t.rates[orgID]
	if l == nil {
		l = rate.NewLimiter(limit, burst)
		t.rates[orgID] = l
	}
	if l.Limit() != limit {
		l.SetLimitAt(now, limit)
		l.SetBurstAt(now, burst)
	}
	at := now.Add(l.ReserveN(now, 1).DelayFrom(now))
	if at.After(now) {
		if len(t.given) >= turnsKept { // of messages that were taken back meanwhile
			maps.DeleteFunc(t.given, func(_ string, at time.Time) bool { return at.Before(now.Add(-time.Minute)) })
		}
		t.given[id] = at
	}
	return at
}
