// Package app wires every slice together; it is the only package that knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/activity"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/approval"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/authzen"
	"countersign.dev/countersign/internal/avatar"
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/bulk"
	"countersign.dev/countersign/internal/compliance"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/demo"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/erasure"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/invitation"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/message/gateway"
	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/message/twilio"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/pod"
	"countersign.dev/countersign/internal/preference"
	"countersign.dev/countersign/internal/receipt"
	"countersign.dev/countersign/internal/recovery"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/usage"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/web"
)

// Options say what to build an App on.
type Options struct {
	config.Serve
	Base    *url.URL // how browsers reach the server when no external address is set
	Version string
	Log     *slog.Logger
}

// App is one Countersign.
type App struct {
	cfg     config.Serve
	base    *url.URL
	version string
	log     *slog.Logger
	db      *store.DB
	keys    *seal.Keyring
	metrics *metrics
	api     *httpapi.API
	ready   atomic.Bool
	loops   map[string]func(context.Context) error
	alarms  alarms
	demos   chan *demo.Organization // just made, its history to be played

	guard         *access.Guard
	audit         *audit.Log
	auditlog      *auditlog.Service
	events        *events.Bus
	queue         *jobs.Queue
	tasks         *task.Service
	imports       *csvimport.Service
	organizations *organization.Service
	technicians   *technician.Service
	teams         *team.Service
	bulk          *bulk.Service
	customers     *customer.Service
	contacts      *contact.Service
	devices       *device.Service
	tickets       *ticket.Service
	factors       *factor.Service
	signin        *signin.Service
	tokens        *apitoken.Service
	policies      *signinpolicy.Service
	messages      *message.Service
	attachments   *attachment.Service
	mail          *mail.Service
	sandbox       *sandbox.Carrier
	twilio        *twilio.Carrier
	gateway       *gateway.Carrier
	mailboxes     *imap.Service
	notifications *notification.Service
	invitations   *invitation.Service
	recovery      *recovery.Service
	consenting
	verifying
	rights
	pods  *pod.Service
	asked *authzen.Service
	used  *usage.Service

	approvals *approval.Service
}

// New opens the database, brings it up to date and wires everything. Close has to be called.
func New(ctx context.Context, o Options) (*App, error) {
	m := newMetrics()
	db, keys, err := open(ctx, o.Storage, store.Options{Log: o.Log, Observe: m.write})
	if err != nil {
		return nil, err
	}
	m.database(db)
	a := newApp(o, db, keys, m)
	if err := a.connect(ctx, o.Data); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

// open opens the database and the keyring beside it.
func open(ctx context.Context, s config.Storage, o store.Options) (*store.DB, *seal.Keyring, error) {
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the data folder: %w", err)
	}
	keys, err := seal.Open(s.KeyFile(), os.Getenv(seal.Env))
	if err != nil {
		return nil, nil, err
	}
	o.Dir, o.URL = s.Data, s.DatabaseURL
	db, err := store.Open(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	return db, keys, nil
}

// newApp wires the slices, lowest first. It touches neither database nor network, so that the OpenAPI document needs neither.
func newApp(o Options, db *store.DB, keys *seal.Keyring, m *metrics) *App {
	a := &App{
		cfg: o.Serve, base: o.Base, version: o.Version, log: o.Log, db: db, keys: keys,
		metrics: m, loops: map[string]func(context.Context) error{}, demos: make(chan *demo.Organization, 1),
	}
	if o.ExternalURL != nil {
		a.base = o.ExternalURL
	}
	a.guard = access.New(db)
	a.events = events.New(db, o.Log)
	a.events.Observe(m.event)
	a.audit = audit.New(db, keys)
	a.audit.Alarm(a.auditAlarm)
	a.tasks = a.newTasks()
	a.organizations = organization.New(db, a.guard, a.audit, a.events)
	a.technicians = technician.New(db, a.guard, a.audit, a.events, a.technicianHooks())
	a.teams = team.New(db, a.guard, a.audit, a.events, a.technicians)
	a.customers = customer.New(db, a.guard, a.audit, a.events)
	a.devices = device.New(db, a.guard, a.audit, a.events)
	a.rights = a.newRights()
	a.contacts = contact.New(db, a.guard, a.audit, a.events, a.contactHooks())
	a.policies = signinpolicy.New(db, a.guard, a.audit, a.events, a.policyHooks())
	a.tokens = apitoken.NewService(db, a.guard, a.audit, a.events, o.Log)
	a.factors = factor.New(factor.Deps{
		DB: db, Audit: a.audit, Events: a.events, Keyring: keys, Technicians: a.technicians, ExternalURL: o.ExternalURL, Hooks: a.factorHooks(),
	})
	a.signin = signin.New(signin.Deps{
		DB: db, Guard: a.guard, Audit: a.audit, Events: a.events, Keyring: keys, Organizations: a.organizations, Technicians: a.technicians,
		Tokens: a.tokens, Factors: a.factors, Policies: a.policies, Hooks: a.signinHooks(), Hasher: password.NewHasher(password.DefaultParams(), runtime.GOMAXPROCS(0)), Log: o.Log,
	})
	a.connectCarriers()
	a.notifications = notification.New(notification.Deps{DB: db, Events: a.events, Messages: a.messages, Log: o.Log, BaseURL: a.baseURL()})
	a.invitations = a.newInvitations()
	a.recovery = a.newRecovery()
	a.imports = a.newImports()
	a.bulk = a.newBulk()
	a.tickets = ticket.New(db, a.guard, a.audit, a.events)
	a.consenting = a.newConsenting()
	a.connectVerifications(verify.Deps{
		DB: db, Guard: a.guard, Keys: keys, Audit: a.audit, Events: a.events, Messages: a.messages, Tickets: a.tickets, Log: o.Log, BaseURL: a.baseURL(),
	})
	a.connectTickets()
	a.pods = pod.New(pod.Deps{DB: db, Guard: a.guard, Keys: keys, Audit: a.audit, Events: a.events, Signin: a.signin, BaseURL: a.baseURL()})
	a.auditlog = auditlog.New(db, a.audit, a.guard, a.events, func(ctx context.Context, err error) {
		o.Log.ErrorContext(ctx, "following the audit log failed", "err", err)
	})
	a.asked, a.used = a.newAsked()
	a.approvals = a.newApprovals()
	a.connectApprovals()
	a.reviews = a.newReviews(a.tell)
	a.routes()
	return a
}

// routes mounts every route of the server.
func (a *App) routes() {
	proxies, _ := a.cfg.Proxies() // refused at the start if they cannot be read
	a.api = httpapi.New(httpapi.Options{
		Log: a.log, Guard: a.guard, Auth: a.signin, DB: a.db, Keys: a.keys, Events: a.events, Version: a.version,
		ExternalURL: a.cfg.ExternalURL, TrustedProxies: proxies, Observe: a.metrics.request,
	})
	a.healthRoutes()
	a.signin.Routes(a.api)
	a.factors.Routes(a.api)
	a.tokens.Routes(a.api)
	a.policies.Routes(a.api)
	a.auditlog.Routes(a.api)
	activity.New(a.db, a.guard, a.audit).Routes(a.api)
	a.tasks.Routes(a.api)
	a.organizations.Routes(a.api)
	preference.New(a.db, a.guard).Routes(a.api)
	brands := branding.New(a.db, a.guard, a.audit, a.events)
	brands.Routes(a.api)
	avatar.New(a.db, a.guard, a.technicians).Routes(a.api)
	a.technicians.Routes(a.api)
	a.teams.Routes(a.api)
	a.imports.Routes(a.api)
	a.exportRoutes()
	a.bulk.Routes(a.api)
	a.customers.Routes(a.api)
	a.contacts.Routes(a.api)
	a.devices.Routes(a.api)
	a.mount(a.api)
	a.carrierRoutes()
	a.notifications.Routes(a.api)
	a.invitations.Routes(a.api)
	a.recovery.Routes(a.api)
	a.tickets.Routes(a.api)
	a.mountConsent(a.api)
	a.documentRoutes(brands)
	receipt.New(a.db, a.guard, a.audit).Routes(a.api)
	erasure.New(a.db, a.guard, a.audit, a.consentLedger(), a.contacts, a.technicians).Routes(a.api)
	compliance.New(a.db, a.guard).Routes(a.api, a.audit)
	a.askingRoutes()
	a.approvals.Routes(a.api)
	a.reviews.Routes(a.api)
	a.pods.Routes(a.api)
	a.verificationRoutes()
	a.consoleRoutes(web.FS())
}

func (a *App) baseURL() string {
	if a.base == nil {
		return "http://localhost:8080"
	}
	return strings.TrimSuffix(a.base.String(), "/")
}

// Close releases the database, after Run has returned.
func (a *App) Close() error { return a.db.Close() }
