package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"countersign.dev/countersign/internal/audit/auditverify"
)

// Filter says which events to find; what is empty does not matter.
type Filter struct {
	ActorID  string
	Action   string // "contact.update", or "contact.*"
	TargetID string
	Outcome  Outcome
	From, To time.Time // From <= time < To
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

// Find returns the newest matching events first. Before is the seq to begin below, 0 for the newest.
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
