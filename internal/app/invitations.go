package app

import (
	"context"

	"countersign.dev/countersign/internal/invitation"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/recovery"
	"countersign.dev/countersign/internal/signinpolicy"
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
func (a *App) passwordLength(ctx context.Context, q store.Querier, org string) (int, error) {
	p, err := signinpolicy.Of(ctx, q, org)
	return p.Password.MinLength, err
}

// invite sends the invitation of a technician who is being created.
func (a *App) invite(ctx context.Context, tx *store.Tx, t technician.Technician) error {
	_, err := a.invitations.SendIn(ctx, tx, t)
	return err
}

// resetAsked is the job that answers a request for a new password, after the person was answered.
const resetAsked jobs.Kind[resetRequest] = "recovery.answer"

type resetRequest struct{ ID string }

func (a *App) newRecovery() *recovery.Service {
	return recovery.New(recovery.Deps{
		DB: a.db, Audit: a.audit, Keyring: a.keys, Messages: a.messages, Technicians: a.technicians, SignIn: a.signin,
		Notifications: a.notifications, Log: a.log, BaseURL: a.baseURL(),
		Later: func(ctx context.Context, tx *store.Tx, requestID string) error {
			return resetAsked.Enqueue(ctx, a.queue, tx, store.Now(), resetRequest{requestID})
		},
	})
}
