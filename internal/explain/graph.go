package explain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var errFocus = fault.Field("/focus_id", "explain.focus_required", "Say which one.")

// The types of focus beside those of targets.
const (
	technicianFocus   = "technician"
	teamFocus         = "team"
	roleFocus         = "role"
	platformRoleFocus = "platform_role"
)

// Through is a kind of way: by what was given to people themselves, by way of a team, by the platform role with what everybody has, or by an override.
type Through string

// The kinds of way.
const (
	Directly       Through = "direct"
	ByTeam         Through = "team"
	ByPlatformRole Through = "platform_role"
	ByOverride     Through = "override"
)

// platform are the platform roles that everybody has.
var platform = []perm.Role{perm.Administrator, perm.Manager, perm.Technician, perm.ReadOnly}

// Drawing is what a graph of access is asked for. Without a focus it is an overview.
type Drawing struct {
	Focus      On // one of the types of focus, or a customer, group, device or whole
	Permission perm.Permission
	Through    Through // "" for every kind
	Counting   bool    // leaves out what leads nowhere now
	Limit      int     // how many nodes there are at most; from 20
}

// Graph draws who reaches what through which team and role. Of themselves everybody may see it, of others whoever manages technicians or roles. What it shows
// is bounded; what is over that is counted in nodes of the type more. Its order is always the same.
func (s *Service) Graph(ctx context.Context, d Drawing) (Graph, error) {
	ctx = access.Looking(ctx)
	if d.Permission != "" && !perm.Known(d.Permission) {
		return Graph{}, errPermission
	}
	v, err := s.graphView(ctx, d.Focus)
	if err != nil {
		return Graph{}, err
	}
	b := &builder{d: d, view: v, now: store.Now(), actor: access.ActorFrom(ctx), nodes: map[string]*Node{}, edges: map[[2]string]*edge{}}
	b.details = d.Focus.Type == technicianFocus && d.Focus.ID == b.actor.ID || s.guard.Holds(ctx, perm.AdminTechnicians) == nil
	if d.Focus.Type == "" {
		b.overview(v.e.Overview(b.now, d.Permission))
	} else {
		found := b.ask()
		b.cut = found.Cut
		for i := range found.All {
			if b.wanted(&found.All[i]) {
				b.way(&found.All[i])
			}
		}
	}
	return b.graph(ctx, s.db.Read())
}

// graphView settles that the caller may ask, and that there is what they ask about.
func (s *Service) graphView(ctx context.Context, on On) (v view, err error) {
	switch on.Type {
	case technicianFocus:
		return s.view(ctx, on.ID, On{Type: string(engine.Organization)})
	case teamFocus, roleFocus, platformRoleFocus:
		if v, err = s.view(ctx, "", On{Type: string(engine.Organization)}); err != nil {
			return v, err
		}
		if on.Type == platformRoleFocus && slices.Contains(platform, perm.Role(on.ID)) {
			return v, nil
		}
		there := false
		k := map[string]kind{teamFocus: teams, roleFocus: roles, platformRoleFocus: platformRoles}[on.Type]
		err = names(ctx, s.db.Read(), v.org, k, map[string]bool{on.ID: true}, func(string, string) { there = true })
		if err == nil && !there {
			err = errUnseen
		}
		return v, err
	case "":
		return s.view(ctx, "", On{Type: string(engine.Organization)})
	}
	if v, err = s.view(ctx, "", on); err != nil {
		return v, err
	}
	if on.ID == "" && !v.target.Whole() {
		return v, errFocus
	}
	return v, nil
}

// builder draws.
type builder struct {
	view

	d       Drawing
	now     time.Time
	actor   access.Actor
	details bool // the caller may read why somebody was given something, and by whom
	cut     bool
	nodes   map[string]*Node
	edges   map[[2]string]*edge
	totals  [columns]int
	titles  map[kind]map[string]title
}

func (b *builder) ask() engine.Ways {
	switch e, id := b.e, b.d.Focus.ID; b.d.Focus.Type {
	case technicianFocus:
		return e.WaysOf(b.now, b.d.Permission, id)
	case teamFocus:
		return e.WaysOfTeam(b.now, b.d.Permission, id)
	case roleFocus:
		return e.WaysOfRole(b.now, b.d.Permission, id)
	case platformRoleFocus:
		if slices.Contains(platform, perm.Role(id)) {
			return e.WaysOfPlatformRole(b.now, b.d.Permission, perm.Role(id), "")
		}
		return e.WaysOfPlatformRole(b.now, b.d.Permission, "", id)
	}
	return b.e.WaysTo(b.now, b.d.Permission, b.target)
}

func (b *builder) wanted(w *engine.Way) bool {
	if b.d.Counting && w.Miss != "" {
		return false
	}
	rule := w.By == engine.ByGrant || w.By == engine.ByOverride
	switch b.d.Through {
	case Directly:
		return rule && w.Team == engine.ID{}
	case ByTeam:
		return rule && w.Team != engine.ID{}
	case ByPlatformRole:
		return !rule
	case ByOverride:
		return w.By == engine.ByOverride
	}
	return true
}

// seen says whether the caller may know what a place is called.
func (b *builder) seen(on engine.Target) bool {
	return resource.Seen(b.e, b.now, b.actor.ID, b.actor.Ceiling, on)
}

// graph is what was drawn, within its bounds and with names.
func (b *builder) graph(ctx context.Context, q store.Querier) (g Graph, err error) {
	kept, err := b.bounded(ctx, q)
	if err != nil {
		return g, err
	}
	g = Graph{Nodes: kept, Totals: b.totals, Cut: b.cut}
	if on := b.d.Focus; on.ID != "" {
		k := tableOf(&Node{Type: on.Type, Named: Named{ID: on.ID}}) // whoever may ask about a thing sees it
		if err := titles(ctx, q, b.org, k, []string{on.ID}, func(_ string, t title) { g.Focus = t.name }); err != nil {
			return g, err
		}
	}
	wanted := map[string]bool{}
	g.Edges = b.drawn(kept, wanted)
	if b.details {
		if g.Rules, err = rules(ctx, q, b.org, wanted); err != nil {
			return g, fmt.Errorf("read what gives access: %w", err)
		}
	}
	return g, nil
}
