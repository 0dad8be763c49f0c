package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/contactkey"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/code"
	"countersign.dev/countersign/internal/verify/duo"
	"countersign.dev/countersign/internal/verify/idp"
	"countersign.dev/countersign/internal/verify/link"
	"countersign.dev/countersign/internal/verify/panel"
	"countersign.dev/countersign/internal/verify/passkey"
	"countersign.dev/countersign/internal/verify/request"
	"countersign.dev/countersign/internal/verifypolicy"
)

// verifying holds what belongs to verification in both directions.
type verifying struct {
	verifications *verify.Service
	requests      *request.Service
	duo           *duo.Service
	contactKeys   *contactkey.Service
	stepUp        *idp.Service
}

// connectVerifications wires both directions of verification.
func (a *App) connectVerifications(d verify.Deps) {
	a.verifications = verify.New(d)
	a.duo = duo.New(duo.Deps{DB: d.DB, Guard: d.Guard, Keys: d.Keys, Audit: d.Audit, Events: d.Events, Verifications: a.verifications, Log: d.Log})
	a.contactKeys = contactkey.New(contactkey.Deps{
		DB: d.DB, Guard: d.Guard, Keys: d.Keys, Audit: d.Audit, Events: d.Events, Messages: d.Messages, Log: d.Log, BaseURL: d.BaseURL, Shield: a.shieldOf, Trusted: a.verifications.Trusted,
	})
	a.stepUp = idp.New(idp.Deps{
		DB: d.DB, Guard: d.Guard, Keys: d.Keys, Audit: d.Audit, Verifications: a.verifications, Log: d.Log, BaseURL: d.BaseURL, Local: idp.IsLocal(d.BaseURL),
	})
	a.verifications.Use(a.methods()...)
	a.requests = request.New(d, a.verifications)
	a.verifications.Counter(a.requests.Freeze)
	a.guard.ProveBy(func(ctx context.Context, org string, o access.Object) (access.Proof, error) {
		return a.verifications.Proof(ctx, a.db.Read(), org, o.ContactID, o.CustomerID, verifypolicy.Action(o.Action))
	})
}

// methods are the ways to verify a caller, in the order in which they are offered unless a policy says otherwise.
func (a *App) methods() []verify.Method {
	return []verify.Method{
		passkey.New(a.verifications, a.contactKeys, a.log),
		code.SMS(),
		link.SMS(a.verifications, a.log),
		code.Email(),
		link.Email(a.verifications, a.log),
		code.Voice(),
		a.duo,
		a.stepUp,
	}
}

// methodNames are those that policies can name.
func (a *App) methodNames() (names []string) {
	for _, d := range a.verifications.Methods() {
		names = append(names, string(d.Name))
	}
	return names
}

// verificationRoutes mounts what belongs to verification in both directions.
func (a *App) verificationRoutes() {
	a.verifications.Routes(a.api)
	a.requests.Routes(a.api)
	a.duo.Routes(a.api)
	a.contactKeys.Routes(a.api)
	a.stepUp.Routes(a.api)
	panel.New(a.verifications, a.requests).Routes(a.api)
	verifypolicy.New(a.db, a.guard, a.audit, a.events, a.methodNames).Routes(a.api)
}

// shieldOf is the shield of one contact.
func (a *App) shieldOf(ctx context.Context, q store.Querier, org, contactID string) (contact.Shield, error) {
	all, err := a.verifications.Shields(ctx, q, org, []string{contactID})
	return all[contactID], err
}
