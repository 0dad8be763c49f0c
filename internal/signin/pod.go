package signin

import (
	"context"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Limits of sessions in pods.
const (
	podLife     = 8 * time.Hour
	maxHandover = 8 // sessions in pods that one session has handed over and that are alive
)

// podHeader is what the page of a pod sends with each request, and podParameter what it sends where a browser lets it send no header: with
// the stream of events. Such a request is made with the session of the pod, whatever else the browser holds.
const (
	podHeader    = "Countersign-Pod"
	podParameter = "pod"
	streamPath   = "/api/events"
)

var errHandover = fault.New(fault.Unauthenticated, "signin.handover", "This sign-in cannot be used in the pod. Sign in again.")

// InPod says whether a request comes from the page of a pod.
func InPod(r *http.Request) bool {
	return r.Header.Get(podHeader) != "" || r.URL.Path == streamPath && r.URL.Query().Get(podParameter) != ""
}

// purpose is what a session is for that waits for nothing: a hold that never ends, or none. Beside the routes, which the hold narrows, it
// holds no more permissions than what a pod shows asks for; nor does it hear of more.
func (f found) purpose() (access.Hold, perm.Set) {
	switch {
	case f.parent != "":
		return access.HoldPod, perm.Set{
			perm.CustomerView: true, perm.ContactView: true, perm.TicketView: true, perm.VerificationRun: true,
		}
	case f.actor.PodID != "":
		return access.HoldHandover, perm.Set{}
	}
	return access.HoldNone, nil
}

// podFor is the pod that a sign-in counts for: one of the organization's, and only of somebody who could not come in without. Everybody else
// begins a session of the console, which hands itself to pods as well. It is asked for whatever account is tried, so that each takes as long.
func (s *Service) podFor(ctx context.Context, q store.Querier, who account, podID string) (string, error) {
	if podID == "" || s.Pod == nil {
		return "", nil
	}
	known, err := s.Pod(ctx, q, who.orgID, podID)
	if err != nil || !known || who.console {
		return "", err
	}
	return podID, nil
}

// BeginPod starts the session of a framed pod out of a live one of the same person, which it ends with and is no surer than, in the
// transaction that used the code up. It lives for eight hours at most and is held to the routes of the pod (access.HoldPod).
func (s *Service) BeginPod(ctx context.Context, tx *store.Tx, org, parentID, podID string) (Started, error) {
	now := store.Now()
	parent, err := sessionByID(ctx, tx, org, parentID)
	if err != nil {
		return Started{}, errHandover.Because(err)
	}
	switch {
	case !parent.EndedAt.IsZero(), !now.Before(parent.IdleExpiresAt()), parent.Hold != access.HoldNone, parent.ParentID != "":
		return Started{}, errHandover
	case parent.PodID != "" && parent.PodID != podID:
		return Started{}, errHandover
	}
	who, err := accountByID(ctx, tx, org, parent.TechnicianID)
	if err != nil {
		return Started{}, err
	}
	if err := lockEpoch(ctx, tx, who); err != nil {
		return Started{}, err
	}
	policy, err := s.Policies.Of(ctx, org)
	if err != nil {
		return Started{}, err
	}
	caller := access.ActorFrom(ctx)
	if why := s.unwelcome(who, policy, caller.Address, parent.PodID); why != "" {
		return Started{}, unwelcome{refused{who: who, method: "pod", why: why}}
	}
	out := Started{Token: id.Secret(), Session: Session{
		ID: id.New(), OrgID: org, TechnicianID: who.id, Level: parent.Level, Methods: parent.Methods, Address: caller.Address, Device: caller.Device,
		PodID: podID, ParentID: parent.ID, CreatedAt: now, AuthenticatedAt: parent.AuthenticatedAt, LastSeenAt: now,
		ExpiresAt: earlier(now.Add(podLife), parent.ExpiresAt), IdleFor: parent.IdleFor,
	}}
	ctx = as(ctx, who, out.Session)
	handed, err := handedOver(ctx, tx, org, parent.ID)
	if err != nil {
		return Started{}, err
	}
	if len(handed) >= maxHandover {
		if err := s.end(ctx, tx, org, handed[maxHandover-1:], whyTooMany, now); err != nil {
			return Started{}, err
		}
	}
	if err := insertSession(ctx, tx, out.Session, id.Hash(out.Token)); err != nil {
		return Started{}, err
	}
	return out, s.Audit.Record(ctx, tx, audit.Event{
		Action: "session.create", Targets: who.targets(),
		Detail: map[string]any{"method": "pod", "session_id": out.Session.ID, "pod_id": podID, "handed_over_by": parent.ID},
	})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// EndPod ends every session that was begun for a pod, in the transaction that takes the pod away.
func (s *Service) EndPod(ctx context.Context, tx *store.Tx, podID string) error {
	org := access.ActorFrom(ctx).OrgID
	ids, err := sessionsOfPod(ctx, tx, org, podID)
	if err != nil {
		return err
	}
	return s.end(ctx, tx, org, ids, whyEnded, store.Now())
}

// PodCookie is the cookie of a session that BeginPod has started.
func (s *Service) PodCookie(r *http.Request, started Started) http.Cookie {
	return s.podCookie(r, started.Token, started.Session.ExpiresAt.Sub(started.Session.CreatedAt))
}

// podCookie makes the cookie of a pod: it comes along in a frame on another site, there alone (Partitioned, CHIPS), and scripts cannot read
// it. It is Secure also over plain http, which browsers accept from the machine itself and nowhere else, as pods without TLS are for trying
// out. An empty value deletes it.
func (s *Service) podCookie(r *http.Request, value string, life time.Duration) http.Cookie {
	c := http.Cookie{ //nolint:gosec // it is of a frame on another site, and Secure, HttpOnly and Partitioned
		Name: s.cookieName(r, podCookie), Value: value, Path: "/", MaxAge: int(life.Seconds()),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}
