package approval

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const sweepBatch = 200

// sight is which requests an actor may read: their own and those that they decided, those about customers on which they decide, and all for
// administrators and for those who read the audit log.
type sight struct {
	actorID string
	all     bool
	scope   access.Scope
}

func (s *Service) sight(ctx context.Context) (v sight, err error) {
	v.actorID = access.ActorFrom(ctx).ID
	if v.all = access.Administers(ctx) || s.Guard.Holds(ctx, perm.AdminAudit) == nil; v.all {
		return v, nil
	}
	if v.scope, err = s.Guard.Customers(ctx, perm.ApprovalDecide); fault.KindOf(err) == fault.Denied {
		err = nil
	}
	return v, err
}

func (v sight) has(r Request) bool {
	return v.all || r.Requester.ID == v.actorID || r.Decider.ID == v.actorID || r.CustomerID != "" && v.scope.Has(r.CustomerID)
}

// Find returns one request that the actor may read, as it is now.
func (s *Service) Find(ctx context.Context, id string) (Request, error) {
	if err := s.Guard.Check(ctx, perm.SignedIn, access.Object{Type: "approval", ID: id}); err != nil {
		return Request{}, err
	}
	r, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Request{}, err
	}
	return s.seen(ctx, r)
}

func (s *Service) seen(ctx context.Context, r Request) (Request, error) {
	v, err := s.sight(ctx)
	if err != nil {
		return Request{}, err
	}
	if !v.has(r) {
		return Request{}, ErrNotFound
	}
	return r.at(store.Now()), nil
}

// lock is Find for the length of a transaction: nobody else changes the request before its end.
func (s *Service) lock(ctx context.Context, tx *store.Tx, id string) (Request, error) {
	r, err := lockRow(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Request{}, err
	}
	return s.seen(ctx, r)
}

// Query narrows a list.
type Query struct {
	State    State
	Mine     bool // asked by the actor
	ToDecide bool // pending, and the actor may decide
	store.Page
}

// List returns requests that the actor may read, newest first, and the cursor of the next page. With ToDecide a page may be short and yet not the last.
func (s *Service) List(ctx context.Context, q Query) ([]Request, string, error) {
	if err := s.Guard.Check(ctx, perm.SignedIn, access.Object{Type: "approval"}); err != nil {
		return nil, "", err
	}
	v, err := s.sight(ctx)
	if err != nil {
		return nil, "", err
	}
	if q.ToDecide {
		q.State = Pending
	}
	now := store.Now()
	found, next, err := list(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, v, q, now)
	if err != nil {
		return nil, "", err
	}
	out := found[:0]
	for _, r := range found {
		if !q.ToDecide || s.MayDecide(ctx, r) == nil {
			out = append(out, r.at(now))
		}
	}
	return out, next, nil
}

// MayDecide returns nil if the actor of ctx may decide on a request that is open, or why not. A token decides only if it was made for that.
func (s *Service) MayDecide(ctx context.Context, r Request) error {
	e, err := s.Guard.Engine(ctx, r.OrgID)
	if err != nil {
		return err
	}
	actor := access.ActorFrom(ctx)
	if err := decides(e, time.Now(), actor, r); err != nil {
		return err
	}
	if actor.Ceiling != nil && !actor.Ceiling[perm.ApprovalDecide] {
		return errDecider
	}
	return nil
}

// Forget deletes windows that have long been over. It is called every hour.
func (s *Service) Forget(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return forgetWindows(ctx, tx, store.Now().Add(-24*time.Hour)) })
}

// Sweep ends what nobody decided or used in time, and runs what was left. It is called every few seconds on every server.
func (s *Service) Sweep(ctx context.Context) error {
	return errors.Join(s.endOverdue(ctx), s.runLeft(ctx))
}

// runLeft runs what was approved a while ago and still waits: the server that had its job in hand was killed, and on PostgreSQL the queue gives such a job
// up for lost only minutes later. Should it run after all, Execute lets one of the two do it. What fails does not keep the others from running.
func (s *Service) runLeft(ctx context.Context) error {
	var actions []string
	for _, name := range slices.Sorted(maps.Keys(s.actions)) {
		if s.actions[name].Run != nil {
			actions = append(actions, name)
		}
	}
	now := store.Now()
	due, err := left(ctx, s.DB.Read(), actions, now.Add(-leftAfter), now, sweepBatch)
	for _, key := range due {
		err = errors.Join(err, s.Execute(ctx, key[0], key[1]))
	}
	return err
}

// endOverdue ends what is over; nothing waits for it, since every question looks at the clock itself.
func (s *Service) endOverdue(ctx context.Context) error {
	for {
		due, err := overdue(ctx, s.DB.Read(), store.Now(), sweepBatch)
		if err != nil {
			return err
		}
		for _, key := range due {
			err := s.DB.Write(ctx, func(tx *store.Tx) error {
				ctx := access.WithActor(ctx, access.System(key[0]))
				r, err := lockRow(ctx, tx, key[0], key[1])
				if err != nil || r.at(store.Now()).State != Expired || r.State == Expired {
					return err
				}
				return s.expire(ctx, tx, r)
			})
			if err != nil {
				return err
			}
		}
		if len(due) < sweepBatch {
			return nil
		}
	}
}

func (s *Service) expire(ctx context.Context, tx *store.Tx, r Request) error {
	r, err := s.end(ctx, tx, r, Expired, "")
	if err != nil {
		return err
	}
	return s.record(ctx, tx, r, audit.Event{Action: "approval.expire"})
}
