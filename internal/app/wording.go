package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// wordingRoutes mounts the texts that organizations write themselves.
func (a *App) wordingRoutes() {
	wording.New(wording.Deps{DB: a.db, Guard: a.guard, Audit: a.audit, Send: a.sendTrial}).Routes(a.api)
}

// sendTrial sends a text that somebody tries; it counts against the limits of the address as a code does.
func (a *App) sendTrial(ctx context.Context, tx *store.Tx, t wording.Trial) (deliveryID string, err error) {
	return a.messages.Send(ctx, tx, message.Out{
		Way: message.Way(t.Channel), To: t.To, Subject: t.Subject, Body: t.Body, Language: t.Language, Purpose: message.Trial, Starts: true,
		Owner: message.Ref{Type: "organization", ID: access.ActorFrom(ctx).OrgID},
	})
}
