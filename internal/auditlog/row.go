package auditlog

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/audit"
)

// columns are what a spreadsheet gets of each event.
func columns() []string {
	return []string{
		"seq", "time", "actor_type", "actor_id", "actor", "action", "outcome", "reason", "targets", "customer_id", "ticket_id", "changes", "detail",
		"address", "device", "request_id", "id", "erased",
	}
}

func rowOf(e audit.Entry) []string {
	targets := make([]string, len(e.Targets))
	for i, t := range e.Targets {
		targets[i] = strings.TrimSpace(t.Type + " " + t.ID + " " + e.TargetNames[i])
	}
	return []string{
		strconv.FormatInt(e.Seq, 10), e.At.UTC().Format("2006-01-02T15:04:05.000000Z"), e.Actor.Type, e.Actor.ID, e.ActorName, e.Action, e.Outcome,
		e.Reason, strings.Join(targets, "\n"), e.CustomerID, e.TicketID, changes(e), inWords(e.Detail), e.Address, e.Device, e.RequestID, e.ID,
		strconv.FormatBool(e.Erased),
	}
}

// changes writes a line for each field that changed.
func changes(e audit.Entry) string {
	fields := map[string]bool{}
	for name := range e.Before {
		fields[name] = true
	}
	for name := range e.After {
		fields[name] = true
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		lines = append(lines, fmt.Sprintf("%s: %s -> %s", name, value(e.Before[name]), value(e.After[name])))
	}
	return strings.Join(lines, "\n")
}

func inWords(values map[string]any) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		lines = append(lines, name+": "+value(values[name]))
	}
	return strings.Join(lines, "\n")
}

func value(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}
