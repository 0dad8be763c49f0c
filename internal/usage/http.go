package usage

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts unused rights and the backtest.
func (s *Service) Routes(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "list-unused-access", Method: "GET", Path: "/api/access/unused", Needs: perm.SignedIn,
		Summary: "List active technicians with permissions that roles give them and that they do not use, by name; takes admin.technicians or admin.roles",
	}, s.getPeople)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-unused-role-access", Method: "GET", Path: "/api/access/unused-by-role", Needs: perm.SignedIn,
		Summary: "List roles with permissions that none of those who have them use, by name; takes admin.technicians or admin.roles",
	}, s.getRoles)
	httpapi.Handle(api, httpapi.Route{
		ID: "backtest-role", Method: "POST", Path: "/api/access/backtest", Needs: perm.SignedIn, Status: 200,
		Summary: "Replay recorded decisions as if a role were another one, without changing it; takes admin.technicians or admin.roles",
	}, s.postBacktest)
	s.narrowRoute(api)
}

type namedBody struct {
	ID   string `json:"id"`
	Name string `json:"name" doc:"empty if it is gone"`
}

func named(n Named) namedBody { return namedBody(n) }

type rightBody struct {
	Permission perm.Permission `json:"permission"`
	Roles      []namedBody     `json:"roles" doc:"that give it; empty in a list of roles"`
	LastUsed   *time.Time      `json:"last_used_at,omitempty" doc:"absent for never, as far as the record goes"`
	LastAsked  *time.Time      `json:"last_asked_at,omitempty" doc:"when another program last asked whether they may, and was told yes; absent for never"`
	HeldSince  *time.Time      `json:"held_since,omitempty" doc:"when it was first given, of what counts now"`
}

func rights(of []Right) []rightBody {
	return httpapi.Each(of, func(r Right) rightBody {
		return rightBody{r.Permission, httpapi.Each(r.Roles, named), httpapi.Optional(r.LastUsed), httpapi.Optional(r.LastAsked), httpapi.Optional(r.HeldSince)}
	})
}

type personBody struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Held   int         `json:"held" doc:"how many permissions roles give them"`
	Unused []rightBody `json:"unused"`
}

type roleBody struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Purpose perm.Purpose `json:"purpose" enum:"devices,invitations,administration,customers"`
	Held    int          `json:"held" doc:"how many permissions are in it"`
	Holders int          `json:"holders" doc:"how many active technicians have it, themselves or by way of a team"`
	Unused  []rightBody  `json:"unused"`
}

type peopleBody struct {
	Items      []personBody `json:"items"`
	NextCursor string       `json:"next_cursor,omitempty" doc:"pass it as cursor to get the next page; absent on the last one"`
	Since      *time.Time   `json:"recorded_since,omitempty" doc:"nothing is known of before; absent if nothing is recorded yet"`
}

type rolesBody struct {
	Items      []roleBody `json:"items"`
	NextCursor string     `json:"next_cursor,omitempty" doc:"pass it as cursor to get the next page; absent on the last one"`
	Since      *time.Time `json:"recorded_since,omitempty" doc:"nothing is known of before; absent if nothing is recorded yet"`
}

// Looked is what is looked for, as part of a request.
type Looked struct {
	httpapi.Paging
	Days   int    `query:"days" minimum:"7" maximum:"365" default:"90" doc:"for how long it was not used"`
	RoleID string `query:"role_id" maxLength:"36" doc:"only what this role gives"`
}

func (s *Service) getPeople(ctx context.Context, in *struct {
	Looked
	TechnicianID string `query:"technician_id" maxLength:"36"`
},
) (*httpapi.One[peopleBody], error) {
	found, next, err := s.People(ctx, Query{in.Days, in.TechnicianID, in.RoleID, in.Page()})
	if err != nil {
		return nil, err
	}
	since, err := s.sinceOf(ctx)
	return &httpapi.One[peopleBody]{Body: peopleBody{httpapi.Each(found, func(p Person) personBody {
		return personBody{p.ID, p.Name, p.Held, rights(p.Unused)}
	}), next, since}}, err
}

func (s *Service) getRoles(ctx context.Context, in *Looked) (*httpapi.One[rolesBody], error) {
	found, next, err := s.Roles(ctx, Query{Days: in.Days, RoleID: in.RoleID, Page: in.Page()})
	if err != nil {
		return nil, err
	}
	since, err := s.sinceOf(ctx)
	return &httpapi.One[rolesBody]{Body: rolesBody{httpapi.Each(found, func(r OfRole) roleBody {
		return roleBody{r.ID, r.Name, r.Purpose, r.Held, r.Holders, rights(r.Unused)}
	}), next, since}}, err
}

type draftBody struct {
	RoleID      string            `json:"role_id" maxLength:"36" doc:"the role that is tried out as another one"`
	Permissions []perm.Permission `json:"permissions,omitempty" maxItems:"200" doc:"what it would hold; absent for what it holds"`
	Sensitive   []perm.Permission `json:"sensitive_permissions,omitempty" maxItems:"200" doc:"of those, what would take an approval when given by it; absent for what does"`
	Days        int               `json:"days,omitempty" minimum:"1" maximum:"90" default:"30" doc:"how many days of decisions are replayed, today among them; what programs were told is kept for 30"`
}

type pairBody struct {
	Recorded engine.Outcome `json:"recorded" enum:"allow,deny,needs_approval"`
	Draft    engine.Outcome `json:"draft" enum:"allow,deny,needs_approval"`
	Times    int64          `json:"times"`
}

type differenceBody struct {
	Technician   namedBody       `json:"technician"`
	Permission   perm.Permission `json:"permission"`
	ResourceType engine.Type     `json:"resource_type" doc:"empty for the question whether they hold it anywhere"`
	ResourceID   string          `json:"resource_id" doc:"empty for what has none"`
	ResourceName string          `json:"resource_name" doc:"empty for what has none, or must not be seen"`
	Times        int64           `json:"times"`
	LastAt       time.Time       `json:"last_at"`
	Recorded     engine.Outcome  `json:"recorded" enum:"allow,deny,needs_approval"`
	Today        engine.Outcome  `json:"today" enum:"allow,deny,needs_approval" doc:"with the role as it is; equal to draft if the draft has nothing to do with it"`
	Draft        engine.Outcome  `json:"draft" enum:"allow,deny,needs_approval"`
	Program      bool            `json:"by_program" doc:"another program asked"`
}

type backtestBody struct {
	Since     *time.Time       `json:"recorded_since,omitempty" doc:"nothing is known of before; absent if nothing is recorded yet"`
	Replayed  int64            `json:"replayed" doc:"decisions, each as often as it was made"`
	Gone      int64            `json:"gone" doc:"not replayed: what they were about is no more, or who asked is not active any more"`
	Otherwise int64            `json:"otherwise" doc:"of the replayed, how many would come out otherwise"`
	Anyway    int64            `json:"anyway" doc:"of those, how many would without the draft too: other things have changed since"`
	People    int              `json:"people" doc:"to how many the draft does something"`
	Pairs     []pairBody       `json:"pairs"`
	Items     []differenceBody `json:"items" doc:"first what the draft does, then what happened most often; at most 200"`
	More      bool             `json:"more" doc:"there are more than items"`
}

func (s *Service) postBacktest(ctx context.Context, in *struct{ Body draftBody }) (*httpapi.One[backtestBody], error) {
	b, err := s.Backtest(ctx, Draft(in.Body))
	if err != nil {
		return nil, err
	}
	out := backtestBody{Since: httpapi.Optional(b.Since), Replayed: b.Replayed, Gone: b.Gone, Anyway: b.Anyway, People: b.People, Pairs: []pairBody{}, More: b.More}
	outcomes := []engine.Outcome{engine.Allow, engine.NeedsApproval, engine.Deny}
	for _, was := range outcomes {
		for _, now := range outcomes {
			if n := b.Otherwise[Pair{was, now}]; n > 0 {
				out.Otherwise += n
				out.Pairs = append(out.Pairs, pairBody{was, now, n})
			}
		}
	}
	out.Items = httpapi.Each(b.Listed, func(d Difference) differenceBody {
		return differenceBody{named(d.Technician), d.Permission, d.On.Type, d.On.ID, d.Name, d.Times, d.LastAt, d.Recorded, d.Today, d.Draft, d.Program}
	})
	return &httpapi.One[backtestBody]{Body: out}, nil
}

func (s *Service) sinceOf(ctx context.Context) (*time.Time, error) {
	at, err := s.recordedSince(ctx)
	return httpapi.Optional(at), err
}
