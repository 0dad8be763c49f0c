package contact

import (
	"errors"

	"countersign.dev/countersign/internal/fault"
)

var (
	// ErrNotFound answers an id that is no contact's, or that of one that the actor may not see.
	ErrNotFound  = fault.New(fault.NotFound, "contact.not_found", "There is no such contact, or you may not see it.")
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errInUse     = fault.New(fault.Conflict, "contact.in_use", "Something still depends on this contact. Load the page again to see what.")
	errMove      = fault.New(fault.Conflict, "contact.has_tickets", "This contact has tickets at the present customer and cannot move to another. Create a new contact there.")
	errCustomer  = fault.Field("/customer_id", "contact.customer_unknown", "There is no such customer, or you may not see it.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
