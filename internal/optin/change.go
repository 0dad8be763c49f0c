package optin

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// The states of a change, and why it waits.
const (
	changePending   = "pending"
	changeApplied   = "applied"
	changeDiscarded = "discarded"

	reasonInUse   = "in_use"  // the old number has proved who the contact is
	reasonSourced = "sourced" // another system keeps the contact's numbers
	reasonManual  = "manual"  // the old number is gone, or there is no room for the new one
)

// Change is a number from a form that a technician has to deal with. Its holder has confirmed it by a code.
type Change struct {
	OrgID      string
	ID         string
	ContactID  string
	CustomerID string
	FormID     string
	OldNumber  string
	NewNumber  string
	Reason     string
	State      string
	CreatedAt  time.Time
	EndedAt    time.Time
	EndedBy    string
	EndedName  string
	Version    int64
}

func (c Change) object() access.Object {
	return access.Object{Type: "contact", ID: c.ContactID, CustomerID: c.CustomerID}
}

// hold keeps a change for a technician.
func (s *Service) hold(ctx context.Context, tx *store.Tx, c Change, who contact.Contact) error {
	if err := insertChange(ctx, tx, c); err != nil {
		return err
	}
	return s.recordChange(ctx, tx, "contact.number_held", c, who.Name)
}

func (s *Service) recordChange(ctx context.Context, tx *store.Tx, action string, c Change, name string) error {
	err := s.Audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: c.CustomerID, Targets: []audit.Target{{Type: "contact", ID: c.ContactID, Name: name}},
		Detail: map[string]any{
			"change_id": c.ID, "form_id": c.FormID, "reason": c.Reason, "old_number": message.Mask(c.OldNumber), "new_number": message.Mask(c.NewNumber),
		},
	})
	if err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "optin.changed", ID: c.ID, CustomerID: c.CustomerID, Needs: perm.ContactView, Data: map[string]string{"contact_id": c.ContactID, "state": c.State},
	})
}

// Changes returns the changes of a contact that the actor may see, the newest first.
func (s *Service) Changes(ctx context.Context, contactID string) ([]Change, error) {
	c, err := s.Contacts.Find(ctx, contactID)
	if err != nil {
		return nil, err
	}
	return changesOf(ctx, s.DB.Read(), c.OrgID, c.ID)
}

// Apply gives the contact the number. A number in use for verification is replaced only after the contact proved, since the change was
// asked for and by what they had before, who they are (D-27). The new number is young all the same, and held for L2 and above (R13).
func (s *Service) Apply(ctx context.Context, contactID, changeID string) (Change, error) {
	return s.settleChange(ctx, contactID, changeID, changeApplied, "contact.number_applied", func(tx *store.Tx, c Change) error {
		if c.OldNumber != "" {
			used, err := s.InUse(ctx, tx, c.OrgID, c.ContactID, c.OldNumber)
			if err != nil {
				return err
			}
			proven, err := s.Proven(ctx, tx, c.OrgID, c.ContactID, c.CreatedAt)
			if err != nil {
				return err
			}
			if used && !proven {
				return errUnproven
			}
		}
		_, err := s.Contacts.ReplaceNumberIn(ctx, tx, c.OrgID, c.ContactID, c.OldNumber, c.NewNumber)
		if errors.Is(err, contact.ErrNumberGone) {
			return errOldIsGone
		}
		return err
	})
}

// Discard leaves the contact's number as it is.
func (s *Service) Discard(ctx context.Context, contactID, changeID string) (Change, error) {
	return s.settleChange(ctx, contactID, changeID, changeDiscarded, "contact.number_discarded", func(*store.Tx, Change) error { return nil })
}

func (s *Service) settleChange(ctx context.Context, contactID, changeID, state, action string, do func(*store.Tx, Change) error) (c Change, err error) {
	actor := access.ActorFrom(ctx)
	if c, err = changeByID(ctx, s.DB.Read(), actor.OrgID, changeID); err != nil {
		return c, err
	}
	if c.ContactID != contactID {
		return c, errChange
	}
	if err := s.Guard.Check(ctx, perm.ContactEdit, c.object()); err != nil {
		return c, err
	}
	name := ""
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		who, err := contact.ByID(ctx, tx, c.OrgID, c.ContactID)
		if err != nil {
			return err
		}
		name = who.Name
		if err := do(tx, c); err != nil {
			return err
		}
		c.State, c.EndedAt, c.EndedBy, c.EndedName = state, store.Now(), actor.ID, actor.Name
		ok, err := endChange(ctx, tx, c)
		if err != nil {
			return err
		}
		if !ok {
			return errNotWaiting
		}
		c.Version++
		return s.recordChange(ctx, tx, action, c, name)
	})
	if err != nil && fault.KindOf(err) == fault.Denied {
		refusal := s.Audit.Append(ctx, audit.Event{
			Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(err), CustomerID: c.CustomerID, Targets: []audit.Target{{Type: "contact", ID: c.ContactID, Name: name}},
		})
		if refusal != nil {
			return c, errors.Join(err, refusal)
		}
	}
	return c, err
}
