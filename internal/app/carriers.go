package app

import (
	"slices"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/gateway"
	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/outbox"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/message/senderdomain"
	"countersign.dev/countersign/internal/message/sending"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/message/twilio"
)

// connectCarriers builds what sends messages, with its carriers in the order in which they are tried.
func (a *App) connectCarriers() {
	a.messages = message.New(message.Deps{DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Events: a.events, Log: a.log})
	a.mail = &mail.Service{DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit}
	a.sandbox = sandbox.New(a.db, a.events, a.log)
	a.twilio = twilio.New(twilio.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Messages: a.messages, Log: a.log, BaseURL: a.baseURL(),
	})
	a.gateway = gateway.New(gateway.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Messages: a.messages, Log: a.log, BaseURL: a.baseURL(),
	})
	a.messages.Use(a.sandbox, slices.Concat(a.twilio.Senders(), a.gateway.Senders(), []message.Sender{smtp.New(a.db, a.mail.Of, nil)})...)
	a.mailboxes = imap.New(imap.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, MailOf: a.mail.Of, Receive: a.messages.Receive, Bounced: a.messages.Bounced, Log: a.log,
	})
	a.messages.OnState(a.countDelivery)
	a.messages.OnStop(a.stopped)
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
