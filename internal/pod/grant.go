package pod

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
)

// GrantLife is how long a code may be on its way from the window to the frame.
const GrantLife = time.Minute

var (
	errChallenge = fault.Field("/challenge", "pod.challenge", "This is the SHA-256 of the frame's verifier in base64url, 43 characters.")
	// errGrant answers every code that is not good, whatever the reason.
	errGrant = fault.New(fault.Unauthenticated, "pod.grant_invalid", "This sign-in could not be handed over. Sign in again.")
)

// grant is a code on its way.
type grant struct {
	orgID, id, podID, sessionID, technicianID string
	challenge                                 string
	createdAt, expiresAt                      time.Time
}

// Grant makes the code by which the window of a session hands it to the frame of a pod. The frame has kept a verifier to itself and shown its
// SHA-256 alone, the challenge (as RFC 7636 does), so that whoever else gets hold of the code can do nothing with it.
func (s *Service) Grant(ctx context.Context, podID, challenge string) (code string, err error) {
	actor := access.ActorFrom(ctx)
	if raw, err := base64.RawURLEncoding.DecodeString(challenge); err != nil || len(raw) != sha256.Size {
		return "", errChallenge
	}
	p, err := byID(ctx, s.DB.Read(), actor.OrgID, podID)
	if err != nil {
		return "", err
	}
	if actor.PodID != "" && actor.PodID != p.ID {
		return "", errNotFound
	}
	now := store.Now()
	code = id.Secret()
	g := grant{actor.OrgID, id.New(), p.ID, actor.SessionID, actor.ID, challenge, now, now.Add(GrantLife)}
	return code, s.DB.Write(ctx, func(tx *store.Tx) error { return insertGrant(ctx, tx, g, id.Hash(code)) })
}

// Exchange starts the session of a frame for a code, once: whatever is wrong with the first use, there is no second.
func (s *Service) Exchange(ctx context.Context, podID, code, verifier string) (out signin.Started, err error) {
	var g grant
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		g, err = spendGrant(ctx, tx, id.Hash(code))
		return err
	})
	if err != nil {
		return out, err
	}
	if why := g.refuses(podID, verifier, store.Now()); why != "" {
		caller := access.ActorFrom(ctx)
		ctx = access.WithActor(ctx, access.Actor{OrgID: g.orgID, Address: caller.Address, Device: caller.Device, RequestID: caller.RequestID})
		if err := s.Audit.Append(ctx, audit.Event{
			Action: "session.create", Outcome: audit.Denied, Reason: why, Targets: []audit.Target{{Type: "technician", ID: g.technicianID}},
			Detail: map[string]any{"method": "pod", "pod_id": g.podID},
		}); err != nil {
			return out, err
		}
		return out, errGrant
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = s.Signin.BeginPod(ctx, tx, g.orgID, g.sessionID, g.podID)
		return err
	})
	return out, s.Signin.Refused(ctx, err)
}

// refuses says why a code is not good for whoever brings it, or "".
func (g grant) refuses(podID, verifier string, now time.Time) string {
	sum := sha256.Sum256([]byte(verifier))
	right := subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(g.challenge)) == 1
	switch {
	case g.podID != podID:
		return "other_pod"
	case !right:
		return "other_frame"
	case !now.Before(g.expiresAt):
		return "code_expired"
	}
	return ""
}

// Sweep deletes codes that nobody has used.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return sweepGrants(ctx, tx, store.Now()) })
}
