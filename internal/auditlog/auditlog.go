// Package auditlog lets auditors read, export and check the audit log of their organization.
package auditlog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const (
	// readEvery is how often reading is an event: the console loads the list again and again while somebody looks at it.
	readEvery = 10 * time.Minute
	// maxReaders bounds how many readers are remembered.
	maxReaders = 10_000
	// maxExports bounds how many exports run at once.
	maxExports = 4
)

var (
	errCursor = fault.New(fault.Invalid, "request.cursor_invalid", "This cursor is not from this list. Start again without it.")
	errBroken = fault.New(fault.Conflict, "auditlog.broken", "The audit log does not continue what was signed before, so it cannot be exported as a whole one. Have the installation checked.")
	errBusy   = fault.New(fault.Limited, "auditlog.busy", "Several exports are running. Try again in a minute.").After(time.Minute)
)

// Service reads the log on behalf of people.
type Service struct {
	log     *audit.Log
	guard   *access.Guard
	exports chan struct{}

	mu   sync.Mutex
	read map[string]time.Time // who read when, by organization and actor
}

// New returns a Service.
func New(log *audit.Log, guard *access.Guard) *Service {
	return &Service{log: log, guard: guard, exports: make(chan struct{}, maxExports), read: map[string]time.Time{}}
}

// List returns a page of the log, newest first, and the cursor of the next. That somebody reads is an event itself, once in a while.
func (s *Service) List(ctx context.Context, f audit.Filter, page store.Page) ([]audit.Entry, string, error) {
	actor, err := s.auditor(ctx)
	if err != nil {
		return nil, "", err
	}
	before := int64(0)
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		if before, err = strconv.ParseInt(parts[0], 10, 64); err != nil || before < 1 {
			return nil, "", errCursor
		}
	}
	if err := s.noteReading(ctx, actor); err != nil {
		return nil, "", err
	}
	entries, err := s.log.Find(ctx, actor.OrgID, f, before, page.Limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("list the audit log: %w", err)
	}
	if len(entries) <= page.Limit {
		return entries, "", nil
	}
	entries = entries[:page.Limit]
	return entries, store.Cursor(strconv.FormatInt(entries[page.Limit-1].Seq, 10)), nil
}

// Export writes the whole log to w. Nothing is written before it is known that the actor may have it and that the log can be signed.
func (s *Service) Export(ctx context.Context, w io.Writer) error {
	if _, err := s.auditor(ctx); err != nil {
		return err
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		return errBusy
	}
	err := s.log.Export(ctx, w)
	if bad, ok := errors.AsType[*audit.BadError](err); ok {
		return errBroken.Because(bad)
	}
	return err
}

// Status tells how far the log goes and whether anything was found wrong with it.
func (s *Service) Status(ctx context.Context) (audit.Status, error) {
	actor, err := s.auditor(ctx)
	if err != nil {
		return audit.Status{}, err
	}
	return s.log.Status(ctx, actor.OrgID)
}

func (s *Service) auditor(ctx context.Context) (access.Actor, error) {
	actor := access.ActorFrom(ctx)
	return actor, s.guard.Check(ctx, perm.AdminAudit, access.Object{Type: "organization", ID: actor.OrgID})
}

// noteReading records that the actor reads the log, unless that was recorded a moment ago.
func (s *Service) noteReading(ctx context.Context, actor access.Actor) error {
	key, now := actor.OrgID+" "+actor.ID, store.Now()
	s.mu.Lock()
	last, known := s.read[key]
	fresh := known && now.Sub(last) < readEvery
	if !fresh {
		if len(s.read) >= maxReaders {
			clear(s.read)
		}
		s.read[key] = now
	}
	s.mu.Unlock()
	if fresh {
		return nil
	}
	if err := s.log.Append(ctx, audit.Event{Action: "audit.read"}); err != nil {
		s.mu.Lock()
		delete(s.read, key)
		s.mu.Unlock()
		return fmt.Errorf("record the reading of the audit log: %w", err)
	}
	return nil
}
