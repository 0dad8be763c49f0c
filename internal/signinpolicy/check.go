package signinpolicy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
)

const maxNetworks = 200

var (
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errShutOut   = fault.New(fault.Invalid, "signin_policy.shuts_you_out", "You would be shut out: your own address is in none of these networks.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

// ParseNetwork reads a network as people write it: an address with a length, or one address alone.
func ParseNetwork(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	p, err := netip.ParsePrefix(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, fmt.Errorf("no network: %w", err)
		}
		p = netip.PrefixFrom(a, a.BitLen())
	}
	if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}

// checked returns p in its one spelling, or everything that is wrong with it.
func (p Policy) checked() (Policy, error) {
	var f input.Form
	for _, n := range []struct {
		pointer     string
		value       int
		least, most int
	}{
		{"/password/min_length", p.Password.MinLength, 8, 128},
		{"/password/classes", p.Password.Classes, 0, 4},
		{"/password/expiry_days", p.Password.ExpiryDays, 0, 3650},
		{"/password/history", p.Password.History, 0, 24},
		{"/lockout/failures", p.Lockout.Failures, 3, 100},
		{"/lockout/minutes", p.Lockout.Minutes, 1, 1440},
		{"/mfa/grace_days", p.MFA.GraceDays, 0, 90},
		{"/sessions/idle_minutes", p.Sessions.IdleMinutes, 1, 1440},
		{"/sessions/hours", p.Sessions.Hours, 1, 168},
		{"/sessions/concurrent", p.Sessions.Concurrent, 1, 50},
	} {
		if n.value < n.least || n.value > n.most {
			f.Refuse(n.pointer, fmt.Sprintf("Choose a number from %d to %d.", n.least, n.most))
		}
	}
	if !slices.Contains([]string{Off, Administrators, All}, p.MFA.Required) {
		f.Refuse("/mfa/required", "Choose off, administrators or all.")
	}
	p.Networks = once(&f, "/networks", p.Networks)
	roles := map[perm.Role][]netip.Prefix{}
	for role, list := range p.RoleNetworks {
		pointer := "/role_networks/" + string(role)
		if !slices.Contains([]perm.Role{perm.Administrator, perm.Manager, perm.Technician, perm.ReadOnly}, role) {
			f.Refuse(pointer, "There is no such role.")
		}
		if list = once(&f, pointer, list); len(list) > 0 {
			roles[role] = list
		}
	}
	p.RoleNetworks = roles
	return p, f.Err()
}

// once drops networks that stand in a list twice.
func once(f *input.Form, pointer string, list []netip.Prefix) []netip.Prefix {
	if len(list) > maxNetworks {
		f.Refuse(pointer, fmt.Sprintf("At most %d networks.", maxNetworks))
	}
	out := []netip.Prefix{}
	for _, p := range list {
		if p = p.Masked(); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// keeps refuses a policy under which the actor's next request would be turned away.
func (p Policy) keeps(actor access.Actor) error {
	if !access.Within(actor.Address, p.Networks) {
		return errShutOut.At("/networks")
	}
	if !access.Within(actor.Address, p.RoleNetworks[actor.Role]) {
		return errShutOut.At("/role_networks/" + string(actor.Role))
	}
	return nil
}

// text is the policy as it is stored.
func (p Policy) text() string {
	b, _ := json.Marshal(p) // numbers, words and networks always marshal
	return string(b)
}

// changes are the parts in which two policies differ.
func changes(before, after Policy) (was, is map[string]any) {
	was, is = parts(before), parts(after)
	for name := range was {
		if reflect.DeepEqual(was[name], is[name]) {
			delete(was, name)
			delete(is, name)
		}
	}
	return was, is
}

// parts are those of a policy as the audit log shows them, which masks whatever is called a password.
func parts(p Policy) (out map[string]any) {
	_ = json.Unmarshal([]byte(p.text()), &out) // what has just been marshaled
	out["password_rules"] = out["password"]
	delete(out, "password")
	return out
}
