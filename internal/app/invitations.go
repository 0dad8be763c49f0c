package app

import (
	"context"

	"countersign.dev/countersign/internal/invitation"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func (a *App) newInvitations() *invitation.Service {
	return invitation.New(invitation.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Messages: a.messages, Technicians: a.technicians, SignIn: a.signin,
		Factors: a.factors, Log: a.log, PasswordLength: a.passwordLength, BaseURL: a.baseURL(),
	})
}

// passwordLength is what pages say where somebody chooses a password.
func (a *App) passwordLength(context.Context, store.Querier, string) (int, error) {
	return password.Default().MinLength, nil
}

// invite sends the invitation of a technician who is being created.
func (a *App) invite(ctx context.Context, tx *store.Tx, t technician.Technician) error {
	_, err := a.invitations.SendIn(ctx, tx, t)
	return err
}

// technicianChanged lets the slices above take part in whatever changes about a technician.
func (a *App) technicianChanged(ctx context.Context, tx *store.Tx, c technician.Change) error {
	return a.invitations.Changed(ctx, tx, c)
}
