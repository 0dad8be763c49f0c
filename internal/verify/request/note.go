package request

import (
	"context"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// noteEnd writes the whole sequence of a technician verification to its ticket.
func (s *Service) noteEnd(ctx context.Context, tx *store.Tx, r Request) error {
	if r.TicketID == "" {
		return nil
	}
	set, locale, err := s.verifications.NoteStyle(ctx, tx, r.OrgID)
	if err != nil {
		return err
	}
	return s.verifications.Note(ctx, tx, r.TicketID, set, sequenceOf(r).Text(locale))
}

func sequenceOf(r Request) wording.Sequence {
	return wording.Sequence{
		Contact: r.ContactName, Medium: string(r.Medium), Address: message.Mask(r.Address), Asked: r.CreatedAt, Technician: r.ClaimedName,
		Claimed: r.ClaimedAt, State: string(r.State), Ended: r.EndedAt, Unbound: r.Unbound, Note: r.Note,
	}
}
