package app

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/optin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

// consenting is what keeps and asks for consent.
type consenting struct {
	consents *consent.Service
	optins   *optin.Service
}

// mountConsent mounts the routes of both.
func (c consenting) mountConsent(api *httpapi.API) {
	c.consents.Routes(api)
	c.optins.Routes(api)
}

// consentLedger keeps what people said about getting messages.
func (a *App) consentLedger() consent.Ledger {
	return consent.Ledger{Keys: a.keys, Audit: a.audit, Events: a.events}
}

// newConsenting makes it. A number that has proved who somebody is changes only after another proof (D-27).
func (a *App) newConsenting() consenting {
	ledger := a.consentLedger()
	s := optin.New(optin.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Events: a.events, Log: a.log, Ledger: ledger,
		Messages: a.messages, Contacts: a.contacts, Tickets: a.tickets, Tasks: a.tasks, BaseURL: a.baseURL(),
		InUse:  verify.ProvedWith,
		Proven: a.provenSince,
	})
	a.messages.OnState(s.Delivered)
	c := consenting{consent.New(a.db, a.guard, ledger), s}
	c.consents.TextVersion = s.TextVersion
	return c
}

// provenSince says whether a contact has turned their shield green since a time, at L2 or above, and it still is.
func (a *App) provenSince(ctx context.Context, q store.Querier, org, contactID string, since time.Time) (bool, error) {
	shields, err := a.verifications.Shields(ctx, q, org, []string{contactID})
	if err != nil {
		return false, err
	}
	sh := shields[contactID]
	return sh.State == "verified" && sh.Level >= "L2" && sh.At.After(since), nil
}

// stopped lets those hear who have to, when somebody wants no more messages.
func (a *App) stopped(ctx context.Context, tx *store.Tx, in message.In) error {
	if err := a.optins.Stopped(ctx, tx, in.From); err != nil {
		return err
	}
	if in.Way != message.SMS {
		return nil
	}
	return a.technicians.StopMessages(ctx, tx, in.From)
}
