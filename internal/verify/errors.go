package verify

import (
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
)

const (
	permRun     = perm.VerificationRun
	permContact = perm.ContactEdit
)

var (
	errNotFound = fault.New(fault.NotFound, "verify.not_found", "There is no such verification.")

	// errCode is the one answer to every code that does not verify, whatever the reason (R3).
	errCode = fault.New(fault.Invalid, "verify.code_refused", "This code does not verify the caller. Check the digits, or start a new verification.").At("/code")

	errMethod         = fault.Field("/method", "verify.method_unknown", "There is no such method here. Choose one that the contact's panel lists.")
	errNoAddress      = fault.New(fault.Invalid, "verify.no_address", "The contact has no address for this method. Add one, or choose another method.").At("/method")
	errAddress        = fault.Field("/address", "verify.address_unknown", "This is not an address of the contact for this method. Choose one that is on their page.")
	errOwnAddress     = fault.New(fault.Invalid, "verify.own_address", "This address is a technician's own, or was until lately, so it proves nothing about the contact. Choose another.").At("/address")
	errHeld           = fault.New(fault.Invalid, "verify.address_held", "This address was changed lately and is held for a while. Use another one.").At("/address")
	errOwnEdit        = fault.New(fault.Invalid, "verify.address_own_edit", "You changed this address yourself a short time ago, so a colleague has to verify with it, or use another one.").At("/address")
	errMethodBarred   = fault.New(fault.Invalid, "verify.method_not_allowed", "The customer's policy does not allow this method. Choose another one.").At("/method")
	errAction         = fault.Field("/action", "verify.action_unknown", "There is no such action. Choose one that the contact's panel lists.")
	errContact        = fault.Field("/contact_id", "verify.contact_unknown", "There is no such contact, or you may not see them.")
	errTicket         = fault.Field("/ticket_id", "verify.ticket_mismatch", "Choose a ticket of the contact's customer.")
	errNoteNeeded     = fault.Field("/note", "verify.note_required", "The ticket belongs to somebody else: say why this person is verified for it.")
	errDirection      = fault.Field("/call_direction", "verify.direction_invalid", "Say inbound (they called us) or outbound (we called them).")
	errContactLocked  = fault.New(fault.Conflict, "verify.contact_locked", "Verification of this contact is locked because of a report or too many wrong codes. Call them back on a number you know.")
	errTechLocked     = fault.New(fault.Conflict, "verify.codes_suspended", "Your code methods are suspended after too many wrong codes. Use a link, or ask an administrator.")
	errStale          = fault.New(fault.Stale, "verify.settings_changed", "Somebody else changed these settings meanwhile. Load them again.")
	errCodesSuspended = fault.New(fault.Conflict, "verify.codes_suspended_for_all", "An administrator has suspended verification by code. Use a link.")
	errCodesOff       = fault.New(fault.Conflict, "verify.codes_off", "Fifty wrong codes were entered here within a day, so verification by code is off for a day. Use a link or another method, or have an administrator switch codes on again under Settings, Verification.")
	errEnded          = fault.New(fault.Conflict, "verify.ended", "This verification has already ended.")
)
