package technician

import (
	"context"
	"net/netip"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// AllowNetwork adds a network to those from where the account may be used, unless it is among them or there are none. It is for the command
// line of the server, to let in somebody who is shut out; nobody is asked.
func (s *Service) AllowNetwork(ctx context.Context, tx *store.Tx, org, id string, network netip.Prefix) (changed bool, err error) {
	t, err := Lock(ctx, tx, org, id)
	if err != nil {
		return false, err
	}
	own := make([]netip.Prefix, 0, len(t.AllowedNetworks))
	for _, text := range t.AllowedNetworks {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return false, err
		}
		own = append(own, p)
	}
	if access.Within(network.Addr().String(), own) {
		return false, nil
	}
	before := t.AllowedNetworks
	t.AllowedNetworks, t.UpdatedAt = append(slices.Clone(before), network.String()), store.Now()
	if err := update(ctx, tx, t); err != nil {
		return false, err
	}
	return true, s.record(ctx, tx, t, audit.Event{
		Action: "technician.update", Before: map[string]any{"allowed_networks": before}, After: map[string]any{"allowed_networks": t.AllowedNetworks},
	})
}
