package csvimport

import (
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/store"
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

// put sets what a row says, and leaves what it does not.
func put(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// yesNo reads yes and no as people and spreadsheets write them.
func yesNo(field, value string, into *bool) error {
	switch store.Fold(value) {
	case "":
	case "yes", "y", "true", "1", "x", "oui", "o", "vrai", "ja", "j", "si":
		*into = true
	case "no", "n", "false", "0", "non", "faux", "nein":
		*into = false
	default:
		return errYesNo.At("/" + field)
	}
	return nil
}

// language reads names of languages besides their codes.
func language(value string) string {
	names := map[string]string{
		"english": "en", "anglais": "en", "french": "fr", "francais": "fr", "german": "de", "deutsch": "de", "allemand": "de", "spanish": "es", "espanol": "es",
		"espagnol": "es", "italian": "it", "italiano": "it", "italien": "it", "dutch": "nl", "nederlands": "nl", "neerlandais": "nl", "portuguese": "pt", "portugues": "pt", //nolint:misspell // folded
	}
	if code, ok := names[store.Fold(value)]; ok {
		return code
	}
	return value
}

// distinct are values without repetition, in their order.
func distinct(values []string) (out []string) {
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		if v != "" && !seen[v] {
			seen[v] = true
			out = append(out, v)
		}
	}
	return out
}

func number(n int) string { return strconv.Itoa(n) }
