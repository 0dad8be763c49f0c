package notification

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

const sweepBatch = 200

// spread sends a notification by the ways that the person wants, or holds it back until the quiet hours end. Mail about the security of
// the account goes out at once: who is being robbed at night is told at night.
func (s *Service) spread(ctx context.Context, tx *store.Tx, n Notification, t technician.Technician, asked []message.Way) error {
	p, err := preferences(ctx, tx, n.OrgID, t.ID)
	if err != nil {
		return err
	}
	ways := p.wanted(n, t, asked)
	if len(ways) == 0 {
		return nil
	}
	o, err := SenderOf(ctx, tx, n.OrgID)
	if err != nil {
		return err
	}
	quiet := p.Quiet.until(n.CreatedAt, zoneOf(t, o))
	for _, way := range ways {
		if quiet.IsZero() || (way == message.Email && n.Kind.Security()) {
			err = s.send(ctx, tx, n, t, o, way)
		} else {
			err = hold(ctx, tx, n, way, quiet)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// send queues one message. What the message slice refuses to send (a number in a country that is not allowed, a person who opted out)
// stays under the bell.
func (s *Service) send(ctx context.Context, tx *store.Tx, n Notification, t technician.Technician, o organization.Organization, way message.Way) error {
	letter := compose(n, t, o, s.BaseURL)
	out := message.Out{
		Way: way, To: t.Email, Subject: letter.subject, Body: letter.body, Purpose: message.Internal,
		Owner: message.Ref{Type: "notification", ID: n.ID}, Key: "notification/" + n.ID + "/" + string(way),
		Resendable: true,
	}
	if way == message.SMS {
		out.To, out.Body = t.Phone, letter.text
	}
	_, err := s.Messages.Send(ctx, tx, out)
	if kind := fault.KindOf(err); kind == fault.Invalid || kind == fault.Limited {
		s.Log.InfoContext(ctx, "notification not sent", "notification_id", n.ID, "way", way, "reason", fault.CodeOf(err))
		return nil
	}
	if err != nil {
		return fmt.Errorf("send notification %s by %s: %w", n.ID, way, err)
	}
	return nil
}

// Sweep sends what was held back and whose receivers' quiet hours are over. It is called every half minute.
func (s *Service) Sweep(ctx context.Context) error {
	for {
		due, err := heldUntil(ctx, s.DB.Read(), store.Now(), sweepBatch)
		if err != nil {
			return err
		}
		for _, h := range due {
			err := s.DB.Write(ctx, func(tx *store.Tx) error {
				return s.release(access.WithActor(ctx, access.System(h.org)), tx, h, store.Now())
			})
			if err != nil {
				return err
			}
		}
		if len(due) < sweepBatch {
			return nil
		}
	}
}

// release sends one held message, once, unless its receiver may not be told any more or has read it meanwhile.
func (s *Service) release(ctx context.Context, tx *store.Tx, h held, now time.Time) error {
	mine, err := unhold(ctx, tx, h, now)
	if err != nil || !mine {
		return err
	}
	n, err := byID(ctx, tx, h.org, h.id)
	if err != nil || !n.ReadAt.IsZero() {
		return err
	}
	t, err := technician.ByID(ctx, tx, h.org, n.TechnicianID)
	if err != nil || !mayBeTold(t) {
		return err
	}
	if h.way == message.SMS && textable(t) != "" {
		return nil
	}
	o, err := SenderOf(ctx, tx, h.org)
	if err != nil {
		return err
	}
	return s.send(ctx, tx, n, t, o, h.way)
}
