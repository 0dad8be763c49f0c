package app_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
)

// running is a server with everything, on a port of its own.
type running struct {
	url  string
	app  *app.App
	stop func() time.Duration
}

func run(t *testing.T, change ...func(*config.Serve)) *running {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Serve{Storage: config.Storage{Data: t.TempDir()}}
	for _, c := range change {
		c(&cfg)
	}
	base := &url.URL{Scheme: "http", Host: l.Addr().String()}
	a, err := app.New(t.Context(), app.Options{Serve: cfg, Base: base, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- a.Run(ctx, l, func() { close(ready) }) }()
	<-ready
	stopped := false
	r := &running{url: base.String(), app: a}
	r.stop = func() time.Duration {
		if stopped {
			return 0
		}
		stopped = true
		begin := time.Now()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		return time.Since(begin)
	}
	t.Cleanup(func() { r.stop() })
	return r
}

func get(t *testing.T, address, token string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

func TestTheServerStopsWithinTenSecondsAndEndsItsStreams(t *testing.T) {
	s := run(t)
	for _, path := range []string{"/healthz", "/readyz"} {
		if res := get(t, s.url+path, ""); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	c := owner(t, s.app, "Harbor IT", "olga@harbor.example.com")
	stream := get(t, s.url+"/api/events", c.token)
	lines := bufio.NewReader(stream.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != ": connected\n" {
		t.Fatal(line, err)
	}
	c.make("/api/customers", `{"name":"Northwind"}`)
	seen := ""
	for !strings.Contains(seen, "customer.changed") {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		seen += line
	}
	if d := s.stop(); d > 10*time.Second {
		t.Errorf("stopping took %s", d)
	}
	if _, err := io.ReadAll(lines); err != nil {
		t.Error("the stream was cut, not ended:", err)
	}
}

func TestBeforeAndAfterRunTheServerIsNotReady(t *testing.T) {
	a := start(t)
	w := caller{t, a, "", ""}.do(http.MethodGet, "/readyz", "")
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Error(w.Code, w.Header())
	}
}

func TestMetricsAreOnAnAddressOfTheirOwn(t *testing.T) {
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	s := run(t, func(c *config.Serve) { c.MetricsListen = address })
	c := owner(t, s.app, "Harbor IT", "olga@harbor.example.com")
	c.make("/api/customers", `{"name":"Northwind"}`)
	b, err := io.ReadAll(get(t, "http://"+address+"/metrics", "").Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`countersign_request_seconds_count{route="POST /api/customers",status="201"} 1`, "countersign_write_seconds", `kind="customer.changed"`, "go_goroutines"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(string(b), "olga") || strings.Contains(string(b), "Northwind") {
		t.Error("metrics name people")
	}
}

func TestTheDemoIsMadeOnceAndOpensWithItsLink(t *testing.T) {
	each(t, theDemoIsMadeOnceAndOpensWithItsLink)
}

func theDemoIsMadeOnceAndOpensWithItsLink(t *testing.T, a *app.App) {
	first, err := a.Demo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := a.Demo(t.Context())
	if err != nil || first == second {
		t.Error("no new link", err)
	}
	c := caller{t, a, "", ""}
	w := c.do(http.MethodPost, "/api/session/link", `{"token":"`+second+`"}`)
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	if w := c.do(http.MethodPost, "/api/session/link", `{"token":"`+second+`"}`); w.Code < 400 {
		t.Error("the link works twice")
	}
	var session *http.Cookie
	for _, k := range w.Result().Cookies() {
		if k.Name == "cs_session" {
			session = k
		}
	}
	for path, want := range map[string]int{
		"/api/technicians": 12, "/api/teams": 4, "/api/customers": 25, "/api/contacts?q=northwind&limit=200": 11, "/api/tickets?limit=200": 114,
		"/api/devices?q=SRV&limit=200": 50,
	} {
		var l struct{ Items []json.RawMessage }
		w := c.do(http.MethodGet, path, "", "Cookie: "+session.Name+"="+session.Value)
		if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || len(l.Items) != want {
			t.Errorf("%s: %d items of %d, %v", path, len(l.Items), want, err)
		}
	}
}

var nonce = regexp.MustCompile(`'nonce-([\w-]+)'`)

func TestTheConsole(t *testing.T) {
	script := strings.Repeat("let a = 1;\n", 500)
	a := start(t)
	h := a.Console(fstest.MapFS{
		"index.html":           {Data: []byte(`<meta name="csp-nonce" content="__CSP_NONCE__">`)},
		"favicon.svg":          {Data: []byte("<svg/>")},
		"assets/index-abc.js":  {Data: []byte(script)},
		"manifest.webmanifest": {Data: []byte("{}")},
		".gitkeep":             {Data: []byte("")},
	})
	ask := func(path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string]int{
		"/": 200, "/contacts": 200, "/contacts/01a2": 200, "/index.html": 200, "/favicon.svg": 200, "/manifest.webmanifest": 200, "/assets/index-abc.js": 200,
		"/.gitkeep": 404, "/assets/nothing.js": 404, "/assets": 404, "/assets/": 404, "/nothing.js": 404, "/v/x/y": 404, "/.well-known/x": 404, "/../go.mod": 404, "/access/v1/x": 404,
	} {
		if w := ask(path); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
	first, second := ask("/"), ask("/contacts")
	n := nonce.FindStringSubmatch(first.Header().Get("Content-Security-Policy"))
	if n == nil || !strings.Contains(first.Body.String(), `content="`+n[1]+`"`) || strings.Contains(second.Body.String(), n[1]) {
		t.Error("the page and its policy do not have one fresh nonce", first.Header(), first.Body)
	}
	if p := first.Header().Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || !strings.Contains(p, "frame-ancestors 'none'") {
		t.Error(p)
	}
	packed := ask("/assets/index-abc.js", "Accept-Encoding: gzip, br")
	z, err := gzip.NewReader(bytes.NewReader(packed.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || string(b) != script || !strings.Contains(packed.Header().Get("Cache-Control"), "immutable") {
		t.Error("packed script", err, packed.Header())
	}
	if w := ask("/assets/index-abc.js", "If-None-Match: "+packed.Header().Get("ETag")); w.Code != http.StatusNotModified {
		t.Error(w.Code)
	}
}
