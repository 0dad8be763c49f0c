package access

import (
	"context"
	"fmt"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/store"
)

// Bounds of keeping the engines in step with the database.
const (
	keptFor  = time.Hour   // how long a change stays noted
	tooOld   = keptFor / 2 // engines that were last in step so long ago are made anew
	patience = 10 * time.Second
	tooMany  = 5000 // changes, beyond which it is quicker to make an engine anew
)

// engines keeps an engine for every organization that somebody asked about, and in step with the database: after each Write of this server before
// it returns, and with every Follow for what others change. What could not be brought into step is dropped, and refuses until it is made anew.
type engines struct {
	db *store.DB

	mu     sync.Mutex // for whoever loads or brings into step; who asks does not wait for it
	byOrg  map[string]*engine.Engine
	at     cursor
	inStep time.Time

	current sync.Map // organization -> *engine.Engine, what is in byOrg
}

func newEngines(db *store.DB) *engines {
	s := &engines{db: db, byOrg: map[string]*engine.Engine{}}
	if db != nil { // as it is where only the routes are wanted
		db.Watch(s.afterWrite, watched()...)
	}
	return s
}

// of returns the engine of an organization, loaded if need be.
func (s *engines) of(ctx context.Context, org string) (*engine.Engine, error) {
	if e, ok := s.current.Load(org); ok {
		return e.(*engine.Engine), nil //nolint:forcetypeassert // nothing else is stored
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.byOrg[org]; e != nil {
		return e, nil
	}
	var e *engine.Engine
	err := s.db.Snapshot(ctx, func(q store.Querier) error {
		now, err := here(ctx, q, s.db.Dialect())
		if err != nil {
			return err
		}
		if len(s.byOrg) == 0 {
			s.at, s.inStep = now, time.Now()
		}
		e, err = load(ctx, q, org)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("load the access rights of %s: %w", org, err)
	}
	s.byOrg[org] = e
	s.current.Store(org, e)
	return e, nil
}

// afterWrite brings the engines into step with what was just committed here. Whoever made the change may be gone: it counts all the same.
func (s *engines) afterWrite() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = s.follow(ctx) // what is not in step is gone, and whoever asks hears why it cannot be loaded
}

// follow brings the engines into step with the database.
func (s *engines) follow(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byOrg) == 0 {
		return nil
	}
	began := time.Now()
	if began.Sub(s.inStep) > tooOld {
		s.forget()
		return nil
	}
	news, err := anyChange(ctx, s.db.Read(), s.db.Dialect(), s.at)
	if err == nil && news {
		err = s.db.Snapshot(ctx, func(q store.Querier) error { return s.catchUp(ctx, q) })
	}
	if err != nil {
		s.forget()
		return fmt.Errorf("follow the access rights: %w", err)
	}
	s.inStep = began
	return nil
}

func (s *engines) catchUp(ctx context.Context, q store.Querier) error {
	changes, next, err := changesSince(ctx, q, s.db.Dialect(), s.at)
	if err != nil {
		return err
	}
	for org, changed := range byOrganization(changes) {
		e := s.byOrg[org]
		switch {
		case e == nil:
		case len(changed) > tooMany:
			delete(s.byOrg, org)
			s.current.Delete(org)
		default:
			tell, err := read(ctx, q, org, changed)
			if err != nil {
				return err
			}
			e.Write(tell)
		}
	}
	s.at = next
	return nil
}

func (s *engines) forget() {
	clear(s.byOrg)
	s.current.Clear()
}

func (s *engines) sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return deleteChanges(ctx, tx, store.Now().Add(-keptFor)) })
}
