package id_test

import (
	"testing"

	"countersign.dev/countersign/internal/id"
)

func TestDigitsAreEquallyLikely(t *testing.T) {
	var seen [10]int
	const n = 200_000
	for _, r := range id.Digits(n) {
		seen[r-'0']++
	}
	for d, k := range seen {
		// Six standard deviations of a fair draw are about 800.
		if k < n/10-800 || k > n/10+800 {
			t.Errorf("%d came %d times of %d", d, k, n)
		}
	}
}

func TestIdentifiers(t *testing.T) {
	a, b := id.New(), id.New()
	if !id.Valid(a) || a >= b {
		t.Errorf("%s and %s are not ordered by time", a, b)
	}
	for _, bad := range []string{"", "x", a + "0", "{" + a[1:35] + "}", "urn:uuid:" + a} {
		if id.Valid(bad) {
			t.Errorf("%q passes for an id", bad)
		}
	}
	if s := id.Secret(); len(s) != 43 || s == id.Secret() {
		t.Errorf("secret %q", s)
	}
}
