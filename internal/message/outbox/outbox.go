// Package outbox shows what became of every message, and sends those again that were given up: the dead letters.
package outbox

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// atOnce is how many messages one request may send again.
const atOnce = 100

var errReceiverGone = fault.New(fault.Conflict, "message.receiver_gone", "This address is no longer that of a technician who may be told. Nothing is sent to it.")

// Service shows deliveries and sends them again.
type Service struct {
	DB       *store.DB
	Guard    *access.Guard
	Audit    *audit.Log
	Messages *message.Service
}

// Sent is a delivery with the requests that were made for it.
type Sent struct {
	message.Delivery
	ContactName string // empty for those who are no contacts, or no more
	Requests    []message.Request
}

// List returns what was sent to the customers on which the actor may run verifications, the newest first. Who does not reach all customers
// sees nothing that belongs to none. Parts of addresses are looked for only by who may see contacts: the answers mask addresses, and a
// search must not tell what is masked.
func (s *Service) List(ctx context.Context, f Filter, p store.Page) (items []Sent, next string, err error) {
	if f.Address != "" {
		if err := s.Guard.Holds(ctx, perm.ContactView); err != nil {
			return nil, "", err
		}
	}
	if f.Scope, err = s.Guard.Customers(ctx, perm.VerificationRun); err != nil {
		return nil, "", err
	}
	org := access.ActorFrom(ctx).OrgID
	found, requests, next, err := message.List(ctx, s.DB.Read(), org, f.where(), p)
	if err != nil {
		return nil, "", err
	}
	var people []string
	for _, d := range found {
		if d.ContactID != "" {
			people = append(people, d.ContactID)
		}
	}
	who, err := contact.ByIDs(ctx, s.DB.Read(), org, people)
	for _, d := range found {
		items = append(items, Sent{d, who[d.ContactID].Name, requests[d.ID]})
	}
	return items, next, err
}

// One returns one delivery, under the same conditions as List.
func (s *Service) One(ctx context.Context, id string) (Sent, error) {
	if id == "" {
		return Sent{}, message.ErrNoDelivery
	}
	items, _, err := s.List(ctx, Filter{ID: id}, store.Page{Limit: 1})
	if err != nil || len(items) == 0 {
		return Sent{}, cmp.Or(err, error(message.ErrNoDelivery))
	}
	return items[0], nil
}

// Outcome is what became of one of several messages to send again.
type Outcome struct {
	ID  string
	New string // of the delivery that was made; empty if it was refused
	Why error  // of the refusal
}

// Resend sends messages again that were given up, each at most once. What is refused changes nothing and holds up no other; that is
// recorded, too. The order is that of ids.
func (s *Service) Resend(ctx context.Context, ids []string) (done []Outcome, err error) {
	if err := s.Guard.Holds(ctx, perm.MessageResend); err != nil {
		return nil, err
	}
	if len(ids) > atOnce {
		return nil, fmt.Errorf("%d messages at once", len(ids))
	}
	found := make([]Sent, len(ids))
	absent := make([]error, len(ids))
	for i, id := range ids {
		if found[i], absent[i] = s.One(ctx, id); absent[i] != nil && fault.KindOf(absent[i]) == fault.Internal {
			return nil, absent[i]
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		done = make([]Outcome, len(ids))
		for i, id := range ids {
			done[i] = Outcome{ID: id, Why: absent[i]}
			if absent[i] != nil {
				continue
			}
			if done[i].New, done[i].Why = s.again(ctx, tx, found[i].Delivery); done[i].Why != nil && fault.KindOf(done[i].Why) == fault.Internal {
				return done[i].Why
			}
		}
		return nil
	})
	return done, err
}

// again sends one message again, or returns why not.
func (s *Service) again(ctx context.Context, tx *store.Tx, was message.Delivery) (newID string, err error) {
	event := audit.Event{
		Action: "message.resend", CustomerID: was.CustomerID, Targets: targets(was),
		Detail: map[string]any{"way": string(was.Way), "address": message.Mask(was.To), "purpose": string(was.Purpose), "reason": was.Reason},
	}
	d, why := s.checked(ctx, tx, was)
	if why != nil {
		if fault.KindOf(why) == fault.Internal {
			return "", why
		}
		event.Outcome, event.Reason = audit.Denied, fault.CodeOf(why)
		return "", cmp.Or(s.Audit.Record(ctx, tx, event), why)
	}
	event.Detail["new_id"] = d.ID
	return d.ID, s.Audit.Record(ctx, tx, event)
}

func targets(d message.Delivery) []audit.Target {
	out := []audit.Target{{Type: "delivery", ID: d.ID}}
	if d.ContactID != "" {
		out = append(out, audit.Target{Type: "contact", ID: d.ContactID})
	}
	return out
}

// checked sends one message again. What was meant for technicians goes only to where one is now who may be told, an alarm only to where an
// administrator is.
func (s *Service) checked(ctx context.Context, tx *store.Tx, d message.Delivery) (message.Delivery, error) {
	if err := d.CheckResend(); err != nil {
		return d, err
	}
	if d.Purpose == message.Internal {
		told, err := technician.ActiveAt(ctx, tx, d.OrgID, d.To)
		if err != nil {
			return d, err
		}
		if !slices.ContainsFunc(told, func(t technician.Technician) bool {
			return d.Owner.Type != "security_alert" || t.Owner || t.PlatformRole == perm.Administrator
		}) {
			return d, errReceiverGone
		}
	}
	return s.Messages.Resend(ctx, tx, d.ID)
}
