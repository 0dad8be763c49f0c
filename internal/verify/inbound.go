package verify

import (
	"context"
	"crypto/hmac"
	"regexp"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// What a contact may write. Case, spaces and a missing # are forgiven (VER-20).
var (
	wordNo      = regexp.MustCompile(`(?i)^\s*(no|non|nein|n[aã]o|nee|nie|hay[iı]r|لا)\s*[.!]*\s*$`)
	wordVerify  = regexp.MustCompile(`(?i)^\s*#?\s*verify\s*[.!?]*\s*$`)
	wordConfirm = regexp.MustCompile(`(?i)^\s*#?\s*confirm\s*#?\s*(\d{0,6})\s*[.!]*\s*$`)
	wordDeny    = regexp.MustCompile(`(?i)^\s*#?\s*deny\s*[.!]*\s*$`)
)

// receive claims the words of this slice (D-25). From an unknown address nothing starts and nothing is answered, but it is recorded.
func (s *Service) receive(ctx context.Context, tx *store.Tx, in message.In) (claimed bool, err error) {
	word := spokenWord(in)
	confirm := wordConfirm.FindStringSubmatch(word)
	known := wordNo.MatchString(word) || wordVerify.MatchString(word) || wordDeny.MatchString(word) || confirm != nil
	if !known {
		return false, nil
	}
	if wordNo.MatchString(word) {
		return s.reportFraud(ctx, tx, in)
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
		return true, s.request(ctx, tx, c, in)
	}
	if !trusted(in) {
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

// spokenWord is the text of an SMS; of a mail its first line that says anything, or else its subject.
func spokenWord(in message.In) string {
	if in.Way != message.Email {
		return in.Body
	}
	for line := range strings.Lines(in.Body) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return in.Subject
}

// trusted says whether an answer may decide something: the sender of a mail is a mere claim, unless its domain signed it or it was
// sent to the random reply address of our own message (D-24).
func trusted(in message.In) bool {
	return in.Way != message.Email || in.Aligned || in.Reply != ""
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
	if !trusted(in) {
		return false, nil
	}
	addresses, err := s.spellings(ctx, tx, in)
	if err != nil {
		return true, err
	}
	v, err := latestTo(ctx, tx, org, addresses, now.Add(-fraudWindow))
	if err != nil || v.ID == "" || v.State == Denied {
		return v.ID != "", err
	}
	if ctx, err = s.asContact(ctx, v); fault.KindOf(err) == fault.NotFound {
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
	err = s.tell(ctx, tx, message.Out{
		Way: in.Way, To: v.Address, Subject: t.Subject, Body: t.Body, Purpose: message.Verification, OnRequest: true,
		Owner: message.Ref{Type: "verification", ID: v.ID}, ContactID: v.ContactID, CustomerID: v.CustomerID, Key: "verification/" + v.ID + "/reported",
	})
	if err != nil {
		return true, err
	}
	return true, s.changed(ctx, tx, "verification.deny", denied, nil)
}

// confirm handles #confirm from the address that asked. Without the digits it counts only where the organization does not demand them,
// and is marked unbound (R12, D-24).
func (s *Service) confirm(ctx context.Context, tx *store.Tx, c contact.Contact, in message.In, digits string) error {
	r, o, err := s.liveRequest(ctx, tx, c, in)
	if err != nil || r.ID == "" {
		return err
	}
	if r.State == Pending {
		return s.reply(ctx, tx, r, "early", false, wording.ReplyTooEarly, wording.Values{Organization: o.Name})
	}
	unbound := len(r.digitsMAC) == 0
	if !unbound && !hmac.Equal(r.digitsMAC, s.mac(r.OrgID, r.ID, digits)) {
		return s.wrongDigits(ctx, tx, r, o, digits)
	}
	ended, err := endRequest(ctx, tx, r.OrgID, r.ID, Claimed, Confirmed, "", unbound, s.clock.Now())
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
			ended, err := endRequest(ctx, tx, r.OrgID, r.ID, Claimed, Frozen, "", false, s.clock.Now())
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
	ended, err := endRequest(ctx, tx, r.OrgID, r.ID, r.State, Denied, "", false, s.clock.Now())
	if err != nil || ended.ID == "" {
		return err
	}
	if err := s.alert(ctx, tx, "technician_denied", c.CustomerID, c.ID, c.Name); err != nil {
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
	if !r.live() || r.Medium != in.Way || input.FoldEmail(r.Address) != input.FoldEmail(in.From) {
		return Request{}, o, nil
	}
	o, err = organization.ByID(ctx, tx, c.OrgID)
	return r, o, err
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
	ended, err := endVerification(ctx, tx, d.OrgID, v.ID, SendFailed, s.clock.Now(), time.Time{})
	if err != nil {
		return err
	}
	if err := s.noteEnd(ctx, tx, ended); err != nil {
		return err
	}
	return s.changed(ctx, tx, "verification.send", ended, nil)
}
