package ticket

import (
	"errors"

	"countersign.dev/countersign/internal/fault"
)

var (
	// ErrNotFound answers an id that is no ticket's, or that of one that the actor may not see.
	ErrNotFound    = fault.New(fault.NotFound, "ticket.not_found", "There is no such ticket, or you may not see it.")
	errStale       = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errInUse       = fault.New(fault.Conflict, "ticket.in_use", "Something still depends on this ticket. Load the page again to see what.")
	errCustomer    = fault.Field("/customer_id", "ticket.customer_unknown", "There is no such customer, or you may not see it.")
	errContact     = fault.Field("/contact_id", "ticket.contact_unknown", "There is no such contact at this customer.")
	errIntegration = fault.Field("/integration_id", "ticket.integration_unknown", "There is no such integration. Leave it out to use Countersign's own tickets.")
	errAssignee    = fault.Field("/technician_id", "ticket.assignee_unknown", "There is no such technician.")
	errNotActive   = fault.Field("/technician_id", "ticket.assignee_not_active", "This technician is not active and cannot take tickets.")
	errNotReached  = fault.Field("/technician_id", "ticket.assignee_not_allowed", "This technician does not work for this customer. Assign the customer first.")
	errNoTemplate  = fault.New(fault.NotFound, "ticket.template_not_found", "There is no such template.")
	errNameTaken   = fault.Field("/name", "ticket.template_name_taken", "Another template has this name.")
	errCursor      = fault.New(fault.Invalid, "request.cursor_invalid", "This cursor is not from this list. Start again without it.")
	errUnchanged   = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
