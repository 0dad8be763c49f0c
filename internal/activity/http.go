package activity

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/technician"
)

// Routes mounts the activity of technicians.
func (s *Service) Routes(api *httpapi.API) {
	const each = "/api/technicians/{id}/activity"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-technician-activity", Method: "GET", Path: each,
		Summary: "See what a technician did, newest first: one's own, or anybody's with admin.technicians", Needs: perm.SignedIn, Object: s.object,
	}, s.get)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return access.Object{Type: "technician", ID: t.ID}, err
}

// itemBody is an event, or with the kind customers a customer.
type itemBody struct {
	At           time.Time           `json:"at" doc:"of a customer: when last"`
	CustomerID   string              `json:"customer_id"`
	CustomerName string              `json:"customer_name" doc:"as it is now; empty if the customer is gone"`
	Count        int64               `json:"count" doc:"of a customer: how many events; else 1"`
	Event        *auditlog.EventBody `json:"event" doc:"null for a customer"`
}

func (s *Service) get(ctx context.Context, in *struct {
	ID   string    `path:"id"`
	Kind Kind      `query:"kind" enum:"sign_ins,actions,failures,customers" default:"actions"`
	From time.Time `query:"from" doc:"the earliest time; customers are counted for 30 days if absent"`
	To   time.Time `query:"to" doc:"the time before which the events are"`
	httpapi.Paging
},
) (*httpapi.Page[itemBody], error) {
	q := Query{Kind: in.Kind, From: in.From, To: in.To, Page: in.Page()}
	if in.Kind == Customers {
		used, err := s.Customers(ctx, in.ID, q)
		items := make([]itemBody, len(used))
		for i, u := range used {
			items[i] = itemBody{At: u.Last, CustomerID: u.CustomerID, CustomerName: u.Name, Count: u.Events}
		}
		return httpapi.NewPage(items, ""), err
	}
	found, next, err := s.Events(ctx, in.ID, q)
	items := make([]itemBody, len(found))
	for i, e := range found {
		items[i] = itemBody{At: e.At, CustomerID: e.CustomerID, CustomerName: e.CustomerName, Count: 1, Event: new(auditlog.BodyOf(e.Entry))}
	}
	return httpapi.NewPage(items, next), err
}
