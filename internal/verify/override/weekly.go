package override

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Week is the week of an organization, Monday to Sunday in its time zone, with what it overrode.
type Week struct {
	From, To string // the first and the last day, like 2026-11-23
	Tallies  []Tally
}

// Weekly tells of the overrides of each week on the Monday after it, from 8 o'clock in the organization's time zone (R14). A server that was down then
// tells later; of a week without overrides nobody is told.
type Weekly struct {
	DB   *store.DB
	Tell func(ctx context.Context, tx *store.Tx, w Week) error // by the server itself, in one organization
	Log  *slog.Logger
}

// tellAt is the hour of Monday from which people are told.
const tellAt = 8

// Sweep tells whoever is due. It may run on several nodes at once: each week of an organization is told of once, with the mark that it was.
func (s Weekly) Sweep(ctx context.Context) error {
	all, err := organization.All(ctx, s.DB.Read())
	if err != nil {
		return err
	}
	told, err := toldUntil(ctx, s.DB.Read())
	if err != nil {
		return err
	}
	for _, o := range all {
		zone, err := time.LoadLocation(o.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		monday := lastMonday(store.Now().In(zone))
		if !told[o.ID].Before(monday) {
			continue
		}
		if err := s.tell(ctx, o, monday); err != nil { // the others are told all the same; this one at the next sweep
			s.Log.ErrorContext(ctx, "overrides of the week not told", "organization", o.ID, "err", err)
		}
	}
	return nil
}

func (s Weekly) tell(ctx context.Context, o organization.Organization, monday time.Time) error {
	ctx = access.WithActor(ctx, access.System(o.ID))
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		mine, err := takeWeek(ctx, tx, o.ID, monday)
		if err != nil || !mine {
			return err
		}
		from := monday.AddDate(0, 0, -7)
		found, err := tallies(ctx, tx, o.ID, from, monday)
		if err != nil || len(found) == 0 {
			return err
		}
		return s.Tell(ctx, tx, Week{From: from.Format(time.DateOnly), To: monday.AddDate(0, 0, -1).Format(time.DateOnly), Tallies: found})
	})
}

// lastMonday is the midnight that began the latest Monday on which it was 8 o'clock already.
func lastMonday(now time.Time) time.Time {
	back := (int(now.Weekday()) + 6) % 7 // days since Monday
	if back == 0 && now.Hour() < tellAt {
		back = 7
	}
	return time.Date(now.Year(), now.Month(), now.Day()-back, 0, 0, 0, 0, now.Location())
}
