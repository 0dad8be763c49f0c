package app

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/message/gateway"
	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/outbox"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/message/senderdomain"
	"countersign.dev/countersign/internal/message/sending"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/message/twilio"
	"countersign.dev/countersign/internal/store"
)

// connectCarriers builds what sends messages, with its carriers in the order in which they are tried.
func (a *App) connectCarriers() {
	a.messages = message.New(message.Deps{DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Events: a.events, Log: a.log})
	a.attachments = attachment.New(a.db, a.keys)
	a.mail = &mail.Service{DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit}
	a.sandbox = sandbox.New(a.db, a.events, a.log)
	a.sandbox.Attach(a.attachments.Of)
	a.twilio = twilio.New(twilio.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Messages: a.messages, Log: a.log, BaseURL: a.baseURL(),
	})
	a.gateway = gateway.New(gateway.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Messages: a.messages, Log: a.log, BaseURL: a.baseURL(),
	})
	mails := smtp.New(a.db, a.mail.Of, nil).Attach(a.attachments.Of)
	a.messages.Use(a.sandbox, slices.Concat(a.twilio.Senders(), a.gateway.Senders(), []message.Sender{mails})...)
	a.mailboxes = imap.New(imap.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, MailOf: a.mail.Of, Receive: a.messages.Receive, Bounced: a.messages.Bounced, Log: a.log,
	})
	a.messages.OnState(a.countDelivery)
	a.messages.OnState(a.dropAttachment)
	a.messages.OnStop(a.stopped)
}

// dropAttachment forgets what a mail carried once nothing is left to send.
func (a *App) dropAttachment(ctx context.Context, tx *store.Tx, d message.Delivery) error {
	if d.EndedAt.IsZero() {
		return nil
	}
	return a.attachments.Drop(ctx, tx, d.OrgID, d.ID)
}

func (a *App) carrierRoutes() {
	a.wordingRoutes()
	a.mail.Routes(a.api)
	(&outbox.Service{DB: a.db, Guard: a.guard, Audit: a.audit, Messages: a.messages}).Routes(a.api)
	a.sandbox.Routes(a.api, a.messages)
	a.twilio.Routes(a.api)
	a.gateway.Routes(a.api)
	(&sending.Service{
		DB: a.db, Guard: a.guard, Audit: a.audit, SMS: []string{twilio.Name, gateway.Name}, Voice: []string{twilio.VoiceName, gateway.VoiceName},
	}).Routes(a.api)
	a.mailboxes.Routes(a.api)
	senderdomain.New(a.db, a.guard, a.mail.Of, nil).Routes(a.api)
}
