package grant

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// Routes mounts grants, overrides and default permissions.
func (s *Service) Routes(api *httpapi.API) {
	const all, each = "/api/grants", "/api/grants/{id}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-grants", Method: "GET", Path: all, Summary: "List grants: to others than administrators, the ones that reach themselves", Needs: perm.SignedIn,
	}, s.getList)
	httpapi.Handle(api, httpapi.Route{
		ID: "create-grant", Method: "POST", Path: all, Summary: "Give a role to a technician or team", Needs: perm.AdminTechnicians, Creates: true, Rights: true,
	}, s.post)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-grant", Method: "GET", Path: each, Summary: "Read a grant", Needs: perm.SignedIn, Object: s.object,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "delete-grant", Method: "DELETE", Path: each, Summary: "Take a role away", Needs: perm.AdminTechnicians, Object: s.object, Rights: true,
	}, s.delete)
	s.overrideRoutes(api)
	s.defaultRoutes(api)
	s.loanRoutes(api)
}

func (s *Service) object(ctx context.Context, id string) (access.Object, error) {
	_, err := s.Find(ctx, id)
	return access.Object{Type: "grant", ID: id}, err
}

// ThingBody is something with a name.
type ThingBody struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"empty where the reader may not see it"`
}

type subjectInput struct {
	Type SubjectType `json:"type" enum:"technician,team"`
	ID   string      `json:"id" maxLength:"36"`
}

type subjectBody struct {
	Type SubjectType `json:"type" enum:"technician,team"`
	ID   string      `json:"id"`
	Name string      `json:"name"`
}

// section is how a part of the product is called as a scope.
const (
	section      = "section"
	quickSupport = "quick_support"
	teamSection  = "team" // the same as the organization (D-5)
)

type scopeInput struct {
	Type string `json:"type" enum:"device,device_group,customer,all_devices,all_customers,section,organization"`
	ID   string `json:"id,omitempty" maxLength:"36" doc:"of the device, group or customer; of a section quick_support or team"`
}

func (b scopeInput) target() engine.Target {
	if b.Type != section {
		return engine.Target{Type: engine.Type(b.Type), ID: b.ID}
	}
	switch b.ID {
	case quickSupport:
		return engine.Target{Type: engine.QuickSupport}
	case teamSection:
		return engine.Target{Type: engine.Organization}
	}
	return engine.Target{} // refused
}

type scopeBody struct {
	Type string `json:"type" enum:"device,device_group,customer,all_devices,all_customers,section,organization"`
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty" doc:"absent for wholes, and where the reader may not see it"`
}

func scopeOf(s Scope) scopeBody {
	if s.Type == engine.QuickSupport {
		return scopeBody{Type: section, ID: quickSupport}
	}
	return scopeBody{string(s.Type), s.ID, s.Name}
}

type fieldsBody struct {
	Subject   subjectInput `json:"subject"`
	RoleID    string       `json:"role_id" maxLength:"36"`
	Scope     scopeInput   `json:"scope"`
	NotBefore *time.Time   `json:"not_before,omitempty" nullable:"true" doc:"absent: at once"`
	ExpiresAt *time.Time   `json:"expires_at,omitempty" nullable:"true" doc:"dead at this time; absent: for ever"`
	Reason    string       `json:"reason,omitempty" maxLength:"500"`
}

func (b fieldsBody) fields() Fields {
	return Fields{
		Subject: Subject{b.Subject.Type, Thing{ID: b.Subject.ID}}, RoleID: b.RoleID, On: b.Scope.target(), Times: times(b.NotBefore, b.ExpiresAt),
		Reason: b.Reason,
	}
}

func times(from, until *time.Time) (t Times) {
	if from != nil {
		t.NotBefore = *from
	}
	if until != nil {
		t.ExpiresAt = *until
	}
	return t
}

type roleBody struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Purpose perm.Purpose `json:"purpose" enum:"devices,invitations,administration,customers"`
}

// Body is a grant on the wire.
type Body struct {
	ID        string      `json:"id"`
	Subject   subjectBody `json:"subject"`
	Role      roleBody    `json:"role"`
	Scope     scopeBody   `json:"scope"`
	ViaTeam   *ThingBody  `json:"via_team,omitempty" doc:"in a list of a technician’s: the team that passes it on"`
	NotBefore *time.Time  `json:"not_before,omitempty"`
	ExpiresAt *time.Time  `json:"expires_at,omitempty"`
	Reason    string      `json:"reason"`
	CreatedBy ThingBody   `json:"created_by"`
	CreatedAt time.Time   `json:"created_at"`
	State     State       `json:"state" enum:"active,waiting,expired" doc:"waiting: it begins later"`
}

func bodyOf(g Grant) Body {
	b := Body{
		ID: g.ID, Subject: subjectBody{g.Subject.Type, g.Subject.ID, g.Subject.Name}, Role: roleBody{g.Role.ID, g.Role.Name, g.Purpose},
		Scope: scopeOf(g.Scope), NotBefore: httpapi.Optional(g.NotBefore), ExpiresAt: httpapi.Optional(g.ExpiresAt), Reason: g.Reason,
		CreatedBy: ThingBody(g.CreatedBy), CreatedAt: g.CreatedAt, State: g.StateAt(store.Now()),
	}
	if g.Via {
		b.ViaTeam = &ThingBody{g.Subject.ID, g.Subject.Name}
	}
	return b
}

func (s *Service) getList(ctx context.Context, in *struct {
	httpapi.Paging
	TechnicianID string `query:"technician_id" maxLength:"36" doc:"of this technician"`
	Inherited    bool   `query:"inherited" doc:"with technician_id: those of the technician’s teams too"`
	TeamID       string `query:"team_id" maxLength:"36" doc:"of this team"`
	RoleID       string `query:"role_id" maxLength:"36" doc:"of this role"`
	CustomerID   string `query:"customer_id" maxLength:"36" doc:"on this customer, or on a group or device of it"`
	Sort         string `query:"sort" enum:"created_at,-created_at"`
},
) (*httpapi.Page[Body], error) {
	found, next, err := s.List(ctx, Query{
		TechnicianID: in.TechnicianID, Inherited: in.Inherited, TeamID: in.TeamID, RoleID: in.RoleID, CustomerID: in.CustomerID, Sort: in.Sort, Page: in.Page(),
	})
	return httpapi.NewPage(httpapi.Each(found, bodyOf), next), err
}

type created struct {
	Location string `header:"Location"`
	Body     Body
}

func (s *Service) post(ctx context.Context, in *struct{ Body fieldsBody }) (*created, error) {
	g, err := s.Create(ctx, in.Body.fields())
	return &created{"/api/grants/" + g.ID, bodyOf(g)}, err
}

type idInput struct {
	ID string `path:"id"`
}

type oneGrant struct{ Body Body }

func (s *Service) get(ctx context.Context, in *idInput) (*oneGrant, error) {
	g, err := s.Find(ctx, in.ID)
	return &oneGrant{bodyOf(g)}, err
}

func (s *Service) delete(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, s.Delete(ctx, in.ID)
}
