// Package platformrole keeps the platform roles that an organization made itself: what managers, technicians or read-only people have instead of what
// comes with Countersign (ACC-8).
package platformrole

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
	maxRoles       = 100 // in one organization
)

// Fields are what people enter about a platform role.
type Fields struct {
	Name        string
	Description string
	BasedOn     perm.Role // whose ceiling and approvals stay; never changes, and is not the administrator, who may repair everything
	Customers   engine.Customers
	Permissions []perm.Permission // of any purpose; nothing but views where it is based on read-only
}

// Role is a platform role of an organization.
type Role struct {
	OrgID string
	ID    string
	Fields
	People    int64 // who have it
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Deps are what a Service is made of.
type Deps struct {
	DB     *store.DB
	Guard  *access.Guard
	Audit  *audit.Log
	Events *events.Bus
}

// Service keeps platform roles, and who has which.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Find returns one platform role.
func (s *Service) Find(ctx context.Context, id string) (Role, error) {
	r, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Role{}, err
	}
	return r, s.mayRead(ctx)
}

// List returns all of them by name: there are at most a hundred.
func (s *Service) List(ctx context.Context) ([]Role, error) {
	if err := s.mayRead(ctx); err != nil {
		return nil, err
	}
	return all(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
}

// Names are platform roles by their ids and by their folded names.
type Names map[string]Role

// Find is the platform role with an id or, however it is written, a name.
func (n Names) Find(text string) (Role, bool) {
	if r, ok := n[text]; ok {
		return r, true
	}
	r, ok := n[store.Fold(text)]
	return r, ok
}

// Named are all platform roles of an organization.
func Named(ctx context.Context, q store.Querier, org string) (Names, error) {
	found, err := all(ctx, q, org)
	out := make(Names, 2*len(found))
	for _, r := range found {
		out[r.ID], out[store.Fold(r.Name)] = r, r
	}
	return out, err
}

// mayRead lets those read platform roles who change them, and those who look after people.
func (s *Service) mayRead(ctx context.Context) error {
	if s.Guard.Holds(ctx, perm.AdminTechnicians) == nil {
		return nil
	}
	return s.Guard.Check(ctx, perm.AdminRoles, access.Object{Type: "role"})
}

// mayHand settles that the actor holds everything in a platform role, for ever and everywhere: so widely the people who have it may be assigned (ACC-12).
// One that reaches every customer is for whoever sees all of them.
func (s *Service) mayHand(ctx context.Context, f Fields) error {
	what := perm.BitsOf(f.Permissions...)
	if f.Customers == engine.EveryCustomer {
		what = what.Or(perm.BitsOf(perm.CustomerView, perm.DeviceView))
	}
	for on, of := range scopes() {
		some := what.And(of).Permissions()
		if len(some) == 0 {
			continue
		}
		if err := s.Guard.MayGiveFor(ctx, some, nil, engine.Target{Type: on}, time.Time{}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// scopes are the widest scopes, and what can be given on each.
func scopes() map[engine.Type]perm.Bits {
	of := func(p perm.Purpose) perm.Bits {
		return perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == p })
	}
	return map[engine.Type]perm.Bits{
		engine.AllDevices: of(perm.Devices), engine.AllCustomers: of(perm.Customers), engine.Organization: of(perm.Administration), engine.QuickSupport: of(perm.Invitations),
	}
}

func (f Fields) checked() (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	f.Description = form.Text("/description", f.Description, maxDescription)
	if !slices.Contains([]perm.Role{perm.Manager, perm.Technician, perm.ReadOnly}, f.BasedOn) {
		form.Refuse("/based_on", "A platform role is based on manager, technician or read_only.")
	}
	if !slices.Contains([]engine.Customers{engine.EveryCustomer, engine.AssignedCustomers, engine.TeamCustomers, engine.OwnCustomers}, f.Customers) {
		form.Refuse("/customers", "Choose all, assigned, teams or own.")
	}
	ceiling := f.BasedOn.Ceiling()
	for i, p := range f.Permissions {
		pointer := fmt.Sprintf("/permissions/%d", i)
		if _, ok := perm.Find(p); !ok {
			form.Refuse(pointer, "There is no such permission.")
		} else if f.BasedOn.Valid() && !ceiling.Any(perm.BitsOf(p)) {
			form.Refuse(pointer, "What is based on read-only only shows something.")
		}
	}
	f.Permissions = perm.BitsOf(f.Permissions...).Closed().Permissions()
	return f, form.Err()
}

func (f Fields) same(o Fields) bool {
	return f.Name == o.Name && f.Description == o.Description && f.BasedOn == o.BasedOn && f.Customers == o.Customers && slices.Equal(f.Permissions, o.Permissions)
}

func (f Fields) record() map[string]any {
	return map[string]any{"name": f.Name, "description": f.Description, "based_on": string(f.BasedOn), "customers": string(f.Customers), "permissions": f.Permissions}
}

// record writes down what happened to a platform role and tells the screens. The event holds ids only, so that everybody may hear of it.
func (s *Service) record(ctx context.Context, tx *store.Tx, r Role, e audit.Event) error {
	e.Targets = append([]audit.Target{{Type: "platform_role", ID: r.ID, Name: r.Name}}, e.Targets...)
	if err := s.Audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{Kind: "role.changed", ID: r.ID, Needs: perm.SignedIn})
}

// refused records that a change was refused on principle, and returns why.
func (s *Service) refused(ctx context.Context, action string, target audit.Target, why error) error {
	if fault.KindOf(why) != fault.Denied {
		return why
	}
	if err := s.Audit.Append(ctx, audit.Event{Action: action, Outcome: audit.Denied, Reason: fault.CodeOf(why), Targets: []audit.Target{target}}); err != nil {
		return err
	}
	return why
}

func (r Role) target() audit.Target {
	return audit.Target{Type: "platform_role", ID: r.ID, Name: r.Name}
}
