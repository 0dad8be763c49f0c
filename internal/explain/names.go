package explain

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
)

func paths(found []engine.Path) []Path {
	out := make([]Path, len(found))
	for i, p := range found {
		out[i] = Path{Path: p, Role: Named{ID: p.Role}, Team: Named{ID: p.Team}, At: Named{ID: p.At.ID}}
	}
	return out
}

// name fills in the names of what paths speak of: one query for each kind of thing.
func (s *Service) name(ctx context.Context, lists ...[]Path) error {
	wanted := map[kind]map[string][]*Named{}
	want := func(k kind, n *Named) {
		if k == "" || n.ID == "" {
			return
		}
		if wanted[k] == nil {
			wanted[k] = map[string][]*Named{}
		}
		wanted[k][n.ID] = append(wanted[k][n.ID], n)
	}
	for _, list := range lists {
		for i := range list {
			p := &list[i]
			if p.Role.ID != "" && p.By == engine.ByPlatformRole {
				want(platformRoles, &p.Role)
			} else {
				want(roles, &p.Role)
			}
			want(teams, &p.Team)
			want(kindOf(p.Path.At.Type), &p.At)
		}
	}
	org := access.ActorFrom(ctx).OrgID
	for k, ids := range wanted {
		err := names(ctx, s.db.Read(), org, k, ids, func(id, name string) {
			for _, n := range ids[id] {
				n.Name = name
			}
		})
		if err != nil {
			return fmt.Errorf("name what gives access: %w", err)
		}
	}
	return nil
}

func kindOf(t engine.Type) kind {
	switch t {
	case engine.Device:
		return devices
	case engine.DeviceGroup:
		return groups
	case engine.Customer:
		return customers
	}
	return ""
}
