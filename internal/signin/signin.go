// Package signin lets technicians prove who they are, by password, passkey or one-time link and with second factors, and keeps their sessions.
package signin

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/throttle"
)

// Service knows who may come in.
type Service struct {
	Deps
	limits *throttle.Failures
	turned *throttle.Recently // sessions and tokens that were turned away because of their network
	setup  setupToken
	secure func(*http.Request) bool // whether the browser reached us over TLS
}

// Deps are what sign-in stands on.
type Deps struct {
	DB            *store.DB
	Guard         *access.Guard
	Audit         *audit.Log
	Events        *events.Bus
	Keyring       *seal.Keyring
	Organizations *organization.Service
	Technicians   *technician.Service
	Tokens        *apitoken.Service
	Factors       *factor.Service
	Policies      *signinpolicy.Service
	Hasher        *password.Hasher
	Log           *slog.Logger
	Hooks
}

// Hooks are what the slices above add; every one may be nil.
type Hooks struct {
	// NewDevice hears that somebody who has signed in before did so from a browser that is not known.
	NewDevice func(ctx context.Context, tx *store.Tx, s Session) error
	// Locked hears that failures have just locked a name, also one that nobody has: it has to take as long for both.
	Locked func(ctx context.Context, tx *store.Tx, l Lock) error
	// PasswordChanged hears that somebody's password is another one now.
	PasswordChanged func(ctx context.Context, tx *store.Tx, technicianID string) error
	// Unread counts the notifications that somebody has not read yet.
	Unread func(ctx context.Context, q store.Querier, org, technicianID string) (int, error)
	// Pod says whether an organization has a pod.
	Pod func(ctx context.Context, q store.Querier, org, podID string) (bool, error)
	// Demo makes the demo organization in an empty installation and says who owns it.
	Demo func(ctx context.Context) (org, technicianID string, err error)
}

// New returns a Service. Routes tells it how requests come in.
func New(d Deps) *Service {
	return &Service{Deps: d, limits: throttle.NewFailures(), turned: throttle.NewRecently(), secure: func(r *http.Request) bool { return r.TLS != nil }}
}

// Attempt is what somebody types to sign in. Device is the secret of a browser that signed in before.
type Attempt struct {
	Email, Password, Organization string
	Device                        string
	Pod                           string // the pod that the sign-in is for: it may admit who has no access to the console
}

// SignIn starts a session for the right password; where a second factor is set up, half of one. Every refusal takes the same steps, computes
// one hash and answers alike, whether the name is unknown, the account locked, suspended, only invited or not for the console, the network
// not allowed, or the password wrong.
func (s *Service) SignIn(ctx context.Context, in Attempt) (Started, error) {
	caller, now := access.ActorFrom(ctx), store.Now()
	from := throttle.Network(caller.Address)
	if wait := s.limits.Check(from, now); wait > 0 {
		return Started{}, errTooMany.After(wait)
	}
	slot, err := s.Hasher.Enter(ctx)
	if err != nil {
		return Started{}, err
	}
	defer slot.Leave()

	org, err := organizationFor(ctx, s.DB.Read(), in.Organization)
	if err != nil {
		return Started{}, err
	}
	who, err := findAccount(ctx, s.DB.Read(), org, in.Organization, input.FoldEmail(in.Email))
	if err != nil {
		return Started{}, err
	}
	policy, err := s.Policies.Of(ctx, cmp.Or(who.orgID, org))
	if err != nil {
		return Started{}, err
	}
	pod, err := s.podFor(ctx, s.DB.Read(), who, in.Pod)
	if err != nil {
		return Started{}, err
	}
	device, err := knownDevice(ctx, s.DB.Read(), who.orgID, who.id, id.Hash(in.Device))
	if err != nil {
		return Started{}, err
	}
	counted, err := s.count(ctx, policy.Lockout, s.failureKeys(who, in.Email, device, from), now)
	if err != nil {
		return Started{}, err
	}
	typed, ok := password.Prepare(in.Password)
	match, stale := slot.Verify(who.hash, typed)
	why := refusal(who, counted.verdict, match && ok, now)
	if why == "" {
		why = s.unwelcome(who, policy, caller.Address, pod)
	}
	if why != "" {
		s.limits.Failed(from, now)
		return Started{}, s.refuse(ctx, refused{who: who, org: org, email: in.Email, method: MethodPassword, why: why, counted: counted})
	}
	upgraded := ""
	if stale {
		upgraded = slot.Hash(typed)
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := counted.clear(ctx, tx); err != nil {
			return err
		}
		if upgraded != "" {
			if err := upgradeHash(ctx, tx, who, upgraded); err != nil {
				return err
			}
		}
		out, err = s.start(ctx, tx, who, beginning{methods: []string{MethodPassword}, device: device, secret: in.Device, pod: pod, replaces: caller})
		return err
	})
	return out, err
}
