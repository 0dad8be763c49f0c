package authzen

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/store"
)

// Filter says which decisions of the record are wanted; what is empty does not count.
type Filter struct {
	SubjectID    string
	AskedBy      string
	TokenID      string
	Permission   perm.Permission
	ResourceType string
	ResourceID   string
	Outcome      engine.Outcome
	From, To     time.Time // half-open
}

// Named is something with its name; "" if it is gone, or the reader may not see it.
type Named struct{ ID, Name string }

// Rule is a grant or an override that led to a decision, as it is now. By is "" if it is gone.
type Rule struct {
	ID          string
	By          engine.Reason
	Role        Named // of a grant
	Team        Named // that it was given to
	On          Named
	OnType      engine.Type
	From, Until time.Time
}

// Told is a decision of the record with the names of what it is about.
type Told struct {
	Decision

	AskedBy, Token, Subject, Resource Named
	Because                           []Rule
}

// Decisions are what other programs were told, newest first, for whoever may read the audit log. Customers and what they have are named as far as the
// reader may see them.
func (s *Service) Decisions(ctx context.Context, f Filter, page store.Page) ([]Told, string, error) {
	if err := s.guard.Holds(ctx, perm.AdminAudit); err != nil {
		return nil, "", err
	}
	found, next, err := listDecisions(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, f, page)
	if err != nil {
		return nil, "", err
	}
	out := make([]Told, len(found))
	for i, d := range found {
		out[i] = Told{
			Decision: d, AskedBy: Named{ID: d.AskedBy}, Token: Named{ID: d.TokenID}, Subject: Named{ID: d.SubjectID}, Resource: Named{ID: d.ResourceID},
		}
	}
	if err := s.because(ctx, out); err != nil {
		return nil, "", err
	}
	return out, next, s.name(ctx, out)
}

// because fills in the rules that led to decisions.
func (s *Service) because(ctx context.Context, all []Told) error {
	ids := map[string]bool{}
	for _, t := range all {
		for _, id := range t.Rules {
			ids[id] = true
		}
	}
	known, err := rulesByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, ids)
	if err != nil {
		return err
	}
	for i := range all {
		for _, id := range all[i].Rules {
			r := known[id]
			r.ID = id
			all[i].Because = append(all[i].Because, r)
		}
	}
	return nil
}

// name fills in names: one query for each kind of thing.
func (s *Service) name(ctx context.Context, all []Told) error {
	e, err := s.engine(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]map[string][]*Named{}
	want := func(table string, n *Named) {
		if table == "" || n.ID == "" {
			return
		}
		if wanted[table] == nil {
			wanted[table] = map[string][]*Named{}
		}
		wanted[table][n.ID] = append(wanted[table][n.ID], n)
	}
	for i := range all {
		t := &all[i]
		want("technician", &t.AskedBy)
		want("technician", &t.Subject)
		want("token", &t.Token)
		want(tableOf(t.ResourceType), &t.Resource)
		for j := range t.Because {
			r := &t.Because[j]
			want("role", &r.Role)
			want("team", &r.Team)
			want(tableOf(string(r.OnType)), &r.On)
		}
	}
	actor, at := access.ActorFrom(ctx), now()
	for table, ids := range wanted {
		err := namesOf(ctx, s.db.Read(), actor.OrgID, table, ids, func(id, customer, name string) {
			if !seen(e, at, actor, table, id, customer) {
				return
			}
			for _, n := range ids[id] {
				n.Name = name
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seen says whether a reader may know the name of a row of a table.
func seen(e *engine.Engine, at time.Time, actor access.Actor, table, id, customer string) bool {
	switch table {
	case resource.Contact, resource.Ticket:
		return resource.Known(e, at, actor.ID, actor.Ceiling, table, engine.Target{Type: engine.Customer, ID: customer})
	case string(engine.Device), string(engine.DeviceGroup), string(engine.Customer):
		return resource.Seen(e, at, actor.ID, actor.Ceiling, engine.Target{Type: engine.Type(table), ID: id})
	}
	return true // people, teams and roles stand in the audit log
}

// tableOf is the table of what a resource is; "" for a whole.
func tableOf(kind string) string {
	switch kind {
	case string(engine.Device), string(engine.DeviceGroup), string(engine.Customer), resource.Contact, resource.Ticket:
		return kind
	}
	return ""
}
