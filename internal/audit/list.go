package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/store"
)

// Filter says which events to find; what is empty does not matter.
type Filter struct {
	ActorID  string
	Action   string   // "contact.update", or "contact.*"
	Areas    []string // of actions, such as "session"; any of them
	TargetID string
	Outcome  Outcome
	Trouble  bool // whatever did not succeed
	Customer string
	Ticket   string
	From, To time.Time // From <= time < To

	// What follows is looked for in personal data, which is sealed: see Search.
	Address string // of the network, whole or its beginning
	Text    string // words, each of them somewhere in the event
}

// Entry is an event as people read it.
type Entry struct {
	auditverify.Record
	ActorName   string
	Address     string
	Device      string
	TargetNames []string // beside Targets
	Before      map[string]any
	After       map[string]any
	Detail      map[string]any
	Erased      bool // some of its personal data was erased
	Damaged     bool // some of it is not what was recorded
}

// searchBatch and searchMost bound how much of the log one Search opens.
const (
	searchBatch = 500
	searchMost  = 10_000
)

// Search returns the newest matching events first, and the seq to go on below, 0 at the end of the log. What lies under the keys of
// persons has no index, so that erasing a person leaves nothing behind: an address or a text is looked for in a bounded number of events
// at a time, and a page may hold fewer than limit, or none, while the log goes on. at is the time down to which it was searched.
func (l *Log) Search(ctx context.Context, org string, f Filter, before int64, limit int) (found []Entry, next int64, at time.Time, err error) {
	match := f.matcher()
	if match == nil {
		found, err = l.Find(ctx, org, f, before, limit+1)
		if err == nil && len(found) > limit {
			found, next = found[:limit], found[limit-1].Seq
		}
		return found, next, at, err
	}
	for read := 0; read < searchMost; read += searchBatch {
		batch, err := l.Find(ctx, org, f, before, searchBatch)
		if err != nil {
			return nil, 0, at, err
		}
		for _, e := range batch {
			before, at = e.Seq, e.At
			if !match(e) {
				continue
			}
			if found = append(found, e); len(found) == limit {
				return found, before, at, nil
			}
		}
		if len(batch) < searchBatch {
			return found, 0, at, nil
		}
	}
	return found, before, at, nil
}

// matcher says whether an event holds address and words; nil if none are looked for.
func (f Filter) matcher() func(Entry) bool {
	words := strings.Fields(store.Fold(f.Text))
	if len(words) == 0 && f.Address == "" {
		return nil
	}
	return func(e Entry) bool {
		if f.Address != "" && !strings.HasPrefix(e.Address, f.Address) {
			return false
		}
		if len(words) == 0 {
			return true
		}
		text := e.text()
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	}
}

// text is what a person could have read in the event, as it is compared.
func (e Entry) text() string {
	var b strings.Builder
	for _, s := range append([]string{e.ActorName, e.Action, e.Reason, e.Address, e.Device, e.RequestID}, e.TargetNames...) {
		b.WriteString(s + "\n")
	}
	for _, values := range []map[string]any{e.Before, e.After, e.Detail} {
		writeText(&b, values)
	}
	for _, r := range b.String() {
		if r >= utf8.RuneSelf {
			return store.Fold(b.String())
		}
	}
	return strings.ToLower(b.String())
}

func writeText(b *strings.Builder, v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			writeText(b, inner)
		}
	case []any:
		for _, inner := range v {
			writeText(b, inner)
		}
	case nil:
	default:
		fmt.Fprintln(b, v)
	}
}

// Size is how many events an organization's log holds.
func (l *Log) Size(ctx context.Context, org string) (int64, error) {
	h, err := readHead(ctx, l.db.Read(), org)
	return h.size, err
}

// CustomerUse is how often an actor dealt with one customer, and when last.
type CustomerUse struct {
	CustomerID string
	Events     int64
	Last       time.Time
}

// CustomersOf lists the customers that an actor dealt with between two times, the latest first.
func (l *Log) CustomersOf(ctx context.Context, org, actorID string, from, to time.Time, limit int) ([]CustomerUse, error) {
	return customersOf(ctx, l.db.Read(), org, actorID, from, to, limit)
}

// Find returns the newest matching events first, whatever their address and text. Before is the seq to begin below, 0 for the newest.
func (l *Log) Find(ctx context.Context, org string, f Filter, before int64, limit int) ([]Entry, error) {
	q := l.db.Read()
	rows, err := findEvents(ctx, q, org, f, before, limit)
	if err != nil {
		return nil, err
	}
	events, err := l.open(ctx, q, org, rows)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	out := make([]Entry, len(events))
	for i, e := range events {
		out[i] = entryOf(e)
	}
	return out, nil
}

func entryOf(e opened) Entry {
	out := Entry{Record: e.record, TargetNames: make([]string, len(e.record.Targets))}
	if e.err != nil {
		out.Seq, out.At, out.Action, out.Damaged = e.row.seq, e.row.at, e.row.action, true
	}
	if e.record.Actor.Type == "system" {
		out.ActorName = "Countersign"
	}
	for _, s := range e.sections {
		switch {
		case s.Damaged:
			out.Damaged = true
		case s.Erased:
			out.Erased = true
		default:
			out.take(s.Data)
		}
	}
	return out
}

// take adds what one section tells.
func (e *Entry) take(data []byte) {
	var s section
	if json.Unmarshal(data, &s) != nil {
		e.Damaged = true
		return
	}
	if s.Actor != nil {
		e.ActorName, e.Address, e.Device = s.Actor.Name, s.Actor.Address, s.Actor.Device
	}
	for place, name := range s.Names {
		if i, err := strconv.Atoi(place); err == nil && i >= 0 && i < len(e.TargetNames) {
			e.TargetNames[i] = name
		}
	}
	if s.Before != nil {
		e.Before = s.Before
	}
	if s.After != nil {
		e.After = s.After
	}
	if s.Detail != nil {
		e.Detail = s.Detail
	}
}
