package engine

import "countersign.dev/countersign/internal/access/perm"

// reach is what a platform role means, looked up once.
type reach struct {
	base, ceiling perm.Bits
	sections      perm.Bits // of base, what counts beside customers and devices
	everywhere    bool      // every customer is assigned
	direct, teams bool      // which assignments count
	unasked       bool      // acts without approval in scope
}

// Customers says which customers an organization's own platform role reaches.
type Customers string

// What a platform role reaches.
const (
	EveryCustomer     Customers = "all"
	AssignedCustomers Customers = "assigned" // directly or by way of a team
	TeamCustomers     Customers = "teams"    // by way of a team alone
	OwnCustomers      Customers = "own"      // directly alone
)

// PlatformRole is one that an organization made itself (ACC-8). Its permissions and customers count instead of those of the platform role that it is
// like, whose ceiling and approvals stay.
type PlatformRole struct {
	Permissions []perm.Permission
	Customers   Customers
}

var sections = perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == perm.Administration || e.Purpose == perm.Invitations })

// reachOf is what somebody reaches by their platform role. One that the organization made and that is not there gives nothing.
func (s *state) reachOf(r perm.Role, own ID) reach {
	out := reach{base: r.Base(), ceiling: r.Ceiling(), everywhere: r.AllCustomers(), direct: true, teams: true, unasked: r.Unasked()}
	if own == (ID{}) {
		return out
	}
	p := s.own[own]
	out.base = perm.BitsOf(p.Permissions...).Closed().And(out.ceiling)
	out.sections = out.base.And(sections)
	out.everywhere = p.Customers == EveryCustomer
	out.direct = p.Customers == AssignedCustomers || p.Customers == OwnCustomers
	out.teams = p.Customers == AssignedCustomers || p.Customers == TeamCustomers
	return out
}

// PutPlatformRole adds a platform role of the organization, or changes it for everybody who has it.
func (w *Writer) PutPlatformRole(id string, p PlatformRole) {
	if own, ok := parse(id); ok {
		w.s.own[own] = p
		w.reachAnew(own)
	}
}

// DropPlatformRole removes a platform role of the organization. Whoever still has it holds nothing by it.
func (w *Writer) DropPlatformRole(id string) {
	if own, ok := parse(id); ok {
		delete(w.s.own, own)
		w.reachAnew(own)
	}
}

func (w *Writer) reachAnew(own ID) {
	for i := range w.s.subject {
		if t := &w.s.subject[i]; t.own == own {
			t.reach = w.s.reachOf(t.role, own)
		}
	}
}

// ownRole reads the id of an organization's own platform role. What is no id is a role that is never there.
func ownRole(id string) (own ID) {
	if id == "" {
		return ID{}
	}
	own, ok := parse(id)
	if !ok {
		return ID{255}
	}
	return own
}
