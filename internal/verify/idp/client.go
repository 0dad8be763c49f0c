package idp

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Bounds of what a provider may cost us.
const (
	dialTime  = 5 * time.Second
	callTime  = 8 * time.Second  // one request
	totalTime = 15 * time.Second // all requests of one page
	maxAnswer = 512 << 10        // bytes
	maxToken  = 64 << 10
)

var (
	errAddress  = errors.New("this address is not allowed")
	errRedirect = errors.New("it redirects")
)

// newClient reaches public https addresses only, follows no redirects, uses no proxy (which would look names up itself), and reads little.
func newClient(local bool) *http.Client {
	d := &net.Dialer{Timeout: dialTime, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || isRefused(to.Addr(), local) {
			return errAddress
		}
		return nil
	}}
	t := &http.Transport{
		DialContext: d.DialContext, TLSHandshakeTimeout: dialTime, ForceAttemptHTTP2: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10,
	}
	return &http.Client{
		Transport: bounded{t, local}, Timeout: callTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
}

type bounded struct {
	next  http.RoundTripper
	local bool
}

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := checkURL(r.URL.String(), b.local); err != nil {
		return nil, err
	}
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxAnswer)
	}
	return res, err
}

// reserved are networks that belong to nobody outside, beside those that netip knows (RFC 6890, RFC 6052, RFC 3056).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
}

func isRefused(ip netip.Addr, local bool) bool {
	ip = ip.Unmap().WithZone("")
	if ip.IsLoopback() {
		return !local
	}
	return !ip.IsGlobalUnicast() || ip.IsPrivate() || slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(ip) })
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// checkURL accepts https, and plain http to this machine if it is allowed.
func checkURL(address string, local bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || u.Opaque != "":
		return errAddress
	case u.Scheme == "https", u.Scheme == "http" && local && isLoopback(u.Hostname()):
		return nil
	}
	return errAddress
}

// remote is a provider as it describes itself now.
type remote struct {
	provider  *oidc.Provider
	oauth     oauth2.Config
	signHost  string // where people sign in
	namesSelf bool   // it says who it is when it sends people back (RFC 9207)
}

// bound gives a context the client and the time for one page.
func (s *Service) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, totalTime)
	return oidc.ClientContext(ctx, s.client), cancel
}

// discover asks a provider to describe itself. What goes wrong is told in our own words, since its answers may hold anything.
func (s *Service) discover(ctx context.Context, p Provider) (r remote, err error) {
	if r.provider, err = oidc.NewProvider(ctx, p.Issuer); err != nil {
		return r, err
	}
	var more struct {
		JWKS    string   `json:"jwks_uri"`
		Auth    []string `json:"token_endpoint_auth_methods_supported"`
		NamesIt bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err := r.provider.Claims(&more); err != nil {
		return r, err
	}
	e := r.provider.Endpoint()
	for _, address := range []string{e.AuthURL, e.TokenURL, more.JWKS} {
		if err := checkURL(address, s.Local); err != nil {
			return r, err
		}
	}
	u, err := url.Parse(e.AuthURL)
	if err != nil {
		return r, err
	}
	r.signHost, r.namesSelf = u.Host, more.NamesIt
	r.oauth = oauth2.Config{ClientID: p.ClientID, Endpoint: e, RedirectURL: s.callback(), Scopes: p.Scopes}
	r.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	if len(p.secret) > 0 {
		secret, err := s.Keys.Unseal(p.place(), p.secret)
		if err != nil {
			return r, err
		}
		r.oauth.ClientSecret = string(secret)
		if len(more.Auth) == 0 || slices.Contains(more.Auth, "client_secret_basic") { // the default (OpenID Connect Discovery, section 3)
			r.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
		}
	}
	return r, nil
}

// Test asks a customer's provider to describe itself and returns where people sign in.
func (s *Service) Test(ctx context.Context, customerID string) (host string, err error) {
	p, err := s.Provider(ctx, customerID)
	if err != nil {
		return "", err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	r, err := s.discover(ctx, p)
	if err != nil {
		return "", unusable(err)
	}
	return r.signHost, nil
}

// unusable says what is wrong in words for the administrator.
func unusable(err error) error {
	var other *oidc.IssuerMismatchError
	var large *http.MaxBytesError
	says := "It does not describe itself as OpenID Connect asks."
	switch {
	case errors.As(err, &other):
		says = "It calls itself by another name than the issuer that was entered."
	case errors.Is(err, errAddress):
		says = "It, or an address that it names, is not a public https address."
	case errors.Is(err, errRedirect):
		says = "It redirects elsewhere. Enter the issuer's final address."
	case errors.As(err, &large):
		says = "Its answer is too large."
	default:
		var failed *url.Error
		if errors.As(err, &failed) {
			says = "It cannot be reached."
		}
	}
	return errUnusable.With(says)
}
