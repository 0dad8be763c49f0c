// Package signinpolicy keeps what an organization asks of everybody who signs in: passwords, locking, second factors, sessions, networks.
package signinpolicy

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/store"
)

// Policy is what holds in one organization.
type Policy struct {
	Password     Password                     `json:"password"`
	Lockout      Lockout                      `json:"lockout"`
	MFA          MFA                          `json:"mfa"`
	Sessions     Sessions                     `json:"sessions"`
	Networks     []netip.Prefix               `json:"networks"`      // from which alone people may come; empty means from everywhere
	RoleNetworks map[perm.Role][]netip.Prefix `json:"role_networks"` // and those of a role besides

	UpdatedAt time.Time `json:"-"`
	Version   int64     `json:"-"`
}

// Password is what a new password has to be, and how long it lasts. The standards advise against all but the length: rules about characters
// and expiry make people choose worse passwords (NIST SP 800-63B, ASVS 6.2), so they are off unless somebody turns them on.
type Password struct {
	MinLength  int `json:"min_length"`
	Classes    int `json:"classes"`     // of small letters, capital letters, digits and signs
	ExpiryDays int `json:"expiry_days"` // 0: never
	History    int `json:"history"`     // so many earlier passwords may not come back
}

// Lockout says after how many failures an account is locked, and for how long.
type Lockout struct {
	Failures int `json:"failures"`
	Minutes  int `json:"minutes"`
}

// Of whom a second factor is demanded.
const (
	Off            = "off"
	Administrators = "administrators"
	All            = "all"
)

// MFA says of whom a second factor is demanded, and how many days after the first sign-in at which it was.
type MFA struct {
	Required  string `json:"required"`
	GraceDays int    `json:"grace_days"`
}

// Sessions bounds sessions.
type Sessions struct {
	IdleMinutes int `json:"idle_minutes"`
	Hours       int `json:"hours"`
	Concurrent  int `json:"concurrent"`
}

// Default is the policy of an organization that has set none (D-15).
func Default() Policy {
	return Policy{
		Password: Password{MinLength: password.DefaultLength},
		Lockout:  Lockout{Failures: 10, Minutes: 15},
		MFA:      MFA{Required: Administrators, GraceDays: 7},
		Sessions: Sessions{IdleMinutes: 30, Hours: 12, Concurrent: 5},
		Networks: []netip.Prefix{}, RoleNetworks: map[perm.Role][]netip.Prefix{},
	}
}

// Rules are those for new passwords.
func (p Policy) Rules() password.Rules {
	return password.Rules{MinLength: p.Password.MinLength, Classes: p.Password.Classes}
}

// Expired says whether a password of that age has to be replaced.
func (p Policy) Expired(since, now time.Time) bool {
	return p.Password.ExpiryDays > 0 && now.Sub(since) >= time.Duration(p.Password.ExpiryDays)*24*time.Hour
}

// Demands says whether a second factor is asked of somebody; personal is the technician's own setting, which can only add to the policy.
func (p Policy) Demands(role perm.Role, owner, personal bool) bool {
	switch p.MFA.Required {
	case All:
		return true
	case Administrators:
		return personal || owner || role == perm.Administrator
	}
	return personal
}

// Grace is how long somebody may go on without the second factor that is demanded.
func (p Policy) Grace() time.Duration { return time.Duration(p.MFA.GraceDays) * 24 * time.Hour }

// Limits are those of a session of somebody with limits of their own, 0 for none: the strictest hold.
func (p Policy) Limits(idleMinutes, hours int) (idle, life time.Duration) {
	strictest := func(a, b int) time.Duration {
		if b > 0 {
			a = min(a, b)
		}
		return time.Duration(a)
	}
	return strictest(p.Sessions.IdleMinutes, idleMinutes) * time.Minute, strictest(p.Sessions.Hours, hours) * time.Hour
}

// Admits says whether somebody of a role may come from an address. Each list that is not empty has to hold it: the organization's, the
// role's and the person's own.
func (p Policy) Admits(role perm.Role, address string, own []netip.Prefix) bool {
	return access.Within(address, p.Networks) && access.Within(address, p.RoleNetworks[role]) && access.Within(address, own)
}

// Service changes policies, and remembers them for the check before each request.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	hooks  Hooks

	mu    sync.RWMutex
	kept  map[string]kept
	reads int64 // how often something was forgotten; what was read before does not count
}

type kept struct {
	policy Policy
	at     time.Time
}

// keepFor is how long another process on the same database may go unnoticed. Changes of this one count at once.
const keepFor = time.Second

// Hooks are what the slices above add; every one may be nil.
type Hooks struct {
	// Changed brings what is open into line with a new policy.
	Changed func(ctx context.Context, tx *store.Tx, org string, p Policy) error
	// Affected counts the people whom a demand for second factors concerns.
	Affected func(ctx context.Context, q store.Querier, org string) (Affected, error)
}

// Affected counts active technicians.
type Affected struct {
	Technicians                 int
	Administrators              int
	WithoutFactor               int
	AdministratorsWithoutFactor int
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, hooks Hooks) *Service {
	return &Service{db: db, guard: guard, audit: log, events: bus, hooks: hooks, kept: map[string]kept{}}
}

// Of returns the policy of an organization, at most a second old.
func (s *Service) Of(ctx context.Context, org string) (Policy, error) {
	now := store.Now()
	s.mu.RLock()
	k, ok := s.kept[org]
	reads := s.reads
	s.mu.RUnlock()
	if age := now.Sub(k.at); ok && age >= 0 && age < keepFor {
		return k.policy, nil
	}
	p, err := Of(ctx, s.db.Read(), org)
	if err != nil {
		return Policy{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reads == reads {
		s.kept[org] = kept{p, now}
	}
	return p, nil
}

func (s *Service) forget(org string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	delete(s.kept, org)
}

// Current returns the policy of the actor's organization and whom it concerns.
func (s *Service) Current(ctx context.Context) (Policy, Affected, error) {
	org := access.ActorFrom(ctx).OrgID
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: org}); err != nil {
		return Policy{}, Affected{}, err
	}
	p, err := Of(ctx, s.db.Read(), org)
	if err != nil {
		return Policy{}, Affected{}, err
	}
	a, err := s.affected(ctx, org)
	return p, a, err
}

func (s *Service) affected(ctx context.Context, org string) (Affected, error) {
	if s.hooks.Affected == nil {
		return Affected{}, nil
	}
	return s.hooks.Affected(ctx, s.db.Read(), org)
}

// Update changes the policy of the actor's organization; change gets it as it is, with its version. What would shut the actor out at once
// is refused.
func (s *Service) Update(ctx context.Context, change func(Policy) (Policy, error)) (p Policy, err error) {
	actor := access.ActorFrom(ctx)
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: actor.OrgID}); err != nil {
		return Policy{}, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if p, err = Of(ctx, tx, actor.OrgID); err != nil {
			return err
		}
		next, err := change(p)
		if err != nil {
			return err
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		if err := next.keeps(actor); err != nil {
			return err
		}
		p, err = s.save(ctx, tx, p, next)
		return err
	})
	s.forget(actor.OrgID)
	if err != nil && !errors.Is(err, errUnchanged) {
		return Policy{}, err
	}
	return p, nil
}

// Open adds a network to every list that is in force for a role, so that somebody who was shut out by them gets in again from there. It is
// for the command line of the server, and changes nothing where no list is in force.
func (s *Service) Open(ctx context.Context, tx *store.Tx, org string, role perm.Role, network netip.Prefix) (changed bool, err error) {
	p, err := Of(ctx, tx, org)
	if err != nil {
		return false, err
	}
	next := p
	if !access.Within(network.Addr().String(), p.Networks) {
		next.Networks = append(slices.Clone(p.Networks), network)
	}
	if own := p.RoleNetworks[role]; !access.Within(network.Addr().String(), own) {
		next.RoleNetworks = map[perm.Role][]netip.Prefix{}
		maps.Copy(next.RoleNetworks, p.RoleNetworks)
		next.RoleNetworks[role] = append(slices.Clone(own), network)
	}
	_, err = s.save(ctx, tx, p, next)
	if errors.Is(err, errUnchanged) {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) save(ctx context.Context, tx *store.Tx, before, next Policy) (Policy, error) {
	org := access.ActorFrom(ctx).OrgID
	next.Version, next.UpdatedAt = before.Version, before.UpdatedAt
	if before.text() == next.text() {
		return before, errUnchanged
	}
	next.UpdatedAt = store.Now()
	if err := save(ctx, tx, org, next); err != nil {
		return Policy{}, err
	}
	next.Version++
	if s.hooks.Changed != nil {
		if err := s.hooks.Changed(ctx, tx, org, next); err != nil {
			return Policy{}, err
		}
	}
	tx.AfterCommit(func() { s.forget(org) })
	was, is := changes(before, next)
	if err := s.audit.Record(ctx, tx, audit.Event{
		Action: "signin_policy.update", Targets: []audit.Target{{Type: "organization", ID: org}}, Before: was, After: is,
	}); err != nil {
		return Policy{}, err
	}
	return next, s.events.Publish(ctx, tx, events.Event{Kind: "organization.changed", ID: org, Needs: perm.SignedIn})
}
