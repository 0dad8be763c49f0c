package twilio

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/store"
)

const (
	tidyEvery = time.Minute
	proofKept = 7 * 24 * time.Hour // as long as a repeated webhook is known as one
)

// Run wipes the texts of calls that expired, and forgets old calls and proofs, until ctx ends.
func (c *Carrier) Run(ctx context.Context) error {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		if err := c.Tidy(ctx, store.Now()); err != nil && ctx.Err() == nil {
			c.Log.Error("cannot tidy up after Twilio", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Tidy wipes and forgets what is due at a time.
func (c *Carrier) Tidy(ctx context.Context, now time.Time) error {
	return c.DB.Write(ctx, func(tx *store.Tx) error {
		if err := wipeCalls(ctx, tx, now, now.Add(-proofKept)); err != nil {
			return err
		}
		return dropProofs(ctx, tx, now.Add(-proofKept))
	})
}
