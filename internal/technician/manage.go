package technician

import (
	"context"

	"countersign.dev/countersign/internal/access"
)

// Manage finds a technician whose sign-in the actor may take into the own hands: that comes close to being that person, so nobody may do it
// to an owner, to somebody above, or to somebody who may do what the actor may not. A refusal is recorded as one of action.
func (s *Service) Manage(ctx context.Context, id, action string) (Technician, error) {
	t, err := s.Find(ctx, id)
	if err != nil {
		return Technician{}, err
	}
	if err := s.mayManage(ctx, t); err != nil {
		return Technician{}, s.refused(ctx, action, t, err)
	}
	return t, nil
}

// MayManage says whether Manage would find t; it is for slices that hold no Service.
func MayManage(ctx context.Context, guard *access.Guard, t Technician) error {
	return (&Service{guard: guard}).mayManage(ctx, t)
}

func (s *Service) mayManage(ctx context.Context, t Technician) error {
	if err := mayChange(ctx, t); err != nil {
		return err
	}
	return s.coversAll(ctx, t)
}
