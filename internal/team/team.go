// Package team keeps the groups of technicians that look after customers together.
package team

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// ErrNotFound answers an id that is no team's, or that of one that the actor may not see.
var ErrNotFound = fault.New(fault.NotFound, "team.not_found", "There is no such team, or you may not see it.")

var (
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errName      = fault.New(fault.Conflict, "team.name_taken", "Another team already has this name.").At("/name")
	errLeads     = fault.New(fault.Denied, "team.not_lead", "Only who manages technicians may do this; managers change the members of teams that they lead.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

const (
	maxName        = 100
	maxDescription = 2000
	maxPeople      = 2000
	maxCustomers   = 5000
)

// Fields are what people enter about a team. Who leads a team belongs to it, whether or not they are also listed as a member.
type Fields struct {
	Name        string
	Description string
	LeadIDs     []string
	MemberIDs   []string
	CustomerIDs []string
}

// people are all who belong to the team, each once.
func (f Fields) people() []string {
	all := slices.Concat(f.LeadIDs, f.MemberIDs)
	slices.Sort(all)
	return slices.Compact(all)
}

// Team is one group of technicians.
type Team struct {
	OrgID string
	ID    string
	Fields
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Service keeps teams.
type Service struct {
	db          *store.DB
	guard       *access.Guard
	audit       *audit.Log
	events      *events.Bus
	technicians *technician.Service
	lifting     func(ctx context.Context, tx *store.Tx, teamID string) error
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, technicians *technician.Service) *Service {
	return &Service{db, guard, log, bus, technicians, func(context.Context, *store.Tx, string) error { return nil }}
}

// Lifting sets what may refuse that a team ends: what was denied to it is then denied to its people no more. It is kept above this.
func (s *Service) Lifting(fn func(ctx context.Context, tx *store.Tx, teamID string) error) {
	s.lifting = fn
}

// Create adds a team.
func (s *Service) Create(ctx context.Context, want Fields) (t Team, err error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "team"}); err != nil {
		return t, err
	}
	if want, err = want.checked(); err != nil {
		return t, err
	}
	now := store.Now()
	t = Team{OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), Fields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	sees, err := s.sees(ctx)
	if err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := insert(ctx, tx, t); err != nil {
			return fmt.Errorf("create team %s: %w", t.ID, err)
		}
		if err := s.save(ctx, tx, Team{OrgID: t.OrgID, ID: t.ID}, t, sees); err != nil {
			return err
		}
		return s.record(ctx, tx, t, audit.Event{Action: "team.create", After: t.record()})
	})
	if err != nil {
		return Team{}, s.refused(ctx, "team.create", t, err)
	}
	return t, nil
}

// Find returns one team that the actor manages or belongs to.
func (s *Service) Find(ctx context.Context, id string) (Team, error) {
	t, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Team{}, err
	}
	return t, s.maySee(ctx, t)
}

// maySee lets those see a team who manage technicians, and those who belong to it.
func (s *Service) maySee(ctx context.Context, t Team) error {
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "team", ID: t.ID}); err != nil {
		return err
	}
	if s.guard.Holds(ctx, perm.AdminTechnicians) == nil || slices.Contains(t.people(), access.ActorFrom(ctx).ID) {
		return nil
	}
	return ErrNotFound
}

// Query narrows and orders a list of teams.
type Query struct {
	Text         string
	TechnicianID string // who belongs to it
	CustomerID   string // whom it looks after
	Sort         string // name (the default) or created_at; "-" before it turns the order
	store.Page
}

// List returns all teams to those who manage technicians, to others the teams that they belong to, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Team, string, error) {
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "team"}); err != nil {
		return nil, "", err
	}
	actor, only := access.ActorFrom(ctx), ""
	if s.guard.Holds(ctx, perm.AdminTechnicians) != nil {
		only = actor.ID
	}
	return list(ctx, s.db.Read(), actor.OrgID, only, q)
}

// Update changes one team; change gets it as it is and returns what it should be. A manager who leads it changes its members alone.
func (s *Service) Update(ctx context.Context, id string, change func(Team) (Fields, error)) (t Team, err error) {
	if t, err = s.Find(ctx, id); err != nil {
		return t, err
	}
	sees, err := s.sees(ctx)
	if err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = lock(ctx, tx, t.OrgID, id); err != nil {
			return err
		}
		next, err := change(t)
		if err != nil {
			return err
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		if err := s.mayChange(ctx, t, next); err != nil {
			return err
		}
		before := t
		if t.Fields = next; before.same(next) {
			return errUnchanged
		}
		t.UpdatedAt = store.Now()
		if err := update(ctx, tx, t); err != nil {
			return fmt.Errorf("change team %s: %w", id, err)
		}
		t.Version++
		if err := s.save(ctx, tx, before, t, sees); err != nil {
			return err
		}
		return s.record(ctx, tx, t, audit.Event{Action: "team.update", Before: before.record(), After: t.record()})
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Team{}, s.refused(ctx, "team.update", t, err)
	}
	return t, nil
}

// Delete removes a team; its members keep the customers that they are assigned to in other ways. check may refuse.
func (s *Service) Delete(ctx context.Context, id string, check func(Team) error) error {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "team", ID: id}); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		t, err := lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
		if err != nil {
			return err
		}
		if err := check(t); err != nil {
			return err
		}
		if err := s.lifting(ctx, tx, id); err != nil {
			return err
		}
		if err := s.technicians.TeamsChanged(ctx, tx, t.people()); err != nil {
			return err
		}
		if err := remove(ctx, tx, t.OrgID, id); err != nil {
			return fmt.Errorf("delete team %s: %w", id, err)
		}
		return s.record(ctx, tx, t, audit.Event{Action: "team.delete", Before: t.record()})
	})
}

// record writes down what happened to t and tells the screens. The event holds ids only, so that everybody may hear of it.
func (s *Service) record(ctx context.Context, tx *store.Tx, t Team, e audit.Event) error {
	e.Targets = []audit.Target{{Type: "team", ID: t.ID, Name: t.Name}}
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.publish(ctx, tx, t.ID)
}

func (s *Service) publish(ctx context.Context, tx *store.Tx, id string) error {
	return s.events.Publish(ctx, tx, events.Event{Kind: "team.changed", ID: id, Needs: perm.SignedIn})
}

// refused records that a change of a team was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, t Team, why error) error {
	if fault.KindOf(why) != fault.Denied {
		return why
	}
	err := s.audit.Append(ctx, audit.Event{
		Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: []audit.Target{{Type: "team", ID: t.ID, Name: t.Name}},
	})
	if err != nil {
		return err
	}
	return why
}

func (f Fields) checked() (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	f.Description = form.Text("/description", f.Description, maxDescription)
	f.LeadIDs = checkIDs(&form, "/lead_ids", f.LeadIDs, maxPeople)
	f.MemberIDs = checkIDs(&form, "/member_ids", f.MemberIDs, maxPeople)
	f.CustomerIDs = checkIDs(&form, "/customer_ids", f.CustomerIDs, maxCustomers)
	return f, form.Err()
}

// checkIDs puts ids in order, each once; whether they exist is left to the transaction.
func checkIDs(form *input.Form, pointer string, ids []string, limit int) []string {
	if len(ids) > limit {
		form.Refuse(pointer, fmt.Sprintf("A team may have %d here.", limit))
		return nil
	}
	out := slices.Clone(ids)
	slices.Sort(out)
	return slices.Compact(out)
}

func (f Fields) same(o Fields) bool {
	return f.Name == o.Name && f.Description == o.Description && slices.Equal(f.LeadIDs, o.LeadIDs) &&
		slices.Equal(f.MemberIDs, o.MemberIDs) && slices.Equal(f.CustomerIDs, o.CustomerIDs)
}

func (f Fields) record() map[string]any {
	return map[string]any{
		"name": f.Name, "description": f.Description, "lead_ids": f.LeadIDs, "member_ids": f.MemberIDs, "customer_ids": f.CustomerIDs,
	}
}
