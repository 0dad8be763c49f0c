package signin

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/throttle"
)

// LinkLife is how long a one-time sign-in link works.
const LinkLife = 24 * time.Hour

// CreateLink makes a link that signs a technician in once, for whoever starts the server. The token belongs into the fragment of the
// console's address (/sign-in#token=…), which browsers neither send nor log.
func (s *Service) CreateLink(ctx context.Context, org, technicianID string) (token string, err error) {
	who, err := accountByID(ctx, s.DB.Read(), org, technicianID)
	if err != nil {
		return "", err
	}
	if !who.mayAct {
		return "", errNotFound
	}
	token = id.Secret()
	now := store.Now()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := insertLink(ctx, tx, who, id.New(), id.Hash(token), now, now.Add(LinkLife)); err != nil {
			return err
		}
		return s.Audit.Record(access.WithActor(ctx, access.System(org)), tx, audit.Event{Action: "signin_link.create", Targets: who.targets()})
	})
	return token, err
}

// FollowLink starts a session for the holder of a link, once.
func (s *Service) FollowLink(ctx context.Context, token string) (Started, error) {
	caller, now := access.ActorFrom(ctx), store.Now()
	from := throttle.Network(caller.Address)
	if wait := s.limits.Check(from, now); wait > 0 {
		return Started{}, errTooMany.After(wait)
	}
	var out Started
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		org, technicianID, err := spendLink(ctx, tx, id.Hash(token), now)
		if err != nil {
			return err
		}
		who, err := accountByID(ctx, tx, org, technicianID)
		if err != nil {
			return err
		}
		if !who.mayAct {
			return errLink
		}
		out, err = s.proved(ctx, tx, who, beginning{methods: []string{MethodLink}, replaces: caller})
		return err
	})
	if err != nil {
		s.limits.Failed(from, now)
		return Started{}, s.Refused(ctx, err)
	}
	return out, nil
}

func (a account) targets() []audit.Target {
	return []audit.Target{{Type: "technician", ID: a.id, Name: a.name}}
}
