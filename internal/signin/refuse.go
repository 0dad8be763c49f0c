package signin

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
)

// Why a sign-in was refused. Only the audit log tells.
const (
	whyUnknown   = "unknown_name"
	whyPassword  = "wrong_password"
	whyLocked    = "locked"
	whyEarly     = "too_early"
	whyInactive  = "not_active"
	whyNoConsole = "no_console" // the account is for notifications and the API alone (SIG-8)
	whyNetwork   = "network"    // not from there (SIG-15)
	whyTemporary = "temporary_expired"
)

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

// TemporaryLife is how long a temporary password lets in. Who comes later asks for a new one by mail, or an administrator.
const TemporaryLife = 7 * 24 * time.Hour

// refusal is why an attempt does not lead to a session, or "".
func refusal(who account, v verdict, match bool, now time.Time) string {
	switch {
	case who.id == "":
		return whyUnknown
	case v == lockedOut:
		return whyLocked
	case !match:
		return whyPassword
	case v == early:
		return whyEarly
	case who.mustChange && now.Sub(who.passwordAt) >= TemporaryLife:
		return whyTemporary
	}
	return ""
}

// unwelcome is why somebody who has proved who they are may not come in all the same, or "".
// pod is the pod that they come for, "" for the console.
func (s *Service) unwelcome(who account, p signinpolicy.Policy, address, pod string) string {
	switch {
	case !who.mayAct:
		return whyInactive
	case !who.console && pod == "":
		return whyNoConsole
	case !p.Admits(who.role, address, who.networks.V):
		return whyNetwork
	}
	return ""
}

// refused is a sign-in that led nowhere.
type refused struct {
	who                     account
	org, email, method, why string
	counted                 counted
}

// refuse records a refusal in the organization that it concerns, if there is one, and returns what the person is told.
func (s *Service) refuse(ctx context.Context, r refused) error {
	org := r.who.orgID
	if org == "" {
		org = r.org
	}
	e := audit.Event{Action: "session.create", Outcome: audit.Denied, Reason: r.why, Detail: map[string]any{"method": r.method}}
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
		if r.counted.locks > 0 && s.Locked != nil {
			if err := s.Locked(ctx, tx, Lock{r.who.orgID, r.who.id, r.counted.locks, access.ActorFrom(ctx).Address}); err != nil {
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
		Address: caller.Address, Device: caller.Device, RequestID: caller.RequestID, Authenticated: store.Now(), AAL: session.Level, Hold: session.Hold, PodID: session.PodID,
	})
}

// unwelcome is the error of a transaction in which somebody proved who they are and may not come in all the same. To the person it is the
// same refusal as any.
type unwelcome struct{ refused }

func (u unwelcome) Error() string { return "sign-in refused: " + u.why }

// Unwrap makes it the refusal that everybody gets.
func (u unwelcome) Unwrap() error { return errRefused }

// Refused writes down why a sign-in was refused whose transaction has failed with err, and returns what the person is told. Other errors it
// returns as they are.
func (s *Service) Refused(ctx context.Context, err error) error {
	u, ok := errors.AsType[unwelcome](err)
	if !ok {
		return err
	}
	return s.refuse(ctx, u.refused)
}
