package apitoken

import "countersign.dev/countersign/internal/fault"

var (
	errNotFound = fault.New(fault.NotFound, "signin.token_not_found", "There is no such API token.")
	errRights   = fault.New(fault.Denied, "signin.token_rights", "A token can hold only permissions that you hold yourself.")
	errUnknown  = fault.New(fault.Invalid, "signin.token_permission_unknown", "There is no such permission.")
	errExpiry   = fault.New(fault.Invalid, "signin.token_expiry", "A token lives from one hour to one year, and a token made with a token no longer than that one.")
	errName     = fault.New(fault.Invalid, "signin.token_name", "Give the token a name of up to 100 characters.")
	errCount    = fault.New(fault.Conflict, "signin.token_count", "You have 100 API tokens. Delete one that you no longer need first.")
)
