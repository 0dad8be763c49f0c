// Package sending keeps which carrier an organization sends by first, and how fast.
package sending

import (
	"context"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// maxPerMinute bounds the rate of an organization.
const maxPerMinute = 60_000

// Settings of an organization.
type Settings struct {
	SMS       []string // names of senders in the order in which they are tried; one that is missing comes behind them
	Voice     []string
	PerMinute int // texts and calls that may leave in a minute, by all carriers together; 0 means no limit
	Version   int64
}

// Rank is the place of a sender in its order.
func (s Settings) Rank(name string) int {
	for _, order := range [][]string{s.SMS, s.Voice} {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
	}
	return len(s.SMS) + len(s.Voice)
}

// Service keeps settings of sending.
type Service struct {
	DB    *store.DB
	Guard *access.Guard
	Audit *audit.Log
	SMS   []string // the names of all senders of texts, in the usual order
	Voice []string
}

// Settings returns those of the actor's organization, with every sender in its place.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	orgID := access.ActorFrom(ctx).OrgID
	if err := s.check(ctx, orgID); err != nil {
		return Settings{}, err
	}
	set, err := Of(ctx, s.DB.Read(), orgID)
	return s.complete(set), err
}

func (s *Service) complete(set Settings) Settings {
	set.SMS, set.Voice = complete(set.SMS, s.SMS), complete(set.Voice, s.Voice)
	return set
}

func complete(order, all []string) []string {
	out := slices.Clone(order)
	for _, name := range all {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Set keeps the settings of the actor's organization.
func (s *Service) Set(ctx context.Context, want Settings, matches func(version int64) error) (Settings, error) {
	orgID := access.ActorFrom(ctx).OrgID
	if err := s.check(ctx, orgID); err != nil {
		return Settings{}, err
	}
	if err := s.Guard.Unlimited(ctx); err != nil {
		return Settings{}, err
	}
	var f input.Form
	for _, way := range []struct {
		pointer     string
		order, have []string
	}{{"/sms", want.SMS, s.SMS}, {"/voice", want.Voice, s.Voice}} {
		for i, name := range way.order {
			if slices.Contains(way.order[:i], name) || !slices.Contains(way.have, name) {
				f.Refuse(way.pointer, "Name each carrier of this way at most once.")
				break
			}
		}
	}
	if want.PerMinute < 0 || want.PerMinute > maxPerMinute {
		f.Refuse("/messages_per_minute", "An organization sends 1 to 60000 messages a minute; 0 is without a limit.")
	}
	if err := f.Err(); err != nil {
		return Settings{}, err
	}
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		old, err := Of(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		want.Version = old.Version + 1
		if err := put(ctx, tx, orgID, want); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.sending.update", Targets: []audit.Target{{Type: "organization", ID: orgID}},
			Before: s.complete(old).fields(), After: s.complete(want).fields(),
		})
	})
	return s.complete(want), err
}

func (s *Service) check(ctx context.Context, orgID string) error {
	return s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID})
}

func (s Settings) fields() map[string]any {
	return map[string]any{"sms": s.SMS, "voice": s.Voice, "messages_per_minute": s.PerMinute}
}
