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
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

const (
	// readEvery is how often reading is an event: the console loads the list again and again while somebody looks at it.
	readEvery = time.Minute
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
	db      *store.DB
	log     *audit.Log
	guard   *access.Guard
	events  *events.Bus
	exports chan struct{}
	trouble func(ctx context.Context, err error)
	claim   func(ctx context.Context, approvalID string, parameters map[string]any) error

	mu       sync.Mutex
	read     map[string]time.Time // who read when, by organization and actor
	followed map[string]followed  // logs that somebody looks at, by organization
}

// New returns a Service. Run has to run for those who follow a log to hear of what is appended; trouble is told of its errors.
func New(db *store.DB, log *audit.Log, guard *access.Guard, bus *events.Bus, trouble func(ctx context.Context, err error)) *Service {
	return &Service{
		db: db, log: log, guard: guard, events: bus, trouble: trouble, exports: make(chan struct{}, maxExports), read: map[string]time.Time{},
		followed: map[string]followed{},
	}
}

// Page is a part of the log, newest first.
type Page struct {
	Entries  []audit.Entry
	Next     string    // cursor of the next page; "" at the end of the log
	Searched time.Time // with an address or a text: the time down to which it was looked for; zero otherwise
}

// List returns a page of the log, newest first. That somebody reads is an event itself, once in a while. With an address or a text a page
// may be short, or empty, and yet not the last: they are looked for a stretch of the log at a time.
func (s *Service) List(ctx context.Context, f audit.Filter, page store.Page) (Page, error) {
	actor, err := s.auditor(ctx)
	if err != nil {
		return Page{}, err
	}
	before, err := ParseCursor(page.Cursor)
	if err != nil {
		return Page{}, err
	}
	if err := s.noteReading(ctx, actor); err != nil {
		return Page{}, err
	}
	s.follow(actor.OrgID)
	entries, next, searched, err := s.log.Search(ctx, actor.OrgID, f, before, page.Limit)
	if err != nil {
		return Page{}, fmt.Errorf("list the audit log: %w", err)
	}
	return Page{entries, Cursor(next), searched}, nil
}

// Cursor packs the place in a log to go on below; 0 is its end.
func Cursor(seq int64) string {
	if seq == 0 {
		return ""
	}
	return store.Cursor(strconv.FormatInt(seq, 10))
}

// ParseCursor is the reverse of Cursor.
func ParseCursor(cursor string) (seq int64, err error) {
	if cursor == "" {
		return 0, nil
	}
	parts, err := store.ParseCursor(cursor, 1)
	if err != nil {
		return 0, err
	}
	if seq, err = strconv.ParseInt(parts[0], 10, 64); err != nil || seq < 1 {
		return 0, errCursor
	}
	return seq, nil
}

// ExportAction is the action that is approved before anybody but the owner takes the log away.
const ExportAction = "audit.export"

// ClaimBy sets what uses up an approval of an export, once, for the actor who asked for it.
func (s *Service) ClaimBy(fn func(ctx context.Context, approvalID string, parameters map[string]any) error) {
	s.claim = fn
}

// mayTake lets the owner take the log away, and others with an approval of that format, which this uses up.
func (s *Service) mayTake(ctx context.Context, format, approvalID string) error {
	actor, err := s.auditor(ctx)
	if err != nil || actor.Owner {
		return err
	}
	parameters := map[string]any{"format": format}
	if approvalID == "" || s.claim == nil {
		return access.NeedsSecond(ctx, ExportAction, parameters)
	}
	return s.claim(ctx, approvalID, parameters)
}

// Export writes the whole log to w. Nothing is written before it is known that the actor may have it and that the log can be signed.
func (s *Service) Export(ctx context.Context, w io.Writer, approvalID string) error {
	done, err := s.slot()
	if err != nil {
		return err
	}
	defer done()
	if err := s.mayTake(ctx, "jsonl", approvalID); err != nil {
		return err
	}
	err = s.log.Export(ctx, w)
	if bad, ok := errors.AsType[*audit.BadError](err); ok {
		return errBroken.Because(bad)
	}
	return err
}

// slot lets a few exports run at once.
func (s *Service) slot() (done func(), err error) {
	select {
	case s.exports <- struct{}{}:
		return func() { <-s.exports }, nil
	default:
		return nil, errBusy
	}
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
