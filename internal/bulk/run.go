package bulk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// tellEvery is after how many people the screens load their lists again.
const tellEvery = 50

// run does an order, one person after the other: what is done to a person, its audit event and the progress of the task are one
// transaction, so that neither a restart nor a cancellation ever leaves half of it or does it twice. Rights are asked for each person, as
// they are at that moment.
func (s *Service) run(ctx context.Context, r *task.Run) error {
	var p payload
	if err := r.Decode(&p); err != nil {
		return err
	}
	for r.Done < len(p.IDs) {
		ctx, err := r.Next(ctx)
		if err != nil {
			return err
		}
		if err := s.one(ctx, r, p, p.IDs[r.Done]); err != nil {
			return err
		}
	}
	return nil
}

// one does the order to one person and notes what became of it.
func (s *Service) one(ctx context.Context, r *task.Run, p payload, id string) error {
	batch, err := s.Technicians.Batch(ctx)
	if err != nil {
		return err
	}
	before, err := technician.ByID(ctx, s.DB.Read(), r.OrgID, id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	result := task.Result{TargetType: "technician", TargetID: id, Name: before.Name(), Outcome: task.OutcomeDone}
	if err == nil {
		noted := false
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.act(ctx, tx, batch, p, id); err != nil {
				if noted {
					return fmt.Errorf("%s of technician %s, tried again: %s", p.Action, id, err.Error())
				}
				return err
			}
			if (r.Done+1)%tellEvery == 0 || r.Done+1 == len(p.IDs) {
				if err := batch.Tell(ctx, tx); err != nil {
					return err
				}
			}
			if !noted {
				r.Result(result)
				noted = true
			}
			return r.AdvanceIn(ctx, tx, 1)
		})
		if err == nil {
			return nil
		}
	}
	return s.refused(ctx, r, p, batch, before, result, err)
}

// rehearse does an order to everybody, some in a transaction, which is taken back before the next: what is done to one person hangs on no other. As in a
// task, whoever is refused stays as they are.
func (s *Service) rehearse(ctx context.Context, p payload) error {
	batch, err := s.Technicians.Batch(ctx)
	if err != nil {
		return err
	}
	began, done := time.Now(), 0
	for some := range slices.Chunk(p.IDs, part) {
		done += len(some)
		err := s.DB.Write(store.WithPart(ctx, store.Part{Done: done, Of: len(p.IDs)}), func(tx *store.Tx) error {
			for _, id := range some {
				err := s.act(ctx, tx, batch, p, id)
				if _, declared := errors.AsType[*fault.Error](err); err != nil && (!declared || fault.KindOf(err) == fault.Internal) {
					return err
				}
			}
			return nil
		})
		if !errors.Is(err, store.ErrRehearsed) || time.Since(began) > s.tryFor {
			return err
		}
	}
	return store.ErrRehearsed
}

// refused notes that nothing was done to somebody, and why. What is no refusal stops the task, which begins again with this person.
func (s *Service) refused(
	ctx context.Context, r *task.Run, p payload, batch *technician.Batch, t technician.Technician, result task.Result, why error,
) error {
	if _, declared := errors.AsType[*fault.Error](why); !declared || fault.KindOf(why) == fault.Internal {
		return why
	}
	result.Outcome = task.OutcomeFailed
	switch {
	case errors.Is(why, errSame):
		result.Outcome = task.OutcomeSkipped
	case t.ID != "":
		why = batch.Refused(ctx, auditActions[p.Action], t, why)
		if _, declared := errors.AsType[*fault.Error](why); !declared {
			return why
		}
	}
	r.Result(result.Because(why))
	return r.Advance(ctx, 1)
}

// auditActions are what the log calls a refusal: the same as if one person had been meant.
var auditActions = map[Action]string{
	AssignRole: "technician.update", AddToTeam: "technician.update", RemoveFromTeam: "technician.update", AssignCustomers: "technician.update",
	RemoveCustomers: "technician.update", RequireMFA: "technician.update", ResetPasswords: "password.drop", RevokeAccess: "access.end",
	Suspend: "technician.suspend", Reactivate: "technician.reactivate", Notify: "technician.notify",
	DeleteInvitations: "technician.delete", Delete: "technician.delete",
}

// act does the order to one person in a transaction, by the same ways in which a person would.
func (s *Service) act(ctx context.Context, tx *store.Tx, batch *technician.Batch, p payload, id string) error {
	switch p.Action {
	case Suspend:
		return changed(batch.StatusIn(ctx, tx, id, technician.Suspended, p.Reason))
	case Reactivate:
		return changed(batch.StatusIn(ctx, tx, id, technician.Active, ""))
	case Delete, DeleteInvitations:
		return batch.DeleteIn(ctx, tx, id, func(t technician.Technician) error {
			if p.Action == DeleteInvitations && t.State != technician.Invitation {
				return errCame
			}
			return nil
		})
	case ResetPasswords, RevokeAccess:
		t, err := batch.ManageIn(ctx, tx, id)
		if err != nil {
			return err
		}
		if p.Action == ResetPasswords {
			return s.ResetPassword(ctx, tx, t)
		}
		return s.EndAccess(ctx, tx, t)
	case Notify:
		return s.tell(ctx, tx, id, p.Message)
	}
	_, ok, err := batch.ChangeIn(ctx, tx, id, p.edit)
	return changed(ok, err)
}

// edit is what an order changes about a technician.
func (p payload) edit(t technician.Technician) (technician.Fields, error) {
	f := t.Fields
	switch p.Action {
	case AssignRole:
		f.PlatformRole, f.OwnRoleID = p.Role, p.OwnRoleID
	case AddToTeam:
		f.TeamIDs = union(f.TeamIDs, p.TeamID)
	case RemoveFromTeam:
		f.TeamIDs = without(f.TeamIDs, p.TeamID)
	case AssignCustomers:
		f.CustomerIDs = union(f.CustomerIDs, p.CustomerIDs...)
	case RemoveCustomers:
		f.CustomerIDs = without(f.CustomerIDs, p.CustomerIDs...)
	case RequireMFA:
		f.MFARequired = true
	default:
		return f, fmt.Errorf("bulk work on technicians knows no action %q", p.Action)
	}
	return f, nil
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, id string, m Message) error {
	t, err := technician.ByID(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return err
	}
	if t.Status != technician.Active || t.State != technician.Activated {
		return errTold
	}
	if err := s.Tell(ctx, tx, id, m); err != nil {
		return err
	}
	ways := make([]string, len(m.Ways))
	for i, way := range m.Ways {
		ways[i] = string(way)
	}
	return s.Audit.Record(ctx, tx, audit.Event{
		Action: "technician.notify", Targets: []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}},
		Detail: map[string]any{"subject": m.Subject, "ways": ways},
	})
}

func changed(ok bool, err error) error {
	if err == nil && !ok {
		return errSame
	}
	return err
}

func union(all []string, more ...string) []string {
	out := slices.Clone(all)
	for _, id := range more {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func without(all []string, gone ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(gone, id) })
}
