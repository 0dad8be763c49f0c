package verify

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
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
	return s.note(ctx, tx, v.TicketID, set, endedNote(locale, v))
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
	return s.note(ctx, tx, r.TicketID, set, requestNote(locale, r))
}

func (s *Service) noteStyle(ctx context.Context, q store.Querier, org string) (Settings, string, error) {
	set, _, err := settingsOf(ctx, q, org)
	if err != nil {
		return set, "", err
	}
	o, err := organization.ByID(ctx, q, org)
	return set, o.Locale, err
}
