package engine

import (
	"slices"

	"countersign.dev/countersign/internal/access/perm"
)

// node is what rules hang on: a device, the groups and the customer above it, and the wholes at the top.
type node struct {
	id       ID
	kind     nodeKind
	rules    int32 // the number of the rules here; 0 for none
	inside   int32 // the number of the devices right in here; 0 for none
	parent   int32 // of a group or device: the group above; none at the top of a customer
	customer int32 // whose it is; none for nobody's, itself for a customer. See owner
	slot     int32 // where a device stands among those of its holder
}

type nodeKind uint8

// The wholes have the number of their kind.
const (
	allDevices nodeKind = iota
	allCustomers
	organization
	quickSupport
	unknown // named, but not there
	customerNode
	group
	device
)

// none is the number of nothing.
const none int32 = -1

// Type says what a target is; its words are those of scopes (D-5).
type Type string

// The types of target.
const (
	Device       Type = "device"
	DeviceGroup  Type = "device_group"
	Customer     Type = "customer"
	AllDevices   Type = "all_devices"
	AllCustomers Type = "all_customers"
	Organization Type = "organization" // the section "team" is the same
	QuickSupport Type = "quick_support"
)

// Target is what somebody wants to act on, or what a rule covers. The wholes have no id.
type Target struct {
	Type Type
	ID   string
}

// Whole says whether a target is one of those that have no id.
func (t Target) Whole() bool {
	switch t.Type {
	case AllDevices, AllCustomers, Organization, QuickSupport:
		return true
	}
	return false
}

// find returns the node of a target; none if it is not there.
func (s *state) find(on Target) int32 {
	kind := unknown
	switch on.Type {
	case AllDevices:
		return int32(allDevices)
	case AllCustomers:
		return int32(allCustomers)
	case Organization:
		return int32(organization)
	case QuickSupport:
		return int32(quickSupport)
	case Device:
		kind = device
	case DeviceGroup:
		kind = group
	case Customer:
		kind = customerNode
	}
	k, ok := parse(on.ID)
	if !ok {
		return none
	}
	n, ok := s.known[k]
	if !ok || s.nodes[n].kind != kind || kind == unknown {
		return none
	}
	return n
}

// asker is the technician of a question, and the number by which rules know them; none for somebody who has not been told of.
type asker struct {
	*subject
	number int32
}

// technician is the one who is known by an id, without a subject if there is none.
func (s *state) technician(id string) asker {
	if k, ok := parse(id); ok {
		if n, ok := s.people[k]; ok && s.subject[n].kind == technician {
			return asker{&s.subject[n], n}
		}
	}
	return asker{nil, none}
}

// fits are the permissions that a rule at a node of a kind can be about (D-5). What does not fit gives and takes nothing.
var fits = func() (out [device + 1]perm.Bits) {
	of := func(purposes ...perm.Purpose) perm.Bits {
		return perm.BitsWhere(func(e perm.Entry) bool { return slices.Contains(purposes, e.Purpose) })
	}
	out[allDevices], out[group], out[device] = of(perm.Devices), of(perm.Devices), of(perm.Devices)
	out[allCustomers] = of(perm.Customers)
	out[organization] = of(perm.Administration)
	out[quickSupport] = of(perm.Invitations)
	out[customerNode] = of(perm.Devices, perm.Customers)
	return out
}()

// above appends a node and everything above it to way, nearest first.
func (s *state) above(n int32, way []int32) []int32 {
	kind := s.nodes[n].kind
	if kind < unknown {
		return append(way, n)
	}
	if kind != customerNode {
		if s.ends(n) {
			for at := n; at != none; at = s.nodes[at].parent {
				way = append(way, at)
			}
		} else {
			way = s.around(n, way)
		}
	}
	if owner := s.owner(n); owner != none {
		way = append(way, owner)
	}
	return append(way, int32(allCustomers), int32(allDevices))
}

// owner is the customer whose a node is; none for nobody's. What is in a group is its group's customer's; a group that is not there has none.
func (s *state) owner(n int32) int32 {
	if at := &s.nodes[n]; at.kind == device && at.parent != none && s.nodes[at.parent].kind == group {
		return s.nodes[at.parent].customer
	}
	return s.nodes[n].customer
}

// usual is room for the way up in sound data, where groups lie no deeper than eight in each other.
type usual [12]int32

// maxDepth is how deep groups lie in each other at most, unless the data are broken.
const maxDepth = 64

// ends says whether the way up from a node is short enough to have an end.
func (s *state) ends(n int32) bool {
	for range maxDepth {
		if n = s.nodes[n].parent; n == none {
			return true
		}
	}
	return false
}

// around is the way up where it may go in a circle: each node once.
func (s *state) around(n int32, way []int32) []int32 {
	seen := map[int32]bool{}
	for at := n; at != none && !seen[at]; at = s.nodes[at].parent {
		seen[at] = true
		way = append(way, at)
	}
	return way
}
