package erasure

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/auditlog"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/store"
)

// Deleted is a contact whose page is gone, as the event of it in the audit log tells.
type Deleted struct {
	ID           string
	Name         string
	CustomerID   string
	CustomerName string // "" if the customer is gone too
	Emails       []string
	Numbers      []string
	At           time.Time
	By           string // who deleted them
}

func (d Deleted) object() access.Object {
	o := access.Object{Type: "contact", ID: d.ID}
	if d.CustomerName != "" { // of a customer that is gone nobody has a part any more
		o.CustomerID = d.CustomerID
	}
	return o
}

// DeletedContacts lists contacts who were deleted and not erased, the latest first, and the cursor of the next page; text is words of their
// names or addresses. With a text a page may be short, or empty, and yet not the last.
func (s *Service) DeletedContacts(ctx context.Context, text string, page store.Page) (out []Deleted, next string, err error) {
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"}); err != nil {
		return nil, "", err
	}
	scope, err := s.guard.Customers(ctx, perm.ContactEdit)
	if err != nil {
		return nil, "", err
	}
	before, err := auditlog.ParseCursor(page.Cursor)
	if err != nil {
		return nil, "", err
	}
	found, after, _, err := s.audit.Search(ctx, access.ActorFrom(ctx).OrgID, audit.Filter{Action: contactDeleted, Outcome: audit.Success, Text: text}, before, page.Limit)
	if err != nil {
		return nil, "", err
	}
	for _, e := range found {
		d, ok, err := s.deletedIn(ctx, e)
		if err != nil {
			return nil, "", err
		}
		if ok && scope.Has(d.CustomerID) {
			out = append(out, d)
		}
	}
	return out, auditlog.Cursor(after), nil
}

const contactDeleted = "contact.delete"

// deletedIn reads an event; ok is false if it can no longer be read, or if there is a contact of that id after all.
func (s *Service) deletedIn(ctx context.Context, e audit.Entry) (d Deleted, ok bool, err error) {
	if e.Erased || e.Damaged || len(e.Targets) != 1 || e.Targets[0].Type != "contact" || e.Before == nil {
		return d, false, nil
	}
	d = Deleted{ID: e.Targets[0].ID, CustomerID: e.CustomerID, At: e.At, By: e.ActorName}
	d.Name, _ = e.Before["name"].(string)
	d.Emails, d.Numbers = told(e.Before)
	org := access.ActorFrom(ctx).OrgID
	there, err := exists(ctx, s.db.Read(), org, d.ID)
	if err != nil || there {
		return d, false, err
	}
	d.CustomerName, err = customerName(ctx, s.db.Read(), org, d.CustomerID)
	return d, true, err
}

// told are the addresses in what an event says of a contact.
func told(of map[string]any) (emails, numbers []string) {
	all, _ := of["emails"].([]any)
	for _, one := range all {
		if email, ok := one.(string); ok && email != "" {
			emails = append(emails, email)
		}
	}
	all, _ = of["phones"].([]any)
	for _, one := range all {
		phone, _ := one.(map[string]any)
		if number, ok := phone["number"].(string); ok && number != "" {
			numbers = append(numbers, number)
		}
	}
	return emails, numbers
}

// findDeleted finds a deleted contact whom the actor may erase. Erasing them takes what erasing any contact takes.
func (s *Service) findDeleted(ctx context.Context, id string) (d Deleted, err error) {
	if d, err = s.lookForDeleted(ctx, id); err != nil {
		return d, err
	}
	if err := s.guard.Check(ctx, perm.ContactEdit, d.object()); err != nil {
		return d, err
	}
	return d, s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"})
}

func (s *Service) lookForDeleted(ctx context.Context, id string) (Deleted, error) {
	found, err := s.audit.Find(ctx, access.ActorFrom(ctx).OrgID, audit.Filter{Action: contactDeleted, TargetID: id, Outcome: audit.Success}, 0, 1)
	if err != nil {
		return Deleted{}, err
	}
	for _, e := range found {
		if d, ok, err := s.deletedIn(ctx, e); ok || err != nil {
			return d, err
		}
	}
	return Deleted{}, contact.ErrNotFound
}

// deletedPerson is a deleted contact with every address that the log and the tables still tell of them.
func (s *Service) deletedPerson(ctx context.Context, d Deleted) (p person, err error) {
	q := s.db.Read()
	p = person{org: access.ActorFrom(ctx).OrgID, id: d.ID, kind: contacts, name: d.Name}
	if p.formerIDs, err = mergedInto(ctx, q, p.org, p.id); err != nil {
		return p, err
	}
	for _, id := range append([]string{p.id}, p.formerIDs...) {
		found, err := s.audit.Find(ctx, p.org, audit.Filter{TargetID: id, Action: "contact.*"}, 0, maxEvents)
		if err != nil {
			return p, err
		}
		for _, e := range found {
			for _, of := range []map[string]any{e.Before, e.After} {
				emails, numbers := told(of)
				p.addresses = append(p.addresses, slices.Concat(emails, numbers)...)
			}
		}
	}
	slices.Sort(p.addresses)
	p.addresses = slices.Compact(p.addresses)
	former, err := formerAddresses(ctx, q, p)
	p.addresses = append(p.addresses, former...)
	return p, err
}

// EraseDeleted erases what a contact left behind who was deleted before: by what the audit log tells of them, which ends with it.
func (s *Service) EraseDeleted(ctx context.Context, id, typed string) error {
	d, err := s.findDeleted(ctx, id)
	if err != nil {
		return err
	}
	if !sameName(typed, d.Name) {
		return errName
	}
	p, err := s.deletedPerson(ctx, d)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return s.erase(ctx, tx, p) })
}

// ExportDeleted writes all that is known of a deleted contact as one JSON document.
func (s *Service) ExportDeleted(ctx context.Context, id string, w io.Writer) error {
	d, err := s.findDeleted(ctx, id)
	if err != nil {
		return err
	}
	p, err := s.deletedPerson(ctx, d)
	if err != nil {
		return err
	}
	return s.export(ctx, p, w)
}

// ambiguous says of a name in texts that it may mean somebody or something else.
func ambiguous(name string, namesake bool) bool { return namesake || !strings.Contains(name, " ") }
