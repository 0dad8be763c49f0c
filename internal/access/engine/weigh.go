package engine

import (
	"slices"

	"countersign.dev/countersign/internal/access/perm"
)

// verdict is what a walk found out about one technician and one target, for the permissions that were wanted.
type verdict struct {
	refusal  Reason    // if it is the same for every permission
	owner    bool      // beyond everything that follows
	denied   perm.Bits // by an override
	outside  bool      // the target's customer is not assigned
	ceiling  perm.Bits // what the platform role can hold at most
	allowed  perm.Bits // by anything
	asks     perm.Bits // of those, what takes an approval
	marked   perm.Bits // of those, what does so only because every role that gives it says so
	approved perm.Bits // and has one
}

// of says what a verdict means for one permission, in the order of ACC-15.
func (v *verdict) of(want perm.Bits) (Outcome, Reason) {
	switch {
	case v.refusal != "":
		return Deny, v.refusal
	case v.owner:
		return Allow, ByOwner
	case v.denied.Any(want):
		return Deny, ExplicitDeny
	case v.outside:
		return Deny, CustomerOutOfScope
	case !v.ceiling.Any(want):
		return Deny, OverCeiling
	case !v.allowed.Any(want):
		return Deny, NoGrant
	case v.asks.Without(v.approved).Any(want):
		return NeedsApproval, Sensitive
	}
	return Allow, ""
}

// free are the permissions that come out as Allow.
func (v *verdict) free() perm.Bits {
	switch {
	case v.refusal != "" || v.outside && !v.owner:
		return perm.Bits{}
	case v.owner:
		return perm.All()
	}
	return v.allowed.And(v.ceiling).Without(v.denied).Without(v.asks.Without(v.approved))
}

// witness sees every rule that belongs to the technician on the way, whether it counts or not, and every other thing that gives something.
type witness interface {
	rule(node int32, r *rule, gives perm.Bits, live bool)
	gives(what Reason, node int32, bits perm.Bits)
	approval(node int32)
}

// weigh walks. It looks at the wanted permissions only; with a witness it tells what it sees.
func (s *state) weigh(at int64, t asker, on int32, want perm.Bits, w witness) (v verdict) {
	if t.subject == nil || !t.active || s.suspended {
		v.refusal = SubjectInactive
		return v
	}
	if on == none {
		v.refusal = NoSuchTarget
		return v
	}
	if want == (perm.Bits{}) {
		v.refusal = NoSuchPermission
		return v
	}
	v.owner, v.ceiling = t.owner, t.reach.ceiling
	found := sum{at: at, want: want, witness: w}
	var room usual
	for _, n := range s.above(on, room[:0]) {
		s.look(&found, t, n)
	}
	v.denied, v.allowed = found.denied.Spread(), found.allowed // who may not see a device may do nothing with it
	asking := found.allowed.Without(found.free)

	owner := s.owner(on)
	inScope := t.reach.everywhere || owner != none && s.assigned(t, owner)
	v.outside = owner != none && !inScope
	given := s.base(t, owner, inScope, w).And(want)
	v.allowed, asking = v.allowed.Or(given), asking.Without(given)
	if t.reach.unasked && inScope {
		return v
	}
	everybody := s.sensitiveAt(owner)
	v.asks, v.marked = v.allowed.And(everybody).Or(asking), asking.Without(everybody)
	if v.asks != (perm.Bits{}) {
		v.approved = s.approved(at, t.number, on, v.asks, w)
	}
	return v
}

// sum adds up what a technician's rules say.
type sum struct {
	at      int64
	want    perm.Bits
	witness witness

	denied  perm.Bits // wanted or not
	allowed perm.Bits
	free    perm.Bits // of the allowed, what a rule gives that does not make it sensitive by itself (D-9)
}

// look adds the rules at a node that belong to a technician or to one of their teams.
func (s *state) look(to *sum, t asker, n int32) {
	rules := s.rules[s.nodes[n].rules]
	if len(rules) <= few {
		for i := range rules {
			if by := rules[i].subject; by == t.number || slices.Contains(t.with, by) {
				s.add(to, n, &rules[i])
			}
		}
		return
	}
	s.search(to, rules, t.number, n)
	for _, team := range t.with {
		s.search(to, rules, team, n)
	}
}

// few rules are looked through faster than searched.
const few = 4

func (s *state) search(to *sum, rules []rule, by, n int32) {
	i, _ := slices.BinarySearchFunc(rules, by, func(r rule, by int32) int { return int(r.subject) - int(by) })
	for ; i < len(rules) && rules[i].subject == by; i++ {
		s.add(to, n, &rules[i])
	}
}

func (s *state) add(to *sum, n int32, r *rule) {
	bits, sensitive := s.bits(r, n)
	live := r.span == 0 || s.spans[r.span].holds(to.at)
	if to.witness != nil {
		to.witness.rule(n, r, bits, live)
	}
	switch {
	case !live:
	case r.role == denying:
		to.denied = to.denied.Or(bits)
	default:
		bits = bits.And(to.want)
		to.allowed, to.free = to.allowed.Or(bits), to.free.Or(bits.Without(sensitive))
	}
}

// base is what nobody has to grant: the platform role's, and the defaults of the customer and the organization (D-8).
func (s *state) base(t asker, owner int32, inScope bool, w witness) (given perm.Bits) {
	switch {
	case inScope:
		given = t.reach.base
	case owner == none:
		given = t.reach.sections
	default:
		return given
	}
	if w != nil {
		w.gives(ByPlatformRole, none, given)
	}
	if owner == none {
		return given
	}
	if w != nil {
		w.gives(ByCustomerDefault, owner, s.customers[owner].defaults)
		w.gives(ByDefault, none, s.defaults)
	}
	return given.Or(s.customers[owner].defaults).Or(s.defaults)
}

// bits are the permissions that a rule at a node is about, and those of them that take an approval because its role says so (D-9).
func (s *state) bits(r *rule, n int32) (all, sensitive perm.Bits) {
	fitting := fits[s.nodes[n].kind]
	switch {
	case r.role >= 0:
		given := &s.role[r.role]
		return given.bits.And(fitting), given.sensitive
	case r.place == everything:
		return fitting, perm.Bits{}
	case r.role == allowing:
		return perm.BitAt(int(r.place)).Closed().And(fitting), perm.Bits{}
	}
	return perm.BitAt(int(r.place)).And(fitting), perm.Bits{}
}

// assigned says whether a customer is a technician's, directly or by way of a team (ACC-9).
func (s *state) assigned(t asker, customer int32) bool {
	if _, ok := slices.BinarySearch(t.customers, customer); ok && t.reach.direct {
		return true
	}
	return t.reach.teams && slices.ContainsFunc(t.with, func(team int32) bool {
		_, ok := slices.BinarySearch(s.subject[team].customers, customer)
		return ok
	})
}

func (s *state) sensitiveAt(owner int32) perm.Bits {
	if owner == none {
		return s.sensitive
	}
	return s.sensitive.Or(s.customers[owner].sensitive)
}

// approved are those of the permissions for which the technician has a live approval on this very target.
func (s *state) approved(at int64, who, on int32, asks perm.Bits, w witness) (out perm.Bits) {
	for place := range asks.Places() {
		if s.approvals[approval{who, on, int16(place)}].holds(at) {
			out = out.Or(perm.BitAt(place))
			if w != nil {
				w.approval(on)
			}
		}
	}
	return out
}
