package platformrole

import (
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/fault"
)

// ErrNotFound answers an id that is no platform role's.
var ErrNotFound = fault.New(fault.NotFound, "platformrole.not_found", "There is no such platform role, or you may not see it.")

var (
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errName      = fault.New(fault.Conflict, "platformrole.name_taken", "Another platform role already has this name.").At("/name")
	errBasedOn   = fault.Field("/based_on", "platformrole.base_fixed", "What a platform role is based on never changes. Make a new one.")
	errMany      = fault.New(fault.Conflict, "platformrole.too_many", fmt.Sprintf("There are %d platform roles, and no room for more. Delete one that nobody has.", maxRoles))
	errUsed      = fault.New(fault.Conflict, "platformrole.in_use", "Somebody has this platform role. Give them another one first.")
	errOther     = fault.New(fault.Conflict, "platformrole.other_base", "This is based on another platform role than the person has or gets. Give them that one too.").At("/platform_role_id")
	errSelf      = fault.New(fault.Denied, "platformrole.self", "Nobody changes their own platform role. Ask another administrator.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
