package explain

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// title is what something is called, and whose it is.
type title struct{ name, customer, owner string }

// maxNamed is how many nodes of a column are put into order by their names. Of more, those with the smallest ids are; the others have no room anyway.
const maxNamed = 2_000

// bounded are the nodes for which there is room, with names: by column, what counts first, then by name.
func (b *builder) bounded(ctx context.Context, q store.Querier) (kept []Node, err error) {
	var all [columns][]*Node
	for _, n := range b.nodes {
		all[n.Column] = append(all[n.Column], n)
	}
	var have [columns]int
	for c, list := range all {
		slices.SortFunc(list, func(x, y *Node) int { return cmp.Or(ahead(x, y), cmp.Compare(x.Key, y.Key)) })
		have[c] = len(list)
		b.totals[c] = len(list)
	}
	if b.d.Focus.Type == "" && len(b.nodes) > 0 { // one node stands for all people
		b.totals[People] = b.nodes[everybody].Count
	}
	if err := b.name(ctx, q, all); err != nil {
		return nil, err
	}
	for c, n := range room(have, b.d.Limit) {
		list := all[c][:min(len(all[c]), maxNamed)]
		slices.SortFunc(list, func(x, y *Node) int {
			return cmp.Or(ahead(x, y), cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.Key, y.Key))
		})
		if n < have[c] {
			n-- // for the one that stands for the rest
		}
		for _, one := range list[:min(n, len(list))] {
			kept = append(kept, b.finished(one))
		}
		if n < have[c] {
			kept = append(kept, Node{Key: moreKey(Column(c)), Column: Column(c), Type: moreType, Count: have[c] - n, State: Idle})
		}
	}
	return kept, nil
}

// ahead puts what counts before what does not, and in an overview what more people have.
func ahead(x, y *Node) int {
	return cmp.Or(cmp.Compare(ranks[y.State], ranks[x.State]), cmp.Compare(y.Count, x.Count))
}

func moreKey(c Column) string { return "more:" + string('0'+rune(c)) }

// name reads what nodes, the scopes of what was given and the teams behind platform roles are called. What the caller may not see has no name.
func (b *builder) name(ctx context.Context, q store.Querier, all [columns][]*Node) error {
	wanted := map[kind]map[string]bool{}
	want := func(k kind, id string) {
		if k == "" || id == "" {
			return
		}
		if wanted[k] == nil {
			wanted[k] = map[string]bool{}
		}
		wanted[k][id] = true
	}
	for _, list := range all {
		for _, n := range list[:min(len(list), maxNamed)] {
			want(tableOf(n), n.ID)
			if n.Scope != nil {
				want(kindOf(n.Scope.Type), n.Scope.ID)
			}
		}
	}
	for _, e := range b.edges {
		for id := range e.teams {
			want(teams, id)
		}
	}
	b.titles = map[kind]map[string]title{}
	for k, ids := range wanted {
		b.titles[k] = map[string]title{}
		err := titles(ctx, q, b.org, k, slices.Sorted(maps.Keys(ids)), func(id string, t title) { b.titles[k][id] = t })
		if err != nil {
			return fmt.Errorf("name what is drawn: %w", err)
		}
	}
	for _, list := range all {
		for _, n := range list[:min(len(list), maxNamed)] {
			if n.Column == Places {
				n.Name, n.Hidden = b.placeName(engine.Target{Type: engine.Type(n.Type), ID: n.ID})
				continue
			}
			n.Name = b.titles[tableOf(n)][n.ID].name
			if n.Scope != nil {
				n.Scope.Name, n.Scope.Hidden = b.placeName(engine.Target{Type: n.Scope.Type, ID: n.Scope.ID})
			}
		}
	}
	return nil
}

func (b *builder) placeName(on engine.Target) (name string, hidden bool) {
	if on.Whole() || on.ID == "" {
		return "", false
	}
	if !b.seen(on) {
		return "", true
	}
	return b.titles[kindOf(on.Type)][on.ID].name, false
}

func (b *builder) teamName(id string) string { return b.titles[teams][id].name }

func tableOf(n *Node) kind {
	switch n.Type {
	case technicianFocus:
		return technicians
	case teamFocus:
		return teams
	case string(roles):
		return roles
	case string(engine.ByPlatformRole):
		if !slices.Contains(platform, perm.Role(n.ID)) {
			return platformRoles
		}
		return ""
	}
	return kindOf(engine.Type(n.Type))
}

// finished is a node as it is shown: of a device or group it says whose it is.
func (b *builder) finished(n *Node) Node {
	for _, reached := range n.ends {
		if n.Ends++; reached {
			n.Reached++
		}
	}
	if t := b.titles[kindOf(engine.Type(n.Type))][n.ID]; n.Column == Places && !n.Hidden && t.owner != "" && b.seen(engine.Target{Type: engine.Customer, ID: t.owner}) {
		n.Of = t.customer
	}
	return *n
}

func sortedKeys(of map[string]bool) []string { return slices.Sorted(maps.Keys(of)) }
