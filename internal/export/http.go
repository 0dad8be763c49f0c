// Package export lets people take a list away as a CSV file, with the filters and rights of the list itself, and records that they did.
package export

import (
	"context"
	"fmt"
	"io"
	"maps"
	"reflect"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store"
)

// pageSize is how many items are in memory at once.
const pageSize = 500

// List is a list as a file. I is the input of the list's own route, T one item.
type List[I, T any] struct {
	Route   httpapi.Route
	Name    string // "contacts": of the file
	Action  string // "contact.export": in the audit log; "" records nothing
	Columns []string
	// Before settles whether the list may be taken away at all; nil for lists that may be read.
	Before func(ctx context.Context, in *I) error
	// Page is the list itself: it checks who may see what. The input's own limit and cursor do not count.
	Page func(ctx context.Context, in *I, page store.Page) (items []T, next string, err error)
	// Row has a field for each column.
	Row func(item T) []string
}

// Handle mounts a list as a file.
func Handle[I, T any](api *httpapi.API, log *audit.Log, l List[I, T]) {
	httpapi.Download(api, l.Route, httpapi.File{Type: "text/csv; charset=utf-8", Name: l.Name + ".csv"}, func(ctx context.Context, in *I, w io.Writer) error {
		if l.Before != nil {
			if err := l.Before(ctx, in); err != nil {
				return err
			}
		}
		n, err := l.write(ctx, in, w)
		if kind := fault.KindOf(err); l.Action == "" || n == 0 && err != nil && kind != fault.Internal {
			return err // refused before anything was read
		}
		e := audit.Event{Action: l.Action, Detail: map[string]any{"rows": n, "filter": filter(reflect.ValueOf(in).Elem())}}
		if err != nil {
			e.Outcome, e.Reason = audit.Error, "incomplete"
		}
		// Whoever breaks off has still read what came before.
		if logged := log.Append(context.WithoutCancel(ctx), e); err == nil {
			return logged
		}
		return err
	})
}

func (l List[I, T]) write(ctx context.Context, in *I, out io.Writer) (n int, err error) {
	w := csvfile.NewWriter(out)
	page := store.Page{Limit: pageSize}
	for first := true; ; first = false {
		items, next, err := l.Page(ctx, in, page)
		if err != nil {
			return n, err
		}
		if first {
			if err := w.Write(l.Columns...); err != nil {
				return n, err
			}
		}
		for _, item := range items {
			row := l.Row(item)
			if len(row) != len(l.Columns) {
				return n, fmt.Errorf("export %s: %d fields for %d columns", l.Name, len(row), len(l.Columns))
			}
			if err := w.Write(row...); err != nil {
				return n, err
			}
			n++
		}
		if page.Cursor = next; next == "" {
			return n, w.Flush()
		}
	}
}

// filter are the parameters of a list that were given, for the record.
func filter(in reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range in.NumField() {
		f, v := in.Type().Field(i), in.Field(i)
		if f.Anonymous && v.Kind() == reflect.Struct {
			maps.Copy(out, filter(v))
			continue
		}
		name := f.Tag.Get("query")
		if name != "" && name != "limit" && name != "cursor" && !v.IsZero() {
			out[name] = fmt.Sprint(v.Interface())
		}
	}
	return out
}

// Time is a point in time as exports write it.
func Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Bool is yes or no as exports write it, and imports read it.
func Bool(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
