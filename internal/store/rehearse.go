package store

import (
	"context"

	"countersign.dev/countersign/internal/fault"
)

// ErrRehearsed is what a Write returns whose change was only to be looked at: it has been taken back.
var ErrRehearsed = fault.New(fault.Unavailable, "store.rehearsed", "This was tried out and taken back.")

// Rehearsal looks at what a Write would do. Before runs at the beginning of its transaction, After at the end, when fn has done everything.
type Rehearsal struct {
	Before, After func(ctx context.Context, tx *Tx) error
}

type rehearsalKey struct{}

// WithRehearsal returns a context under which no Write commits: it runs fn, lets r look at what that did, takes it back and returns ErrRehearsed.
func WithRehearsal(ctx context.Context, r Rehearsal) context.Context {
	return context.WithValue(ctx, rehearsalKey{}, r)
}

// Rehearses says whether nothing commits under ctx.
func Rehearses(ctx context.Context) bool {
	_, ok := ctx.Value(rehearsalKey{}).(Rehearsal)
	return ok
}

// Part says which part of a change a Write is that is looked at in several, each taken back before the next: how much has been tried with it, of how much.
type Part struct{ Done, Of int }

type partKey struct{}

// WithPart returns a context for one part of a change. No part may hang on another.
func WithPart(ctx context.Context, p Part) context.Context {
	return context.WithValue(ctx, partKey{}, p)
}

// PartOf says which part a Write under ctx is, if it is one.
func PartOf(ctx context.Context) (p Part, ok bool) {
	p, ok = ctx.Value(partKey{}).(Part)
	return p, ok
}

// rehearsing wraps the fn of a Write, if its ctx carries a rehearsal.
func rehearsing(ctx context.Context, fn func(*Tx) error) func(*Tx) error {
	r, ok := ctx.Value(rehearsalKey{}).(Rehearsal)
	if !ok {
		return fn
	}
	return func(tx *Tx) error {
		for _, step := range []func() error{
			func() error { return r.Before(ctx, tx) },
			func() error { return fn(tx) },
			func() error { return r.After(ctx, tx) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return ErrRehearsed
	}
}
