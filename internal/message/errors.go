package message

import "countersign.dev/countersign/internal/fault"

// The refusals that other packages branch on.
var (
	ErrOptedOut = fault.New(fault.Invalid, "message.opted_out", "This person asked for no more messages at this address. They can reply START to allow them again.")
	// ErrNoConsent refuses a text or call to a contact who did not agree, where the organization asks for that.
	ErrNoConsent = fault.New(fault.Invalid, "message.no_consent", "This person has not agreed to texts and calls at this number. Send them an opt-in form, or write down their consent on the contact's page.")
	ErrLimited   = fault.New(fault.Limited, "message.limited", "Too many messages went to this address. Wait before you send another.")
	ErrCountry   = fault.New(fault.Invalid, "message.country_not_allowed", "Messages to this country are not allowed. An administrator can allow it in the organization's settings.")
	ErrKind      = fault.New(fault.Invalid, "message.number_kind", "This kind of number cannot get such a message. Choose a mobile number.")
	ErrAddress   = fault.New(fault.Invalid, "message.address_invalid", "This address is not valid. Correct it on the contact's page.")
	ErrSpendCap  = fault.New(fault.Limited, "message.spend_cap", "The organization's spending limit for messages is reached. An administrator can raise it.")
)

// Reasons of deliveries and attempts that are kept and shown; they never change.
const (
	reasonExpired     = "expired"
	reasonCanceled    = "canceled"
	reasonOptedOut    = "opted_out"
	reasonUnconfirmed = "unconfirmed"  // two requests left, and of neither is known whether it arrived
	reasonNotReceived = "not_received" // the provider says that the request never reached it
	reasonNotSent     = "not_sent"     // the connection failed before anything was sent
	reasonNoAnswer    = "no_answer"    // the request left, and no answer came
	reasonStopped     = "server_stopped"
	reasonBounced     = "bounced"    // and the code of RFC 3463: a server reported later that the mail cannot be delivered
	reasonUnreadable  = "unreadable" // the text cannot be unsealed any more
)
