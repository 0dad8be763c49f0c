package accessreview

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

var object = access.Object{Type: "accessreview"}

// Create plans a review, or begins it if its time has come.
func (s *Service) Create(ctx context.Context, want Fields) (r Review, err error) {
	if err := s.Guard.Check(ctx, perm.AdminReviews, object); err != nil {
		return r, err
	}
	now := store.Now()
	if want, err = want.checked(now); err != nil {
		return r, err
	}
	if err := s.mayMake(ctx, want); err != nil {
		return r, s.refused(ctx, "accessreview.create", r, err)
	}
	actor := access.ActorFrom(ctx)
	r = Review{OrgID: actor.OrgID, ID: id.New(), Fields: want, State: Planned, CreatedBy: Person{actor.ID, actor.Name}, CreatedAt: now, Version: 1}
	start := !r.StartsAt.After(now)
	used, err := s.uses(ctx, r, start)
	if err != nil {
		return Review{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		n, err := countOpen(ctx, tx, r.OrgID)
		if err != nil {
			return err
		}
		if n >= maxOpen {
			return errMany
		}
		if err := insert(ctx, tx, r); err != nil {
			return err
		}
		if err := s.record(ctx, tx, r, audit.Event{Action: "accessreview.create", After: r.record()}); err != nil || !start {
			return err
		}
		return s.start(ctx, tx, &r, used)
	})
	if err != nil {
		return Review{}, err
	}
	return s.counted(ctx, r)
}

// mayMake settles that there are the teams and customers of a review, and that who makes it could take away by hand what its end takes away.
func (s *Service) mayMake(ctx context.Context, f Fields) error {
	org := access.ActorFrom(ctx).OrgID
	n, err := countTeams(ctx, s.DB.Read(), org, f.Scope.TeamIDs)
	if err != nil {
		return err
	}
	if n < len(f.Scope.TeamIDs) {
		return errTeam.At("/team_ids")
	}
	for _, id := range f.Scope.CustomerIDs {
		if _, err := s.Customers.Find(ctx, id); fault.KindOf(err) == fault.NotFound {
			return errCustomer.At("/customer_ids")
		} else if err != nil {
			return err
		}
	}
	if f.Unanswered == Revoke {
		return s.Guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "grant"})
	}
	return nil
}

// Update changes a review; change gets it as it is and returns what it should be. What has begun keeps its scope and its start.
func (s *Service) Update(ctx context.Context, id string, change func(Review) (Fields, error)) (r Review, err error) {
	if err := s.Guard.Check(ctx, perm.AdminReviews, object); err != nil {
		return r, err
	}
	now := store.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if r, err = lock(ctx, tx, access.ActorFrom(ctx).OrgID, id); err != nil {
			return err
		}
		next, err := change(r)
		if err != nil {
			return err
		}
		if state := r.at(now).State; state == Ended || state == Ending {
			return errEnded
		}
		if r.State == Running && (!next.StartsAt.Equal(r.StartsAt) || !slices.Equal(next.Scope.TeamIDs, r.Scope.TeamIDs) || !slices.Equal(next.Scope.CustomerIDs, r.Scope.CustomerIDs)) {
			return errRunning
		}
		if next, err = next.checked(now); err != nil {
			return err
		}
		if err := s.mayMake(ctx, next); err != nil {
			return err
		}
		before := r.record()
		if !next.DueAt.Equal(r.DueAt) && r.State == Running {
			r.reminded = 0 // another date is told anew
		}
		r.Fields = next
		if err := update(ctx, tx, &r); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "accessreview.update", Before: before, After: r.record()})
	})
	if err != nil {
		return Review{}, s.refused(ctx, "accessreview.update", r, err)
	}
	return s.counted(ctx, r)
}

// Delete drops a review that has not begun. check may refuse.
func (s *Service) Delete(ctx context.Context, id string, check func(version int64) error) error {
	if err := s.Guard.Check(ctx, perm.AdminReviews, object); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, err := lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
		if err != nil {
			return err
		}
		if err := check(r.Version); err != nil {
			return err
		}
		if r.State == Ended {
			return errEnded
		}
		if r.State != Planned {
			return errRunning
		}
		if err := remove(ctx, tx, r.OrgID, r.ID); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "accessreview.delete", Before: r.record()})
	})
}

func (f Fields) checked(now time.Time) (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	f.Scope.TeamIDs = checkIDs(&form, "/team_ids", f.Scope.TeamIDs, maxTeams)
	f.Scope.CustomerIDs = checkIDs(&form, "/customer_ids", f.Scope.CustomerIDs, maxCustomers)
	if f.StartsAt.IsZero() {
		f.StartsAt = now
	}
	if f.DueAt.IsZero() {
		f.DueAt = f.StartsAt.Add(usualLength)
	}
	f.StartsAt, f.DueAt = f.StartsAt.UTC().Truncate(time.Microsecond), f.DueAt.UTC().Truncate(time.Microsecond)
	switch length := f.DueAt.Sub(f.StartsAt); {
	case f.StartsAt.After(now.Add(maxLength)):
		form.Refuse("/starts_at", "Choose a start within a year.")
	case length < minLength || length > maxLength:
		form.Refuse("/due_at", "A review is open for an hour to a year.")
	case !f.DueAt.After(now):
		form.Refuse("/due_at", "This time is over. Choose one in the future.")
	}
	if f.Unanswered != Revoke && f.Unanswered != Keep {
		form.Refuse("/unanswered", "Choose revoke or keep.")
	}
	if f.RemindDays < 0 || f.RemindDays > maxRemind {
		form.Refuse("/remind_days", fmt.Sprintf("Choose 0 to %d days.", maxRemind))
	}
	return f, form.Err()
}

// checkIDs puts ids in order, each once.
func checkIDs(form *input.Form, pointer string, ids []string, limit int) []string {
	out := append([]string{}, ids...)
	slices.Sort(out)
	if out = slices.Compact(out); len(out) > limit {
		form.Refuse(pointer, fmt.Sprintf("Choose %d at most.", limit))
	}
	return out
}

// refused records that something was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, r Review, why error) error {
	if fault.KindOf(why) != fault.Denied {
		return why
	}
	if err := s.Audit.Append(ctx, refusal(action, r, why)); err != nil {
		return err
	}
	return why
}

func refusal(action string, r Review, why error) audit.Event {
	e := audit.Event{Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why)}
	if r.ID != "" {
		e.Targets = []audit.Target{{Type: "accessreview", ID: r.ID, Name: r.Name}}
	}
	return e
}
