package message

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// DefaultSpendCap is what the messages of one organization may cost in a month: 100 dollars.
const DefaultSpendCap = 100_000_000

// The limits of one address (R6). They count messages that start something, whatever became of them.
const (
	startGap      = 30 * time.Second
	startsInTen   = 3
	startsInADay  = 10
	tenMinutes    = 10 * time.Minute
	aDay          = 24 * time.Hour
	answersInADay = 10 // answers to STOP, HELP and START, so that two machines do not talk for ever
)

// Allow says whether a message that starts something may go to an address now. The transaction of Send decides anew: this is for
// showing beforehand what is possible.
func (s *Service) Allow(ctx context.Context, q store.Querier, way Way, to string, now time.Time) error {
	orgID := access.ActorFrom(ctx).OrgID
	o, err := organization.ByID(ctx, q, orgID)
	if err != nil {
		return fmt.Errorf("read organization %s: %w", orgID, err)
	}
	if err := checkAddress(way, to, o.AllowedCountries); err != nil {
		return err
	}
	if err := s.checkConsent(ctx, q, orgID, Out{Way: way, To: to, Purpose: Verification}); err != nil {
		return err
	}
	return checkStarts(ctx, q, orgID, addressKey(way, to), now)
}

// permit is Allow inside the transaction that stores the message: of several at once, the limits let through no more than of several
// in a row, since each takes the address's row first.
func (s *Service) permit(ctx context.Context, tx *store.Tx, orgID string, o organization.Organization, out Out, now time.Time) error {
	if err := checkAddress(out.Way, out.To, o.AllowedCountries); err != nil {
		return err
	}
	key := addressKey(out.Way, out.To)
	if err := s.checkConsent(ctx, tx, orgID, out); err != nil {
		return err
	}
	if out.Starts {
		if err := takeStart(ctx, tx, orgID, key, now); err != nil {
			return err
		}
		if err := checkStarts(ctx, tx, orgID, key, now); err != nil {
			return err
		}
	}
	return s.spend(ctx, tx, orgID, o, out, now)
}

// checkConsent refuses what goes to somebody who wants no messages, and, where the organization wants it so, texts and calls to contacts
// who did not agree to them (MSG-12).
func (s *Service) checkConsent(ctx context.Context, q store.Querier, orgID string, out Out) error {
	if passesOptOut(out.Way, out.Purpose, out.OnRequest) {
		return nil
	}
	st, err := s.ledger().Of(ctx, q, orgID, out.To)
	if err != nil {
		return err
	}
	switch {
	case st.State == consent.OptedOut:
		return ErrOptedOut
	case st.State == consent.OptedIn || !needsConsent(out.Way, out.Purpose):
		return nil
	}
	set, err := consent.SettingsOf(ctx, q, orgID)
	if err == nil && set.OnlyOptedIn {
		return ErrNoConsent
	}
	return err
}

// needsConsent says whether a message is one that an organization may keep for those who agreed: a text or call to a contact, other than
// about the consent itself.
func needsConsent(way Way, purpose Purpose) bool {
	return way != Email && (purpose == Verification || purpose == Notice)
}

// passesOptOut says whether a message also goes to an address that opted out: answers to the person's own words, and an organization's
// mail to its own technicians.
func passesOptOut(way Way, purpose Purpose, onRequest bool) bool {
	return onRequest || purpose == Answer || (purpose == Internal && way == Email)
}

func checkStarts(ctx context.Context, q store.Querier, orgID, key string, now time.Time) error {
	at, err := lastStarts(ctx, q, orgID, key, now.Add(-aDay), startsInADay)
	if err != nil {
		return err
	}
	if wait := waitForStart(at, now); wait > 0 {
		return ErrLimited.After(wait)
	}
	return nil
}

// waitForStart is how long an address that got messages at these times, newest first, has to wait for the next one.
func waitForStart(at []time.Time, now time.Time) (wait time.Duration) {
	for _, limit := range []struct {
		count  int
		within time.Duration
	}{{1, startGap}, {startsInTen, tenMinutes}, {startsInADay, aDay}} {
		if len(at) >= limit.count {
			wait = max(wait, at[limit.count-1].Add(limit.within).Sub(now))
		}
	}
	return wait
}

// spend books the price of the first provider in line; the update's where clause decides.
func (s *Service) spend(ctx context.Context, tx *store.Tx, orgID string, o organization.Organization, out Out, now time.Time) error {
	carriers, err := s.carriers(ctx, tx, o, orgID, out.Way)
	if err != nil || len(carriers) == 0 {
		return err
	}
	priced, ok := carriers[0].(Priced)
	if !ok {
		return nil
	}
	cost := priced.Price(out.Way, out.To)
	if cost <= 0 {
		return nil
	}
	booked := cost <= s.SpendCap
	if booked {
		if booked, err = bookSpend(ctx, tx, orgID, now.Format("2006-01"), cost, s.SpendCap); err != nil {
			return err
		}
	}
	if !booked {
		return ErrSpendCap
	}
	return nil
}
