package wording

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

var (
	errStale    = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errNotFound = fault.New(fault.NotFound, "wording.not_found", "There is no such text, or not in this language.")
	errPage     = fault.New(fault.Conflict, "wording.page", "This text is not sent: it stands on a page or in a note. Look at the preview instead.")
	errAddress  = fault.New(fault.Invalid, "wording.address", "Send it to an address of your own. Only who may change the settings may type another one.")
	errWay      = fault.New(fault.Invalid, "wording.way", "This text does not go to such an address.")
)

// Trial is a text that somebody wants to see arrive.
type Trial struct {
	Channel       Channel
	To            string
	Subject, Body string // of a call: its announcement, and what is said to who listens on
	Language      string
}

// Deps is what a Service works with.
type Deps struct {
	DB    *store.DB
	Guard *access.Guard
	Audit *audit.Log
	// Send queues a trial for the actor in the caller's transaction, within the limits of messages.
	Send func(ctx context.Context, tx *store.Tx, t Trial) (deliveryID string, err error)
}

// Service changes the texts of organizations.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Own is what an organization wrote in the place of one text. The zero Own means that it did not.
type Own struct {
	Key       Key
	Language  string
	Parts     map[string]string
	UpdatedAt time.Time
	Version   int64
}

// All returns what the actor's organization wrote itself.
func (s *Service) All(ctx context.Context) ([]Own, error) {
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	return all(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
}

// Set keeps a text of the organization's own. It refuses one that lacks what its readers need, and says what.
func (s *Service) Set(ctx context.Context, key Key, language string, parts map[string]string, matches func(version int64) error) (Own, error) {
	e, err := s.entry(ctx, key, language)
	if err != nil {
		return Own{}, err
	}
	if parts, err = checked(e, language, parts); err != nil {
		return Own{}, err
	}
	org := access.ActorFrom(ctx).OrgID
	var after Own
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		before, err := find(ctx, tx, org, key, language)
		if err != nil {
			return err
		}
		if err := matches(before.Version); err != nil {
			return err
		}
		after = Own{key, language, parts, store.Now(), before.Version + 1}
		if err := put(ctx, tx, org, after); err != nil {
			return err
		}
		return s.record(ctx, tx, "template.update", before, after)
	})
	return after, err
}

// Reset goes back to the text that comes with Countersign.
func (s *Service) Reset(ctx context.Context, key Key, language string, matches func(version int64) error) error {
	if _, err := s.entry(ctx, key, language); err != nil {
		return err
	}
	org := access.ActorFrom(ctx).OrgID
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		before, err := find(ctx, tx, org, key, language)
		if err != nil || before.Version == 0 {
			return err
		}
		if err := matches(before.Version); err != nil {
			return err
		}
		if err := remove(ctx, tx, org, key, language); err != nil {
			return err
		}
		return s.record(ctx, tx, "template.reset", before, Own{})
	})
}

func (s *Service) record(ctx context.Context, tx *store.Tx, action string, before, after Own) error {
	key, language := before.Key, before.Language
	if after.Version > 0 {
		key, language = after.Key, after.Language
	}
	return s.Audit.Record(ctx, tx, audit.Event{
		Action: action, Targets: []audit.Target{{Type: "template", ID: string(key) + "/" + language}}, Before: before.fields(), After: after.fields(),
	})
}

func (o Own) fields() map[string]any {
	if o.Version == 0 {
		return nil
	}
	out := map[string]any{}
	for name, text := range o.Parts {
		out[name] = text
	}
	return out
}

// Preview is a text as it would arrive, with example values.
type Preview struct {
	Parts   map[string]string
	Length  *Length // of a text message
	Changed bool    // accents were left out of it, which keeps it cheap
}

// Preview fills a text that is not kept yet. It refuses what Set refuses.
func (s *Service) Preview(ctx context.Context, key Key, language string, parts map[string]string) (Preview, error) {
	e, err := s.entry(ctx, key, language)
	if err != nil {
		return Preview{}, err
	}
	if parts, err = checked(e, language, parts); err != nil {
		return Preview{}, err
	}
	o, err := organization.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return Preview{}, err
	}
	fill := Texts{language, map[Key]map[string]string{key: parts}}.filled(key, exampleValues(o.Name))
	out := Preview{Parts: map[string]string{}}
	for _, p := range e.Parts {
		out.Parts[p.Name] = fill(p.Name)
	}
	if e.texts() {
		body := Plain(out.Parts[Body])
		out.Length, out.Changed, out.Parts[Body] = new(Measure(body)), body != out.Parts[Body], body
	}
	return out, nil
}

// texts says whether it goes out as a text message before all.
func (e Entry) texts() bool { return e.Channels[0] == SMS }

// Test sends a text as it is kept to an address of the actor's own, or to any if the actor may change the settings. The limits of messages
// hold, and nothing in it is real.
func (s *Service) Test(ctx context.Context, key Key, language, to string) (deliveryID string, err error) {
	e, err := s.entry(ctx, key, language)
	if err != nil {
		return "", err
	}
	if e.Channels[0] == Page || e.Channels[0] == TicketNote {
		return "", errPage
	}
	actor := access.ActorFrom(ctx)
	o, err := organization.ByID(ctx, s.DB.Read(), actor.OrgID)
	if err != nil {
		return "", err
	}
	if to, err = s.receiver(ctx, o, to); err != nil {
		return "", err
	}
	t := Trial{Channel: e.Channels[0], To: to, Language: language}
	if strings.Contains(to, "@") {
		t.Channel = Email
	} else if t.Channel == Email || len(e.Channels) > 1 {
		t.Channel = SMS
	}
	if !slices.Contains(e.Channels, t.Channel) {
		return "", errWay.At("/to")
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		texts, err := Of(ctx, tx, actor.OrgID, language)
		if err != nil {
			return err
		}
		text := texts.Say(key, exampleValues(o.Name))
		t.Subject, t.Body = cmp.Or(text.Subject, text.Announcement), text.Body
		if deliveryID, err = s.Send(ctx, tx, t); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "template.test", Targets: []audit.Target{{Type: "template", ID: string(key) + "/" + language}},
			Detail: map[string]any{"channel": string(t.Channel), "delivery": deliveryID},
		})
	})
	return deliveryID, err
}

// receiver returns an address in the form in which it is kept, if the actor may have a test sent there.
func (s *Service) receiver(ctx context.Context, o organization.Organization, to string) (string, error) {
	var f input.Form
	if strings.Contains(to, "@") {
		to = f.Email("/to", to)
	} else {
		to = f.Phone("/to", to, o.Region)
	}
	if to == "" {
		f.Refuse("/to", "This is required.")
	}
	if err := f.Err(); err != nil {
		return "", err
	}
	if s.Guard.Check(access.Looking(ctx), perm.AdminSettings, access.Object{Type: "organization", ID: o.ID}) == nil {
		return to, nil
	}
	t, err := technician.ByID(ctx, s.DB.Read(), o.ID, access.ActorFrom(ctx).ID)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return "", fmt.Errorf("read the addresses of the actor: %w", err)
	}
	if err != nil || (to != t.Phone && input.FoldEmail(to) != input.FoldEmail(t.Email)) {
		return "", errAddress.At("/to")
	}
	return to, nil
}

// entry finds a text of the catalogue for an actor who may change it.
func (s *Service) entry(ctx context.Context, key Key, language string) (Entry, error) {
	if err := s.check(ctx); err != nil {
		return Entry{}, err
	}
	e, ok := entryOf(key)
	if !ok || !slices.ContainsFunc(Languages(), func(l Language) bool { return l.Code == language }) {
		return Entry{}, errNotFound
	}
	return e, nil
}

func (s *Service) check(ctx context.Context) error {
	return s.Guard.Check(ctx, perm.AdminTemplates, access.Object{Type: "organization", ID: access.ActorFrom(ctx).OrgID})
}
