// Package clock tells a time that setting the machine's clock cannot move.
package clock

import "time"

// Clock tells the time of its start plus what has passed since by the monotonic clock: while the server runs, setting the machine's clock
// neither prolongs a code nor brings a shield back. The zero Clock is not usable; New returns one.
type Clock struct {
	read  func() time.Time
	start time.Time
}

// New returns a Clock that starts now.
func New() Clock { return Clock{read: time.Now, start: time.Now()} }

// Now is the current time in UTC at the precision that the databases keep.
func (c Clock) Now() time.Time {
	return c.start.Add(c.read().Sub(c.start)).UTC().Truncate(time.Microsecond)
}
