package app

import (
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/message/senderdomain"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/message/twilio"
)

// connectCarriers builds what sends messages, with its carriers in the order in which they are tried.
func (a *App) connectCarriers() {
	a.messages = message.New(message.Deps{DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Events: a.events, Log: a.log})
	a.sandbox = sandbox.New(a.db, a.events, a.log)
	a.twilio = twilio.New(twilio.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Messages: a.messages, Log: a.log, BaseURL: a.baseURL(),
	})
	a.messages.Use(a.sandbox, append(a.twilio.Senders(), smtp.New(a.db, a.messages.MailOf, nil))...)
	a.mailboxes = imap.New(imap.Deps{
		DB: a.db, Guard: a.guard, Keys: a.keys, Audit: a.audit, Intake: a.messages, Bounced: a.messages.Bounced, Log: a.log,
	})
	a.messages.OnState(a.countDelivery)
	a.messages.OnStop(a.stopped)
}

func (a *App) carrierRoutes() {
	a.wordingRoutes()
	a.messages.Routes(a.api)
	a.sandbox.Routes(a.api, a.messages)
	a.twilio.Routes(a.api)
	a.mailboxes.Routes(a.api)
	senderdomain.New(a.db, a.guard, a.messages.MailOf, nil).Routes(a.api)
}
