package factor

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"net/url"
	"time"

	"github.com/pquerna/otp/hotp"
	"rsc.io/qr"

	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// One-time passwords as every authenticator app makes them (RFC 6238): SHA-1, six digits, 30 seconds; the codes of one step before and
// after are taken too, since clocks differ.
const (
	stepSeconds  = 30
	skew         = 1
	codeDigits   = 6
	secretBytes  = 20
	pendingLife  = 15 * time.Minute
	issuer       = "Countersign"
	secretColumn = "secret"
)

// Setup is what an authenticator app needs; it is shown once.
type Setup struct {
	Secret string // base32
	URI    string
	QR     string // the URI as a picture, as a data: URL
}

// SetUpTOTP prepares an authenticator app for the actor, or another one instead of the present one. It counts once a code of it has come.
func (s *Service) SetUpTOTP(ctx context.Context) (Setup, error) {
	who, now := own(ctx), store.Now()
	t, err := technician.ByID(ctx, s.DB.Read(), who.orgID, who.technicianID)
	if err != nil {
		return Setup{}, err
	}
	o, err := organization.ByID(ctx, s.DB.Read(), who.orgID)
	if err != nil {
		return Setup{}, err
	}
	raw := make([]byte, secretBytes)
	_, _ = rand.Read(raw) // never fails
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw)
	out, err := describe(secret, o.Name, t.Email)
	if err != nil {
		return Setup{}, err
	}
	sealed, err := s.Keyring.Seal(who.place(), []byte(secret))
	if err != nil {
		return Setup{}, err
	}
	return out, s.DB.Write(ctx, func(tx *store.Tx) error { return savePending(ctx, tx, who, sealed, now.Add(pendingLife)) })
}

// place binds a secret to its owner, so that nobody's row can be given another's.
func (t target) place() seal.Place {
	return seal.Place{Table: "factor_totp", Column: secretColumn, ID: t.orgID + "/" + t.technicianID}
}

func describe(secret, organization, email string) (Setup, error) {
	name := issuer + " (" + organization + ")"
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + name + ":" + email}
	u.RawQuery = "secret=" + secret + "&issuer=" + url.PathEscape(name) + "&algorithm=SHA1&digits=6&period=30"
	code, err := qr.Encode(u.String(), qr.M)
	if err != nil {
		return Setup{}, fmt.Errorf("draw the code of an authenticator app: %w", err)
	}
	code.Scale = 6
	return Setup{Secret: secret, URI: u.String(), QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(code.PNG())}, nil
}

// ConfirmTOTP puts the prepared app into use when its first code comes. That code is used up: it does not sign in as well. Recovery codes
// come along if there are none yet.
func (s *Service) ConfirmTOTP(ctx context.Context, code string) (recoveryCodes []string, err error) {
	who, now := own(ctx), store.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		sealed, err := pendingSecret(ctx, tx, who, now)
		if err != nil {
			return err
		}
		secret, err := s.Keyring.Unseal(who.place(), sealed)
		if err != nil {
			return fmt.Errorf("read the new authenticator app of %s: %w", who.technicianID, err)
		}
		step, ok := matchStep(string(secret), code, now)
		if !ok {
			return errWrong.At("/code") // whoever may confirm holds the secret: there is nothing to guess
		}
		if err := startTOTP(ctx, tx, who, sealed, step, now); err != nil {
			return err
		}
		if err := clearFailures(ctx, tx, who); err != nil {
			return err
		}
		if err := s.record(ctx, tx, who, change{action: "totp.enroll", told: "totp_added"}); err != nil {
			return err
		}
		recoveryCodes, err = s.firstRecoveryCodes(ctx, tx, who)
		return err
	})
	return recoveryCodes, err
}

// RemoveTOTP takes the authenticator app of the actor out of use.
func (s *Service) RemoveTOTP(ctx context.Context) error {
	who := own(ctx)
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := deleteTOTP(ctx, tx, who); err != nil {
			return err
		}
		if err := s.stillEnough(ctx, tx, who); err != nil {
			return err
		}
		return s.record(ctx, tx, who, change{action: "totp.remove", told: "totp_removed"})
	})
}

// stillEnough refuses a removal after which nothing is left of what the rules ask for, and drops the recovery codes that stand in for
// nothing any more.
func (s *Service) stillEnough(ctx context.Context, tx *store.Tx, who target) error {
	if err := lockFactors(ctx, tx, who); err != nil {
		return err
	}
	left, err := stateOf(ctx, tx, who.orgID, who.technicianID)
	if err != nil || left.Enrolled() {
		return err
	}
	demand, err := s.demand(ctx, tx, who)
	if err != nil {
		return err
	}
	if demand.Required {
		return errRequired
	}
	return deleteRecovery(ctx, tx, who)
}

func (s *Service) demand(ctx context.Context, q store.Querier, who target) (Demand, error) {
	if s.Demand == nil {
		return Demand{}, nil
	}
	return s.Demand(ctx, q, who.orgID, who.technicianID)
}

// matchStep finds the step that a code belongs to. It looks at every candidate, so that the time it takes tells nothing.
func matchStep(secret, code string, now time.Time) (step int64, ok bool) {
	if len(code) != codeDigits {
		return 0, false
	}
	current := now.Unix() / stepSeconds
	for at := current - skew; at <= current+skew; at++ {
		want, err := hotp.GenerateCode(secret, uint64(at))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}
