package accessreview

import (
	"time"

	"countersign.dev/countersign/internal/fault"
)

// ErrNotFound answers an id that is no review's, or that of one that the actor may not see.
var ErrNotFound = fault.New(fault.NotFound, "accessreview.not_found", "There is no such review, or you may not see it.")

var (
	errItem     = fault.New(fault.NotFound, "accessreview.item_not_found", "This is not in the review, or it is not yours to review.")
	errOwn      = fault.New(fault.Denied, "accessreview.own", "Nobody reviews their own rights. Another lead or administrator has to answer this.")
	errReviewer = fault.New(fault.Denied, "accessreview.not_reviewer", "Only a lead of the person's team or an administrator may answer this.")
	errChanged  = fault.New(fault.Conflict, "accessreview.changed", "This is not as it was shown any more. Look at it again, then answer.")
	errGone     = fault.New(fault.Conflict, "accessreview.grant_gone", "Somebody has already taken this away. There is nothing left to answer.")
	errRevoked  = fault.New(fault.Conflict, "accessreview.revoked", "This was taken away and is gone. To undo it, give it again.")
	errPlatform = fault.New(fault.Conflict, "accessreview.platform_role", "A review takes no platform role away. Mark it for a change, and change it on the page of the person.")
	errFlag     = fault.New(fault.Conflict, "accessreview.not_platform_role", "Only a platform role is marked for a change. Take this away instead.")
	errOpen     = fault.New(fault.Conflict, "accessreview.not_answered", "Nobody has answered this yet, so there is nothing to undo.")
	errEnded    = fault.New(fault.Conflict, "accessreview.ended", "This review is over. Nothing in it can be changed.")
	errPlanned  = fault.New(fault.Conflict, "accessreview.not_started", "This review has not begun.")
	errRunning  = fault.New(fault.Conflict, "accessreview.running", "This review has begun. End it instead.")
	errNotEnded = fault.New(fault.Conflict, "accessreview.not_ended", "This review is still open. It has a report once it has ended.")
	errMany     = fault.New(fault.Conflict, "accessreview.too_many", "There are 20 reviews that have not ended. End one first.")
	errLarge    = fault.New(fault.Conflict, "accessreview.too_large", "There are more than 50,000 rights to review at once. Choose some teams or customers.")
	errTeam     = fault.New(fault.Invalid, "accessreview.team_unknown", "There is no such team.")
	errCustomer = fault.New(fault.Invalid, "accessreview.customer_unknown", "There is no such customer, or it is not yours.")
	errBusy     = fault.New(fault.Limited, "accessreview.busy", "Several reports are being written. Try again in a minute.").After(time.Minute)
)
