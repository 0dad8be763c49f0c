package signin

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/throttle"
)

// setupToken is what the server prints at its start while there is no organization. It lives in memory: the next start prints another.
type setupToken struct {
	mu     sync.Mutex
	hash   []byte
	making sync.Mutex // held while the first organization is being made
}

// OpenSetup makes the token of the set-up link; the one before no longer works.
func (s *Service) OpenSetup() (token string) {
	token = id.Secret()
	s.setup.mu.Lock()
	defer s.setup.mu.Unlock()
	s.setup.hash = id.Hash(token)
	return token
}

func (t *setupToken) matches(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hash != nil && subtle.ConstantTimeCompare(t.hash, id.Hash(token)) == 1
}

// NeedsSetup says whether the installation still has no organization.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	exists, err := anyOrganization(ctx, s.DB.Read())
	return !exists, err
}

// NewOwner is what an installation begins with.
type NewOwner struct {
	Organization, Region, Name, Email, Password string
}

// SetUp makes the first organization and its owner for the holder of the set-up link, and signs the owner in.
func (s *Service) SetUp(ctx context.Context, token string, want NewOwner) (Started, error) {
	caller, now := access.ActorFrom(ctx), store.Now()
	from := throttle.Network(caller.Address)
	if wait := s.limits.Check(from, now); wait > 0 {
		return Started{}, errTooMany.After(wait)
	}
	if !s.setup.matches(token) {
		s.limits.Failed(from, now)
		return Started{}, errSetupLink
	}
	s.setup.making.Lock()
	defer s.setup.making.Unlock()
	keep, err := s.keepOwner(ctx, want)
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		who, err := s.createOwner(ctx, tx, want, keep)
		if err != nil {
			return err
		}
		out, err = s.start(ctx, tx, who, beginning{methods: []string{MethodPassword}})
		return err
	})
	return out, err
}

// CreateOwner makes the first organization, its owner and an API token of the owner with all rights, for the command line.
func (s *Service) CreateOwner(ctx context.Context, want NewOwner) (secret string, err error) {
	keep, err := s.keepOwner(ctx, want)
	if err != nil {
		return "", err
	}
	return s.createWithToken(ctx, want, keep, s.createOwner)
}

// AddOrganization makes one more organization, its owner and an API token of the owner with all rights, for the command line.
func (s *Service) AddOrganization(ctx context.Context, want NewOwner) (secret string, err error) {
	keep, err := s.prepareNew(ctx, newPassword{typed: want.Password, pointer: "/password", known: []string{want.Organization, want.Name, want.Email}})
	if err != nil {
		return "", err
	}
	return s.createWithToken(ctx, want, keep, s.create)
}

type creation = func(ctx context.Context, tx *store.Tx, want NewOwner, keep technician.KeepPassword) (account, error)

func (s *Service) createWithToken(ctx context.Context, want NewOwner, keep technician.KeepPassword, create creation) (secret string, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		who, err := create(ctx, tx, want, keep)
		if err != nil {
			return err
		}
		secret, err = s.Tokens.IssueTo(as(ctx, who, Session{}), tx, who.orgID, who.id, apitoken.New{Name: "bootstrap", For: apitoken.MaxLife})
		return err
	})
	return secret, err
}

func (s *Service) keepOwner(ctx context.Context, want NewOwner) (technician.KeepPassword, error) {
	exists, err := anyOrganization(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	if exists {
		return nil, errSetupDone
	}
	return s.prepareNew(ctx, newPassword{typed: want.Password, pointer: "/password", known: []string{want.Organization, want.Name, want.Email}})
}

// createOwner makes the first organization; of two requests at once one gets to.
func (s *Service) createOwner(ctx context.Context, tx *store.Tx, want NewOwner, keep technician.KeepPassword) (account, error) {
	if err := claimSetup(ctx, tx, store.Now()); err != nil {
		return account{}, err
	}
	who, err := s.create(ctx, tx, want, keep)
	if err != nil {
		return account{}, err
	}
	return who, nameSetup(ctx, tx, who.orgID)
}

func (s *Service) create(ctx context.Context, tx *store.Tx, want NewOwner, keep technician.KeepPassword) (account, error) {
	o, err := s.Organizations.Create(ctx, tx, organization.Settings{Name: want.Organization, Region: want.Region}, false)
	if err != nil {
		return account{}, renamed(err, "/name", "/organization")
	}
	server := access.WithActor(ctx, access.System(o.ID))
	t, err := s.Technicians.CreateOwner(server, tx, technician.Owner{Name: want.Name, Email: want.Email})
	if err != nil {
		return account{}, renamed(err, "/given_name", "/name")
	}
	if err := keep(server, tx, t.ID); err != nil {
		return account{}, err
	}
	return accountByID(ctx, tx, o.ID, t.ID)
}

// renamed lets an error point at a field by its name in our request.
func renamed(err error, from, to string) error {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return err
	}
	c := *e
	c.Fields = slices.Clone(e.Fields)
	for i := range c.Fields {
		if c.Fields[i].Pointer == from {
			c.Fields[i].Pointer = to
		}
	}
	return &c
}

// TokenFor makes an API token with all rights of the technician with that email, for the command line.
func (s *Service) TokenFor(ctx context.Context, email, name string, life time.Duration) (secret string, err error) {
	who, err := findAccount(ctx, s.DB.Read(), "", "", input.FoldEmail(email))
	if err != nil {
		return "", err
	}
	if !who.mayAct {
		return "", errNotFound
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		secret, err = s.Tokens.IssueTo(access.WithActor(ctx, access.System(who.orgID)), tx, who.orgID, who.id, apitoken.New{Name: name, For: life})
		return err
	})
	return secret, err
}
