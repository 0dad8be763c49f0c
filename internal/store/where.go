package store

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/fault"
)

// errCursor answers a cursor that no list of ours handed out.
var errCursor = fault.New(fault.Invalid, "request.cursor_invalid", "This cursor is not from this list. Start again without it.")

// Where collects optional conditions; values travel only as placeholders.
type Where struct {
	conditions []string
	args       []any
}

// Add adds one condition; each ? in it stands for the next value.
func (w *Where) Add(condition string, args ...any) {
	var b strings.Builder
	next := 0
	for _, r := range condition {
		if r == '?' {
			b.WriteString(w.Arg(args[next]))
			next++
			continue
		}
		b.WriteRune(r)
	}
	w.conditions = append(w.conditions, b.String())
}

// In adds "column in (…)"; no values means no row.
func (w *Where) In(column string, values []string) {
	if len(values) == 0 {
		w.conditions = append(w.conditions, "1 = 0")
		return
	}
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = w.Arg(v)
	}
	w.conditions = append(w.conditions, column+" in ("+strings.Join(names, ", ")+")")
}

// NotIn adds that a column holds none of some values; an empty column does not.
func (w *Where) NotIn(column string, values []string) {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = w.Arg(v)
	}
	w.conditions = append(w.conditions, "coalesce("+column+", '') not in ("+strings.Join(names, ", ")+")")
}

// Search adds, for each word of q, that a folded search column contains it.
func (w *Where) Search(column, q string) {
	escape := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
	for word := range strings.FieldsSeq(Fold(q)) {
		w.Add(column+` like ? escape '\'`, "%"+escape.Replace(word)+"%")
	}
}

// Arg keeps v and returns its placeholder, for use after the conditions (limit).
func (w *Where) Arg(v any) string {
	w.args = append(w.args, v)
	return "$" + strconv.Itoa(len(w.args))
}

// SQL is " where a and b", or nothing.
func (w *Where) SQL() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " where " + strings.Join(w.conditions, " and ")
}

// Args are the values in the order of their placeholders.
func (w *Where) Args() []any { return w.args }

// Cursor packs the sort values of the last row of a page into an opaque text.
func Cursor(parts ...string) string {
	b, _ := json.Marshal(parts) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor is the reverse of Cursor; n is how many parts it must hold.
func ParseCursor(s string, n int) ([]string, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, errCursor
	}
	var parts []string
	if json.Unmarshal(b, &parts) != nil || len(parts) != n {
		return nil, errCursor
	}
	return parts, nil
}
