// Package factor keeps what technicians prove themselves with besides a password: passkeys, security keys, authenticator apps and recovery codes.
package factor

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Service knows the factors of every technician.
type Service struct {
	Deps
	asked  *networkLimits
	secure func(*http.Request) bool // whether the browser reached us over TLS
}

// Deps are what factors stand on.
type Deps struct {
	DB          *store.DB
	Audit       *audit.Log
	Events      *events.Bus
	Keyring     *seal.Keyring
	Technicians *technician.Service
	ExternalURL *url.URL // how browsers reach the server; nil means as this machine, on loopback
	Hooks
}

// Hooks are what the slices above add; every one may be nil.
type Hooks struct {
	// Demand says whether the organization's rules ask a second factor of a technician, and from when on.
	Demand func(ctx context.Context, q store.Querier, org, technicianID string) (Demand, error)
	// EndSessions ends every session of a technician.
	EndSessions func(ctx context.Context, tx *store.Tx, technicianID, why string) error
	// EndOthers ends every session of the actor but the one that asks: the factors that they began with have changed.
	EndOthers func(ctx context.Context, tx *store.Tx, why string) error
	// Tell tells a technician what happened to the own account: security.factors_changed or security.factors_reset.
	Tell func(ctx context.Context, tx *store.Tx, technicianID, kind string, data map[string]string) error
}

// Demand is what the rules ask of a technician.
type Demand struct {
	Required bool
	DueAt    time.Time // before it one may still go without; zero if at once
}

// New returns a Service. Routes tells it how requests come in.
func New(d Deps) *Service {
	return &Service{Deps: d, asked: newNetworkLimits(), secure: func(r *http.Request) bool { return r.TLS != nil }}
}

// State is which factors a technician has.
type State struct {
	TOTP              bool
	EnrolledAt        time.Time // of TOTP
	Passkeys          int
	SecurityKeys      int
	RecoveryCodesLeft int
}

// Enrolled says whether there is a second factor. Recovery codes alone are none: they stand in for one that was lost.
func (s State) Enrolled() bool { return s.factors() > 0 }

func (s State) factors() int {
	n := s.Passkeys + s.SecurityKeys
	if s.TOTP {
		n++
	}
	return n
}

// Methods lists the ways in which the second step of a sign-in can be taken, the best first.
func (s State) Methods() []string {
	methods := []string{}
	if s.Passkeys+s.SecurityKeys > 0 {
		methods = append(methods, "passkey")
	}
	if s.TOTP {
		methods = append(methods, MethodTOTP)
	}
	if s.RecoveryCodesLeft > 0 {
		methods = append(methods, MethodRecoveryCode)
	}
	return methods
}

// State finds which factors a technician has.
func (s *Service) State(ctx context.Context, q store.Querier, org, technicianID string) (State, error) {
	return stateOf(ctx, q, org, technicianID)
}

// Affected counts whom a demand for second factors concerns; it is the Affected hook of signinpolicy.
func (s *Service) Affected(ctx context.Context, q store.Querier, org string) (signinpolicy.Affected, error) {
	return affected(ctx, q, org)
}

// Clear takes every factor from a technician, in the transaction of the change that calls for it. It ends no sessions.
func (s *Service) Clear(ctx context.Context, tx *store.Tx, org, technicianID, why string) error {
	who := target{org, technicianID}
	return s.clear(ctx, tx, who, audit.Event{Action: "factors.clear", Reason: why, Targets: []audit.Target{who.target()}})
}

func (s *Service) clear(ctx context.Context, tx *store.Tx, who target, e audit.Event) error {
	before, err := stateOf(ctx, tx, who.orgID, who.technicianID)
	if err != nil {
		return err
	}
	if err := clearFactors(ctx, tx, who); err != nil {
		return err
	}
	e.Before = before.record()
	return s.Audit.Record(ctx, tx, e)
}

// Inactive leaves nothing of somebody who is deleted; whoever may not act for another reason keeps the factors. It is part of the Inactive
// hook of technician.
func (s *Service) Inactive(ctx context.Context, tx *store.Tx, technicianID, why string) error {
	if why != "deleted" {
		return nil
	}
	return clearFactors(ctx, tx, target{access.ActorFrom(ctx).OrgID, technicianID})
}

func (s State) record() map[string]any {
	return map[string]any{
		"authenticator_app": s.TOTP, "passkeys": s.Passkeys, "security_devices": s.SecurityKeys, "recovery_left": s.RecoveryCodesLeft,
	}
}

// change is what technicians do to their own factors.
type change struct {
	action string // in the audit log
	told   string // to the technician, in case it was somebody else; "" for nothing of weight
	name   string // of the key that it concerns
	detail map[string]any
}

func (s *Service) record(ctx context.Context, tx *store.Tx, who target, c change) error {
	if err := s.Audit.Record(ctx, tx, audit.Event{Action: c.action, Targets: []audit.Target{who.target()}, Detail: c.detail}); err != nil {
		return err
	}
	if err := s.Events.Publish(ctx, tx, changedEvent(who)); err != nil {
		return err
	}
	if s.EndOthers != nil && c.told != "" && access.ActorFrom(ctx).SessionID != "" {
		if err := s.EndOthers(ctx, tx, "factors_changed"); err != nil {
			return err
		}
	}
	if s.Tell == nil || c.told == "" {
		return nil
	}
	return s.Tell(ctx, tx, who.technicianID, toldChanged, map[string]string{"change": c.told, "name": c.name})
}

// changedEvent wakes the pages of administrators that show the technician.
func changedEvent(who target) events.Event {
	return events.Event{Kind: "technician.changed", ID: who.technicianID, Needs: perm.AdminTechnicians}
}

// What technicians are told.
const (
	toldChanged = "security.factors_changed"
	toldReset   = "security.factors_reset"
)

// target is whose factor something concerns.
type target struct{ orgID, technicianID string }

func (t target) target() audit.Target { return audit.Target{Type: "technician", ID: t.technicianID} }

// own is the actor as the one whose factors change.
func own(ctx context.Context) target {
	actor := access.ActorFrom(ctx)
	return target{actor.OrgID, actor.ID}
}

// nobody is ctx for what an unknown person does in an organization.
func nobody(ctx context.Context, org string) context.Context {
	caller := access.ActorFrom(ctx)
	return access.WithActor(ctx, access.Actor{OrgID: org, Address: caller.Address, Device: caller.Device, RequestID: caller.RequestID})
}
