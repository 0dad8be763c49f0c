package grant

import (
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/fault"
)

// ErrNotFound answers an id that is no grant's, or that of one that the actor may not see.
var ErrNotFound = fault.New(fault.NotFound, "grant.not_found", "There is no such grant, or you may not see it.")

var (
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errSubject   = fault.Field("/subject/id", "grant.subject_unknown", "There is no such technician or team, or you may not see it.")
	errRole      = fault.Field("/role_id", "grant.role_unknown", "There is no such role, or you may not see it.")
	errScope     = fault.Field("/scope/id", "grant.scope_unknown", "There is no such customer, device or group, or you may not see it.")
	errExists    = fault.New(fault.Conflict, "grant.exists", "This role is given there already for a time that overlaps with this one.")
	errMany      = fault.New(fault.Conflict, "grant.too_many", fmt.Sprintf("Nobody can have more than %d grants. Use wider scopes, or teams.", maxGrants))
	errOwnDeny   = fault.New(fault.Denied, "grant.own_deny", "What was denied to yourself, another administrator has to lift.")
	errMoves     = fault.New(fault.Conflict, "grant.too_many_to_move", fmt.Sprintf("No more than %d grants move at once. Choose one person or team at a time.", maxMoved))
	errNoMoves   = fault.Field("/grant_ids", "grant.nothing_to_move", "Choose grants that move to the new role.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
