package verify

import (
	"context"
	"regexp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// wordNo says "that was not me", in the languages of the messages.
var wordNo = regexp.MustCompile(`(?i)^\s*(no|non|nein|n[aã]o|nee|nie|hay[iı]r|لا)\s*[.!]*\s*$`)

// receive claims NO, which reports a code that nobody asked for (D-25).
func (s *Service) receive(ctx context.Context, tx *store.Tx, in message.In) (claimed bool, err error) {
	if !wordNo.MatchString(in.Word()) || !in.Trusted() {
		return false, nil
	}
	return s.reportFraud(ctx, tx, in)
}

// spellings are the sender's address as it came in, and as contacts have it: emails are kept as they were written and come in folded.
func (s *Service) spellings(ctx context.Context, q store.Querier, in message.In) ([]string, error) {
	out := []string{in.From}
	if in.Way != message.Email {
		return out, nil
	}
	found, err := contact.ByEmail(ctx, q, access.ActorFrom(ctx).OrgID, in.From)
	for _, c := range found {
		for _, email := range c.Emails {
			if input.FoldEmail(email) == input.FoldEmail(in.From) {
				out = append(out, email)
			}
		}
	}
	return out, err
}

// reportFraud handles NO: the person who received a code in the last minutes did not ask for it (R10).
func (s *Service) reportFraud(ctx context.Context, tx *store.Tx, in message.In) (claimed bool, err error) {
	org, now := access.ActorFrom(ctx).OrgID, s.clock.Now()
	addresses, err := s.spellings(ctx, tx, in)
	if err != nil {
		return true, err
	}
	v, err := latestTo(ctx, tx, org, addresses, now.Add(-fraudWindow))
	if err != nil || v.ID == "" || v.State == Denied {
		return v.ID != "", err
	}
	if ctx, err = s.AsContact(ctx, v); fault.KindOf(err) == fault.NotFound {
		return true, nil // the contact was deleted meanwhile, and nothing waits for them any more
	} else if err != nil {
		return true, err
	}
	denied, err := denyVerification(ctx, tx, org, v.ID, now)
	if err != nil {
		return true, err
	}
	if err := s.lockForFraud(ctx, tx, denied, now); err != nil {
		return true, err
	}
	if err := s.noteEnd(ctx, tx, denied); err != nil {
		return true, err
	}
	o, err := organization.ByID(ctx, tx, org)
	if err != nil {
		return true, err
	}
	t, err := wording.Say(ctx, tx, org, wording.ReplyReported, v.Language, wording.Values{Organization: o.Name, Ticket: v.TicketNumber})
	if err != nil {
		return true, err
	}
	err = s.Tell(ctx, tx, message.Out{
		Way: in.Way, To: v.Address, Subject: t.Subject, Body: t.Body, Purpose: message.Verification, OnRequest: true,
		Owner: message.Ref{Type: "verification", ID: v.ID}, ContactID: v.ContactID, CustomerID: v.CustomerID, Key: "verification/" + v.ID + "/reported",
	})
	if err != nil {
		return true, err
	}
	return true, s.changed(ctx, tx, "verification.deny", denied, nil)
}

// hopeless says that a message will not arrive any more.
func hopeless(st message.State) bool {
	return st == message.Failed || st == message.Expired || st == message.Refused
}

// delivered keeps beside each verification how its message fares; one that cannot be sent ends it.
func (s *Service) delivered(ctx context.Context, tx *store.Tx, d message.Delivery) error {
	if d.Owner.Type != "verification" || d.Key != "verification/"+d.Owner.ID {
		return nil
	}
	v, err := setDelivery(ctx, tx, d.OrgID, d.Owner.ID, string(d.State))
	if err != nil || v.ID == "" {
		return err
	}
	ctx = access.WithActor(ctx, access.System(d.OrgID))
	if v.State != Pending || !hopeless(d.State) {
		return s.publish(ctx, tx, v)
	}
	_, err = s.settle(ctx, tx, v, SendFailed, "verification.send")
	return err
}
