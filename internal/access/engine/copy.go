package engine

import (
	"maps"
	"slices"
)

// copied is a state that can be changed without the one it is made of. What is never changed in place is shared.
func (s *state) copied() state {
	c := *s
	c.people, c.known, c.roles = maps.Clone(s.people), maps.Clone(s.known), maps.Clone(s.roles)
	c.posts = make(map[post][]int32, len(s.posts))
	for p, list := range s.posts {
		c.posts[p] = slices.Clip(list)
	}
	c.approvals, c.customers, c.own = maps.Clone(s.approvals), maps.Clone(s.customers), maps.Clone(s.own)
	c.subject, c.nodes, c.role = slices.Clone(s.subject), slices.Clone(s.nodes), slices.Clone(s.role)
	c.spans = slices.Clip(s.spans)

	c.rules = apart(s.rules)
	held := make([][]int32, len(s.subject))
	for i := range s.subject {
		held[i] = s.subject[i].held
	}
	for i, list := range apart(held) {
		c.subject[i].held = list
	}
	ids, nodes := make([][]ID, len(s.inside)), make([][]int32, len(s.inside))
	for i := range s.inside {
		ids[i], nodes[i] = s.inside[i].ids, s.inside[i].nodes
	}
	ids, nodes = apart(ids), apart(nodes)
	c.inside = make([]content, len(s.inside))
	for i := range c.inside {
		c.inside[i] = content{ids[i], nodes[i]}
	}
	c.branches, c.sequence = slices.Clone(s.branches), nil
	if !c.stale {
		c.sequence = slices.Clone(s.sequence)
	}
	return c
}

// apart are the same lists in one piece of memory of their own. One that grows leaves it.
func apart[T any](lists [][]T) [][]T {
	n := 0
	for _, list := range lists {
		n += len(list)
	}
	all, out := make([]T, 0, n), make([][]T, len(lists))
	for i, list := range lists {
		begin := len(all)
		all = append(all, list...)
		out[i] = all[begin:len(all):len(all)]
	}
	return out
}
