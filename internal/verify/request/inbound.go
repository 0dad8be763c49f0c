package request

import (
	"context"
	"crypto/hmac"
	"regexp"
	"strconv"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// What a contact may write. Case, spaces and a missing # are forgiven (VER-20).
var (
	wordVerify  = regexp.MustCompile(`(?i)^\s*#?\s*verify\s*[.!?]*\s*$`)
	wordConfirm = regexp.MustCompile(`(?i)^\s*#?\s*confirm\s*#?\s*(\d{0,6})\s*[.!]*\s*$`)
	wordDeny    = regexp.MustCompile(`(?i)^\s*#?\s*deny\s*[.!]*\s*$`)
)

// receive claims the words of this slice (D-25). From an unknown address nothing starts and nothing is answered, but it is recorded.
func (s *Service) receive(ctx context.Context, tx *store.Tx, in message.In) (claimed bool, err error) {
	word := in.Word()
	confirm := wordConfirm.FindStringSubmatch(word)
	if !wordVerify.MatchString(word) && !wordDeny.MatchString(word) && confirm == nil {
		return false, nil
	}
	c, err := s.sender(ctx, tx, in)
	if err != nil {
		return true, err
	}
	if c.ID == "" {
		return true, s.Audit.Record(ctx, tx, audit.Event{
			Action: "technician_verification.unknown_sender", Outcome: audit.Denied, Detail: map[string]any{"medium": string(in.Way), "address": message.Mask(in.From)},
		})
	}
	ctx = access.WithActor(ctx, access.Actor{OrgID: c.OrgID, Kind: access.Contact, ID: c.ID, Name: c.Name})
	if wordVerify.MatchString(word) {
		return true, s.start(ctx, tx, c, in)
	}
	if !in.Trusted() {
		return true, s.Audit.Record(ctx, tx, audit.Event{
			Action: "technician_verification.untrusted_answer", Outcome: audit.Denied, Reason: "not_aligned", CustomerID: c.CustomerID,
			Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
		})
	}
	if confirm != nil {
		return true, s.confirm(ctx, tx, c, in, confirm[1])
	}
	return true, s.deny(ctx, tx, c, in)
}

// sender finds the one contact with the address of in. An address that several contacts share names nobody.
func (s *Service) sender(ctx context.Context, q store.Querier, in message.In) (contact.Contact, error) {
	find := contact.ByPhone
	if in.Way == message.Email {
		find = contact.ByEmail
	}
	found, err := find(ctx, q, access.ActorFrom(ctx).OrgID, in.From)
	if err != nil || len(found) != 1 {
		return contact.Contact{}, err
	}
	return found[0], nil
}

// confirm handles #confirm from the address that asked. Without the digits it counts only where the organization does not demand them,
// and is marked unbound (R12, D-24).
func (s *Service) confirm(ctx context.Context, tx *store.Tx, c contact.Contact, in message.In, digits string) error {
	r, o, err := s.liveRequest(ctx, tx, c, in)
	if err != nil || r.ID == "" {
		return err
	}
	if r.State == verify.Pending {
		return s.reply(ctx, tx, r, "early", false, wording.ReplyTooEarly, wording.Values{Organization: o.Name})
	}
	unbound := len(r.digitsMAC) == 0
	if !unbound && !hmac.Equal(r.digitsMAC, s.mac(r.OrgID, r.ID, digits)) {
		return s.wrongDigits(ctx, tx, r, o, digits)
	}
	ended, err := endRequest(ctx, tx, r.OrgID, r.ID, verify.Claimed, verify.Confirmed, "", unbound, s.clock.Now())
	if err != nil || ended.ID == "" {
		return err
	}
	if err := s.reply(ctx, tx, ended, "confirmed", false, wording.ReplyConfirmed, wording.Values{Organization: o.Name, Technician: r.ClaimedName}); err != nil {
		return err
	}
	return s.finished(ctx, tx, ended)
}

// wrongDigits asks again after a bare #confirm; the third wrong pair of digits freezes the request, since somebody is guessing.
func (s *Service) wrongDigits(ctx context.Context, tx *store.Tx, r Request, o organization.Organization, digits string) error {
	if digits != "" {
		tries, err := countAnswer(ctx, tx, r.OrgID, r.ID)
		if err != nil {
			return err
		}
		if r.tries = tries; tries >= maxTries {
			ended, err := endRequest(ctx, tx, r.OrgID, r.ID, verify.Claimed, verify.Frozen, "", false, s.clock.Now())
			if err != nil || ended.ID == "" {
				return err
			}
			return s.finished(ctx, tx, ended)
		}
	}
	// Once for each number of tries, so that whoever forges the sender cannot make us send without end.
	return s.reply(ctx, tx, r, "digits/"+strconv.Itoa(r.tries), false, wording.ReplyDigits, wording.Values{Organization: o.Name})
}

// deny handles #deny: somebody may be impersonating the MSP.
func (s *Service) deny(ctx context.Context, tx *store.Tx, c contact.Contact, in message.In) error {
	r, o, err := s.liveRequest(ctx, tx, c, in)
	if err != nil || r.ID == "" {
		return err
	}
	ended, err := endRequest(ctx, tx, r.OrgID, r.ID, r.State, verify.Denied, "", false, s.clock.Now())
	if err != nil || ended.ID == "" {
		return err
	}
	if err := s.verifications.Alert(ctx, tx, "technician_denied", c.CustomerID, c.ID, c.Name); err != nil {
		return err
	}
	if err := s.reply(ctx, tx, ended, "denied", false, wording.ReplyDenied, wording.Values{Organization: o.Name}); err != nil {
		return err
	}
	return s.finished(ctx, tx, ended)
}

// liveRequest is the request that c still has and that came from the very address that answers now; the zero Request if there is none.
func (s *Service) liveRequest(ctx context.Context, tx *store.Tx, c contact.Contact, in message.In) (r Request, o organization.Organization, err error) {
	r, err = findLive(ctx, tx, c.OrgID, c.ID)
	if err != nil || r.ID == "" {
		return Request{}, o, err
	}
	r = r.at(s.clock.Now())
	if !r.Live() || r.Medium != in.Way || input.FoldEmail(r.Address) != input.FoldEmail(in.From) {
		return Request{}, o, nil
	}
	o, err = organization.ByID(ctx, tx, c.OrgID)
	return r, o, err
}
