// Package technician keeps the people who work for the MSP: who they are, what role they have, and whether they may act.
package technician

import (
	"context"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

// Status says whether a technician may act. It changes through setStatus alone.
type Status string

// The statuses (PEO-6). Only who is Active may sign in, be told or act.
const (
	Active    Status = "active"
	Inactive  Status = "inactive"   // left; the history stays
	Suspended Status = "suspended"  // for a while
	OverLimit Status = "over_limit" // more people than seats; set by the server alone
)

// State says whether somebody has ever taken up the account (PEO-5). Nobody sets it by hand.
type State string

// The states.
const (
	Invitation State = "invitation"
	Activated  State = "activated"
)

// Fields are what people enter about a technician.
type Fields struct {
	GivenName    string
	FamilyName   string
	DisplayName  string // "" leaves the name to given and family name
	Email        string
	Phone        string // E.164
	JobTitle     string
	Usernames    []string // in other systems: "system:name" or a plain name
	PlatformRole perm.Role
	Status       Status
	Locale       string // "" means the organization's
	TimeZone     string // "" means the organization's
	Theme        string // auto, light or dark
	TeamIDs      []string
	CustomerIDs  []string
}

// Name is what a technician is called.
func (f Fields) Name() string {
	if f.DisplayName != "" {
		return f.DisplayName
	}
	return strings.TrimSpace(f.GivenName + " " + f.FamilyName)
}

// Technician is one member of the MSP's staff.
type Technician struct {
	OrgID string
	ID    string
	Fields
	Owner        bool
	State        State
	LastActiveAt time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Version      int64
}

// Administers says whether the technician has every right now.
func (t Technician) Administers() bool {
	return (t.Owner || t.PlatformRole == perm.Administrator) && t.Status == Active && t.State == Activated
}

// Object is what access decides on.
func (t Technician) Object() access.Object { return access.Object{Type: "technician", ID: t.ID} }

// Hooks are what sign-in adds to technicians; every one may be nil.
type Hooks struct {
	// Password checks a temporary password and does the slow work on it outside any transaction; what it returns keeps it.
	Password func(ctx context.Context, password string, t Technician) (KeepPassword, error)
	// Inactive ends the sessions and tokens of a technician who may no longer act.
	Inactive func(ctx context.Context, tx *store.Tx, technicianID, reason string) error
}

// KeepPassword stores a prepared password in a transaction.
type KeepPassword = func(ctx context.Context, tx *store.Tx, technicianID string) error

// Service keeps technicians.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	hooks  Hooks
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, hooks Hooks) *Service {
	return &Service{db, guard, log, bus, hooks}
}

// Find returns one technician of the actor's organization.
func (s *Service) Find(ctx context.Context, id string) (Technician, error) {
	t, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Technician{}, err
	}
	return t, s.guard.Check(ctx, perm.AdminTechnicians, t.Object())
}

// Query narrows and orders a list of technicians.
type Query struct {
	Text       string // found in name, email, phone and usernames
	Status     Status
	State      State
	Role       string
	CustomerID string // assigned to it
	TeamID     string
	Sort       string // name (the default), email, last_active_at or created_at; "-" before it turns the order
	store.Page
}

// List returns technicians, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Technician, string, error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return nil, "", err
	}
	return list(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, q)
}

// record writes down what happened to t and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, t Technician, e audit.Event) error {
	e.Targets = []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}}
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.events.Publish(ctx, tx, events.Event{Kind: "technician.changed", ID: t.ID, Needs: perm.AdminTechnicians})
}

// SplitName makes a given and a family name of a whole one, for where only one is asked for.
func SplitName(name string) (given, family string) {
	name = strings.Join(strings.Fields(name), " ")
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}
