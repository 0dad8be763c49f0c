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

// Note writes to the ticket of a verification, if it has one (VER-6).
func (s *Service) Note(ctx context.Context, tx *store.Tx, ticketID string, set Settings, body string) error {
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
	set, locale, err := s.NoteStyle(ctx, tx, v.OrgID)
	if err != nil {
		return err
	}
	return s.Note(ctx, tx, v.TicketID, set, noteOf(v).Ended(locale, string(v.State)))
}

// NoteStyle is how an organization wants its notes, and in which language.
func (s *Service) NoteStyle(ctx context.Context, q store.Querier, org string) (Settings, string, error) {
	set, _, err := SettingsOf(ctx, q, org)
	if err != nil {
		return set, "", err
	}
	o, err := organization.ByID(ctx, q, org)
	return set, o.Locale, err
}

func noteOf(v Verification) wording.Note {
	return wording.Note{
		Contact: v.ContactName, Technician: v.TechnicianName, Method: string(v.Method), Level: LevelName(v.Level), Address: message.Mask(v.Address),
	}
}
