package idp

import "countersign.dev/countersign/internal/fault"

var (
	errNoProvider = fault.New(fault.Conflict, "verify.no_identity_provider", "The contact's company has no identity provider here. Set one up on the customer's page, or choose another method.")
	errChanged    = fault.New(fault.Conflict, "verify.identity_provider_changed", "The identity provider was changed this very moment. Start again.")
	errAbsent     = fault.New(fault.NotFound, "identity_provider.not_set", "This customer has no identity provider.")
	errSecret     = fault.Field("/client_secret", "identity_provider.secret_again", "Enter the client secret again, since the issuer or the client has changed.")
	errUnfound    = fault.New(fault.NotFound, "verify.not_found", "There is no such verification.")
	errUnusable   = fault.New(fault.Invalid, "identity_provider.unusable", "The identity provider cannot be used.")
)
