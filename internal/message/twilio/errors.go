package twilio

import "countersign.dev/countersign/internal/fault"

var (
	errAbsent       = fault.New(fault.NotFound, "twilio.not_set", "Twilio is not set up.")
	errDemo         = fault.New(fault.Conflict, "twilio.demo", "The demo organization uses the sandbox only, so that nothing leaves it.")
	errTokenAgain   = fault.Field("/auth_token", "twilio.secret_again", "Enter the auth token again, since the account or the address that it is sent to has changed.")
	errSecretAgain  = fault.Field("/api_key_secret", "twilio.secret_again", "Enter the secret of the API key again, since the key or the address that it is sent to has changed.")
	errNumberTaken  = fault.New(fault.Conflict, "twilio.number_taken", "Another organization of this installation receives messages at this number.")
	errElsewhere    = fault.New(fault.Conflict, "twilio.points_elsewhere", "This number's messages or calls go somewhere else now. Confirm that they shall come here.")
	errNoSuchNumber = fault.New(fault.NotFound, "twilio.number_not_found", "The account has no such number.")
	errNoAddress    = fault.New(fault.Conflict, "twilio.no_external_address", "Twilio cannot reach this server: its external address is not set, or leads to this machine only.")
	errUnreachable  = fault.New(fault.Unavailable, "twilio.unreachable", "Twilio did not answer as it should. Try again in a moment.")
	errAccount      = fault.New(fault.Invalid, "twilio.account_refused", "Twilio does not accept the account and its token or key. Check them.")
)
