package engine

import (
	"slices"

	"countersign.dev/countersign/internal/access/perm"
)

// PutCustomer adds or changes a customer.
func (w *Writer) PutCustomer(id string, c Client) {
	n := w.node(id)
	if n == none {
		return
	}
	w.settle(n, customerNode, none, n)
	w.s.customers[n] = customer{defaults: given(c.Defaults), sensitive: perm.BitsOf(c.Sensitive...)}
}

// PutGroup adds a device group, or moves it. Its customer is that of the group above it, if there is one.
func (w *Writer) PutGroup(id, parentID, customerID string) {
	n := w.node(id)
	if n == none {
		return
	}
	w.settle(n, group, w.node(parentID), w.node(customerID))
}

// PutDevice adds a device, or moves it. In a group it belongs to the group's customer, whatever customerID says.
func (w *Writer) PutDevice(id, groupID, customerID string) {
	n := w.node(id)
	if n == none {
		return
	}
	w.s.takeOut(n)
	w.settle(n, device, w.node(groupID), w.node(customerID))
	w.s.putIn(n)
}

// DropPlace removes a customer, group or device with what was granted, approved and assigned of it. What is in a group comes into the group above it.
func (w *Writer) DropPlace(id string) {
	n := w.node(id)
	if n == none || w.s.nodes[n].kind == unknown {
		return
	}
	switch w.s.nodes[n].kind {
	case device:
		w.s.takeOut(n)
	case group:
		w.empty(n)
		w.s.stale = true
	default:
		for i := range w.s.subject {
			w.s.subject[i].customers = without(w.s.subject[i].customers, n)
		}
		w.s.stale = true
	}
	w.keep(n, func(rule) bool { return false })
	for a := range w.s.approvals {
		if a.node == n {
			delete(w.s.approvals, a)
		}
	}
	delete(w.s.customers, n)
	at := &w.s.nodes[n]
	at.kind, at.parent, at.customer = unknown, none, none
}

// empty moves what is in a group into the one above it.
func (w *Writer) empty(n int32) {
	parent, owner := w.s.nodes[n].parent, w.s.nodes[n].customer
	for _, child := range w.s.branches {
		if w.s.nodes[child].parent == n {
			w.s.nodes[child].parent = parent
		}
	}
	for _, d := range slices.Clone(w.s.inside[w.s.nodes[n].inside].nodes) {
		w.s.takeOut(d)
		w.s.nodes[d].parent, w.s.nodes[d].customer = parent, owner
		w.s.putIn(d)
	}
}

func (w *Writer) settle(n int32, kind nodeKind, parent, owner int32) {
	at := &w.s.nodes[n]
	if kind != device && (at.kind != kind || at.parent != parent || at.customer != owner) {
		w.s.stale = true
		if at.kind != kind {
			w.s.branches = append(w.s.branches, n)
		}
	}
	at.kind, at.parent, at.customer = kind, parent, owner
}

// place is the node that a rule is put at.
func (w *Writer) place(on Target) int32 {
	switch on.Type {
	case AllDevices, AllCustomers, Organization, QuickSupport:
		return w.s.find(on)
	case Device, DeviceGroup, Customer:
		return w.node(on.ID)
	}
	return none
}

// node is the number of a customer, group or device, also of one that is not there yet; none for what is no id.
func (w *Writer) node(id string) int32 {
	return number(w.s.known, id, func(k ID) int32 {
		w.s.nodes = append(w.s.nodes, node{id: k, kind: unknown, parent: none, customer: none})
		return int32(len(w.s.nodes) - 1)
	})
}

// subject is the number of a technician or team.
func (w *Writer) subject(id string) int32 {
	return number(w.s.people, id, func(k ID) int32 {
		w.s.subject = append(w.s.subject, subject{id: k})
		return int32(len(w.s.subject) - 1)
	})
}

func (w *Writer) roleNumber(id string) int32 {
	return number(w.s.roles, id, func(k ID) int32 {
		w.s.role = append(w.s.role, role{id: k})
		return int32(len(w.s.role) - 1)
	})
}

func number(known map[ID]int32, id string, add func(ID) int32) int32 {
	k, ok := parse(id)
	if !ok {
		return none
	}
	n, ok := known[k]
	if !ok {
		n = add(k)
		known[k] = n
	}
	return n
}
