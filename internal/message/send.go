package message

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

const (
	defaultLife = 24 * time.Hour
	maxBody     = 64 << 10
	maxSubject  = 1000
)

// Send stores a message in the caller's transaction; it leaves as soon as that has committed. It refuses what must not be sent: to
// an address that opted out, that is no address, that lies in a country which is not allowed, or that got too much already. These
// refusals are faults to show. A message whose key is known is not sent again: Send returns the delivery that exists.
func (s *Service) Send(ctx context.Context, tx *store.Tx, out Out) (deliveryID string, err error) {
	return s.store(ctx, tx, out, row{})
}

// store is Send; of was, what was known of an earlier delivery of the same message is kept.
func (s *Service) store(ctx context.Context, tx *store.Tx, out Out, was row) (deliveryID string, err error) {
	orgID, now := access.ActorFrom(ctx).OrgID, store.Now()
	if out.Way == SMS {
		out.Subject, out.Body = "", wording.Plain(out.Body)
	}
	if out.Key == "" {
		out.Key = id.New()
	} else if deliveryID, err = deliveryWithKey(ctx, tx, orgID, out.Key); err != nil || deliveryID != "" {
		return deliveryID, err
	}
	if len(out.Body) > maxBody || len(out.Subject) > maxSubject {
		return "", fmt.Errorf("message %s is too long", out.Key)
	}
	o, err := organization.ByID(ctx, tx, orgID)
	if err != nil {
		return "", fmt.Errorf("read organization %s: %w", orgID, err)
	}
	if err := s.permit(ctx, tx, orgID, o, out, now); err != nil {
		return "", err
	}
	d := newDelivery(orgID, out, now)
	d.Resends = was.ID
	r := row{Delivery: d, starts: out.Starts, onRequest: out.OnRequest, dueAt: now, uncertain: min(was.uncertain, 1)}
	if r.subject, r.body, err = s.sealTexts(d, out.Subject, out.Body); err != nil {
		return "", err
	}
	if out.Way == Email {
		r.replyHash = replyHash(s.replyToken(orgID, d.ID))
	}
	stored, err := insertDelivery(ctx, tx, r)
	if err != nil {
		return "", err
	}
	if !stored { // another transaction was faster with the same key
		return deliveryWithKey(ctx, tx, orgID, out.Key)
	}
	tx.AfterCommit(func() { s.wake(orgID, out.Way) })
	return d.ID, nil
}

func newDelivery(orgID string, out Out, now time.Time) Delivery {
	d := Delivery{
		OrgID: orgID, ID: id.New(), Way: out.Way, To: out.To, Purpose: out.Purpose, Owner: out.Owner, ContactID: out.ContactID,
		CustomerID: out.CustomerID, Key: out.Key, Language: out.Language, State: Planned, CreatedAt: now, UpdatedAt: now, ExpiresAt: out.ExpiresAt,
		Resendable: out.Resendable && out.ExpiresAt.IsZero() && mayRepeat(out.Purpose),
	}
	if d.ExpiresAt.IsZero() {
		d.ExpiresAt = now.Add(defaultLife)
	}
	return d
}

// Cancel takes back what still waits to be sent for an owner, such as the code of a verification that a newer one replaced. What is
// on its way stays on its way.
func (s *Service) Cancel(ctx context.Context, tx *store.Tx, owner Ref) error {
	return cancelPlanned(ctx, tx, access.ActorFrom(ctx).OrgID, owner, store.Now())
}

// The text of a message lies sealed in its delivery and is wiped once a provider took it over or the delivery ended (D-35). A text that
// holds no secret is kept until the message is with its receiver, for textKept at most.

func (s *Service) sealTexts(d Delivery, subject, body string) (sealedSubject, sealedBody []byte, err error) {
	if subject != "" {
		if sealedSubject, err = s.Keys.Seal(place(d, "subject"), []byte(oneLine(subject))); err != nil {
			return nil, nil, err
		}
	}
	sealedBody, err = s.Keys.Seal(place(d, "body"), []byte(body))
	return sealedSubject, sealedBody, err
}

func (s *Service) unsealTexts(d Delivery, sealedSubject, sealedBody []byte) (subject, body string, err error) {
	b, err := s.Keys.Unseal(place(d, "body"), sealedBody)
	if err != nil || len(sealedSubject) == 0 {
		return "", string(b), err
	}
	t, err := s.Keys.Unseal(place(d, "subject"), sealedSubject)
	return string(t), string(b), err
}

func place(d Delivery, column string) seal.Place {
	return seal.Place{Table: "message_delivery", Column: column, ID: d.OrgID + "/" + d.ID}
}

// oneLine keeps a subject from becoming several header fields.
func oneLine(s string) string {
	return strings.Join(strings.Fields(s), " ")
}
