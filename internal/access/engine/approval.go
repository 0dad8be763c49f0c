package engine

import "countersign.dev/countersign/internal/access/perm"

// Approval lets a technician do one sensitive thing to one target for a time.
type Approval struct {
	Technician string
	Permission perm.Permission
	On         Target
	Times
}

// PutApproval adds an approval, in the place of an earlier one for the same.
func (w *Writer) PutApproval(a Approval) {
	t, n := w.subject(a.Technician), w.place(a.On)
	if place, ok := perm.Place(a.Permission); ok && t != none && n != none {
		w.s.approvals[approval{t, n, int16(place)}] = a.span()
	}
}

// DropApproval removes the approval that a technician has for a permission on a target.
func (w *Writer) DropApproval(technicianID string, p perm.Permission, on Target) {
	t, n := w.subject(technicianID), w.place(on)
	if place, ok := perm.Place(p); ok && t != none && n != none {
		delete(w.s.approvals, approval{t, n, int16(place)})
	}
}
