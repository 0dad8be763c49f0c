package factor

import (
	"context"
	"crypto/rand"
	"strings"

	"countersign.dev/countersign/internal/store"
)

// Recovery codes stand in for a factor that was lost: ten of 50 random bits each, every one works once.
const (
	recoveryCount  = 10
	recoveryLength = 10
	// recoverySigns are 32, without those that look like another: 5 bits each.
	recoverySigns = "abcdefghjkmnpqrstuvwxyz023456789"
)

// NewRecoveryCodes replaces the recovery codes of the actor and returns the new ones, once.
func (s *Service) NewRecoveryCodes(ctx context.Context) (codes []string, err error) {
	who := own(ctx)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := lockFactors(ctx, tx, who); err != nil {
			return err
		}
		have, err := stateOf(ctx, tx, who.orgID, who.technicianID)
		if err != nil {
			return err
		}
		if !have.Enrolled() {
			return errNoFactor
		}
		codes, err = s.renewRecoveryCodes(ctx, tx, who)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, who, change{action: "recovery_codes.create", told: "recovery_codes"})
	})
	return codes, err
}

// firstRecoveryCodes makes recovery codes for whoever has no unused one.
func (s *Service) firstRecoveryCodes(ctx context.Context, tx *store.Tx, who target) ([]string, error) {
	if err := lockFactors(ctx, tx, who); err != nil {
		return nil, err
	}
	have, err := stateOf(ctx, tx, who.orgID, who.technicianID)
	if err != nil || have.RecoveryCodesLeft > 0 {
		return nil, err
	}
	return s.renewRecoveryCodes(ctx, tx, who)
}

func (s *Service) renewRecoveryCodes(ctx context.Context, tx *store.Tx, who target) ([]string, error) {
	if err := deleteRecovery(ctx, tx, who); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCount)
	for i := range codes {
		codes[i] = newRecoveryCode()
		if err := insertRecovery(ctx, tx, who, s.recoveryHash(who, codes[i])); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

func newRecoveryCode() string {
	var b [recoveryLength]byte
	_, _ = rand.Read(b[:]) // never fails
	out := make([]byte, 0, recoveryLength+1)
	for i, x := range b {
		if i == recoveryLength/2 {
			out = append(out, '-')
		}
		out = append(out, recoverySigns[x%32])
	}
	return string(out)
}

// recoveryHash is how a recovery code is kept: under a key that is not in the database, and of use to its owner alone.
func (s *Service) recoveryHash(who target, code string) []byte {
	return s.Keyring.MAC("factor recovery code", who.orgID, who.technicianID, plainRecoveryCode(code))
}

// plainRecoveryCode is a code without what people add when they type it, and with what they take an o for.
func plainRecoveryCode(code string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case '-', '\u2013', ' ', '\u00a0':
			return -1
		case 'o':
			return '0'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(code)))
}
