package request

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

// sweepBatch bounds how many requests one call of Sweep ends.
const sweepBatch = 200

// Sweep ends what has run out of time, in all organizations. What it ends has counted as expired from its last second on, whether Sweep was there or not.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock.Now()
	due, err := dueRequests(ctx, s.DB.Read(), now, sweepBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range due {
		errs = append(errs, s.expire(ctx, r, now))
	}
	return errors.Join(errs...)
}

func (s *Service) expire(ctx context.Context, r Request, now time.Time) error {
	ctx = access.WithActor(ctx, access.System(r.OrgID))
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err := endRequest(ctx, tx, r.OrgID, r.ID, r.State, verify.Expired, "", false, now)
		if err != nil || ended.ID == "" {
			return err
		}
		if err := s.noteEnd(ctx, tx, ended); err != nil {
			return err
		}
		return s.record(ctx, tx, ended, audit.Success, "")
	})
}

// LetGo ends what is still open with a contact who is being deleted.
func (s *Service) LetGo(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	return s.cancelLive(ctx, tx, c)
}

// Merge makes what one contact asked the history of another, of which it becomes a part; what is still open ends.
func (s *Service) Merge(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
	if err := s.cancelLive(ctx, tx, from); err != nil {
		return err
	}
	return moveContact(ctx, tx, from.OrgID, from.ID, into.ID)
}
