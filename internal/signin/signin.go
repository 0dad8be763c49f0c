// Package signin lets technicians prove who they are, by password, passkey or one-time link and with second factors, and keeps their sessions.
package signin

import (
	"context"
	"encoding/hex"
	"log/slog"
	"net/http"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Service knows who may come in.
type Service struct {
	Deps
	limits *networkLimits
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
	Hasher        *password.Hasher
	Log           *slog.Logger
}

// New returns a Service. Routes tells it how requests come in.
func New(d Deps) *Service {
	return &Service{Deps: d, limits: newNetworkLimits(), secure: func(r *http.Request) bool { return r.TLS != nil }}
}

// Attempt is what somebody types to sign in. Device is the secret of a browser that signed in before.
type Attempt struct {
	Email, Password, Organization string
	Device                        string
}

// Why a sign-in was refused. Only the audit log tells.
const (
	whyUnknown  = "unknown_name"
	whyPassword = "wrong_password"
	whyLocked   = "locked"
	whyEarly    = "too_early"
	whyInactive = "not_active"
)

// SignIn starts a session for the right password. Every refusal takes the same steps, computes one hash and answers alike, whether the
// name is unknown, the account locked, suspended or only invited, or the password wrong.
func (s *Service) SignIn(ctx context.Context, in Attempt) (Started, error) {
	caller, now := access.ActorFrom(ctx), store.Now()
	from := network(caller.Address)
	if wait := s.limits.check(from, now); wait > 0 {
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
	device, err := knownDevice(ctx, s.DB.Read(), who.orgID, who.id, id.Hash(in.Device))
	if err != nil {
		return Started{}, err
	}
	counted, err := s.count(ctx, s.failureKeys(who, in.Email, device, from), now)
	if err != nil {
		return Started{}, err
	}
	typed, ok := password.Prepare(in.Password)
	match, stale := slot.Verify(who.hash, typed)
	if why := refusal(who, counted.verdict, match && ok); why != "" {
		s.limits.failed(from, now)
		return Started{}, s.refuse(ctx, refused{who: who, org: org, email: in.Email, why: why, counted: counted})
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
		out, err = s.start(ctx, tx, who, beginning{methods: []string{MethodPassword}, device: device, secret: in.Device, replaces: caller})
		return err
	})
	return out, err
}

// failureKeys are the counters of an attempt: those of a known device, or those of the account.
func (s *Service) failureKeys(who account, email, device, from string) []failureKey {
	key := who.id
	if key == "" {
		key = "name:" + hex.EncodeToString(s.Keyring.MAC("signin name", input.FoldEmail(email)))
	}
	if device != "" {
		return []failureKey{{who.orgID, key, devicePrefix + device}}
	}
	return []failureKey{{who.orgID, key, from}, {who.orgID, key, everywhere}}
}

// refusal is why an attempt does not lead to a session, or "".
func refusal(who account, v verdict, match bool) string {
	switch {
	case who.id == "":
		return whyUnknown
	case v == lockedOut:
		return whyLocked
	case !match:
		return whyPassword
	case v == early:
		return whyEarly
	case !who.mayAct:
		return whyInactive
	}
	return ""
}

// refused is a sign-in that led nowhere.
type refused struct {
	who             account
	org, email, why string
	counted         counted
}

// refuse records a refusal in the organization that it concerns, if there is one, and returns what the person is told.
func (s *Service) refuse(ctx context.Context, r refused) error {
	org := r.who.orgID
	if org == "" {
		org = r.org
	}
	e := audit.Event{Action: "session.create", Outcome: audit.Denied, Reason: r.why, Detail: map[string]any{"method": "password"}}
	if r.who.id != "" {
		e.Targets = []audit.Target{{Type: "technician", ID: r.who.id, Name: r.who.name}}
	} else if email, err := input.ParseEmail(r.email); err == nil {
		e.Detail["email"] = email // what is no address may be a password in the wrong field
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		if r.why == whyEarly {
			if err := r.counted.takeBack(ctx, tx); err != nil {
				return err
			}
		}
		if org == "" {
			return nil
		}
		return s.Audit.Record(asNobody(ctx, org), tx, e)
	})
	if err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "sign-in refused", "org_id", org, "technician_id", r.who.id, "reason", r.why)
	return errRefused
}

// asNobody is ctx for what an unknown person does in an organization.
func asNobody(ctx context.Context, org string) context.Context {
	caller := access.ActorFrom(ctx)
	return access.WithActor(ctx, access.Actor{OrgID: org, Address: caller.Address, Device: caller.Device, RequestID: caller.RequestID})
}

// as is ctx for what the technician does who has just proved who they are.
func as(ctx context.Context, a account, session Session) context.Context {
	caller := access.ActorFrom(ctx)
	return access.WithActor(ctx, access.Actor{
		OrgID: a.orgID, Kind: access.Technician, ID: a.id, Name: a.name, Role: a.role, Owner: a.owner, SessionID: session.ID,
		Address: caller.Address, Device: caller.Device, RequestID: caller.RequestID, Authenticated: store.Now(), AAL: session.Level, Hold: session.Hold,
	})
}
