package factor

import "countersign.dev/countersign/internal/fault"

// ErrExhausted ends a half-made sign-in: whoever types five wrong codes begins with the primary factor again.
var ErrExhausted = fault.New(fault.Unauthenticated, "factor.exhausted", "Too many wrong codes. Sign in again from the start.")

var (
	errWrong  = fault.New(fault.Invalid, "factor.code_wrong", "This code is not right. Type the one that your authenticator app shows now, or a recovery code.")
	errUsed   = fault.New(fault.Invalid, "factor.code_used", "This code was used already. Wait for the next one.")
	errLocked = fault.New(fault.Limited, "factor.locked", "Too many wrong codes. Use a passkey or a recovery code, or try again later.")
	errNone   = fault.New(fault.Conflict, "factor.none", "There is no passkey or security key to ask for.")

	errSetup     = fault.New(fault.Gone, "factor.setup_expired", "Start setting up the authenticator app again: this took too long.")
	errNoTOTP    = fault.New(fault.NotFound, "factor.totp_not_found", "There is no authenticator app to remove.")
	errRequired  = fault.New(fault.Conflict, "factor.required", "Your organization asks for a second factor, and this is your last one. Add another one first.")
	errNoFactor  = fault.New(fault.Conflict, "factor.not_enrolled", "Set up a passkey or an authenticator app first: recovery codes stand in for one.")
	errNoPasskey = fault.New(fault.NotFound, "factor.passkey_not_found", "There is no such passkey.")
	errName      = fault.New(fault.Invalid, "factor.name_invalid", "Give it a name of up to 60 characters.")
	errMany      = fault.New(fault.Conflict, "factor.too_many", "You have 20 passkeys and security keys. Remove one that you no longer use first.")

	errAsked       = fault.New(fault.Limited, "factor.asked_too_often", "Too many attempts in a short time. Wait a moment and try again.")
	errExpired     = fault.New(fault.Gone, "factor.challenge_expired", "This took too long, or was answered already. Try again.")
	errRefused     = fault.New(fault.Invalid, "factor.passkey_refused", "This passkey was not accepted. Try again, or sign in another way.")
	errUnknown     = fault.New(fault.Invalid, "factor.passkey_unknown", "This passkey is not known here: it may have been removed. Sign in another way.")
	errUnverified  = fault.New(fault.Invalid, "factor.passkey_unverified", "Your device did not check that it is you. Use a fingerprint, your face or a PIN.")
	errChanged     = fault.New(fault.Denied, "factor.passkey_changed", "This passkey is not the one that was set up: it was copied to, or replaced on, another kind of device. Sign in another way and set it up again.")
	errCloned      = fault.New(fault.Denied, "factor.passkey_cloned", "This passkey counts fewer uses than before, as a copy would. Sign in another way and tell your administrator.")
	errUnavailable = fault.New(fault.Conflict, "factor.passkey_unavailable", "Passkeys need the name under which this server is known. Open it under that name, or as localhost.")
	errExists      = fault.New(fault.Conflict, "factor.passkey_exists", "This device or key is registered already.")

	errSelf = fault.New(fault.Conflict, "factor.own_reset", "Change your own factors in your settings.")
)
