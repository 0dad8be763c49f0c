package approval

import (
	"context"
	"encoding/json"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// Fields are what people enter to ask for an approval.
type Fields struct {
	Action     string
	Parameters json.RawMessage
	Reason     string
	TicketID   string
	Life       time.Duration // of the request; 0 for the usual hour
}

// Create asks for an approval, and tells those who can give it. It is for what lacks nothing else: whoever has no right has nothing to ask approval for.
func (s *Service) Create(ctx context.Context, want Fields) (r Request, err error) {
	if err := s.Guard.Check(ctx, perm.SignedIn, access.Object{Type: "approval"}); err != nil {
		return r, err
	}
	a, r, err := s.prepare(ctx, want)
	if err != nil {
		return Request{}, s.refused(ctx, "approval.request", r, err)
	}
	if needed, err := s.needed(ctx, a, r); err != nil || !needed {
		if err == nil {
			err = errNotNeeded
		}
		return Request{}, s.refused(ctx, "approval.request", r, err)
	}
	if r.ExpiresAt, err = expiry(r.CreatedAt, want.Life); err != nil {
		return Request{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		pending, asked, err := countAsked(ctx, tx, r.OrgID, r.Requester.ID, r.CreatedAt)
		if err != nil {
			return err
		}
		if pending >= maxPending {
			return errMany
		}
		if asked >= maxAsked {
			return errOften.After(askedWithin)
		}
		if err := insert(ctx, tx, r); err != nil {
			return err
		}
		if err := s.tellDeciders(ctx, tx, r); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "approval.request"})
	})
	if err != nil {
		return Request{}, err
	}
	return r, nil
}

// prepare reads what is asked for and settles what would be done. r holds what is known of it also when it is refused.
func (s *Service) prepare(ctx context.Context, want Fields) (a Action, r Request, err error) {
	actor := access.ActorFrom(ctx)
	r = Request{
		OrgID: actor.OrgID, ID: id.New(), Action: want.Action, Requester: Person{actor.ID, actor.Name}, State: Pending, CreatedAt: store.Now(), Version: 1,
	}
	a, ok := s.actions[want.Action]
	if !ok {
		return a, r, errAction
	}
	var form input.Form
	r.Reason, r.TicketID = form.Required("/reason", want.Reason, maxReason), want.TicketID
	if err := form.Err(); err != nil {
		return a, r, err
	}
	if r.TicketID != "" && s.Ticket(ctx, r.TicketID) != nil {
		return a, r, errTicket
	}
	p, err := a.Prepare(ctx, s.DB.Read(), want.Parameters)
	if err != nil {
		return a, r, err
	}
	r, err = r.planned(a, p)
	return a, r, err
}

// needed says whether the actor of ctx has to ask for an approval, and nothing else is missing.
func (s *Service) needed(ctx context.Context, a Action, r Request) (bool, error) {
	if r.Permission == "" { // access that is asked for: a token asks for no more than it was made for
		ceiling := access.ActorFrom(ctx).Ceiling
		for _, p := range r.Gives {
			if ceiling != nil && !ceiling[p] {
				return false, errDenied.Needing(string(p))
			}
		}
		return true, nil
	}
	outcome, err := s.Guard.Decide(ctx, r.Permission, r.On)
	if err != nil {
		return false, err
	}
	switch outcome {
	case engine.NeedsApproval:
		return true, nil
	case engine.Allow:
		return a.Always && (a.Exempt == nil || !a.Exempt(access.ActorFrom(ctx))), nil
	}
	return false, errDenied.Needing(string(r.Permission))
}

func expiry(now time.Time, life time.Duration) (time.Time, error) {
	if life == 0 {
		life = usualLife
	}
	if life < minLife || life > maxLife {
		return time.Time{}, errLife
	}
	return now.Add(life), nil
}

// Withdraw takes a request back. Its own requester can, also after the decision, as long as nothing has run.
func (s *Service) Withdraw(ctx context.Context, id string, check func(version int64) error) (r Request, err error) {
	actor := access.ActorFrom(ctx)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if r, err = s.lock(ctx, tx, id); err != nil {
			return err
		}
		if r.Requester.ID != actor.ID {
			return errOwnOnly
		}
		if err := check(r.Version); err != nil {
			return err
		}
		if r.State != Pending && r.State != Approved {
			return errDecided
		}
		if r, err = s.end(ctx, tx, r, Withdrawn, ""); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Event{Action: "approval.withdraw"})
	})
	if err != nil {
		return Request{}, s.refused(ctx, "approval.withdraw", r, err)
	}
	return r, nil
}

// refused records that something was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, r Request, why error) error {
	if fault.KindOf(why) != fault.Denied {
		return why
	}
	e := audit.Event{
		Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why), CustomerID: r.CustomerID,
		Targets: []audit.Target{{Type: "approval", ID: r.ID, Name: r.Action}}, Detail: map[string]any{"action": r.Action},
	}
	if r.Target.ID != "" {
		e.Targets = append(e.Targets, audit.Target{Type: r.Target.Type, ID: r.Target.ID, Name: r.Target.Name})
	}
	if err := s.Audit.Append(ctx, e); err != nil {
		return err
	}
	return why
}

// tellDeciders tells those who can decide, each by a link of their own.
func (s *Service) tellDeciders(ctx context.Context, tx *store.Tx, r Request) error {
	all, err := s.Deciders(ctx, tx, r.OrgID)
	if err != nil {
		return err
	}
	e, err := s.Guard.Engine(ctx, r.OrgID)
	if err != nil {
		return err
	}
	told := 0
	for _, who := range all {
		if decides(e, r.CreatedAt, who, r) != nil {
			continue
		}
		if told++; told > maxTold {
			break
		}
		err := s.Tell(ctx, tx, notification.Notice{To: who.ID, Kind: notification.ApprovalAsked, Data: map[string]string{
			"approval_id": r.ID, "action": r.Action, "target": r.Target.Name, "customer": r.CustomerName, "by": r.Requester.Name, "reason": r.Reason,
			"signature": s.Signature(r, who.ID),
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// tellRequester tells the person who asked what became of it, unless they did it themselves.
func (s *Service) tellRequester(ctx context.Context, tx *store.Tx, r Request) error {
	if r.BreakGlass {
		return nil
	}
	return s.Tell(ctx, tx, notification.Notice{To: r.Requester.ID, Kind: notification.ApprovalEnded, Data: map[string]string{
		"approval_id": r.ID, "action": r.Action, "target": r.Target.Name, "state": string(r.State), "by": r.Decider.Name, "comment": r.Comment,
		"failure": r.Failure,
	}})
}
