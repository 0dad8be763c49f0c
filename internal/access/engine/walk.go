package engine

import (
	"slices"

	"countersign.dev/countersign/internal/access/perm"
)

// walk adds the ways of one technician to one target.
func (f *ways) walk(t asker, on int32, keep func(int32, *rule) bool, base func(Reason) bool) {
	if f.walks++; f.walks > maxWalks {
		f.Cut = true
		return
	}
	begin := len(f.All)
	f.t, f.on, f.fit, f.keep, f.base = t, on, f.want.And(fits[f.nodes[on].kind]), keep, base
	if f.nodes[on].kind == unknown || f.fit == (perm.Bits{}) {
		return
	}
	v := f.weigh(f.at, t, on, f.fit, f)
	if v.refusal != "" {
		return
	}
	held := v.allowed.And(v.ceiling).Without(v.denied).And(f.fit)
	switch {
	case v.owner && base(ByOwner): // nothing else matters
		f.All = append(f.All[:begin], Way{Who: t.id, By: ByOwner, At: f.target(on), On: f.target(on), Gives: f.fit, Counts: f.fit})
		return
	case v.owner:
		held = f.fit
	case v.outside:
		held = perm.Bits{}
	}
	for i := range f.All[begin:] {
		w := &f.All[begin+i]
		switch {
		case w.Miss != "":
		case w.Denies && !v.owner:
			w.Counts = w.Gives
		case !w.Denies && w.Gives.Any(held):
			w.Counts = w.Gives.And(held)
			w.Asks = w.Counts.And(v.asks.Without(v.approved))
		default:
			if w.Miss = Overruled; v.outside {
				w.Miss = Outside
			}
		}
	}
}

// rule makes ways a witness, as do gives and approval.
func (f *ways) rule(n int32, r *rule, bits perm.Bits, live bool) {
	if r.role == denying {
		bits = bits.Spread()
	}
	if bits = bits.And(f.fit); bits == (perm.Bits{}) || !f.keep(n, r) {
		return
	}
	w := Way{Who: f.t.id, By: ByGrant, Rule: r.id, Denies: r.role == denying, At: f.target(n), On: f.target(f.on), Gives: bits}
	switch {
	case r.role >= 0:
		w.Role = f.role[r.role].id
	default:
		w.By = ByOverride
		if r.place != everything {
			w.Permission = perm.BitAt(int(r.place)).Permissions()[0]
		}
	}
	if r.subject != f.t.number {
		w.Team = f.subject[r.subject].id
	}
	if times := f.spans[r.span]; r.span != 0 {
		w.From, w.Until = begin(times.from), end(times.to)
		if w.Miss = Expired; live {
			w.Miss = ""
		} else if f.at < times.from {
			w.Miss = NotYet
		}
	}
	f.All = append(f.All, w)
}

func (f *ways) gives(what Reason, _ int32, bits perm.Bits) {
	if bits = bits.And(f.fit); bits == (perm.Bits{}) || !f.base(what) {
		return
	}
	w := Way{Who: f.t.id, By: what, At: f.target(f.on), On: f.target(f.on), Gives: bits}
	if what == ByPlatformRole {
		w.Platform, w.Role = f.t.role, f.t.own
	}
	if owner := f.owner(f.on); owner != none && !f.t.everywhere() && (!f.t.reach.direct || !slices.Contains(f.t.customers, owner)) {
		for _, n := range f.t.with {
			if slices.Contains(f.subject[n].customers, owner) {
				w.Team = f.subject[n].id
				break
			}
		}
	}
	f.All = append(f.All, w)
}

func (f *ways) approval(int32) {}
