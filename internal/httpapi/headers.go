package httpapi

import (
	"net/http"
	"net/netip"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
)

// setHeaders sets what every answer carries; pages widen the content security policy for themselves.
func (a *API) setHeaders(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Request-Id", access.ActorFrom(r.Context()).RequestID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	h.Set("Cache-Control", "no-store")
	if a.Secure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	}
}

// Secure says whether the browser reached us over TLS, here or at a trusted proxy.
func (a *API) Secure(r *http.Request) bool {
	if r.TLS != nil || (a.ExternalURL != nil && a.ExternalURL.Scheme == "https") {
		return true
	}
	return a.trusts(peer(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// caller is the Actor of a request before anybody is known.
func (a *API) caller(r *http.Request) access.Actor {
	return access.Actor{Address: a.address(r), Device: device(r.UserAgent()), RequestID: id.New()}
}

// address is the network address of the client. Only a trusted proxy may name another one than its own: of X-Forwarded-For counts the
// last entry that is not such a proxy, since everything before it can be forged.
func (a *API) address(r *http.Request) string {
	from := peer(r)
	if !a.trusts(from) {
		return from.String()
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		from = hop.Unmap()
		if !a.trusts(from) {
			break
		}
	}
	return from.String()
}

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.IPv6Unspecified()
	}
	return ap.Addr().Unmap().WithZone("")
}

func (a *API) trusts(addr netip.Addr) bool {
	for _, p := range a.TrustedProxies {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// device names browser and system the way people do, for the list of sessions and the audit log.
func device(userAgent string) string {
	first := func(names ...string) string {
		for i := 0; i < len(names); i += 2 {
			if strings.Contains(userAgent, names[i]) {
				return names[i+1]
			}
		}
		return ""
	}
	browser := first("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := first("Windows", "Windows", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Mac OS X", "macOS", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser == "" && system == "":
		return "unknown device"
	}
	return browser + system
}
