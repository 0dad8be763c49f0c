package duo

import "countersign.dev/countersign/internal/fault"

var (
	errAbsent     = fault.New(fault.NotFound, "duo.not_set", "Duo is not set up.")
	errNotSet     = fault.New(fault.Conflict, "duo.not_set_up", "Duo is not set up. An administrator can do it in the settings.")
	errDemo       = fault.New(fault.Conflict, "duo.demo", "The demo organization asks nobody at Duo, so that nothing leaves it.")
	errAuthAgain  = fault.Field("/auth_skey", "duo.secret_again", "Enter the secret key of the Auth API again, since its integration key or the host has changed.")
	errAdminAgain = fault.Field("/admin_skey", "duo.secret_again", "Enter the secret key of the Admin API again, since its integration key or the host has changed.")

	errLooking  = fault.New(fault.Conflict, "duo.looking", "The contact is being looked up at Duo.")
	errReach    = fault.New(fault.Conflict, "duo.unreachable", "Duo cannot be asked at the moment. Try again, or choose another method.")
	errTooMany  = fault.New(fault.Limited, "duo.too_many", "Three pushes in ten minutes are enough for one person. Wait, or choose another method.")
	errNotFound = fault.New(fault.Conflict, "duo.not_found", "Duo knows nobody with an email address of this contact.")
)

// unfit says why a contact cannot be asked.
var unfit = map[userState]error{
	notFound:    errNotFound,
	ambiguous:   fault.New(fault.Conflict, "duo.ambiguous", "Duo knows several people with the email addresses of this contact."),
	notEnrolled: fault.New(fault.Conflict, "duo.not_enrolled", "The contact is at Duo, but has no device that takes pushes."),
	bypassed:    fault.New(fault.Conflict, "duo.bypass", "Duo lets this person in without asking, so it proves nothing."),
	disabled:    fault.New(fault.Conflict, "duo.disabled", "The contact's account at Duo is disabled or locked."),
	held:        fault.New(fault.Conflict, "duo.address_held", "The contact's email address was changed lately, so that the account at Duo proves nothing yet."),
	own:         fault.New(fault.Conflict, "duo.own_address", "The account at Duo belongs to a technician, so it proves nothing about the contact."),
}
