package verify

import (
	"context"
	"errors"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// SetDigits keeps the digits of a verification whose method hears them only after the start, as a MAC (R2). It does so once; false says
// that the verification has ended, or has digits.
func (s *Service) SetDigits(ctx context.Context, tx *store.Tx, v Verification, digits string) (bool, error) {
	if !isDigits(digits) {
		return false, errors.New("the digits of a verification are 6 or 8")
	}
	return setDigits(ctx, tx, v, s.mac(v.OrgID, v.ID, digits), len(digits))
}

// Asked tells the screens how far the question of a method without messages has come.
func (s *Service) Asked(ctx context.Context, tx *store.Tx, v Verification, how message.State) error {
	changed, err := setDelivery(ctx, tx, v.OrgID, v.ID, string(how))
	if err != nil || changed.ID == "" {
		return err
	}
	return s.publish(ctx, tx, changed)
}
