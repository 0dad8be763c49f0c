package consent

import "countersign.dev/countersign/internal/fault"

var (
	errStale   = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errOwnWord = fault.New(fault.Conflict, "consent.own_word", "This person asked for no more messages themself. Only they can take that back: by replying START, or on an opt-in form that they answer.")
	errAddress = fault.Field("/address", "consent.address_unknown", "This is not an address of the contact.")
	errSame    = fault.New(fault.Conflict, "consent.unchanged", "This is so already.")
)
