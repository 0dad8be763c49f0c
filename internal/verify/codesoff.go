package verify

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// codesRest is how long code methods stay off after too many wrong codes, unless an administrator switches them on.
const codesRest = 24 * time.Hour

// CodesOffUntil is when the code methods of an organization come back by themselves; the zero time while they are on (R5).
func (s *Service) CodesOffUntil(ctx context.Context, q store.Querier, org string) (time.Time, error) {
	until, _, err := codesOf(ctx, q, org)
	if err != nil || !s.clock.Now().Before(until) {
		return time.Time{}, err
	}
	return until, nil
}

// codesOn refuses every method that can be guessed while they are off: nothing is sent, and no code is looked at.
func (s *Service) codesOn(ctx context.Context, q store.Querier, org string) error {
	until, err := s.CodesOffUntil(ctx, q, org)
	if err != nil || until.IsZero() {
		return err
	}
	return errCodesOff
}

// turnCodesOff is what follows from too many wrong codes in an organization: whoever guesses everywhere at once gets no more tries, and the
// administrators are told (R5). It counts from the moment an administrator last switched codes on, who then knew of those before.
func (s *Service) turnCodesOff(ctx context.Context, tx *store.Tx, org string, now time.Time) error {
	until, from, err := codesOf(ctx, tx, org)
	if err != nil || now.Before(until) {
		return err
	}
	if day := now.Add(-24 * time.Hour); from.Before(day) {
		from = day
	}
	n, err := countWrongsSince(ctx, tx, org, from)
	if err != nil || n < orgWrongLimit {
		return err
	}
	if err := putCodesOff(ctx, tx, org, now.Add(codesRest)); err != nil {
		return err
	}
	return s.Alert(ctx, tx, "organization_wrong_codes", "", "", "")
}

// SwitchCodesOn ends the rest of the code methods before its time, and begins to count anew. The route asks for a fresh proof of the person.
func (s *Service) SwitchCodesOn(ctx context.Context) error {
	if err := s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"}); err != nil {
		return err
	}
	org, now := access.ActorFrom(ctx).OrgID, s.clock.Now()
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		on, err := putCodesOn(ctx, tx, org, now)
		if err != nil || !on {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{Action: "verification.codes_on", Targets: []audit.Target{{Type: "organization", ID: org}}})
	})
}
