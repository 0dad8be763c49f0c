package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
)

// alarmEvery is how often people are told of a log that does not prove itself: it is looked at every minute, and does not mend itself.
const alarmEvery = 24 * time.Hour

// alarms remembers which organizations were told when.
type alarms struct {
	mu   sync.Mutex
	told map[string]time.Time
}

// due says whether an organization is to be told now.
func (a *alarms) due(org string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if last, ok := a.told[org]; ok && now.Sub(last) < alarmEvery {
		return false
	}
	if a.told == nil {
		a.told = map[string]time.Time{}
	}
	a.told[org] = now
	return true
}

// auditAlarm tells the operator that a log does not prove itself (R16), and the organization's administrators once a day. They are told in
// a transaction of its own, which needs no log: one that was broken may take no event any more.
func (a *App) auditAlarm(ctx context.Context, org string, err error) {
	a.log.ErrorContext(ctx, "the audit log is not as it was written", "organization", org, "err", err)
	bad, ok := errors.AsType[*audit.BadError](err)
	if !ok || !a.alarms.due(org, store.Now()) {
		return
	}
	ctx = access.WithActor(ctx, access.System(org))
	err = a.db.Write(ctx, func(tx *store.Tx) error {
		if err := a.notifications.TellAdministrators(ctx, tx, notification.Notice{Kind: notification.LogAltered, Data: map[string]string{"reason": bad.Error()}}); err != nil {
			return err
		}
		return a.events.Publish(ctx, tx, events.Event{Kind: "security.alert", ID: id.New(), Needs: perm.AdminAudit, Data: map[string]string{"reason": "log_altered"}})
	})
	if err != nil {
		a.log.ErrorContext(ctx, "the administrators were not told of the audit log", "organization", org, "err", err)
	}
	if err := a.audit.Append(ctx, audit.Event{Action: "security.alert", Outcome: audit.Denied, Reason: "log_altered", Detail: map[string]any{"found": bad.Error()}}); err != nil {
		a.log.ErrorContext(ctx, "the altered log takes no event", "organization", org, "err", err)
	}
}
