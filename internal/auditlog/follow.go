package auditlog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

const (
	// lookEvery is how often those who look at a log hear at most that it has grown.
	lookEvery = time.Second
	// followFor is how long after its last page a log counts as looked at.
	followFor = 2 * time.Minute
)

// followed is a log that somebody looks at.
type followed struct {
	until time.Time
	size  int64 // when it was last told of
}

// follow notes that somebody looks at a log. Nothing is told of logs that nobody looks at.
func (s *Service) follow(org string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.followed[org]
	f.until = store.Now().Add(followFor)
	s.followed[org] = f
}

// Run tells those who look at a log that it has grown, whichever process made it grow, and at most once a second. It returns when ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.Look(ctx); err != nil && ctx.Err() == nil {
			s.trouble(ctx, err)
		}
	}
}

// Look tells of every followed log that has grown since it last did.
func (s *Service) Look(ctx context.Context) error {
	s.mu.Lock()
	now := store.Now()
	maps.DeleteFunc(s.followed, func(_ string, f followed) bool { return now.After(f.until) })
	all := maps.Clone(s.followed)
	s.mu.Unlock()
	var errs []error
	for org, f := range all {
		size, err := s.log.Size(ctx, org)
		if err != nil {
			errs = append(errs, fmt.Errorf("look at the log of %s: %w", org, err))
			continue
		}
		if size == f.size {
			continue
		}
		if f.size > 0 {
			errs = append(errs, s.tell(ctx, org, size))
		}
		s.mu.Lock()
		if f, there := s.followed[org]; there {
			f.size = size
			s.followed[org] = f
		}
		s.mu.Unlock()
	}
	return errors.Join(errs...)
}

func (s *Service) tell(ctx context.Context, org string, size int64) error {
	ctx = access.WithActor(ctx, access.System(org))
	return s.db.Write(ctx, func(tx *store.Tx) error {
		return s.events.Publish(ctx, tx, events.Event{
			Kind: "audit.appended", Needs: perm.AdminAudit, Data: map[string]string{"seq": fmt.Sprint(size)},
		})
	})
}
