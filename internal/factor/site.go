package factor

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Site is where a browser meets us. A passkey works only on the site that it was made for, and that is what keeps it from being phished.
type Site struct {
	ID     string // the relying party's id: a host name
	Origin string // scheme, host and port
}

// Site is the site of a request: the configured external address, or on this machine however the browser calls it. What a request says of
// its host is believed for loopback alone, since nobody else can serve that.
func (s *Service) Site(r *http.Request) (Site, error) {
	if s.ExternalURL != nil {
		return siteAt(s.ExternalURL)
	}
	u := &url.URL{Scheme: "http", Host: r.Host}
	if s.secure(r) {
		u.Scheme = "https"
	}
	if name := strings.ToLower(u.Hostname()); name != "localhost" && !strings.HasSuffix(name, ".localhost") {
		return Site{}, errUnavailable
	}
	return siteAt(u)
}

func siteAt(u *url.URL) (Site, error) {
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return Site{}, errUnavailable // browsers take no network address for a site
	}
	origin := u.Scheme + "://" + host
	if port := u.Port(); port != "" && port != map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		origin += ":" + port
	}
	return Site{ID: host, Origin: origin}, nil
}
