package app

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
)

// headFile keeps signed heads of the audit logs in the data folder, outside the database.
const headFile = "audit-heads.jsonl"

// connect prepares what needs the database, and names the work that runs beside the requests.
func (a *App) connect(ctx context.Context, data string) (err error) {
	if err := a.audit.KeepHeads(filepath.Join(data, headFile)); err != nil {
		return err
	}
	if a.queue, err = jobs.New(ctx, a.db, jobs.Options{Log: a.log, Observe: a.metrics.job}); err != nil {
		return err
	}
	if err := a.ensureRoles(ctx); err != nil {
		return err
	}
	a.tasks.Use(a.queue)
	a.duo.Handle(a.queue)
	a.approvals.Use(a.queue)
	a.reviews.Use(a.queue)
	a.queue.Every("old imports", time.Hour, a.imports.Sweep)
	a.queue.Every("idempotency", time.Minute, a.api.Sweep)
	a.queue.Every("signin", signin.SweepEvery, a.signin.Sweep)
	a.queue.Every("old pod codes", time.Hour, a.pods.Sweep)
	a.queue.Every("expired tokens", time.Hour, a.tokens.Sweep)
	a.queue.Every("opt-in forms", time.Hour, a.optins.Sweep)
	a.queue.Every("wrong codes", time.Hour, a.verifications.Forget)
	a.queue.Every("password resets", time.Hour, a.recovery.Sweep)
	nameLocked.Handle(a.queue, a.tellOfLock)
	resetAsked.Handle(a.queue, func(ctx context.Context, r resetRequest) error { return a.recovery.Answer(ctx, r.ID) })
	a.queue.Every("old notifications", time.Hour, a.notifications.Forget)
	a.queue.Every("windows of approvals", time.Hour, a.approvals.Forget)
	a.queue.Every("overrides of the week", 5*time.Minute, a.weeklyOverrides().Sweep)
	a.queue.Every("noted changes of access", 10*time.Minute, a.guard.Sweep)
	a.loops["access"] = a.every(100*time.Millisecond, a.guard.Follow)
	a.recordAsked()
	a.loops["jobs"] = a.queue.Run
	a.loops["events"] = a.events.Run
	a.loops["audit log"] = a.audit.Run
	a.loops["readers of the audit log"] = a.auditlog.Run
	a.loops["deliveries"] = a.messages.Run
	a.loops["mailboxes"] = a.mailboxes.Run
	a.loops["sandbox"] = a.sandbox.Run
	a.loops["twilio"] = a.twilio.Run
	a.loops["gateway"] = a.gateway.Run
	a.loops["duo"] = a.duo.Run
	a.loops["demo"] = a.playDemo
	if a.cfg.SMTPListen != "" {
		a.loops["inbound mail"] = func(ctx context.Context) error { return a.mailListener().ListenAndServe(ctx, a.cfg.SMTPListen) }
	}
	a.loops["expiry of verifications"] = a.every(time.Second, a.verifications.Sweep)
	a.loops["expiry of technician verifications"] = a.every(time.Second, a.requests.Sweep)
	a.loops["expiry of approvals"] = a.every(5*time.Second, a.approvals.Sweep)
	a.loops["quiet hours"] = a.every(30*time.Second, a.notifications.Sweep)
	return nil
}

// every runs fn again and again; what goes wrong is logged and tried again.
func (a *App) every(pause time.Duration, fn func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		tick := time.NewTicker(pause)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				if err := fn(ctx); err != nil && ctx.Err() == nil {
					a.log.ErrorContext(ctx, "work in the background failed", "err", err)
				}
			}
		}
	}
}

func (a *App) countDelivery(_ context.Context, tx *store.Tx, d message.Delivery) error {
	tx.AfterCommit(func() { a.metrics.deliveries.WithLabelValues(string(d.Way), string(d.State)).Inc() })
	return nil
}

// mail takes in what contacts write to the organizations' addresses.
func (a *App) mailListener() *smtp.Inbound {
	domain, err := os.Hostname()
	if err != nil {
		domain = "localhost"
	}
	if a.base != nil {
		domain = a.base.Hostname()
	}
	return &smtp.Inbound{
		Domain: domain, Recipient: a.mail.Recipient, Log: a.log,
		Receive: a.messages.Receive, Bounced: a.messages.Bounced,
	}
}
