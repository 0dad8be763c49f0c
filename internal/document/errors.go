package document

import (
	"time"

	"countersign.dev/countersign/internal/fault"
)

var (
	errNotFound  = fault.New(fault.NotFound, "document.not_found", "There is no such document, or not in this language.")
	errNoVersion = fault.New(fault.NotFound, "document.no_version", "There is no such version of this document.")
	errSupplied  = fault.New(fault.Conflict, "document.supplied", "This version went back to the supplied text. Reset the document instead of restoring it.")
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errBusy      = fault.New(fault.Limited, "document.busy", "Other documents are just being made. Try again in a moment.").After(time.Second)

	errBoth       = fault.Field("/contact_ids", "document.contacts_or_customer", "Choose contacts, or all of a customer, not both.")
	errNobody     = fault.Field("/contact_ids", "document.nobody", "Nobody is chosen.")
	errTooMany    = fault.Field("/contact_ids", "document.too_many", "This is more than 500 contacts at once. Choose fewer.")
	errNoEmail    = fault.New(fault.Invalid, "document.no_email", "This contact has no email. Add one first.")
	errOut        = fault.New(fault.Conflict, "document.opted_out", "This contact asked for no more messages.")
	errTwice      = fault.New(fault.Conflict, "document.same_address", "Another contact on this list has the same address.")
	errUnreviewed = fault.Field("/review", "document.review_changed", "Something has changed since you looked through the list. Look through it again.")
	errNone       = fault.New(fault.Conflict, "document.none_to_send", "There is nobody on this list who can be sent it.")
)
