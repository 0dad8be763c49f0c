package verify

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verifypolicy"
	"countersign.dev/countersign/internal/wording"
)

// Clearance is the word that an action may be done for a caller now.
type Clearance struct {
	Action   verifypolicy.Action
	Required int
	Level    int // that was proved
}

// Clear asks whether a technician may do something for a contact now, outside of Countersign or in it, and puts the answer on record and
// on the ticket. Without the proof that the customer's policy demands it is refused, and the refusal names the level (M9).
func (s *Service) Clear(ctx context.Context, contactID string, action verifypolicy.Action, ticketID string) (Clearance, error) {
	c, err := s.findContact(ctx, contactID)
	if err != nil {
		return Clearance{}, err
	}
	if !action.Known() {
		return Clearance{}, errAction
	}
	set, locale, err := s.NoteStyle(ctx, s.DB.Read(), c.OrgID)
	if err != nil {
		return Clearance{}, err
	}
	t, err := s.ticketFor(ctx, c, StartRequest{TicketID: ticketID, Note: "clearance"}, set)
	if err != nil {
		return Clearance{}, err
	}
	o := c.Object()
	o.ContactID, o.Action = c.ID, string(action)
	event := audit.Event{
		Action: "verification.clear", CustomerID: c.CustomerID, TicketID: t.ID, Detail: map[string]any{"action": string(action)},
		Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	}
	if err := s.Guard.Check(ctx, permRun, o); err != nil {
		return Clearance{}, s.RecordRefusal(ctx, event, askable(err, c.ID, action, t.ID))
	}
	found, err := s.Proof(ctx, s.DB.Read(), c.OrgID, c.ID, c.CustomerID, action)
	if err != nil {
		return Clearance{}, err
	}
	event.Detail["level"], event.Detail["required"] = LevelName(found.Have), LevelName(found.Required)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		note := wording.Cleared(locale, string(action), c.Name, access.ActorFrom(ctx).Name, LevelName(found.Have), LevelName(found.Required))
		if err := s.Note(ctx, tx, t.ID, set, note); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, event)
	})
	return Clearance{action, found.Required, found.Have}, err
}
