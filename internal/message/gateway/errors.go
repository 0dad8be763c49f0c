package gateway

import "countersign.dev/countersign/internal/fault"

var (
	errAbsent      = fault.New(fault.NotFound, "gateway.not_set", "The gateway is not set up.")
	errDemo        = fault.New(fault.Conflict, "gateway.demo", "The demo organization uses the sandbox only, so that nothing leaves it.")
	errSecretAgain = fault.Field("/secret", "gateway.secret_again", "Enter the secret again, since the address that it is used for has changed.")
	errUnreachable = fault.New(fault.Unavailable, "gateway.unreachable", "The gateway did not answer as it should. Try again in a moment.")
	errRefused     = fault.New(fault.Invalid, "gateway.refused", "The gateway does not accept our signature. Compare the secret, and the clocks of both machines.")
)
