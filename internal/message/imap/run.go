package imap

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"countersign.dev/countersign/internal/store"
)

// errLost says that another node reads the mailbox now, or that its settings changed.
var errLost = errors.New("the mailbox is no longer ours to read")

// Run reads the mailbox of each organization until ctx ends. Of several nodes one reads a mailbox.
func (s *Service) Run(ctx context.Context) error {
	var readers sync.WaitGroup
	defer readers.Wait()
	running := map[string]reader{}
	defer func() {
		for _, r := range running {
			r.stop()
		}
	}()
	tick := time.NewTicker(s.Timing.Look)
	defer tick.Stop()
	for {
		boxes, err := s.boxes(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.Error("cannot look for mailboxes", "error", err)
		}
		if err == nil {
			s.follow(ctx, &readers, running, boxes)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.wakes:
		}
	}
}

// reader is a mailbox that is being read with settings of a version.
type reader struct {
	version int64
	stop    context.CancelFunc
}

// follow starts and ends readers until there is one for each mailbox, with its newest settings.
func (s *Service) follow(ctx context.Context, readers *sync.WaitGroup, running map[string]reader, boxes map[string]Box) {
	for orgID, r := range running {
		if b, ok := boxes[orgID]; !ok || b.Version != r.version {
			r.stop()
			delete(running, orgID)
		}
	}
	for orgID, b := range boxes {
		if _, ok := running[orgID]; ok {
			continue
		}
		ctx, stop := context.WithCancel(ctx)
		running[orgID] = reader{b.Version, stop}
		readers.Go(func() { s.keepReading(ctx, b) })
	}
}

func (s *Service) boxes(ctx context.Context) (map[string]Box, error) {
	found, err := listBoxes(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	boxes := make(map[string]Box, len(found))
	for _, x := range found {
		b, err := s.opened(x.Box, x.sealed)
		if err != nil {
			s.Log.Error("the password of a mailbox cannot be read", "organization", b.OrgID)
			continue
		}
		boxes[b.OrgID] = b
	}
	return boxes, nil
}

// wake has Run look at once.
func (s *Service) wake() {
	select {
	case s.wakes <- struct{}{}:
	default:
	}
}

// keepReading reads a mailbox as often and as long as it is this node's turn.
func (s *Service) keepReading(ctx context.Context, b Box) {
	for try := 0; ctx.Err() == nil; {
		began := store.Now()
		held, err := s.hold(ctx, b)
		switch {
		case ctx.Err() != nil:
			return
		case !held && err == nil: // another node reads
			try = 0
			s.sleep(ctx, s.Timing.Lease/3)
			continue
		case store.Now().Sub(began) > s.Timing.MaxBackoff: // it went well for long
			try = 0
		}
		try++
		s.sleep(ctx, s.backoff(try))
	}
}

func (s *Service) backoff(try int) time.Duration {
	d := s.Timing.MaxBackoff
	if shift := try - 1; shift < 16 {
		d = min(s.Timing.Backoff<<shift, s.Timing.MaxBackoff)
	}
	return d + rand.N(d/5+1)
}

func (s *Service) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// hold reads a mailbox while its lease lasts; held is false if it is another node's turn.
func (s *Service) hold(ctx context.Context, b Box) (held bool, err error) {
	var from place
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		now := store.Now()
		held, from, err = takeLease(ctx, tx, b.OrgID, b.Version, s.node, now, now.Add(s.Timing.Lease))
		return err
	})
	if err != nil || !held {
		return held, err
	}
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var renewing sync.WaitGroup
	renewing.Go(func() {
		if err := s.keepLease(reading, b.OrgID); err != nil {
			stop(err)
		}
	})
	err = s.read(reading, b, from)
	lost := errors.Is(context.Cause(reading), errLost) || errors.Is(err, errLost)
	stop(nil)
	renewing.Wait()
	if lost {
		return false, nil
	}
	return true, s.note(context.WithoutCancel(ctx), ctx.Err() != nil, b.OrgID, err)
}

func (s *Service) keepLease(ctx context.Context, orgID string) error {
	tick := time.NewTicker(s.Timing.Lease / 3)
	defer tick.Stop()
	until := store.Now().Add(s.Timing.Lease)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		next := store.Now().Add(s.Timing.Lease)
		err := s.DB.Write(ctx, func(tx *store.Tx) error { return renewLease(ctx, tx, orgID, s.node, next) })
		switch {
		case err == nil:
			until = next
		case errors.Is(err, errLost) || !store.Now().Before(until):
			return errLost
		}
	}
}

// note writes down how reading ended, and lets the next node begin at once where this one stops.
func (s *Service) note(ctx context.Context, stopping bool, orgID string, cause error) error {
	if cause != nil && !stopping {
		s.Log.Warn("cannot fetch mail, it is tried again", "organization", orgID, "reason", reasonOf(cause))
	}
	return errors.Join(cause, s.DB.Write(ctx, func(tx *store.Tx) error {
		if stopping || cause == nil {
			return freeLease(ctx, tx, orgID, s.node)
		}
		return putStatus(ctx, tx, orgID, s.node, Status{Failing, reasonOf(cause), store.Now()})
	}))
}
