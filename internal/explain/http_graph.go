package explain

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

func (s *Service) graphRoute(api *httpapi.API) {
	httpapi.Handle(api, httpapi.Route{
		ID: "get-access-graph", Method: "GET", Path: "/api/access-graph", Needs: perm.SignedIn,
		Summary: "Draw who reaches what through which team and role: of oneself, or with admin.technicians or admin.roles of anybody and everything",
	}, s.getGraph)
}

type graphInput struct {
	FocusType  string          `query:"focus_type" enum:"technician,team,role,platform_role,device,device_group,customer,all_devices,all_customers,organization,quick_support" doc:"absent for an overview of everybody"`
	FocusID    string          `query:"focus_id" maxLength:"36" doc:"absent for wholes; of a platform role its name or id"`
	Permission perm.Permission `query:"permission" maxLength:"100" doc:"only what is about it"`
	Way        Through         `query:"way" enum:"direct,team,platform_role,override" doc:"only what comes that way"`
	Counting   bool            `query:"counting" doc:"only what counts now"`
	Limit      int             `query:"limit" minimum:"20" maximum:"2000" default:"200" doc:"how many nodes at most; the rest of a column is one node of the type more"`
}

type nodeBody struct {
	Key        string          `json:"key" doc:"what edges name it by"`
	Column     string          `json:"column" enum:"people,teams,roles,places"`
	Type       string          `json:"type" enum:"people,technician,team,role,platform_role,owner,override,deny,default,customer_default,device,device_group,customer,all_devices,all_customers,organization,quick_support,more"`
	ID         string          `json:"id" doc:"empty for what has none; the name of a platform role"`
	Name       string          `json:"name" doc:"empty for wholes, for platform roles that everybody has, and where hidden"`
	Hidden     bool            `json:"hidden" doc:"the reader may not see what it is called"`
	Of         string          `json:"of" doc:"the customer of a device or group"`
	Scope      *scopeBody      `json:"scope,omitempty" doc:"where it was given, if that is one place"`
	Permission perm.Permission `json:"permission,omitempty" doc:"of an override; absent for all of them"`
	State      State           `json:"state" enum:"allow,needs_approval,deny,idle"`
	Miss       engine.Miss     `json:"miss,omitempty" enum:"not_yet,expired,customer_missing,overruled" doc:"why it leads nowhere"`
	Reached    int             `json:"reached" doc:"of a person: how many of the places they reach"`
	Places     int             `json:"places" doc:"of a person: to how many places their ways lead"`
	Count      int             `json:"count" doc:"how many it stands for: of more, and in an overview"`
}

type scopeBody struct {
	Type   engine.Type `json:"type" enum:"device,device_group,customer,all_devices,all_customers,organization,quick_support"`
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Hidden bool        `json:"hidden"`
}

type edgeBody struct {
	From        string      `json:"from"`
	To          string      `json:"to"`
	State       State       `json:"state" enum:"allow,needs_approval,deny,idle"`
	Miss        engine.Miss `json:"miss,omitempty" enum:"not_yet,expired,customer_missing,overruled"`
	Partly      bool        `json:"partly" doc:"some of what goes here leads nowhere now"`
	Permissions int         `json:"permissions" doc:"how many it is about"`
	Rules       []string    `json:"rules" doc:"ids of grants and overrides; at most ten"`
	MoreRules   int         `json:"more_rules"`
	Teams       []namedBody `json:"teams" doc:"that have the customer, where a platform role counts because of it"`
	Count       int         `json:"count" doc:"in an overview: how many people, grants or places"`
}

type ruleBody struct {
	ID      string     `json:"id"`
	Type    string     `json:"type" enum:"grant,override"`
	Whose   string     `json:"whose" enum:"technician,team"`
	Subject namedBody  `json:"subject"`
	Reason  string     `json:"reason"`
	GivenBy namedBody  `json:"given_by" doc:"without a name if it was not a technician who is still there"`
	GivenAt time.Time  `json:"given_at"`
	From    *time.Time `json:"not_before,omitempty"`
	Until   *time.Time `json:"expires_at,omitempty"`
}

type totalsBody struct {
	People int `json:"people"`
	Teams  int `json:"teams"`
	Roles  int `json:"roles"`
	Places int `json:"places"`
}

type graphBody struct {
	Nodes  []nodeBody `json:"nodes" doc:"by column; in a column what counts first, then by name"`
	Edges  []edgeBody `json:"edges"`
	Rules  []ruleBody `json:"rules" doc:"the grants and overrides that edges name, for those who may read them"`
	Focus  string     `json:"focus_name" doc:"what the focus is called; empty for what has no name"`
	Totals totalsBody `json:"totals" doc:"how many there are in each column, shown or not"`
	Cut    bool       `json:"cut" doc:"there was too much to look at all of it: choose less"`
}

var columnNames = [columns]string{"people", "teams", "roles", "places"}

func (s *Service) getGraph(ctx context.Context, in *graphInput) (*httpapi.One[graphBody], error) {
	g, err := s.Graph(ctx, Drawing{Focus: On{in.FocusType, in.FocusID}, Permission: in.Permission, Through: in.Way, Counting: in.Counting, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	t := g.Totals
	return &httpapi.One[graphBody]{Body: graphBody{
		httpapi.Each(g.Nodes, nodeOf), httpapi.Each(g.Edges, edgeOf), httpapi.Each(g.Rules, ruleOf), g.Focus, totalsBody{t[People], t[Teams], t[Roles], t[Places]}, g.Cut,
	}}, nil
}

func nodeOf(n Node) nodeBody {
	b := nodeBody{
		Key: n.Key, Column: columnNames[n.Column], Type: n.Type, ID: n.ID, Name: n.Name, Hidden: n.Hidden, Of: n.Of, Permission: n.Permission,
		State: n.State, Miss: n.Miss, Reached: n.Reached, Places: n.Ends, Count: n.Count,
	}
	if n.Scope != nil {
		b.Scope = &scopeBody{n.Scope.Type, n.Scope.ID, n.Scope.Name, n.Scope.Hidden}
	}
	return b
}

func edgeOf(e Edge) edgeBody {
	return edgeBody{e.From, e.To, e.State, e.Miss, e.Partly, e.Permissions, httpapi.Each(e.Rules, func(id string) string { return id }), e.MoreRules, httpapi.Each(e.Through, named), e.Count}
}

func ruleOf(r Rule) ruleBody {
	b := ruleBody{
		ID: r.ID, Type: "grant", Whose: "technician", Subject: named(r.Subject), Reason: r.Reason, GivenBy: named(r.By), GivenAt: r.At,
		From: httpapi.Optional(r.From), Until: httpapi.Optional(r.Until),
	}
	if r.Override {
		b.Type = "override"
	}
	if r.Team {
		b.Whose = "team"
	}
	return b
}
