// Package branding keeps what an organization looks like: its color, the name that it shows and its logo, for the console, the sign-in
// page, the pages of end users and the mails to them.
package branding

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/picture"
	"countersign.dev/countersign/internal/store"
)

var (
	errNoLogo    = fault.New(fault.NotFound, "branding.no_logo", "There is no such logo.")
	errStale     = fault.New(fault.Stale, "request.stale", "Somebody changed this in the meantime. Load it again.")
	errBusy      = fault.New(fault.Limited, "branding.busy", "Another picture is just being read. Try again in a moment.").After(time.Second)
	errUnchanged = errors.New("nothing changed") // ends a transaction that has nothing to keep
)

const (
	maxName    = 100
	maxLogo    = 1 << 20
	logoWidth  = 640
	logoHeight = 160
)

// neutral is the name on pages that belong to no organization in particular.
const neutral = "Countersign"

// Brand is what an organization looks like to people.
type Brand struct {
	Name   string // the display name, or else the organization's
	Color  string // "#rrggbb"; "" is Countersign's own
	LogoID string // names the logo in its address; "" if there is none
}

// LogoPath is where the logo lies on this server, "" if there is none.
func (b Brand) LogoPath() string {
	if b.LogoID == "" {
		return ""
	}
	return "/api/public/logo/" + b.LogoID
}

// Accents are what the brand's color looks like where it has to be read.
func (b Brand) Accents() Accents { return AccentsOf(b.Color) }

// Of returns the brand of an organization.
func Of(ctx context.Context, q store.Querier, orgID string) (Brand, error) {
	o, err := organization.ByID(ctx, q, orgID)
	if err != nil {
		return Brand{}, err
	}
	s, err := read(ctx, q, orgID)
	if err != nil {
		return Brand{}, fmt.Errorf("read the branding of %s: %w", orgID, err)
	}
	return s.brand(o.Name), nil
}

// Settings are what administrators may change. The zero Settings are those of an organization that never did.
type Settings struct {
	Color       string
	DisplayName string
	LogoID      string
	UpdatedAt   time.Time
	Version     int64
}

func (s Settings) brand(organization string) Brand {
	b := Brand{Name: s.DisplayName, Color: s.Color, LogoID: s.LogoID}
	if b.Name == "" {
		b.Name = organization
	}
	return b
}

// Service changes brandings.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	slots  chan struct{} // decoding takes memory: one picture at a time
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus) *Service {
	return &Service{db, guard, log, bus, make(chan struct{}, 1)}
}

// Current returns the settings of the actor's organization.
func (s *Service) Current(ctx context.Context) (Settings, error) {
	if err := s.admin(ctx); err != nil {
		return Settings{}, err
	}
	return read(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID)
}

// Update changes color and display name; change gets the settings as they are and returns what they should be.
func (s *Service) Update(ctx context.Context, change func(Settings) (color, displayName string, err error)) (Settings, error) {
	return s.write(ctx, "branding.update", func(_ *store.Tx, now Settings) (Settings, error) {
		next := now
		color, name, err := change(now)
		if err != nil {
			return now, err
		}
		next.Color, next.DisplayName, err = checked(color, name)
		return next, err
	})
}

// SetLogo reads a picture and keeps it, made anew and no larger than pages show it.
func (s *Service) SetLogo(ctx context.Context, r io.Reader) (Settings, error) {
	if err := s.admin(ctx); err != nil {
		return Settings{}, err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return Settings{}, errBusy
	}
	img, err := picture.Decode(r, picture.Limits{Bytes: maxLogo, Pixels: 8_000_000, Side: 8192})
	if err != nil {
		return Settings{}, err
	}
	content, err := picture.PNG(picture.Fit(img, logoWidth, logoHeight))
	if err != nil {
		return Settings{}, err
	}
	return s.write(ctx, "branding.set_logo", func(tx *store.Tx, now Settings) (Settings, error) {
		next := now
		next.LogoID = id.Secret()
		return next, insertLogo(ctx, tx, access.ActorFrom(ctx).OrgID, next.LogoID, content, store.Now())
	})
}

// RemoveLogo goes back to the name alone.
func (s *Service) RemoveLogo(ctx context.Context) (Settings, error) {
	return s.write(ctx, "branding.remove_logo", func(_ *store.Tx, now Settings) (Settings, error) {
		now.LogoID = ""
		return now, nil
	})
}

// write changes the settings in one transaction with its event, and forgets a logo that nothing names any more.
func (s *Service) write(ctx context.Context, action string, change func(tx *store.Tx, now Settings) (Settings, error)) (after Settings, err error) {
	if err := s.admin(ctx); err != nil {
		return after, err
	}
	org := access.ActorFrom(ctx).OrgID
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		before, err := lock(ctx, tx, org, store.Now())
		if err != nil {
			return err
		}
		if after, err = change(tx, before); err != nil {
			return err
		}
		if after == before {
			return errUnchanged
		}
		after.UpdatedAt = store.Now()
		if err := update(ctx, tx, org, after); err != nil {
			return err
		}
		after.Version++
		if err := sweepLogos(ctx, tx, org, after.LogoID); err != nil {
			return err
		}
		err = s.audit.Record(ctx, tx, audit.Event{
			Action: action, Targets: []audit.Target{{Type: "organization", ID: org}}, Before: before.record(), After: after.record(),
		})
		if err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, events.Event{Kind: "organization.changed", ID: org, Needs: perm.SignedIn})
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Settings{}, err
	}
	return after, nil
}

func (s *Service) admin(ctx context.Context) error {
	return s.guard.Check(ctx, perm.AdminBranding, access.Object{Type: "organization", ID: access.ActorFrom(ctx).OrgID})
}

func (s Settings) record() map[string]any {
	return map[string]any{"color": s.Color, "display_name": s.DisplayName, "logo": s.LogoID != ""}
}

func checked(color, name string) (string, string, error) {
	var form input.Form
	color = strings.ToLower(strings.TrimSpace(color))
	if _, ok := parse(color); !ok && color != "" {
		form.Refuse("/color", "Write the color as six hexadecimal digits, such as #1f5f8b, or leave it empty.")
	}
	name = form.Line("/display_name", name, maxName)
	return color, name, form.Err()
}

// Public is the brand of a page that nobody is signed in to: that of the organization with a short name, of the only one there is, or none.
func (s *Service) Public(ctx context.Context, slug string) (Brand, error) {
	orgID, err := publicOrganization(ctx, s.db.Read(), slug)
	if err != nil {
		return Brand{}, fmt.Errorf("find whose page it is: %w", err)
	}
	if orgID == "" {
		return Brand{Name: neutral}, nil
	}
	return Of(ctx, s.db.Read(), orgID)
}

// Logo returns a logo by the name in its address.
func (s *Service) Logo(ctx context.Context, key string) ([]byte, error) {
	return logo(ctx, s.db.Read(), key)
}
