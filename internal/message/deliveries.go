package message

import (
	"context"
	"time"

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

// List returns the deliveries of an organization that meet the conditions, the newest first, with every attempt of each.
func List(ctx context.Context, q store.Querier, orgID string, w store.Where, p store.Page) (items []Delivery, attempts map[string][]Request, next string, err error) {
	w.Add("org_id = ?", orgID)
	if items, next, err = listDeliveries(ctx, q, w, p); err != nil || len(items) == 0 {
		return nil, nil, "", err
	}
	ids := make([]string, len(items))
	for i, d := range items {
		ids[i] = d.ID
	}
	if attempts, err = attemptsOf(ctx, q, orgID, ids); err != nil {
		return nil, nil, "", err
	}
	for _, d := range items {
		if d.State == Planned { // the next one, which is no row yet
			attempts[d.ID] = append(attempts[d.ID], Request{Number: d.Attempts + 1, State: "planned"})
		}
	}
	return items, attempts, next, nil
}
