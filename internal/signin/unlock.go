package signin

import (
	"context"
	"net/netip"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
)

var errNoNetwork = fault.New(fault.Invalid, "signin.network_invalid", "Write a network as 203.0.113.0/24 or 2001:db8::/32, or a single address.")

// Unlocked says what letting somebody in again took.
type Unlocked struct {
	Counters int    // of failures that were cleared
	Lists    int    // of networks that the new one was added to
	Status   string // why the account may not sign in all the same, or ""
}

// Unlock lets somebody in again who is shut out, from the machine of the installation: it clears the failed sign-ins that lock the account,
// and adds the network, if one is given, to those lists alone that are in force for that person. Password, second factors, status and rights
// stay as they are.
func (s *Service) Unlock(ctx context.Context, slug, email, allow string) (out Unlocked, err error) {
	var network netip.Prefix
	if allow != "" {
		if network, err = signinpolicy.ParseNetwork(allow); err != nil {
			return Unlocked{}, errNoNetwork
		}
	}
	org, err := organizationFor(ctx, s.DB.Read(), slug)
	if err != nil {
		return Unlocked{}, err
	}
	who, err := findAccount(ctx, s.DB.Read(), org, slug, input.FoldEmail(email))
	if err != nil {
		return Unlocked{}, err
	}
	if who.id == "" {
		return Unlocked{}, errNotFound
	}
	out.Status = s.unwelcome(account{mayAct: who.mayAct, console: who.console}, signinpolicy.Default(), "", "")
	server := access.System(who.orgID)
	server.Device = access.ActorFrom(ctx).Device
	ctx = access.WithActor(ctx, server)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if out.Counters, err = clearAccount(ctx, tx, who.orgID, who.id); err != nil {
			return err
		}
		out.Lists = 0
		if allow != "" {
			if out.Lists, err = s.openTo(ctx, tx, who, network); err != nil {
				return err
			}
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "account.unlock", Targets: who.targets(), Detail: map[string]any{"counters": out.Counters, "network": allow, "lists": out.Lists},
		})
	})
	return out, err
}

// openTo adds a network to the lists that keep somebody out.
func (s *Service) openTo(ctx context.Context, tx *store.Tx, who account, network netip.Prefix) (lists int, err error) {
	policy, err := s.Policies.Open(ctx, tx, who.orgID, who.role, network)
	if err != nil {
		return 0, err
	}
	own, err := s.Technicians.AllowNetwork(ctx, tx, who.orgID, who.id, network)
	if err != nil {
		return 0, err
	}
	for _, changed := range []bool{policy, own} {
		if changed {
			lists++
		}
	}
	return lists, nil
}
