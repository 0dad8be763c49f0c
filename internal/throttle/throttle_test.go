package throttle_test

import (
	"fmt"
	"testing"
	"time"

	"countersign.dev/countersign/internal/throttle"
)

func TestNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.10":           "192.0.2.0/24",
		"::ffff:192.0.2.10":    "192.0.2.0/24",
		"2001:db8:0:7::1":      "2001:db8:0:7::/64",
		"fe80::1%eth0":         "fe80::/64",
		"":                     "unknown",
		"192.0.2.10, 10.0.0.1": "unknown",
	} {
		if got := throttle.Network(address); got != want {
			t.Errorf("%q is of %q, want %q", address, got, want)
		}
	}
}

func TestFailures(t *testing.T) {
	l, now := throttle.NewFailures(), time.Now()
	for i := range 100 {
		if wait := l.Check("a", now); wait != 0 {
			t.Fatalf("failure %d waits %v", i, wait)
		}
		l.Failed("a", now)
	}
	if l.Check("a", now) != 3*time.Second || l.Check("b", now) != 0 {
		t.Error("the hundredth failure does not slow its network down, and no other")
	}
	if l.Check("a", now.Add(3*time.Second)) != 0 {
		t.Error("it does not get another chance")
	}
	for i := range 10_000 {
		l.Failed(fmt.Sprint(i), now)
	}
	if l.Check("a", now) != 0 {
		t.Error("a flood of networks fills the memory")
	}
}

func TestRecently(t *testing.T) {
	r, now := throttle.NewRecently(), time.Now()
	for i, tc := range []struct {
		key  string
		at   time.Duration
		want bool
	}{{"a", 0, true}, {"a", time.Second, false}, {"b", time.Second, true}, {"a", time.Minute, true}, {"a", 61 * time.Second, false}} {
		if got := r.First(tc.key, now.Add(tc.at)); got != tc.want {
			t.Errorf("%d: %v", i, got)
		}
	}
}
