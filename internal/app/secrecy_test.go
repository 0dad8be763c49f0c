package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
)

// kept is a log that is read later.
type kept struct {
	mu sync.Mutex
	b  strings.Builder
}

func (k *kept) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.b.Write(p)
}

// M7: the most talkative log of a whole call holds no code, link, token, password, address or name.
func TestM7TheLogTellsNothing(t *testing.T) {
	log := &kept{}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Options{
		Serve: config.Serve{Storage: config.Storage{Data: t.TempDir()}}, Base: &url.URL{Scheme: "http", Host: l.Addr().String()}, Version: "test",
		Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l, func() {}) }()
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	furnish(boss)
	secrets := []string{password, boss.token, "olga@harbor", "secret@contact", "+12125550123", "+12125550124", "2125550123", "Secret Contact", "Olga"}
	boss.do(http.MethodPost, "/api/session", `{"email":"olga@harbor.example.com","password":"no-such-password-9"}`)
	secrets = append(secrets, "no-such-password-9")
	secrets = append(secrets, codesAndLinks(t, boss, 3)...)
	for _, s := range secrets {
		if token, ok := strings.CutPrefix(s, "/v/"); ok {
			a.API().ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v/"+token, http.NoBody))
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	text := log.b.String()
	if !strings.Contains(text, "route=") || !strings.Contains(text, "sign-in refused") {
		t.Fatalf("the log is not the whole one: %s", text)
	}
	for _, s := range secrets {
		if regexp.MustCompile(`(^|[^0-9A-Za-z.])` + regexp.QuoteMeta(s) + `($|[^0-9A-Za-z])`).MatchString(text) {
			t.Errorf("%q is in the log", s)
		}
	}
}

// codesAndLinks waits for some messages on the sandbox phone and returns the secrets in them.
func codesAndLinks(t *testing.T, c caller, want int) (out []string) {
	t.Helper()
	secret := regexp.MustCompile(`\b\d{6}\b|/v/[\w-]{43}`)
	for range 2400 {
		var page struct{ Items []struct{ Body string } }
		w := c.do(http.MethodGet, "/api/sandbox/messages", "")
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		out = nil
		for _, m := range page.Items {
			out = append(out, secret.FindAllString(m.Body, -1)...)
		}
		if len(out) >= want {
			return out
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("the phone has only %v", out)
	return nil
}
