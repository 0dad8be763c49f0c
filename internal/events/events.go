// Package events tells open consoles what has just changed, in order and without gaps, so that they can load it again.
package events

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
)

// Event says that something changed. It carries ids and states only: whoever receives it asks the API for the rest.
type Event struct {
	Kind       string // "contact.changed"
	ID         string // of what changed
	CustomerID string
	Needs      perm.Permission   // who may hear of it; perm.SignedIn: everybody
	To         string            // a technician's id: for that person alone
	Data       map[string]string // more ids and states
}

// Stored is an event at its place in the sequence of its organization.
type Stored struct {
	Event
	Seq int64
}

// How long events are kept for consoles that were away.
const (
	keepFor   = 24 * time.Hour
	keepCount = 50_000
)

// Bus keeps the events of every organization in a sequence and wakes those who follow it. Nobody loses an event: a follower that is slow
// or was away reads on from where it stopped, in the database if need be.
type Bus struct {
	db      *store.DB
	log     *slog.Logger
	observe func(Event)

	mu    sync.Mutex
	feeds map[string]*feed // by organization; only those that somebody follows
}

// New returns a Bus. Run has to run for it to see what other processes publish.
func New(db *store.DB, log *slog.Logger) *Bus {
	return &Bus{db: db, log: log, observe: func(Event) {}, feeds: map[string]*feed{}}
}

// Observe sets what is told of every event that this process publishes, for metrics; call it before anything is published.
func (b *Bus) Observe(fn func(Event)) { b.observe = fn }

// Publish adds an event to the transaction: it is in the sequence if and only if the transaction commits.
func (b *Bus) Publish(ctx context.Context, tx *store.Tx, e Event) error {
	org := access.ActorFrom(ctx).OrgID
	if org == "" || e.Kind == "" {
		return fmt.Errorf("publish %q: the context names no organization, or the event no kind", e.Kind)
	}
	key := "events " + org
	staged := store.Stage[[]Event](tx, key)
	*staged = append(*staged, e)
	tx.BeforeCommit(key, func(ctx context.Context, tx *store.Tx) error {
		last, err := appendEvents(ctx, tx, org, *staged, store.Now())
		if err != nil {
			return fmt.Errorf("publish to %s: %w", org, err)
		}
		tx.AfterCommit(func() {
			b.moved(org, last)
			for _, e := range *staged {
				b.observe(e)
			}
		})
		return nil
	})
	return nil
}

// Head is the number of the newest event of an organization, 0 if there is none.
func (b *Bus) Head(ctx context.Context, org string) (int64, error) {
	seq, err := head(ctx, b.db.Read(), org)
	if err != nil {
		return 0, fmt.Errorf("head of the events of %s: %w", org, err)
	}
	return seq, nil
}

// poll is how often the sequence is looked at for what another process published.
const (
	poll  = 500 * time.Millisecond
	sweep = 10 * time.Minute
)

// Run learns of what other processes publish and forgets what is too old. It returns when ctx ends.
func (b *Bus) Run(ctx context.Context) error {
	look, clean := time.NewTicker(poll), time.NewTicker(sweep)
	defer look.Stop()
	defer clean.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			err = b.look(ctx)
		case <-clean.C:
			err = b.Sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			b.log.ErrorContext(ctx, "events", "err", err)
		}
	}
}

func (b *Bus) look(ctx context.Context) error {
	b.mu.Lock()
	orgs := make([]string, 0, len(b.feeds))
	for org := range b.feeds {
		orgs = append(orgs, org)
	}
	b.mu.Unlock()
	if len(orgs) == 0 {
		return nil
	}
	heads, err := heads(ctx, b.db.Read(), orgs)
	if err != nil {
		return fmt.Errorf("look for new events: %w", err)
	}
	for org, seq := range heads {
		b.moved(org, seq)
	}
	return nil
}

// Sweep forgets events that are older than a day or that more than 50,000 others followed.
func (b *Bus) Sweep(ctx context.Context) error {
	all, err := heads(ctx, b.db.Read(), nil)
	if err != nil {
		return fmt.Errorf("sweep events: %w", err)
	}
	for org, seq := range all {
		err := b.db.Write(ctx, func(tx *store.Tx) error {
			return deleteEvents(ctx, tx, org, seq-keepCount, store.Now().Add(-keepFor))
		})
		if err != nil {
			return fmt.Errorf("sweep events of %s: %w", org, err)
		}
	}
	return nil
}
