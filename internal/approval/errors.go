package approval

import (
	"fmt"

	"countersign.dev/countersign/internal/fault"
)

// ErrNotFound answers an id that is no request's, or that of one that the actor may not see.
var ErrNotFound = fault.New(fault.NotFound, "approval.not_found", "There is no such request, or you may not see it.")

// What the request itself lacks.
var (
	errAction     = fault.Field("/action", "approval.action_unknown", "There is no such action that can be approved.")
	errParameters = fault.Field("/parameters", "approval.parameters_invalid", "These parameters are not those of the action.")
	errTicket     = fault.Field("/ticket_id", "approval.ticket_unknown", "There is no such ticket, or you may not see it.")
	errLife       = fault.Field("/expires_in_minutes", "approval.life_invalid", "A request waits between 5 minutes and 7 days.")
	errNotNeeded  = fault.New(fault.Conflict, "approval.not_needed", "You may do this without an approval.")
	errMany       = fault.New(fault.Conflict, "approval.too_many", fmt.Sprintf("You have %d requests open. Withdraw one, or wait for a decision.", maxPending))
	errOften      = fault.New(fault.Limited, "approval.too_often", fmt.Sprintf("You have asked %d times within an hour. Wait before you ask again.", maxAsked))
	errDenied     = fault.New(fault.Denied, "access.denied", "You may not do this. Ask an administrator for the permission.")
)

// Why somebody may not decide, or not any more.
var (
	errSelf     = fault.New(fault.Denied, "approval.own", "Nobody decides on what they asked for themselves. Another person has to.")
	errTarget   = fault.New(fault.Denied, "approval.about_yourself", "Nobody decides on what is done to themselves. Another person has to.")
	errDecider  = fault.New(fault.Denied, "approval.not_decider", "Owners and administrators decide on this, and managers of the customer who may do it themselves.")
	errBeyond   = fault.New(fault.Denied, "access.beyond_own", "Nobody can give away what they do not hold themselves there. Ask an administrator.")
	errDecided  = fault.New(fault.Conflict, "approval.decided", "This is decided already, or was withdrawn.")
	errExpired  = fault.New(fault.Gone, "approval.expired", "The time for this is over. Ask again.")
	errDigest   = fault.New(fault.Stale, "approval.other_digest", "This is not what you were shown. Load it again and read it.")
	errLink     = fault.New(fault.Denied, "approval.link_invalid", "This link was sent to somebody else, or for something else. Open the request in the console.")
	errOwnOnly  = fault.New(fault.Denied, "approval.not_yours", "Only who asked can do this.")
	errNotUsed  = fault.New(fault.Conflict, "approval.not_usable", "There is no approval for this, or it was used already.")
	errGlass    = fault.New(fault.Denied, "approval.glass_refused", "Only owners and administrators can act at once, in their own session and not with a token.")
	errGlassFor = fault.New(fault.Conflict, "approval.glass_unfit", "This cannot be done at once. Give the access yourself if you may.")
)

// Why what was approved did not run. They are kept with the request.
var (
	errChanged  = fault.New(fault.Conflict, "approval.changed", "What was asked for is not as it was shown any more. Ask again.")
	errTampered = fault.New(fault.Conflict, "approval.tampered", "The request is not as it was decided. Have the database checked.")
	errStanding = fault.New(fault.Denied, "approval.decider_lost", "Who approved this could not approve it any more when it was to run.")
	errNoRight  = fault.New(fault.Denied, "approval.right_lost", "Who asked for this may not do it any more.")
	errEnded    = fault.New(fault.Denied, "approval.requester_ended", "Who asked for this may not act any more.")
)
