package app

import (
	"context"
	"strconv"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// newTasks makes what runs long work, each task with the rights that its starter has at each moment.
func (a *App) newTasks() *task.Service {
	return task.New(task.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Log: a.log, Actor: a.actsNow, Finished: a.taskFinished,
	})
}

// taskFinished lets the slice whose task has ended know, and the person who started it, unless they saw to its end themselves.
func (a *App) taskFinished(ctx context.Context, tx *store.Tx, t task.Task) error {
	if err := a.imports.Finished(ctx, tx, t); err != nil {
		return err
	}
	if t.Kind == csvimport.TaskCheck || access.ActorFrom(ctx).ID == t.CreatedBy {
		return nil
	}
	return a.notifications.Tell(ctx, tx, notification.Notice{To: t.CreatedBy, Kind: notification.TaskFinished, Data: map[string]string{
		"task_id": t.ID, "task_kind": t.Kind, "state": string(t.State), "done": strconv.Itoa(t.Done - t.Failed), "failed": strconv.Itoa(t.Failed),
	}})
}

// exportRoutes mounts the lists as files; devices and the audit log mount theirs themselves.
func (a *App) exportRoutes() {
	for _, slice := range []interface{ ExportRoutes(api *httpapi.API) }{a.technicians, a.teams, a.customers, a.contacts, a.tickets} {
		slice.ExportRoutes(a.api)
	}
}

func (a *App) newImports() *csvimport.Service {
	return csvimport.New(csvimport.Deps{
		DB: a.db, Guard: a.guard, Audit: a.audit, Events: a.events, Tasks: a.tasks, Contacts: a.contacts, Customers: a.customers,
		Technicians: a.technicians, Devices: a.devices, Invite: a.invite,
	})
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
	return actorOf(t), nil
}

func actorOf(t technician.Technician) access.Actor {
	return access.Actor{OrgID: t.OrgID, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner}
}
