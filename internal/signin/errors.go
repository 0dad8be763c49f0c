package signin

import "countersign.dev/countersign/internal/fault"

var (
	// errRefused answers every sign-in that fails, whatever the reason; the reason stands in the audit log.
	errRefused = fault.New(fault.Unauthenticated, "signin.refused",
		"The email or the password is not right, or signing in is not possible at the moment. If you belong to several organizations, name yours.")
	errTooMany = fault.New(fault.Limited, "signin.too_many", "Too many failed sign-ins from this network. Try again later.")

	errSame    = fault.New(fault.Invalid, "signin.password_same", "Choose another password than the one you have now.")
	errCurrent = fault.New(fault.Invalid, "signin.password_wrong", "This is not your current password.")

	errUsed    = fault.New(fault.Invalid, "signin.password_used", "You have had this password before. Choose another one.")
	errNoHalf  = fault.New(fault.Unauthenticated, "signin.required", "Sign in first.")
	errNetwork = fault.New(fault.Denied, "signin.network_denied", "Countersign may not be used from this network. Ask an administrator.")

	errNoPassword  = fault.New(fault.Conflict, "signin.no_password", "You have no password. Confirm with a passkey, or sign in again.")
	errCodeMissing = fault.New(fault.Invalid, "signin.code_required", "Type a code of your authenticator app or a recovery code as well.")

	errNoSession = fault.New(fault.NotFound, "signin.session_not_found", "There is no such session.")

	errLink      = fault.New(fault.Gone, "signin.link_invalid", "This sign-in link was already used or has expired.")
	errSetupLink = fault.New(fault.Gone, "signin.setup_invalid", "This set-up link is not valid. Restart the server and open the link that it prints.")
	errSetupDone = fault.New(fault.Conflict, "signin.setup_done", "This installation already has an organization.")
	errNotFound  = fault.New(fault.NotFound, "signin.technician_not_found", "There is no active technician with this email.")
)
