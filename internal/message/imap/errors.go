package imap

import "countersign.dev/countersign/internal/fault"

var (
	errAbsent        = fault.New(fault.NotFound, "message.imap_not_set", "Fetching mail is not set up.")
	errPasswordAgain = fault.Field("/password", "message.password_again", "Enter the password again, since the connection it is used for has changed.")
	errPasswordGone  = fault.Field("/password", "message.password_missing", "Enter the password of the mailbox.")
	errDemo          = fault.New(fault.Conflict, "message.demo", "The demo organization uses the sandbox only, so that nothing leaves it.")
	errNoInbound     = fault.New(fault.Conflict, "message.imap_no_address", "Set the address for answers in the settings of outgoing mail first: mail is fetched for that address.")
)

// Reasons that are shown beside those of package wire; they never change.
const (
	reasonSignIn   = "sign_in"  // the server refused name and password
	reasonFolder   = "folder"   // there is no such folder
	reasonMoveTo   = "move_to"  // there is no such folder to move to
	reasonMark     = "handled"  // a handled mail could not be marked, moved or deleted
	reasonProtocol = "protocol" // the server said something that is no IMAP
	reasonStore    = "store"    // our own database
)
