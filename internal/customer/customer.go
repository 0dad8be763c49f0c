// Package customer keeps the client companies of the MSP.
package customer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

var (
	// ErrNotFound answers an id that is no customer's, or that of one that the actor may not see.
	ErrNotFound  = fault.New(fault.NotFound, "customer.not_found", "There is no such customer, or you may not see it.")
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errInUse     = fault.New(fault.Conflict, "customer.in_use", "This customer still has contacts or tickets. Move or delete them first.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

const (
	maxName    = 200
	maxNotes   = 20_000
	maxDomains = 100
	maxAddress = 1000
	maxWebsite = 500
)

// Status says whether somebody is still a customer.
type Status string

// The statuses. An inactive customer keeps everything; lists leave it out where one looks for whom to work for.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
)

// Fields are what people enter about a customer.
type Fields struct {
	Name    string
	Domains []string
	Notes   string
	Status  Status // Active if empty
	Phone   string // E.164
	Address string
	Website string
}

// Customer is one client company.
type Customer struct {
	OrgID string
	ID    string
	Fields
	ContactCount    int64
	OpenTicketCount int64
	CreatedAt       time.Time
	UpdatedAt       time.Time
	Version         int64
}

// Object is what access decides on when the customer itself is meant.
func (c Customer) Object() access.Object { return Object(c.ID) }

// Object names a customer to access.
func Object(id string) access.Object {
	return access.Object{Type: "customer", ID: id, CustomerID: id}
}

// Service keeps customers.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus) *Service {
	return &Service{db, guard, log, bus}
}

// Create adds a customer to the actor's organization.
func (s *Service) Create(ctx context.Context, want Fields) (c Customer, err error) {
	if err := s.guard.Check(ctx, perm.AdminCustomers, access.Object{Type: "organization"}); err != nil {
		return c, err
	}
	if want, err = s.Prepare(ctx, want); err != nil {
		return c, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if c, err = s.CreateIn(ctx, tx, want); err != nil {
			return err
		}
		return s.publish(ctx, tx, c.ID)
	})
	return c, err
}

// Find returns one customer that the actor may see.
func (s *Service) Find(ctx context.Context, id string) (Customer, error) {
	c, err := ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Customer{}, err
	}
	return c, s.guard.Check(ctx, perm.CustomerView, c.Object())
}

// Query narrows and orders a list of customers.
type Query struct {
	Text   string
	Status Status
	Sort   string // name (the default) or created_at; "-" before it turns the order
	store.Page
}

// List returns the customers that the actor may see, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Customer, string, error) {
	scope, err := s.guard.Customers(ctx, perm.CustomerView)
	if err != nil {
		return nil, "", err
	}
	return list(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, scope, q)
}

// Update changes one customer; change gets it as it is and returns what it should be.
func (s *Service) Update(ctx context.Context, id string, change func(Customer) (Fields, error)) (c Customer, err error) {
	org := access.ActorFrom(ctx).OrgID
	if _, err := s.Find(ctx, id); err != nil {
		return c, err
	}
	if err := s.guard.Check(ctx, perm.CustomerEdit, Object(id)); err != nil {
		return c, err
	}
	o, err := organization.ByID(ctx, s.db.Read(), org)
	if err != nil {
		return c, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if c, err = lock(ctx, tx, org, id); err != nil {
			return err
		}
		next, err := change(c)
		if err != nil {
			return err
		}
		if next, err = next.checked(o.Region); err != nil {
			return err
		}
		changed := false
		if c, changed, err = s.UpdateIn(ctx, tx, c, next); err != nil {
			return err
		}
		if !changed {
			return errUnchanged
		}
		return s.publish(ctx, tx, id)
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Customer{}, err
	}
	return c, nil
}

// Delete removes a customer that has neither contacts nor tickets; check may refuse it as it is.
func (s *Service) Delete(ctx context.Context, id string, check func(Customer) error) error {
	org := access.ActorFrom(ctx).OrgID
	if _, err := s.Find(ctx, id); err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.AdminCustomers, access.Object{Type: "organization"}); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		c, err := lock(ctx, tx, org, id)
		if err != nil {
			return err
		}
		if err := check(c); err != nil {
			return err
		}
		if err := remove(ctx, tx, org, id); err != nil {
			return err
		}
		if err := s.record(ctx, tx, "customer.delete", c, c.record(), nil); err != nil {
			return err
		}
		return s.publish(ctx, tx, id)
	})
}

// record writes down what happened to c.
func (s *Service) record(ctx context.Context, tx *store.Tx, action string, c Customer, before, after map[string]any) error {
	return s.audit.Record(ctx, tx, audit.Event{
		Action: action, CustomerID: c.ID, Before: before, After: after,
		Targets: []audit.Target{{Type: "customer", ID: c.ID, Name: c.Name}},
	})
}

// publish tells the screens; without an id they load all their customers again.
func (s *Service) publish(ctx context.Context, tx *store.Tx, id string) error {
	return s.events.Publish(ctx, tx, events.Event{Kind: "customer.changed", ID: id, CustomerID: id, Needs: perm.CustomerView})
}

func (f Fields) checked(region string) (Fields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxName)
	f.Notes = form.Text("/notes", f.Notes, maxNotes)
	f.Phone = form.Phone("/phone", f.Phone, region)
	f.Address = form.Text("/address", f.Address, maxAddress)
	f.Website = form.Website("/website", f.Website, maxWebsite)
	switch f.Status {
	case "":
		f.Status = Active
	case Active, Inactive:
	default:
		form.Refuse("/status", "A customer is active or inactive.")
	}
	if len(f.Domains) > maxDomains {
		form.Refuse("/domains", fmt.Sprintf("A customer may have %d domains.", maxDomains))
		return f, form.Err()
	}
	domains := make([]string, 0, len(f.Domains))
	for i, d := range f.Domains {
		pointer := fmt.Sprintf("/domains/%d", i)
		if d = form.Domain(pointer, d); slices.Contains(domains, d) {
			form.Refuse(pointer, "This domain is in the list twice.")
		}
		domains = append(domains, d)
	}
	f.Domains = domains
	return f, form.Err()
}

func (f Fields) same(o Fields) bool {
	return f.Name == o.Name && f.Notes == o.Notes && f.Status == o.Status && f.Phone == o.Phone && f.Address == o.Address &&
		f.Website == o.Website && slices.Equal(f.Domains, o.Domains)
}

func (f Fields) record() map[string]any {
	return map[string]any{
		"name": f.Name, "domains": f.Domains, "notes": f.Notes, "status": string(f.Status), "phone": f.Phone, "address": f.Address,
		"website": f.Website,
	}
}

func (f Fields) searchText() string {
	return store.Fold(strings.TrimSpace(f.Name + " " + strings.Join(f.Domains, " ") + " " + input.PhoneWords(f.Phone)))
}
