package technician

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Profile is what people say about themselves when they take up an account; what is empty stays as it is.
type Profile struct {
	GivenName, FamilyName string
	TimeZone, Locale      string
}

func (p Profile) over(f Fields) Fields {
	if p.GivenName != "" || p.FamilyName != "" {
		f.GivenName, f.FamilyName = p.GivenName, p.FamilyName
	}
	if p.TimeZone != "" {
		f.TimeZone = p.TimeZone
	}
	if p.Locale != "" {
		f.Locale = p.Locale
	}
	return f
}

// TakeUp is Activate with the profile of the person who comes in. Nothing else about the account changes. What the account no longer has is
// heard of as after every other change, so that a former address is remembered as theirs (R14).
func (s *Service) TakeUp(ctx context.Context, tx *store.Tx, org, id string, own Profile) (Technician, error) {
	t, err := Lock(ctx, tx, org, id)
	if err != nil {
		return t, err
	}
	o, err := organization.ByID(ctx, tx, org)
	if err != nil {
		return t, err
	}
	next, err := own.over(t.Fields).checked(o.Region)
	if err != nil {
		return t, err
	}
	if !t.sameProfile(next) {
		before := t
		t.Fields, t.UpdatedAt = next, store.Now()
		if err := update(ctx, tx, t); err != nil {
			return t, fmt.Errorf("take up technician %s: %w", id, err)
		}
		t.Version++
		if err := s.heard(ctx, tx, Change{Before: before, After: t}); err != nil {
			return t, err
		}
	}
	if err := s.Activate(ctx, tx, org, id); err != nil {
		return t, err
	}
	return ByID(ctx, tx, org, id)
}
