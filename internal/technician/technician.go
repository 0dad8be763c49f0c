// Package technician keeps the people who work for the MSP: who they are, what role they have, and whether they may act.
package technician

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

// Status says whether a technician may act. It changes through SetStatus alone.
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
	Phone        string // E.164; the one for text messages and calls
	OtherPhones  []Phone
	JobTitle     string
	Department   string
	Usernames    []string // in other systems: "system:name" or a plain name
	PlatformRole perm.Role
	OwnRoleID    string // a platform role of the organization that is based on PlatformRole and counts instead of it; "" for none
	Status       Status
	Locale       string // "" means the organization's
	TimeZone     string // "" means the organization's
	Theme        string // auto, light or dark
	TeamIDs      []string
	CustomerIDs  []string

	// What sign-in demands of this technician beyond what it demands of all; the zero values demand nothing more.
	UIClosed        bool // the account is for the API alone
	MFARequired     bool
	AllowedNetworks []string // CIDR; from where the account may be used, everywhere if empty
	IdleMinutes     int      // 0 leaves it to the organization
	SessionHours    int      // 0 leaves it to the organization

	// Where somebody comes from whom nobody entered by hand, and what identifies them there. Only imports set it.
	ImportedFrom string // "", m365, google, ldap, scim or csv
	SourceID     string
}

// UIAccess says whether the technician may use the console.
func (f Fields) UIAccess() bool { return !f.UIClosed }

// Phone is a further number of a technician.
type Phone struct {
	Number string `json:"number" minLength:"1" maxLength:"40" doc:"as people write it; kept in E.164"`
	Kind   string `json:"kind" enum:"mobile,landline,other"`
}

// Consent is what a technician agreed to about text messages and calls. The zero Consent is none.
type Consent struct {
	At          time.Time
	TextVersion string
}

// Given says whether the technician may be sent text messages now.
func (c Consent) Given() bool { return !c.At.IsZero() }

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
	OwnRole      string // what the one with OwnRoleID is called
	Owner        bool
	State        State
	SMSConsent   Consent
	Avatar       string // key of the picture; "" if there is none
	OpenTickets  int    // assigned to them
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

// Hooks are what the slices above add to technicians; every one may be nil.
type Hooks struct {
	// Password checks a temporary password and does the slow work on it outside any transaction; what it returns keeps it.
	Password func(ctx context.Context, password string, t Technician) (KeepPassword, error)
	// Inactive ends the sessions and tokens of a technician who may no longer act.
	Inactive func(ctx context.Context, tx *store.Tx, technicianID, reason string) error
	// Teams puts a technician into exactly these teams; a team that is not there, or not the actor's to give, is refused at its pointer.
	Teams func(ctx context.Context, tx *store.Tx, technicianID string, teamIDs []string) error
	// MayGiveOwnRole settles whether the actor may give people with a platform role one that the organization made itself, or with "" what comes with theirs.
	MayGiveOwnRole func(ctx context.Context, base perm.Role, roleID string) error
	// GiveOwnRole gives a technician the OwnRoleID that they have in this transaction, and returns what it is called; nobody deletes it meanwhile.
	GiveOwnRole func(ctx context.Context, tx *store.Tx, t Technician) (string, error)
	// Invite sends the invitation of a technician who was created a moment ago.
	Invite func(ctx context.Context, tx *store.Tx, t Technician) error
	// StateChanged hears of every step of a technician's life, and of every change of role, customers or email, in its transaction, after it
	// was written: invitations that no longer hold are canceled there, and people are told.
	StateChanged []func(ctx context.Context, tx *store.Tx, change Change) error
	// HandedOver hears that the organization has another owner.
	HandedOver func(ctx context.Context, tx *store.Tx, from, to Technician) error
}

// Change is one step of a technician's life, or a change of what stands in the account.
type Change struct {
	Before, After Technician
	Deleted       bool // After is then as Before
}

// Ends says whether the technician could act, or be invited to, and no longer can.
func (c Change) Ends() bool {
	return c.Deleted || (c.Before.Status == Active && c.After.Status != Active)
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
	quiet  bool // tells no screens
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, hooks Hooks) *Service {
	return &Service{db: db, guard: guard, audit: log, events: bus, hooks: hooks}
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
	Role       string // a platform role: one of the four by its name, or an own one by its id (D-50)
	CustomerID string // assigned to it, themselves or through a team
	TeamID     string
	Source     string // where they come from: m365, google, ldap, scim, csv, or "none"
	UIAccess   string // "true" or "false"
	MFA        string // "enrolled" or "missing"
	Sort       string // name (the default), email, role, status, last_active_at or created_at; "-" before it turns the order
	store.Page
}

// List returns technicians, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Technician, string, error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return nil, "", err
	}
	return list(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, q)
}

// Search is List for slices that have settled themselves what the actor may see.
func Search(ctx context.Context, q store.Querier, org string, want Query) ([]Technician, string, error) {
	return list(ctx, q, org, want)
}

// record writes down what happened to t and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, t Technician, e audit.Event) error {
	e.Targets = []audit.Target{target(t)}
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.publish(ctx, tx, t.ID)
}

func target(t Technician) audit.Target {
	return audit.Target{Type: "technician", ID: t.ID, Name: t.Name()}
}

// publish tells the screens of those who manage technicians.
func (s *Service) publish(ctx context.Context, tx *store.Tx, ids ...string) error {
	if s.quiet {
		return nil
	}
	for _, id := range ids {
		if err := s.events.Publish(ctx, tx, events.Event{Kind: "technician.changed", ID: id, Needs: perm.AdminTechnicians}); err != nil {
			return err
		}
	}
	return nil
}

// TeamsChanged is called by whoever put technicians into a team or took them out: what others have loaded of them is no longer current.
func (s *Service) TeamsChanged(ctx context.Context, tx *store.Tx, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if err := bump(ctx, tx, access.ActorFrom(ctx).OrgID, ids, store.Now()); err != nil {
		return fmt.Errorf("note that teams of technicians changed: %w", err)
	}
	return s.publish(ctx, tx, ids...)
}

// SetAvatar keeps the key of a technician's picture, "" for none. Whether the actor may is settled by who keeps the pictures.
func (s *Service) SetAvatar(ctx context.Context, tx *store.Tx, id, key string) error {
	org := access.ActorFrom(ctx).OrgID
	t, err := Lock(ctx, tx, org, id)
	if err != nil || t.Avatar == key {
		return err
	}
	if err := saveAvatar(ctx, tx, org, id, key, store.Now()); err != nil {
		return fmt.Errorf("keep the picture of technician %s: %w", id, err)
	}
	return s.record(ctx, tx, t, audit.Event{Action: "technician.avatar", Detail: map[string]any{"removed": key == ""}})
}

// SplitName makes a given and a family name of a whole one, for where only one is asked for.
func SplitName(name string) (given, family string) {
	name = strings.Join(strings.Fields(name), " ")
	if i := strings.LastIndexByte(name, ' '); i > 0 {
		return name[:i], name[i+1:]
	}
	return name, ""
}
