package access

import (
	"strings"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// told is something that was read, and how an engine is told of it.
type told struct {
	id, other string
	put       func(*engine.Writer)
}

// part is one kind of what access hangs on.
type part struct {
	kind  string // the table that changes are noted of
	query string // of an organization
	key   string // the column of a change's id
	read  func(scan) (told, error)
	drop  func(w *engine.Writer, id, other string)
	first bool // what changed is dropped before it is put again: it may be somewhere else now
}

// parts are everything, in an order in which nothing is named before it is there.
var parts = []part{
	{
		kind: "organization", key: "o.id",
		query: `select o.id, o.status, coalesce(d.permissions, '[]'), coalesce(s.permissions, 'null') from organization o
			left join grant_default d on d.org_id = o.id and d.whose = '' left join sensitivity s on s.org_id = o.id and s.whose = '' where o.id = $1`,
		read: func(scan scan) (t told, err error) {
			var status string
			var defaults, marked permissions
			err = scan(&t.id, &status, &defaults, &marked)
			if marked.V == nil { // nothing is saved
				marked.V = perm.Sensitive().Permissions()
			}
			o := engine.Org{Suspended: status != "active", Sensitive: marked.V, Defaults: defaults.V}
			t.put = func(w *engine.Writer) { w.SetOrganization(o) }
			return t, err
		},
		drop: func(w *engine.Writer, _, _ string) { w.SetOrganization(engine.Org{Suspended: true}) },
	},
	{
		kind: "role", key: "id", query: `select id, permissions, sensitive from role where org_id = $1`,
		read: func(scan scan) (t told, err error) {
			var gives, asks permissions
			err = scan(&t.id, &gives, &asks)
			r := engine.Role{Permissions: gives.V, Sensitive: asks.V}
			t.put = func(w *engine.Writer) { w.PutRole(t.id, r) }
			return t, err
		},
		drop: func(w *engine.Writer, id, _ string) { w.DropRole(id) },
	},
	{
		kind: "customer", key: "c.id",
		query: `select c.id, coalesce(d.permissions, '[]'), coalesce(s.permissions, '[]') from customer c
			left join grant_default d on d.org_id = c.org_id and d.whose = c.id left join sensitivity s on s.org_id = c.org_id and s.whose = c.id where c.org_id = $1`,
		read: func(scan scan) (t told, err error) {
			var defaults, marked permissions
			err = scan(&t.id, &defaults, &marked)
			t.put = func(w *engine.Writer) {
				w.PutCustomer(t.id, engine.Client{Defaults: defaults.V, Sensitive: marked.V})
			}
			return t, err
		},
		drop: dropPlace,
	},
	{
		kind: "device_group", key: "id", query: `select id, coalesce(parent_id, ''), coalesce(customer_id, '') from device_group where org_id = $1`,
		read: readPlace((*engine.Writer).PutGroup), drop: dropPlace,
	},
	{
		kind: "device", key: "id", query: `select id, coalesce(group_id, ''), coalesce(customer_id, '') from device where org_id = $1`,
		read: readPlace((*engine.Writer).PutDevice), drop: dropPlace,
	},
	{
		kind: "team", key: "id", query: `select id from team where org_id = $1`,
		read: func(scan scan) (t told, err error) {
			err = scan(&t.id)
			t.put = func(w *engine.Writer) { w.PutTeam(t.id) }
			return t, err
		},
		drop: dropSubject,
	},
	{
		kind: "platformrole", key: "id", query: `select id, permissions, customers from platformrole where org_id = $1`,
		read: func(scan scan) (t told, err error) {
			var gives permissions
			var p engine.PlatformRole
			err = scan(&t.id, &gives, &p.Customers)
			p.Permissions = gives.V
			t.put = func(w *engine.Writer) { w.PutPlatformRole(t.id, p) }
			return t, err
		},
		drop: func(w *engine.Writer, id, _ string) { w.DropPlatformRole(id) },
	},
	{
		kind: "technician", key: "t.id",
		query: `select t.id, t.platform_role, coalesce(p.id, ''), t.owner, t.status = 'active' and t.state = 'activated' from technician t
			left join platformrole_technician g on g.org_id = t.org_id and g.technician_id = t.id
			left join platformrole p on p.org_id = g.org_id and p.id = g.platformrole_id and p.based_on = t.platform_role where t.org_id = $1`,
		read: func(scan scan) (t told, err error) {
			var p engine.Person
			err = scan(&t.id, &p.Role, &p.Own, &p.Owner, &p.Active)
			t.put = func(w *engine.Writer) { w.PutTechnician(t.id, p) }
			return t, err
		},
		drop: dropSubject,
	},
	{
		kind: "team_member", key: "team_id", query: `select team_id, technician_id from team_member where org_id = $1`,
		read: readPair((*engine.Writer).Join), drop: (*engine.Writer).Leave,
	},
	{
		kind: "technician_customer", key: "technician_id", query: `select technician_id, customer_id from technician_customer where org_id = $1`,
		read: readPair((*engine.Writer).Assign), drop: (*engine.Writer).Unassign,
	},
	{
		kind: "team_customer", key: "team_id", query: `select team_id, customer_id from team_customer where org_id = $1`,
		read: readPair((*engine.Writer).Assign), drop: (*engine.Writer).Unassign,
	},
	{
		kind: "grant_role", key: "id",
		query: `select id, coalesce(technician_id, team_id), role_id, ` + scope + ` from grant_role where org_id = $1`,
		read: func(scan scan) (t told, err error) {
			var g engine.Grant
			err = scan(&t.id, &g.Subject, &g.Role, &g.On.Type, &g.On.ID, (*store.Time)(&g.From), (*store.Time)(&g.Until))
			t.put = func(w *engine.Writer) { w.PutGrant(t.id, g) }
			return t, err
		},
		drop: dropRule, first: true,
	},
	{
		kind: "grant_override", key: "id",
		query: `select id, coalesce(technician_id, team_id), effect = 'deny', permission, ` + scope + ` from grant_override where org_id = $1`,
		read: func(scan scan) (t told, err error) {
			var o engine.Override
			err = scan(&t.id, &o.Subject, &o.Deny, &o.Permission, &o.On.Type, &o.On.ID, (*store.Time)(&o.From), (*store.Time)(&o.Until))
			t.put = func(w *engine.Writer) { w.PutOverride(t.id, o) }
			return t, err
		},
		drop: dropRule, first: true,
	},
	{
		kind: "approval_window", key: "technician_id", query: `select technician_id, what, from_at, until_at from approval_window where org_id = $1`,
		read: func(scan scan) (t told, err error) {
			a := engine.Approval{}
			err = scan(&t.id, &t.other, (*store.Time)(&a.From), (*store.Time)(&a.Until))
			a.Technician = t.id
			a.Permission, a.On = readWindow(t.other)
			t.put = func(w *engine.Writer) { w.PutApproval(a) }
			return t, err
		},
		drop: func(w *engine.Writer, id, other string) {
			p, on := readWindow(other)
			w.DropApproval(id, p, on)
		},
	},
}

// readWindow reads what an approval is for: a permission and a target, as WindowFor writes them.
func readWindow(what string) (perm.Permission, engine.Target) {
	p, on, _ := strings.Cut(what, " ")
	kind, id, _ := strings.Cut(on, " ")
	return perm.Permission(p), engine.Target{Type: engine.Type(kind), ID: id}
}

// WindowFor writes what an approval is for that lets a technician do something to a target for a while.
func WindowFor(p perm.Permission, on engine.Target) string {
	return string(p) + " " + string(on.Type) + " " + on.ID
}

const scope = `scope_type, coalesce(device_id, group_id, customer_id, ''), not_before, expires_at`

type permissions = store.JSON[[]perm.Permission]

// watched are the tables whose changes are noted.
func watched() (tables []string) {
	for _, p := range parts {
		tables = append(tables, p.kind)
	}
	return append(tables, "grant_default", "sensitivity", "platformrole_technician")
}

func readPlace(put func(w *engine.Writer, id, in, customer string)) func(scan) (told, error) {
	return func(scan scan) (t told, err error) {
		var in, customer string
		err = scan(&t.id, &in, &customer)
		t.put = func(w *engine.Writer) { put(w, t.id, in, customer) }
		return t, err
	}
}

func readPair(put func(w *engine.Writer, a, b string)) func(scan) (told, error) {
	return func(scan scan) (t told, err error) {
		err = scan(&t.id, &t.other)
		t.put = func(w *engine.Writer) { put(w, t.id, t.other) }
		return t, err
	}
}

func dropPlace(w *engine.Writer, id, _ string) { w.DropPlace(id) }

func dropSubject(w *engine.Writer, id, _ string) { w.DropSubject(id) }

// dropRule: where says the id of what a rule was about, or what it was about as a whole.
func dropRule(w *engine.Writer, id, where string) {
	on := engine.Target{Type: engine.Type(where)}
	if !on.Whole() {
		on = engine.Target{Type: engine.Device, ID: where} // the engine knows what it is by its id
	}
	w.DropRule(id, on)
}
