package team

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// maxBody has room for the ids of as many people and customers as a team may have.
const maxBody = 512 << 10

// Routes mounts the teams.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/teams", "/api/teams/{id}"
	route := func(id, method, path, summary string, needs perm.Permission) httpapi.Route {
		r := httpapi.Route{ID: id, Method: method, Path: path, Summary: summary, Needs: needs, Creates: method == "POST"}
		if method != "GET" {
			r.MaxBody = maxBody
		}
		if path != all {
			r.Object = s.object
		}
		r.Rights = method != "GET"
		return r
	}
	httpapi.Handle(api, route("list-teams", "GET", all, "List teams", perm.SignedIn), s.getList)
	httpapi.Handle(api, route("create-team", "POST", all, "Create a team", perm.AdminTechnicians), s.post)
	httpapi.Handle(api, route("get-team", "GET", each, "Read a team", perm.SignedIn), s.get)
	httpapi.Handle(api, route("list-team-people", "GET", each+"/people", "List who belongs to a team, and who could", perm.SignedIn), s.getPeople)
	httpapi.Handle(api, route("edit-team", "PATCH", each, "Change some fields of a team", perm.SignedIn), s.patch)
	httpapi.Handle(api, route("replace-team", "PUT", each, "Change all fields of a team", perm.SignedIn), s.put)
	httpapi.Handle(api, route("delete-team", "DELETE", each, "Delete a team", perm.AdminTechnicians), s.delete)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	t, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return access.Object{}, err
	}
	return access.Object{Type: "team", ID: id}, s.maySee(ctx, t)
}

// FieldsBody is what people may enter about a team.
type FieldsBody struct {
	Name        string   `json:"name" minLength:"1" maxLength:"100"`
	Description string   `json:"description,omitempty" maxLength:"2000"`
	LeadIDs     []string `json:"lead_ids,omitempty" maxItems:"2000" doc:"technicians; a lead belongs to the team, listed as a member or not"`
	MemberIDs   []string `json:"member_ids,omitempty" maxItems:"2000" doc:"technicians"`
	CustomerIDs []string `json:"customer_ids,omitempty" maxItems:"5000" doc:"whom the people of the team look after"`
}

func (b FieldsBody) fields() Fields {
	return Fields(b)
}

// Body is a team on the wire.
type Body struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Description   string    `json:"description"`
	LeadIDs       []string  `json:"lead_ids"`
	MemberIDs     []string  `json:"member_ids"`
	CustomerIDs   []string  `json:"customer_ids"`
	MemberCount   int       `json:"member_count" doc:"leads and members, each once"`
	CustomerCount int       `json:"customer_count"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
	Version       int64     `json:"version"`
}

func bodyOf(t Team) Body {
	return Body{
		t.ID, t.Name, t.Description, t.LeadIDs, t.MemberIDs, t.CustomerIDs, len(t.people()), len(t.CustomerIDs), t.CreatedAt, t.UpdatedAt, t.Version,
	}
}

func answer(t Team, err error) (*httpapi.One[Body], error) {
	return &httpapi.One[Body]{ETag: httpapi.ETag(t.Version), Body: bodyOf(t)}, err
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	Q            string `query:"q" maxLength:"200" doc:"words in name or description"`
	TechnicianID string `query:"technician_id" maxLength:"36" doc:"to which this technician belongs"`
	CustomerID   string `query:"customer_id" maxLength:"36" doc:"that look after this customer"`
	Sort         string `query:"sort" enum:"name,-name,created_at,-created_at"`
},
) (*httpapi.Page[Body], error) {
	found, next, err := s.List(ctx, Query{Text: in.Q, TechnicianID: in.TechnicianID, CustomerID: in.CustomerID, Sort: in.Sort, Page: in.Page()})
	items := make([]Body, len(found))
	for i, t := range found {
		items[i] = bodyOf(t)
	}
	return httpapi.NewPage(items, next), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body FieldsBody }) (*httpapi.Created[Body], error) {
	t, err := s.Create(ctx, in.Body.fields())
	return &httpapi.Created[Body]{Location: "/api/teams/" + t.ID, ETag: httpapi.ETag(t.Version), Body: bodyOf(t)}, err
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[Body], error) {
	return answer(s.Find(ctx, in.ID))
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[FieldsBody]
},
) (*httpapi.One[Body], error) {
	return answer(s.Update(ctx, in.ID, func(t Team) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, t.Version); err != nil {
			return t.Fields, err
		}
		b, err := httpapi.Merge(FieldsBody(t.Fields), in.Body.RawMessage)
		return b.fields(), err
	}))
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    FieldsBody
},
) (*httpapi.One[Body], error) {
	return answer(s.Update(ctx, in.ID, func(t Team) (Fields, error) {
		return in.Body.fields(), httpapi.IfMatch(in.IfMatch, t.Version)
	}))
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(t Team) error { return httpapi.IfMatch(in.IfMatch, t.Version) })
}

// personBody is as much of a technician as colleagues get to see.
type personBody struct {
	ID           string    `json:"id"`
	Name         string    `json:"name"`
	JobTitle     string    `json:"job_title"`
	PlatformRole perm.Role `json:"platform_role"`
	Status       string    `json:"status" enum:"active,inactive,suspended,over_limit"`
	AvatarURL    *string   `json:"avatar_url"`
	Member       bool      `json:"member"`
	Lead         bool      `json:"lead"`
	MayMove      bool      `json:"may_move" doc:"whether the one who asks may put this person into the team or take them out"`
}

func (s *Service) getPeople(ctx context.Context, in *struct {
	httpapi.Paging
	ID       string `path:"id"`
	Q        string `query:"q" maxLength:"200" doc:"words in the name or email"`
	Everyone bool   `query:"everyone" doc:"those too who do not belong to the team; for who may change its members"`
},
) (*httpapi.Page[personBody], error) {
	found, next, err := s.People(ctx, in.ID, PeopleQuery{Text: in.Q, Everyone: in.Everyone, Page: in.Page()})
	items := make([]personBody, len(found))
	for i, p := range found {
		items[i] = personBody{
			ID: p.ID, Name: p.Name(), JobTitle: p.JobTitle, PlatformRole: p.PlatformRole, Status: string(p.Status), Member: p.Member, Lead: p.Lead,
			MayMove: p.MayMove,
		}
		if p.Avatar != "" {
			address := "/api/avatars/" + p.Avatar
			items[i].AvatarURL = &address
		}
	}
	return httpapi.NewPage(items, next), err
}
