package signin

import "countersign.dev/countersign/internal/fault"

var (
	// errRefused answers every sign-in that fails, whatever the reason; the reason stands in the audit log.
	errRefused = fault.New(fault.Unauthenticated, "signin.refused",
		"The email or the password is not right, or signing in is not possible at the moment. If you belong to several organizations, name yours.")
	errBusy    = fault.New(fault.Unavailable, "signin.busy", "Many people are signing in. Try again in a moment.")
	errTooMany = fault.New(fault.Limited, "signin.too_many", "Too many failed sign-ins from this network. Try again later.")

	errCurrent = fault.New(fault.Invalid, "signin.password_wrong", "This is not your current password.")
	errFresh   = fault.New(fault.Denied, "signin.not_fresh", "Sign in again first: this needs a sign-in within the last five minutes.")

	errNoSession    = fault.New(fault.NotFound, "signin.session_not_found", "There is no such session.")
	errNoToken      = fault.New(fault.NotFound, "signin.token_not_found", "There is no such API token.")
	errTokenRights  = fault.New(fault.Denied, "signin.token_rights", "A token can hold only permissions that you hold yourself.")
	errTokenNarrow  = fault.New(fault.Denied, "signin.token_narrow", "This token was made for less than its owner may do. Sign in, or use a token without limits.")
	errTokenUnknown = fault.New(fault.Invalid, "signin.token_permission_unknown", "There is no such permission.")
	errTokenExpiry  = fault.New(fault.Invalid, "signin.token_expiry", "A token lives from one hour to one year, and a token made with a token no longer than that one.")
	errTokenName    = fault.New(fault.Invalid, "signin.token_name", "Give the token a name of up to 100 characters.")
	errTokenCount   = fault.New(fault.Conflict, "signin.token_count", "You have 100 API tokens. Delete one that you no longer need first.")

	errLink      = fault.New(fault.Gone, "signin.link_invalid", "This sign-in link was already used or has expired.")
	errSetupLink = fault.New(fault.Gone, "signin.setup_invalid", "This set-up link is not valid. Restart the server and open the link that it prints.")
	errSetupDone = fault.New(fault.Conflict, "signin.setup_done", "This installation already has an organization.")
	errNotFound  = fault.New(fault.NotFound, "signin.technician_not_found", "There is no active technician with this email.")
)
