// Package duo verifies a caller by a push to their Duo Mobile: with the Admin API they also read out digits that only their app shows.
package duo

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

const (
	maxPushes  = 3                // for one contact (R17)
	pushWindow = 10 * time.Minute // in this time
)

// Deps is what a Service works with.
type Deps struct {
	DB            *store.DB
	Guard         *access.Guard
	Keys          *seal.Keyring
	Audit         *audit.Log
	Events        *events.Bus
	Verifications *verify.Service
	Log           *slog.Logger
	Client        http.RoundTripper // nil means a transport of its own
}

// Service is the connection to Duo of every organization, and the method.
type Service struct {
	Deps
	http  *http.Client
	queue *jobs.Queue

	mu     sync.Mutex
	opened map[string]time.Time // when a look-up of a contact was last queued
}

// New returns a Service; Handle has to be called before anything starts.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Client == nil {
		d.Client = transport()
	}
	return &Service{Deps: d, opened: map[string]time.Time{}, http: &http.Client{
		Transport:     d.Client,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the signature follows nobody
	}}
}

var (
	withDigits    = verify.Description{Name: verify.DuoPush, Level: 3, Form: verify.FormCode, Needs: []string{"duo"}}
	withoutDigits = verify.Description{Name: verify.DuoPush, Level: 2, Form: verify.FormPush, Needs: []string{"duo"}}
)

// Describe returns what the method is at its best (D-22).
func (s *Service) Describe() verify.Description { return withDigits }

// DescribeFor returns what the method is with the applications that the organization has: without the Admin API there are no digits (R17).
func (s *Service) DescribeFor(ctx context.Context, q store.Querier, c contact.Contact) (verify.Description, error) {
	set, ok, err := find(ctx, q, c.OrgID)
	if err != nil || !ok || set.AdminSet {
		return withDigits, err
	}
	return withoutDigits, nil
}

// Plan has no secret: Duo makes the digits.
func (s *Service) Plan(verify.Question) (verify.Plan, error) { return verify.Plan{}, nil }

// Ready says why c cannot be asked now.
func (s *Service) Ready(ctx context.Context, q store.Querier, c contact.Contact) error {
	if _, ok, err := find(ctx, q, c.OrgID); err != nil {
		return err
	} else if !ok {
		return errNotSet
	}
	if err := s.limit(ctx, q, c); err != nil {
		return err
	}
	u, ok, err := userOf(ctx, q, c.OrgID, c.ID)
	if err != nil {
		return err
	}
	if !ok || u.stale(c) {
		return errLooking
	}
	return unfit[u.state]
}

// limit refuses the fourth push in ten minutes (R17).
func (s *Service) limit(ctx context.Context, q store.Querier, c contact.Contact) error {
	n, err := countPushes(ctx, q, c.OrgID, c.ID, store.Now().Add(-pushWindow))
	if err == nil && n >= maxPushes {
		err = errTooMany
	}
	return err
}

// Addresses are the device of c at Duo, by a name that does not tell its number.
func (s *Service) Addresses(ctx context.Context, q store.Querier, c contact.Contact) ([]string, error) {
	u, ok, err := userOf(ctx, q, c.OrgID, c.ID)
	if err != nil || !ok || u.state != found || u.stale(c) {
		return nil, err
	}
	return []string{u.device}, nil
}

// Started keeps the push that is to be sent, and queues it.
func (s *Service) Started(ctx context.Context, tx *store.Tx, q verify.Question, _ verify.Plan) error {
	v := q.Verification
	if err := s.limit(ctx, tx, q.Contact); err != nil {
		return err
	}
	u, ok, err := userOf(ctx, tx, v.OrgID, v.ContactID)
	if err != nil {
		return err
	}
	if !ok || u.state != found || u.device != v.Address {
		return errLooking
	}
	p := push{
		orgID: v.OrgID, id: v.ID, contactID: v.ContactID, kind: byAuth, userID: u.id, username: u.name, phoneID: u.phoneID, state: queued,
		createdAt: v.CreatedAt, nextAt: v.CreatedAt,
	}
	if v.Form == verify.FormCode {
		p.kind = byAdmin
	}
	if err := insertPush(ctx, tx, p); err != nil {
		return err
	}
	return sendJob.Enqueue(ctx, s.queue, tx, time.Time{}, ref{v.OrgID, v.ID})
}

// Matched keeps that the digits were right. They prove nothing until the contact has approved too (M39).
func (s *Service) Matched(ctx context.Context, tx *store.Tx, v verify.Verification) (complete bool, err error) {
	return match(ctx, tx, v.OrgID, v.ID)
}

// ref is the payload of the jobs: ids only.
type ref struct {
	OrgID string `json:"org_id"`
	ID    string `json:"id"` // of a verification, or of a contact
}

const (
	sendJob   = jobs.Kind[ref]("duo.push")
	lookupJob = jobs.Kind[ref]("duo.lookup")
)

// Handle takes the jobs of q on.
func (s *Service) Handle(q *jobs.Queue) {
	s.queue = q
	sendJob.Handle(q, s.send)
	lookupJob.Handle(q, s.lookupContact)
	q.Every("old duo pushes", time.Hour, s.forget)
}

// forget removes pushes that no limit counts any more, and what was not looked up for long.
func (s *Service) forget(ctx context.Context) error {
	now := store.Now()
	return s.DB.Write(ctx, func(tx *store.Tx) error { return dropOld(ctx, tx, now.Add(-24*time.Hour), now.Add(-30*24*time.Hour)) })
}

// isFault says that an error is one to tell people.
func isFault(err error) bool { return err != nil && fault.KindOf(err) != fault.Internal }
