// Package compliance shows how many of the calls and tickets of a period were verified: per customer, technician and method, and over time.
package compliance

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

const (
	// DefaultDays is the length of a period that nobody chose: today and the days before it.
	DefaultDays = 30
	// MaxDays bounds a period.
	MaxDays = 366
)

var (
	errPeriod = fault.New(fault.Invalid, "compliance.period_invalid", "Choose a first and a last day, at most 366 days in all.")
	errCursor = fault.New(fault.Invalid, "request.cursor_invalid", "This cursor is not from this list. Start again without it.")
)

// Service counts; it changes nothing.
type Service struct {
	db    *store.DB
	guard *access.Guard
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard) *Service { return &Service{db, guard} }

// Query says what to count.
type Query struct {
	From, To     string // days as 2006-01-02, both included, in the organization's time zone; by default the last DefaultDays
	CustomerID   string
	TechnicianID string
}

// Report is what was counted. A call is a verification that a technician started, with or without a ticket; one that still waits is none yet.
type Report struct {
	From, To    string
	TimeZone    string
	Calls       Counts
	WithTicket  int
	Tickets     Tickets
	Median      time.Duration // from start to success; 0 without a success
	Overrides   int           // by a second person's decision, or verified at L0: by word alone
	Asked       Asked
	Customers   []Row // most calls first
	Technicians []Row
	Methods     []Row
	Levels      []Level
	Days        []Day
}

// Counts are outcomes of calls.
type Counts struct {
	Calls    int
	Verified int
	Failed   int // wrong codes, disagreement about who called, or a message that could not be sent
	Denied   int // "this is not me"
	Expired  int
	Canceled int
}

// Tickets are the tickets of the period; a ticket is verified when a caller was verified on it, or confirmed a technician on it.
type Tickets struct {
	Total    int
	Verified int
}

// Asked are the technician verifications of the period.
type Asked struct {
	Total     int
	Confirmed int
	Verbally  int
	Denied    int
	Expired   int
	Other     int // canceled or frozen
}

// Row is one customer, technician or method.
type Row struct {
	ID   string
	Name string // empty for one that was deleted, and for a method
	Counts
	Tickets   Tickets // of a customer, or assigned to a technician
	Overrides int     // of a customer or technician: where a second person's decision stood for the proof (R14)
}

// Level is how many calls were verified at a level, L0 to L5.
type Level struct {
	Level    int
	Verified int
}

// Day is what happened on one day.
type Day struct {
	Date string
	Counts
	TechniciansDenied int // a contact said that the caller was not one of us
}

// period is a Query that was checked.
type period struct {
	org        organization.Organization
	zone       *time.Location
	from, to   time.Time // from <= t < to
	first      string
	last       string
	scope      access.Scope
	customer   string
	technician string
}

// period settles the days and what the actor may see: the own customers, all of them for whoever sees all.
func (s *Service) period(ctx context.Context, q Query) (p period, err error) {
	if p.scope, err = s.guard.Customers(ctx, perm.VerificationRun); err != nil {
		return p, err
	}
	if q.CustomerID != "" {
		if err := s.guard.Check(ctx, perm.VerificationRun, access.Object{Type: "customer", ID: q.CustomerID, CustomerID: q.CustomerID}); err != nil {
			return p, err
		}
	}
	p.customer, p.technician = q.CustomerID, q.TechnicianID
	if p.org, err = organization.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID); err != nil {
		return p, err
	}
	if p.zone, err = time.LoadLocation(p.org.TimeZone); err != nil {
		p.zone = time.UTC
	}
	if q.To == "" {
		q.To = store.Now().In(p.zone).Format(time.DateOnly)
	}
	last, err := time.ParseInLocation(time.DateOnly, q.To, p.zone)
	if err != nil {
		return p, errPeriod
	}
	if q.From == "" {
		q.From = last.AddDate(0, 0, 1-DefaultDays).Format(time.DateOnly)
	}
	if p.from, err = time.ParseInLocation(time.DateOnly, q.From, p.zone); err != nil {
		return p, errPeriod
	}
	p.first, p.last, p.to = q.From, q.To, last.AddDate(0, 0, 1)
	if !p.from.Before(p.to) || p.from.AddDate(0, 0, MaxDays).Before(p.to) {
		return p, errPeriod
	}
	return p, nil
}

// Of counts a period.
func (s *Service) Of(ctx context.Context, q Query) (Report, error) {
	p, err := s.period(ctx, q)
	if err != nil {
		return Report{}, err
	}
	t := newTally(p)
	r := s.db.Read()
	group, ctx := errgroup.WithContext(ctx)
	var calls []call
	var seconds []span
	var moments []moment
	var asked []asked
	var tickets []ticketCount
	var customers, technicians map[string]string
	var overrides []override
	group.Go(func() (err error) { calls, err = groupCalls(ctx, r, p); return err })
	group.Go(func() (err error) { moments, err = groupMoments(ctx, r, p); return err })
	group.Go(func() (err error) { seconds, err = groupDurations(ctx, r, p); return err })
	group.Go(func() (err error) { asked, err = groupAsked(ctx, r, p); return err })
	group.Go(func() (err error) { tickets, err = groupTickets(ctx, r, p); return err })
	group.Go(func() (err error) { overrides, err = groupOverrides(ctx, r, p); return err })
	group.Go(func() (err error) {
		customers, technicians, err = names(ctx, r, p.org.ID)
		return err
	})
	if err := group.Wait(); err != nil {
		return Report{}, fmt.Errorf("count the verifications of %s: %w", p.org.ID, err)
	}
	t.calls(calls)
	t.moments(moments)
	t.asked(asked)
	t.tickets(tickets)
	t.overrides(overrides)
	t.report.Median = median(seconds)
	return t.finish(customers, technicians), nil
}

// Unverified lists the tickets of a period on which nobody was verified, newest first, with the cursor of the next page.
func (s *Service) Unverified(ctx context.Context, q Query, page store.Page) (items []Open, next string, err error) {
	p, err := s.period(ctx, q)
	if err != nil {
		return nil, "", err
	}
	scope, err := s.guard.Customers(ctx, perm.TicketView)
	if err != nil {
		return nil, "", err
	}
	w := p.among("assigned_to")
	scope.Where(w, "customer_id")
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 2)
		if err != nil {
			return nil, "", err
		}
		at, err := time.Parse(time.RFC3339Nano, parts[0])
		if err != nil {
			return nil, "", errCursor
		}
		w.Add("(created_at, id) < (?, ?)", store.Time(at), parts[1])
	}
	if items, err = listOpen(ctx, s.db.Read(), w, page.Limit+1); err != nil {
		return nil, "", fmt.Errorf("list the tickets without verification of %s: %w", p.org.ID, err)
	}
	if len(items) > page.Limit {
		items = items[:page.Limit]
		last := items[page.Limit-1]
		next = store.Cursor(last.CreatedAt.UTC().Format(time.RFC3339Nano), last.ID)
	}
	return items, next, nil
}
