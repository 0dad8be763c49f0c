package clock

import (
	"testing"
	"time"
	"unsafe"
)

// shiftWall moves what a clock on the wall says and leaves the monotonic reading alone, as setting the machine's clock does.
func shiftWall(t time.Time, d time.Duration) time.Time {
	wall := (*uint64)(unsafe.Pointer(&t)) // the first field of time.Time: a flag, 33 bits of seconds, 30 of nanoseconds
	*wall += uint64(d/time.Second) << 30
	return t
}

func TestM38SettingTheClockChangesNothing(t *testing.T) {
	for name, jump := range map[string]time.Duration{"an hour forward": time.Hour, "an hour back": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			c := Clock{start: start, read: func() time.Time { return start.Add(3 * time.Minute) }}
			before := c.Now()
			c.read = func() time.Time { return shiftWall(start.Add(4*time.Minute), jump) }
			if moved := c.read(); moved.Round(0).Sub(start.Round(0)) != 4*time.Minute+jump {
				t.Fatalf("the test did not move the clock: %v", moved.Round(0).Sub(start.Round(0)))
			}
			if passed := c.Now().Sub(before); passed != time.Minute {
				t.Errorf("%v passed, want a minute", passed)
			}
		})
	}
}
