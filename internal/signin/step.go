package signin

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/throttle"
)

// CompleteWithCode makes a whole session of the half one that asks, for a code of the authenticator app or a recovery code. It has another
// token. Whoever types too many wrong codes has to begin again from the start.
func (s *Service) CompleteWithCode(ctx context.Context, code, device string) (out Started, err error) {
	half, err := s.half(ctx)
	if err != nil {
		return Started{}, err
	}
	a := factor.Attempt{OrgID: half.OrgID, TechnicianID: half.TechnicianID, Code: code, PrimaryAt: half.AuthenticatedAt}
	err = s.Factors.VerifyCode(ctx, a, func(ctx context.Context, tx *store.Tx, method string) error {
		out, err = s.complete(ctx, tx, half, method, device)
		return err
	})
	if errors.Is(err, factor.ErrExhausted) {
		if ended := s.DB.Write(ctx, func(tx *store.Tx) error {
			return s.end(asNobody(ctx, half.OrgID), tx, half.OrgID, []string{half.ID}, whyExhausted, store.Now())
		}); ended != nil {
			return Started{}, ended
		}
	}
	if err != nil {
		return Started{}, s.Refused(ctx, err)
	}
	return out, nil
}

// half is the half session of the request.
func (s *Service) half(ctx context.Context) (Session, error) {
	actor := access.ActorFrom(ctx)
	if actor.Hold != access.HoldFactor {
		return Session{}, errNoHalf
	}
	half, err := sessionByID(ctx, s.DB.Read(), actor.OrgID, actor.SessionID)
	if err == nil && (!half.EndedAt.IsZero() || !store.Now().Before(half.ExpiresAt)) {
		err = errNoHalf
	}
	return half, err
}

// complete begins the whole session that a half one was for, once.
func (s *Service) complete(ctx context.Context, tx *store.Tx, half Session, method, device string) (Started, error) {
	who, err := accountByID(ctx, tx, half.OrgID, half.TechnicianID)
	if err != nil {
		return Started{}, err
	}
	if err := lockEpoch(ctx, tx, who); err != nil { // from here on nobody else starts or ends sessions of this technician
		return Started{}, err
	}
	if _, err := sessionOwner(ctx, tx, half.OrgID, half.ID); err != nil {
		return Started{}, errNoHalf
	}
	b := beginning{methods: append(slices.Clone(half.Methods), method), secret: device, pod: half.PodID, replaces: access.ActorFrom(ctx)}
	return s.proved(ctx, tx, who, b)
}

// proved begins a session for somebody who has passed all that was asked, if they may come in at all.
func (s *Service) proved(ctx context.Context, tx *store.Tx, who account, b beginning) (Started, error) {
	policy, err := s.Policies.Of(ctx, who.orgID)
	if err != nil {
		return Started{}, err
	}
	if why := s.unwelcome(who, policy, access.ActorFrom(ctx).Address, b.pod); why != "" {
		return Started{}, unwelcome{refused{who: who, method: b.methods[len(b.methods)-1], why: why}}
	}
	if b.device, err = knownDevice(ctx, tx, who.orgID, who.id, id.Hash(b.secret)); err != nil {
		return Started{}, err
	}
	return s.start(ctx, tx, who, b)
}

// PasskeyOptions asks a browser for a passkey: of whoever it may be to sign in, of the person of a half session to complete it, and of the
// person of a session to prove themselves again.
func (s *Service) PasskeyOptions(ctx context.Context, r *http.Request) (factor.Ceremony, error) {
	site, err := s.Factors.Site(r)
	if err != nil {
		return factor.Ceremony{}, err
	}
	actor := access.ActorFrom(ctx)
	switch {
	case actor.Hold == access.HoldFactor:
		return s.Factors.BeginPasskey(ctx, site, actor.OrgID, actor.ID, factor.PurposeSecondFactor)
	case actor.SessionID != "":
		return s.Factors.BeginPasskey(ctx, site, actor.OrgID, actor.ID, factor.PurposeReauthenticate)
	}
	return s.Factors.BeginPasskey(ctx, site, "", "", factor.PurposeSignIn)
}

// SignInWithPasskey takes the answer to PasskeyOptions. A passkey signs in whatever the counters of wrong passwords say: nobody can guess it,
// and so nobody can lock its owner out. Proving oneself again leaves the session as it is, and Started without a token. pod is as in Attempt.
func (s *Service) SignInWithPasskey(ctx context.Context, challengeID string, credential json.RawMessage, device, pod string) (out Started, err error) {
	caller, now := access.ActorFrom(ctx), store.Now()
	from := throttle.Network(caller.Address)
	if wait := s.limits.Check(from, now); wait > 0 {
		return Started{}, errTooMany.After(wait)
	}
	err = s.Factors.FinishPasskey(ctx, challengeID, credential, func(ctx context.Context, tx *store.Tx, p factor.Passed) error {
		switch p.Purpose {
		case factor.PurposeSecondFactor:
			half, err := s.half(ctx)
			if err != nil {
				return err
			}
			out, err = s.complete(ctx, tx, half, p.Method(), device)
			return err
		case factor.PurposeReauthenticate:
			out.Session, err = s.provedAgain(ctx, tx, []string{p.Method()})
			return err
		}
		who, err := accountByID(ctx, tx, p.OrgID, p.TechnicianID)
		if err != nil {
			return err
		}
		if pod, err = s.podFor(ctx, tx, who, pod); err != nil {
			return err
		}
		out, err = s.proved(ctx, tx, who, beginning{methods: []string{p.Method()}, secret: device, pod: pod, replaces: caller})
		return err
	})
	if err != nil {
		s.limits.Failed(from, now)
		return Started{}, s.Refused(ctx, err)
	}
	return out, nil
}

// Reauthenticate proves again who is at the session: by the password and, where a second factor is set up, a code. Passkeys have their own
// way. Wrong tries count like those at changing the password.
func (s *Service) Reauthenticate(ctx context.Context, typed, code string) (out Session, err error) {
	actor := access.ActorFrom(ctx)
	who, err := accountByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Session{}, err
	}
	state, err := s.Factors.State(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Session{}, err
	}
	switch {
	case who.hash == "":
		return Session{}, errNoPassword
	case codeBeside(state) && code == "":
		return Session{}, errCodeMissing.At("/code")
	}
	counted, err := s.checkOwn(ctx, who, typed, "session.reauthenticate", "/password")
	if err != nil {
		return Session{}, err
	}
	done := func(ctx context.Context, tx *store.Tx, methods ...string) error {
		if err := counted.clear(ctx, tx); err != nil {
			return err
		}
		out, err = s.provedAgain(ctx, tx, append([]string{MethodPassword}, methods...))
		return err
	}
	if !codeBeside(state) {
		err = s.DB.Write(ctx, func(tx *store.Tx) error { return done(ctx, tx) })
		return out, err
	}
	err = s.Factors.VerifyCode(ctx, factor.Attempt{OrgID: who.orgID, TechnicianID: who.id, Code: code, PrimaryAt: store.Now()},
		func(ctx context.Context, tx *store.Tx, method string) error { return done(ctx, tx, method) })
	return out, err
}

// codeBeside says whether a password alone is too little to prove oneself again. Who has nothing but security keys, which only stand beside
// a password, gives the password: the session began with the key.
func codeBeside(state factor.State) bool { return state.TOTP || state.Passkeys > 0 }

// provedAgain notes that the person of the session has just proved who they are.
func (s *Service) provedAgain(ctx context.Context, tx *store.Tx, methods []string) (Session, error) {
	actor := access.ActorFrom(ctx)
	if err := saveProof(ctx, tx, actor.OrgID, actor.SessionID, max(levelOf(methods), actor.AAL), store.Now()); err != nil {
		return Session{}, err
	}
	if err := s.Audit.Record(ctx, tx, audit.Event{
		Action: "session.reauthenticate", Targets: []audit.Target{{Type: "session", ID: actor.SessionID}}, Detail: map[string]any{"methods": methods},
	}); err != nil {
		return Session{}, err
	}
	return sessionByID(ctx, tx, actor.OrgID, actor.SessionID)
}
