package signin

import (
	"context"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// The methods by which people prove who they are.
const (
	MethodPassword     = "password"
	MethodLink         = "link"
	MethodPasskey      = string(factor.KindPasskey)
	MethodSecurityKey  = string(factor.KindSecurityKey)
	MethodTOTP         = factor.MethodTOTP
	MethodRecoveryCode = factor.MethodRecoveryCode
)

// levelOf is how sure a sign-in by these methods is.
func levelOf(methods []string) int {
	level := access.LevelPassword
	for _, m := range methods {
		switch m {
		case MethodPasskey:
			return access.LevelPasskey
		case MethodTOTP, MethodRecoveryCode, MethodSecurityKey:
			level = access.LevelFactor
		}
	}
	return level
}

// Started is a session that has just begun, with the secrets that only its browser gets. Its Hold says what has to be done first.
type Started struct {
	Session Session
	Token   string
	Device  string   // "" if the browser has the one it needs
	Ways    []string // half signed in: how the second factor can be proved
}

// beginning is how a session comes about.
type beginning struct {
	methods  []string     // by which the person proved who they are
	device   string       // id of a known device
	secret   string       // and its secret
	pod      string       // the pod that it is for, of somebody without access to the console
	replaces access.Actor // who made the request; a session of theirs in this browser ends
}

// Begin starts a session for a technician who has just proved who they are another way than this package knows, in the transaction that used
// the proof up: methods name how (password, passkey, ...). A session of the same browser, held by replaces, ends with it. Like every sign-in
// it may come back half (the second factor is missing) or held; Answer tells the browser. The caller's transaction has to fail with the
// error; if that is a refusal, Refused writes down why.
func (s *Service) Begin(ctx context.Context, tx *store.Tx, org, technicianID string, methods []string, replaces access.Actor) (Started, error) {
	who, err := accountByID(ctx, tx, org, technicianID)
	if err != nil {
		return Started{}, err
	}
	policy, err := s.Policies.Of(ctx, org)
	if err != nil {
		return Started{}, err
	}
	if why := s.unwelcome(who, policy, access.ActorFrom(ctx).Address, ""); why != "" {
		return Started{}, unwelcome{refused{who: who, method: strings.Join(methods, "+"), why: why}}
	}
	return s.start(ctx, tx, who, beginning{methods: methods, replaces: replaces})
}

// start begins a session in the caller's transaction. Whoever locks, suspends or changes the password at the same moment wins.
func (s *Service) start(ctx context.Context, tx *store.Tx, who account, b beginning) (Started, error) {
	now := store.Now()
	if err := lockEpoch(ctx, tx, who); err != nil {
		return Started{}, err
	}
	policy, err := s.Policies.Of(ctx, who.orgID)
	if err != nil {
		return Started{}, err
	}
	state, err := s.Factors.State(ctx, tx, who.orgID, who.id)
	if err != nil {
		return Started{}, err
	}
	caller := access.ActorFrom(ctx)
	idle, life := policy.Limits(who.idleMinutes, who.sessionHours)
	out := Started{Token: id.Secret(), Session: Session{
		ID: id.New(), OrgID: who.orgID, TechnicianID: who.id, Methods: b.methods, Level: levelOf(b.methods), PodID: b.pod, Address: caller.Address, Device: caller.Device,
		CreatedAt: now, AuthenticatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(life), IdleFor: min(idle, life),
	}}
	if out.Session.Hold, err = s.holdFor(ctx, tx, who, policy, state, b.methods); err != nil {
		return Started{}, err
	}
	if len(who.proofs(state)) == 0 {
		out.Session.AuthenticatedAt = out.Session.ExpiresAt // there is nothing to ask for again: the link was all the proof there is
	}
	if b.replaces.SessionID != "" {
		why := whyReplaced
		if b.replaces.Hold == access.HoldFactor && b.replaces.ID == who.id {
			why = whyCompleted
		}
		if err := s.end(as(ctx, who, out.Session), tx, b.replaces.OrgID, []string{b.replaces.SessionID}, why, now); err != nil {
			return Started{}, err
		}
	}
	if out.Session.Hold == access.HoldFactor {
		return s.startHalf(ctx, tx, who, out, state)
	}
	return s.startWhole(ctx, tx, who, out, b, policy)
}

// startHalf begins what opens nothing but the ways to prove the second factor. It makes no device known and takes no other session's place.
func (s *Service) startHalf(ctx context.Context, tx *store.Tx, who account, out Started, state factor.State) (Started, error) {
	out.Ways = state.Methods()
	out.Session.IdleFor, out.Session.ExpiresAt = halfLife, out.Session.CreatedAt.Add(halfLife)
	if err := insertSession(ctx, tx, out.Session, id.Hash(out.Token)); err != nil {
		return Started{}, err
	}
	return out, s.Audit.Record(asNobody(ctx, who.orgID), tx, audit.Event{
		Action: "session.challenge", Targets: who.targets(), Detail: map[string]any{"method": strings.Join(out.Session.Methods, "+"), "ways": out.Ways},
	})
}

func (s *Service) startWhole(ctx context.Context, tx *store.Tx, who account, out Started, b beginning, policy signinpolicy.Policy) (Started, error) {
	now := out.Session.CreatedAt
	if err := s.rememberDevice(ctx, tx, who, b, &out); err != nil {
		return Started{}, err
	}
	ctx = as(ctx, who, out.Session)
	if err := insertSession(ctx, tx, out.Session, id.Hash(out.Token)); err != nil {
		return Started{}, err
	}
	over, err := sessionsOverLimit(ctx, tx, who.orgID, who.id, policy.Sessions.Concurrent, now)
	if err != nil {
		return Started{}, err
	}
	if err := s.end(ctx, tx, who.orgID, over, whyTooMany, now); err != nil {
		return Started{}, err
	}
	if err := technician.Touch(ctx, tx, who.orgID, who.id, now); err != nil {
		return Started{}, err
	}
	return out, s.Audit.Record(ctx, tx, audit.Event{
		Action: "session.create", Targets: who.targets(),
		Detail: map[string]any{"method": strings.Join(b.methods, "+"), "session_id": out.Session.ID, "new_device": out.Device != ""},
	})
}

// rememberDevice makes the browser of a session known. Somebody who signed in before from others is told of a new one.
func (s *Service) rememberDevice(ctx context.Context, tx *store.Tx, who account, b beginning, out *Started) error {
	secret := b.secret
	if b.device == "" {
		others, err := hasDevices(ctx, tx, who.orgID, who.id)
		if err != nil {
			return err
		}
		if others && s.NewDevice != nil {
			if err := s.NewDevice(ctx, tx, out.Session); err != nil {
				return err
			}
		}
		b.device, secret = id.New(), id.Secret() // never one that the browser brought along: somebody may have planted it
		out.Device = secret
	}
	return saveDevice(ctx, tx, who.orgID, who.id, b.device, id.Hash(secret), out.Session.CreatedAt)
}

// holdFor is what has to be done first in a session that begins by these methods.
func (s *Service) holdFor(
	ctx context.Context, tx *store.Tx, who account, policy signinpolicy.Policy, state factor.State, methods []string,
) (access.Hold, error) {
	now := store.Now()
	demanded := policy.Demands(who.role, who.owner, who.factorRequired)
	since := who.factorSince
	switch missing := demanded && !state.Enrolled(); {
	case missing && since.IsZero():
		since = now
	case !demanded:
		since = time.Time{} // should the demand come back, so does the time for it
	}
	if !since.Equal(who.factorSince) {
		if err := saveFactorSince(ctx, tx, who.orgID, who.id, since); err != nil {
			return "", err
		}
	}
	strong := levelOf(methods) >= access.LevelFactor
	switch {
	case state.Enrolled() && !strong:
		return access.HoldFactor, nil
	case slices.Contains(methods, MethodPassword) && (who.mustChange || policy.Expired(who.passwordAt, now)):
		return access.HoldPassword, nil
	case demanded && !state.Enrolled() && !strong && !now.Before(since.Add(policy.Grace())):
		return access.HoldEnrolment, nil
	}
	return access.HoldNone, nil
}

// Shorten brings open sessions within a new policy; it is the Changed hook of signinpolicy. What is longer than allowed ends when it would
// have ended, had it begun under the policy.
func (s *Service) Shorten(ctx context.Context, tx *store.Tx, org string, p signinpolicy.Policy) error {
	idle, life := p.Limits(0, 0)
	return shorten(ctx, tx, org, idle, life, store.Now())
}

// Demand says whether a second factor is asked of a technician, and until when one may go without.
func (s *Service) Demand(ctx context.Context, q store.Querier, org, technicianID string) (factor.Demand, error) {
	who, err := accountByID(ctx, q, org, technicianID)
	if err != nil {
		return factor.Demand{}, err
	}
	policy, err := s.Policies.Of(ctx, org)
	if err != nil || !policy.Demands(who.role, who.owner, who.factorRequired) {
		return factor.Demand{}, err
	}
	since := who.factorSince
	if since.IsZero() {
		since = store.Now() // from the next sign-in on
	}
	return factor.Demand{Required: true, DueAt: since.Add(policy.Grace())}, nil
}
