// Package role keeps the sets of permissions that are given to technicians and teams: those that come with Countersign, and an organization's own.
package role

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const (
	maxName        = 100
	maxDescription = 2000
	maxRoles       = 500 // in one organization, those that come with Countersign among them
)

// Fields are what people enter about a role.
type Fields struct {
	Name        string
	Description string
	Purpose     perm.Purpose // never changes (ACC-2)
	Permissions []perm.Permission
	Sensitive   []perm.Permission // of those, what takes an approval when given by this role (D-9)
}

// Usage says to whom a role is given, with its grants that are over and those that have not begun.
type Usage struct {
	Technicians int64 // directly
	Teams       int64
	Grants      int64
}

// Role is a set of permissions of one purpose.
type Role struct {
	OrgID string
	ID    string
	Fields
	System    bool // comes with Countersign: can be used and copied, but neither changed nor deleted (ACC-11)
	Usage     Usage
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Service keeps roles.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	// deleting removes the grants of a role that is about to go; they are kept above this.
	deleting func(ctx context.Context, tx *store.Tx, r Role) error
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, deleting func(ctx context.Context, tx *store.Tx, r Role) error) *Service {
	return &Service{db, guard, log, bus, deleting}
}

// Find returns one role.
func (s *Service) Find(ctx context.Context, id string) (Role, error) {
	r, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Role{}, err
	}
	return r, s.mayRead(ctx)
}

// mayRead lets those read roles who change them, and those who give them to people.
func (s *Service) mayRead(ctx context.Context) error {
	if s.guard.Holds(ctx, perm.AdminTechnicians) == nil {
		return nil
	}
	return s.guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role"})
}

// Query narrows and orders a list of roles.
type Query struct {
	Text    string
	Purpose perm.Purpose
	Sort    string // name (the default) or created_at; "-" before it turns the order
	store.Page
}

// List returns the roles, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Role, string, error) {
	if err := s.mayRead(ctx); err != nil {
		return nil, "", err
	}
	return list(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, q)
}

// mayAdd settles whether the actor may put permissions into a role: they have to hold them for ever, and wherever the role could be
// granted (ACC-12); asking are those that take an approval by the role.
func (s *Service) mayAdd(ctx context.Context, purpose perm.Purpose, what, asking []perm.Permission) error {
	if len(what) == 0 {
		return nil
	}
	return s.guard.MayGiveFor(ctx, what, asking, widest(purpose), time.Time{}, time.Time{})
}

// widest is the widest scope on which a role of a purpose can be granted.
func widest(p perm.Purpose) engine.Target {
	switch p {
	case perm.Devices:
		return engine.Target{Type: engine.AllDevices}
	case perm.Customers:
		return engine.Target{Type: engine.AllCustomers}
	case perm.Invitations:
		return engine.Target{Type: engine.QuickSupport}
	case perm.Administration:
	}
	return engine.Target{Type: engine.Organization}
}

// without lists the permissions of a that b lacks.
func without(a, b []perm.Permission) []perm.Permission {
	return perm.BitsOf(a...).Without(perm.BitsOf(b...)).Permissions()
}

func (f Fields) checked() (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	f.Description = form.Text("/description", f.Description, maxDescription)
	for i, p := range f.Permissions {
		pointer := fmt.Sprintf("/permissions/%d", i)
		switch e, ok := perm.Find(p); {
		case !ok:
			form.Refuse(pointer, "There is no such permission.")
		case e.Purpose != f.Purpose:
			form.Refuse(pointer, fmt.Sprintf("This permission is for %s, and the role for %s.", e.Purpose, f.Purpose))
		}
	}
	if !slices.Contains(purposes(), f.Purpose) {
		form.Refuse("/purpose", "Choose devices, invitations, administration or customers.")
	}
	f.Permissions = perm.BitsOf(f.Permissions...).Closed().Permissions()
	for i, p := range f.Sensitive {
		pointer := fmt.Sprintf("/sensitive_permissions/%d", i)
		if e, _ := perm.Find(p); e.View {
			form.Refuse(pointer, "What only shows something takes no approval.")
		} else if !slices.Contains(f.Permissions, p) {
			form.Refuse(pointer, "This permission is not in the role.")
		}
	}
	f.Sensitive = perm.BitsOf(f.Sensitive...).Permissions()
	if err := form.Err(); err != nil {
		return f, err
	}
	if reserved(f.Name) {
		return f, errReserved
	}
	return f, nil
}

func purposes() []perm.Purpose {
	return []perm.Purpose{perm.Devices, perm.Invitations, perm.Administration, perm.Customers}
}

func (f Fields) same(o Fields) bool {
	return f.Name == o.Name && f.Description == o.Description && f.Purpose == o.Purpose && slices.Equal(f.Permissions, o.Permissions) &&
		slices.Equal(f.Sensitive, o.Sensitive)
}

func (f Fields) record() map[string]any {
	return map[string]any{"name": f.Name, "description": f.Description, "purpose": f.Purpose, "permissions": f.Permissions, "sensitive_permissions": f.Sensitive}
}

func (f Fields) searchText() string { return store.Fold(f.Name + " " + f.Description) }

// record writes down what happened to a role and tells the screens. The event holds ids only, so that everybody may hear of it.
func (s *Service) record(ctx context.Context, tx *store.Tx, r Role, e audit.Event) error {
	e.Targets = []audit.Target{{Type: "role", ID: r.ID, Name: r.Name}}
	if err := s.audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.events.Publish(ctx, tx, events.Event{Kind: "role.changed", ID: r.ID, Needs: perm.SignedIn})
}

// refused records that a change of a role was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, r Role, why error) error {
	if fault.KindOf(why) != fault.Denied {
		return why
	}
	err := s.audit.Append(ctx, audit.Event{
		Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: []audit.Target{{Type: "role", ID: r.ID, Name: r.Name}},
	})
	if err != nil {
		return err
	}
	return why
}
