package message

import (
	"context"
	"sync"
	"time"

	"countersign.dev/countersign/internal/store"
)

// laneWidth is how many requests an organization may have under way by one way.
const laneWidth = 32

// laneKey names a lane: what one organization sends by one way. A provider that hangs holds up its own lane only.
type laneKey struct {
	orgID string
	way   Way
}

// lane claims what is due and gives it to workers. It sleeps until it is woken or something comes due.
type lane struct {
	*Service
	laneKey
	woken   chan struct{}
	slots   chan struct{}
	results chan<- result
}

func newLane(s *Service, k laneKey, results chan<- result) *lane {
	return &lane{Service: s, laneKey: k, woken: make(chan struct{}, 1), slots: make(chan struct{}, laneWidth), results: results}
}

func (l *lane) wake() {
	select {
	case l.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// run claims until ctx ends, and waits for its workers, whose requests end with working.
func (l *lane) run(ctx, working context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for {
		next, err := nextDue(ctx, l.DB.Read(), l.laneKey, l.node)
		if err == nil && !next.IsZero() && !next.After(store.Now()) {
			if err = l.step(ctx, working, &workers); err == nil && ctx.Err() == nil {
				continue
			}
		}
		if err != nil {
			l.logUnlessDone(ctx, "cannot claim messages to send", err, "organization", l.orgID, "way", l.way)
			next = store.Now().Add(l.Timing.Backoff)
		}
		if !l.wait(ctx, next) {
			return
		}
	}
}

// step claims as much as there are free slots and starts a worker for each.
func (l *lane) step(ctx, working context.Context, workers *sync.WaitGroup) error {
	n := l.reserve(ctx)
	if n == 0 {
		return nil
	}
	l.working.Store(true)
	jobs, err := l.claim(context.WithoutCancel(ctx), l.laneKey, n)
	for range n - len(jobs) {
		<-l.slots
	}
	for _, j := range jobs {
		workers.Go(func() {
			l.results <- l.work(working, j)
			<-l.slots
		})
	}
	return err
}

// reserve waits for one free slot and takes all others that are free; it is 0 once ctx has ended.
func (l *lane) reserve(ctx context.Context) (n int) {
	select {
	case <-ctx.Done():
		return 0
	case l.slots <- struct{}{}:
	}
	for n = 1; n < laneWidth; n++ {
		select {
		case l.slots <- struct{}{}:
		default:
			return n
		}
	}
	return n
}

// wait sleeps until the lane is woken or a time has come; it is false once ctx has ended.
func (l *lane) wait(ctx context.Context, until time.Time) bool {
	var due <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-l.woken:
	case <-due:
	}
	return true
}
