package main

import (
	"fmt"
	"math/rand"
	"slices"
)

// Params sizes the synthetic MSP. Groups are always five per customer, four levels deep:
// L1 root -> L2 site -> two L3 floors -> one L4 room under the first floor.
type Params struct {
	Techs, Depts, Customers, Devices, Perms, Roles, Grants int
	Seed                                                   int64
}

func DefaultParams() Params {
	return Params{Techs: 1000, Depts: 100, Customers: 1000, Devices: 100000, Perms: 17, Roles: 40, Grants: 20000, Seed: 7}
}

// Scale divides the tenant side (customers, devices, grants) and leaves the staff side as is.
func (p Params) Scale(div int) Params {
	p.Customers /= div
	p.Devices /= div
	p.Grants /= div
	return p
}

const groupsPerCustomer = 5

type SubjectKind uint8

const (
	SubTech SubjectKind = iota
	SubDept
)

type Grant struct {
	Kind   SubjectKind
	Sub    int32 // technician or department number
	Group  bool  // target is a group (else a device)
	Target int32
	Role   int32
}

type Workload struct {
	P           Params
	Parent      []int32 // group -> parent group, -1 for a root
	Level       []int8
	DevGroup    []int32 // device -> group
	TechDepts   [][]int32
	DeptTechs   [][]int32
	RoleMask    []uint64 // role -> permission bits (<=64 permissions in this workload)
	Grants      []Grant
	GroupDevs   [][]int32
	Children    [][]int32
	TechGrants  [][]int32 // indexes into Grants, own only
	DeptGrants  [][]int32
	Checks      []Query
	Typical     []int // technicians outside department 0
	Noc         []int // members of department 0, which holds a grant on every customer root
	WhoDevices  []int32
	ViewPerm    int
	visibleMean float64
}

type Query struct {
	Tech, Dev int32
	Perm      int
	Want      bool
}

func NewWorkload(p Params) *Workload {
	r := rand.New(rand.NewSource(p.Seed))
	w := &Workload{P: p}
	g := p.Customers * groupsPerCustomer
	w.Parent = make([]int32, g)
	w.Level = make([]int8, g)
	w.Children = make([][]int32, g)
	for c := 0; c < p.Customers; c++ {
		b := int32(c * groupsPerCustomer)
		w.Parent[b], w.Level[b] = -1, 1
		w.Parent[b+1], w.Level[b+1] = b, 2
		w.Parent[b+2], w.Level[b+2] = b+1, 3
		w.Parent[b+3], w.Level[b+3] = b+1, 3
		w.Parent[b+4], w.Level[b+4] = b+2, 4
	}
	for i, pa := range w.Parent {
		if pa >= 0 {
			w.Children[pa] = append(w.Children[pa], int32(i))
		}
	}
	w.DevGroup = make([]int32, p.Devices)
	w.GroupDevs = make([][]int32, g)
	for d := range w.DevGroup {
		c := int32(d % p.Customers)
		k := r.Intn(100)
		var off int32
		switch {
		case k < 10:
			off = 0
		case k < 30:
			off = 1
		case k < 55:
			off = 2
		case k < 80:
			off = 3
		default:
			off = 4
		}
		w.DevGroup[d] = c*groupsPerCustomer + off
		w.GroupDevs[w.DevGroup[d]] = append(w.GroupDevs[w.DevGroup[d]], int32(d))
	}
	w.TechDepts = make([][]int32, p.Techs)
	w.DeptTechs = make([][]int32, p.Depts)
	for t := range w.TechDepts {
		a := r.Intn(p.Depts)
		b := r.Intn(p.Depts)
		for b == a {
			b = r.Intn(p.Depts)
		}
		w.TechDepts[t] = []int32{int32(a), int32(b)}
		w.DeptTechs[a] = append(w.DeptTechs[a], int32(t))
		w.DeptTechs[b] = append(w.DeptTechs[b], int32(t))
		if a == 0 || b == 0 {
			w.Noc = append(w.Noc, t)
		} else {
			w.Typical = append(w.Typical, t)
		}
	}
	w.RoleMask = make([]uint64, p.Roles)
	for i := range w.RoleMask {
		n := 3 + r.Intn(22)
		for j := 0; j < n; j++ {
			w.RoleMask[i] |= 1 << uint(r.Intn(p.Perms))
		}
	}
	w.ViewPerm = 0
	w.RoleMask[0] |= 1 // role 0 always carries the "view" permission
	for i := 1; i < p.Roles; i++ {
		if i%4 != 0 { // three roles in four can see the device
			w.RoleMask[i] |= 1
		}
	}
	seen := map[Grant]bool{}
	add := func(gr Grant) bool {
		if seen[gr] {
			return false
		}
		seen[gr] = true
		w.Grants = append(w.Grants, gr)
		return true
	}
	for c := 0; c < p.Customers && len(w.Grants) < p.Grants/2; c++ { // the NOC department sees every customer
		add(Grant{SubDept, 0, true, int32(c * groupsPerCustomer), 0})
	}
	for len(w.Grants) < p.Grants {
		gr := Grant{Role: int32(r.Intn(p.Roles))}
		if r.Intn(100) < 40 {
			gr.Kind, gr.Sub = SubDept, int32(r.Intn(p.Depts))
		} else {
			gr.Kind, gr.Sub = SubTech, int32(r.Intn(p.Techs))
		}
		if r.Intn(100) < 70 {
			gr.Group, gr.Target = true, int32(r.Intn(g))
		} else {
			gr.Target = int32(r.Intn(p.Devices))
		}
		add(gr)
	}
	w.TechGrants = make([][]int32, p.Techs)
	w.DeptGrants = make([][]int32, p.Depts)
	for i, gr := range w.Grants {
		if gr.Kind == SubTech {
			w.TechGrants[gr.Sub] = append(w.TechGrants[gr.Sub], int32(i))
		} else {
			w.DeptGrants[gr.Sub] = append(w.DeptGrants[gr.Sub], int32(i))
		}
	}
	w.makeQueries(r)
	return w
}

func (w *Workload) Chain(dev int32) []int32 {
	var out []int32
	for g := w.DevGroup[dev]; g >= 0; g = w.Parent[g] {
		out = append(out, g)
	}
	return out
}

// RefMask is the slow, obviously right answer every engine is compared with.
func (w *Workload) RefMask(tech, dev int32) uint64 {
	var m uint64
	chain := w.Chain(dev)
	visit := func(ids []int32) {
		for _, i := range ids {
			gr := w.Grants[i]
			if gr.Group && slices.Contains(chain, gr.Target) || !gr.Group && gr.Target == dev {
				m |= w.RoleMask[gr.Role]
			}
		}
	}
	visit(w.TechGrants[tech])
	for _, d := range w.TechDepts[tech] {
		visit(w.DeptGrants[d])
	}
	return m
}

func (w *Workload) randomInSubtree(r *rand.Rand, g int32) (int32, bool) {
	for i := 0; i < 20; i++ {
		x := g
		for len(w.Children[x]) > 0 && r.Intn(2) == 0 {
			x = w.Children[x][r.Intn(len(w.Children[x]))]
		}
		if n := len(w.GroupDevs[x]); n > 0 {
			return w.GroupDevs[x][r.Intn(n)], true
		}
	}
	return 0, false
}

func (w *Workload) makeQueries(r *rand.Rand) {
	const n = 20000
	var yes, near, none []Query
	for len(yes) < n/2 || len(near) < n/4 || len(none) < n/4 {
		t := int32(r.Intn(w.P.Techs))
		if len(none) < n/4 {
			d := int32(r.Intn(w.P.Devices))
			if w.RefMask(t, d) == 0 {
				none = append(none, Query{t, d, r.Intn(w.P.Perms), false})
			}
		}
		var gi int32 = -1
		if r.Intn(2) == 0 && len(w.TechGrants[t]) > 0 {
			gi = w.TechGrants[t][r.Intn(len(w.TechGrants[t]))]
		} else {
			ds := w.DeptGrants[w.TechDepts[t][r.Intn(2)]]
			if len(ds) > 0 {
				gi = ds[r.Intn(len(ds))]
			}
		}
		if gi < 0 {
			continue
		}
		gr := w.Grants[gi]
		d := gr.Target
		if gr.Group {
			var ok bool
			if d, ok = w.randomInSubtree(r, gr.Target); !ok {
				continue
			}
		}
		m := w.RefMask(t, d)
		p := r.Intn(w.P.Perms)
		if m>>uint(p)&1 == 1 {
			if len(yes) < n/2 {
				yes = append(yes, Query{t, d, p, true})
			}
		} else if len(near) < n/4 {
			near = append(near, Query{t, d, p, false})
		}
	}
	w.Checks = append(append(yes, near...), none...)
	r.Shuffle(len(w.Checks), func(i, j int) { w.Checks[i], w.Checks[j] = w.Checks[j], w.Checks[i] })
	r.Shuffle(len(w.Typical), func(i, j int) { w.Typical[i], w.Typical[j] = w.Typical[j], w.Typical[i] })
	for i := 0; i < 500; i++ {
		w.WhoDevices = append(w.WhoDevices, int32(r.Intn(w.P.Devices)))
	}
}

// RefList and RefWho answer the reverse questions by brute force over a sample.
func (w *Workload) RefList(tech int32, perm int) []int32 {
	var out []int32
	for d := int32(0); d < int32(w.P.Devices); d++ {
		if w.RefMask(tech, d)>>uint(perm)&1 == 1 {
			out = append(out, d)
		}
	}
	return out
}

func (w *Workload) RefWho(dev int32, perm int) []int32 {
	var out []int32
	for t := int32(0); t < int32(w.P.Techs); t++ {
		if w.RefMask(t, dev)>>uint(perm)&1 == 1 {
			out = append(out, t)
		}
	}
	return out
}

func (w *Workload) String() string {
	return fmt.Sprintf("technicians=%d departments=%d customers=%d groups=%d devices=%d permissions=%d roles=%d grants=%d",
		w.P.Techs, w.P.Depts, w.P.Customers, len(w.Parent), w.P.Devices, w.P.Perms, w.P.Roles, len(w.Grants))
}
