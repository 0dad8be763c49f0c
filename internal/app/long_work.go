package app

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// newTasks makes what runs long work, each task with the rights that its starter has at each moment.
func (a *App) newTasks() *task.Service {
	return task.New(task.Deps{DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Log: a.log, Actor: a.actsNow})
}

// actsNow is a technician as an actor, if they may act now.
func (a *App) actsNow(ctx context.Context, org, id string) (access.Actor, error) {
	t, err := technician.ByID(ctx, a.db.Read(), org, id)
	if err != nil {
		return access.Actor{}, err
	}
	if t.Status != technician.Active || t.State != technician.Activated {
		return access.Actor{}, fault.New(fault.Denied, "technician.may_not_act", "This technician may not act.")
	}
	return access.Actor{OrgID: org, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner}, nil
}
