package message

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/store"
)

// reportsKept is how long a report waits for the provider's answer that it belongs to.
const reportsKept = 7 * 24 * time.Hour

// Report takes in what a provider says later about a message that it accepted: a Sent delivery becomes Delivered or Failed. Refused means
// that its receiver told the provider to send no more, which opts their address out. Nothing ever goes back, so reports may come twice,
// late and in any order; one that overtakes the provider's own answer is kept until that is written down. The reason is a stable word.
func (s *Service) Report(ctx context.Context, orgID, provider, providerID string, state State, reason string) error {
	if state != Delivered && state != Failed && state != Refused {
		return fmt.Errorf("a provider cannot report the state %q", state)
	}
	ctx = access.WithActor(ctx, access.System(orgID))
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		r, now := report{orgID, provider, providerID, state, reason}, store.Now()
		known, err := s.count(ctx, tx, r, now)
		if err != nil || known {
			return err
		}
		return keepReport(ctx, tx, r, now)
	})
}

// report is a provider's word about one of its messages.
type report struct {
	orgID, provider, providerID string
	state                       State
	reason                      string
}

// count applies a report; known is false if no attempt has the provider's id.
func (s *Service) count(ctx context.Context, tx *store.Tx, r report, now time.Time) (known bool, err error) {
	id, err := deliveryBehind(ctx, tx, r)
	if err != nil || id == "" {
		return false, err
	}
	d, changed, err := putReported(ctx, tx, r, id, now)
	if err != nil || !changed {
		return true, err
	}
	if r.state == Refused {
		if err := s.optOutAt(ctx, tx, d, now); err != nil {
			return true, err
		}
	}
	return true, s.tell(ctx, tx, d)
}

// early looks whether a report overtook the answer that is being written down.
func (s *Service) early(ctx context.Context, tx *store.Tx, d *Delivery, res result, now time.Time) error {
	if res.sender == s.sandbox || res.receipt.ProviderID == "" {
		return nil
	}
	r := report{orgID: d.OrgID, provider: res.sender.Name(), providerID: res.receipt.ProviderID}
	found, err := takeReport(ctx, tx, &r)
	if err != nil || !found {
		return err
	}
	if d.State, d.Reason = r.state, r.reason; d.State == Refused {
		return s.optOutAt(ctx, tx, *d, now)
	}
	return nil
}

// lateReports counts kept reports whose answers were written in the same moment as they.
func (s *Service) lateReports(ctx context.Context) error {
	due, err := reportsDue(ctx, s.DB.Read())
	if err != nil {
		return err
	}
	for _, r := range due {
		ctx := access.WithActor(ctx, access.System(r.orgID))
		err := s.DB.Write(ctx, func(tx *store.Tx) error {
			if found, err := takeReport(ctx, tx, &r); err != nil || !found {
				return err
			}
			_, err := s.count(ctx, tx, r, store.Now())
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// optOutAt notes that the receiver of a delivery told the provider to send no more.
func (s *Service) optOutAt(ctx context.Context, tx *store.Tx, d Delivery, now time.Time) error {
	_, err := s.setConsent(ctx, tx, consent.OptedOut, In{ID: d.ID, Way: d.Way, From: d.To, At: now})
	return err
}
