package message

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// Request is one attempt as people see it.
type Request struct {
	Number         int
	Provider       string
	State          string
	Reason         string
	PossibleRepeat bool
	StartedAt      time.Time
	EndedAt        time.Time
}

// Deliveries lists what was sent for an owner, the newest first, with every attempt. It shows those of the customers on which the actor
// may run verifications; an empty owner means all.
func (s *Service) Deliveries(ctx context.Context, owner Ref, p store.Page) (items []Delivery, attempts map[string][]Request, next string, err error) {
	scope, err := s.Guard.Customers(ctx, perm.VerificationRun)
	if err != nil {
		return nil, nil, "", err
	}
	orgID := access.ActorFrom(ctx).OrgID
	w := store.Where{}
	w.Add("org_id = ?", orgID)
	if owner.Type != "" {
		w.Add("owner_type = ?", owner.Type)
	}
	if owner.ID != "" {
		w.Add("owner_id = ?", owner.ID)
	}
	scope.Where(&w, "customer_id")
	if items, next, err = listDeliveries(ctx, s.DB.Read(), w, p); err != nil || len(items) == 0 {
		return nil, nil, "", err
	}
	ids := make([]string, len(items))
	for i, d := range items {
		ids[i] = d.ID
	}
	if attempts, err = attemptsOf(ctx, s.DB.Read(), orgID, ids); err != nil {
		return nil, nil, "", err
	}
	for _, d := range items {
		if d.State == Planned { // the next one, which is no row yet
			attempts[d.ID] = append(attempts[d.ID], Request{Number: d.Attempts + 1, State: "planned"})
		}
	}
	return items, attempts, next, nil
}
