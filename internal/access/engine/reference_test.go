package engine_test

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// world is everything that access hangs on, written down as plainly as it can be. Its answers are slow and obvious, and what the engine is held
// against. It shares nothing with the engine but the catalogue.
type world struct {
	now       time.Time
	org       engine.Org
	people    map[string]engine.Person
	teams     map[string]bool
	member    map[[2]string]bool // team, technician
	assigned  map[[2]string]bool // technician or team, customer
	customers map[string]engine.Client
	groups    map[string]group
	devices   map[string]device
	platform  map[string]engine.PlatformRole
	roles     map[string]engine.Role
	grants    map[string]engine.Grant
	overrides map[string]engine.Override
	approvals []engine.Approval
}

type group struct{ parent, customer string }

type device struct{ group, customer string }

func empty() *world {
	return &world{
		people: map[string]engine.Person{}, teams: map[string]bool{}, member: map[[2]string]bool{}, assigned: map[[2]string]bool{},
		customers: map[string]engine.Client{}, groups: map[string]group{}, devices: map[string]device{}, roles: map[string]engine.Role{},
		platform: map[string]engine.PlatformRole{},
		grants:   map[string]engine.Grant{}, overrides: map[string]engine.Override{},
	}
}

// decide is ACC-15, word for word.
func (w *world) decide(technician string, p perm.Permission, on engine.Target) (engine.Outcome, engine.Reason) {
	t, ok := w.people[technician]
	if !ok || !t.Active || w.org.Suspended {
		return engine.Deny, engine.SubjectInactive
	}
	if !w.exists(on) {
		return engine.Deny, engine.NoSuchTarget
	}
	entry, ok := perm.Find(p)
	if !ok {
		return engine.Deny, engine.NoSuchPermission
	}
	if t.Owner {
		return engine.Allow, engine.ByOwner
	}
	if w.denied(technician, p, on) || entry.Purpose == perm.Devices && w.denied(technician, perm.DeviceView, on) {
		return engine.Deny, engine.ExplicitDeny
	}
	customer := w.customerOf(on)
	inScope := w.everywhere(t) || customer != "" && w.has(technician, t, customer)
	if customer != "" && !inScope {
		return engine.Deny, engine.CustomerOutOfScope
	}
	if t.Role == perm.ReadOnly && !entry.View {
		return engine.Deny, engine.OverCeiling
	}
	allowed, free := w.allowed(technician, t, entry, on, customer, inScope)
	switch {
	case !allowed:
		return engine.Deny, engine.NoGrant
	case (t.Role == perm.Administrator || t.Role == perm.Manager) && inScope:
		return engine.Allow, ""
	case free && !slices.Contains(w.org.Sensitive, p) && (customer == "" || !slices.Contains(w.customers[customer].Sensitive, p)):
		return engine.Allow, ""
	case slices.ContainsFunc(w.approvals, func(a engine.Approval) bool {
		return a.Technician == technician && a.Permission == p && a.On == on && w.holds(a.Times)
	}):
		return engine.Allow, ""
	}
	return engine.NeedsApproval, engine.Sensitive
}

// allowed says whether anything gives p, and whether anything gives it that does not make it sensitive by itself.
func (w *world) allowed(technician string, t engine.Person, entry perm.Entry, on engine.Target, customer string, inScope bool) (allowed, free bool) {
	if inScope && (w.base(t, entry) || customer != "" && w.byDefault(entry, customer)) {
		return true, true
	}
	if customer == "" && t.Own != "" && (entry.Purpose == perm.Administration || entry.Purpose == perm.Invitations) && w.base(t, entry) {
		return true, true
	}
	for _, g := range w.grants {
		role := w.roles[g.Role]
		if w.belongs(technician, g.Subject) && w.holds(g.Times) && w.covers(g.On, on) && scopes(g.On.Type, entry.Purpose) && implies(role.Permissions, entry) {
			allowed = true
			free = free || !slices.Contains(role.Sensitive, entry.Name)
		}
	}
	for _, o := range w.overrides {
		if !o.Deny && w.belongs(technician, o.Subject) && w.holds(o.Times) && w.covers(o.On, on) && scopes(o.On.Type, entry.Purpose) &&
			(o.Permission == "" || implies([]perm.Permission{o.Permission}, entry)) {
			return true, true
		}
	}
	return allowed, free
}

func (w *world) denied(technician string, p perm.Permission, on engine.Target) bool {
	entry, _ := perm.Find(p)
	for _, o := range w.overrides {
		if o.Deny && (o.Permission == "" || o.Permission == p) && w.belongs(technician, o.Subject) && w.holds(o.Times) && w.covers(o.On, on) && scopes(o.On.Type, entry.Purpose) {
			return true
		}
	}
	return false
}

// base is what a platform role gives. An organization's own gives what it lists, within what somebody of that platform role may hold.
func (w *world) base(t engine.Person, e perm.Entry) bool {
	if t.Own != "" {
		return implies(w.platform[t.Own].Permissions, e)
	}
	switch t.Role {
	case perm.Administrator:
		return true
	case perm.Manager:
		return e.Purpose == perm.Customers || e.Purpose == perm.Devices
	case perm.Technician:
		return e.Purpose == perm.Customers && !slices.Contains([]perm.Permission{
			"customer.edit", "chat.answer", "approval.decide", "portal.users.manage", "report.create", "invoice.view",
		}, e.Name)
	case perm.ReadOnly:
		return e.View && e.Name != "admin.audit"
	}
	return false
}

func (w *world) byDefault(e perm.Entry, customer string) bool {
	given := slices.Concat(w.org.Defaults, w.customers[customer].Defaults)
	return (e.Purpose == perm.Devices || e.Purpose == perm.Customers) && implies(given, e)
}

// implies says whether one of the permissions is e, or makes it so: whoever may do anything with a device may see it.
func implies(ps []perm.Permission, e perm.Entry) bool {
	return slices.ContainsFunc(ps, func(p perm.Permission) bool {
		other, _ := perm.Find(p)
		return p == e.Name || e.Name == perm.DeviceView && other.Purpose == perm.Devices
	})
}

// scopes are those on which a permission can be given (D-5).
func scopes(t engine.Type, p perm.Purpose) bool {
	switch p {
	case perm.Devices:
		return slices.Contains([]engine.Type{engine.Device, engine.DeviceGroup, engine.Customer, engine.AllDevices}, t)
	case perm.Customers:
		return t == engine.Customer || t == engine.AllCustomers
	case perm.Administration:
		return t == engine.Organization
	case perm.Invitations:
		return t == engine.QuickSupport
	}
	return false
}

func (w *world) exists(on engine.Target) (ok bool) {
	switch on.Type {
	case engine.Device:
		_, ok = w.devices[on.ID]
	case engine.DeviceGroup:
		_, ok = w.groups[on.ID]
	case engine.Customer:
		_, ok = w.customers[on.ID]
	case engine.AllDevices, engine.AllCustomers, engine.Organization, engine.QuickSupport:
		ok = true
	}
	return ok
}

func (w *world) customerOf(on engine.Target) string {
	switch on.Type {
	case engine.Device:
		if g := w.devices[on.ID].group; g != "" {
			return w.groups[g].customer
		}
		return w.devices[on.ID].customer
	case engine.DeviceGroup:
		return w.groups[on.ID].customer
	case engine.Customer:
		return on.ID
	}
	return ""
}

// covers says whether a scope is a target or above it.
func (w *world) covers(scope, on engine.Target) bool {
	switch {
	case scope == on:
		return true
	case on.Type != engine.Device && on.Type != engine.DeviceGroup && on.Type != engine.Customer:
		return false
	case scope.Type == engine.AllDevices, scope.Type == engine.AllCustomers:
		return true
	case scope.Type == engine.Customer:
		return w.customerOf(on) == scope.ID
	case scope.Type != engine.DeviceGroup || on.Type == engine.Customer:
		return false
	}
	at := on.ID
	if on.Type == engine.Device {
		at = w.devices[on.ID].group
	}
	for range len(w.groups) + 1 {
		if at == scope.ID {
			return true
		}
		at = w.groups[at].parent
	}
	return false
}

func (w *world) belongs(technician, subject string) bool {
	return subject == technician || w.teams[subject] && w.member[[2]string{subject, technician}]
}

func (w *world) everywhere(t engine.Person) bool {
	if t.Own != "" {
		return w.platform[t.Own].Customers == engine.EveryCustomer
	}
	return t.Role == perm.Administrator
}

func (w *world) has(technician string, t engine.Person, customer string) bool {
	own, teams := true, true
	if t.Own != "" {
		reach := w.platform[t.Own].Customers
		own = reach == engine.AssignedCustomers || reach == engine.OwnCustomers
		teams = reach == engine.AssignedCustomers || reach == engine.TeamCustomers
	}
	for subject := range w.subjects() {
		counts := own
		if subject != technician {
			counts = teams
		}
		if counts && w.belongs(technician, subject) && w.assigned[[2]string{subject, customer}] {
			return true
		}
	}
	return false
}

func (w *world) subjects() map[string]bool {
	out := map[string]bool{}
	for s := range w.people {
		out[s] = true
	}
	for s := range w.teams {
		out[s] = true
	}
	return out
}

func (w *world) holds(t engine.Times) bool {
	return (t.From.IsZero() || !w.now.Before(t.From)) && (t.Until.IsZero() || w.now.Before(t.Until))
}
