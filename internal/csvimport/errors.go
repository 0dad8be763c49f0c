package csvimport

import (
	"errors"

	"countersign.dev/countersign/internal/fault"
)

var (
	errNotFound  = fault.New(fault.NotFound, "csvimport.not_found", "There is no such import.")
	errBusy      = fault.New(fault.Conflict, "csvimport.busy", "This import is being worked on. Wait until it is done, or cancel it.")
	errApplied   = fault.New(fault.Conflict, "csvimport.applied", "This file has been imported already. Upload it again to import it once more.")
	errUnchecked = fault.New(fault.Conflict, "csvimport.unchecked", "Check the file first, so that you see what would happen.")
	errIdle      = fault.New(fault.Conflict, "csvimport.idle", "Nothing is going on that could be canceled.")
	errTooLarge  = fault.New(fault.TooLarge, "csvimport.too_large", "This file is larger than 64 MB. Split it.")
	errNoRows    = fault.New(fault.Invalid, "csvimport.no_rows", "This file has no rows below the names of its columns.")
	errBroken    = fault.New(fault.Invalid, "csvimport.broken_off", "The upload broke off. Try again.")

	// What is wrong with a row.
	errRequired  = fault.New(fault.Invalid, "csvimport.required", "This is required, and the row leaves it empty.")
	errSame      = fault.New(fault.Invalid, "csvimport.duplicate", "Another row of this file is about the same.")
	errAmbiguous = fault.New(fault.Conflict, "csvimport.ambiguous", "Several records fit this row. Name one by its external id.")
	errCustomer  = fault.New(fault.Invalid, "csvimport.customer_unknown", "There is no customer of this name, or you may not see it.")
	errGroup     = fault.New(fault.Invalid, "csvimport.group_unknown", "There is no device group of this name at this customer.")
	errRole      = fault.New(fault.Invalid, "csvimport.role_unknown", "There is no platform role of this name. Write administrator, manager, technician, read_only, or the name of one that your organization made.")
)

// ignoreGone is nil for an import that was deleted meanwhile.
func ignoreGone(err error) error {
	if errors.Is(err, errNotFound) {
		return nil
	}
	return err
}
