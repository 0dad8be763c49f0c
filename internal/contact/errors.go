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
	errMerged    = fault.New(fault.NotFound, "contact.merged", "This contact was merged into another one.")
	errSourced   = fault.New(fault.Conflict, "contact.sourced", "This contact is kept up to date by another system. Change it there.")
	errOther     = fault.Field("/contact_ids", "contact.unknown", "There is no such contact, or you may not see it.")
	errMergeSelf = fault.Field("/contact_ids", "contact.merge_self", "Name one to twenty other contacts, each once.")
	errMergeFar  = fault.Field("/contact_ids", "contact.merge_customers", "Only contacts of one customer can be merged.")
	errMergeMany = fault.New(fault.Conflict, "contact.merge_too_much", "Together they have more emails, phones, fields or notes than one contact may have. Remove some first.")
	errCursor    = fault.New(fault.Invalid, "request.cursor_invalid", "This cursor is not from this list. Start again without it.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
