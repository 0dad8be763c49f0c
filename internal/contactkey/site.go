package contactkey

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"
)

// site is where browsers meet us: the relying party. A passkey works nowhere else, and that is what keeps it from being phished.
type site struct{ id, origin string }

// siteOf reads the external address. A network address is no name for a passkey; this machine's own is called localhost.
func siteOf(base string) (site, error) {
	u, err := url.Parse(base)
	if err != nil {
		return site{}, errUnavailable.Because(err)
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		if !ip.IsLoopback() {
			return site{}, errUnavailable
		}
		host = "localhost"
	}
	if host == "" {
		return site{}, errUnavailable
	}
	origin := u.Scheme + "://" + host
	if port := u.Port(); port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		origin += ":" + port
	}
	return site{host, origin}, nil
}

// relyingParty is how go-webauthn sees us. Attestation is not asked for: it would tell the maker of the device, which no rule uses.
func (s site) relyingParty() (*webauthn.WebAuthn, error) {
	rp, err := webauthn.New(&webauthn.Config{
		RPID: s.id, RPDisplayName: "Countersign", RPOrigins: []string{s.origin}, AttestationPreference: protocol.PreferNoAttestation,
	})
	if err != nil {
		return nil, fmt.Errorf("describe the site %s: %w", s.origin, err)
	}
	return rp, nil
}

// algorithms are those of which every browser has one.
func algorithms() (out []protocol.CredentialParameter) {
	for _, a := range []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgES256, webauthncose.AlgEdDSA, webauthncose.AlgRS256} {
		out = append(out, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: a})
	}
	return out
}
