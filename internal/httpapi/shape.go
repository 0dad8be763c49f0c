package httpapi

import "time"

// Optional is null in an answer for the zero time.
func Optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// Each shows every one of a list.
func Each[A, B any](in []A, show func(A) B) []B {
	out := make([]B, len(in))
	for i, x := range in {
		out[i] = show(x)
	}
	return out
}
