package input

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

const maxDomain = 253

var errDomain = refusal("This is not a domain name. Write it like example.com, without http:// and without a path.")

// ParseDomain checks a domain name of at least two labels and returns it in lower case and in its ASCII form (IDNA 2008, RFC 5891).
func ParseDomain(s string) (string, error) {
	if len(s) > 4*maxDomain {
		return "", errDomain
	}
	profile := idna.New(idna.MapForLookup(), idna.StrictDomainName(true), idna.ValidateLabels(true), idna.VerifyDNSLength(true), idna.BidiRule())
	out, err := profile.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || !strings.Contains(out, ".") || strings.HasSuffix(out, ".") || endsInNumber(out) {
		return "", errDomain
	}
	if again, err := profile.ToASCII(out); err != nil || again != out {
		return "", errDomain
	}
	return out, nil
}

// endsInNumber tells names from network addresses: no top-level domain is a number (RFC 3696, section 2).
func endsInNumber(domain string) bool {
	if _, err := netip.ParseAddr(domain); err == nil {
		return true
	}
	return strings.Trim(domain[strings.LastIndex(domain, ".")+1:], "0123456789") == ""
}
