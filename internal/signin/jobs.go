package signin

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/store"
)

// SweepEvery is how often Sweep is due.
const SweepEvery = time.Hour

// Sweep deletes what is over: sessions a week after their end, expired tokens after a month, links, devices and failures that no longer count.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return sweep(ctx, tx, store.Now()) })
}
