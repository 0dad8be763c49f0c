package explain

import (
	"cmp"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// Column is where a node stands: people, teams, roles with all that gives something, places.
type Column int

// The columns.
const (
	People Column = iota
	Teams
	Roles
	Places

	columns = 4
)

// State says what a node or edge comes to.
type State string

// The states. What is idle leads nowhere now.
const (
	Allowed State = "allow"
	Asking  State = "needs_approval"
	Denying State = "deny"
	Idle    State = "idle"
)

var ranks = map[State]int{Allowed: 3, Asking: 2, Denying: 1, Idle: 0}

// moreType is the type of the node that stands for those of a column for which there was no room.
const moreType = "more"

// Node is something on the way from a person to a place.
type Node struct {
	Key    string
	Column Column
	Type   string // technician, team, a kind of way, a type of target, more; of an overview people
	Named
	Hidden     bool            // its name is not for the caller
	Of         string          // whose a device or group is
	Scope      *ScopeOf        // of what was given: where
	Permission perm.Permission // of an override; "" for all of them
	State      State
	Miss       engine.Miss // why it leads nowhere
	Reached    int         // of a person: how many of Ends they reach
	Ends       int
	Count      int // how many it stands for, of more and in an overview

	ends   map[engine.Target]bool
	on     engine.Target
	scoped bool // it has had its scope, and has none any more if it is of several
}

// ScopeOf is where something was given.
type ScopeOf struct {
	Type engine.Type
	Named
	Hidden bool
}

// Edge leads from one node to one of a column further right.
type Edge struct {
	From, To    string
	State       State
	Miss        engine.Miss
	Partly      bool // some of it leads nowhere
	Permissions int  // how many it is about
	Rules       []string
	MoreRules   int     // beside those named
	Through     []Named // teams that have the customer, where a platform role counts because of it
	Count       int     // in an overview: how many people, grants or places
}

type edge struct {
	Edge

	bits  perm.Bits
	rules map[string]bool
	teams map[string]bool
	idle  bool
}

// Graph is what is drawn.
type Graph struct {
	Nodes  []Node // by column; in a column what counts first, then by name
	Edges  []Edge
	Rules  []Rule // that edges name, for those who may read them
	Totals [columns]int
	Focus  string // what the focus is called; "" for what has no name, or none for the caller
	Cut    bool   // there was too much to look at all of it
}

// way adds one way. Each path through the nodes is a way of those that it passes: what is given stands once for each place or, where one person or team is looked
// at, once for each of those who pass it on.
func (b *builder) way(w *engine.Way) {
	state := stateOf(w)
	person := b.node("p:"+w.Who.String(), People, technicianFocus, w.Who.String(), state, w.Miss)
	if !w.Denies {
		person.ends[w.On] = person.ends[w.On] || w.Miss == ""
	}
	rule := w.By == engine.ByGrant || w.By == engine.ByOverride
	chain := []string{person.Key}
	if rule && w.Team != (engine.ID{}) {
		chain = append(chain, b.node("t:"+w.Team.String(), Teams, teamFocus, w.Team.String(), state, w.Miss).Key)
	}
	chain = append(chain, b.given(w, state), b.node("x:"+string(w.On.Type)+":"+w.On.ID, Places, string(w.On.Type), w.On.ID, state, w.Miss).Key)
	b.nodes[chain[len(chain)-1]].on = w.On
	for i := range chain[1:] {
		e := b.edge(chain[i], chain[i+1], state, w.Miss)
		if e.bits = e.bits.Or(w.Counts); w.Miss != "" || w.Denies {
			e.bits = e.bits.Or(w.Gives)
		}
		if rule {
			e.rules[w.Rule.String()] = true
		} else if w.Team != (engine.ID{}) {
			e.teams[w.Team.String()] = true
		}
	}
}

// given is the node of what gives or takes.
func (b *builder) given(w *engine.Way, state State) string {
	kind, id, key := string(w.By), "", ""
	switch {
	case w.By == engine.ByGrant:
		kind, id = "role", w.Role.String()
	case w.By == engine.ByPlatformRole:
		if id = string(w.Platform); w.Role != (engine.ID{}) {
			id = w.Role.String()
		}
	case w.By == engine.ByOverride && w.Denies:
		kind = "deny"
	}
	switch b.d.Focus.Type {
	case technicianFocus, teamFocus:
		key = "r:" + kind + ":" + id + ":" + string(w.Permission) + ":" + team(w)
	default:
		key = "r:" + kind + ":" + id + ":" + string(w.Permission) + "@" + string(w.At.Type) + ":" + w.At.ID
	}
	n := b.node(key, Roles, kind, id, state, w.Miss)
	n.Permission = w.Permission
	switch {
	case w.By != engine.ByGrant && w.By != engine.ByOverride:
	case !n.scoped:
		n.Scope = &ScopeOf{Type: w.At.Type, Named: Named{ID: w.At.ID}}
	case n.Scope != nil && (n.Scope.Type != w.At.Type || n.Scope.ID != w.At.ID): // of several
		n.Scope = nil
	}
	n.scoped = true
	return key
}

func team(w *engine.Way) string {
	if w.By != engine.ByGrant && w.By != engine.ByOverride || w.Team == (engine.ID{}) {
		return ""
	}
	return w.Team.String()
}

func stateOf(w *engine.Way) State {
	switch {
	case w.Miss != "":
		return Idle
	case w.Denies:
		return Denying
	case w.Counts == w.Asks:
		return Asking
	}
	return Allowed
}

func (b *builder) node(key string, c Column, kind, id string, state State, miss engine.Miss) *Node {
	n := b.nodes[key]
	if n == nil {
		n = &Node{Key: key, Column: c, Type: kind, Named: Named{ID: id}, State: Idle, ends: map[engine.Target]bool{}}
		b.nodes[key] = n
	}
	n.State, n.Miss = better(n.State, n.Miss, state, miss)
	return n
}

func (b *builder) edge(from, to string, state State, miss engine.Miss) *edge {
	e := b.edges[[2]string{from, to}]
	if e == nil {
		e = &edge{Edge: Edge{From: from, To: to, State: Idle}, rules: map[string]bool{}, teams: map[string]bool{}}
		b.edges[[2]string{from, to}] = e
	}
	e.idle = e.idle || state == Idle
	e.State, e.Miss = better(e.State, e.Miss, state, miss)
	return e
}

// better is the state that leads further; of two that lead nowhere the one whose word comes first.
func better(a State, why engine.Miss, b State, other engine.Miss) (State, engine.Miss) {
	switch {
	case ranks[b] > ranks[a]:
		return b, ""
	case ranks[a] > ranks[b]:
		return a, ""
	case a == Idle && (why == "" || other != "" && other < why):
		return a, other
	}
	return a, why
}

// room is how many nodes of each column are shown: a quarter for each, and what one does not need for the next.
func room(have [columns]int, limit int) (out [columns]int) {
	for c := range out {
		out[c] = min(have[c], limit/columns)
	}
	left := limit
	for _, n := range out {
		left -= n
	}
	for c := range out {
		more := min(have[c]-out[c], left)
		out[c] += more
		left -= more
	}
	return out
}

// drawn are the edges between what is kept and the rest of each column, in order.
func (b *builder) drawn(kept []Node, wanted map[string]bool) (out []Edge) {
	place, there := map[string]int{}, map[string]string{}
	for i := range kept {
		place[kept[i].Key] = i
	}
	for key, n := range b.nodes {
		if there[key] = key; !has(place, key) {
			there[key] = moreKey(n.Column)
		}
	}
	merged := map[[2]string]*edge{}
	for _, e := range b.edges {
		k := [2]string{there[e.From], there[e.To]}
		m := merged[k]
		if m == nil {
			m = &edge{Edge: Edge{From: k[0], To: k[1], State: Idle}, rules: map[string]bool{}, teams: map[string]bool{}}
			merged[k] = m
		}
		m.State, m.Miss = better(m.State, m.Miss, e.State, e.Miss)
		m.idle, m.bits, m.Count = m.idle || e.idle, m.bits.Or(e.bits), m.Count+e.Count
		for id := range e.rules {
			m.rules[id] = true
		}
		for id := range e.teams {
			m.teams[id] = true
		}
	}
	for _, e := range merged {
		e.Partly = e.idle && e.State != Idle
		for range e.bits.Places() {
			e.Permissions++
		}
		all := sortedKeys(e.rules)
		e.Rules = all[:min(len(all), maxRules)]
		e.MoreRules = len(all) - len(e.Rules)
		for _, id := range e.Rules {
			wanted[id] = true
		}
		for _, id := range sortedKeys(e.teams) {
			e.Through = append(e.Through, Named{ID: id, Name: b.teamName(id)})
		}
		slices.SortStableFunc(e.Through, func(x, y Named) int { return strings.Compare(x.Name, y.Name) })
		out = append(out, e.Edge)
	}
	slices.SortFunc(out, func(x, y Edge) int {
		return cmp.Or(cmp.Compare(place[x.From], place[y.From]), cmp.Compare(place[x.To], place[y.To]))
	})
	return out
}

// maxRules is how many grants and overrides an edge names.
const maxRules = 10

func has(in map[string]int, key string) bool { _, ok := in[key]; return ok }
