// Package idptest is an OpenID provider for tests, which can lie in every way that a real one, or somebody in between, could.
package idptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Client is the one that the provider knows.
const (
	Client = "countersign-client"
	Secret = "not-a-real-secret" //nolint:gosec // it is not
)

// Script changes what the provider says. Nil fields leave it honest.
type Script struct {
	Claims    func(claims map[string]any)   // of the id token
	Discovery func(document map[string]any) // what it says of itself
	Unsigned  bool                          // alg none
	OtherKey  bool                          // signed by a key that it does not publish
	Huge      string                        // path that answers without end
	Hang      string                        // path that never answers
}

type grant struct{ nonce, challenge, redirect string }

// Provider is a running provider.
type Provider struct {
	*httptest.Server
	t     testing.TB
	key   *ecdsa.PrivateKey
	other *ecdsa.PrivateKey
	done  chan struct{}

	mu     sync.Mutex
	script Script
	grants map[string]grant
	Asked  url.Values // of the last authorization
	Tokens int        // codes that it was asked to exchange
}

// Start starts a provider on this machine until the test ends.
func Start(t testing.TB) *Provider {
	t.Helper()
	p := &Provider{t: t, key: newKey(t), other: newKey(t), done: make(chan struct{}), grants: map[string]grant{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(p.misbehave(mux))
	t.Cleanup(func() { close(p.done); p.Close() })
	return p
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Play sets the script.
func (p *Provider) Play(s Script) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = s
}

func (p *Provider) now() Script {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.script
}

func (p *Provider) misbehave(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := p.now()
		switch r.URL.Path {
		case s.Hang:
			select {
			case <-p.done:
			case <-r.Context().Done():
			}
		case s.Huge:
			w.Header().Set("Content-Type", "application/json")
			block := []byte(strings.Repeat(" ", 64<<10))
			for range 64 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	d := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256", "none"}, "authorization_response_iss_parameter_supported": true,
	}
	if f := p.now().Discovery; f != nil {
		f(d)
	}
	answer(w, http.StatusOK, d)
}

func (p *Provider) keys(w http.ResponseWriter, _ *http.Request) {
	coordinate := func(n *big.Int) string { return base64.RawURLEncoding.EncodeToString(n.FillBytes(make([]byte, 32))) }
	answer(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "k1", "x": coordinate(p.key.X), "y": coordinate(p.key.Y),
	}}})
}

// SignIn is what a person does on the sign-in page at address: it returns where they are sent back to.
func (p *Provider) SignIn(address string) *url.URL {
	p.t.Helper()
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(address, p.URL+"/authorize?") {
		p.t.Fatalf("%q is not the sign-in page", address)
	}
	q := u.Query()
	for name, want := range map[string]string{
		"response_type": "code", "client_id": Client, "code_challenge_method": "S256", "max_age": "0", "prompt": "login",
	} {
		if q.Get(name) != want {
			p.t.Errorf("%s is %q, want %q", name, q.Get(name), want)
		}
	}
	if !strings.Contains(q.Get("scope"), "openid") || len(q.Get("state")) < 22 || len(q.Get("nonce")) < 22 || len(q.Get("code_challenge")) != 43 {
		p.t.Errorf("not a sign-in: %v", q)
	}
	code := rand.Text()
	p.mu.Lock()
	p.Asked = q
	p.grants[code] = grant{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
	p.mu.Unlock()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		p.t.Fatal(err)
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.URL}}.Encode()
	return back
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.Tokens++
	g, ok := p.grants[r.PostFormValue("code")]
	delete(p.grants, r.PostFormValue("code"))
	p.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	user, password, basic := r.BasicAuth()
	switch {
	case !basic || user != Client || password != Secret:
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	case !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != g.challenge || r.PostFormValue("redirect_uri") != g.redirect:
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	now := time.Now()
	claims := map[string]any{
		"iss": p.URL, "aud": Client, "sub": "subject-pia", "nonce": g.nonce, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "auth_time": now.Unix(),
		"email": "Pia@Northwind.example.com", "email_verified": true, "acr": "strong", "acrs": []string{"c1"}, "amr": []string{"hwk", "mfa"},
	}
	if f := p.now().Claims; f != nil {
		f(claims)
	}
	answer(w, http.StatusOK, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.sign(claims)})
}

func (p *Provider) sign(claims map[string]any) string {
	s := p.now()
	header := map[string]any{"alg": "ES256", "kid": "k1", "typ": "JWT"}
	if s.Unsigned {
		header["alg"] = "none"
	}
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			p.t.Error(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := encode(header) + "." + encode(maps.Clone(claims))
	if s.Unsigned {
		return text + "."
	}
	key := p.key
	if s.OtherKey {
		key = p.other
	}
	sum := sha256.Sum256([]byte(text))
	a, b, err := ecdsa.Sign(rand.Reader, key, sum[:])
	if err != nil {
		p.t.Error(err)
		return ""
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(append(a.FillBytes(make([]byte, 32)), b.FillBytes(make([]byte, 32))...))
}
