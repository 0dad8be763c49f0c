package message

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message/sending"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// claim takes what is due in a lane and prepares the requests: each is on disk as in flight before it is made.
func (s *Service) claim(ctx context.Context, l laneKey, n int) (jobs []job, err error) {
	ctx, token := access.WithActor(ctx, access.System(l.orgID)), id.New()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		jobs = nil
		now := store.Now()
		due, err := claimDue(ctx, tx, l, s.node, token, now, now.Add(s.Timing.Lease), n)
		if err != nil || len(due) == 0 {
			return err
		}
		c, err := s.conditions(ctx, tx, l, due)
		if err != nil {
			return err
		}
		started := map[string][]job{} // by provider
		for _, r := range due {
			j, err := s.prepare(ctx, tx, r, c, now)
			if err != nil {
				return err
			}
			if j == nil {
				continue
			}
			if !j.resolve {
				j.Attempts++
				started[j.sender.Name()] = append(started[j.sender.Name()], *j)
			}
			jobs = append(jobs, *j)
		}
		for _, group := range started {
			if err := startAttempts(ctx, tx, l.orgID, token, group, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // it may be on disk all the same; then nobody works on it
		s.doubt(token)
		return nil, err
	}
	return jobs, nil
}

func (s *Service) doubt(claim string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubtful = append(s.doubtful, claim)
}

func (s *Service) holdsDoubtful() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.doubtful) > 0
}

// freeDoubtful gives claims back that nobody works on.
func (s *Service) freeDoubtful(ctx context.Context, tx *store.Tx, now time.Time) error {
	s.mu.Lock()
	claims := s.doubtful
	s.mu.Unlock()
	if len(claims) == 0 {
		return nil
	}
	if err := freeClaims(ctx, tx, claims, now); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.doubtful = s.doubtful[len(claims):]
		s.overrun.Store(true)
	})
	return nil
}

// conditions are what all deliveries of a claim have in common.
type conditions struct {
	carriers  []Sender
	optedOut  map[string]bool
	perMinute int // that the organization may send; 0 is without a limit
}

func (s *Service) conditions(ctx context.Context, tx *store.Tx, l laneKey, due []row) (c conditions, err error) {
	o, err := organization.ByID(ctx, tx, l.orgID)
	if err != nil {
		return c, fmt.Errorf("read organization %s: %w", l.orgID, err)
	}
	if c.carriers, err = s.carriers(ctx, tx, o, l.orgID, l.way); err != nil {
		return c, err
	}
	if l.way != Email && len(c.carriers) > 0 && c.carriers[0] != s.sandbox {
		set, err := sending.Of(ctx, tx, l.orgID)
		if err != nil {
			return c, err
		}
		c.perMinute = set.PerMinute
	}
	keys := make([]string, 0, len(due))
	for _, r := range due {
		keys = append(keys, addressKey(r.Way, r.To))
	}
	c.optedOut, err = s.ledger().OptedOutKeys(ctx, tx, l.orgID, keys)
	return c, err
}

// prepare decides what happens to one delivery that is due; nil means that it is settled already.
func (s *Service) prepare(ctx context.Context, tx *store.Tx, r row, c conditions, now time.Time) (*job, error) {
	switch r.State {
	case Sending: // whoever sent it is gone: only the provider knows
		r.uncertain++
		r.uncertainSince = now
		if err := endAttempt(ctx, tx, r, unknown, reasonStopped, "", now); err != nil {
			return nil, err
		}
		return s.resolveJob(ctx, tx, r, now)
	case Unknown:
		return s.resolveJob(ctx, tx, r, now)
	}
	if !now.Before(r.ExpiresAt) {
		r.State, r.Reason = Expired, reasonExpired
		return nil, s.settle(ctx, tx, r, now)
	}
	if c.optedOut[addressKey(r.Way, r.To)] && !passesOptOut(r.Way, r.Purpose, r.onRequest) {
		r.State, r.Reason = Refused, reasonOptedOut
		return nil, s.settle(ctx, tx, r, now)
	}
	if len(c.carriers) == 0 {
		r.dueAt = earlier(now.Add(s.Timing.MaxBackoff), r.ExpiresAt)
		return nil, s.settle(ctx, tx, r, now)
	}
	if at := s.turns.Of(r.OrgID, r.ID, c.perMinute, now); at.After(now) {
		r.dueAt = earlier(at, r.ExpiresAt)
		return nil, s.settle(ctx, tx, r, now)
	}
	return &job{row: r, sender: c.carriers[r.Attempts%len(c.carriers)], repeat: r.uncertain > 0}, nil
}

// resolveJob asks the provider of the last attempt, if it can be asked.
func (s *Service) resolveJob(ctx context.Context, tx *store.Tx, r row, now time.Time) (*job, error) {
	sender := s.senderNamed(r.provider)
	if _, ok := sender.(Finder); ok {
		r.State = Unknown
		return &job{row: r, sender: sender, resolve: true}, keepUncertain(ctx, tx, r)
	}
	r = s.repeatOrGiveUp(r, now)
	return nil, s.settle(ctx, tx, r, now)
}

// repeatOrGiveUp is what happens to a delivery of which nobody will ever know whether it arrived: it is sent once more, marked as a
// possible repeat, or given up if that was done.
func (s *Service) repeatOrGiveUp(r row, now time.Time) row {
	if r.uncertain >= maxUncertain {
		r.State, r.Reason = Failed, reasonUnconfirmed
		return r
	}
	r.State, r.dueAt = Planned, now
	return r
}
