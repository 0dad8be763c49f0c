package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Outcome is the answer to a question.
type Outcome string

// The outcomes that a decision of this package can have. That a caller has to be verified first (D-10) is asked above it.
const (
	Allow         Outcome = "allow"
	Deny          Outcome = "deny"
	NeedsApproval Outcome = "needs_approval"
)

// Reason is why, as data; its words are in the translations.
type Reason string

// The reasons of a refusal, in the order in which they are looked for.
const (
	SubjectInactive    Reason = "subject_inactive"      // unknown, not activated, not active, or the organization is suspended
	NoSuchTarget       Reason = "no_such_target"        //
	NoSuchPermission   Reason = "no_such_permission"    //
	ExplicitDeny       Reason = "explicit_deny"         // an override takes it away
	CustomerOutOfScope Reason = "customer_out_of_scope" // the customer is not assigned
	OverCeiling        Reason = "over_ceiling"          // read-only people see, and no more
	NoGrant            Reason = "no_grant"              //
	Sensitive          Reason = "sensitive"             // somebody has to approve first
)

// What gives something, besides the owner's right to everything.
const (
	ByOwner           Reason = "owner"
	ByPlatformRole    Reason = "platform_role"
	ByGrant           Reason = "grant"
	ByOverride        Reason = "override"
	ByCustomerDefault Reason = "customer_default"
	ByDefault         Reason = "default"
	ByApproval        Reason = "approval"
)

// Decision is an answer with everything that led there.
type Decision struct {
	Outcome Outcome
	Reason  Reason // of a refusal; ByOwner for an owner
	Because []Path // what allows; for an explicit deny, what denies; for a sensitive permission, what allows but for the approval
	Misses  []Path // of a refusal: what nearly allows, and Miss why it does not
}

// Path is one thing that gives or takes something.
type Path struct {
	By    Reason    // ByGrant, ByOverride, ByPlatformRole …
	ID    string    // of the grant or override; the name of a platform role
	Role  string    // the id of a grant's role, or of the organization's own platform role
	Team  string    // the id of the team that passes it on; "" for one's own
	At    Target    // where it hangs: the target or something above it
	From  time.Time // zero for always
	Until time.Time // zero for ever
	Miss  Miss      // why it does not help

	far int // how many nodes lie between
}

// Miss says why something that is there does not help.
type Miss string

// Why something does not help.
const (
	NotYet    Miss = "not_yet"          // it begins later
	Expired   Miss = "expired"          // it has ended
	OtherRole Miss = "lacks_permission" // its role lacks the permission
	Outside   Miss = "customer_missing" // it would, if the customer were assigned
	Overruled Miss = "overruled"        // it would, but for a deny or a ceiling
)

// Explain is Check with reasons. Its order is always the same: the nearest first, in one place one's own before a team's.
func (e *Engine) Explain(at time.Time, technicianID string, p perm.Permission, on Target) Decision {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.explain(at.UnixNano(), e.technician(technicianID), p, on)
}

func (s *state) explain(at int64, t asker, p perm.Permission, on Target) Decision {
	want := perm.BitsOf(p)
	w := &account{s: s, at: at, t: t, want: want, last: none}
	v := s.weigh(at, t, s.find(on), want, w)
	for _, paths := range [][]Path{w.allows, w.denies, w.near} {
		slices.SortFunc(paths, func(a, b Path) int {
			return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(a.Team, b.Team), cmp.Compare(a.ID, b.ID), cmp.Compare(a.By, b.By))
		})
	}
	d := Decision{}
	d.Outcome, d.Reason = v.of(want)
	switch {
	case d.Outcome == Allow && v.owner:
		d.Because = []Path{{By: ByOwner}}
	case d.Outcome != Deny:
		d.Because = w.allows
	case d.Reason == ExplicitDeny:
		d.Because, d.Misses = w.denies, missing(w.allows, Overruled)
	case d.Reason == CustomerOutOfScope:
		d.Misses = append(missing(w.allows, Outside), w.near...)
	case d.Reason == OverCeiling:
		d.Misses = missing(w.allows, Overruled)
	case d.Reason == NoGrant:
		d.Misses = w.near
	}
	return d
}

func missing(paths []Path, why Miss) []Path {
	for i := range paths {
		paths[i].Miss = why
	}
	return paths
}

// account writes down what a walk sees about one permission.
type account struct {
	s      *state
	at     int64
	t      asker
	want   perm.Bits
	allows []Path
	denies []Path
	near   []Path

	last, far int32 // the node that was seen last, and how many there were
}

func (a *account) rule(n int32, r *rule, bits perm.Bits, live bool) {
	if n != a.last {
		a.last, a.far = n, a.far+1
	}
	p := Path{By: ByGrant, ID: r.id.String(), At: a.s.target(n), far: int(a.far)}
	if r.role >= 0 {
		p.Role = a.s.role[r.role].id.String()
	} else {
		p.By = ByOverride
	}
	if r.subject != a.t.number {
		p.Team = a.s.subject[r.subject].id.String()
	}
	times := a.s.spans[r.span]
	if r.span != 0 {
		p.From, p.Until = begin(times.from), end(times.to)
	}
	switch {
	case r.role == denying:
		if live && bits.Spread().Any(a.want) {
			a.denies = append(a.denies, p)
		}
	case !bits.Any(a.want):
		if live {
			p.Miss = OtherRole
			a.near = append(a.near, p)
		}
	case live:
		a.allows = append(a.allows, p)
	default:
		p.Miss = Expired
		if a.at < times.from {
			p.Miss = NotYet
		}
		a.near = append(a.near, p)
	}
}

func (a *account) gives(what Reason, n int32, bits perm.Bits) {
	if !bits.Any(a.want) {
		return
	}
	p := Path{By: what, far: math.MaxInt}
	if n != none {
		p.At = a.s.target(n)
	}
	if what == ByPlatformRole {
		if p.ID = string(a.t.role); a.t.own != (ID{}) {
			p.Role = a.t.own.String()
		}
	}
	a.allows = append(a.allows, p)
}

func (a *account) approval(n int32) {
	a.allows = append(a.allows, Path{By: ByApproval, At: a.s.target(n), far: math.MaxInt})
}

// target is how a node is called outside.
func (s *state) target(n int32) Target {
	t := Target{Type: types[s.nodes[n].kind]}
	if s.nodes[n].kind > unknown {
		t.ID = s.nodes[n].id.String()
	}
	return t
}

var types = [...]Type{
	allDevices: AllDevices, allCustomers: AllCustomers, organization: Organization, quickSupport: QuickSupport,
	customerNode: Customer, group: DeviceGroup, device: Device,
}
