package factor

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// The ways to prove oneself with a code.
const (
	MethodTOTP         = "totp"
	MethodRecoveryCode = "recovery_code"
)

// Wrong codes are counted for the person, however many sign-ins are under way: after a round of five the primary factor has to be given
// again, and from the tenth in a row each round locks the authenticator app, for twice as long as the one before. Passkeys and recovery
// codes, which nobody can guess, still get in, so that nobody can lock a person out.
const (
	roundOf   = 5
	lockAfter = 10
	lockFor   = 15 * time.Minute
	lockMost  = 24 * time.Hour
)

// Attempt is a code that somebody types. PrimaryAt is when the password, or whatever came first, was found right.
type Attempt struct {
	OrgID, TechnicianID string
	Code                string
	PrimaryAt           time.Time
}

// VerifyCode checks a code of an authenticator app or a recovery code. A right one is used up, and what then does happens in the same
// transaction: both or neither. A wrong one is counted, and then is not called. Of many attempts at once each is counted before it is
// looked at, and of the same code at once one is right.
func (s *Service) VerifyCode(ctx context.Context, a Attempt, then func(ctx context.Context, tx *store.Tx, method string) error) error {
	who, now := target{a.OrgID, a.TechnicianID}, store.Now()
	code := strings.Map(dropSpace, a.Code)
	var wrong error
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		limit, err := s.count(ctx, tx, who, a.PrimaryAt, now)
		if err != nil {
			return err
		}
		method := MethodRecoveryCode
		if isTOTP(code) {
			method = MethodTOTP
		}
		wrong = limit
		if limit == nil || method == MethodRecoveryCode {
			wrong, err = s.spend(ctx, tx, who, method, code, now)
		}
		switch {
		case err != nil:
			return err
		case wrong != nil:
			wrong = cmp.Or(limit, wrong)
			return s.refuse(ctx, tx, who, method, wrong)
		}
		if err := clearFailures(ctx, tx, who); err != nil {
			return err
		}
		return then(ctx, tx, method)
	})
	if err == nil {
		err = wrong
	}
	return err
}

func dropSpace(r rune) rune {
	if r == ' ' || r == '\u00a0' || r == '\t' {
		return -1
	}
	return r
}

func isTOTP(code string) bool {
	return len(code) == codeDigits && strings.Trim(code, "0123456789") == ""
}

// spend uses a code up. What is wrong with it comes apart from what went wrong while looking.
func (s *Service) spend(ctx context.Context, tx *store.Tx, who target, method, code string, now time.Time) (wrong, err error) {
	if method == MethodRecoveryCode {
		ok, err := spendRecovery(ctx, tx, who, s.recoveryHash(who, code), now)
		if err != nil || ok {
			return nil, err
		}
		return errWrong.At("/code"), nil
	}
	sealed, err := totpSecret(ctx, tx, who)
	if err != nil || sealed == nil {
		return errWrong.At("/code"), err
	}
	secret, err := s.Keyring.Unseal(who.place(), sealed)
	if err != nil {
		return nil, fmt.Errorf("read the authenticator app of %s: %w", who.technicianID, err)
	}
	step, ok := matchStep(string(secret), code, now)
	if !ok {
		return errWrong.At("/code"), nil
	}
	ok, err = spendStep(ctx, tx, who, step)
	if err != nil || ok {
		return nil, err
	}
	return errUsed.At("/code"), nil
}

// count counts an attempt as a failure before its code is looked at; a right one takes it back. What is refused without a look counts for
// nothing. The row stays locked until the end of the transaction, so that parallel attempts are counted one by one.
func (s *Service) count(ctx context.Context, tx *store.Tx, who target, primaryAt, now time.Time) (limit, err error) {
	failures, counted, err := countFailure(ctx, tx, who, primaryAt, now)
	switch {
	case err != nil:
		return nil, err
	case !counted:
		locked, err := lockedUntil(ctx, tx, who)
		if err == nil && locked.After(now) {
			return errLocked.After(locked.Sub(now)), nil
		}
		return ErrExhausted, err
	case failures >= lockAfter && failures%roundOf == 0:
		return nil, saveLock(ctx, tx, who, now.Add(lockTime(failures)))
	}
	return nil, nil
}

// lockTime is how long the app is locked after so many wrong codes in a row.
func lockTime(failures int) time.Duration {
	rounds := min((failures-lockAfter)/roundOf, 10)
	return min(lockFor<<rounds, lockMost)
}

// refuse records a wrong code. Whoever typed it is not known to be the technician.
func (s *Service) refuse(ctx context.Context, tx *store.Tx, who target, method string, why error) error {
	return s.Audit.Record(nobody(ctx, who.orgID), tx, audit.Event{
		Action: "factor.verify", Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: []audit.Target{who.target()}, Detail: map[string]any{"method": method},
	})
}
