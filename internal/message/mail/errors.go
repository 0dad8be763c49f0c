package mail

import "countersign.dev/countersign/internal/fault"

// ErrAbsent says that an organization has no mail server of its own.
var ErrAbsent = fault.New(fault.NotFound, "message.mail_not_set", "Outgoing mail is not set up.")

var (
	errPasswordAgain = fault.Field("/password", "message.password_again", "Enter the password again, since the connection it is used for has changed.")
	errDemo          = fault.New(fault.Conflict, "message.demo", "The demo organization uses the sandbox only, so that nothing leaves it.")
	errInboundTaken  = fault.Field("/inbound_address", "message.inbound_taken", "Another organization of this installation receives mail at this address.")
)
