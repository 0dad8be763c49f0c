// Package recovery lets technicians who cannot sign in choose a new password: by a link in a mail, once, within half an hour.
package recovery

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Life is how long a link works (SIG-2, D-15).
const Life = 30 * time.Minute

var (
	errLink     = fault.New(fault.Gone, "recovery.link_invalid", "This link was already used, has expired, or the password was changed meanwhile. Ask for a new one on the sign-in page.")
	errTooMany  = fault.New(fault.Limited, "recovery.too_many", "A new password was asked for too often. Look for the mail, also among unwanted mail, and try again later.")
	errInvited  = fault.New(fault.Conflict, "recovery.invited", "This technician has not taken up the account yet. Send the invitation again instead.")
	errInactive = fault.New(fault.Conflict, "recovery.not_active", "Only the password of an active technician can be reset. Reactivate the technician first.")
	errOwn      = fault.New(fault.Conflict, "recovery.own", "Change your own password in your settings.")
)

// Deps are what a Service stands on.
type Deps struct {
	DB            *store.DB
	Audit         *audit.Log
	Keyring       *seal.Keyring
	Messages      *message.Service
	Technicians   *technician.Service
	SignIn        *signin.Service
	Notifications *notification.Service
	Log           *slog.Logger
	// Later queues the call of Answer with this id, in the caller's transaction.
	Later   func(ctx context.Context, tx *store.Tx, requestID string) error
	BaseURL string // of the console, without a slash at the end: links are never made from what a request says of its host
}

// Service resets passwords.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Ask notes that somebody wants a new password. It does the same whether there is such a technician or not: who it may be is looked up by
// Answer, after the person was answered.
func (s *Service) Ask(ctx context.Context, email, organizationSlug string) error {
	caller, now := access.ActorFrom(ctx), store.Now()
	name := s.Keyring.MAC("recovery name", input.FoldEmail(email))
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := count(ctx, tx, caller.Address, name, now); err != nil {
			return err
		}
		r := request{
			id: id.New(), email: input.FoldEmail(email), organization: organizationSlug, address: caller.Address, device: caller.Device,
			requestID: caller.RequestID, at: now,
		}
		if err := insertRequest(ctx, tx, r); err != nil {
			return err
		}
		return s.Later(ctx, tx, r.id)
	})
}

// Answer mails a link to the technician whom a request means, if there is one who may sign in. A request is answered once.
func (s *Service) Answer(ctx context.Context, requestID string) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, found, err := takeRequest(ctx, tx, requestID)
		if err != nil || !found {
			return err
		}
		t, err := technician.ByEmail(ctx, tx, r.organization, r.email)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		ctx := access.WithActor(ctx, access.Actor{OrgID: t.OrgID, Address: r.address, Device: r.device, RequestID: r.requestID})
		e := audit.Event{Action: "password.ask_reset", Targets: targets(t)}
		o, err := notification.SenderOf(ctx, tx, t.OrgID)
		if err != nil {
			return err
		}
		if !maySignIn(t) || o.Status != organization.Active {
			e.Outcome, e.Reason = audit.Denied, "not_active"
			return s.Audit.Record(ctx, tx, e)
		}
		// The sandbox is a mailbox that administrators read, and nobody but the owner may become the owner.
		open, err := s.Messages.Sandboxed(ctx, tx, t.OrgID, message.Email)
		if err != nil {
			return err
		}
		if open && t.Owner {
			e.Outcome, e.Reason = audit.Denied, "sandbox"
			return s.Audit.Record(ctx, tx, e)
		}
		if err := s.send(ctx, tx, t, o, ""); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, e)
	})
}

func maySignIn(t technician.Technician) bool {
	return t.Status == technician.Active && t.State == technician.Activated && t.UIAccess()
}

// send makes a link and queues its mail; by is the administrator who reset the password, "" if the person asked.
func (s *Service) send(ctx context.Context, tx *store.Tx, t technician.Technician, o organization.Organization, by string) error {
	now, token := store.Now(), id.Secret()
	l := link{orgID: t.OrgID, id: id.New(), technicianID: t.ID, emailKey: input.FoldEmail(t.Email), expires: now.Add(Life)}
	if err := insertLink(ctx, tx, l, id.Hash(token), now); err != nil {
		return err
	}
	subject, body := letter(t, o, s.BaseURL+"/reset#token="+token, s.BaseURL+"/forgot", by)
	_, err := s.Messages.Send(ctx, tx, message.Out{
		Way: message.Email, To: t.Email, Subject: subject, Body: body, Purpose: message.Internal,
		Owner: message.Ref{Type: "recovery", ID: l.id}, ExpiresAt: l.expires,
	})
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	if err != nil {
		s.Log.InfoContext(ctx, "reset link not sent", "technician_id", t.ID, "reason", fault.CodeOf(err))
	}
	return nil
}

// Reset replaces the password of the technician who got a link. All sessions end, nobody is signed in, second factors stay as they are,
// and the person is told.
func (s *Service) Reset(ctx context.Context, token, password string) error {
	l, err := byToken(ctx, s.DB.Read(), id.Hash(token), store.Now())
	if err != nil {
		return err
	}
	t, err := technician.ByID(ctx, s.DB.Read(), l.orgID, l.technicianID)
	if err != nil {
		return err
	}
	caller := access.ActorFrom(ctx)
	ctx = access.WithActor(ctx, access.Actor{
		OrgID: t.OrgID, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner,
		Address: caller.Address, Device: caller.Device, RequestID: caller.RequestID,
	})
	keep, err := s.SignIn.SetPassword(ctx, password, t, false)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.trusted(ctx, tx, t); err != nil {
			return err
		}
		if err := spend(ctx, tx, l, store.Now()); err != nil {
			return err
		}
		if err := forgetLinks(ctx, tx, t.OrgID, t.ID); err != nil {
			return err
		}
		if err := keep(ctx, tx); err != nil {
			return err
		}
		if err := s.Audit.Record(ctx, tx, audit.Event{Action: "password.reset", Targets: targets(t)}); err != nil {
			return err
		}
		return s.Notifications.Tell(ctx, tx, notification.Notice{To: t.ID, Kind: notification.PasswordChanged, Data: map[string]string{"by": ""}})
	})
}

// trusted refuses the link of somebody who became the owner after it was mailed, if administrators could read that mail.
func (s *Service) trusted(ctx context.Context, tx *store.Tx, t technician.Technician) error {
	t, err := technician.ByID(ctx, tx, t.OrgID, t.ID)
	if err != nil || !t.Owner {
		return err
	}
	open, err := s.Messages.Sandboxed(ctx, tx, t.OrgID, message.Email)
	if err == nil && open {
		return errLink
	}
	return err
}

// Force takes the password from a technician: sessions end, the password is useless at once, and a link to choose a new one is mailed.
func (s *Service) Force(ctx context.Context, technicianID string) error {
	if access.ActorFrom(ctx).ID == technicianID {
		return errOwn
	}
	t, err := s.Technicians.Manage(ctx, technicianID, "password.drop")
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.ForceIn(ctx, tx, t) })
}

// ForceIn is Force in the caller's transaction, for work on many; the caller has settled that the actor may manage t.
func (s *Service) ForceIn(ctx context.Context, tx *store.Tx, t technician.Technician) error {
	t, err := technician.ByID(ctx, tx, t.OrgID, t.ID)
	switch {
	case err != nil:
		return err
	case t.State != technician.Activated:
		return errInvited
	case t.Status != technician.Active:
		return errInactive
	}
	o, err := notification.SenderOf(ctx, tx, t.OrgID)
	if err != nil {
		return err
	}
	if err := forgetLinks(ctx, tx, t.OrgID, t.ID); err != nil {
		return err
	}
	if err := s.SignIn.DropPassword(ctx, tx, t); err != nil {
		return err
	}
	return s.send(ctx, tx, t, o, access.ActorFrom(ctx).Name)
}

// Changed forgets the links of a technician whose address or status changed. It is a hook of technician.
func (s *Service) Changed(ctx context.Context, tx *store.Tx, c technician.Change) error {
	if !c.Ends() && input.FoldEmail(c.Before.Email) == input.FoldEmail(c.After.Email) {
		return nil
	}
	return forgetLinks(ctx, tx, c.Before.OrgID, c.Before.ID)
}

// Sweep deletes what is over: links, counters, and requests that nobody answered. It is called every hour.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return sweep(ctx, tx, store.Now()) })
}

func targets(t technician.Technician) []audit.Target {
	return []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}}
}
