package accessreview

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// endBatch is how many grants are taken away in one transaction.
const endBatch = 100

// End ends a review before its time; what becomes of what nobody answered is said now. It is settled in a moment, by a job.
func (s *Service) End(ctx context.Context, id string, then Unanswered, check func(version int64) error) (r Review, err error) {
	if err := s.Guard.Check(ctx, perm.AdminReviews, object); err != nil {
		return r, err
	}
	now := store.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		actor := access.ActorFrom(ctx)
		if r, err = lock(ctx, tx, actor.OrgID, id); err != nil {
			return err
		}
		if err := check(r.Version); err != nil {
			return err
		}
		switch r.at(now).State {
		case Planned:
			return errPlanned
		case Ending, Ended:
			return errEnded
		}
		if then == Revoke {
			if err := s.Guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "grant"}); err != nil {
				return err
			}
		}
		before := r.record()
		r.State, r.Unanswered, r.EndedBy = Ending, then, Person{actor.ID, actor.Name}
		if err := update(ctx, tx, &r); err != nil {
			return err
		}
		if err := s.record(ctx, tx, r, audit.Event{Action: "accessreview.stop", Before: before, After: r.record()}); err != nil {
			return err
		}
		if s.queue == nil {
			return nil // the next sweep settles it
		}
		return endJob.Enqueue(ctx, s.queue, tx, time.Time{}, endPayload{r.OrgID, r.ID})
	})
	if err != nil {
		return Review{}, s.refused(ctx, "accessreview.stop", r, err)
	}
	return s.counted(ctx, r)
}

// Sweep begins, reminds and ends what is due, in every organization. Several servers may do it at once: each step locks its review and looks again.
func (s *Service) Sweep(ctx context.Context) error {
	keys, err := due(ctx, s.DB.Read(), store.Now())
	if err != nil {
		return err
	}
	var failed []error
	for _, key := range keys { // one that fails does not hold up the others
		failed = append(failed, s.advance(access.WithActor(ctx, access.System(key[0])), key[0], key[1]))
	}
	return errors.Join(failed...)
}

func (s *Service) advance(ctx context.Context, org, id string) error {
	r, err := byID(ctx, s.DB.Read(), org, id)
	if err != nil {
		return err
	}
	switch now := store.Now(); {
	case r.State == Planned:
		return s.begin(ctx, r)
	case r.at(now).State == Ending:
		return s.finish(ctx, org, id)
	}
	return s.remind(ctx, org, id)
}

// begin starts a review whose time has come, once.
func (s *Service) begin(ctx context.Context, r Review) error {
	used, err := s.uses(ctx, r, true)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := lock(ctx, tx, r.OrgID, r.ID)
		if err != nil || r.State != Planned || r.StartsAt.After(store.Now()) {
			return err
		}
		return s.start(ctx, tx, &r, used)
	})
}

// stage is which reminders are due: 0 none, 1 the one some days before, 2 the one on the day, which begins where the organization is.
func (s *Service) stage(ctx context.Context, q store.Querier, r Review, now time.Time) (int, error) {
	o, err := organization.ByID(ctx, q, r.OrgID)
	if err != nil {
		return 0, err
	}
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	y, m, d := r.DueAt.In(zone).Date()
	switch {
	case !now.Before(time.Date(y, m, d, 0, 0, 0, 0, zone)):
		return 2, nil
	case r.RemindDays > 0 && !now.Before(r.DueAt.AddDate(0, 0, -r.RemindDays)):
		return 1, nil
	}
	return 0, nil
}

// remind tells those for whom something waits, once for each stage.
func (s *Service) remind(ctx context.Context, org, id string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := lock(ctx, tx, org, id)
		if err != nil {
			return err
		}
		now := store.Now()
		stage, err := s.stage(ctx, tx, r, now)
		if err != nil || r.at(now).State != Running || stage <= r.reminded {
			return err
		}
		r.reminded = stage
		if err := update(ctx, tx, &r); err != nil {
			return err
		}
		if err := s.tellReviewers(ctx, tx, r, notification.ReviewDue); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "accessreview.remind", Detail: map[string]any{"stage": stage}})
	})
}

// finish settles what nobody answered, some at a time, and closes the review: once, however many servers try, and also if one of them dies in between.
func (s *Service) finish(ctx context.Context, org, id string) error {
	ctx = access.WithActor(ctx, access.System(org))
	for {
		var over bool
		err := s.DB.Write(ctx, func(tx *store.Tx) (err error) {
			r, err := lock(ctx, tx, org, id)
			if over = err != nil || r.at(store.Now()).State != Ending; over {
				return err
			}
			if r.Unanswered == Revoke {
				left, err := s.revokeSome(ctx, tx, r)
				if err != nil || left {
					return err
				}
			}
			over = true
			return s.close(ctx, tx, r)
		})
		if err != nil || over {
			return err
		}
	}
}

// revokeSome takes some grants away that nobody answered for, and says whether there were any.
func (s *Service) revokeSome(ctx context.Context, tx *store.Tx, r Review) (some bool, err error) {
	found, err := open(ctx, tx, r, endBatch)
	if err != nil {
		return false, err
	}
	for _, i := range found {
		i.Answer, i.Automatic, i.AnsweredAt = Revoked, true, store.Now()
		err := error(errPlatform) // which has no lower one that would be meant: it stays, and the report says why
		if i.Kind != OfPlatformRole {
			err = s.takeAway(ctx, tx, i)
		}
		switch kind := fault.KindOf(err); {
		case kind == fault.NotFound:
			i.Answer = Gone
		case kind == fault.Denied, i.Kind == OfPlatformRole: // an owner's, which nobody else takes, or a platform role
			i.Answer, i.Reason = Kept, fault.CodeOf(err)
		case err != nil:
			return false, err
		}
		if err := answered(ctx, tx, r.OrgID, i); err != nil {
			return false, err
		}
	}
	return len(found) > 0, nil
}

// close ends a review of which everything is settled, and plans the next one.
func (s *Service) close(ctx context.Context, tx *store.Tx, r Review) error {
	now := store.Now()
	if err := settle(ctx, tx, r, now); err != nil {
		return err
	}
	r.State, r.EndedAt = Ended, now
	if err := update(ctx, tx, &r); err != nil {
		return err
	}
	one := []Review{r}
	if err := count(ctx, tx, r.OrgID, reader{}, one); err != nil {
		return err
	}
	c := one[0].Counts
	err := s.record(ctx, tx, r, audit.Event{Action: "accessreview.end", Detail: map[string]any{
		"grants": c.Items, "confirmed": c.Confirmed, "revoked": c.Revoked, "flagged": c.Flagged, "kept": c.Kept, "gone": c.Gone,
	}})
	if err != nil {
		return err
	}
	if r.Repeats {
		if err := s.plan(ctx, tx, r); err != nil {
			return err
		}
	}
	return s.Tell(ctx, tx, notification.Notice{To: r.CreatedBy.ID, Kind: notification.ReviewEnded, Data: map[string]string{
		"review_id": r.ID, "name": r.Name, "revoked": strconv.Itoa(c.Revoked), "kept": strconv.Itoa(c.Kept),
	}})
}

// plan makes the next review like one that has ended, three months on.
func (s *Service) plan(ctx context.Context, tx *store.Tx, r Review) error {
	now := store.Now()
	next := Review{OrgID: r.OrgID, ID: id.New(), Fields: r.Fields, State: Planned, CreatedBy: r.CreatedBy, CreatedAt: now, Version: 1}
	length := r.DueAt.Sub(r.StartsAt)
	for next.StartsAt = r.StartsAt.AddDate(0, repeatAfter, 0); !next.StartsAt.After(now); {
		next.StartsAt = next.StartsAt.AddDate(0, repeatAfter, 0)
	}
	next.DueAt = next.StartsAt.Add(max(length, minLength))
	next.Name = nextName(r.Name, next.StartsAt)
	if err := insert(ctx, tx, next); err != nil {
		return err
	}
	return s.record(ctx, tx, next, audit.Event{Action: "accessreview.create", After: next.record()})
}

var quarter = regexp.MustCompile(`\bQ[1-4] \d{4}\b`)

// nextName names a review after the quarter in which it begins, if the one before was named so.
func nextName(name string, at time.Time) string {
	return quarter.ReplaceAllString(name, fmt.Sprintf("Q%d %d", (int(at.Month())+2)/3, at.Year()))
}
