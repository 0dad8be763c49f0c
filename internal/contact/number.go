package contact

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// ErrSourced refuses a change here of what another system keeps up to date.
var ErrSourced = errSourced

// ErrNumberGone refuses to replace a number that the contact no longer has.
var ErrNumberGone = fault.New(fault.Conflict, "contact.number_gone", "The contact no longer has this number.")

// ReplaceNumberIn gives a contact another mobile number in the place of old, or beside the others if old is "". The caller has seen to it
// that this may be done; the actor of ctx is written down as who entered the number, and its age begins now (R13).
func (s *Service) ReplaceNumberIn(ctx context.Context, tx *store.Tx, org, contactID, old, number string) (Contact, error) {
	before, err := lock(ctx, tx, org, contactID)
	if err != nil {
		return before, err
	}
	o, err := organization.ByID(ctx, tx, org)
	if err != nil {
		return before, err
	}
	next := before.Fields
	next.Phones = slices.Clone(before.Phones)
	at := slices.IndexFunc(next.Phones, func(p Phone) bool { return p.Number == old })
	switch has := slices.ContainsFunc(next.Phones, func(p Phone) bool { return p.Number == number }); {
	case old != "" && at < 0:
		return before, ErrNumberGone
	case has && old == "":
		return before, nil
	case has:
		next.Phones = slices.Delete(next.Phones, at, at+1)
	case old == "":
		next.Phones = append(next.Phones, Phone{number, input.Mobile})
	default:
		next.Phones[at] = Phone{number, input.Mobile}
	}
	if next, err = next.checked(o.Region); err != nil {
		return before, err
	}
	if err := before.keepsSource(next); err != nil {
		return before, err
	}
	c := before
	c.Fields, c.UpdatedAt = next, store.Now()
	if err := update(ctx, tx, c); err != nil {
		return before, err
	}
	c.Version++
	if err := s.changed(ctx, tx, "contact.update", before, c); err != nil {
		return before, err
	}
	return c, s.publish(ctx, tx, c)
}
