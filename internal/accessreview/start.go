package accessreview

import (
	"context"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// lastUses are when people last used each permission; nil where nobody keeps that.
type lastUses struct {
	since   time.Time // when that began to be recorded
	of      map[string]map[perm.Permission]time.Time
	members map[string][]string // of teams
}

// uses asks for the last use of everything that a review is about. It is asked before the transaction, since it may take a while.
func (s *Service) uses(ctx context.Context, r Review, start bool) (*lastUses, error) {
	if !start || s.LastUse == nil {
		return nil, nil //nolint:nilnil // nothing is known
	}
	found, err := rights(ctx, s.DB.Read(), r, store.Now())
	if err != nil {
		return nil, err
	}
	ids, members, err := people(ctx, s.DB.Read(), r.OrgID, found)
	if err != nil {
		return nil, err
	}
	u := &lastUses{of: map[string]map[perm.Permission]time.Time{}, members: members}
	if u.since, err = s.UsedSince(ctx, r.OrgID); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if u.of[id], err = s.LastUse(ctx, r.OrgID, id); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// last is when somebody whom a grant reaches last used anything in its role.
func (u *lastUses) last(g shot) (last time.Time) {
	who := []string{g.Subject.ID}
	if g.Subject.Type == grant.Team {
		who = u.members[g.Subject.ID]
	}
	for _, id := range who {
		for _, p := range g.permissions {
			if at := u.of[id][p]; at.After(last) {
				last = at
			}
		}
	}
	return last
}

// longEnough is for how long uses have to be recorded before "never used" says anything about a grant that is older.
const longEnough = 90 * 24 * time.Hour

// tell says whether the record would know of a use since a grant was given, or for long enough.
func (u *lastUses) tell(granted, now time.Time) bool {
	return !u.since.IsZero() && (u.since.Before(granted) || now.Sub(u.since) >= longEnough)
}

// start writes down what there is to review, and tells who has to.
func (s *Service) start(ctx context.Context, tx *store.Tx, r *Review, used *lastUses) error {
	now := store.Now()
	found, err := rights(ctx, tx, *r, now)
	if err != nil {
		return err
	}
	if len(found) > maxItems {
		return errLarge
	}
	if used != nil {
		for i := range found {
			found[i].UsedAt = used.last(found[i])
			found[i].UseKnown = !found[i].UsedAt.IsZero() || used.tell(found[i].GrantedAt, now)
		}
	}
	r.State, r.StartedAt = Running, now
	if r.reminded, err = s.stage(ctx, tx, *r, now); err != nil {
		return err
	}
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	if err := keepItems(ctx, tx, r.OrgID, found); err != nil {
		return err
	}
	if err := s.tellReviewers(ctx, tx, *r, notification.ReviewAsked); err != nil {
		return err
	}
	return s.record(ctx, tx, *r, audit.Event{Action: "accessreview.start", Detail: map[string]any{"grants": len(found)}})
}

// tellReviewers tells everybody for whom something waits.
func (s *Service) tellReviewers(ctx context.Context, tx *store.Tx, r Review, kind notification.Kind) error {
	waiting, err := reviewers(ctx, tx, r)
	if err != nil {
		return err
	}
	for id, n := range waiting {
		err := s.Tell(ctx, tx, notification.Notice{To: id, Kind: kind, Data: map[string]string{
			"review_id": r.ID, "name": r.Name, "due": r.DueAt.UTC().Format(time.DateOnly), "open": strconv.Itoa(n), "unanswered": string(r.Unanswered),
		}})
		if err != nil {
			return err
		}
	}
	return nil
}
