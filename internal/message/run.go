package message

import (
	"context"
	"fmt"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
)

const (
	resultsKept = 128 // results that may wait to be written
	resultBatch = 64  // results written in one transaction
	wakingsKept = 256
	lastWord    = 5 * time.Second // in which requests get to finish when the server stops
	tidyEvery   = time.Hour
	inboundKept = 30 * 24 * time.Hour // how long the text of a received message is kept
	inboundKnow = 90 * 24 * time.Hour // how long it is known that it came
	forgetStep  = 1000
)

// wake tells Run that a lane has something to do. It never blocks: what does not fit is found by a look at everything.
func (s *Service) wake(orgID string, way Way) {
	select {
	case s.wakings <- laneKey{orgID, way}:
	default:
		s.overrun.Store(true)
	}
}

// Run sends until ctx ends, then lets requests that are under way finish for a moment and writes down what became of them.
func (s *Service) Run(ctx context.Context) error {
	if err := s.takeOver(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("take over the messages of an earlier run: %w", err)
	}
	working, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	results := make(chan result, resultsKept)
	var lanes, recorder, background sync.WaitGroup
	recorder.Go(func() { s.record(working, results) })
	background.Go(func() { s.keepLeases(working) })
	background.Go(func() { s.tidy(ctx) })
	s.dispatch(ctx, func(k laneKey) *lane {
		l := newLane(s, k, results)
		lanes.Go(func() { l.run(ctx, working) })
		return l
	})
	grace := time.AfterFunc(lastWord, stopWork)
	defer grace.Stop()
	lanes.Wait()
	close(results)
	recorder.Wait()
	stopWork()
	background.Wait()
	return nil
}

// takeOver frees what an earlier run of the server was sending when it died. With SQLite there is no other node, so it is free at
// once; with PostgreSQL it becomes free when its lease ends.
func (s *Service) takeOver(ctx context.Context) error {
	if s.DB.Dialect() != store.SQLite {
		return nil
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return freeOthers(ctx, tx, s.node, store.Now()) })
}

// dispatch hands wake-ups to lanes, and looks at everything now and then, however busy it is: in case one was lost, and so that a lane
// that this node never used knows when the lease of another node ends.
func (s *Service) dispatch(ctx context.Context, open func(laneKey) *lane) {
	lanes := map[laneKey]*lane{}
	wake := func(k laneKey) {
		if lanes[k] == nil {
			lanes[k] = open(k)
		}
		lanes[k].wake()
	}
	first := true
	look := time.NewTicker(s.Timing.Sweep)
	defer look.Stop()
	for {
		if first || s.overrun.Swap(false) {
			s.sweep(ctx, wake, first)
			first = false
		}
		select {
		case <-ctx.Done():
			return
		case k := <-s.wakings:
			wake(k)
		case <-look.C:
			s.sweep(ctx, wake, false)
		}
	}
}

// sweep wakes every lane that has anything left to do, and routes what was received but not routed.
func (s *Service) sweep(ctx context.Context, wake func(laneKey), all bool) {
	due, err := lanesDue(ctx, s.DB.Read())
	if err != nil {
		s.logUnlessDone(ctx, "cannot look for messages to send", err)
	}
	for _, k := range due {
		wake(k)
	}
	now := store.Now()
	if all {
		now = time.Time{}
	}
	received, err := inboundDue(ctx, s.DB.Read(), now)
	if err != nil {
		s.logUnlessDone(ctx, "cannot look for received messages", err)
	}
	for _, x := range received {
		s.route(access.WithActor(ctx, access.System(x[0])), x[0], x[1])
	}
	if err := s.lateReports(ctx); err != nil {
		s.logUnlessDone(ctx, "cannot count what providers reported early", err)
	}
}

// keepLeases renews what this run holds, and gives back claims of which it is not known whether they were committed.
func (s *Service) keepLeases(ctx context.Context) {
	ticker := time.NewTicker(s.Timing.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if !s.working.Load() && !s.holdsDoubtful() {
			continue
		}
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			now := store.Now()
			if err := extendLeases(ctx, tx, s.node, now.Add(s.Timing.Lease)); err != nil {
				return err
			}
			return s.freeDoubtful(ctx, tx, now)
		})
		if err != nil {
			s.logUnlessDone(ctx, "cannot renew the leases of messages", err)
		}
	}
}

func (s *Service) tidy(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := dropReports(ctx, tx, store.Now().Add(-reportsKept)); err != nil {
				return err
			}
			if err := wipeKept(ctx, tx, store.Now().Add(-textKept)); err != nil {
				return err
			}
			return wipeInbound(ctx, tx, store.Now().Add(-inboundKept))
		})
		if err != nil {
			s.logUnlessDone(ctx, "cannot wipe the texts of old messages", err)
		}
		if err := s.forgetReceived(ctx, store.Now().Add(-inboundKnow)); err != nil {
			s.logUnlessDone(ctx, "cannot forget old received messages", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// forgetReceived deletes in small steps, since nobody can write in the meantime.
func (s *Service) forgetReceived(ctx context.Context, before time.Time) error {
	orgs, err := forgottenOf(ctx, s.DB.Read(), before)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		for gone := int64(forgetStep); gone == forgetStep; {
			err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
				gone, err = forgetInbound(ctx, tx, org, before, forgetStep)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// record writes what workers found out, as much at once as waits.
func (s *Service) record(ctx context.Context, results <-chan result) {
	var late sync.WaitGroup
	defer late.Wait()
	for res := range results {
		batch := []result{res}
		for len(batch) < resultBatch {
			more, ok := waiting(results)
			if !ok {
				break
			}
			batch = append(batch, more)
		}
		if err := s.write(ctx, batch); err == nil {
			continue
		}
		for _, one := range batch { // one that cannot be written must not hold up the others
			late.Go(func() { s.writeLate(ctx, one) })
		}
	}
}

func waiting(results <-chan result) (res result, ok bool) {
	select {
	case res, ok = <-results:
	default:
	}
	return res, ok
}

// writeLate tries until the server stops; then the attempt stays in flight and the next run finds out what became of it.
func (s *Service) writeLate(ctx context.Context, res result) {
	for try := 1; ; try++ {
		err := s.write(ctx, []result{res})
		if err == nil {
			return
		}
		s.logUnlessDone(ctx, "cannot record what became of a message", err, "delivery", res.ID)
		timer := time.NewTimer(s.Timing.backoff(try, 0))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (s *Service) write(ctx context.Context, batch []result) error {
	err := s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		for _, res := range batch {
			if err := s.apply(access.WithActor(ctx, access.System(res.OrgID)), tx, res); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, res := range batch {
		if res.state != accepted && res.state != refusedPermanent {
			s.wake(res.OrgID, res.Way) // to set its clock for the next try
		}
	}
	return nil
}

func (s *Service) logUnlessDone(ctx context.Context, message string, err error, args ...any) {
	if ctx.Err() == nil {
		s.Log.Error(message, append(args, "error", err)...) //nolint:sloglint // the callers' texts are constant
	}
}
