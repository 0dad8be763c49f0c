package app

import (
	"context"
	"slices"
	"strconv"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// technicianChanged lets the slices above take part in whatever changes about a technician.
func (a *App) technicianChanged(ctx context.Context, tx *store.Tx, c technician.Change) error {
	if err := a.invitations.Changed(ctx, tx, c); err != nil {
		return err
	}
	if err := a.recovery.Changed(ctx, tx, c); err != nil {
		return err
	}
	if err := a.verifications.TechnicianChanged(ctx, tx, c); err != nil {
		return err
	}
	if c.Deleted {
		return nil
	}
	return a.tellOfChange(ctx, tx, c)
}

// tellOfChange tells people what others changed about their rights, and administrators that there is another one of them.
func (a *App) tellOfChange(ctx context.Context, tx *store.Tx, c technician.Change) error {
	actor := access.ActorFrom(ctx)
	by, own := actor.Name, actor.ID == c.After.ID
	if role := c.After.PlatformRole; role != c.Before.PlatformRole && !own {
		err := a.notifications.Tell(ctx, tx, notification.Notice{To: c.After.ID, Kind: notification.RoleChanged, Data: map[string]string{
			"role": string(role), "before": string(c.Before.PlatformRole), "by": by,
		}})
		if err != nil {
			return err
		}
	}
	if added, removed := moved(c.Before.CustomerIDs, c.After.CustomerIDs); added+removed > 0 && !own {
		err := a.notifications.Tell(ctx, tx, notification.Notice{To: c.After.ID, Kind: notification.CustomersChanged, Data: map[string]string{
			"added": strconv.Itoa(added), "removed": strconv.Itoa(removed), "by": by,
		}})
		if err != nil {
			return err
		}
	}
	if !c.After.Administers() || c.Before.Administers() {
		return nil
	}
	data := map[string]string{"technician_id": c.After.ID, "name": c.After.Name(), "by": by}
	if own {
		data["by"] = "" // by accepting an invitation
	}
	return a.notifications.TellAdministrators(ctx, tx, notification.Notice{Kind: notification.NewAdministrator, Data: data}, c.After.ID, actor.ID)
}

// moved counts what one list has more than the other, each way.
func moved(before, after []string) (added, removed int) {
	for _, id := range after {
		if !slices.Contains(before, id) {
			added++
		}
	}
	for _, id := range before {
		if !slices.Contains(after, id) {
			removed++
		}
	}
	return added, removed
}

// nameLocked is the job that tells administrators of repeated failed sign-ins. It is queued for names that nobody has as well, so that the
// time of a refusal tells nothing.
const nameLocked jobs.Kind[signin.Lock] = "signin.locked"

// tellOfLock tells all administrators, also the one whose name it is.
func (a *App) tellOfLock(ctx context.Context, l signin.Lock) error {
	if l.TechnicianID == "" {
		return nil
	}
	ctx = access.WithActor(ctx, access.System(l.OrgID))
	return a.db.Write(ctx, func(tx *store.Tx) error {
		t, err := technician.ByID(ctx, tx, l.OrgID, l.TechnicianID)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return a.notifications.TellAdministrators(ctx, tx, notification.Notice{Kind: notification.FailedSignIns, Data: map[string]string{
			"technician_id": t.ID, "name": t.Name(), "failures": strconv.Itoa(l.Failures), "address": l.Address,
		}})
	})
}
