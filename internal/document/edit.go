package document

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// Shown is a document in one language as the library lists it.
type Shown struct {
	Version
	Holds   Text     // what is shown now
	Missing []string // placeholders for which the organization has entered nothing
	URL     string   // of its page; "" if it is not published
}

// here is the actor's organization with all that its documents have in common.
func (s *Service) here(ctx context.Context, q store.Querier) (circumstances, error) {
	if err := s.reader(ctx); err != nil {
		return circumstances{}, err
	}
	o, err := organization.ByID(ctx, q, access.ActorFrom(ctx).OrgID)
	if err != nil {
		return circumstances{}, err
	}
	return s.circumstances(ctx, q, o)
}

func (s *Service) shown(v Version, c circumstances) Shown {
	t := v.text()
	return Shown{v, t, s.missing(t, c, v.Language), s.publicURL(c, v.Key)}
}

// All returns every document in every language.
func (s *Service) All(ctx context.Context) ([]Shown, error) {
	c, err := s.here(ctx, s.DB.Read())
	if err != nil {
		return nil, err
	}
	newest, err := newestOfAll(ctx, s.DB.Read(), c.organization.ID)
	if err != nil {
		return nil, err
	}
	var out []Shown
	for _, e := range Catalogue() {
		for _, l := range Languages() {
			v := Version{Key: e.Key, Language: l.Code}
			if i := slices.IndexFunc(newest, func(x Version) bool { return x.Key == e.Key && x.Language == l.Code }); i >= 0 {
				v = newest[i]
			}
			out = append(out, s.shown(v, c))
		}
	}
	return out, nil
}

// Find returns one document in one language.
func (s *Service) Find(ctx context.Context, key Key, language string) (Shown, error) {
	c, err := s.here(ctx, s.DB.Read())
	if err != nil {
		return Shown{}, err
	}
	if _, _, err := entry(key, language); err != nil {
		return Shown{}, err
	}
	v, err := newest(ctx, s.DB.Read(), c.organization.ID, key, language)
	return s.shown(v, c), err
}

// Versions returns the changes of a document in one language, the newest first, and the cursor of the next page.
func (s *Service) Versions(ctx context.Context, key Key, language string, page store.Page) ([]Version, string, error) {
	if err := s.admin(ctx); err != nil {
		return nil, "", err
	}
	if _, _, err := entry(key, language); err != nil {
		return nil, "", err
	}
	return versions(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, key, language, page)
}

// Save keeps a text of the organization's own as a new version. What lacks a required placeholder, or holds what cannot be shown, is refused.
func (s *Service) Save(ctx context.Context, key Key, language string, t Text, matches func(version int64) error) (Shown, error) {
	e, _, err := s.editable(ctx, key, language)
	if err != nil {
		return Shown{}, err
	}
	if t, err = checked(e, t); err != nil {
		return Shown{}, err
	}
	return s.change(ctx, key, language, "document.update", matches, func(*store.Tx) (Version, error) {
		return Version{Text: t, Action: Saved}, nil
	})
}

// Restore makes an earlier version the newest. It is checked anew: what was good once may lack a placeholder that is required since.
func (s *Service) Restore(ctx context.Context, key Key, language string, number int64, matches func(version int64) error) (Shown, error) {
	e, _, err := s.editable(ctx, key, language)
	if err != nil {
		return Shown{}, err
	}
	return s.change(ctx, key, language, "document.restore", matches, func(tx *store.Tx) (Version, error) {
		old, err := version(ctx, tx, access.ActorFrom(ctx).OrgID, key, language, number)
		if err != nil {
			return Version{}, err
		}
		if old.Action == Reset {
			return Version{}, errSupplied
		}
		t, err := checked(e, old.Text)
		return Version{Text: t, Action: Restored, From: number}, err
	})
}

// Reset goes back to the supplied text. The versions before stay.
func (s *Service) Reset(ctx context.Context, key Key, language string, matches func(version int64) error) (Shown, error) {
	if _, _, err := s.editable(ctx, key, language); err != nil {
		return Shown{}, err
	}
	return s.change(ctx, key, language, "document.reset", matches, func(*store.Tx) (Version, error) {
		return Version{Action: Reset}, nil
	})
}

func (s *Service) editable(ctx context.Context, key Key, language string) (Entry, wording.Language, error) {
	if err := s.admin(ctx); err != nil {
		return Entry{}, wording.Language{}, err
	}
	return entry(key, language)
}

// change adds a version, unless nothing would be different.
func (s *Service) change(
	ctx context.Context, key Key, language, action string, matches func(int64) error, next func(*store.Tx) (Version, error),
) (out Shown, err error) {
	actor := access.ActorFrom(ctx)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		before, err := newest(ctx, tx, actor.OrgID, key, language)
		if err != nil {
			return err
		}
		if err := matches(before.Number); err != nil {
			return err
		}
		after, err := next(tx)
		if err != nil {
			return err
		}
		c, err := s.here(ctx, tx)
		if err != nil {
			return err
		}
		if after.Text == before.Text && (after.Action == Reset) == !before.own() {
			out = s.shown(before, c)
			return nil
		}
		after.Key, after.Language, after.Number = key, language, before.Number+1
		after.ByID, after.ByName, after.At = actor.ID, actor.Name, store.Now()
		if err := insert(ctx, tx, actor.OrgID, after); err != nil {
			return err
		}
		out = s.shown(after, c)
		if err := s.Audit.Record(ctx, tx, audit.Event{
			Action: action, Targets: []audit.Target{{Type: "document", ID: string(key) + "/" + language}}, Before: before.record(), After: after.record(),
		}); err != nil {
			return err
		}
		return s.tell(ctx, tx, string(key))
	})
	return out, err
}

func (v Version) record() map[string]any {
	if !v.own() {
		return nil
	}
	out := map[string]any{"version": v.Number, "title": v.Title, "body": v.Body}
	if v.From > 0 {
		out["restored_from"] = v.From
	}
	return out
}

// tell lets the screens load the documents again.
func (s *Service) tell(ctx context.Context, tx *store.Tx, id string) error {
	return s.Events.Publish(ctx, tx, events.Event{Kind: "document.changed", ID: id, Needs: perm.SignedIn})
}

// Preview fills a text that is not kept yet. It refuses what Save refuses.
func (s *Service) Preview(ctx context.Context, key Key, language string, t Text) (Document, error) {
	e, l, err := s.editable(ctx, key, language)
	if err != nil {
		return Document{}, err
	}
	if t, err = checked(e, t); err != nil {
		return Document{}, err
	}
	c, err := s.here(ctx, s.DB.Read())
	if err != nil {
		return Document{}, err
	}
	return s.make(e, t, l, c, Person{})
}

// For returns a document as it is now, made out to a contact, or to a customer, or to nobody in particular. The actor has to see them.
func (s *Service) For(ctx context.Context, key Key, language, contactID, customerID string) (Document, error) {
	d, _, err := s.copyFor(ctx, key, language, contactID, customerID)
	return d, err
}

// copyFor is For with what the document was filled from.
func (s *Service) copyFor(ctx context.Context, key Key, language, contactID, customerID string) (Document, circumstances, error) {
	shown, err := s.Find(ctx, key, language)
	if err != nil {
		return Document{}, circumstances{}, err
	}
	var who Person
	switch {
	case contactID != "":
		found, err := s.Contacts.Find(ctx, contactID)
		if err != nil {
			return Document{}, circumstances{}, err
		}
		who = Person{found.Name, found.CustomerName}
	case customerID != "":
		found, err := s.Customers.Find(ctx, customerID)
		if err != nil {
			return Document{}, circumstances{}, err
		}
		who = Person{Customer: found.Name}
	}
	c, err := s.here(ctx, s.DB.Read())
	if err != nil {
		return Document{}, c, err
	}
	e, l, err := entry(key, language)
	if err != nil {
		return Document{}, c, err
	}
	d, err := s.make(e, shown.Holds, l, c, who)
	return d, c, err
}
