package ticket

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// Happening is one thing on a ticket's time line.
type Happening struct {
	Kind    string // note, change, verification or technician_verification
	At      time.Time
	Author  Author
	Note    *Note
	Action  string            // of a change
	Before  map[string]any    // of a change
	After   map[string]any    // of a change
	Facts   map[string]string // of a verification: id, state, method, level, contact_id, contact_name
	EndedAt time.Time         // of a verification; zero while it is open
}

// Timeline returns what happened with a ticket that the actor may see, newest first, and the cursor of the next page.
func (s *Service) Timeline(ctx context.Context, id string, page store.Page) ([]Happening, string, error) {
	t, err := s.Find(ctx, id)
	if err != nil {
		return nil, "", err
	}
	before := time.Time{}
	if page.Cursor != "" {
		parts, err := store.ParseCursor(page.Cursor, 1)
		if err != nil {
			return nil, "", err
		}
		micros, err := strconv.ParseInt(parts[0], 10, 64)
		if err != nil || micros <= 0 {
			return nil, "", errCursor
		}
		before = time.UnixMicro(micros).UTC()
	}
	// One more of each kind than fits tells whether there is another page.
	found, err := notesBefore(ctx, s.db.Read(), t.OrgID, t.ID, before, page.Limit+1)
	if err != nil {
		return nil, "", err
	}
	changes, err := s.changes(ctx, t, before, page.Limit+1)
	if err != nil {
		return nil, "", err
	}
	beside, err := s.beside(ctx, s.db.Read(), t.OrgID, t.ID, before, page.Limit+1)
	if err != nil {
		return nil, "", fmt.Errorf("read what happened with ticket %s: %w", id, err)
	}
	all := slices.Concat(found, changes, beside)
	slices.SortStableFunc(all, func(a, b Happening) int { return b.At.Compare(a.At) })
	all, next := cut(all, page.Limit)
	return all, next, nil
}

// cut takes the first of a list, newest first. What happened at one moment is not parted, since the next page begins before a moment.
func cut(all []Happening, limit int) ([]Happening, string) {
	if len(all) <= limit {
		return all, ""
	}
	end := limit
	for end > 1 && all[end].At.Equal(all[end-1].At) {
		end--
	}
	return all[:end], store.Cursor(strconv.FormatInt(all[end-1].At.UnixMicro(), 10))
}

// changes are what the audit log tells of the ticket's own fields.
func (s *Service) changes(ctx context.Context, t Ticket, before time.Time, limit int) (out []Happening, err error) {
	for seq := int64(0); len(out) < limit; {
		entries, err := s.audit.Find(ctx, t.OrgID, audit.Filter{TargetID: t.ID, Action: "ticket.*", To: before}, seq, limit)
		if err != nil {
			return nil, fmt.Errorf("read the changes of ticket %s: %w", t.ID, err)
		}
		for _, e := range entries {
			if e.Action != "ticket.note" {
				out = append(out, Happening{
					Kind: "change", At: e.At, Author: Author{e.Actor.Type, e.Actor.ID, e.ActorName}, Action: e.Action, Before: e.Before, After: e.After,
				})
			}
			seq = e.Seq
		}
		if len(entries) < limit {
			break
		}
	}
	return out, nil
}
