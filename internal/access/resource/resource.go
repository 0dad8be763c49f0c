// Package resource says what the things that people and programs ask about are to the engine that decides (D-6).
package resource

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// The types of things beside those of engine.Target.
const (
	Contact = "contact" // decided on its customer
	Ticket  = "ticket"  // the same
	Section = "section" // QuickSupport or Team
)

// The ids of sections.
const (
	QuickSupport = "quick_support"
	Team         = "team"
)

// Target is what a thing of an organization is to the engine. It is one that the engine does not know if the thing is not there, or is another
// organization's.
func Target(ctx context.Context, q store.Querier, org, kind, key string) (engine.Target, error) {
	switch on := (engine.Target{Type: engine.Type(kind), ID: key}); kind {
	case string(engine.Device), string(engine.DeviceGroup), string(engine.Customer):
		return on, nil
	case string(engine.Organization), string(engine.QuickSupport), string(engine.AllDevices), string(engine.AllCustomers):
		return engine.Target{Type: on.Type}, nil
	case Section:
		switch key {
		case QuickSupport:
			return engine.Target{Type: engine.QuickSupport}, nil
		case Team:
			return engine.Target{Type: engine.Organization}, nil
		}
	case Contact, Ticket:
		if !id.Valid(key) {
			break
		}
		customer, err := customerOf(ctx, q, org, kind, key)
		if err != nil {
			return engine.Target{}, fmt.Errorf("find the customer of a %s: %w", kind, err)
		}
		return engine.Target{Type: engine.Customer, ID: customer}, nil
	}
	return engine.Target{}, nil
}

// Seen says whether a technician may know that a target is there. ceiling is what the token in their hand was made for; nil for everything.
func Seen(e *engine.Engine, at time.Time, technicianID string, ceiling perm.Set, on engine.Target) bool {
	view := perm.DeviceView
	switch on.Type {
	case engine.Device, engine.DeviceGroup:
	case engine.Customer:
		view = perm.CustomerView
	default:
		return on.Type != "" // the wholes are no secret
	}
	return (ceiling == nil || ceiling[view]) && e.Check(at, technicianID, view, on) == engine.Allow
}

// Known says whether a technician may know that a thing is there: as Seen, and of a contact or a ticket, with target on, that itself.
func Known(e *engine.Engine, at time.Time, technicianID string, ceiling perm.Set, kind string, on engine.Target) bool {
	view := perm.ContactView
	switch kind {
	case Contact:
	case Ticket:
		view = perm.TicketView
	default:
		return Seen(e, at, technicianID, ceiling, on)
	}
	return (ceiling == nil || ceiling[view]) && e.Check(at, technicianID, view, on) == engine.Allow
}

// Purposes are what permissions on a target are about.
func Purposes(on engine.Target) []perm.Purpose {
	switch on.Type {
	case engine.Device, engine.DeviceGroup, engine.AllDevices:
		return []perm.Purpose{perm.Devices}
	case engine.Customer:
		return []perm.Purpose{perm.Customers, perm.Devices}
	case engine.AllCustomers:
		return []perm.Purpose{perm.Customers}
	case engine.QuickSupport:
		return []perm.Purpose{perm.Invitations}
	}
	return []perm.Purpose{perm.Administration}
}
