// Package preference keeps what a person set in their console: saved filters, chosen columns, hints that they have read.
//
// It is the person's own and says nothing about anybody else, so it leaves no trace in the audit log.
package preference

import (
	"context"
	"encoding/json"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const (
	maxValue = 16 << 10
	maxKeys  = 200 // of one person
)

var (
	errTooLarge = fault.New(fault.TooLarge, "preference.too_large", "This is more than a preference may hold.")
	errTooMany  = fault.New(fault.Conflict, "preference.too_many", "You have as many saved settings as there can be. Delete one first.")
)

// Service keeps preferences.
type Service struct {
	db    *store.DB
	guard *access.Guard
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard) *Service { return &Service{db, guard} }

// All returns the actor's preferences by their names.
func (s *Service) All(ctx context.Context) (map[string]json.RawMessage, error) {
	actor, err := s.person(ctx)
	if err != nil {
		return nil, err
	}
	return all(ctx, s.db.Read(), actor.OrgID, actor.ID)
}

// Set keeps one preference of the actor; the last writer wins, also against another browser of the same person.
func (s *Service) Set(ctx context.Context, key string, value json.RawMessage) error {
	actor, err := s.person(ctx)
	if err != nil {
		return err
	}
	if len(value) > maxValue {
		return errTooLarge
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := put(ctx, tx, actor.OrgID, actor.ID, key, value, store.Now()); err != nil {
			return fmt.Errorf("keep a preference of %s: %w", actor.ID, err)
		}
		n, err := count(ctx, tx, actor.OrgID, actor.ID)
		if err == nil && n > maxKeys {
			err = errTooMany
		}
		return err
	})
}

// Delete forgets one preference of the actor, whether it was there or not.
func (s *Service) Delete(ctx context.Context, key string) error {
	actor, err := s.person(ctx)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return remove(ctx, tx, actor.OrgID, actor.ID, key) })
}

func (s *Service) person(ctx context.Context) (access.Actor, error) {
	actor := access.ActorFrom(ctx)
	return actor, s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "technician", ID: actor.ID})
}
