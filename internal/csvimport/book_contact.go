package csvimport

import (
	"context"
	"maps"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// sourceCSV is where contacts and technicians come from that a file brought.
const sourceCSV = "csv"

// contacts finds a person at a customer: by the id, the external id, an email, a phone together with the name, or the name alone where one
// of the two has no address.
type contacts struct {
	cells
	employers
	custom  map[string]string // field of the mapping to the organization's own name
	region  string
	anybody string // stands for a customer who is not looked up yet
	batch   *contact.Batch
	found   map[string]contact.Contact
	byKey   map[string][]string // see contactKeys
}

type contactRow struct {
	id, external, customer string
	missing                bool // the customer
	fields, want           contact.Fields
	allEmails, allPhones   bool // the row names all there are
	given                  map[string]bool
	was                    *contact.Contact
}

func newContacts(ctx context.Context, s *Service, i Import) (book, error) {
	o, err := organization.ByID(ctx, s.DB.Read(), i.OrgID)
	if err != nil {
		return nil, err
	}
	scope, err := s.Guard.Customers(ctx, perm.ContactEdit)
	if err != nil {
		return nil, err
	}
	batch, err := s.Contacts.Batch(ctx)
	if err != nil {
		return nil, err
	}
	b := &contacts{
		cells: cells{i.Mapping}, employers: employers{s: s, org: i.OrgID, scope: scope, create: i.Options.CreateCustomers},
		region: o.Region, anybody: id.New(), batch: batch, custom: map[string]string{},
	}
	for field := range i.Mapping {
		if name, ok := strings.CutPrefix(field, columns.Custom); ok {
			b.custom[field] = strings.TrimSpace(name)
		}
	}
	return b, nil
}

func (b *contacts) read(r *row) (keys []string, err error) {
	c := &contactRow{id: b.get(r, "id"), external: b.get(r, "external_id"), customer: b.get(r, "customer"), given: map[string]bool{}}
	c.fields = contact.Fields{
		JobTitle: b.get(r, "job_title"), Department: b.get(r, "department"), Language: columns.Language(b.get(r, "language")), Notes: b.get(r, "notes"),
	}
	c.fields.Name, _, _ = b.person(r)
	r.rec, r.name = c, c.fields.Name
	switch {
	case c.fields.Name == "":
		return nil, errRequired.At("/name")
	case c.customer == "":
		return nil, errRequired.At("/customer")
	}
	for field, into := range map[string]*bool{"vip": &c.fields.VIP, "approver": &c.fields.Approver} {
		value := b.get(r, field)
		if err := columns.YesNo(field, value, into); err != nil {
			return nil, err
		}
		c.given[field] = value != ""
	}
	for field, name := range b.custom {
		if v := b.get(r, field); v != "" {
			if c.fields.Custom == nil {
				c.fields.Custom = map[string]string{}
			}
			c.fields.Custom[name] = v
		}
	}
	b.addresses(r, c)
	c.fields.CustomerID = b.anybody
	if c.fields, err = b.batch.Prepare(c.fields); err != nil {
		return nil, err
	}
	return c.keys(), nil
}

// addresses reads emails and phones. A column of all of them replaces those that are known, others add to them.
func (b *contacts) addresses(r *row, c *contactRow) {
	emails := csvfile.Split(b.get(r, "emails"))
	c.allEmails = len(emails) > 0
	for _, field := range []string{"email", "email_2"} {
		emails = append(emails, csvfile.Split(b.get(r, field))...)
	}
	for _, e := range emails {
		if !slices.ContainsFunc(c.fields.Emails, func(known string) bool { return input.FoldEmail(known) == input.FoldEmail(e) }) {
			c.fields.Emails = append(c.fields.Emails, e)
		}
	}
	add := func(number, kind string) {
		if len(c.fields.Phones) > 0 { // the same number in two columns is no mistake
			c.fields.Phones[0].Number, number = b.number(c.fields.Phones[0].Number), b.number(number)
		}
		if !slices.ContainsFunc(c.fields.Phones, func(p contact.Phone) bool { return p.Number == number }) {
			c.fields.Phones = append(c.fields.Phones, contact.Phone{Number: number, Kind: kind})
		}
	}
	for _, p := range csvfile.Split(b.get(r, "phones")) {
		c.allPhones = true
		for _, kind := range []string{input.Mobile, input.Landline} {
			if number, ok := strings.CutSuffix(p, " "+kind); ok {
				add(number, kind)
				p = ""
			}
		}
		if p != "" {
			add(p, "")
		}
	}
	for field, kind := range map[string]string{"mobile": input.Mobile} {
		for _, p := range csvfile.Split(b.get(r, field)) {
			add(p, kind)
		}
	}
	for _, field := range []string{"phone", "phone_2"} {
		for _, p := range csvfile.Split(b.get(r, field)) {
			add(p, "")
		}
	}
}

// number is a phone number as it is kept; what cannot be read stays, to be refused with the rest of the fields.
func (b *contacts) number(number string) string {
	if kept, err := input.ParsePhone(number, b.region); err == nil {
		return kept
	}
	return number
}

func (b *contacts) decide(_ context.Context, r *row) (err error) {
	c := r.rec.(*contactRow)
	f := c.fields
	if f.CustomerID, c.missing, err = b.find(c.customer); err != nil {
		return err
	}
	if c.missing {
		f.CustomerID = b.anybody // until it is made
	}
	if c.was, err = b.match(c, f); err != nil {
		return err
	}
	if c.was == nil {
		f.Source, f.SourceID = sourceCSV, c.external
		c.want, r.outcome = f, Create
		return nil
	}
	r.target = c.was.ID
	if c.want = c.onto(f); b.batch.Same(*c.was, c.want) {
		r.outcome = Skip
		return nil
	}
	r.outcome = Update
	c.want, err = b.batch.Prepare(c.want) // together they may be too many
	return err
}

// onto is what a known contact becomes.
func (c *contactRow) onto(f contact.Fields) contact.Fields {
	out := c.was.Fields
	out.CustomerID = f.CustomerID
	columns.Put(&out.Name, f.Name)
	columns.Put(&out.JobTitle, f.JobTitle)
	columns.Put(&out.Department, f.Department)
	columns.Put(&out.Language, f.Language)
	columns.Put(&out.Notes, f.Notes)
	if c.given["vip"] {
		out.VIP = f.VIP
	}
	if c.given["approver"] {
		out.Approver = f.Approver
	}
	if c.allEmails {
		out.Emails = nil
	}
	out.Emails = slices.Clone(out.Emails)
	for _, e := range f.Emails {
		if !slices.ContainsFunc(out.Emails, func(known string) bool { return input.FoldEmail(known) == input.FoldEmail(e) }) {
			out.Emails = append(out.Emails, e)
		}
	}
	if c.allPhones {
		out.Phones = nil
	}
	out.Phones = slices.Clone(out.Phones)
	for _, p := range f.Phones {
		if !slices.ContainsFunc(out.Phones, func(known contact.Phone) bool { return known.Number == p.Number }) {
			out.Phones = append(out.Phones, p)
		}
	}
	if len(f.Custom) > 0 {
		custom := map[string]string{}
		maps.Copy(custom, out.Custom)
		maps.Copy(custom, f.Custom)
		out.Custom = custom
	}
	if c.external != "" && (out.Source == "" || out.Source == sourceCSV) {
		out.Source, out.SourceID = sourceCSV, c.external
	}
	return out
}

func (b *contacts) apply(ctx context.Context, tx *store.Tx, r *row) (err error) {
	c := r.rec.(*contactRow)
	f := c.want
	if c.missing {
		if f.CustomerID, err = b.make(ctx, tx, c.customer); err != nil {
			return err
		}
	}
	if c.was != nil {
		_, _, err = b.batch.UpdateIn(ctx, tx, *c.was, f)
		return err
	}
	made, err := b.batch.CreateIn(ctx, tx, f)
	r.target = made.ID
	return err
}

func (b *contacts) tell(ctx context.Context, tx *store.Tx) error {
	if err := b.employers.tell(ctx, tx); err != nil {
		return err
	}
	return b.batch.Tell(ctx, tx)
}
