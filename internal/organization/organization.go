// Package organization keeps the MSP itself: its name, where it is, and what its messages may reach.
package organization

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

var (
	errNotFound  = fault.New(fault.NotFound, "organization.not_found", "There is no such organization.")
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

// Active is the status of an organization whose people may sign in.
const Active = "active"

const (
	maxName      = 200
	maxCountries = 250
)

// Organization is one MSP: the boundary of all data.
type Organization struct {
	ID   string
	Slug string
	Settings
	Status    string
	Demo      bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Settings are what its administrators may change.
type Settings struct {
	Name             string
	Region           string // ISO 3166; the default country of phone numbers
	TimeZone         string
	Locale           string   // the language of messages to people whose own is not known
	AllowedCountries []string // to which messages and calls may go
}

// Service changes organizations.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus) *Service {
	return &Service{db, guard, log, bus}
}

// Create makes an organization. Empty settings become those of an English-speaking one in the United States; messages may go to its
// own country only. It begins with the roles that come with Countersign.
func (s *Service) Create(ctx context.Context, tx *store.Tx, want Settings, demo bool) (Organization, error) {
	want.Region = orElse(want.Region, "US")
	want.TimeZone = orElse(want.TimeZone, "UTC")
	want.Locale = orElse(want.Locale, "en")
	if want.AllowedCountries == nil {
		want.AllowedCountries = []string{strings.ToUpper(want.Region)}
	}
	want, err := want.checked()
	if err != nil {
		return Organization{}, err
	}
	now := store.Now()
	o := Organization{ID: id.New(), Settings: want, Status: Active, Demo: demo, CreatedAt: now, UpdatedAt: now, Version: 1}
	if o.Slug, err = freeSlug(ctx, tx, slugOf(want.Name)); err != nil {
		return Organization{}, fmt.Errorf("find a short name for an organization: %w", err)
	}
	if err := insert(ctx, tx, o); err != nil {
		return Organization{}, fmt.Errorf("create organization %s: %w", o.ID, err)
	}
	if err := role.Seed(ctx, tx, o.ID); err != nil {
		return Organization{}, fmt.Errorf("create organization %s: %w", o.ID, err)
	}
	actor := access.ActorFrom(ctx)
	actor.OrgID = o.ID
	if actor.ID == "" {
		actor = access.System(o.ID)
	}
	return o, s.audit.Record(access.WithActor(ctx, actor), tx, audit.Event{
		Action: "organization.create", Targets: o.targets(), Detail: map[string]any{"region": o.Region, "demo": demo},
	})
}

// Current returns the organization of the actor.
func (s *Service) Current(ctx context.Context) (Organization, error) {
	if err := s.guard.Check(ctx, perm.SignedIn, access.Object{Type: "organization"}); err != nil {
		return Organization{}, err
	}
	return ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID)
}

// Update changes the settings of the actor's organization; change gets them as they are, with their version.
func (s *Service) Update(ctx context.Context, change func(Organization) (Settings, error)) (Organization, error) {
	org := access.ActorFrom(ctx).OrgID
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: org}); err != nil {
		return Organization{}, err
	}
	var o Organization
	err := s.db.Write(ctx, func(tx *store.Tx) (err error) {
		if o, err = ByID(ctx, tx, org); err != nil {
			return err
		}
		next, err := change(o)
		if err != nil {
			return err
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		before := o.Settings
		if same(before, next) {
			return errUnchanged
		}
		o.Settings, o.UpdatedAt = next, store.Now()
		if err := update(ctx, tx, o); err != nil {
			return fmt.Errorf("change organization %s: %w", o.ID, err)
		}
		o.Version++
		err = s.audit.Record(ctx, tx, audit.Event{
			Action: "organization.update", Targets: o.targets(), Before: before.fields(), After: next.fields(),
		})
		if err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, events.Event{Kind: "organization.changed", ID: o.ID, Needs: perm.SignedIn})
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Organization{}, err
	}
	return o, nil
}

func (w Settings) checked() (Settings, error) {
	var f input.Form
	w.Name = f.Required("/name", w.Name, maxName)
	w.Region = f.Region("/region", w.Region)
	if w.TimeZone = f.TimeZone("/time_zone", w.TimeZone); w.TimeZone == "" {
		f.Refuse("/time_zone", "Choose a time zone, such as Europe/Paris or UTC.")
	}
	if w.Locale = f.Language("/locale", w.Locale); w.Locale == "" {
		f.Refuse("/locale", "Choose a language, such as en or fr.")
	}
	if len(w.AllowedCountries) > maxCountries {
		f.Refuse("/allowed_countries", "These are more countries than there are.")
		return w, f.Err()
	}
	countries := make([]string, 0, len(w.AllowedCountries))
	for i, c := range w.AllowedCountries {
		c = f.Region(fmt.Sprintf("/allowed_countries/%d", i), c)
		if !slices.Contains(countries, c) {
			countries = append(countries, c)
		}
	}
	w.AllowedCountries = countries
	return w, f.Err()
}

func same(a, b Settings) bool {
	return a.Name == b.Name && a.Region == b.Region && a.TimeZone == b.TimeZone && a.Locale == b.Locale &&
		slices.Equal(a.AllowedCountries, b.AllowedCountries)
}

func (w Settings) fields() map[string]any {
	return map[string]any{
		"name": w.Name, "region": w.Region, "time_zone": w.TimeZone, "locale": w.Locale, "allowed_countries": w.AllowedCountries,
	}
}

func (o Organization) targets() []audit.Target {
	return []audit.Target{{Type: "organization", ID: o.ID, Name: o.Name}}
}

// slugOf makes a name fit for an address: lower-case letters, digits and single hyphens.
func slugOf(name string) string {
	words := strings.FieldsFunc(store.Fold(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') })
	slug := strings.Join(words, "-")
	return orElse(strings.Trim(slug[:min(len(slug), 40)], "-"), "organization")
}

func orElse(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
