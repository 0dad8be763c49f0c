package role

import (
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/fault"
)

// ErrNotFound answers an id that is no role's.
var ErrNotFound = fault.New(fault.NotFound, "role.not_found", "There is no such role, or you may not see it.")

var (
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errName      = fault.New(fault.Conflict, "role.name_taken", "Another role already has this name.").At("/name")
	errReserved  = fault.Field("/name", "role.name_reserved", "Names that end in (System) are those of the roles that come with Countersign.")
	errPurpose   = fault.Field("/purpose", "role.purpose_fixed", "The purpose of a role never changes. Make a new role.")
	errSystem    = fault.New(fault.Conflict, "role.system", "This role comes with Countersign and cannot be changed or deleted. Copy it instead.")
	errConfirm   = fault.New(fault.Invalid, "role.confirm_name", "Deleting a role takes its name in the header X-Confirm-Name, percent-encoded.")
	errMany      = fault.New(fault.Conflict, "role.too_many", fmt.Sprintf("There are %d roles, and no room for more. Delete one that nobody uses.", maxRoles))
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)
