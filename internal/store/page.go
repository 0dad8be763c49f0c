package store

import (
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/fault"
)

// Page says which part of a list is wanted.
type Page struct {
	Limit  int
	Cursor string
}

// SortColumn is one of the columns by which a list can be sorted; the unique column Tie decides between equals.
type SortColumn struct {
	Expression string
	Tie        string
	Number     bool // a bigint, as times are
}

// Order is how one list is sorted: by a column, then by its tie.
type Order struct {
	name       string
	column     SortColumn
	descending bool
}

// ParseOrder reads "name" or "-name"; without a sort it reads otherwise.
func ParseOrder(sort, otherwise string, columns map[string]SortColumn) (Order, error) {
	if sort == "" {
		sort = otherwise
	}
	name, descending := strings.CutPrefix(sort, "-")
	column, ok := columns[name]
	if !ok {
		return Order{}, fault.Field("/sort", "request.sort_invalid", "This list cannot be sorted by that.")
	}
	return Order{sort, column, descending}, nil
}

// After adds the condition that a row comes behind the one that cursor was made of.
func (o Order) After(w *Where, cursor string) error {
	if cursor == "" {
		return nil
	}
	parts, err := ParseCursor(cursor, 3)
	if err != nil || parts[0] != o.name {
		return errCursor
	}
	var value any = parts[1]
	if o.column.Number {
		if value, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
			return errCursor
		}
	}
	operator := ">"
	if o.descending {
		operator = "<"
	}
	w.Add("("+o.column.Expression+", "+o.column.Tie+") "+operator+" (?, ?)", value, parts[2])
	return nil
}

// Column is the expression to select, for Cursor.
func (o Order) Column() string { return o.column.Expression }

// SQL is the order-by clause.
func (o Order) SQL() string {
	direction := ""
	if o.descending {
		direction = " desc"
	}
	return " order by " + o.column.Expression + direction + ", " + o.column.Tie + direction
}

// Cursor marks the row with this value of Column and of the tie.
func (o Order) Cursor(value any, tie string) string {
	switch v := value.(type) {
	case int64:
		return Cursor(o.name, strconv.FormatInt(v, 10), tie)
	case []byte:
		return Cursor(o.name, string(v), tie)
	}
	text, _ := value.(string)
	return Cursor(o.name, text, tie)
}
