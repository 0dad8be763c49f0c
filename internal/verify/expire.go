package verify

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/store"
)

// sweepBatch bounds how many verifications one transaction of Sweep ends.
const sweepBatch = 200

// Sweep ends what has run out of time, in all organizations. What it ends has counted as expired from its last second on, whether Sweep was there or not.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.clock.Now()
	verifications, err := dueVerifications(ctx, s.DB.Read(), now, sweepBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range verifications {
		errs = append(errs, s.expire(ctx, v))
	}
	return errors.Join(errs...)
}

// Forget removes wrong codes and locks that no longer count.
func (s *Service) Forget(ctx context.Context) error {
	now := s.clock.Now()
	return s.DB.Write(ctx, func(tx *store.Tx) error { return forget(ctx, tx, now.Add(-48*time.Hour), now) })
}

func (s *Service) expire(ctx context.Context, v Verification) error {
	ctx = access.WithActor(ctx, access.System(v.OrgID))
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		_, err := s.settle(ctx, tx, v, Expired, "verification.expire")
		return err
	})
}

// LetGo ends what is still open with a contact who is being deleted.
func (s *Service) LetGo(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	return s.cancelPending(ctx, tx, c.OrgID, c.ID, "contact_deleted")
}

// Merge makes what was tried with one contact the history of another, of which it becomes a part. It is no way around anything: what is
// still open with the one ends, a proof that it gave ends with it, and its lock and its wrong codes hold for the other.
func (s *Service) Merge(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
	if err := s.cancelPending(ctx, tx, from.OrgID, from.ID, "contact_merged"); err != nil {
		return err
	}
	now := s.clock.Now()
	if err := moveContact(ctx, tx, from.OrgID, from.ID, into.ID, now); err != nil {
		return err
	}
	// Together their wrong codes may be as many as lock one.
	wrong, _, err := countWrongs(ctx, tx, Verification{OrgID: into.OrgID, ContactID: into.ID}, now.Add(-24*time.Hour), now)
	if err != nil || wrong < contactWrongLimit {
		return err
	}
	return putLock(ctx, tx, into.OrgID, "contact:"+into.ID, "wrong_codes", now.Add(24*time.Hour))
}
