package platformrole

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/technician"
)

// Routes mounts the platform roles of the organization, and which of them a technician has.
func (s *Service) Routes(api *httpapi.API) {
	const list, each, of = "/api/platform-roles", "/api/platform-roles/{id}", "/api/technicians/{id}/platform-role"
	httpapi.Handle(api, httpapi.Route{ID: "list-platform-roles", Method: "GET", Path: list, Summary: "List the organization’s own platform roles", Needs: perm.SignedIn}, s.getList)
	httpapi.Handle(api, httpapi.Route{ID: "create-platform-role", Method: "POST", Path: list, Summary: "Make a platform role", Needs: perm.AdminRoles, Creates: true}, s.post)
	route := func(id, method, summary string, needs perm.Permission) httpapi.Route {
		return httpapi.Route{ID: id, Method: method, Path: each, Summary: summary, Needs: needs, Object: s.object, Rights: method == "PATCH" || method == "PUT"}
	}
	httpapi.Handle(api, route("get-platform-role", "GET", "Read a platform role", perm.SignedIn), s.get)
	httpapi.Handle(api, route("edit-platform-role", "PATCH", "Change some fields of a platform role", perm.AdminRoles), s.patch)
	httpapi.Handle(api, route("replace-platform-role", "PUT", "Change all fields of a platform role", perm.AdminRoles), s.put)
	httpapi.Handle(api, route("delete-platform-role", "DELETE", "Delete a platform role that nobody has", perm.AdminRoles), s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-technician-platform-role", Method: "GET", Path: of, Summary: "Read which of the organization’s own platform roles a technician has",
		Needs: perm.AdminTechnicians, Object: s.technician,
	}, s.getAssignment)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-technician-platform-role", Method: "PUT", Path: of, Summary: "Give a technician a platform role that the organization made",
		Needs: perm.AdminTechnicians, Object: s.technician, Rights: true,
	}, s.putAssignment)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	_, err := s.Find(ctx, id)
	return access.Object{Type: "role", ID: id}, err
}

func (s *Service) technician(ctx context.Context, id string) (access.Object, error) {
	t, err := technician.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	return t.Object(), err
}

type fieldsBody struct {
	Name        string            `json:"name" minLength:"1" maxLength:"100"`
	Description string            `json:"description,omitempty" maxLength:"2000"`
	BasedOn     perm.Role         `json:"based_on" enum:"manager,technician,read_only" doc:"the platform role whose limits and approvals stay, and which people have who get this one; never changes"`
	Customers   engine.Customers  `json:"customers" enum:"all,assigned,teams,own" doc:"which customers it reaches: every one, those assigned to a person or their teams, to their teams alone, to the person alone"`
	Permissions []perm.Permission `json:"permissions" maxItems:"200" doc:"what counts instead of what comes with the platform role; based on read_only nothing but what shows something"`
}

type roleBody struct {
	ID          string            `json:"id"`
	Name        string            `json:"name"`
	Description string            `json:"description"`
	BasedOn     perm.Role         `json:"based_on" enum:"manager,technician,read_only"`
	Customers   engine.Customers  `json:"customers" enum:"all,assigned,teams,own"`
	Permissions []perm.Permission `json:"permissions"`
	People      int64             `json:"people" doc:"who have it"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
	Version     int64             `json:"version"`
}

func bodyOf(r Role) roleBody {
	return roleBody{r.ID, r.Name, r.Description, r.BasedOn, r.Customers, append([]perm.Permission{}, r.Permissions...), r.People, r.CreatedAt, r.UpdatedAt, r.Version}
}

func answer(r Role, err error) (*httpapi.One[roleBody], error) {
	return &httpapi.One[roleBody]{ETag: httpapi.ETag(r.Version), Body: bodyOf(r)}, err
}

func (s *Service) getList(ctx context.Context, _ *struct{}) (*httpapi.Page[roleBody], error) {
	found, err := s.List(ctx)
	return httpapi.NewPage(httpapi.Each(found, bodyOf), ""), err
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*httpapi.Created[roleBody], error) {
	r, err := s.Create(ctx, Fields(in.Body))
	return &httpapi.Created[roleBody]{Location: "/api/platform-roles/" + r.ID, ETag: httpapi.ETag(r.Version), Body: bodyOf(r)}, err
}

func (s *Service) get(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[roleBody], error) {
	return answer(s.Find(ctx, in.ID))
}

func (s *Service) patch(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[fieldsBody]
},
) (*httpapi.One[roleBody], error) {
	return answer(s.Update(ctx, in.ID, func(r Role) (Fields, error) {
		if err := httpapi.IfMatch(in.IfMatch, r.Version); err != nil {
			return r.Fields, err
		}
		b, err := httpapi.Merge(fieldsBody(r.Fields), in.Body.RawMessage)
		return Fields(b), err
	}))
}

func (s *Service) put(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    fieldsBody
},
) (*httpapi.One[roleBody], error) {
	return answer(s.Update(ctx, in.ID, func(r Role) (Fields, error) {
		return Fields(in.Body), httpapi.IfMatch(in.IfMatch, r.Version)
	}))
}

func (s *Service) delete(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID, func(r Role) error { return httpapi.IfMatch(in.IfMatch, r.Version) })
}

type assignmentBody struct {
	RoleID    string           `json:"platform_role_id" doc:"empty: none of the organization’s own"`
	Name      string           `json:"name"`
	Customers engine.Customers `json:"customers" doc:"which ones it reaches: all, assigned, teams or own; empty without one"`
	Version   int64            `json:"version" doc:"0: nothing was saved yet"`
}

func assigned(a Assignment, err error) (*httpapi.One[assignmentBody], error) {
	return &httpapi.One[assignmentBody]{ETag: httpapi.ETag(a.Version), Body: assignmentBody(a)}, err
}

func (s *Service) getAssignment(ctx context.Context, in *struct {
	ID string `path:"id"`
},
) (*httpapi.One[assignmentBody], error) {
	return assigned(s.Of(ctx, in.ID))
}

func (s *Service) putAssignment(ctx context.Context, in *struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
	Body    struct {
		PlatformRoleID string `json:"platform_role_id" maxLength:"36" doc:"based on the platform role that the technician has; empty takes theirs away"`
	}
},
) (*httpapi.One[assignmentBody], error) {
	return assigned(s.Assign(ctx, in.ID, in.Body.PlatformRoleID, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) }))
}
