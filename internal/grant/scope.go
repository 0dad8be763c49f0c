package grant

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
)

// scopes are on what the permissions of a purpose can be granted (D-5).
func scopes(p perm.Purpose) []engine.Type {
	switch p {
	case perm.Devices:
		return []engine.Type{engine.Device, engine.DeviceGroup, engine.Customer, engine.AllDevices}
	case perm.Customers:
		return []engine.Type{engine.Customer, engine.AllCustomers}
	case perm.Invitations:
		return []engine.Type{engine.QuickSupport}
	case perm.Administration:
		return []engine.Type{engine.Organization}
	}
	return nil
}

func fits(p perm.Purpose, t engine.Type) bool { return slices.Contains(scopes(p), t) }

func unfit(p perm.Purpose, pointer string) error {
	return fault.Field(pointer, "grant.scope_unfit", misfit(p))
}

func misfit(p perm.Purpose) string {
	switch p {
	case perm.Devices:
		return "Permissions for devices are given on a device, a device group, a customer or all devices."
	case perm.Customers:
		return "Permissions for customers are given on a customer or all customers."
	case perm.Invitations:
		return "Permissions for invitations are given on the section quick_support."
	case perm.Administration:
	}
	return "Permissions for administration are given on the organization, which is the section team."
}

// single says whether a type of scope names one thing by its id.
func single(t engine.Type) bool {
	return t == engine.Device || t == engine.DeviceGroup || t == engine.Customer
}

func checkTarget(form *input.Form, pointer string, on engine.Target) {
	switch {
	case on.Type == "":
		form.Refuse(pointer+"/type", "Choose device, device_group, customer, all_devices, all_customers, organization, or section with the id quick_support or team.")
	case single(on.Type) && !id.Valid(on.ID):
		form.Refuse(pointer+"/id", errScope.Message)
	case !single(on.Type) && on.ID != "":
		form.Refuse(pointer+"/id", "Leave out the id: this scope is a whole.")
	}
}

// locate finds what a scope names, if the actor may see it.
func (s *Service) locate(ctx context.Context, on engine.Target, pointer string) (Scope, error) {
	scope := Scope{Target: on}
	var err error
	switch on.Type {
	case engine.Customer:
		c, missing := s.customers.Find(ctx, on.ID)
		scope.Name, scope.CustomerID, err = c.Name, c.ID, missing
	case engine.DeviceGroup:
		g, missing := s.devices.FindGroup(ctx, on.ID)
		scope.Name, scope.CustomerID, err = g.Name, g.CustomerID, missing
	case engine.Device:
		d, missing := s.devices.Find(ctx, on.ID)
		scope.Name, scope.CustomerID, err = d.Name, d.CustomerID, missing
	case engine.AllDevices, engine.AllCustomers, engine.Organization, engine.QuickSupport:
	}
	return scope, missing(err, errScope.At(pointer))
}

// missing turns the refusal of a thing named in a request into one of the field that names it.
func missing(err error, field error) error {
	if kind := fault.KindOf(err); err != nil && (kind == fault.NotFound || kind == fault.Denied) {
		return field
	}
	return err
}

// unnamed takes the names from scopes that the actor may not see.
func (s *Service) unnamed(ctx context.Context, scopes []*Scope) error {
	sees, err := s.guard.Customers(ctx, perm.CustomerView)
	if err != nil && fault.KindOf(err) != fault.Denied {
		return err
	}
	for _, scope := range scopes {
		if !sees.Has(scope.CustomerID) {
			scope.Name = ""
		}
	}
	return nil
}

func (s Scope) target() audit.Target {
	return audit.Target{Type: string(s.Type), ID: s.ID, Name: s.Name}
}

// word is a scope in the record.
func (s Scope) word() string {
	if s.ID == "" {
		return string(s.Type)
	}
	return string(s.Type) + ":" + s.ID
}

// mayReadAll says whether the actor reads everybody's access, and not only their own.
func (s *Service) mayReadAll(ctx context.Context) bool {
	return s.guard.Check(access.Looking(ctx), perm.AdminTechnicians, access.Object{Type: "grant"}) == nil
}
