// Package perm is the one catalogue of everything that a person may be allowed to do.
package perm

import "slices"

// Permission is the stored name, "area.action"; renaming one needs a migration.
type Permission string

// What a route may need instead of a permission.
const (
	Public   Permission = ""          // no sign-in
	SignedIn Permission = "signed_in" // any technician who may act, for what is their own
)

// Purpose says on what kind of thing a permission is granted. A role has exactly one (ACC-2).
type Purpose string

// The purposes.
const (
	Administration Purpose = "administration"
	Devices        Purpose = "devices"
	Invitations    Purpose = "invitations"
	Customers      Purpose = "customers"
)

// Entry describes one permission to the people who grant it (ACC-1).
type Entry struct {
	Name        Permission
	Purpose     Purpose
	Category    string
	Title       string
	Description string
	View        bool // changes nothing: what a read-only role may hold (D-3)
	Sensitive   bool // takes an approval unless an organization says otherwise (ACC-30)
}

// Catalog lists every permission in the order in which it is shown.
func Catalog() []Entry { return slices.Clone(catalog) }

// Find returns the entry of p.
func Find(p Permission) (Entry, bool) {
	i, ok := places[p]
	if !ok {
		return Entry{}, false
	}
	return catalog[i], true
}

// Known says whether p is in the catalogue.
func Known(p Permission) bool {
	_, ok := places[p]
	return ok
}

// places says where in the catalogue, and in Bits, a permission stands.
var places = func() map[Permission]int {
	out := make(map[Permission]int, len(catalog))
	for i, e := range catalog {
		out[e.Name] = i
	}
	return out
}()
