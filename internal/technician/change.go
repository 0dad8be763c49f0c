package technician

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Create adds a technician. With a password, which is temporary, the account can be used at once; without one it is an invitation (D-1).
func (s *Service) Create(ctx context.Context, want Fields, password string) (Technician, error) {
	return s.create(ctx, want, password, nil)
}

// Invite adds a technician and sends the invitation: both, or neither.
func (s *Service) Invite(ctx context.Context, want Fields) (Technician, error) {
	if s.hooks.Invite == nil {
		return Technician{}, errNoInvitations
	}
	return s.create(ctx, want, "", s.hooks.Invite)
}

func (s *Service) create(
	ctx context.Context, want Fields, password string, then func(context.Context, *store.Tx, Technician) error,
) (t Technician, err error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return t, err
	}
	actor := access.ActorFrom(ctx)
	o, err := organization.ByID(ctx, s.db.Read(), actor.OrgID)
	if err != nil {
		return t, err
	}
	if want, err = want.defaults().checked(o.Region); err != nil {
		return t, err
	}
	if want.Status == OverLimit {
		return t, errReserved
	}
	t = newTechnician(actor.OrgID, want)
	if err := s.mayHave(ctx, want); err != nil {
		return Technician{}, s.refused(ctx, "technician.create", t, err)
	}
	sees, err := s.guardCustomers(ctx)
	if err != nil {
		return Technician{}, err
	}
	if err := unseen(sees, nil, want.CustomerIDs); err != nil {
		return Technician{}, err
	}
	keep, err := s.preparePassword(ctx, password, t)
	if err != nil {
		return Technician{}, err
	}
	if keep != nil {
		t.State = Activated
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if err := s.add(ctx, tx, &t, keep); err != nil || then == nil {
			return err
		}
		return then(ctx, tx, t)
	})
	if err != nil {
		return Technician{}, err
	}
	return t, nil
}

func newTechnician(org string, f Fields) Technician {
	now := store.Now()
	return Technician{OrgID: org, ID: id.New(), Fields: f, State: Invitation, CreatedAt: now, UpdatedAt: now, Version: 1}
}

func (s *Service) preparePassword(ctx context.Context, password string, t Technician) (KeepPassword, error) {
	if password == "" {
		return nil, nil
	}
	if s.hooks.Password == nil {
		return nil, errPassword
	}
	return s.hooks.Password(ctx, password, t)
}

func (s *Service) add(ctx context.Context, tx *store.Tx, t *Technician, keep KeepPassword) error {
	if err := knownCustomers(ctx, tx, t.OrgID, t.CustomerIDs); err != nil {
		return err
	}
	if err := insert(ctx, tx, *t); err != nil {
		return fmt.Errorf("create technician %s: %w", t.ID, err)
	}
	if err := saveCustomers(ctx, tx, t.OrgID, t.ID, t.CustomerIDs); err != nil {
		return err
	}
	if err := s.saveTeams(ctx, tx, t.ID, nil, t.TeamIDs); err != nil {
		return err
	}
	if t.OwnRoleID != "" {
		if err := s.giveOwnRole(ctx, tx, t); err != nil {
			return err
		}
	}
	if keep != nil {
		if err := keep(ctx, tx, t.ID); err != nil {
			return fmt.Errorf("keep the password of technician %s: %w", t.ID, err)
		}
		invited := *t
		invited.State = Invitation // a temporary password does at once what accepting an invitation does later
		if err := s.heard(ctx, tx, Change{Before: invited, After: *t}); err != nil {
			return err
		}
	}
	after := t.record()
	after["status"] = string(t.Status)
	return s.record(ctx, tx, *t, audit.Event{Action: "technician.create", After: after, Detail: map[string]any{"state": string(t.State)}})
}

// Update changes one technician; change gets them as they are and returns what they should be.
func (s *Service) Update(ctx context.Context, id string, change func(Technician) (Fields, error)) (t Technician, err error) {
	if t, err = s.Find(ctx, id); err != nil {
		return t, err
	}
	return s.update(ctx, t, "technician.update", change)
}

// UpdateOwn changes the profile of the actor; change gets it as it is. Of what change returns only the profile counts.
func (s *Service) UpdateOwn(ctx context.Context, change func(Technician) (Fields, error)) (Technician, error) {
	actor := access.ActorFrom(ctx)
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "technician", ID: actor.ID}); err != nil {
		return Technician{}, err
	}
	t, err := ByID(ctx, s.db.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return t, err
	}
	return s.update(ctx, t, "technician.update_own", func(t Technician) (Fields, error) {
		f, err := change(t)
		own := t.Fields
		own.GivenName, own.FamilyName, own.Phone, own.JobTitle = f.GivenName, f.FamilyName, f.Phone, f.JobTitle
		own.Locale, own.TimeZone, own.Theme, own.OtherPhones = f.Locale, f.TimeZone, f.Theme, f.OtherPhones
		return own, err
	})
}

func (s *Service) update(ctx context.Context, t Technician, action string, change func(Technician) (Fields, error)) (Technician, error) {
	o, err := organization.ByID(ctx, s.db.Read(), t.OrgID)
	if err != nil {
		return t, err
	}
	sees, err := s.guardCustomers(ctx)
	if err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = Lock(ctx, tx, t.OrgID, t.ID); err != nil {
			return err
		}
		next, err := change(t)
		if err != nil {
			return err
		}
		if next, err = next.on(t.Fields).checked(o.Region); err != nil {
			return err
		}
		if err := s.mayReshape(ctx, t, next); err != nil {
			return err
		}
		if err := unseen(sees, t.CustomerIDs, next.CustomerIDs); err != nil {
			return err
		}
		return s.apply(ctx, tx, &t, action, next)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Technician{}, s.refused(ctx, action, t, err)
	}
	return t, nil
}

// apply makes a permitted change: what is entered first, the status by its own way after it.
func (s *Service) apply(ctx context.Context, tx *store.Tx, t *Technician, action string, next Fields) error {
	before, status := *t, next.Status
	if before.sameProfile(next) && before.sameRole(next) && before.sameCustomers(next) && before.sameTeams(next) {
		if before.Status == status {
			return errUnchanged
		}
		return s.setStatus(ctx, tx, t, status, "")
	}
	if !before.sameCustomers(next) {
		if err := knownCustomers(ctx, tx, t.OrgID, next.CustomerIDs); err != nil {
			return err
		}
	}
	next.Status = before.Status
	t.Fields, t.UpdatedAt = next, store.Now()
	if err := update(ctx, tx, *t); err != nil {
		return fmt.Errorf("change technician %s: %w", t.ID, err)
	}
	t.Version++
	if !before.sameCustomers(next) {
		if err := saveCustomers(ctx, tx, t.OrgID, t.ID, next.CustomerIDs); err != nil {
			return err
		}
	}
	if err := s.saveTeams(ctx, tx, t.ID, before.TeamIDs, next.TeamIDs); err != nil {
		return err
	}
	if before.OwnRoleID != next.OwnRoleID {
		if err := s.giveOwnRole(ctx, tx, t); err != nil {
			return err
		}
	}
	if before.Phone != next.Phone && before.SMSConsent.Given() {
		// The consent was given for a number: whoever has the new one has agreed to nothing.
		if err := s.consent(ctx, tx, t, false, before.SMSConsent.TextVersion); err != nil {
			return err
		}
	}
	if before.Administers() && !t.Administers() {
		if err := keepAdministrator(ctx, tx, t.OrgID); err != nil {
			return err
		}
	}
	if err := s.heard(ctx, tx, Change{Before: before, After: *t}); err != nil {
		return err
	}
	if err := s.record(ctx, tx, *t, audit.Event{Action: action, Before: before.record(), After: t.record()}); err != nil {
		return err
	}
	return s.setStatus(ctx, tx, t, status, "")
}

func (s *Service) saveTeams(ctx context.Context, tx *store.Tx, technicianID string, had, want []string) error {
	switch {
	case sameSet(had, want):
		return nil
	case s.hooks.Teams == nil:
		return noSuchTeam(0)
	}
	return s.hooks.Teams(ctx, tx, technicianID, want)
}

// guardCustomers is what the actor may assign people to; who may not see customers at all may assign nobody.
func (s *Service) guardCustomers(ctx context.Context) (access.Scope, error) {
	scope, err := s.guard.Customers(ctx, perm.CustomerView)
	if fault.KindOf(err) == fault.Denied {
		return access.Scope{}, nil
	}
	return scope, err
}

// unseen refuses customers that the actor may not see; those that the technician had before may stay.
func unseen(scope access.Scope, had, want []string) error {
	for i, id := range want {
		if !scope.Has(id) && !slices.Contains(had, id) {
			return noSuchCustomer(i)
		}
	}
	return nil
}

func noSuchCustomer(i int) error {
	return fault.Field(fmt.Sprintf("/customer_ids/%d", i), "technician.customer_unknown", noCustomer)
}

func noSuchTeam(i int) error {
	return fault.Field(fmt.Sprintf("/team_ids/%d", i), "technician.team_unknown", "There is no such team, or it is not yours to give.")
}
