package access

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Hold is what a person has to do before anything else is open to the session, or the one thing that it is for. A route says with While
// under which holds it answers.
type Hold string

// The holds.
const (
	HoldNone      Hold = ""
	HoldFactor    Hold = "factor"    // half signed in: the second factor is missing. Such an actor is not signed in anywhere
	HoldPassword  Hold = "password"  // a temporary or expired password has to be replaced
	HoldEnrolment Hold = "enrolment" // a second factor has to be enrolled; the time for it is over
	HoldPod       Hold = "pod"       // the session lives in a framed pod: it opens what the pod shows and nothing else, and this never ends
	HoldHandover  Hold = "handover"  // somebody without access to the console has signed in for a pod: all they may do is hand the session to it
)

// Levels of assurance: how sure the sign-in was.
const (
	LevelPassword = 1
	LevelFactor   = 2 // with a one-time code, a recovery code or a security key
	LevelPasskey  = 3 // with a passkey that checked who holds it
)

// FreshFor is how long after proving who they are people may do what cannot be undone or widens rights.
const FreshFor = 5 * time.Minute

var (
	errFresh  = fault.New(fault.Denied, "signin.fresh_required", "Confirm that it is you first: this needs a proof from the last five minutes.")
	errNarrow = fault.New(fault.Denied, "signin.token_narrow", "This token was made for less than its owner may do. Sign in, or use a token without limits.")
)

// Fresh returns nil if the person of the session proved who they are within the last five minutes. Tokens and the server itself pass: what
// must not be done with a token says so otherwise.
func (g *Guard) Fresh(ctx context.Context) error {
	a := ActorFrom(ctx)
	if a.SessionID != "" && store.Now().Sub(a.Authenticated) > FreshFor {
		return errFresh
	}
	return nil
}

// Manages returns nil for what belongs to the actor, and to administrators for what belongs to anybody.
func (g *Guard) Manages(ctx context.Context, technicianID string) error {
	if technicianID == ActorFrom(ctx).ID {
		return nil
	}
	return g.Holds(ctx, perm.AdminTechnicians)
}

// WholeAccount refuses a token with a ceiling where its owner's account itself would change: whoever finds a token for reading tickets must
// not end the owner's sessions or edit the owner's phone.
func (g *Guard) WholeAccount(ctx context.Context) error {
	if ActorFrom(ctx).Ceiling != nil && g.Holds(ctx, perm.AdminTechnicians) != nil {
		return errNarrow
	}
	return nil
}

// Unlimited refuses a token with a ceiling, also one that holds the permission asked for, where that permission leads on to everything else:
// whoever reads the organization's mail can have a link to a new password of anybody sent.
func (g *Guard) Unlimited(ctx context.Context) error {
	if ActorFrom(ctx).Ceiling != nil {
		return errNarrow
	}
	return nil
}
