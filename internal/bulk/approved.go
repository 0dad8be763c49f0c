package bulk

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// Approval is the action that has to be approved for work on more than MaxAlone people; administrators may do it alone.
const Approval = "technician.bulk"

// MaxAlone is on how many people somebody works at once without a second person.
const MaxAlone = 25

// large refuses work on many people to whoever is no administrator and has no approval for it.
func large(ctx context.Context, people int) error {
	a := access.ActorFrom(ctx)
	if people <= MaxAlone || a.Owner || a.Role == perm.Administrator {
		return nil
	}
	return access.NeedsSecond(ctx, Approval, nil)
}

// Planned is an order that has been checked, with the people it means.
type Planned struct {
	Order  Order    // with the ids of those whom a filter matched
	People []string // their names, in the order of the ids
	Team   string   // the name of the order's team
	Role   string   // what the organization's own platform role in the order is called
}

// Plan checks an order and settles whom it means.
func (s *Service) Plan(ctx context.Context, q store.Querier, o Order) (Planned, error) {
	if err := s.Guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return Planned{}, err
	}
	p, err := s.prepare(ctx, o)
	if err != nil {
		return Planned{}, err
	}
	known, err := technician.ByIDs(ctx, q, access.ActorFrom(ctx).OrgID, p.IDs)
	if err != nil {
		return Planned{}, err
	}
	out := Planned{Order: o, Team: p.TeamName, Role: p.OwnRole}
	out.Order.IDs, out.Order.Filter, out.Order.Reason, out.Order.Message = p.IDs, nil, p.Reason, p.Message
	for _, id := range p.IDs {
		out.People = append(out.People, strings.TrimSpace(known[id].Name()))
	}
	return out, nil
}

// StartIn is Start in the transaction of the caller.
func (s *Service) StartIn(ctx context.Context, tx *store.Tx, o Order) (task.Task, error) {
	if err := s.Guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return task.Task{}, err
	}
	p, err := s.prepare(ctx, o)
	if err != nil {
		return task.Task{}, err
	}
	if err := large(ctx, len(p.IDs)); err != nil {
		return task.Task{}, err
	}
	return s.start(ctx, tx, p)
}

func (s *Service) start(ctx context.Context, tx *store.Tx, p payload) (task.Task, error) {
	t, err := s.Tasks.Start(ctx, tx, Kind, len(p.IDs), p)
	if err != nil {
		return t, fmt.Errorf("start bulk work: %w", err)
	}
	detail := map[string]any{"people": len(p.IDs)}
	for name, value := range p.TaskData() {
		detail[name] = value
	}
	return t, s.Audit.Record(ctx, tx, audit.Event{
		Action: "technician.bulk", Targets: []audit.Target{{Type: "task", ID: t.ID, Name: string(p.Action)}}, Detail: detail,
	})
}
