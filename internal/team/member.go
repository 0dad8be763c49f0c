package team

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// mayChange settles who may make which change of a team: whoever manages technicians every one, a manager who leads the team only one of
// its members (PEO-10). A token that was made for less than everything its owner may do leads nothing.
func (s *Service) mayChange(ctx context.Context, t Team, next Fields) error {
	if s.guard.Holds(ctx, perm.AdminTechnicians) == nil {
		return nil
	}
	actor := access.ActorFrom(ctx)
	if actor.Role != perm.Manager || actor.Ceiling != nil || !slices.Contains(t.LeadIDs, actor.ID) {
		return errLeads.Needing(string(perm.AdminTechnicians))
	}
	members := next.MemberIDs
	if next.MemberIDs = t.MemberIDs; !t.same(next) {
		return errLeads.Needing(string(perm.AdminTechnicians))
	}
	next.MemberIDs = members
	return nil
}

// sees is what the actor may hand out; who may not see customers at all hands out none.
func (s *Service) sees(ctx context.Context) (access.Scope, error) {
	scope, err := s.guard.Customers(ctx, perm.CustomerView)
	if fault.KindOf(err) == fault.Denied {
		return access.Scope{}, nil
	}
	return scope, err
}

// save writes who belongs to a team and whom it looks after. Nobody hands out customers that they do not reach themselves: neither by
// adding a customer to a team nor by adding somebody to a team that has it.
func (s *Service) save(ctx context.Context, tx *store.Tx, before, after Team, sees access.Scope) error {
	joined, left := missing(before.people(), after.people()), missing(after.people(), before.people())
	moved := slices.Concat(joined, left, missing(before.LeadIDs, after.LeadIDs), missing(after.LeadIDs, before.LeadIDs))
	slices.Sort(moved)
	if err := s.mayPlace(ctx, tx, after, slices.Compact(moved)); err != nil {
		return err
	}
	if err := s.mayMove(ctx, after.ID, len(joined) > 0, len(left) > 0); err != nil {
		return err
	}
	for i, c := range after.CustomerIDs {
		if !sees.Has(c) && (len(joined) > 0 || !slices.Contains(before.CustomerIDs, c)) {
			if slices.Contains(before.CustomerIDs, c) {
				return errBeyond
			}
			return noSuchCustomer(i)
		}
	}
	if err := savePeople(ctx, tx, before, after); err != nil {
		return err
	}
	if err := saveCustomers(ctx, tx, before, after); err != nil {
		return err
	}
	changed := joined
	if changed = append(changed, left...); len(changed) == 0 {
		return nil
	}
	return s.technicians.TeamsChanged(ctx, tx, changed)
}

// mayMove settles whether the actor may make people members of a team, who get what is granted to it, and take people out of it, who lose what is
// denied to it (ACC-12).
func (s *Service) mayMove(ctx context.Context, teamID string, in, out bool) error {
	if in {
		if err := s.guard.Covers(ctx, teamID); err != nil {
			return err
		}
	}
	if out {
		return s.guard.MayLift(ctx, teamID)
	}
	return nil
}

// mayPlace settles whether the actor may put these people into a team or take them out of it.
func (s *Service) mayPlace(ctx context.Context, tx *store.Tx, t Team, ids []string) error {
	found, err := technician.ByIDs(ctx, tx, t.OrgID, ids)
	if err != nil {
		return err
	}
	for _, key := range ids {
		person, ok := found[key]
		if !ok {
			if i := slices.Index(t.LeadIDs, key); i >= 0 {
				return noSuchPerson("/lead_ids", i)
			}
			return noSuchPerson("/member_ids", slices.Index(t.MemberIDs, key))
		}
		if err := technician.MayPlace(ctx, person); err != nil {
			return err
		}
	}
	return nil
}

// Place puts a technician into exactly these teams. It is the Teams hook of technician, which has settled that the actor may change the
// technician; a lead stays one.
func (s *Service) Place(ctx context.Context, tx *store.Tx, technicianID string, teamIDs []string) error {
	org := access.ActorFrom(ctx).OrgID
	had, err := teamsOf(ctx, tx, org, technicianID)
	if err != nil {
		return err
	}
	sees, err := s.sees(ctx)
	if err != nil {
		return err
	}
	for _, key := range missing(had, teamIDs) {
		if err := s.join(ctx, tx, org, key, technicianID, sees); err != nil {
			if fault.KindOf(err) == fault.NotFound || fault.CodeOf(err) == errBeyond.Code {
				return fault.Field(fmt.Sprintf("/team_ids/%d", slices.Index(teamIDs, key)), "technician.team_unknown", "There is no such team, or it is not yours to give.")
			}
			return err
		}
	}
	for _, key := range missing(teamIDs, had) {
		if err := s.mayMove(ctx, key, false, true); err != nil {
			return err
		}
		if err := leave(ctx, tx, org, key, technicianID, store.Now()); err != nil {
			return fmt.Errorf("take technician %s out of team %s: %w", technicianID, key, err)
		}
		if err := s.publish(ctx, tx, key); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) join(ctx context.Context, tx *store.Tx, org, teamID, technicianID string, sees access.Scope) error {
	people, err := lockSize(ctx, tx, org, teamID)
	switch {
	case err != nil:
		return err
	case people >= maxPeople:
		return errFull
	}
	if err := s.mayMove(ctx, teamID, true, false); err != nil {
		return err
	}
	if !sees.All { // those who see everything need not ask what a team looks after
		t, err := ByID(ctx, tx, org, teamID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(t.CustomerIDs, func(c string) bool { return !sees.Has(c) }) {
			return errBeyond
		}
	}
	if err := join(ctx, tx, org, teamID, technicianID, store.Now()); err != nil {
		return fmt.Errorf("put technician %s into team %s: %w", technicianID, teamID, err)
	}
	return s.publish(ctx, tx, teamID)
}

// missing are those of want that are not in have, in the order of want.
func missing(have, want []string) (out []string) {
	known := make(map[string]bool, len(have))
	for _, key := range have {
		known[key] = true
	}
	for _, key := range want {
		if !known[key] {
			out = append(out, key)
		}
	}
	return out
}

var (
	errBeyond = fault.New(fault.Denied, "team.beyond", "This team looks after customers that you do not reach, so you may not add people to it.")
	errFull   = fault.New(fault.Conflict, "team.full", "This team has as many people as a team may have.")
)

func noSuchCustomer(i int) error {
	return fault.Field(fmt.Sprintf("/customer_ids/%d", i), "team.customer_unknown", "There is no such customer, or you may not see it.")
}

func noSuchPerson(list string, i int) error {
	return fault.Field(fmt.Sprintf("%s/%d", list, i), "team.technician_unknown", "There is no such technician.")
}
