// Package csvfile reads the CSV files that people bring and writes those that they take away, so that a spreadsheet runs nothing of them.
package csvfile

import (
	"regexp"
	"strings"
)

// The bounds of a file. They are generous for people and small for a server.
const (
	MaxSize    = 64 << 20 // bytes of a file
	MaxRows    = 200_000  // behind the header
	MaxColumns = 200
	MaxField   = 64 << 10 // bytes of one field
	maxRecord  = 1 << 20  // bytes of one row
	maxBroken  = 100      // rows whose quotation mark never closes
)

// phones is what begins with a plus sign and is no formula: numbers in E.164, each with its kind, in a list.
var phones = regexp.MustCompile(`^\+[0-9]{5,15}( (mobile|landline|other))?(; \+[0-9]{5,15}( (mobile|landline|other))?)*$`)

// starts says whether a spreadsheet may take text for a formula, or for what leads to one.
func starts(s string) bool {
	return s != "" && (strings.IndexByte("=+-@\t\r\n", s[0]) >= 0 || hasWide(s))
}

// hasWide knows the full-width forms that some spreadsheets read as their narrow ones.
func hasWide(s string) bool {
	return strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠")
}

// Neutral returns a value so that no spreadsheet runs it: what could be a formula gets an apostrophe in front, and so does what already
// has one there, which makes Restore its exact reverse. Phone numbers stay as they are.
func Neutral(value string) string {
	if starts(strings.TrimLeft(value, "'")) && !phones.MatchString(value) {
		return "'" + value
	}
	return value
}

// Restore takes back what Neutral did.
func Restore(value string) string {
	if rest, ok := strings.CutPrefix(value, "'"); ok && starts(strings.TrimLeft(rest, "'")) {
		return rest
	}
	return value
}

// List puts several values into one field. Split is its reverse.
func List(values []string) string {
	for _, v := range values {
		if strings.ContainsAny(v, ";\n") {
			return strings.Join(values, "\n") + "\n"
		}
	}
	return strings.Join(values, "; ")
}

// Split takes a field apart that holds several values, each on its own line or with semicolons between them.
func Split(field string) (values []string) {
	separator := ";"
	if strings.ContainsAny(field, "\r\n") {
		separator = "\n"
		field = strings.ReplaceAll(field, "\r", "\n")
	}
	for v := range strings.SplitSeq(field, separator) {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}
