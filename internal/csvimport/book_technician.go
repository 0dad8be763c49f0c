package csvimport

import (
	"context"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// technicians finds somebody by the id, the external id or the email. New ones are invitations: a file brings no passwords, and nobody
// above what the importer may give.
type technicians struct {
	cells
	employers
	invite   bool
	batch    *technician.Batch
	byID     map[string]technician.Technician
	byEmail  map[string]technician.Technician
	bySource map[string]technician.Technician
	roles    platformrole.Names
}

type technicianRow struct {
	id, external, whole string
	role                string // a platform role of the organization by its name or id
	fields              technician.Fields
	customers           []string // names
	was                 *technician.Technician
}

func newTechnicians(ctx context.Context, s *Service, i Import) (book, error) {
	batch, err := s.Technicians.Batch(ctx)
	if err != nil {
		return nil, err
	}
	scope, err := s.Guard.Customers(ctx, perm.CustomerView)
	if err != nil && fault.KindOf(err) != fault.Denied { // then no customer is found
		return nil, err
	}
	return &technicians{cells: cells{i.Mapping}, employers: employers{s: s, org: i.OrgID, scope: scope}, invite: i.Options.SendInvitations, batch: batch}, nil
}

func (b *technicians) read(r *row) (keys []string, err error) {
	t := &technicianRow{id: b.get(r, "id"), external: b.get(r, "external_id"), customers: csvfile.Split(b.get(r, "customers"))}
	t.fields = technician.Fields{
		Email: b.get(r, "email"), Phone: b.get(r, "phone"), JobTitle: b.get(r, "job_title"), Department: b.get(r, "department"),
		Usernames: csvfile.Split(b.get(r, "usernames")), Locale: columns.Language(b.get(r, "locale")), TimeZone: b.get(r, "time_zone"),
	}
	whole, given, family := b.person(r)
	if given == "" && family == "" {
		given, family = technician.SplitName(whole)
		t.whole = whole
	}
	t.fields.GivenName, t.fields.FamilyName = given, family
	r.rec, r.name = t, whole
	switch {
	case whole == "":
		return nil, errRequired.At("/name")
	case t.fields.Email == "":
		return nil, errRequired.At("/email")
	}
	var four bool
	if t.fields.PlatformRole, four = technician.RoleNamed(b.get(r, "role")); !four {
		t.role = b.get(r, "role")
	}
	keys = []string{"e " + input.FoldEmail(t.fields.Email)}
	if t.external != "" {
		keys = append(keys, "x "+t.external)
	}
	return keys, nil
}

func (b *technicians) load(ctx context.Context, q store.Querier, rows []*row) (err error) {
	var ids, externals, emails, names []string
	for _, r := range rows {
		t := r.rec.(*technicianRow)
		ids, externals, emails = append(ids, t.id), append(externals, t.external), append(emails, t.fields.Email)
		names = append(names, t.customers...)
	}
	if err := b.employers.load(ctx, q, names); err != nil {
		return err
	}
	if b.byID, err = technician.ByIDs(ctx, q, b.org, columns.Distinct(ids)); err != nil {
		return err
	}
	if b.byEmail, err = technician.ByEmails(ctx, q, b.org, columns.Distinct(emails)); err != nil {
		return err
	}
	if b.bySource, err = technician.BySource(ctx, q, b.org, sourceCSV, columns.Distinct(externals)); err != nil {
		return err
	}
	b.roles, err = platformrole.Named(ctx, q, b.org)
	return err
}

// role is what a row says about the platform role: one of the four, or one that the organization made with what that is based on.
func (b *technicians) role(t *technicianRow) (perm.Role, string, error) {
	if t.role == "" {
		return t.fields.PlatformRole, "", nil
	}
	r, ok := b.roles.Find(t.role)
	if !ok {
		return "", "", errRole.With("There is no platform role called " + t.role + ". Write administrator, manager, technician, read_only, or the name of one that your organization made.").At("/role")
	}
	return r.BasedOn, r.ID, nil
}

func (b *technicians) find(t *technicianRow) *technician.Technician {
	if found, ok := b.byID[t.id]; ok && t.id != "" {
		return &found
	}
	if found, ok := b.bySource[t.external]; ok && t.external != "" {
		return &found
	}
	if found, ok := b.byEmail[input.FoldEmail(t.fields.Email)]; ok {
		return &found
	}
	return nil
}

func (b *technicians) decide(ctx context.Context, r *row) (err error) {
	t := r.rec.(*technicianRow)
	want := t.fields
	if want.PlatformRole, want.OwnRoleID, err = b.role(t); err != nil {
		return err
	}
	for _, name := range t.customers {
		id, _, err := b.employers.find(name)
		if err != nil {
			if e := fault.CodeOf(err); e == errCustomer.Code {
				return errCustomer.With("There is no customer called " + name + ", or you may not see it.").At("/customers")
			}
			return err
		}
		want.CustomerIDs = append(want.CustomerIDs, id)
	}
	t.was = b.find(t)
	if t.was == nil {
		want.ImportedFrom, want.SourceID = sourceCSV, t.external
	} else {
		r.target = t.was.ID
		want = t.onto(want)
	}
	if want, err = b.batch.Prepare(want); err != nil {
		return err
	}
	if t.was != nil && b.batch.Same(*t.was, want) {
		r.outcome = Skip
		return nil
	}
	if err := b.batch.May(ctx, t.was, want); err != nil {
		if fault.KindOf(err) == fault.Denied && (t.was == nil || t.was.PlatformRole != want.PlatformRole || t.was.OwnRoleID != want.OwnRoleID) {
			r.field = "role" // unless the refusal names another
		}
		return err
	}
	if r.outcome = Create; t.was != nil {
		r.outcome = Update
	}
	t.fields = want
	return nil
}

// onto is what a known technician becomes: what the row leaves empty stays.
func (t *technicianRow) onto(f technician.Fields) technician.Fields {
	out := t.was.Fields
	if t.whole == "" || t.whole != out.Name() {
		columns.Put(&out.GivenName, f.GivenName)
		columns.Put(&out.FamilyName, f.FamilyName)
	}
	columns.Put(&out.Email, f.Email)
	columns.Put(&out.Phone, f.Phone)
	columns.Put(&out.JobTitle, f.JobTitle)
	columns.Put(&out.Department, f.Department)
	columns.Put(&out.Locale, f.Locale)
	columns.Put(&out.TimeZone, f.TimeZone)
	if f.PlatformRole != "" {
		out.PlatformRole = f.PlatformRole
	}
	if f.OwnRoleID != "" { // one of the four alone leaves the organization's own that is based on it
		out.OwnRoleID = f.OwnRoleID
	}
	if len(f.Usernames) > 0 {
		out.Usernames = f.Usernames
	}
	if len(f.CustomerIDs) > 0 {
		out.CustomerIDs = f.CustomerIDs
	}
	if t.external != "" && (out.ImportedFrom == "" || out.ImportedFrom == sourceCSV) {
		out.ImportedFrom, out.SourceID = sourceCSV, t.external
	}
	return out
}

func (b *technicians) apply(ctx context.Context, tx *store.Tx, r *row) error {
	t := r.rec.(*technicianRow)
	if t.was != nil {
		_, _, err := b.batch.UpdateIn(ctx, tx, *t.was, t.fields)
		return err
	}
	made, err := b.batch.CreateIn(ctx, tx, t.fields)
	if err != nil {
		return err
	}
	r.target = made.ID
	if b.invite && b.s.Invite != nil {
		return b.s.Invite(ctx, tx, made)
	}
	return nil
}

func (b *technicians) tell(ctx context.Context, tx *store.Tx) error { return b.batch.Tell(ctx, tx) }
