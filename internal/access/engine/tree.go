package engine

import "slices"

// tree is the order in which customers and groups lie in each other, so that what is below one of them is one stretch of it. Devices have no
// number there: to add or move one changes a single list.
type tree struct {
	branches []int32   // customers and groups, also dropped ones
	inside   []content // by number: the devices right in a group, a customer or, without either, allDevices; the first is empty
	stale    bool      // the order below is to be made again
	tangled  bool      // it cannot be made: groups lie in a circle, or belong to another customer than the group they are in
	sequence []int32   // allDevices first
	first    []int32   // by node, where it stands
	past     []int32   // and where what is below it ends
}

type content struct {
	ids   []ID
	nodes []int32
}

func (s *state) holder(n int32) int32 {
	at := &s.nodes[n]
	switch {
	case at.parent != none:
		return at.parent
	case at.customer != none:
		return at.customer
	}
	return int32(allDevices)
}

func (s *state) putIn(n int32) {
	h := s.holder(n)
	if s.nodes[h].inside == 0 {
		s.nodes[h].inside = int32(len(s.inside))
		s.inside = append(s.inside, content{})
	}
	in := &s.inside[s.nodes[h].inside]
	s.nodes[n].slot = int32(len(in.nodes))
	in.ids, in.nodes = append(in.ids, s.nodes[n].id), append(in.nodes, n)
}

func (s *state) takeOut(n int32) {
	if s.nodes[n].kind != device {
		return
	}
	h, slot := s.holder(n), s.nodes[n].slot
	in := &s.inside[s.nodes[h].inside]
	last := len(in.nodes) - 1
	in.ids[slot], in.nodes[slot] = in.ids[last], in.nodes[last]
	s.nodes[in.nodes[slot]].slot = slot
	in.ids, in.nodes = in.ids[:last], in.nodes[:last]
}

// arrange makes the order again.
func (s *state) arrange() {
	s.branches = slices.DeleteFunc(s.branches, func(n int32) bool { k := s.nodes[n].kind; return k != customerNode && k != group })
	slices.Sort(s.branches)
	s.branches = slices.Compact(s.branches)
	head, next := make([]int32, len(s.nodes)), make([]int32, len(s.nodes))
	for i := range head {
		head[i] = none
	}
	s.tangled = false
	for _, n := range slices.Backward(s.branches) {
		h := int32(allDevices)
		if s.nodes[n].kind == group {
			h = s.holder(n)
			over := &s.nodes[h]
			s.tangled = s.tangled || h != int32(allDevices) && (over.kind == unknown || over.customer != s.nodes[n].customer)
		}
		next[n], head[h] = head[h], n
	}
	s.first, s.past, s.sequence = make([]int32, len(s.nodes)), make([]int32, len(s.nodes)), s.sequence[:0]
	// Down to the first child while there is one, then to the next one of the nearest that has one.
	var way []int32
	for n := int32(allDevices); ; {
		s.first[n] = int32(len(s.sequence))
		s.sequence = append(s.sequence, n)
		way = append(way, n)
		if n = head[n]; n != none {
			continue
		}
		for n == none && len(way) > 0 {
			up := way[len(way)-1]
			way = way[:len(way)-1]
			s.past[up] = int32(len(s.sequence))
			if up != int32(allDevices) {
				n = next[up]
			}
		}
		if n == none {
			break
		}
	}
	s.tangled = s.tangled || len(s.sequence) != len(s.branches)+1
	s.stale = false
}
