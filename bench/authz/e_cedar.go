package main

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	cedar "github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/ast"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/batch"
)

// cedarEngine: one permit per grant. Roles are action groups (a permission's parents are the roles
// that carry it), departments are parents of technicians, groups are parents of devices.
// sliced=true hands Authorize only the policies whose principal is the technician or one of its
// departments; the index for that is ours, the library has none.
type cedarEngine struct {
	sliced bool
	w      *Workload
	ps     *cedar.PolicySet
	ents   types.EntityMap
	bySub  map[int32][]cedar.PolicyID
	n      int
}

func (c *cedarEngine) Note() string {
	if c.sliced {
		return "permit per grant; our own index hands over only the policies of the technician and its departments"
	}
	return "permit per grant; Authorize evaluates the whole set (no slicing in the library)"
}

func ct(t int32) types.EntityUID {
	return types.NewEntityUID("Tech", types.String(strconv.Itoa(int(t))))
}

func cd(d int32) types.EntityUID {
	return types.NewEntityUID("Dept", types.String(strconv.Itoa(int(d))))
}

func cg(g int32) types.EntityUID {
	return types.NewEntityUID("Group", types.String(strconv.Itoa(int(g))))
}

func cv(d int32) types.EntityUID {
	return types.NewEntityUID("Device", types.String(strconv.Itoa(int(d))))
}

func cp(p int) types.EntityUID {
	return types.NewEntityUID("Action", types.String("p"+strconv.Itoa(p)))
}

func cr(r int32) types.EntityUID {
	return types.NewEntityUID("Action", types.String("r"+strconv.Itoa(int(r))))
}

func (c *cedarEngine) policy(g Grant) *ast.Policy {
	p := ast.Permit()
	if g.Kind == SubTech {
		p = p.PrincipalEq(ct(g.Sub))
	} else {
		p = p.PrincipalIn(cd(g.Sub))
	}
	p = p.ActionIn(cr(g.Role))
	if g.Group {
		return p.ResourceIn(cg(g.Target))
	}
	return p.ResourceEq(cv(g.Target))
}

func (c *cedarEngine) AddGrant(g Grant) error {
	id := cedar.PolicyID("g" + strconv.Itoa(c.n))
	c.n++
	if !c.ps.Add(id, cedar.NewPolicyFromAST(c.policy(g))) {
		return fmt.Errorf("duplicate %s", id)
	}
	k := subKey(g)
	c.bySub[k] = append(c.bySub[k], id)
	return nil
}

func (c *cedarEngine) Load(w *Workload) error {
	c.w = w
	c.ps = cedar.NewPolicySet()
	c.bySub = map[int32][]cedar.PolicyID{}
	c.ents = types.EntityMap{}
	add := func(u types.EntityUID, parents ...types.EntityUID) {
		c.ents[u] = types.Entity{UID: u, Parents: types.NewEntityUIDSet(parents...)}
	}
	for d := range w.DeptTechs {
		add(cd(int32(d)))
	}
	for t, ds := range w.TechDepts {
		add(ct(int32(t)), cd(ds[0]), cd(ds[1]))
	}
	for g, pa := range w.Parent {
		if pa >= 0 {
			add(cg(int32(g)), cg(pa))
		} else {
			add(cg(int32(g)))
		}
	}
	for d, g := range w.DevGroup {
		add(cv(int32(d)), cg(g))
	}
	for r := range w.RoleMask {
		add(cr(int32(r)))
	}
	for p := 0; p < w.P.Perms; p++ {
		var parents []types.EntityUID
		for r, m := range w.RoleMask {
			if m>>uint(p)&1 == 1 {
				parents = append(parents, cr(int32(r)))
			}
		}
		add(cp(p), parents...)
	}
	for _, g := range w.Grants {
		if err := c.AddGrant(g); err != nil {
			return err
		}
	}
	return nil
}

type slice struct {
	c *cedarEngine
	t int32
}

func (s slice) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		run := func(k int32) bool {
			for _, id := range s.c.bySub[k] {
				if !yield(id, s.c.ps.Get(id)) {
					return false
				}
			}
			return true
		}
		if !run(s.t) {
			return
		}
		for _, d := range s.c.w.TechDepts[s.t] {
			if !run(-1 - d) {
				return
			}
		}
	}
}

func (c *cedarEngine) pols(t int32) cedar.PolicyIterator {
	if c.sliced {
		return slice{c, t}
	}
	return c.ps
}

func (c *cedarEngine) Check(q Query) (bool, error) {
	d, _ := cedar.Authorize(c.pols(q.Tech), c.ents, cedar.Request{Principal: ct(q.Tech), Action: cp(q.Perm), Resource: cv(q.Dev)})
	return d == cedar.Allow, nil
}

func (c *cedarEngine) Explain(q Query) (int, error) {
	_, diag := cedar.Authorize(c.pols(q.Tech), c.ents, cedar.Request{Principal: ct(q.Tech), Action: cp(q.Perm), Resource: cv(q.Dev)})
	return len(diag.Reasons), nil
}

type uidResult []types.EntityUID

func (r uidResult) Len() int { return len(r) }
func (r uidResult) IDs() []int32 {
	out := make([]int32, len(r))
	for i, u := range r {
		n, _ := strconv.Atoi(string(u.ID))
		out[i] = int32(n)
	}
	return out
}

// ListCap: listing every device takes tens of seconds, so the list asks about the first
// tenth of them; ListCap tells the harness.
func (c *cedarEngine) ListCap() int { return c.w.P.Devices / 10 }

func (c *cedarEngine) List(tech int32, perm int) (Result, error) {
	all := make([]types.Value, c.ListCap())
	for i := range all {
		all[i] = cv(int32(i))
	}
	var out uidResult
	err := batch.Authorize(context.Background(), c.pols(tech), c.ents, batch.Request{
		Principal: ct(tech), Action: cp(perm), Resource: batch.Variable("resource"), Context: types.Record{},
		Variables: batch.Variables{"resource": all},
	}, func(r batch.Result) error {
		if r.Decision == cedar.Allow {
			out = append(out, r.Request.Resource)
		}
		return nil
	})
	return out, err
}

func (c *cedarEngine) Who(dev int32, perm int) (Result, error) {
	all := make([]types.Value, c.w.P.Techs)
	for i := range all {
		all[i] = ct(int32(i))
	}
	var out uidResult
	err := batch.Authorize(context.Background(), c.ps, c.ents, batch.Request{
		Principal: batch.Variable("principal"), Action: cp(perm), Resource: cv(dev), Context: types.Record{},
		Variables: batch.Variables{"principal": all},
	}, func(r batch.Result) error {
		if r.Decision == cedar.Allow {
			out = append(out, r.Request.Principal)
		}
		return nil
	})
	return out, err
}

// subKey numbers technicians and departments in one: a department below zero.
func subKey(g Grant) int32 {
	if g.Kind == SubTech {
		return g.Sub
	}
	return -1 - g.Sub
}
