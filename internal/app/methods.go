package app

import (
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/code"
	"countersign.dev/countersign/internal/verify/duo"
	"countersign.dev/countersign/internal/verify/link"
	"countersign.dev/countersign/internal/verify/request"
)

// connectVerifications wires both directions of verification.
func (a *App) connectVerifications(d verify.Deps) {
	a.verifications = verify.New(d)
	a.duo = duo.New(duo.Deps{DB: d.DB, Guard: d.Guard, Keys: d.Keys, Audit: d.Audit, Events: d.Events, Verifications: a.verifications, Log: d.Log})
	a.verifications.Use(a.methods()...)
	a.requests = request.New(d, a.verifications)
}

// methods are the ways to verify a caller, in the order in which they are offered unless a policy says otherwise.
func (a *App) methods() []verify.Method {
	return []verify.Method{
		code.SMS(),
		link.SMS(a.verifications, a.log),
		code.Email(),
		link.Email(a.verifications, a.log),
		code.Voice(),
		a.duo,
	}
}
