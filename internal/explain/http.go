package explain

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the explanations.
func (s *Service) Routes(api *httpapi.API) {
	route := func(id, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: "GET", Path: path, Summary: summary, Needs: perm.SignedIn}
	}
	httpapi.Handle(api, route("explain-access", "/api/access/explanation",
		"Explain why somebody may do something or not: oneself, or with admin.technicians or admin.roles anybody"), s.getWhy)
	httpapi.Handle(api, route("list-access-permissions", "/api/access/permissions", "See what somebody may do to something: oneself, or with admin.technicians or admin.roles anybody"), s.getWhat)
	httpapi.Handle(api, route("list-access-people", "/api/access/who", "List who may do something to something, by name; takes admin.technicians or admin.roles"), s.getWho)
	s.previewRoute(api)
	s.graphRoute(api)
}

// Thing is what a question is about, as part of a request.
type Thing struct {
	ResourceType string `query:"resource_type" required:"true" enum:"device,device_group,customer,contact,ticket,section,organization,quick_support,all_devices,all_customers"`
	ResourceID   string `query:"resource_id" maxLength:"36" doc:"absent for wholes; of a section quick_support or team"`
}

func (t Thing) on() On { return On{t.ResourceType, t.ResourceID} }

type namedBody struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"empty if it is gone"`
}

func named(n Named) namedBody { return namedBody(n) }

type placeBody struct {
	Type engine.Type `json:"type" enum:"device,device_group,customer,all_devices,all_customers,organization,quick_support"`
	ID   string      `json:"id" doc:"empty for wholes"`
	Name string      `json:"name" doc:"the same"`
}

// pathBody is one thing that gives or takes something.
type pathBody struct {
	By    engine.Reason `json:"by" enum:"owner,platform_role,grant,override,customer_default,default,approval"`
	ID    string        `json:"id" doc:"of the grant or override; the name of a platform role; else empty"`
	Role  *namedBody    `json:"role,omitempty" doc:"of a grant; or the platform role that the organization made"`
	Team  *namedBody    `json:"team,omitempty" doc:"that passes it on"`
	At    *placeBody    `json:"at,omitempty" doc:"where it hangs: the thing itself, or something above it"`
	From  *time.Time    `json:"from,omitempty"`
	Until *time.Time    `json:"until,omitempty"`
	Miss  engine.Miss   `json:"miss,omitempty" enum:"not_yet,expired,lacks_permission,customer_missing,overruled" doc:"why it does not help"`
}

func pathOf(p Path) pathBody {
	b := pathBody{By: p.By, ID: p.ID, From: httpapi.Optional(p.From), Until: httpapi.Optional(p.Until), Miss: p.Miss}
	if p.Role.ID != "" {
		b.Role = new(named(p.Role))
	}
	if p.Team.ID != "" {
		b.Team = new(named(p.Team))
	}
	if p.Path.At.Type != "" {
		b.At = &placeBody{p.Path.At.Type, p.At.ID, p.At.Name}
	}
	return b
}

// explanationBody is a decision in full.
type explanationBody struct {
	Outcome engine.Outcome `json:"outcome" enum:"allow,deny,needs_approval"`
	Reason  engine.Reason  `json:"reason" doc:"of a refusal; empty if it is allowed, except for an owner"`
	Because []pathBody     `json:"because" doc:"what allows; for an explicit deny what denies"`
	Misses  []pathBody     `json:"misses" doc:"of a refusal: what nearly allows"`
	Givers  []namedBody    `json:"who_could_give" doc:"of a refusal: the first ten administrators and owners"`
}

func (s *Service) getWhy(ctx context.Context, in *struct {
	TechnicianID string          `query:"technician_id" required:"true" maxLength:"36"`
	Permission   perm.Permission `query:"permission" required:"true" maxLength:"100"`
	Thing
},
) (*httpapi.One[explanationBody], error) {
	x, err := s.Why(ctx, in.TechnicianID, in.Permission, in.on())
	return &httpapi.One[explanationBody]{Body: explanationBody{
		x.Outcome, x.Reason, httpapi.Each(x.Because, pathOf), httpapi.Each(x.Misses, pathOf), httpapi.Each(x.Givers, named),
	}}, err
}

type decidedBody struct {
	Permission perm.Permission `json:"permission"`
	Outcome    engine.Outcome  `json:"outcome" enum:"allow,deny,needs_approval"`
	Reason     engine.Reason   `json:"reason" doc:"of a refusal; empty if it is allowed, except for an owner"`
}

func (s *Service) getWhat(ctx context.Context, in *struct {
	TechnicianID string `query:"technician_id" required:"true" maxLength:"36"`
	Thing
},
) (*httpapi.Page[decidedBody], error) {
	found, err := s.What(ctx, in.TechnicianID, in.on())
	return httpapi.NewPage(httpapi.Each(found, func(d Decided) decidedBody { return decidedBody(d) }), ""), err
}

type personBody struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Because []pathBody `json:"because"`
}

func (s *Service) getWho(ctx context.Context, in *struct {
	Permission perm.Permission `query:"permission" required:"true" maxLength:"100"`
	Thing
	httpapi.Paging
},
) (*httpapi.Page[personBody], error) {
	found, next, err := s.Who(ctx, in.Permission, in.on(), in.Page())
	items := httpapi.Each(found, func(p Person) personBody { return personBody{p.ID, p.Name, httpapi.Each(p.Because, pathOf)} })
	return httpapi.NewPage(items, next), err
}
