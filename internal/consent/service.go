package consent

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const maxNote = 1000

// Service shows consent, and lets technicians write down what they were told.
type Service struct {
	Ledger
	db    *store.DB
	guard *access.Guard
	// TextVersion names the text that forms show now, in a language; app sets it.
	TextVersion func(ctx context.Context, orgID string) (string, error)
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, l Ledger) *Service {
	return &Service{Ledger: l, db: db, guard: guard}
}

// Shown is what a contact's page shows of one address.
type Shown struct {
	Address string
	Standing
}

// OfContact returns the standing of each address of a contact that the actor may see, numbers first.
func (s *Service) OfContact(ctx context.Context, contactID string) (c contact.Contact, out []Shown, err error) {
	if c, err = s.visible(ctx, contactID); err != nil {
		return c, nil, err
	}
	addresses := append(c.Numbers(), c.Emails...)
	all, err := s.OfAll(ctx, s.db.Read(), c.OrgID, addresses)
	if err != nil {
		return c, nil, err
	}
	for _, a := range addresses {
		out = append(out, Shown{a, all[a]})
	}
	return c, out, nil
}

// History returns what was said about the addresses of a contact, the newest first, and the cursor of the next page. What another
// contact with the same address said is told without its circumstances.
func (s *Service) History(ctx context.Context, contactID string, page store.Page) ([]Record, map[string]Text, string, error) {
	c, err := s.visible(ctx, contactID)
	if err != nil {
		return nil, nil, "", err
	}
	keys := make([]string, 0, len(c.Phones)+len(c.Emails))
	for _, a := range append(c.Numbers(), c.Emails...) {
		keys = append(keys, Key(a))
	}
	found, next, err := history(ctx, s.db.Read(), c.OrgID, contactID, keys, page)
	if err != nil {
		return nil, nil, "", err
	}
	var versions []string
	for i, r := range found {
		if r.ContactID != "" && !r.Mine {
			found[i].Note, found[i].IP, found[i].ByID, found[i].ByName, found[i].FormID, found[i].ContactID = "", "", "", "", "", ""
		}
		if r.TextVersion != "" && !slices.Contains(versions, r.TextVersion) {
			versions = append(versions, r.TextVersion)
		}
	}
	shown, err := texts(ctx, s.db.Read(), c.OrgID, versions)
	return found, shown, next, err
}

func (s *Service) visible(ctx context.Context, contactID string) (contact.Contact, error) {
	c, err := contact.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, contactID)
	if err != nil {
		return c, err
	}
	return c, s.guard.Check(ctx, perm.ContactView, c.Object())
}

// Told is what a technician writes down.
type Told struct {
	Address string
	State   State  // OptedIn or OptedOut
	Source  Source // ByVoice or ByWriting
	Kind    Kind
	Note    string // who said it when, or where the paper lies
}

// WriteDown keeps what a contact told a technician. Who asked for no more messages themself is not opted in by anybody else (MSG-20).
func (s *Service) WriteDown(ctx context.Context, contactID string, t Told) error {
	c, err := s.visible(ctx, contactID)
	if err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.ContactEdit, c.Object()); err != nil {
		return err
	}
	if t, err = t.checked(c); err != nil {
		return err
	}
	actor := access.ActorFrom(ctx)
	return s.db.Write(ctx, func(tx *store.Tx) error {
		now, err := s.Of(ctx, tx, c.OrgID, t.Address)
		if err != nil {
			return err
		}
		if t.State == OptedIn && now.State == OptedOut && now.OwnWord() {
			return errOwnWord
		}
		changed, err := s.Put(ctx, tx, Record{
			Address: t.Address, State: t.State, Source: t.Source, Kind: t.Kind, ContactID: c.ID, ByID: actor.ID, ByName: actor.Name, Note: t.Note,
		})
		if err == nil && !changed {
			return errSame
		}
		return err
	})
}

func (t Told) checked(c contact.Contact) (Told, error) {
	var form input.Form
	if t.State != OptedIn && t.State != OptedOut {
		form.Refuse("/state", "A person opts in or out.")
	}
	if t.Source != ByVoice && t.Source != ByWriting {
		form.Refuse("/source", "Say whether it was verbal or written.")
	}
	if t.Kind == "" {
		t.Kind = Conversational
	}
	if t.Kind != Conversational && t.Kind != Informational {
		form.Refuse("/kind", "Consent is conversational or informational.")
	}
	if t.Note = form.Text("/note", t.Note, maxNote); t.Note == "" {
		form.Refuse("/note", "Write who said it and when, or where the paper lies.")
	}
	if err := form.Err(); err != nil {
		return t, err
	}
	for _, a := range append(c.Numbers(), c.Emails...) {
		if Key(a) == Key(t.Address) {
			return t, nil
		}
	}
	return t, errAddress
}
