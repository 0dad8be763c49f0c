package verify

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// Settle ends a pending verification with what its method has found out; the actor of ctx is whoever made the difference, mostly the
// contact. It returns the state that the verification has then, since somebody else may have been quicker.
func (s *Service) Settle(ctx context.Context, tx *store.Tx, v Verification, to State) (State, error) {
	ended, err := s.settle(ctx, tx, v, to, "verification.answer")
	if err != nil || ended.ID != "" {
		return to, err
	}
	current, err := findVerification(ctx, tx, v.OrgID, v.ID)
	return current.at(s.clock.Now()).State, err
}

// settle ends a verification and draws the consequences: the shield, locks and alerts, the note, the record and the screens. It returns
// the zero Verification if v had ended before.
func (s *Service) settle(ctx context.Context, tx *store.Tx, v Verification, to State, action string) (Verification, error) {
	now := s.clock.Now()
	var shield time.Time
	if to == Verified {
		minutes, err := s.shieldTime(ctx, tx, v)
		if err != nil {
			return v, err
		}
		shield = now.Add(minutes)
	}
	ended, err := endVerification(ctx, tx, v.OrgID, v.ID, to, now, shield)
	if err != nil || ended.ID == "" {
		return Verification{}, err
	}
	switch to {
	case Denied:
		err = s.lockForFraud(ctx, tx, ended, now)
	case Frozen:
		err = s.Alert(ctx, tx, frozenBecause(action), v.CustomerID, v.ContactID, v.ContactName)
	}
	if err != nil {
		return ended, err
	}
	if err := s.noteEnd(ctx, tx, ended); err != nil {
		return ended, err
	}
	return ended, s.changed(ctx, tx, action, ended, nil)
}

// What freezes a verification: the two sides disagree about the call, or both directions were open at once (R9).
const relayed = "verification.relay"

func frozenBecause(action string) string {
	if action == relayed {
		return "possible_relay"
	}
	return "direction_mismatch"
}

// FreezePending freezes what waits for a contact, since the other direction has just begun: whoever stands between two calls would carry
// the code of the one into the other (R9, D-34).
func (s *Service) FreezePending(ctx context.Context, tx *store.Tx, org, contactID string) (frozen bool, err error) {
	v, err := findPending(ctx, tx, org, contactID)
	if err != nil || v.at(s.clock.Now()).State != Pending {
		return false, err
	}
	if err := s.Messages.Cancel(ctx, tx, message.Ref{Type: "verification", ID: v.ID}); err != nil {
		return false, err
	}
	ended, err := s.settle(ctx, tx, v, Frozen, relayed)
	return ended.ID != "", err
}

// Counter sets what freezes the other direction, if it is open for a contact.
func (s *Service) Counter(freeze func(ctx context.Context, tx *store.Tx, org, contactID string) (frozen bool, err error)) {
	s.counter = freeze
}
