package main

import (
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// own is the product's engine, called with ids as it is in the product.
type own struct {
	*engine.Engine
	techs, devs []string
	perms       []perm.Permission
	grants      int
	at          time.Time
	room        []engine.ID // for lists; the answer before is gone with the next
}

func (e *own) Note() string { return "the product's own engine, called with string ids" }

// uid makes the id of the nth thing of a kind.
func uid(kind byte, n int32) string {
	return fmt.Sprintf("%08x-0000-7000-80%02x-000000000000", n, kind)
}

const everybody = 255

func (e *own) Load(w *Workload) error {
	e.Engine, e.at = engine.New(), time.Now()
	for _, p := range perm.Catalog() {
		if p.Purpose == perm.Devices && p.Name != perm.DeviceView { // what others imply would not be the workload's
			e.perms = append(e.perms, p.Name)
		}
	}
	if w.P.Perms > len(e.perms) {
		return fmt.Errorf("there are only %d permissions about devices", len(e.perms))
	}
	e.Write(func(to *engine.Writer) {
		to.SetOrganization(engine.Org{})
		for i := range w.P.Customers {
			to.PutCustomer(uid('c', int32(i)), engine.Client{})
			to.Assign(uid('a', everybody), uid('c', int32(i))) // the workload has no customers that somebody lacks
		}
		for g, parent := range w.Parent {
			above := ""
			if parent >= 0 {
				above = uid('g', parent)
			}
			to.PutGroup(uid('g', int32(g)), above, uid('c', int32(g/groupsPerCustomer)))
		}
		for d, g := range w.DevGroup {
			e.devs = append(e.devs, uid('d', int32(d)))
			to.PutDevice(e.devs[d], uid('g', g), "")
		}
		to.PutTeam(uid('a', everybody))
		for d := range w.P.Depts {
			to.PutTeam(uid('t', int32(d)))
		}
		for t, depts := range w.TechDepts {
			e.techs = append(e.techs, uid('p', int32(t)))
			to.PutTechnician(e.techs[t], engine.Person{Active: true, Role: perm.Technician})
			to.Join(uid('a', everybody), e.techs[t])
			for _, d := range depts {
				to.Join(uid('t', d), e.techs[t])
			}
		}
		for r, mask := range w.RoleMask {
			var ps []perm.Permission
			for i := range w.P.Perms {
				if mask>>uint(i)&1 == 1 {
					ps = append(ps, e.perms[i])
				}
			}
			to.PutRole(uid('r', int32(r)), engine.Role{Permissions: ps})
		}
		for _, g := range w.Grants {
			e.put(to, g)
		}
	})
	return nil
}

func (e *own) put(to *engine.Writer, g Grant) {
	rule := engine.Grant{Subject: uid('p', g.Sub), Role: uid('r', g.Role), On: engine.Target{Type: engine.Device, ID: uid('d', g.Target)}}
	if g.Kind == SubDept {
		rule.Subject = uid('t', g.Sub)
	}
	if g.Group {
		rule.On = engine.Target{Type: engine.DeviceGroup, ID: uid('g', g.Target)}
	}
	e.grants++
	to.PutGrant(uid('x', int32(e.grants)), rule)
}

func (e *own) Check(q Query) (bool, error) {
	return e.Engine.Check(e.at, e.techs[q.Tech], e.perms[q.Perm], engine.Target{Type: engine.Device, ID: e.devs[q.Dev]}) == engine.Allow, nil
}

func (e *own) Explain(q Query) (int, error) {
	d := e.Engine.Explain(e.at, e.techs[q.Tech], e.perms[q.Perm], engine.Target{Type: engine.Device, ID: e.devs[q.Dev]})
	return len(d.Because), nil
}

func (e *own) List(tech int32, p int) (Result, error) {
	e.room = e.AppendDevices(e.room[:0], e.at, e.techs[tech], e.perms[p])
	return found(e.room), nil
}

func (e *own) Who(dev int32, p int) (Result, error) {
	return found(e.Engine.Who(e.at, e.perms[p], engine.Target{Type: engine.Device, ID: e.devs[dev]})), nil
}

func (e *own) AddGrant(g Grant) error {
	e.Write(func(to *engine.Writer) { e.put(to, g) })
	return nil
}

// found are ids whose number is their first four bytes.
type found []engine.ID

func (f found) Len() int { return len(f) }

func (f found) IDs() (out []int32) {
	for _, id := range f {
		out = append(out, int32(id[0])<<24|int32(id[1])<<16|int32(id[2])<<8|int32(id[3]))
	}
	return out
}
