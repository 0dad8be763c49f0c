package imap

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Settings returns the mailbox of the actor's organization, without its password, and how its reading goes.
func (s *Service) Settings(ctx context.Context) (Box, Status, error) {
	orgID, err := s.check(ctx)
	if err != nil {
		return Box{}, Status{}, err
	}
	r, err := findBox(ctx, s.DB.Read(), orgID)
	if err != nil {
		return Box{}, Status{}, err
	}
	status, err := statusOf(ctx, s.DB.Read(), orgID)
	return r.Box, status, err
}

// Set checks and keeps the mailbox of the actor's organization. A nil password keeps the old one, which is refused if the connection
// changes: otherwise the old password could be sent to a server of somebody's choice.
func (s *Service) Set(ctx context.Context, want Box, password *string, matches func(version int64) error) (Box, Status, error) {
	orgID, err := s.check(ctx)
	if err != nil {
		return Box{}, Status{}, err
	}
	if err := s.Guard.Unlimited(ctx); err != nil {
		return Box{}, Status{}, err
	}
	if want, err = want.checked(password); err != nil {
		return Box{}, Status{}, err
	}
	want.OrgID = orgID
	var status Status
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := organization.ByID(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if o.Demo {
			return errDemo
		}
		old, err := findBox(ctx, tx, orgID)
		if err != nil && !errors.Is(err, errAbsent) {
			return err
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		if m, ok, err := s.MailOf(ctx, tx, orgID); err != nil {
			return err
		} else if !ok || m.InboundAddress == "" {
			return errNoInbound
		}
		r := row{want, old.sealed}
		switch {
		case password != nil:
			if r.sealed, err = s.Keys.Seal(passwordPlace(orgID), []byte(*password)); err != nil {
				return err
			}
		case old.Version == 0:
			return errPasswordGone
		case old.Host != want.Host || old.Port != want.Port || old.TLS != want.TLS || old.Username != want.Username:
			return errPasswordAgain
		}
		now := store.Now()
		r.CreatedAt, r.UpdatedAt, r.Version = now, now, old.Version+1
		if old.Version > 0 {
			r.CreatedAt = old.CreatedAt
		}
		if err := putBox(ctx, tx, r); err != nil {
			return err
		}
		if old.Host != want.Host || old.Username != want.Username || old.Folder != want.Folder { // another mailbox
			if err := forgetPlace(ctx, tx, orgID); err != nil {
				return err
			}
		}
		want = r.Box
		if status, err = statusOf(ctx, tx, orgID); err != nil {
			return err
		}
		tx.AfterCommit(s.wake)
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.imap.update", Targets: []audit.Target{{Type: "organization", ID: orgID, Name: o.Name}},
			Before: old.values(), After: want.values(), Detail: map[string]any{"password_changed": password != nil},
		})
	})
	return want, status, err
}

// Remove forgets the mailbox; what lies in it stays there.
func (s *Service) Remove(ctx context.Context) error {
	orgID, err := s.check(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		old, err := findBox(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if err := deleteBox(ctx, tx, orgID); err != nil {
			return err
		}
		tx.AfterCommit(s.wake)
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.imap.delete", Targets: []audit.Target{{Type: "organization", ID: orgID}}, Before: old.values(),
		})
	})
}

// Trial is what came of a connection.
type Trial struct {
	Reason string // "" if all is well
	Idle   bool   // the server tells of new mail by itself
	Mails  int    // in the folder
}

// Try signs in to the mailbox as it is set, and changes nothing there.
func (s *Service) Try(ctx context.Context) (Trial, error) {
	orgID, err := s.check(ctx)
	if err != nil {
		return Trial{}, err
	}
	r, err := findBox(ctx, s.DB.Read(), orgID)
	if err != nil {
		return Trial{}, err
	}
	b, err := s.opened(r.Box, r.sealed)
	if err != nil {
		return Trial{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.Timing.Command*3/2)
	defer cancel()
	c, err := s.open(ctx, b)
	if err != nil {
		return Trial{Reason: reasonOf(err)}, nil
	}
	defer func() { _ = c.Close() }()
	if b.Handled == Move {
		if err := c.exists(b.MoveTo); err != nil {
			return Trial{Reason: reasonOf(err)}, nil
		}
	}
	return Trial{Idle: c.idles(), Mails: int(c.selected.NumMessages)}, nil
}

func (s *Service) check(ctx context.Context) (orgID string, err error) {
	orgID = access.ActorFrom(ctx).OrgID
	return orgID, s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID})
}

func (s *Service) opened(b Box, sealed []byte) (Box, error) {
	password, err := s.Keys.Unseal(passwordPlace(b.OrgID), sealed)
	b.Password = string(password)
	return b, err
}

func (b Box) checked(password *string) (Box, error) {
	var f input.Form
	b.Host = f.Required("/host", b.Host, 253)
	if b.Port < 1 || b.Port > 65535 {
		f.Refuse("/port", "A port is a number from 1 to 65535; 993 and 143 are usual.")
	}
	if b.TLS != mail.StartTLS && b.TLS != mail.ImplicitTLS {
		f.Refuse("/tls", "Choose starttls or tls: a password is only sent over TLS.")
	}
	b.Username = f.Required("/username", b.Username, 254)
	if password != nil && (*password == "" || len(*password) > 500) {
		f.Refuse("/password", "A password has 1 to 500 characters.")
	}
	if b.Folder = f.Line("/folder", b.Folder, 200); b.Folder == "" {
		b.Folder = "INBOX"
	}
	b.MoveTo = f.Line("/move_to", b.MoveTo, 200)
	switch b.Handled {
	case Seen, Delete:
		b.MoveTo = ""
	case Move:
		if b.MoveTo == "" || b.MoveTo == b.Folder {
			f.Refuse("/move_to", "Name another folder, to which handled mail is moved.")
		}
	default:
		f.Refuse("/handled", "Choose seen, move or delete.")
	}
	return b, f.Err()
}

func (b Box) values() map[string]any {
	if b.Version == 0 {
		return nil
	}
	return map[string]any{
		"host": b.Host, "port": b.Port, "tls": b.TLS, "username": b.Username, "folder": b.Folder, "handled": b.Handled, "move_to": b.MoveTo,
	}
}

func passwordPlace(orgID string) seal.Place {
	return seal.Place{Table: "message_imap", Column: "password", ID: orgID}
}
