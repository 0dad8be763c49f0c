package access

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Kind says what sort of actor acts.
type Kind string

// The kinds of actor.
const (
	Technician Kind = "technician"
	Token      Kind = "token" // a technician's API token
	Contact    Kind = "contact"
	SystemKind Kind = "system"
)

// Actor is whoever acts. The zero Actor is an anonymous request.
type Actor struct {
	OrgID         string
	Kind          Kind
	ID            string // the technician's or contact's id, also behind a token
	Name          string
	Role          perm.Role
	Owner         bool
	SessionID     string
	TokenID       string
	PodID         string   // the pod that the session lives in or was begun for; "" for the console
	Ceiling       perm.Set // a token's permissions; nil means all of its owner's
	Address       string   // network address of the request
	Device        string   // browser and system of the request, in words
	RequestID     string
	Authenticated time.Time // when the person last proved who they are
	AAL           int       // how sure that was: LevelPassword, LevelFactor or LevelPasskey; 0 behind a token
	Hold          Hold      // what has to be done before anything else
	Passive       bool      // the request is made by an open page on its own and does not keep a session alive

	looking bool // only wants to know what they may do
}

// SignedIn says whether the actor is known. Half signed in is not signed in.
func (a Actor) SignedIn() bool { return a.OrgID != "" && a.ID != "" && a.Hold != HoldFactor }

// System is the actor of what the server does by itself for one organization.
func System(orgID string) Actor {
	return Actor{OrgID: orgID, Kind: SystemKind, ID: "system", Name: "Countersign"}
}

type actorKey struct{}

// WithActor returns ctx carrying a.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom is the zero Actor for an anonymous request.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
