// Package avatar keeps the pictures of technicians. Who has none is shown by initials; no picture ever comes from elsewhere.
package avatar

import (
	"context"
	"fmt"
	"io"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/picture"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

const (
	maxBytes = 2 << 20
	side     = 256
)

var (
	errNone = fault.New(fault.NotFound, "avatar.not_found", "There is no such picture.")
	errBusy = fault.New(fault.Limited, "avatar.busy", "Another picture is just being read. Try again in a moment.").After(time.Second)
	errOwn  = fault.New(fault.Denied, "technician.owner", "Nobody but the owner may change the owner.")
)

// Service keeps avatars.
type Service struct {
	db          *store.DB
	guard       *access.Guard
	technicians *technician.Service
	slots       chan struct{} // decoding takes memory: one picture at a time
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, technicians *technician.Service) *Service {
	return &Service{db, guard, technicians, make(chan struct{}, 1)}
}

// Set gives a technician a picture: oneself, or somebody else by an administrator.
func (s *Service) Set(ctx context.Context, technicianID string, r io.Reader) error {
	t, err := s.may(ctx, technicianID)
	if err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return errBusy
	}
	img, err := picture.Decode(r, picture.Limits{Bytes: maxBytes, Pixels: 8_000_000, Side: 8192})
	if err != nil {
		return err
	}
	content, err := picture.PNG(picture.Square(img, side))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		key := id.Secret()
		if err := put(ctx, tx, t.OrgID, t.ID, key, content, store.Now()); err != nil {
			return fmt.Errorf("keep the picture of %s: %w", t.ID, err)
		}
		return s.technicians.SetAvatar(ctx, tx, t.ID, key)
	})
}

// Remove goes back to initials.
func (s *Service) Remove(ctx context.Context, technicianID string) error {
	t, err := s.may(ctx, technicianID)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		ok, err := remove(ctx, tx, t.OrgID, t.ID)
		if err != nil || !ok {
			return err
		}
		return s.technicians.SetAvatar(ctx, tx, t.ID, "")
	})
}

// Find returns a picture of the actor's organization by the name in its address.
func (s *Service) Find(ctx context.Context, key string) ([]byte, error) {
	actor := access.ActorFrom(ctx)
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "organization", ID: actor.OrgID}); err != nil {
		return nil, err
	}
	return byKey(ctx, s.db.Read(), actor.OrgID, key)
}

// may finds the technician, if the actor is that person or administers technicians. An owner's picture is the owner's alone.
func (s *Service) may(ctx context.Context, technicianID string) (technician.Technician, error) {
	actor := access.ActorFrom(ctx)
	t, err := technician.ByID(ctx, s.db.Read(), actor.OrgID, technicianID)
	if err != nil {
		return t, err
	}
	if actor.ID == technicianID {
		return t, s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "technician", ID: technicianID})
	}
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician", ID: technicianID}); err != nil {
		return t, err
	}
	if t.Owner {
		return t, errOwn
	}
	return t, nil
}
