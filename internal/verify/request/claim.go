package request

import (
	"context"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// Claim ties a request to the actor and to a ticket of the contact's customer, and shows the actor the code to say (R11).
// Nobody else ever sees it; the contact is told who claimed. Claiming again for the same ticket shows the code again.
func (s *Service) Claim(ctx context.Context, requestID, ticketID string) (r Request, code string, err error) {
	actor := access.ActorFrom(ctx)
	if r, _, err = s.ByID(ctx, requestID); err != nil {
		return r, "", err
	}
	t, err := s.ticketOf(ctx, r, ticketID)
	if err != nil {
		return r, "", s.claimRefused(ctx, r, err)
	}
	o, err := organization.ByID(ctx, s.DB.Read(), r.OrgID)
	if err != nil {
		return r, "", err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		claimed, err := claimRequest(ctx, tx, r.OrgID, r.ID, actor, t.ID, s.clock.Now())
		if err != nil {
			return err
		}
		if claimed.ID == "" {
			return s.whyNotClaimed(ctx, tx, r, t.ID)
		}
		r = claimed
		if err := s.reply(ctx, tx, r, "claim", false, wording.TechnicianTaken, wording.Values{Organization: o.Name, Technician: actor.Name, Ticket: t.Number}); err != nil {
			return err
		}
		return s.record(ctx, tx, r, audit.Success, "")
	})
	if err != nil {
		return r, "", s.claimRefused(ctx, r, err)
	}
	if r.State != verify.Claimed {
		if r, _, err = s.ByID(ctx, requestID); err != nil {
			return r, "", err
		}
	}
	code, err = s.reveal(r)
	return r, code, err
}

// whyNotClaimed is nil when the actor holds the claim already.
func (s *Service) whyNotClaimed(ctx context.Context, tx *store.Tx, r Request, ticketID string) error {
	current, err := findRequest(ctx, tx, r.OrgID, r.ID)
	switch current = current.at(s.clock.Now()); {
	case err != nil:
		return err
	case current.State != verify.Claimed:
		return errEnded
	case current.ClaimedBy != access.ActorFrom(ctx).ID || current.TicketID != ticketID:
		return errClaimed
	}
	return nil
}

func (s *Service) ticketOf(ctx context.Context, r Request, ticketID string) (ticket.Ticket, error) {
	t, err := ticket.ByID(ctx, s.DB.Read(), r.OrgID, ticketID)
	if err != nil || t.CustomerID != r.CustomerID || s.Guard.Check(ctx, perm.TicketView, access.Object{CustomerID: t.CustomerID}) != nil {
		return t, errTicket
	}
	return t, nil
}

// claimRefused records a claim that was refused (M11).
func (s *Service) claimRefused(ctx context.Context, r Request, why error) error {
	return s.verifications.RecordRefusal(ctx, audit.Event{
		Action: "technician_verification.claim", CustomerID: r.CustomerID, TicketID: r.TicketID,
		Targets: []audit.Target{{Type: "technician_verification", ID: r.ID}, {Type: "contact", ID: r.ContactID, Name: r.ContactName}},
	}, why)
}

// ConfirmVerbally logs that the contact said on the phone that the code is right: only the claimer may, and it proves less than an answer.
func (s *Service) ConfirmVerbally(ctx context.Context, requestID, note string) (r Request, err error) {
	if r, _, err = s.ByID(ctx, requestID); err != nil {
		return r, err
	}
	if strings.TrimSpace(note) == "" {
		return r, errVerbalNote
	}
	actor := access.ActorFrom(ctx)
	if r.State == verify.Claimed && r.ClaimedBy != actor.ID {
		return r, s.claimRefused(ctx, r, errNotClaimer)
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err := endRequest(ctx, tx, r.OrgID, r.ID, verify.Claimed, verify.ConfirmedVerbally, note, false, s.clock.Now())
		if err != nil {
			return err
		}
		if ended.ID == "" {
			return errEnded
		}
		r = ended
		return s.finished(ctx, tx, r)
	})
	return r, err
}

// finished writes the sequence to the ticket and the record.
func (s *Service) finished(ctx context.Context, tx *store.Tx, r Request) error {
	if err := s.noteEnd(ctx, tx, r); err != nil {
		return err
	}
	outcome := audit.Success
	if r.State == verify.Denied || r.State == verify.Frozen {
		outcome = audit.Denied
	}
	return s.record(ctx, tx, r, outcome, "")
}
