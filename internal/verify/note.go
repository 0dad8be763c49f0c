package verify

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/wording"
)

// note writes to the ticket of a verification, if it has one (VER-6).
func (s *Service) note(ctx context.Context, tx *store.Tx, ticketID string, set Settings, body string) error {
	if ticketID == "" {
		return nil
	}
	err := s.Tickets.AddNote(ctx, tx, ticketID, ticket.Note{Body: body, Visibility: ticket.Visibility(set.NoteVisibility)})
	if errors.Is(err, ticket.ErrNotFound) { // deleted meanwhile; the audit log has it all
		return nil
	}
	return err
}

// noteEnd writes the outcome of v to its ticket.
func (s *Service) noteEnd(ctx context.Context, tx *store.Tx, v Verification) error {
	if v.TicketID == "" {
		return nil
	}
	set, locale, err := s.noteStyle(ctx, tx, v.OrgID)
	if err != nil {
		return err
	}
	return s.note(ctx, tx, v.TicketID, set, noteOf(v).Ended(locale, string(v.State)))
}

// noteRequest writes the whole sequence of a technician verification to its ticket.
func (s *Service) noteRequest(ctx context.Context, tx *store.Tx, r Request) error {
	if r.TicketID == "" {
		return nil
	}
	set, locale, err := s.noteStyle(ctx, tx, r.OrgID)
	if err != nil {
		return err
	}
	return s.note(ctx, tx, r.TicketID, set, sequenceOf(r).Text(locale))
}

func (s *Service) noteStyle(ctx context.Context, q store.Querier, org string) (Settings, string, error) {
	set, _, err := settingsOf(ctx, q, org)
	if err != nil {
		return set, "", err
	}
	o, err := organization.ByID(ctx, q, org)
	return set, o.Locale, err
}

func noteOf(v Verification) wording.Note {
	return wording.Note{
		Contact: v.ContactName, Technician: v.TechnicianName, Method: string(v.Method), Level: levelName(v.Level), Address: message.Mask(v.Address),
	}
}

func sequenceOf(r Request) wording.Sequence {
	return wording.Sequence{
		Contact: r.ContactName, Medium: string(r.Medium), Address: message.Mask(r.Address), Asked: r.CreatedAt, Technician: r.ClaimedName,
		Claimed: r.ClaimedAt, State: string(r.State), Ended: r.EndedAt, Unbound: r.Unbound, Note: r.Note,
	}
}
