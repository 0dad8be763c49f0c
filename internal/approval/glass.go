package approval

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// BreakGlass does at once what otherwise takes a second person (ACC-32). It is for owners and administrators in a session in which they just proved who
// they are, takes a reason, and tells everybody else who reads the audit log. A deny and a status stand in its way like in every other (D-11).
func (s *Service) BreakGlass(ctx context.Context, want Fields) (r Request, err error) {
	if access.ActorFrom(ctx).SessionID == "" || !access.Administers(ctx) {
		return r, s.refused(ctx, "approval.break_glass", Request{Action: want.Action}, errGlass)
	}
	if err := s.Guard.Fresh(ctx); err != nil {
		return r, err
	}
	if err := s.Guard.Follow(ctx); err != nil {
		return r, err
	}
	a, r, err := s.prepare(ctx, want)
	if err == nil {
		err = s.breakable(ctx, a, r)
	}
	if err != nil {
		return Request{}, s.refused(ctx, "approval.break_glass", r, err)
	}
	r.State, r.BreakGlass, r.ExpiresAt, r.DecidedAt = Approved, true, r.CreatedAt.Add(usableFor), r.CreatedAt
	r.UsableUntil = r.ExpiresAt
	if r.Digest, err = digestOf(r); err != nil {
		return Request{}, err
	}
	r.mac = s.decisionMAC(r)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		done := r
		if err := insert(ctx, tx, done); err != nil {
			return err
		}
		if err := s.record(ctx, tx, done, audit.Event{Action: "approval.break_glass"}); err != nil {
			return err
		}
		if err := s.alarm(ctx, tx, done); err != nil {
			return err
		}
		if a.Run != nil {
			if done, err = s.execute(ctx, tx, done); err != nil {
				return err
			}
		}
		r = done
		return nil
	})
	if err != nil {
		return Request{}, s.refused(ctx, "approval.break_glass", r, err)
	}
	return r, nil
}

// breakable settles that there is a glass to break, and a good reason.
func (s *Service) breakable(ctx context.Context, a Action, r Request) error {
	if r.Permission == "" || a.AsApprover {
		return errGlassFor
	}
	var form input.Form
	if input.Seen(r.Reason) < minReason {
		form.Refuse("/reason", "Say in a few words why this cannot wait for a second person.")
	}
	if err := form.Err(); err != nil {
		return err
	}
	needed, err := s.needed(ctx, a, r)
	if err == nil && !needed {
		err = errNotNeeded
	}
	return err
}

// alarm tells everybody else who may read the audit log.
func (s *Service) alarm(ctx context.Context, tx *store.Tx, r Request) error {
	e, err := s.Guard.Engine(ctx, r.OrgID)
	if err != nil {
		return err
	}
	for _, who := range e.Who(time.Now(), perm.AdminAudit, engine.Target{Type: engine.Organization}) {
		if who.String() == r.Requester.ID {
			continue
		}
		err := s.Tell(ctx, tx, notification.Notice{To: who.String(), Kind: notification.GlassBroken, Data: map[string]string{
			"approval_id": r.ID, "action": r.Action, "target": r.Target.Name, "customer": r.CustomerName, "by": r.Requester.Name, "reason": r.Reason,
		}})
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}
