package csvimport

import (
	"context"
	"strings"

	"countersign.dev/countersign/internal/csvimport/columns"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// devices finds a computer by its id, its external id, or its name at its customer.
type devices struct {
	cells
	employers
	batch  *device.Batch
	byID   map[string]device.Device
	byName map[place][]string
	groups map[place][]string
	source map[string]string
}

type deviceRow struct {
	id, external, customer, group, key string
	missing                            bool // the customer
	fields                             device.Fields
	was                                *device.Device
}

func newDevices(ctx context.Context, s *Service, i Import) (book, error) {
	scope, err := s.Guard.Customers(ctx, perm.AdminDevices)
	if err != nil {
		return nil, err
	}
	batch, err := s.Devices.Batch(ctx)
	return &devices{
		cells: cells{i.Mapping}, employers: employers{s: s, org: i.OrgID, scope: scope, create: i.Options.CreateCustomers}, batch: batch,
	}, err
}

func (b *devices) read(r *row) (keys []string, err error) {
	d := &deviceRow{id: b.get(r, "id"), external: b.get(r, "external_id"), customer: b.get(r, "customer"), group: b.get(r, "group")}
	d.fields = device.Fields{Name: b.get(r, "name"), Platform: platform(b.get(r, "platform")), Description: b.get(r, "description")}
	r.rec, r.name, d.key = d, d.fields.Name, store.Fold(d.fields.Name)
	if d.fields.Name == "" {
		return nil, errRequired.At("/name")
	}
	if d.external != "" {
		return []string{"x " + d.external}, nil
	}
	return []string{"n " + store.Fold(d.customer) + "\n" + d.key}, nil
}

// platform reads what inventories say of a system.
func platform(value string) string {
	folded := store.Fold(value)
	for _, known := range []struct{ word, platform string }{
		{"windows", "windows"},
		{"mac", "macos"},
		{"os x", "macos"},
		{"darwin", "macos"},
		{"linux", "linux"},
		{"ubuntu", "linux"},
		{"debian", "linux"},
		{"red hat", "linux"},
		{"centos", "linux"},
		{"suse", "linux"},
	} {
		if strings.Contains(folded, known.word) {
			return known.platform
		}
	}
	if folded == "" {
		return ""
	}
	return "other"
}

func (b *devices) load(ctx context.Context, q store.Querier, rows []*row) (err error) {
	var ids, externals, names []string
	for _, r := range rows {
		d := r.rec.(*deviceRow)
		ids, externals, names = append(ids, d.id), append(externals, d.external), append(names, d.customer)
	}
	if err := b.employers.load(ctx, q, names); err != nil {
		return err
	}
	var at, groups []place
	for _, r := range rows {
		d := r.rec.(*deviceRow)
		customer, _, err := b.place(d)
		if err != nil {
			continue // decide says so
		}
		at, groups = append(at, place{customer, d.key}), append(groups, place{customer, store.Fold(d.group)})
	}
	if b.source, err = sources(ctx, q, b.org, Devices, columns.Distinct(externals)); err != nil {
		return err
	}
	if b.byName, err = devicesByName(ctx, q, b.org, at); err != nil {
		return err
	}
	if b.groups, err = groupsByName(ctx, q, b.org, groups); err != nil {
		return err
	}
	for _, target := range b.source {
		ids = append(ids, target)
	}
	for _, found := range b.byName {
		ids = append(ids, found...)
	}
	found, err := device.ByIDs(ctx, q, b.org, columns.Distinct(ids))
	b.byID = make(map[string]device.Device, len(found))
	for _, d := range found {
		b.byID[d.ID] = d
	}
	return err
}

// place is the customer that a row names, "" if it names none.
func (b *devices) place(d *deviceRow) (customerID string, missing bool, err error) {
	if d.customer == "" {
		return "", false, nil
	}
	return b.employers.find(d.customer)
}

func (b *devices) find(d *deviceRow, customerID string) (*device.Device, error) {
	if found, ok := b.byID[d.id]; ok && d.id != "" {
		return &found, nil
	}
	if found, ok := b.byID[b.source[d.external]]; ok && d.external != "" {
		return &found, nil
	}
	same := b.byName[place{customerID, d.key}]
	if len(same) > 1 {
		return nil, errAmbiguous.At("/name")
	}
	if len(same) == 1 {
		found := b.byID[same[0]]
		return &found, nil
	}
	return nil, nil
}

func (b *devices) decide(_ context.Context, r *row) (err error) {
	d := r.rec.(*deviceRow)
	customerID, missing, err := b.place(d)
	if err != nil {
		return err
	}
	d.missing = missing
	if !missing {
		if d.was, err = b.find(d, customerID); err != nil {
			return err
		}
	}
	want := d.fields
	if d.was != nil {
		r.target = d.was.ID
		want = d.was.Fields
		columns.Put(&want.Name, d.fields.Name)
		columns.Put(&want.Platform, d.fields.Platform)
		columns.Put(&want.Description, d.fields.Description)
	}
	if customerID != "" && customerID != want.CustomerID {
		want.CustomerID, want.GroupID = customerID, ""
	}
	if missing {
		want.CustomerID, want.GroupID = id.New(), "" // until it is made
	}
	if d.group != "" {
		found := b.groups[place{customerID, store.Fold(d.group)}]
		if missing || len(found) != 1 {
			return errGroup.At("/group")
		}
		want.GroupID = found[0]
	}
	if want, err = b.batch.Prepare(want); err != nil {
		return err
	}
	switch {
	case d.was == nil:
		r.outcome = Create
	case b.batch.Same(*d.was, want) && (d.external == "" || b.source[d.external] == d.was.ID):
		r.outcome = Skip
	default:
		r.outcome = Update
	}
	d.fields = want
	return nil
}

func (b *devices) apply(ctx context.Context, tx *store.Tx, r *row) (err error) {
	d := r.rec.(*deviceRow)
	f := d.fields
	if d.missing {
		if f.CustomerID, err = b.make(ctx, tx, d.customer); err != nil {
			return err
		}
	}
	if d.was != nil {
		_, _, err = b.batch.UpdateIn(ctx, tx, *d.was, f)
	} else {
		var made device.Device
		made, err = b.batch.CreateIn(ctx, tx, f)
		r.target = made.ID
	}
	if err != nil || d.external == "" || b.source[d.external] == r.target {
		return err
	}
	return setSource(ctx, tx, b.org, Devices, d.external, r.target)
}

func (b *devices) tell(ctx context.Context, tx *store.Tx) error {
	if err := b.employers.tell(ctx, tx); err != nil {
		return err
	}
	return b.batch.Tell(ctx, tx)
}
