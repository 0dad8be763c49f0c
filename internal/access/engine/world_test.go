package engine_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// load tells an engine everything, in an order that is another one each time.
func (w *world) load() *engine.Engine {
	e := engine.New()
	e.Write(func(to *engine.Writer) {
		to.SetOrganization(w.org)
		for id, o := range w.overrides { // before what they are about: nothing hangs on the order
			to.PutOverride(id, o)
		}
		for id, p := range w.people {
			to.PutTechnician(id, p)
		}
		for id := range w.teams {
			to.PutTeam(id)
		}
		for m := range w.member {
			to.Join(m[0], m[1])
		}
		for a := range w.assigned {
			to.Assign(a[0], a[1])
		}
		for id, d := range w.devices {
			to.PutDevice(id, d.group, d.customer)
		}
		for id, g := range w.groups {
			to.PutGroup(id, g.parent, g.customer)
		}
		for id, c := range w.customers {
			to.PutCustomer(id, c)
		}
		for id, g := range w.grants {
			to.PutGrant(id, g)
		}
		for id, r := range w.roles {
			to.PutRole(id, r)
		}
		for id, p := range w.platform {
			to.PutPlatformRole(id, p)
		}
		for _, a := range w.approvals {
			to.PutApproval(a)
		}
	})
	return e
}

// maker makes random worlds, and changes them together with an engine.
type maker struct {
	*rand.Rand
	*world
	made int
}

// begin makes a world with a little of everything, and an engine that knows it. What follows hangs on the seed and the purpose alone.
func begin(seed, purpose uint64, each int) (*maker, *engine.Engine) {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, purpose)), world: empty()}
	m.now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	e := engine.New()
	e.Write(func(to *engine.Writer) {
		to.SetOrganization(m.org)
		for range each {
			m.putPerson(to)
			m.putCustomer(to)
			m.putRole(to)
			m.putGroup(to)
		}
	})
	return m, e
}

func (m *maker) id() string {
	m.made++
	return fmt.Sprintf("%08x-0000-7000-8000-%012x", m.Uint32(), m.made)
}

// pick returns one of the keys, "" if there are none.
func pick[K interface{ ~string }, V any](m *maker, from map[K]V) K {
	keys := slices.Sorted(maps.Keys(from))
	if len(keys) == 0 {
		return ""
	}
	return keys[m.IntN(len(keys))]
}

func (m *maker) chance(n int) bool { return m.IntN(n) == 0 }

func (m *maker) permission() perm.Permission {
	all := perm.Catalog()
	if m.chance(2) { // a few come often, so that rules meet
		return []perm.Permission{perm.DeviceView, perm.DeviceTerminal, perm.DeviceDelete, perm.TicketView, perm.EndpointWipe, perm.AdminAudit, perm.InvitationOwn}[m.IntN(7)]
	}
	return all[m.IntN(len(all))].Name
}

func (m *maker) some(of perm.Purpose, n int) (out []perm.Permission) {
	for range m.IntN(n + 1) {
		if e, _ := perm.Find(m.permission()); of == "" || e.Purpose == of {
			out = append(out, e.Name)
		}
	}
	return out
}

func (m *maker) subject() string {
	if m.chance(3) {
		return pick(m, m.teams)
	}
	return pick(m, m.people)
}

// target is mostly a device or what is above one, and now and then something that is not there.
func (m *maker) target() engine.Target {
	switch m.IntN(12) {
	case 0, 1, 2, 3:
		return engine.Target{Type: engine.Device, ID: pick(m, m.devices)}
	case 4, 5, 6:
		return engine.Target{Type: engine.DeviceGroup, ID: pick(m, m.groups)}
	case 7, 8:
		return engine.Target{Type: engine.Customer, ID: pick(m, m.customers)}
	}
	return engine.Target{Type: []engine.Type{engine.AllDevices, engine.AllCustomers, engine.Organization, engine.QuickSupport}[m.IntN(4)]}
}

// asked is a target to ask about: also one that is not there, or of the wrong type.
func (m *maker) asked() engine.Target {
	on := m.target()
	switch {
	case on.ID != "" && m.chance(40):
		on.ID = m.id()
	case m.chance(60):
		on.Type = engine.Customer
	}
	return on
}

func (m *maker) times() (t engine.Times) {
	if m.chance(4) {
		t.From = m.now.Add(time.Duration(m.IntN(5)-2) * time.Hour)
	}
	if m.chance(4) {
		t.Until = m.now.Add(time.Duration(m.IntN(5)-2) * time.Hour)
	}
	return t
}

func (m *maker) person() engine.Person {
	p := engine.Person{
		Active: !m.chance(8), Owner: m.chance(15),
		Role: []perm.Role{perm.Technician, perm.Technician, perm.Technician, perm.Manager, perm.ReadOnly, perm.Administrator}[m.IntN(6)],
	}
	switch {
	case m.chance(3):
		p.Own = pick(m, m.platform)
	case m.chance(60):
		p.Own = m.id() // which is not there
	}
	return p
}

func (m *maker) aRole() engine.Role {
	of := []perm.Purpose{perm.Devices, perm.Devices, perm.Devices, perm.Customers, perm.Administration, perm.Invitations}[m.IntN(6)]
	r := engine.Role{Permissions: m.some(of, 12)}
	if m.chance(4) && len(r.Permissions) > 0 {
		r.Sensitive = r.Permissions[:1]
	}
	return r
}

// step changes one thing in the world and in an engine.
func (m *maker) step(to *engine.Writer) {
	often := []func(*engine.Writer){m.membership, m.assignment, m.assignment, m.assignment, m.putDevice, m.putDevice, m.putGrant, m.putGrant, m.putGrant, m.putGrant, m.putOverride, m.approve}
	seldom := []func(*engine.Writer){
		m.putPerson, m.putPerson, m.dropPerson, m.putCustomer, m.dropCustomer, m.putGroup, m.putGroup, m.dropGroup, m.dropDevice, m.putRole, m.putRole,
		m.dropRole, m.dropGrant, m.dropOverride, m.organization, m.putPlatformRole, m.putPlatformRole, m.dropPlatformRole,
	}
	steps := often
	if m.chance(2) {
		steps = seldom
	}
	steps[m.IntN(len(steps))](to)
}

func (m *maker) putPlatformRole(to *engine.Writer) {
	id := pick(m, m.platform)
	if id == "" || m.chance(2) {
		id = m.id()
	}
	m.platform[id] = engine.PlatformRole{
		Permissions: m.some("", 12),
		Customers:   []engine.Customers{engine.EveryCustomer, engine.AssignedCustomers, engine.TeamCustomers, engine.OwnCustomers, ""}[m.IntN(5)],
	}
	to.PutPlatformRole(id, m.platform[id])
}

func (m *maker) dropPlatformRole(to *engine.Writer) {
	id := pick(m, m.platform)
	delete(m.platform, id)
	to.DropPlatformRole(id)
}

func (m *maker) putPerson(to *engine.Writer) {
	if m.chance(4) {
		id := m.id()
		m.teams[id] = true
		to.PutTeam(id)
		return
	}
	id := pick(m, m.people)
	if id == "" || m.chance(2) {
		id = m.id()
	}
	m.people[id] = m.person()
	to.PutTechnician(id, m.people[id])
}

func (m *maker) dropPerson(to *engine.Writer) {
	id := m.subject()
	delete(m.people, id)
	delete(m.teams, id)
	maps.DeleteFunc(m.member, func(k [2]string, _ bool) bool { return k[0] == id || k[1] == id })
	maps.DeleteFunc(m.assigned, func(k [2]string, _ bool) bool { return k[0] == id })
	maps.DeleteFunc(m.grants, func(_ string, g engine.Grant) bool { return g.Subject == id })
	maps.DeleteFunc(m.overrides, func(_ string, o engine.Override) bool { return o.Subject == id })
	m.approvals = slices.DeleteFunc(m.approvals, func(a engine.Approval) bool { return a.Technician == id })
	to.DropSubject(id)
}

func (m *maker) membership(to *engine.Writer) {
	k := [2]string{pick(m, m.teams), pick(m, m.people)}
	if k[0] == "" || k[1] == "" {
		return
	}
	if m.member[k] && m.chance(2) {
		delete(m.member, k)
		to.Leave(k[0], k[1])
		return
	}
	m.member[k] = true
	to.Join(k[0], k[1])
}

func (m *maker) assignment(to *engine.Writer) {
	k := [2]string{m.subject(), pick(m, m.customers)}
	if k[0] == "" || k[1] == "" {
		return
	}
	if m.assigned[k] && m.chance(2) {
		delete(m.assigned, k)
		to.Unassign(k[0], k[1])
		return
	}
	m.assigned[k] = true
	to.Assign(k[0], k[1])
}

func (m *maker) putCustomer(to *engine.Writer) {
	id := pick(m, m.customers)
	if id == "" || m.chance(3) {
		id = m.id()
	}
	var c engine.Client
	if m.chance(2) {
		c = engine.Client{Defaults: m.some("", 3), Sensitive: m.some("", 2)}
	}
	m.customers[id] = c
	to.PutCustomer(id, c)
}

// dropCustomer takes everything that belongs to the customer with it, as its foreign keys do.
func (m *maker) dropCustomer(to *engine.Writer) {
	id := pick(m, m.customers)
	if id == "" || !m.chance(3) {
		return
	}
	for d := range m.devices {
		if on := (engine.Target{Type: engine.Device, ID: d}); m.customerOf(on) == id {
			m.forget(to, on)
		}
	}
	for g, at := range m.groups {
		if at.customer == id {
			m.forget(to, engine.Target{Type: engine.DeviceGroup, ID: g})
		}
	}
	maps.DeleteFunc(m.assigned, func(k [2]string, _ bool) bool { return k[1] == id })
	m.forget(to, engine.Target{Type: engine.Customer, ID: id})
}

func (m *maker) forget(to *engine.Writer, on engine.Target) {
	delete(m.devices, on.ID)
	delete(m.groups, on.ID)
	delete(m.customers, on.ID)
	maps.DeleteFunc(m.grants, func(_ string, g engine.Grant) bool { return g.On == on })
	maps.DeleteFunc(m.overrides, func(_ string, o engine.Override) bool { return o.On == on })
	m.approvals = slices.DeleteFunc(m.approvals, func(a engine.Approval) bool { return a.On == on })
	to.DropPlace(on.ID)
}

// putGroup adds a group or moves one below another of the same customer.
func (m *maker) putGroup(to *engine.Writer) {
	id, g := m.id(), group{}
	if m.chance(3) && len(m.groups) > 0 {
		id = pick(m, m.groups)
		g.customer = m.groups[id].customer
	} else if !m.chance(5) {
		g.customer = pick(m, m.customers)
	}
	if parent := pick(m, m.groups); parent != "" && m.groups[parent].customer == g.customer && !m.covers(engine.Target{Type: engine.DeviceGroup, ID: id}, engine.Target{Type: engine.DeviceGroup, ID: parent}) {
		g.parent = parent
	}
	m.groups[id] = g
	to.PutGroup(id, g.parent, g.customer)
}

// dropGroup moves what is in a group to its parent, as the contract says.
func (m *maker) dropGroup(to *engine.Writer) {
	id := pick(m, m.groups)
	if id == "" || !m.chance(2) {
		return
	}
	g := m.groups[id]
	for child, at := range m.groups {
		if at.parent == id {
			m.groups[child] = group{g.parent, at.customer}
		}
	}
	for d, at := range m.devices {
		if at.group == id {
			m.devices[d] = device{g.parent, g.customer}
		}
	}
	m.forget(to, engine.Target{Type: engine.DeviceGroup, ID: id})
}

func (m *maker) putDevice(to *engine.Writer) {
	id, d := m.id(), device{}
	if m.chance(3) && len(m.devices) > 0 {
		id = pick(m, m.devices)
	}
	switch m.IntN(8) {
	case 0:
	case 1:
		d.customer = pick(m, m.customers)
	default:
		if d.group = pick(m, m.groups); d.group != "" {
			d.customer = m.groups[d.group].customer
		}
	}
	m.devices[id] = d
	to.PutDevice(id, d.group, d.customer)
}

func (m *maker) dropDevice(to *engine.Writer) {
	if id := pick(m, m.devices); id != "" {
		m.forget(to, engine.Target{Type: engine.Device, ID: id})
	}
}

func (m *maker) putRole(to *engine.Writer) {
	id := m.id()
	if m.chance(2) && len(m.roles) > 0 {
		id = pick(m, m.roles)
	}
	m.roles[id] = m.aRole()
	to.PutRole(id, m.roles[id])
}

func (m *maker) dropRole(to *engine.Writer) {
	id := pick(m, m.roles)
	if id == "" || !m.chance(2) {
		return
	}
	delete(m.roles, id)
	maps.DeleteFunc(m.grants, func(_ string, g engine.Grant) bool { return g.Role == id })
	to.DropRole(id)
}

func (m *maker) putGrant(to *engine.Writer) {
	g := engine.Grant{Subject: m.subject(), Role: pick(m, m.roles), On: m.target(), Times: m.times()}
	if g.Subject == "" || g.Role == "" || scoped(g.On) {
		return
	}
	id := m.id()
	m.grants[id] = g
	to.PutGrant(id, g)
}

// scoped says that a target of a type that has ids has none: nothing of that type is there.
func scoped(on engine.Target) bool {
	return on.ID == "" && slices.Contains([]engine.Type{engine.Device, engine.DeviceGroup, engine.Customer}, on.Type)
}

func (m *maker) dropGrant(to *engine.Writer) {
	if id := pick(m, m.grants); id != "" {
		to.DropRule(id, m.grants[id].On)
		delete(m.grants, id)
	}
}

func (m *maker) putOverride(to *engine.Writer) {
	o := engine.Override{Subject: m.subject(), Deny: m.chance(2), Permission: m.permission(), On: m.target(), Times: m.times()}
	if m.chance(15) {
		o.Permission = "" // all of them
	}
	if o.Subject == "" || scoped(o.On) {
		return
	}
	id := m.id()
	m.overrides[id] = o
	to.PutOverride(id, o)
}

func (m *maker) dropOverride(to *engine.Writer) {
	if id := pick(m, m.overrides); id != "" {
		to.DropRule(id, m.overrides[id].On)
		delete(m.overrides, id)
	}
}

func (m *maker) approve(to *engine.Writer) {
	a := engine.Approval{Technician: pick(m, m.people), Permission: m.permission(), On: m.target(), Times: m.times()}
	if a.Technician == "" || scoped(a.On) {
		return
	}
	m.approvals = slices.DeleteFunc(m.approvals, func(b engine.Approval) bool {
		return a.Technician == b.Technician && a.Permission == b.Permission && a.On == b.On
	})
	m.approvals = append(m.approvals, a)
	to.PutApproval(a)
}

func (m *maker) organization(to *engine.Writer) {
	m.org = engine.Org{Suspended: m.chance(30), Sensitive: append(m.some("", 2), perm.EndpointWipe, perm.DeviceTerminal), Defaults: m.some("", 2)}
	to.SetOrganization(m.org)
}
