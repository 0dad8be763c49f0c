package app

import (
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/document"
)

// documentRoutes mounts the documents for clients.
func (a *App) documentRoutes(brands *branding.Service) {
	document.New(document.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Log: a.log, Messages: a.messages, Attachments: a.attachments, Contacts: a.contacts, Consents: a.consentLedger(), Customers: a.customers,
		Tasks: a.tasks, BaseURL: a.baseURL(), Logo: brands.Logo,
	}).Routes(a.api)
}
