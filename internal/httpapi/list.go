package httpapi

import (
	"reflect"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/store"
)

// Paging is embedded in the input of every list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many items to answer with at most"`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next_cursor of the page before"`
}

// Page is what the store asks for.
func (p Paging) Page() store.Page { return store.Page{Limit: p.Limit, Cursor: p.Cursor} }

// List is the body of every list.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor,omitempty" doc:"pass it as cursor to get the next page; absent on the last one"`
}

// NewList never holds nil items, so that clients always get an array.
func NewList[T any](items []T, next string) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{items, next}
}

// Page is the output of every list.
type Page[T any] struct {
	Body List[T]
}

// NewPage is a List as an output.
func NewPage[T any](items []T, next string) *Page[T] { return &Page[T]{NewList(items, next)} }

// One is the output of a route that answers with one object.
type One[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// Created is the output of a route that makes one object.
type Created[T any] struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     T
}

// ETag is the entity tag of a version.
func ETag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// IfMatch compares an If-Match header with the current version; without the header everything matches.
func IfMatch(header string, version int64) error {
	if header == "" || header == "*" {
		return nil
	}
	for tag := range strings.SplitSeq(header, ",") {
		tag = strings.TrimSpace(tag)
		if len(tag) < 2 || !strings.HasSuffix(tag, `"`) || !strings.HasPrefix(strings.TrimPrefix(tag, "W/"), `"`) {
			return errIfMatch
		}
		if tag == ETag(version) {
			return nil
		}
	}
	return errStale
}

// emptyLists returns what puts an empty list in place of every nil one in a value of type t, so that no answer holds a null list; nil if
// there can be none.
func emptyLists(t reflect.Type) func(reflect.Value) { return emptyListsIn(t, map[reflect.Type]bool{}) }

func emptyListsIn(t reflect.Type, open map[reflect.Type]bool) func(reflect.Value) {
	if open[t] {
		return nil // no answer of ours is recursive
	}
	open[t] = true
	defer delete(open, t)
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return nil
		}
		inner := emptyListsIn(t.Elem(), open)
		return func(v reflect.Value) {
			if v.IsNil() && v.CanSet() {
				v.Set(reflect.MakeSlice(t, 0, 0))
			}
			for i := 0; inner != nil && i < v.Len(); i++ {
				inner(v.Index(i))
			}
		}
	case reflect.Pointer:
		inner := emptyListsIn(t.Elem(), open)
		if inner == nil {
			return nil
		}
		return func(v reflect.Value) {
			if !v.IsNil() {
				inner(v.Elem())
			}
		}
	case reflect.Struct:
		return emptyListsInFields(t, open)
	}
	return nil
}

func emptyListsInFields(t reflect.Type, open map[reflect.Type]bool) func(reflect.Value) {
	type field struct {
		index int
		fill  func(reflect.Value)
	}
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || strings.Contains(f.Tag.Get("json"), "omitempty") || f.Tag.Get("header") != "" || f.Tag.Get("nullable") == "true" {
			continue
		}
		if fill := emptyListsIn(f.Type, open); fill != nil {
			fields = append(fields, field{i, fill})
		}
	}
	if fields == nil {
		return nil
	}
	return func(v reflect.Value) {
		for _, f := range fields {
			f.fill(v.Field(f.index))
		}
	}
}
