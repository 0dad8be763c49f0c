package csvimport

import (
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/csvfile"
)

// cells reads the fields of a row by their names.
type cells struct{ mapping map[string]int }

// get is what a row says about a field, "" if nothing: an empty cell changes nothing.
func (c cells) get(r *row, field string) string {
	column, ok := c.mapping[field]
	if !ok || column >= len(r.cells) {
		return ""
	}
	return strings.TrimSpace(csvfile.Restore(r.cells[column]))
}

// person is the name of a person, from one column or from two.
func (c cells) person(r *row) (whole, given, family string) {
	whole, given, family = c.get(r, "name"), c.get(r, "given_name"), c.get(r, "family_name")
	if whole == "" {
		whole = strings.TrimSpace(given + " " + family)
	}
	return whole, given, family
}

func number(n int) string { return strconv.Itoa(n) }
