package notification

import (
	"context"
	"slices"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Channels say by what a kind reaches a person beside the console.
type Channels struct {
	Email bool `json:"email"`
	SMS   bool `json:"sms"`
}

// Quiet are hours of the day in which nothing but the console tells; the zero Quiet is none. What comes meanwhile is sent when they end.
type Quiet struct{ From, To string } // "22:00"

// Preferences are how one technician wants to be told.
type Preferences struct {
	Events map[Kind]Channels // of the kinds that the person changed
	Quiet  Quiet
}

// Why nobody can text a technician.
const (
	NoPhone   = "no_phone"
	NoConsent = "no_consent"
)

// textable says why a technician cannot be texted, or "" (D-2).
func textable(t technician.Technician) string {
	switch {
	case t.Phone == "":
		return NoPhone
	case !t.SMSConsent.Given():
		return NoConsent
	}
	return ""
}

// channels are those by which a kind reaches the person.
func (p Preferences) channels(k Kind) Channels {
	c, chosen := p.Events[k]
	if !chosen {
		c.Email = kinds[k].email
	}
	c.Email = c.Email || k.Security()
	return c
}

// Own is what a technician sees of the own preferences.
type Own struct {
	Preferences
	Unavailable string // why texts do not reach them; "" if they do
}

// Own returns the actor's preferences, with every kind that concerns the actor.
func (s *Service) Own(ctx context.Context) (Own, error) {
	actor, err := owner(ctx)
	if err != nil {
		return Own{}, err
	}
	t, err := technician.ByID(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Own{}, err
	}
	p, err := preferences(ctx, s.DB.Read(), actor.OrgID, actor.ID)
	if err != nil {
		return Own{}, err
	}
	return p.of(t), nil
}

func (p Preferences) of(t technician.Technician) Own {
	full := Preferences{Events: map[Kind]Channels{}, Quiet: p.Quiet}
	for _, k := range kindsFor(t) {
		full.Events[k] = p.channels(k)
	}
	return Own{full, textable(t)}
}

// Prefer replaces the actor's preferences. Kinds that are left out go back to their defaults.
func (s *Service) Prefer(ctx context.Context, want Preferences) (Own, error) {
	actor, err := owner(ctx)
	if err != nil {
		return Own{}, err
	}
	var t technician.Technician
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, err = technician.ByID(ctx, tx, actor.OrgID, actor.ID); err != nil {
			return err
		}
		before, err := preferences(ctx, tx, actor.OrgID, actor.ID)
		if err != nil {
			return err
		}
		if err := want.check(before, t); err != nil {
			return err
		}
		return savePreferences(ctx, tx, actor.OrgID, actor.ID, want, store.Now())
	})
	if err != nil {
		return Own{}, err
	}
	return want.of(t), nil
}

func (p Preferences) check(before Preferences, t technician.Technician) error {
	for k, c := range p.Events {
		at := "/events/" + string(k)
		switch {
		case !slices.Contains(kindsFor(t), k):
			return errKind.At(at)
		case k.Security() && !c.Email:
			return errLocked.At(at + "/email")
		case c.SMS && !before.channels(k).SMS && textable(t) != "":
			return errNoText.At(at + "/sms")
		}
	}
	if p.Quiet == (Quiet{}) {
		return nil
	}
	from, errFrom := time.Parse("15:04", p.Quiet.From)
	to, errTo := time.Parse("15:04", p.Quiet.To)
	if errFrom != nil || errTo != nil || from.Equal(to) {
		return errQuiet.At("/quiet_hours")
	}
	return nil
}

// until is when the quiet hours that now lies in are over, or the zero time outside of them. They are hours of the clock on the person's
// wall, so that a change to summer time makes that night's shorter.
func (q Quiet) until(now time.Time, zone *time.Location) time.Time {
	from, errFrom := time.Parse("15:04", q.From)
	to, errTo := time.Parse("15:04", q.To)
	if errFrom != nil || errTo != nil {
		return time.Time{} // none, or none that Prefer lets through
	}
	local := now.In(zone)
	minute := local.Hour()*60 + local.Minute()
	begin, end := from.Hour()*60+from.Minute(), to.Hour()*60+to.Minute()
	day := local.Day()
	switch {
	case begin < end && (minute < begin || minute >= end), begin > end && minute >= end && minute < begin:
		return time.Time{}
	case begin > end && minute >= begin:
		day++ // they end tomorrow
	}
	return time.Date(local.Year(), local.Month(), day, to.Hour(), to.Minute(), 0, 0, zone)
}

// zoneOf is where a technician's wall is.
func zoneOf(t technician.Technician, o organization.Organization) *time.Location {
	for _, name := range []string{t.TimeZone, o.TimeZone} {
		if name == "" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// LanguageOf is the language in which a technician is written to: en or fr.
func LanguageOf(t technician.Technician, o organization.Organization) string {
	for _, tag := range []string{t.Locale, o.Locale} {
		for _, language := range []string{"en", "fr"} {
			if len(tag) >= 2 && tag[:2] == language {
				return language
			}
		}
	}
	return "en"
}

// wanted are the ways by which a notification goes out beside the console.
func (p Preferences) wanted(n Notification, t technician.Technician, asked []message.Way) (ways []message.Way) {
	c := p.channels(n.Kind)
	if asked != nil {
		c = Channels{Email: slices.Contains(asked, message.Email), SMS: slices.Contains(asked, message.SMS)}
	}
	if c.Email {
		ways = append(ways, message.Email)
	}
	if c.SMS && textable(t) == "" {
		ways = append(ways, message.SMS)
	}
	return ways
}
