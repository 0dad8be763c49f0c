package technician

import (
	"errors"

	"countersign.dev/countersign/internal/fault"
)

var (
	// ErrNotFound answers an id that is no technician's.
	ErrNotFound = fault.New(fault.NotFound, "technician.not_found", "There is no such technician.")

	errStale         = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errEmail         = fault.New(fault.Conflict, "technician.email_taken", "Somebody here already has this email.").At("/email")
	errOwner         = fault.New(fault.Denied, "technician.owner", "Nobody but the owner may change the owner.")
	errSelf          = fault.New(fault.Denied, "technician.self", "Nobody may change their own role, status, teams, customers or sign-in rules. Ask another administrator.")
	errAbove         = fault.New(fault.Denied, "technician.above", "You may not change somebody whose role is above yours.")
	errCeiling       = fault.New(fault.Denied, "technician.ceiling", "You may not give a role that allows more than you may do yourself.")
	errOwnRole       = fault.Field("/platform_role_id", "technician.platform_role_unknown", "The organization has no such platform role, or no longer. Load the page again and choose another one.")
	errLast          = fault.New(fault.Conflict, "technician.last_administrator", "Nobody would be left to administer Countersign. Make somebody else an administrator first.")
	errSeats         = fault.New(fault.Conflict, "technician.no_seat", "The plan has no seat left for this technician.")
	errNotLeft       = fault.New(fault.Conflict, "technician.still_active", "Set this technician inactive first: only who has left, or never came, can be deleted.")
	errNotOwner      = fault.New(fault.Denied, "technician.not_owner", "Only the owner may hand the organization over.")
	errSuccessor     = fault.New(fault.Conflict, "technician.no_successor", "The next owner has to be an active administrator who has signed in and may use the console.")
	errNoPhone       = fault.New(fault.Conflict, "technician.no_phone", "Enter a phone number in your profile first.")
	errText          = fault.Field("/text_version", "technician.consent_text_changed", "The text has changed in the meantime. Read it again.")
	errInUse         = fault.New(fault.Conflict, "technician.in_use", "Something still depends on this technician. Load the page again to see what.")
	errPassword      = fault.Field("/password", "technician.password_unavailable", "Passwords cannot be set here.")
	errEither        = fault.Field("/send_invitation", "technician.password_or_invitation", "Give a temporary password or send an invitation, not both.")
	errNoInvitations = fault.New(fault.Unavailable, "technician.invitations_unavailable", "Invitations cannot be sent here.")
	errShutOut       = fault.New(fault.Invalid, "technician.shut_out", "This would shut you out yourself, and nobody else could let you in again.")
	errReserved      = fault.Field("/status", "technician.status_reserved", "Only the plan's limit sets this status. Choose active, inactive or suspended.")
	errUnchanged     = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
