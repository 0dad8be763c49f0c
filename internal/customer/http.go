package customer

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the customers.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/customers", "/api/customers/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-customers", Method: "GET", Path: all, Summary: "List customers", Needs: perm.CustomerView,
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-customer", Method: "POST", Path: all, Summary: "Create a customer", Needs: perm.AdminCustomers, Creates: true, MaxBody: maxBody,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-customer", Method: "GET", Path: each, Summary: "Read a customer", Needs: perm.CustomerView, Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-customer", Method: "PATCH", Path: each, Summary: "Change some fields of a customer", Needs: perm.CustomerEdit, Object: s.object, Rights: true,
		MaxBody: maxBody,
	}, s.patch)
	httpapi.Handle(api, httpapi.Route{
		ID: "replace-customer", Method: "PUT", Path: each, Summary: "Change all fields of a customer", Needs: perm.CustomerEdit, Object: s.object, Rights: true,
		MaxBody: maxBody,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-customer", Method: "DELETE", Path: each, Summary: "Delete a customer without contacts and tickets", Needs: perm.AdminCustomers, Rights: true,
		Object: s.object,
	}, s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-customer-people", Method: "GET", Path: each + "/people", Summary: "See which teams and technicians reach a customer",
		Needs: perm.CustomerView, Object: s.object,
	}, s.getPeople)
}

const maxBody = 256 << 10 // notes in any script, and domains

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	c, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	return c.Object(), err
}

// fieldsBody is what may be entered.
type fieldsBody struct {
	Name    string   `json:"name" minLength:"1" maxLength:"200"`
	Domains []string `json:"domains,omitempty" maxItems:"100" doc:"domain names of the company"`
	Notes   string   `json:"notes,omitempty" maxLength:"20000"`
	Status  Status   `json:"status,omitempty" enum:"active,inactive" doc:"active if absent"`
	Phone   string   `json:"phone,omitempty" maxLength:"40" doc:"as people write it; kept in E.164"`
	Address string   `json:"address,omitempty" maxLength:"1000"`
	Website string   `json:"website,omitempty" maxLength:"500"`
}

// customerBody is a customer on the wire.
type customerBody struct {
	ID              string    `json:"id"`
	Name            string    `json:"name"`
	Domains         []string  `json:"domains"`
	Notes           string    `json:"notes"`
	Status          Status    `json:"status" enum:"active,inactive"`
	Phone           string    `json:"phone"`
	Address         string    `json:"address"`
	Website         string    `json:"website"`
	ContactCount    int64     `json:"contact_count"`
	OpenTicketCount int64     `json:"open_ticket_count"`
	CreatedAt       time.Time `json:"created_at"`
	UpdatedAt       time.Time `json:"updated_at"`
	Version         int64     `json:"version"`
}

func bodyOf(c Customer) customerBody {
	return customerBody{
		c.ID, c.Name, c.Domains, c.Notes, c.Status, c.Phone, c.Address, c.Website, c.ContactCount, c.OpenTicketCount,
		c.CreatedAt, c.UpdatedAt, c.Version,
	}
}

func one(c Customer) *httpapi.One[customerBody] {
	return &httpapi.One[customerBody]{ETag: httpapi.ETag(c.Version), Body: bodyOf(c)}
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	Q      string `query:"q" maxLength:"200" doc:"words in name, domains or phone"`
	Status Status `query:"status" enum:"active,inactive"`
	Sort   string `query:"sort" enum:"name,-name,created_at,-created_at"`
},
) (*httpapi.Page[customerBody], error) {
	found, next, err := s.List(ctx, Query{Text: in.Q, Status: in.Status, Sort: in.Sort, Page: in.Page()})
	items := make([]customerBody, len(found))
	for i, c := range found {
		items[i] = bodyOf(c)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*httpapi.Created[customerBody], error) {
	c, err := s.Create(ctx, Fields(in.Body))
	return &httpapi.Created[customerBody]{Location: "/api/customers/" + c.ID, ETag: httpapi.ETag(c.Version), Body: bodyOf(c)}, err
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[customerBody], error) {
	c, err := s.Find(ctx, in.ID)
	return one(c), err
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[customerBody], error) {
	c, err := s.Update(ctx, in.ID, func(c Customer) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, c.Version); err != nil {
			return c.Fields, err
		}
		b, err := httpapi.Merge(fieldsBody(c.Fields), in.Body.RawMessage)
		return Fields(b), err
	})
	return one(c), err
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    fieldsBody
},
) (*httpapi.One[customerBody], error) {
	c, err := s.Update(ctx, in.ID, func(c Customer) (Fields, error) {
		return Fields(in.Body), httpapi.IfMatch(in.IfMatch, c.Version)
	})
	return one(c), err
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(c Customer) error { return httpapi.IfMatch(in.IfMatch, c.Version) })
}

type teamBody struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type technicianBody struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Via    string `json:"via" enum:"direct,team,role" doc:"how the customer is reached; the first of them that holds"`
	Active bool   `json:"active" doc:"may act now: neither suspended, nor gone, nor only invited"`
}

type peopleBody struct {
	Teams       []teamBody       `json:"teams"`
	Technicians []technicianBody `json:"technicians"`
}

func (s *Service) getPeople(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*struct{ Body peopleBody }, error) {
	found, err := s.People(ctx, in.ID)
	out := peopleBody{Teams: make([]teamBody, len(found.Teams)), Technicians: make([]technicianBody, len(found.Technicians))}
	for i, t := range found.Teams {
		out.Teams[i] = teamBody{t.ID, t.Name}
	}
	for i, t := range found.Technicians {
		out.Technicians[i] = technicianBody(t)
	}
	return &struct{ Body peopleBody }{out}, err
}
