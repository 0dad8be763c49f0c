package authzen

import (
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
)

var (
	errOthers = fault.New(fault.Denied, "authzen.others", "You may ask what you yourself may do. To ask about others takes the right to manage technicians or roles.").
			Needing(string(perm.AdminTechnicians))
	errToken   = fault.New(fault.Invalid, "authzen.token_invalid", "This page token is not from this search. Start again without it.")
	errTooMany = fault.Field("/evaluations", "authzen.too_many", "Ask at most 1,000 questions in one request.")
)

// wrong says what is not acceptable in a request.
func wrong(pointer, message string) error {
	return fault.Fields(fault.FieldError{Pointer: pointer, Message: message})
}
