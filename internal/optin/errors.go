package optin

import "countersign.dev/countersign/internal/fault"

var (
	errNotFound  = fault.New(fault.NotFound, "optin.not_found", "There is no such form, or you may not see it.")
	errNoAddress = fault.New(fault.Invalid, "optin.no_address", "This contact has neither an email nor a mobile number that a form could go to. Add one first.")
	errNoEmail   = fault.New(fault.Invalid, "optin.no_email", "This contact has no email that a form could go to. Add one, or send it by text.")
	errNoNumber  = fault.New(fault.Invalid, "optin.no_number", "This contact has no mobile number. Add one, or let the form ask for it in Settings > Consent.")
	errNumber    = fault.New(fault.Invalid, "optin.number_invalid", "The contact's mobile number is not valid. Correct it on the contact's page.")
	errLandline  = fault.New(fault.Invalid, "optin.landline", "The contact has no mobile number, only landlines, which get no texts.")
	errKind      = fault.New(fault.Invalid, "optin.number_kind", "This kind of number (premium, toll-free or the like) gets no texts. Add a mobile number.")
	errCountry   = fault.New(fault.Invalid, "optin.country_not_allowed", "Messages to the country of this number are not allowed. An administrator can allow it in the organization's settings.")
	errIn        = fault.New(fault.Conflict, "optin.opted_in", "This contact has agreed already.")
	errOut       = fault.New(fault.Conflict, "optin.opted_out", "This contact asked for no more messages. They can reply START to get them again.")
	errAsked     = fault.New(fault.Conflict, "optin.asked_recently", "This contact was asked not long ago. Settings > Consent says after how many days they may be asked again.")
	errWay       = fault.Field("/way", "optin.way", "A form goes by email or sms.")
	errTicket    = fault.Field("/ticket_id", "optin.ticket", "There is no such ticket of this contact's customer.")

	errNobody      = fault.Field("/contact_ids", "optin.nobody", "Nobody is chosen.")
	errTooMany     = fault.Field("/contact_ids", "optin.too_many", "This is more than 2,000 contacts at once. Choose fewer, or narrow the filter.")
	errEither      = fault.Field("/filter", "optin.ids_or_filter", "Choose contacts by their ids or by a filter, not by both.")
	errUnreviewed  = fault.Field("/review", "optin.review_changed", "Something has changed since you looked through the list. Look through it again.")
	errNoneToAsk   = fault.New(fault.Conflict, "optin.none_to_ask", "There is nobody on this list who can be asked.")
	errChange      = fault.Field("/change_id", "optin.change_unknown", "There is no such change of this contact's number.")
	errNotWaiting  = fault.New(fault.Conflict, "optin.change_ended", "This change was settled already.")
	errUnproven    = fault.New(fault.Denied, "optin.verification_needed", "The present number is in use for verification. Verify the contact at L2 or above first, after the day this change was asked for.")
	errOldIsGone   = fault.New(fault.Conflict, "optin.number_changed", "The contact no longer has the number that this change would replace. Discard the change.")
	errWrongNumber = fault.Field("/number", "optin.new_number", "We cannot send a text to this number.")
)
