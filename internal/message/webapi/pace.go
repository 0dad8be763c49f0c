package webapi

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// longestWait for a number's turn within a request; who would have to wait longer comes back later.
const longestWait = 5 * time.Second

// Pace keeps each number to its rate. The zero Pace is ready.
type Pace struct {
	mu    sync.Mutex
	rates map[string]*rate.Limiter
}

// Wait waits for a number's turn. If that would take too long it takes none and returns how long, with ok false; err is that of a ctx that
// ended meanwhile.
func (p *Pace) Wait(ctx context.Context, key string, perMinute int) (after time.Duration, ok bool, err error) {
	wait, ok := p.turn(key, perMinute)
	if !ok || wait == 0 {
		return wait, ok, nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return 0, false, ctx.Err()
	case <-timer.C:
		return 0, true, nil
	}
}

func (p *Pace) turn(key string, perMinute int) (wait time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	limit := rate.Limit(float64(perMinute) / 60)
	l := p.rates[key]
	if l == nil {
		if p.rates == nil {
			p.rates = map[string]*rate.Limiter{}
		}
		l = rate.NewLimiter(limit, 1)
		p.rates[key] = l
	}
	if l.Limit() != limit {
		l.SetLimit(limit)
	}
	turn := l.Reserve()
	if wait = turn.Delay(); wait > longestWait {
		turn.Cancel()
		return wait, false
	}
	return wait, true
}
