package request

import "countersign.dev/countersign/internal/fault"

var (
	errNotFound   = fault.New(fault.NotFound, "verify.not_found", "There is no such verification.")
	errTicket     = fault.Field("/ticket_id", "verify.ticket_mismatch", "Choose a ticket of the contact's customer.")
	errEnded      = fault.New(fault.Conflict, "verify.ended", "This verification has already ended.")
	errClaimed    = fault.New(fault.Conflict, "verify.claimed", "Another technician has claimed this request.")
	errNotClaimer = fault.New(fault.Conflict, "verify.not_claimer", "Only the technician who claimed this request may do that.")
	errVerbalNote = fault.Field("/note", "verify.note_required", "Say what the person told you.")
)
