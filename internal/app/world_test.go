package app_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/store/storetest"
)

const password = "correct horse battery staple"

// start builds the whole product on an empty database, without its background work.
func start(t *testing.T) *app.App { return startOn(t, "") }

// each runs a test on SQLite, and on PostgreSQL if there is one for tests.
func each(t *testing.T, fn func(t *testing.T, a *app.App)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { fn(t, start(t)) })
	if os.Getenv(storetest.Env) != "" {
		t.Run("PostgreSQL", func(t *testing.T) { fn(t, startOn(t, storetest.Postgres(t))) })
	}
}

func startOn(t *testing.T, url string) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), app.Options{
		Serve: config.Serve{Storage: config.Storage{Data: storetest.Dir(t), DatabaseURL: url}}, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// caller makes requests with a token.
type caller struct {
	t     *testing.T
	app   *app.App
	token string
	email string
}

func owner(t *testing.T, a *app.App, organization, email string) caller {
	t.Helper()
	token, err := a.Organization(t.Context(), config.Owner{Organization: organization, Name: "Olga Berg", Email: email}, password)
	if err != nil {
		t.Fatal(err)
	}
	return caller{t, a, token, email}
}

// do makes a request; headers are given as "Name: value".
func (c caller) do(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	r := httptest.NewRequestWithContext(c.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	c.app.API().ServeHTTP(w, r)
	return w
}

// signIn begins a session with the password that owner and colleague give, and returns the headers that carry it.
func (c caller) signIn() []string {
	c.t.Helper()
	w := (caller{c.t, c.app, "", c.email}).do(http.MethodPost, "/api/session", fmt.Sprintf(`{"email":%q,"password":%q}`, c.email, password))
	cookies := w.Result().Cookies()
	if w.Code != http.StatusOK || len(cookies) == 0 {
		c.t.Fatalf("no session: %d %s", w.Code, w.Body)
	}
	return []string{"Cookie: " + cookies[0].Name + "=" + cookies[0].Value, "Sec-Fetch-Site: same-origin"}
}

// within makes a request in a session instead of with the token.
func (c caller) within(session []string, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	return (caller{c.t, c.app, "", c.email}).do(method, path, body, append(slices.Clone(session), headers...)...)
}

// make posts and returns the id of what was made.
func (c caller) make(path, body string) string {
	c.t.Helper()
	w := c.do(http.MethodPost, path, body)
	var o struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code >= 300 {
		c.t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
	}
	return o.ID
}

// id is that of the technician who calls.
func (c caller) id() string {
	c.t.Helper()
	me, _ := c.must(http.MethodGet, "/api/me", "")["technician"].(map[string]any)
	id, ok := me["id"].(string)
	if !ok || id == "" {
		c.t.Fatal("nobody is signed in")
	}
	return id
}

// fields are those of an answer that is an object; a status other than 0 is demanded.
func (c caller) fields(w *httptest.ResponseRecorder, status int) (fields map[string]any) {
	c.t.Helper()
	if status != 0 && w.Code != status {
		c.t.Fatalf("%d %s, want %d", w.Code, w.Body, status)
	}
	_ = json.Unmarshal(w.Body.Bytes(), &fields) // pages and streams are no objects
	return fields
}

// must makes a request that has to succeed.
func (c caller) must(method, path, body string) map[string]any {
	c.t.Helper()
	w := c.do(method, path, body)
	if w.Code >= 300 {
		c.t.Fatalf("%s %s: %d %s", method, path, w.Code, w.Body)
	}
	return c.fields(w, 0)
}
