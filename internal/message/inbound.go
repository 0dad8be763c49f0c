package message

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const (
	maxInboundBody    = 16 << 10
	maxInboundSubject = 300
	maxInboundAddress = 254
	inboundTries      = 10
	inboundDelay      = time.Minute
)

// In is a message that arrived.
type In struct {
	ID      string // the provider's name for it, by which a repetition is known; Receive replaces it by our own
	Way     Way
	From    string
	To      string
	Subject string
	Body    string
	Reply   string // the delivery to From whose own reply address this was written to: only who got that mail knows it; filled by Receive
	Handled string // "stop", "help" or "start" if the carrier read it as that and answered it; we note it and say nothing
	Aligned bool   // a mail whose DKIM signature is by the domain of its From
	At      time.Time
}

// Word is what the message says in short: the text of an SMS; of a mail its first line that says anything, or else its subject.
func (in In) Word() string {
	if in.Way != Email {
		return in.Body
	}
	for line := range strings.Lines(in.Body) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return in.Subject
}

// Trusted says whether an answer may decide something: the sender of a mail is a mere claim, unless its domain signed it or it was
// sent to the random reply address of our own message (D-24).
func (in In) Trusted() bool {
	return in.Way != Email || in.Aligned || in.Reply != ""
}

// Route handles the inbound messages that it claims, in the transaction that marks them as handled; it returns false to pass one on.
// When it fails, all is taken back and tried again later.
type Route func(ctx context.Context, tx *store.Tx, in In) (claimed bool, err error)

// OnInbound adds a Route behind those that are there.
func (s *Service) OnInbound(r Route) { s.routes = append(s.routes, r) }

// Receive stores a message for the actor's organization and routes it. When it returns nil the message is on disk and will be handled
// exactly once, also if the server dies now. A message whose id the provider used before is dropped.
func (s *Service) Receive(ctx context.Context, in In) error {
	orgID := access.ActorFrom(ctx).OrgID
	ctx = access.WithActor(ctx, access.System(orgID))
	providerID := in.ID
	if in = clean(in); providerID == "" {
		providerID = in.ID
	}
	r := inboundRow{In: in, orgID: orgID}
	var err error
	if r.subject, err = s.Keys.Seal(inboundPlace(orgID, in.ID, "subject"), []byte(in.Subject)); err != nil {
		return err
	}
	if r.body, err = s.Keys.Seal(inboundPlace(orgID, in.ID, "body"), []byte(in.Body)); err != nil {
		return err
	}
	stored := false
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if _, token := mail.SplitReply(in.To); token != "" && in.Way == Email {
			if r.Reply, err = deliveryByReply(ctx, tx, orgID, replyHash(token), in.From); err != nil {
				return err
			}
		}
		stored, err = insertInbound(ctx, tx, r, providerID, in.At.Add(inboundDelay))
		return err
	})
	if err != nil {
		return err
	}
	if !stored {
		s.Log.Info("dropped a received message that was received before", "organization", orgID, "way", in.Way)
		return nil
	}
	s.route(ctx, orgID, in.ID)
	return nil
}

// clean brings addresses into the form in which they are kept, and cuts what is too long to be a message.
func clean(in In) In {
	in.ID, in.At = id.New(), store.Now()
	in.From, in.To = cleanAddress(in.Way, in.From), cleanAddress(in.Way, in.To)
	in.Subject = cut(oneLine(strings.ToValidUTF8(in.Subject, "")), maxInboundSubject)
	in.Body = cut(strings.ReplaceAll(strings.ToValidUTF8(in.Body, ""), "\x00", ""), maxInboundBody)
	in.Reply = ""
	return in
}

func cleanAddress(way Way, address string) string {
	address = cut(strings.TrimSpace(strings.ToValidUTF8(address, "")), maxInboundAddress)
	if way == Email {
		return input.FoldEmail(address)
	}
	if e164, err := input.ParsePhone(address, ""); err == nil {
		return e164
	}
	return address // a short code or a name
}

func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// route gives a stored message to whoever claims it. If that fails it is tried again by the sweep.
func (s *Service) route(ctx context.Context, orgID, inboundID string) {
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		r, taken, err := takeInbound(ctx, tx, orgID, inboundID, store.Now())
		if err != nil || !taken {
			return err
		}
		in, err := s.unsealInbound(r)
		if err != nil {
			return err
		}
		claimed, err := s.offer(ctx, tx, in)
		if err != nil || claimed {
			return err
		}
		return dropInbound(ctx, tx, orgID, inboundID)
	})
	if err == nil {
		return
	}
	s.logUnlessDone(ctx, "cannot route a received message", err, "inbound", inboundID)
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *store.Tx) error { return retryInbound(ctx, tx, orgID, inboundID, store.Now()) })
	if err != nil {
		s.logUnlessDone(ctx, "cannot plan a received message again", err, "inbound", inboundID)
	}
}

// offer follows the order of D-25: what a person says about getting messages at all comes before anything else.
func (s *Service) offer(ctx context.Context, tx *store.Tx, in In) (claimed bool, err error) {
	if claimed, err = s.answerWord(ctx, tx, in); claimed || err != nil {
		return claimed, err
	}
	for _, route := range s.routes {
		if claimed, err = route(ctx, tx, in); claimed || err != nil {
			return claimed, err
		}
	}
	return false, nil
}

func (s *Service) unsealInbound(r inboundRow) (In, error) {
	subject, err := s.Keys.Unseal(inboundPlace(r.orgID, r.ID, "subject"), r.subject)
	if err != nil {
		return In{}, fmt.Errorf("received message %s: %w", r.ID, err)
	}
	body, err := s.Keys.Unseal(inboundPlace(r.orgID, r.ID, "body"), r.body)
	if err != nil {
		return In{}, fmt.Errorf("received message %s: %w", r.ID, err)
	}
	r.Subject, r.Body = string(subject), string(body)
	return r.In, nil
}

func inboundPlace(orgID, inboundID, column string) seal.Place {
	return seal.Place{Table: "message_inbound", Column: column, ID: orgID + "/" + inboundID}
}
