package store

import (
	"slices"
	"strings"
)

// watch tells when a Write has changed one of some tables.
type watch struct {
	tables []string
	tell   []func()
}

// Watch runs fn after every Write that changed one of the tables, before Write returns: whoever asks afterwards finds what fn made of it. What rows
// are changed by other rows (on delete cascade) belong to the table that the statement names. It has to be called before the first Write.
func (db *DB) Watch(fn func(), tables ...string) {
	db.watch.tables = append(db.watch.tables, tables...)
	db.watch.tell = append(db.watch.tell, fn)
}

// sees says whether a statement changes a table that is watched. What it cannot read counts as one.
func (w *watch) sees(statement string) bool {
	if len(w.tell) == 0 {
		return false
	}
	var words [3]string
	n := 0
	for word := range strings.FieldsSeq(statement) {
		words[n] = word
		if n++; n == len(words) {
			break
		}
	}
	table := words[2]
	switch words[0] {
	case "insert", "delete": // into, from
	case "update":
		table = words[1]
	case "select", "values":
		return false
	default:
		return true
	}
	if i := strings.IndexByte(statement, ';'); i >= 0 && strings.TrimSpace(statement[i:]) != ";" {
		return true // several at once
	}
	table, _, _ = strings.Cut(table, "(")
	return slices.Contains(w.tables, table)
}
