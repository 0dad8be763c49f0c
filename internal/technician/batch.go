package technician

import (
	"context"
	"errors"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Batch creates and changes many technicians in transactions of the caller. Rights, region and reach are looked up once; what each single
// change may do is settled as if a person had made it. It is for one goroutine and for as long as one transaction or a few.
type Batch struct {
	s      Service // tells no screens: Tell does
	org    string
	region string
	sees   access.Scope
	gives  map[perm.Role]error // why the actor may not give a role
}

// Batch returns a Batch for the actor.
func (s *Service) Batch(ctx context.Context) (*Batch, error) {
	if err := s.guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return nil, err
	}
	o, err := organization.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	b := &Batch{s: *s, org: o.ID, region: o.Region, gives: map[perm.Role]error{}}
	b.s.quiet = true
	for _, role := range []perm.Role{perm.Administrator, perm.Manager, perm.Technician, perm.ReadOnly} {
		b.gives[role] = s.mayGrant(ctx, role)
	}
	b.sees, err = s.guardCustomers(ctx)
	return b, err
}

// Prepare checks fields and returns them as they are kept; it needs no transaction.
func (b *Batch) Prepare(f Fields) (Fields, error) {
	if f.Status == OverLimit {
		return f, errReserved
	}
	return f.defaults().checked(b.region)
}

// May says whether the actor may create somebody with prepared fields, or give them to t, without doing it. What only shows while it is
// done, such as an email that is taken, is left out.
func (b *Batch) May(ctx context.Context, t *Technician, f Fields) error {
	if t == nil {
		if err := b.mayGrant(ctx, f); err != nil {
			return err
		}
		return unseen(b.sees, nil, f.CustomerIDs)
	}
	if err := b.s.mayReshape(ctx, *t, f.on(t.Fields)); err != nil {
		return err
	}
	return unseen(b.sees, t.CustomerIDs, f.CustomerIDs)
}

func (b *Batch) mayGrant(ctx context.Context, f Fields) error {
	if f.OwnRoleID != "" {
		return b.s.mayGrantOwn(ctx, f)
	}
	return b.gives[f.PlatformRole]
}

// Same says whether a technician has prepared fields already.
func (b *Batch) Same(t Technician, f Fields) bool {
	return t.sameProfile(f) && t.sameRole(f.on(t.Fields)) && t.Status == f.Status && t.sameCustomers(f) && t.sameTeams(f)
}

// CreateIn adds a technician with prepared fields as an invitation. An error of a declared kind leaves the transaction as it was, except one
// about teams.
func (b *Batch) CreateIn(ctx context.Context, tx *store.Tx, f Fields) (Technician, error) {
	if err := b.May(ctx, nil, f); err != nil {
		return Technician{}, err
	}
	t := newTechnician(b.org, f)
	err := b.s.add(ctx, tx, &t, nil)
	return t, err
}

// UpdateIn gives a technician, as read in this transaction, prepared fields, unless they have them already. An error of a
// declared kind leaves the transaction as it was, except one about teams or the last administrator.
func (b *Batch) UpdateIn(ctx context.Context, tx *store.Tx, t Technician, f Fields) (_ Technician, changed bool, err error) {
	if b.Same(t, f) {
		return t, false, nil
	}
	if err := b.May(ctx, &t, f); err != nil {
		return t, false, err
	}
	next := t
	err = b.s.apply(ctx, tx, &next, "technician.update", f.on(t.Fields))
	if errors.Is(err, errUnchanged) {
		return t, false, nil
	}
	return next, err == nil, err
}

// ChangeIn is Update in the caller's transaction: change gets the technician as they are and returns what they should be. It says whether
// anything changed.
func (b *Batch) ChangeIn(ctx context.Context, tx *store.Tx, id string, change func(Technician) (Fields, error)) (t Technician, changed bool, err error) {
	if t, err = Lock(ctx, tx, b.org, id); err != nil {
		return t, false, err
	}
	f, err := change(t)
	if err != nil {
		return t, false, err
	}
	if f, err = f.checked(b.region); err != nil {
		return t, false, err
	}
	return b.UpdateIn(ctx, tx, t, f)
}

// StatusIn is SetStatus, and says whether anything changed.
func (b *Batch) StatusIn(ctx context.Context, tx *store.Tx, id string, status Status, reason string) (changed bool, err error) {
	before, err := Lock(ctx, tx, b.org, id)
	if err != nil {
		return false, err
	}
	_, err = b.s.SetStatus(ctx, tx, id, status, reason)
	return before.Status != status, err
}

// DeleteIn is Delete in the caller's transaction.
func (b *Batch) DeleteIn(ctx context.Context, tx *store.Tx, id string, check func(Technician) error) error {
	return b.s.DeleteIn(ctx, tx, id, check)
}

// ManageIn finds a technician whose sign-in the actor may take into their own hands, as Manage does.
func (b *Batch) ManageIn(ctx context.Context, tx *store.Tx, id string) (Technician, error) {
	t, err := Lock(ctx, tx, b.org, id)
	if err != nil {
		return t, err
	}
	return t, b.s.mayManage(ctx, t)
}

// Refused records that something was refused on principle, outside of any transaction, and returns why.
func (b *Batch) Refused(ctx context.Context, action string, t Technician, why error) error {
	return b.s.refused(ctx, action, t, why)
}

// Tell has the screens load their technicians again: once a transaction, however many changed.
func (b *Batch) Tell(ctx context.Context, tx *store.Tx) error {
	return b.s.events.Publish(ctx, tx, events.Event{Kind: "technician.changed", Needs: perm.AdminTechnicians})
}

// ByEmails finds technicians of one organization by their emails, however they are written; the answer has them under the folded email.
func ByEmails(ctx context.Context, q store.Querier, org string, emails []string) (map[string]Technician, error) {
	keys := make([]string, len(emails))
	for i, e := range emails {
		keys[i] = input.FoldEmail(e)
	}
	out := make(map[string]Technician, len(keys))
	err := chunks(ctx, q, org, "t.email_key", keys, func(t Technician) { out[input.FoldEmail(t.Email)] = t })
	return out, err
}

// BySource finds technicians who came from a source by their ids there.
func BySource(ctx context.Context, q store.Querier, org, source string, ids []string) (map[string]Technician, error) {
	out := make(map[string]Technician, len(ids))
	err := chunks(ctx, q, org, "t.source_id", ids, func(t Technician) {
		if t.ImportedFrom == source {
			out[t.SourceID] = t
		}
	})
	return out, err
}

// ByIDs finds technicians of one organization by their ids; those that are not there are missing from the answer.
func ByIDs(ctx context.Context, q store.Querier, org string, ids []string) (map[string]Technician, error) {
	out := make(map[string]Technician, len(ids))
	err := chunks(ctx, q, org, "t.id", ids, func(t Technician) { out[t.ID] = t })
	return out, err
}

// chunk is how many keys one statement names at most.
const chunk = 50

func chunks(ctx context.Context, q store.Querier, org, column string, keys []string, each func(Technician)) error {
	for part := range slices.Chunk(keys, chunk) {
		found, err := byKeys(ctx, q, org, column, part)
		if err != nil {
			return err
		}
		for _, t := range found {
			each(t)
		}
	}
	return nil
}
