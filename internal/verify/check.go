package verify

import (
	"context"
	"crypto/hmac"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// ByID returns a verification of a contact that the actor may see, as it is now.
func (s *Service) ByID(ctx context.Context, verificationID string) (Verification, error) {
	v, err := findVerification(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, verificationID)
	if err != nil {
		return v, err
	}
	return v.at(s.clock.Now()), s.Guard.Check(ctx, permRun, object(v.CustomerID))
}

// Check compares the digits that the caller read out. It returns the verification for the one success, and the same error for every
// other case: wrong, expired, used up, suspended, or another technician's (R3, R7). Only while codes are off for all does it say so, whatever
// the code (R5).
// The row itself decides races: a try is spent in the same statement that says whether there was one left, and only then compared.
func (s *Service) Check(ctx context.Context, verificationID, code string) (Verification, error) {
	v, err := s.ByID(ctx, verificationID)
	if err != nil {
		return v, err
	}
	result := errCode // kept outside, since a wrong try has to be committed
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		result = errCode
		ended, ok, err := s.try(ctx, tx, v, code)
		switch {
		case ok:
			v, result = ended, nil
		case errors.Is(err, errCodesOff): // whatever the code
			result = errCodesOff
			return nil
		}
		return err
	})
	if err != nil {
		return Verification{}, err
	}
	if result != nil {
		return Verification{}, result
	}
	return v, nil
}

// try spends one try of v inside tx and settles what follows from it.
func (s *Service) try(ctx context.Context, tx *store.Tx, v Verification, code string) (Verification, bool, error) {
	now, actor := s.clock.Now(), access.ActorFrom(ctx)
	if v.TechnicianID != actor.ID {
		// Somebody else asked for this code; the administrators hear of it (M3).
		return v, false, s.Alert(ctx, tx, "other_technician", v.CustomerID, v.ContactID, v.ContactName)
	}
	m, ok := s.method(v.Method)
	if !ok || v.Form != FormCode || !isDigits(code) {
		return v, false, nil
	}
	if err := s.checkLocks(ctx, tx, v.ContactID, Description{Form: v.Form}); err != nil {
		if fault.KindOf(err) == fault.Internal || errors.Is(err, errCodesOff) {
			return v, false, err
		}
		return v, false, nil // a suspended technician's code is not even looked at
	}
	mac, tries, err := spendTry(ctx, tx, v.OrgID, v.ID, len(code), now)
	if err != nil || mac == nil {
		return v, false, err
	}
	if !hmac.Equal(mac, s.mac(v.OrgID, v.ID, code)) {
		return v, false, s.wrongCode(ctx, tx, v, tries, now)
	}
	if x, ok := m.(Matcher); ok {
		complete, err := x.Matched(ctx, tx, v)
		if err != nil || !complete {
			return v, err == nil, err
		}
	}
	ended, err := s.settle(ctx, tx, v, Verified, "verification.check")
	return ended, err == nil && ended.ID != "", err
}

// wrongCode counts a wrong code everywhere it counts, and fails the verification at the last try.
func (s *Service) wrongCode(ctx context.Context, tx *store.Tx, v Verification, tries int, now time.Time) error {
	v.Tries = tries
	if tries >= maxTries {
		ended, err := endVerification(ctx, tx, v.OrgID, v.ID, Failed, now, time.Time{})
		if err != nil {
			return err
		}
		v = ended
		if err := s.noteEnd(ctx, tx, v); err != nil {
			return err
		}
	}
	if err := s.countWrong(ctx, tx, v, now); err != nil {
		return err
	}
	err := s.Audit.Record(ctx, tx, audit.Event{
		Action: "verification.check", Outcome: audit.Denied, Reason: "wrong_code", CustomerID: v.CustomerID, TicketID: v.TicketID,
		Targets: []audit.Target{{Type: "verification", ID: v.ID}, {Type: "contact", ID: v.ContactID, Name: v.ContactName}},
		Detail:  map[string]any{"try": tries},
	})
	if err != nil {
		return err
	}
	return s.publish(ctx, tx, v)
}

func isDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(s) == 6 || len(s) == 8
}
