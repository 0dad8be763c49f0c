package technician

import (
	"errors"

	"countersign.dev/countersign/internal/fault"
)

var (
	// ErrNotFound answers an id that is no technician's.
	ErrNotFound = fault.New(fault.NotFound, "technician.not_found", "There is no such technician.")

	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errEmail     = fault.New(fault.Conflict, "technician.email_taken", "Somebody here already has this email.").At("/email")
	errOwner     = fault.New(fault.Denied, "technician.owner", "Nobody but the owner may change the owner.")
	errSelf      = fault.New(fault.Denied, "technician.self", "Nobody may change their own role, status or customers. Ask another administrator.")
	errAbove     = fault.New(fault.Denied, "technician.above", "You may not change somebody whose role is above yours.")
	errCeiling   = fault.New(fault.Denied, "technician.ceiling", "You may not give a role that allows more than you may do yourself.")
	errLast      = fault.New(fault.Conflict, "technician.last_administrator", "Nobody would be left to administer Countersign. Make somebody else an administrator first.")
	errSeats     = fault.New(fault.Conflict, "technician.no_seat", "The plan has no seat left for this technician.")
	errNotLeft   = fault.New(fault.Conflict, "technician.still_active", "Set this technician inactive first: only who has left, or never came, can be deleted.")
	errInUse     = fault.New(fault.Conflict, "technician.in_use", "Something still depends on this technician. Load the page again to see what.")
	errPassword  = fault.Field("/password", "technician.password_unavailable", "Passwords cannot be set here.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
