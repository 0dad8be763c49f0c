package approval

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// Decision is what a second person says.
type Decision struct {
	Approve   bool
	Digest    Digest // of what they were shown; has to be named to approve
	Signature string // of the link that led them there; "" from the console
	Comment   string
}

// decides says why somebody may not decide on a request; nil if they may. They are another person than the requester and than the one to whom it is
// done, they are the owner, an administrator or the customer's manager, and could do it themselves without asking anybody: a deny reaches them too.
func decides(e *engine.Engine, at time.Time, who access.Actor, r Request) error {
	as := engine.As{ID: who.ID, Role: who.Role, Owner: who.Owner}
	allowed := func(p perm.Permission, on engine.Target) bool {
		outcome, _ := e.CheckAs(at, as, p, on)
		return outcome == engine.Allow
	}
	administers := who.Owner || who.Role == perm.Administrator
	switch {
	case who.ID == r.Requester.ID:
		return errSelf
	case r.Target.Type == "technician" && r.Target.ID == who.ID:
		return errTarget
	case !administers && (who.Role != perm.Manager || r.CustomerID == ""):
		return errDecider
	case r.CustomerID != "" && !allowed(perm.ApprovalDecide, engine.Target{Type: engine.Customer, ID: r.CustomerID}),
		r.CustomerID == "" && !e.Holds(at, as, perm.ApprovalDecide),
		r.Permission != "" && !allowed(r.Permission, r.On):
		return errDecider
	}
	if lacking := e.Lacks(at, as, r.Gives, nil, r.On); lacking != "" {
		return errBeyond.Needing(string(lacking))
	}
	return nil
}

// Decide approves or refuses a request; check may refuse it as it is. What was approved runs as soon as the decision is on disk.
func (s *Service) Decide(ctx context.Context, id string, d Decision, check func(version int64) error) (r Request, err error) {
	action := "approval.refuse"
	if d.Approve {
		action = "approval.approve"
	}
	var form input.Form
	d.Comment = form.Text("/comment", d.Comment, maxComment)
	if err := form.Err(); err != nil {
		return r, err
	}
	if err := s.Guard.Follow(ctx); err != nil { // what another server changed a moment ago counts
		return r, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if r, err = s.lock(ctx, tx, id); err != nil {
			return err
		}
		if err := s.mayDecide(ctx, r, d); err != nil {
			return err
		}
		if err := check(r.Version); err != nil {
			return err
		}
		if r, err = s.decide(ctx, tx, r, d); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: action})
	})
	if err != nil {
		return Request{}, s.refused(ctx, action, r, err)
	}
	return r, nil
}

// mayDecide settles everything about who decides, and that it is still open.
func (s *Service) mayDecide(ctx context.Context, r Request, d Decision) error {
	actor := access.ActorFrom(ctx)
	if actor.Kind == access.SystemKind || d.Approve && actor.SessionID == "" {
		return errDecider // a person decides, and shows that they are one
	}
	if d.Approve {
		if err := s.Guard.Fresh(ctx); err != nil {
			return err
		}
	}
	switch r.State {
	case Pending:
	case Expired:
		return errExpired
	default:
		return errDecided
	}
	if err := s.MayDecide(ctx, r); err != nil {
		return err
	}
	if err := s.linkFits(r, actor.ID, d.Signature); err != nil {
		return err
	}
	if d.Approve && d.Digest != r.Digest {
		return errDigest
	}
	return nil
}

func (s *Service) decide(ctx context.Context, tx *store.Tx, r Request, d Decision) (Request, error) {
	actor, now := access.ActorFrom(ctx), store.Now()
	r.Decider, r.Comment, r.DecidedAt = Person{actor.ID, actor.Name}, d.Comment, now
	if !d.Approve {
		return s.end(ctx, tx, r, Refused, "")
	}
	a := s.actions[r.Action]
	if _, err := s.still(ctx, tx, a, r); err != nil {
		return r, err
	}
	r.State, r.UsableUntil = Approved, now.Add(usableFor)
	r.mac = s.decisionMAC(r)
	if err := update(ctx, tx, &r); err != nil {
		return r, err
	}
	if a.Run == nil {
		return r, s.tellRequester(ctx, tx, r)
	}
	return r, runJob.Enqueue(ctx, s.queue, tx, time.Time{}, runPayload{r.OrgID, r.ID})
}

// still returns the requester as they act now, if they may and if what was asked for is what it was: anything that was shown and is otherwise now makes
// it something else.
func (s *Service) still(ctx context.Context, q store.Querier, a Action, r Request) (access.Actor, error) {
	actor, err := s.Actor(ctx, r.OrgID, r.Requester.ID)
	if err != nil {
		return actor, because(err, errEnded)
	}
	as := access.WithActor(ctx, actor)
	if a.Prepare == nil {
		return actor, errChanged // an action that this version does not know any more
	}
	p, err := a.Prepare(as, q, r.Raw())
	if err != nil {
		return actor, because(err, errChanged)
	}
	now := r
	now.Requester.Name = actor.Name
	if now, err = now.planned(a, p); err != nil {
		return actor, err
	}
	if now.Digest != r.Digest {
		return actor, errChanged
	}
	if r.Permission == "" {
		return actor, nil
	}
	outcome, err := s.Guard.Decide(as, r.Permission, r.On)
	if err == nil && outcome == engine.Deny {
		err = errNoRight
	}
	return actor, err
}

// because says a refusal in the words of what it means for a request; what is no refusal stays what it is.
func because(err error, what *fault.Error) error {
	if _, declared := errors.AsType[*fault.Error](err); declared && fault.KindOf(err) != fault.Internal {
		return what.Because(err)
	}
	return err
}
