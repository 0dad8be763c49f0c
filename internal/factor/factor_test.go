package factor_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// An authenticator app that nobody here wrote makes the codes.
func TestCodesAreThoseOfOathtool(t *testing.T) {
	oathtool, err := exec.LookPath("oathtool")
	if err != nil {
		t.Fatal("oathtool is missing: scripts/need test says where to get it")
	}
	each(t, func(t *testing.T, w *world) {
		setup, err := w.SetUpTOTP(w.in(w.pia, "s"))
		if err != nil {
			t.Fatal(err)
		}
		code := func(at time.Time) string {
			out, err := exec.CommandContext(t.Context(), oathtool, "--totp=sha1", "--base32", "--now="+at.UTC().Format("2006-01-02 15:04:05 UTC"), setup.Secret).Output()
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(string(out))
		}
		now := time.Now()
		if codes, err := w.ConfirmTOTP(w.in(w.pia, "s"), code(now.Add(-30*time.Second))); err != nil || len(codes) != 10 {
			t.Fatalf("the code of the step before: %d recovery codes, %v", len(codes), err)
		}
		for _, after := range []time.Duration{0, 30 * time.Second} {
			if err := w.try(w.pia, code(now.Add(after)), now); err != nil {
				t.Errorf("the code of %v from now: %v", after, err)
			}
		}
		if err := w.try(w.pia, code(now.Add(5*time.Minute)), now); fault.CodeOf(err) != "factor.code_wrong" {
			t.Errorf("a code of the future: %v", err)
		}
	})
}

func TestSetUpSaysWhatAppsNeed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		setup, err := w.SetUpTOTP(w.in(w.pia, "s"))
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(setup.URI)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Countersign (Northwind):pia@example.com" || q.Get("secret") != setup.Secret ||
			q.Get("issuer") != "Countersign (Northwind)" || q.Get("digits") != "6" || q.Get("period") != "30" || q.Get("algorithm") != "SHA1" {
			t.Errorf("the address is %s", setup.URI)
		}
		picture, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(setup.QR, "data:image/png;base64,"))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(picture)); err != nil || img.Bounds().Dx() < 200 {
			t.Errorf("the picture: %v", err)
		}
	})
}

func TestTOTPSteps(t *testing.T) {
	for name, tc := range map[string]struct {
		off  time.Duration
		want string
	}{
		"now":              {0, ""},
		"the step before":  {-30 * time.Second, ""},
		"the step after":   {30 * time.Second, ""},
		"two steps before": {-60 * time.Second, "factor.code_wrong"},
		"two steps after":  {60 * time.Second, "factor.code_wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t))
				a, _ := w.enroll(w.pia)
				time.Sleep(10 * time.Minute)
				code := a.code(time.Now().Add(tc.off))
				if err := w.try(w.pia, code[:3]+" "+code[3:], time.Now()); fault.CodeOf(err) != tc.want {
					t.Errorf("got %v, want %q", err, tc.want)
				}
			})
		})
	}
}

func TestSetUpExpiresAndReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		old, _ := w.enroll(w.pia)
		ctx := w.in(w.pia, "s")
		setup, err := w.SetUpTOTP(ctx)
		if err != nil {
			t.Fatal(err)
		}
		next := app{t, setup.Secret}
		time.Sleep(5 * time.Minute)
		if err := w.try(w.pia, old.code(time.Now()), time.Now()); err != nil {
			t.Errorf("the old app before the new one is confirmed: %v", err)
		}
		if err := w.try(w.pia, next.code(time.Now()), time.Now()); err == nil {
			t.Error("an app that was not confirmed signs in")
		}
		time.Sleep(11 * time.Minute)
		if _, err := w.ConfirmTOTP(ctx, next.code(time.Now())); fault.CodeOf(err) != "factor.setup_expired" {
			t.Errorf("after 16 minutes: %v", err)
		}
		if setup, err = w.SetUpTOTP(ctx); err != nil {
			t.Fatal(err)
		}
		next = app{t, setup.Secret}
		if codes, err := w.ConfirmTOTP(ctx, next.code(time.Now())); err != nil || len(codes) != 0 {
			t.Errorf("the new app: %v and %d recovery codes beside those that are left", err, len(codes))
		}
		time.Sleep(time.Minute)
		if err := w.try(w.pia, old.code(time.Now()), time.Now()); err == nil {
			t.Error("the replaced app signs in")
		}
		if err := w.try(w.pia, next.code(time.Now()), time.Now()); err != nil {
			t.Errorf("the new app: %v", err)
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.NewRecoveryCodes(w.in(w.pia, "s")); fault.CodeOf(err) != "factor.not_enrolled" {
			t.Errorf("without a factor: %v", err)
		}
		_, first := w.enroll(w.pia)
		if len(first) != 10 || len(slices.Compact(slices.Sorted(slices.Values(first)))) != 10 {
			t.Fatalf("%d codes: %v", len(first), first)
		}
		now := time.Now()
		if err := w.try(w.pia, " "+strings.ToUpper(strings.NewReplacer("-", " ", "0", "o").Replace(first[0])), now); err != nil {
			t.Errorf("as somebody types it: %v", err)
		}
		if err := w.try(w.pia, first[0], now); fault.CodeOf(err) != "factor.code_wrong" {
			t.Errorf("used before: %v", err)
		}
		w.enroll(w.adam)
		if err := w.try(w.adam, first[1], now); fault.CodeOf(err) != "factor.code_wrong" {
			t.Errorf("somebody else's: %v", err)
		}
		second, err := w.NewRecoveryCodes(w.in(w.pia, "s"))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.try(w.pia, first[1], now); err == nil {
			t.Error("a replaced code works")
		}
		if err := w.try(w.pia, second[1], now); err != nil {
			t.Errorf("a new one: %v", err)
		}
		state, err := w.State(t.Context(), w.DB.Read(), w.pia.OrgID, w.pia.ID)
		if err != nil || state.RecoveryCodesLeft != 9 || !state.TOTP {
			t.Errorf("%+v, %v", state, err)
		}
	})
}

func TestWhatFollowsACodeFailsWithIt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.enroll(w.pia)
		code, boom := a.code(time.Now()), errors.New("no session after all")
		attempt := factor.Attempt{OrgID: w.pia.OrgID, TechnicianID: w.pia.ID, Code: code, PrimaryAt: time.Now()}
		err := w.VerifyCode(anonymous(t), attempt, func(context.Context, *store.Tx, string) error { return boom })
		if !errors.Is(err, boom) {
			t.Fatal(err)
		}
		method := ""
		err = w.VerifyCode(anonymous(t), attempt, func(_ context.Context, _ *store.Tx, m string) error { method = m; return nil })
		if err != nil || method != factor.MethodTOTP {
			t.Errorf("the code is spent although nothing came of it: %v", err)
		}
	})
}

func TestPasskeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.newKey()
		k.auth.Options.BackupEligible, k.auth.Options.BackupState = true, true
		codes, err := w.register(w.pia, k, factor.KindPasskey, "")
		if err != nil || len(codes) != 10 {
			t.Fatalf("%d recovery codes, %v", len(codes), err)
		}
		passed, err := k.signIn()
		want := factor.Passed{OrgID: w.pia.OrgID, TechnicianID: w.pia.ID, PasskeyID: k.id, Kind: factor.KindPasskey, UserVerified: true, Purpose: factor.PurposeSignIn}
		if err != nil || passed != want {
			t.Fatalf("got %+v, %v", passed, err)
		}
		held, err := w.Passkeys(w.in(w.pia, "s"))
		if err != nil || len(held) != 1 || !held[0].BackedUp || held[0].Changed || held[0].LastUsedAt.IsZero() || held[0].Name != "My key" {
			t.Errorf("%+v, %v", held, err)
		}
		// A synced passkey does not count.
		zero := w.newKey()
		if _, err := w.register(w.pia, zero, factor.KindPasskey, ""); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			zero.cred.Counter = ^uint32(0) // answer adds one
			if _, err := zero.signIn(); err != nil {
				t.Errorf("a passkey that does not count: %v", err)
			}
		}
		if renamed, err := w.RenamePasskey(w.in(w.pia, "s"), k.id, "  Blue   key "); err != nil || renamed.Name != "Blue key" {
			t.Errorf("%+v, %v", renamed, err)
		}
		if _, err := w.RenamePasskey(w.in(w.adam, "s"), k.id, "Mine"); fault.CodeOf(err) != "factor.passkey_not_found" {
			t.Errorf("renaming another's: %v", err)
		}
		if err := w.RemovePasskey(w.in(w.adam, "s"), k.id); fault.CodeOf(err) != "factor.passkey_not_found" {
			t.Errorf("removing another's: %v", err)
		}
		if err := w.RemovePasskey(w.in(w.pia, "s"), k.id); err != nil {
			t.Fatal(err)
		}
		if _, err := k.signIn(); fault.CodeOf(err) != "factor.passkey_unknown" {
			t.Errorf("a removed passkey: %v", err)
		}
		wantTold := []string{w.pia.ID + ": security.factors_changed passkey_added", w.pia.ID + ": security.factors_changed passkey_added", w.pia.ID + ": security.factors_changed passkey_removed"}
		if !slices.Equal(w.told, wantTold) {
			t.Errorf("she was told %q", w.told)
		}
	})
}

func TestSecurityKeyIsASecondFactorOnly(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.newKey()
		k.auth.Options.UserNotVerified = true
		if _, err := w.register(w.pia, k, factor.KindSecurityKey, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := w.BeginPasskey(w.in(w.pia, "s"), w.site(), w.pia.OrgID, w.pia.ID, factor.PurposeReauthenticate); fault.CodeOf(err) != "factor.none" {
			t.Errorf("to re-authenticate: %v", err)
		}
		ctx := w.in(w.pia, "half")
		c := w.ask(ctx, w.pia, factor.PurposeSecondFactor)
		passed, err := w.finish(ctx, c, k.answer(c))
		if err != nil || passed.Kind != factor.KindSecurityKey || passed.UserVerified {
			t.Errorf("after a password: %+v, %v", passed, err)
		}
		k.auth.Options.UserNotVerified = false
		if _, err := k.signIn(); fault.CodeOf(err) != "factor.passkey_unknown" {
			t.Errorf("instead of a password: %v", err)
		}
	})
}

func TestLastFactorStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enroll(w.pia)
		k := w.passkey(w.pia)
		w.demanded = true
		ctx := w.in(w.pia, "s")
		var wg sync.WaitGroup
		var byApp, byKey error
		wg.Go(func() { byApp = w.RemoveTOTP(ctx) })
		wg.Go(func() { byKey = w.RemovePasskey(ctx, k.id) })
		wg.Wait()
		if (byApp == nil) == (byKey == nil) {
			t.Fatalf("removing both at once: %v and %v", byApp, byKey)
		}
		if refused := errors.Join(byApp, byKey); !strings.Contains(refused.Error(), "factor.required") {
			t.Errorf("the refusal is %v", refused)
		}
		w.demanded = false
		if byApp == nil {
			byKey = w.RemovePasskey(ctx, k.id)
		} else {
			byKey = w.RemoveTOTP(ctx)
		}
		state, err := w.State(t.Context(), w.DB.Read(), w.pia.OrgID, w.pia.ID)
		if byKey != nil || err != nil || state.Enrolled() || state.RecoveryCodesLeft != 0 {
			t.Errorf("without a rule: %v, %+v, %v", byKey, state, err)
		}
		if err := w.RemoveTOTP(ctx); fault.CodeOf(err) != "factor.totp_not_found" {
			t.Errorf("once more: %v", err)
		}
	})
}

func TestReset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, codes := w.enroll(w.pia)
		k := w.passkey(w.pia)
		w.enroll(w.owner)
		w.told = nil
		if err := w.Reset(w.in(w.pia, "s"), w.adam.ID, ""); fault.CodeOf(err) != "access.denied" {
			t.Errorf("a technician resets: %v", err)
		}
		if err := w.Reset(w.in(w.adam, "s"), w.adam.ID, ""); fault.CodeOf(err) != "factor.own_reset" {
			t.Errorf("one's own: %v", err)
		}
		if err := w.Reset(w.in(w.adam, "s"), w.owner.ID, ""); fault.KindOf(err) != fault.Denied {
			t.Errorf("the owner's: %v", err)
		}
		if n := w.Audited("factors.reset", "denied"); n != 1 {
			t.Errorf("%d refusals are recorded", n)
		}
		for _, alone := range []context.Context{w.in(w.adam, "s"), w.in(w.owner, "s")} {
			if err := w.Reset(alone, w.pia.ID, "lost the phone"); fault.CodeOf(err) != "access.needs_approval" {
				t.Errorf("without a second person: %v", err)
			}
		}
		approved := access.WithApproved(w.in(w.adam, "s"), access.Approved{Action: factor.ResetAction})
		if err := w.Reset(approved, w.pia.ID, "lost the phone"); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(w.ended, []string{w.pia.ID + ": factors_reset"}) || !slices.Equal(w.told, []string{w.pia.ID + ": security.factors_reset Adam Hale"}) {
			t.Errorf("ended %q, told %q", w.ended, w.told)
		}
		if _, err := k.signIn(); err == nil {
			t.Error("the passkey works")
		}
		if err := w.try(w.pia, codes[0], time.Now()); err == nil {
			t.Error("a recovery code works")
		}
		// From the machine itself, also for the owner.
		if err := w.ResetFor(anonymous(t), "", "olga@example.com"); err != nil {
			t.Fatal(err)
		}
		if state, _ := w.State(t.Context(), w.DB.Read(), w.owner.OrgID, w.owner.ID); state.Enrolled() || state.RecoveryCodesLeft != 0 {
			t.Errorf("%+v", state)
		}
		if n := w.Audited("factors.reset", "success"); n != 2 {
			t.Errorf("%d resets are recorded", n)
		}
	})
}

func TestNothingIsLeftOfTheDeleted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enroll(w.pia)
		w.passkey(w.pia)
		_ = w.try(w.pia, "000000", time.Now())
		w.ask(w.in(w.pia, "s"), w.pia, factor.PurposeReauthenticate)
		left := func() (n int) {
			for _, table := range []string{"totp", "recovery", "passkey", "challenge", "failure"} {
				var rows int
				if err := w.DB.Read().QueryRowContext(t.Context(), `select count(*) from factor_`+table+` where technician_id = $1`, w.pia.ID).Scan(&rows); err != nil {
					t.Fatal(err)
				}
				n += rows
			}
			return n
		}
		if left() != 14 {
			t.Fatalf("%d rows before", left())
		}
		w.write(func(tx *store.Tx) error { return w.Inactive(w.System(), tx, w.pia.ID, "suspended") })
		if left() != 14 {
			t.Errorf("somebody suspended has %d rows left", left())
		}
		w.write(func(tx *store.Tx) error { return w.Inactive(w.System(), tx, w.pia.ID, "deleted") })
		if left() != 0 {
			t.Errorf("%d rows are left", left())
		}
	})
}

func TestSite(t *testing.T) {
	address := func(text string) *url.URL {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	for name, tc := range map[string]struct {
		external *url.URL
		host     string
		want     factor.Site
		code     string
	}{
		"configured":             {address("https://CS.example.com"), "evil.example", factor.Site{ID: "cs.example.com", Origin: "https://cs.example.com"}, ""},
		"with a port":            {address("https://cs.example.com:8443/"), "", factor.Site{ID: "cs.example.com", Origin: "https://cs.example.com:8443"}, ""},
		"with the usual port":    {address("https://cs.example.com:443"), "", factor.Site{ID: "cs.example.com", Origin: "https://cs.example.com"}, ""},
		"a network address":      {address("https://192.0.2.1"), "", factor.Site{}, "factor.passkey_unavailable"},
		"this machine":           {nil, "localhost:8080", factor.Site{ID: "localhost", Origin: "http://localhost:8080"}, ""},
		"this machine by number": {nil, "127.0.0.1:8080", factor.Site{}, "factor.passkey_unavailable"},
		"whatever host is named": {nil, "evil.example", factor.Site{}, "factor.passkey_unavailable"},
		"as if this machine":     {nil, "localhost.evil.example", factor.Site{}, "factor.passkey_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
			r.Host = tc.host
			got, err := factor.New(factor.Deps{ExternalURL: tc.external}).Site(r)
			if got != tc.want || fault.CodeOf(err) != tc.code {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
