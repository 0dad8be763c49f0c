package grant

import (
	"fmt"
	"time"

	"countersign.dev/countersign/internal/input"
)

// Times are when something counts, from NotBefore until just before ExpiresAt; the zero time is open.
type Times struct{ NotBefore, ExpiresAt time.Time }

// State says whether something counts at a time.
type State string

// The states.
const (
	Active  State = "active"
	Waiting State = "waiting" // it begins later
	Expired State = "expired"
)

// StateAt is the state at a time.
func (t Times) StateAt(now time.Time) State {
	switch {
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return Expired
	case now.Before(t.NotBefore):
		return Waiting
	}
	return Active
}

// overlaps says whether there is a moment at which both count.
func (t Times) overlaps(o Times) bool {
	ends := func(end, begin time.Time) bool { return !end.IsZero() && !begin.Before(end) }
	return !ends(t.ExpiresAt, o.NotBefore) && !ends(o.ExpiresAt, t.NotBefore)
}

// covers says whether t counts whenever o does.
func (t Times) covers(o Times) bool {
	return !o.NotBefore.Before(t.NotBefore) && (t.ExpiresAt.IsZero() || !o.ExpiresAt.IsZero() && !t.ExpiresAt.Before(o.ExpiresAt))
}

// written is a time in the record; "" for an open one.
func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// checked refuses times that are over, turned round, or far from now.
func (t Times) checked(form *input.Form, pointer string, now time.Time) Times {
	t.NotBefore, t.ExpiresAt = exact(t.NotBefore), exact(t.ExpiresAt)
	within(form, pointer+"/not_before", t.NotBefore, now)
	within(form, pointer+"/expires_at", t.ExpiresAt, now)
	switch {
	case t.ExpiresAt.IsZero():
	case !t.ExpiresAt.After(now):
		form.Refuse(pointer+"/expires_at", "This time is over. Choose one in the future.")
	case !t.NotBefore.Before(t.ExpiresAt):
		form.Refuse(pointer+"/not_before", "The beginning has to come before the end.")
	}
	return t
}

// exact is a time as the database keeps it.
func exact(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func within(form *input.Form, pointer string, at, now time.Time) {
	if !at.IsZero() && (at.After(now.AddDate(maxYears, 0, 0)) || at.Before(now.AddDate(-maxYears, 0, 0))) {
		form.Refuse(pointer, fmt.Sprintf("Choose a time within %d years from now.", maxYears))
	}
}
