package access_test

import (
	"net/netip"
	"testing"

	"countersign.dev/countersign/internal/access"
)

func TestWithin(t *testing.T) {
	office := []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8:7::/48")}
	for name, tc := range map[string]struct {
		address  string
		networks []netip.Prefix
		want     bool
	}{
		"no rule":                 {"198.51.100.1", nil, true},
		"no rule, no address":     {"", nil, true},
		"inside":                  {"203.0.113.9", office, true},
		"outside":                 {"203.0.114.9", office, false},
		"inside by IPv6":          {"2001:db8:7:1::9", office, true},
		"outside by IPv6":         {"2001:db8:8::9", office, false},
		"IPv4 in IPv6":            {"::ffff:203.0.113.9", office, true},
		"a zone is no way around": {"2001:db8:8::9%eth0", office, false},
		"no address":              {"", office, false},
		"nonsense":                {"203.0.113.9, 198.51.100.1", office, false},
	} {
		if got := access.Within(tc.address, tc.networks); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if got, err := access.Networks(`["203.0.113.0/24"]`); err != nil || len(got) != 1 || got[0] != office[0] {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := access.Networks(`["office"]`); err == nil {
		t.Error("a broken rule reads as none")
	}
}

// A half session is nobody, wherever it is asked about.
func TestHalfSignedInIsNotSignedIn(t *testing.T) {
	a := access.Actor{OrgID: "o", ID: "tom", SessionID: "s", Kind: access.Technician, Owner: true}
	if !a.SignedIn() {
		t.Error("a session is not signed in")
	}
	a.Hold = access.HoldFactor
	if a.SignedIn() {
		t.Error("a half session is signed in")
	}
	a.Hold = access.HoldEnrolment
	if !a.SignedIn() {
		t.Error("whoever has to enrol is not signed in")
	}
}
