// Package sandbox is the carrier of a fresh installation: it keeps every message in an outbox that is shown as a phone, so that the whole
// product can be tried before any provider is set up.
//
// It behaves as an outside provider would. What it was handed is written in a transaction of its own, one row for each request, and it
// can be asked later whether a request arrived. It does not drop repetitions: a message that was sent twice is seen twice.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Name of the carrier in attempts.
const Name = "sandbox"

// How much the outbox keeps of an organization.
const (
	keepFor    = 7 * 24 * time.Hour
	keepCount  = 250_000
	pruneEvery = 10 * time.Minute
	pruneStep  = 1000
)

var (
	errOff  = fault.New(fault.Conflict, "sandbox.off", "A provider carries these messages now, so the sandbox phone cannot answer them.")
	errFrom = fault.Field("/from", "sandbox.sender_unknown", "Write from an address of a contact whom you may see. Only those who see all customers may play strangers.")
)

// Carrier is the sandbox.
type Carrier struct {
	db    *store.DB
	guard *access.Guard
	bus   *events.Bus
	log   *slog.Logger

	attached attachment.Source // nil attaches nothing
}

// New returns a Carrier.
func New(db *store.DB, bus *events.Bus, log *slog.Logger) *Carrier {
	return &Carrier{db: db, guard: access.New(db), bus: bus, log: log}
}

// Attach sets where the files come from that mails carry.
func (c *Carrier) Attach(from attachment.Source) { c.attached = from }

// Message is one message in the outbox.
type Message struct {
	ID             string
	DeliveryID     string
	Way            message.Way
	From           string
	To             string
	Subject        string
	Body           string
	PossibleRepeat bool
	AttachmentName string // of the file that a mail carried; "" for none
	AttachmentSize int    // bytes
	CreatedAt      time.Time
}

// Name is "sandbox".
func (c *Carrier) Name() string { return Name }

// Carries is true for every way.
func (c *Carrier) Carries(message.Way) bool { return true }

// Configured is always true.
func (c *Carrier) Configured(context.Context, store.Querier, string) (bool, error) { return true, nil }

// Send puts a message into the outbox.
func (c *Carrier) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	m := Message{
		ID: id.New(), DeliveryID: a.DeliveryID, Way: a.Way, From: message.SandboxNumber, To: a.To, Subject: a.Subject, Body: a.Body,
		PossibleRepeat: a.PossibleRepeat, CreatedAt: store.Now(),
	}
	if a.Way == message.Email {
		m.From = mail.ReplyAddress(message.SandboxEmail, a.ReplyToken)
		if err := c.attach(ctx, &m, a); err != nil {
			return message.Receipt{}, err
		}
	}
	err := c.db.Write(access.WithActor(ctx, access.System(a.OrgID)), func(tx *store.Tx) error {
		if err := insert(ctx, tx, a.OrgID, a.Number, recipientKey(a.To), m); err != nil {
			return err
		}
		return c.bus.Publish(access.WithActor(ctx, access.System(a.OrgID)), tx, events.Event{
			Kind: "sandbox.message", ID: m.ID, CustomerID: a.CustomerID, Needs: perm.VerificationRun,
			Data: map[string]string{"kind": string(m.Way), "delivery_id": a.DeliveryID},
		})
	})
	if err != nil {
		return message.Receipt{}, fmt.Errorf("sandbox: %w", err)
	}
	return message.Receipt{ProviderID: m.ID}, nil
}

// attach makes the file of a mail, as whoever sends it outside has to, and notes what it is called and how large it is.
func (c *Carrier) attach(ctx context.Context, m *Message, a message.Attempt) error {
	if c.attached == nil {
		return nil
	}
	f, err := c.attached(ctx, a.OrgID, a.DeliveryID)
	if errors.Is(err, attachment.ErrUnusable) {
		return &message.Refusal{Permanent: true, Reason: "attachment"}
	}
	if err != nil {
		return message.NotSent("attachment", err)
	}
	if f != nil {
		m.AttachmentName, m.AttachmentSize = f.Name, len(f.Content)
	}
	return nil
}

// Lookup says whether the outbox holds a delivery.
func (c *Carrier) Lookup(ctx context.Context, a message.Attempt) (r message.Receipt, found bool, err error) {
	r.ProviderID, err = byDelivery(ctx, c.db.Read(), a.OrgID, a.DeliveryID)
	return r, r.ProviderID != "", err
}

// Outbox lists the messages of the actor's organization, the newest first; to and way narrow it unless they are empty. It is a phone, but
// not everybody's: it shows what concerns the customers on which the actor may run verifications, and what concerns none, such as mail to
// technicians, only to those who see all customers, and to no token that was made for less: it holds links with which one becomes somebody
// else.
func (c *Carrier) Outbox(ctx context.Context, to string, way message.Way, p store.Page) ([]Message, string, error) {
	scope, err := c.guard.Customers(ctx, perm.VerificationRun)
	if err != nil {
		return nil, "", err
	}
	actor := access.ActorFrom(ctx)
	return list(ctx, c.db.Read(), actor.OrgID, scope, scope.All && actor.Ceiling == nil, recipientKey(to), way, p)
}

// Answer takes in what somebody wrote on the sandbox phone, as long as the sandbox carries that way.
func (c *Carrier) Answer(ctx context.Context, s *message.Service, in message.In) error {
	orgID := access.ActorFrom(ctx).OrgID
	ok, err := s.Sandboxed(ctx, c.db.Read(), orgID, in.Way)
	if err != nil {
		return err
	}
	if !ok {
		return errOff
	}
	if in.Way != message.Email {
		o, err := organization.ByID(ctx, c.db.Read(), orgID)
		if err != nil {
			return fmt.Errorf("read organization %s: %w", orgID, err)
		}
		if e164, err := input.ParsePhone(in.From, o.Region); err == nil {
			in.From = e164
		}
	}
	if err := c.mayWriteFrom(ctx, orgID, in.From); err != nil {
		return err
	}
	return s.Receive(ctx, in)
}

// mayWriteFrom keeps a technician from answering for the contacts of other customers. An address that nobody has is refused alike, so that
// nobody learns whose it is.
func (c *Carrier) mayWriteFrom(ctx context.Context, orgID, from string) error {
	scope, err := c.guard.Customers(ctx, perm.VerificationRun)
	if err != nil || scope.All {
		return err
	}
	find := contact.ByPhone
	if strings.Contains(from, "@") {
		find = contact.ByEmail
	}
	found, err := find(ctx, c.db.Read(), orgID, from)
	if err != nil {
		return err
	}
	for _, x := range found {
		if !scope.Has(x.CustomerID) { // a number that two customers share speaks for both
			return errFrom
		}
	}
	if len(found) == 0 {
		return errFrom
	}
	return nil
}

// Run forgets old messages until ctx ends.
func (c *Carrier) Run(ctx context.Context) error {
	ticker := time.NewTicker(pruneEvery)
	defer ticker.Stop()
	for {
		if err := c.Prune(ctx, keepFor, keepCount); err != nil && ctx.Err() == nil {
			c.log.Error("cannot forget old sandbox messages", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Prune forgets what is older than an age, and of each organization all but its newest messages. It takes small steps, since nobody can
// write in the meantime.
func (c *Carrier) Prune(ctx context.Context, age time.Duration, newest int) error {
	orgs, err := organizations(ctx, c.db.Read())
	if err != nil {
		return err
	}
	for _, org := range orgs {
		last, err := firstBehind(ctx, c.db.Read(), org, newest)
		if err != nil {
			return fmt.Errorf("look for old sandbox messages of %s: %w", org, err)
		}
		last = max(last, idAt(store.Now().Add(-age)))
		for gone := int64(pruneStep); gone == pruneStep; {
			err := c.db.Write(ctx, func(tx *store.Tx) (err error) {
				gone, err = prune(ctx, tx, org, last, pruneStep)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// idAt lies between the ids that were made before a time and those after it: they begin with their time (UUIDv7).
func idAt(t time.Time) string {
	ms := fmt.Sprintf("%012x", t.UnixMilli())
	return ms[:8] + "-" + ms[8:]
}

// recipientKey forgives what happens to a number in a query: its plus may have become a space.
func recipientKey(to string) string {
	to = input.FoldEmail(to)
	if to != "" && strings.Trim(to, "0123456789") == "" {
		return "+" + to
	}
	return to
}
