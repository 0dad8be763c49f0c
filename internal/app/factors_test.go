package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
)

// An owner who lost everything is helped from the machine itself, beside the server that runs.
func TestTheOwnersFactorsAreResetFromTheCommandLine(t *testing.T) {
	storage := config.Storage{Data: t.TempDir()}
	a, err := app.New(t.Context(), app.Options{Serve: config.Serve{Storage: storage}, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	b := &browser{caller: caller{t: t, app: a}}
	signIn := `{"email": "olga@harbor.example.com", "password": "` + password + `"}`
	b.must("POST", "/api/session", signIn)
	secret, _ := b.must("POST", "/api/me/factors/totp", "{}")["secret"].(string)
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.must("POST", "/api/me/factors/totp/confirm", `{"code": "`+code+`"}`)
	half := &browser{caller: caller{t: t, app: a}}
	if got := half.must("POST", "/api/session", signIn); got["mfa_required"] != true {
		t.Fatalf("the app is set up, and sign-in answers %v", got)
	}

	var out bytes.Buffer
	reset := func(email, folder string) error {
		s := app.Streams{In: strings.NewReader(""), Out: &out, Log: t.Output(), Version: "test"}
		return app.ResetFactors(t.Context(), config.ResetFactors{Storage: config.Storage{Data: folder}, Email: email}, s)
	}
	if err := reset("nobody@harbor.example.com", storage.Data); err == nil {
		t.Error("a name that nobody has is reset")
	}
	if err := reset("olga@harbor.example.com", t.TempDir()); err == nil || errors.Is(err, config.ErrUsage) {
		t.Errorf("a folder without an installation: %v", err)
	}
	if err := reset("olga@harbor.example.com", storage.Data); err != nil || !strings.Contains(out.String(), "the factors are gone") {
		t.Fatalf("%v, %q", err, out.String())
	}

	if status, _, _ := b.send("GET", "/api/me", ""); status != http.StatusUnauthorized {
		t.Errorf("her session goes on: %d", status)
	}
	if status, _, _ := half.send("POST", "/api/session/factor", `{"code": "000000"}`); status != http.StatusUnauthorized {
		t.Errorf("the half session goes on: %d", status)
	}
	if got := b.must("POST", "/api/session", signIn); got["mfa_required"] != false {
		t.Errorf("sign-in answers %v", got)
	}
	found := boss.do(http.MethodGet, "/api/audit?action=factors.reset", "").Body.String()
	if !strings.Contains(found, `"reason":"command line"`) || !strings.Contains(found, "Olga Berg") {
		t.Errorf("the record has %s", found)
	}
	told := boss.do(http.MethodGet, "/api/notifications", "").Body.String()
	if !strings.Contains(told, "security.factors_reset") {
		t.Errorf("she was told %s", told)
	}
}
