package invitation

import "countersign.dev/countersign/internal/fault"

// What somebody with a link that does not work is told: each says what to do.
var (
	errUnknown  = fault.New(fault.Gone, "invitation.invalid", "This invitation link is not valid. Open the link in the mail itself, or ask for a new invitation.")
	errExpired  = fault.New(fault.Gone, "invitation.expired", "This invitation has expired. Ask the person who invited you to send it again.")
	errRevoked  = fault.New(fault.Gone, "invitation.revoked", "This invitation was withdrawn. Ask the person who invited you for a new one.")
	errReplaced = fault.New(fault.Gone, "invitation.replaced", "A newer invitation was sent to you. Open the link in the newest mail.")
	errAccepted = fault.New(fault.Gone, "invitation.accepted", "This invitation was accepted already. Sign in instead.")
	errInviter  = fault.New(fault.Denied, "invitation.inviter", "The person who invited you may no longer do that. Ask an administrator to send you a new invitation.")
)

// What somebody who invites is told.
var (
	errActivated = fault.New(fault.Conflict, "invitation.activated", "This technician has taken up the account already. Reset the password instead.")
	errStatus    = fault.New(fault.Conflict, "invitation.not_active", "Only an active technician can be invited. Reactivate the technician first.")
	errCeiling   = fault.New(fault.Denied, "invitation.ceiling", "You cannot invite somebody to more than you may do yourself. Ask an administrator to send this invitation.")
	errNone      = fault.New(fault.Conflict, "invitation.none", "There is no open invitation to withdraw.")
	errChoose    = fault.New(fault.Invalid, "invitation.choose_one", "Choose a password or set up a passkey: one of the two.")
)
