package engine

import "slices"

// part is a piece of the tree in which every target has the same answer.
type part struct {
	example   int32
	devices   int64
	customers int64
	places    []int32
	loose     bool
}

// parts cuts the tree for one technician.
func (p *preview) parts(n int32, before, after asker) []*part {
	var cuts, assigned [2][]int32
	for i, t := range [2]asker{before, after} {
		s := [2]*state{p.old, p.now}[i]
		if t.subject != nil {
			assigned[i], cuts[i] = s.belongings(t)
		}
		if t.everywhere() {
			assigned[i] = p.clients
		}
	}
	places := distinct(slices.Concat(cuts[0], cuts[1], p.moved, p.asked[n]))
	places = slices.DeleteFunc(places, func(n int32) bool { return !p.there(n) })
	own := make(map[int32]*part, len(places))
	var out []*part
	add := func(t *part) *part { out = append(out, t); return t }
	for _, c := range places {
		t := add(&part{example: c, devices: p.under(c), places: []int32{c}})
		if _, ok := slices.BinarySearch(p.clients, c); ok {
			t.customers = 1
		}
		own[c] = t
	}
	// Customers without anything of the technician's own are alike if what holds for everybody is.
	type alike struct {
		flavor     int32
		had, holds bool
	}
	likes, of := map[alike]*part{}, map[int32]*part{}
	for _, list := range assigned {
		for _, c := range list {
			if own[c] != nil || of[c] != nil || !p.there(c) {
				continue
			}
			_, had := slices.BinarySearch(assigned[0], c)
			_, holds := slices.BinarySearch(assigned[1], c)
			k := alike{p.flavors[c], had, holds}
			t := likes[k]
			if t == nil {
				t = add(&part{example: c})
				likes[k] = t
			}
			of[c] = t
			t.customers++
			t.devices += p.under(c)
			if len(t.places) <= maxAt {
				t.places = append(t.places, c)
			}
		}
	}
	if p.tangled { // every place is a part of its own
		return out
	}
	loose := add(&part{example: int32(allDevices), loose: true, devices: p.counts[len(p.counts)-1]})
	for _, c := range p.clients {
		loose.devices -= p.under(c)
	}
	for _, c := range places { // what is cut out of a part does not count in it
		if p.now.nodes[c].kind == unknown || p.now.nodes[c].kind == customerNode {
			continue
		}
		over := p.cutAbove(c, own)
		if owner := p.now.owner(c); over == nil && owner != none {
			over = of[owner]
		} else if over == nil {
			over = loose
		}
		if over != nil {
			over.devices -= p.under(c)
		}
	}
	return out
}

// cutAbove is the part of the nearest place above another that has one.
func (p *preview) cutAbove(n int32, own map[int32]*part) *part {
	for at := p.now.nodes[n].parent; at != none; at = p.now.nodes[at].parent {
		if t := own[at]; t != nil {
			return t
		}
	}
	return own[p.now.owner(n)]
}

// there says whether a node is a customer, group or device, before or after.
func (p *preview) there(n int32) bool {
	return p.now.nodes[n].kind > unknown || int(n) < len(p.old.nodes) && p.old.nodes[n].kind > unknown
}

// under is how many devices are below a place once the change is made. What is gone has none below it, but a device is one until then.
func (p *preview) under(n int32) int64 {
	switch s := p.now; {
	case s.nodes[n].kind == device, s.nodes[n].kind == unknown && p.old.nodes[n].kind == device:
		return 1
	case s.nodes[n].kind == unknown, p.tangled:
		return 0
	}
	return p.counts[p.now.past[n]] - p.counts[p.now.first[n]]
}

// counts are how many devices stand before each position of the tree's order.
func (s *state) counts() []int64 {
	out := make([]int64, len(s.sequence)+1)
	for i, n := range s.sequence {
		out[i+1] = out[i] + int64(len(s.inside[s.nodes[n].inside].ids))
	}
	return out
}
