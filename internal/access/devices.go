package access

import (
	"context"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// DeviceScope is the set of devices and device groups on which an actor holds a permission, to filter lists with.
type DeviceScope struct {
	q    question
	p    perm.Permission
	only []string
	many bool
}

// few is up to how many devices a scope names them.
const few = 500

// Devices returns the DeviceScope of p for the actor of ctx.
func (g *Guard) Devices(ctx context.Context, p perm.Permission) (DeviceScope, error) {
	q, err := g.ask(ctx, p)
	if err != nil || q.system {
		return DeviceScope{q: q, many: true}, err
	}
	if err := q.holds(p); err != nil {
		return DeviceScope{}, err
	}
	s := DeviceScope{q: q, p: p}
	var ids []engine.ID
	ids, s.many = q.engine.DevicesAs(q.at, q.as, p, few)
	s.only = texts(ids)
	return s, nil
}

// Only names the devices if they are few. Otherwise ask Has of each.
func (s DeviceScope) Only() (ids []string, few bool) { return s.only, !s.many }

// Has says whether the scope holds a device.
func (s DeviceScope) Has(id string) bool { return s.has(engine.Device, id) }

// HasGroup says whether the scope holds a device group.
func (s DeviceScope) HasGroup(id string) bool { return s.has(engine.DeviceGroup, id) }

func (s DeviceScope) has(t engine.Type, id string) bool {
	if s.q.system {
		return true
	}
	if s.q.engine == nil {
		return false
	}
	outcome, _ := s.q.engine.CheckAs(s.q.at, s.q.as, s.p, engine.Target{Type: t, ID: id})
	return outcome == engine.Allow
}
