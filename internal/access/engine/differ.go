package engine

import "countersign.dev/countersign/internal/access/perm"

// weighed is what changes on a part.
type weighed struct{ gained, lost, asking, freed perm.Bits }

// sum is the Difference that says so.
func (w weighed) sum(sums map[weighed]*Difference) *Difference {
	d := sums[w]
	if d == nil {
		d = &Difference{Gained: w.gained.Permissions(), Lost: w.lost.Permissions(), Asking: w.asking.Permissions(), Freed: w.freed.Permissions()}
		sums[w] = d
	}
	return d
}

// weigh adds what changes on a part: on the devices in it and, apart from that, on its customers.
func (p *preview) weigh(sums map[weighed]*Difference, before, after asker, t *part) {
	if t.devices > 0 || len(t.places) > 0 {
		if w := p.differ(before, after, t.example, fits[device]); w != (weighed{}) {
			d := w.sum(sums)
			d.Devices += t.devices
			d.Loose = d.Loose || t.loose
			p.name(d, t)
		}
	}
	if t.customers > 0 {
		if w := p.differ(before, after, t.example, fits[allCustomers]); w != (weighed{}) {
			d := w.sum(sums)
			d.Customers += t.customers
			p.name(d, t)
		}
	}
}

func (p *preview) name(d *Difference, t *part) {
	for _, n := range t.places {
		if len(d.At) == maxAt {
			d.More = true
			return
		}
		at := &p.now.nodes[n]
		if at.kind == unknown {
			at = &p.old.nodes[n]
		}
		d.At = append(d.At, Target{[...]Type{customerNode: Customer, group: DeviceGroup, device: Device}[at.kind], at.id.String()})
	}
}

// differ compares what somebody may do to a target, or to the devices below it.
func (p *preview) differ(before, after asker, n int32, of perm.Bits) (w weighed) {
	held, free := p.old.holding(p.at, before, n, of)
	holds, freely := p.now.holding(p.at, after, n, of)
	both := held.And(holds)
	return weighed{gained: holds.Without(held), lost: held.Without(holds), asking: both.And(free).Without(freely), freed: both.And(freely).Without(free)}
}

// holding are the permissions that somebody holds, with and without an approval. An approval is for one target, and not for what is below it.
func (s *state) holding(at int64, t asker, n int32, of perm.Bits) (held, free perm.Bits) {
	if int(n) >= len(s.nodes) || s.nodes[n].kind == unknown {
		return held, free
	}
	v := s.weigh(at, t, n, of, nil)
	if s.nodes[n].kind == group || s.nodes[n].kind == customerNode && of == fits[device] {
		v.approved = perm.Bits{}
	}
	free = v.free().And(of)
	v.asks = perm.Bits{}
	return v.free().And(of), free
}
