package factor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/descope/virtualwebauthn"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

// The numbers are those of the attacks that sign-in has to withstand.

func TestAttack12ReplayedCode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.enroll(w.pia)
		now := time.Now()
		before, current := a.code(now), a.code(now.Add(30*time.Second))
		if err := w.try(w.pia, current, now); err != nil {
			t.Fatal(err)
		}
		if err := w.try(w.pia, current, now); fault.CodeOf(err) != "factor.code_used" {
			t.Errorf("the same code again: %v", err)
		}
		if err := w.try(w.pia, before, now); fault.CodeOf(err) != "factor.code_used" {
			t.Errorf("the code of the step before the last: %v", err)
		}
	})
}

func TestAttack12ReplayedCodeInParallel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.enroll(w.pia)
		code, now := a.code(time.Now()), time.Now()
		var passed, used atomic.Int32
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				switch err := w.try(w.pia, code, now); fault.CodeOf(err) {
				case "":
					passed.Add(1)
				case "factor.code_used":
					used.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 1 || used.Load() != 4 {
			t.Errorf("%d passed, %d were told that it was used", passed.Load(), used.Load())
		}
	})
}

func TestAttack12SetUpCodeDoesNotSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		setup, err := w.SetUpTOTP(w.in(w.pia, "s"))
		if err != nil {
			t.Fatal(err)
		}
		code := app{t, setup.Secret}.code(time.Now())
		if _, err := w.ConfirmTOTP(w.in(w.pia, "s"), code); err != nil {
			t.Fatal(err)
		}
		if err := w.try(w.pia, code, time.Now()); fault.CodeOf(err) != "factor.code_used" {
			t.Errorf("the code of the set-up signs in: %v", err)
		}
	})
}

func TestAttack13GuessesCountForThePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		a, recovery := w.enroll(w.pia)
		time.Sleep(time.Minute)
		// Many sign-ins got past the password before; together they have five guesses.
		primary := time.Now()
		time.Sleep(time.Second)
		for i := range 5 {
			if err := w.try(w.pia, "000000", primary.Add(time.Duration(i))); fault.CodeOf(err) != "factor.code_wrong" {
				t.Fatalf("guess %d: %v", i+1, err)
			}
		}
		for range 20 {
			if err := w.try(w.pia, a.code(time.Now()), primary); !errors.Is(err, factor.ErrExhausted) {
				t.Fatalf("the right code after five guesses: %v", err)
			}
		}
		// With the primary factor anew there is another round, and then the app is locked, whatever the code.
		time.Sleep(time.Second)
		primary = time.Now()
		time.Sleep(time.Second)
		for range 5 {
			if err := w.try(w.pia, "000000", primary); fault.CodeOf(err) != "factor.code_wrong" {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		err := w.try(w.pia, a.code(time.Now()), time.Now())
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Code != "factor.locked" || e.RetryAfter <= 0 || e.RetryAfter > 15*time.Minute {
			t.Fatalf("after ten in a row: %v", err)
		}
		// Nobody can lock her out: a passkey and a recovery code get in, and the code ends the counting.
		if _, err := w.passkey(w.pia).signIn(); err != nil {
			t.Errorf("her passkey: %v", err)
		}
		if err := w.try(w.pia, recovery[0], time.Now()); err != nil {
			t.Errorf("her recovery code: %v", err)
		}
		if err := w.try(w.pia, a.code(time.Now()), time.Now()); err != nil {
			t.Errorf("her app after that: %v", err)
		}
	})
}

func TestAttack13LocksGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.enroll(w.pia)
		begin, looked := time.Now(), 0
		for time.Since(begin) < 24*time.Hour {
			if fault.CodeOf(w.try(w.pia, "000000", time.Now())) == "factor.code_wrong" {
				looked++
			}
			time.Sleep(10 * time.Second)
		}
		if looked > 45 {
			t.Errorf("whoever knows the password guesses %d codes in a day", looked)
		}
		if n := w.Audited("factor.verify", audit.Denied); n < looked {
			t.Errorf("%d of %d guesses are recorded", n, looked)
		}
	})
}

func TestAttack13ParallelGuesses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enroll(w.pia)
		primary := time.Now()
		var looked atomic.Int32
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				if fault.CodeOf(w.try(w.pia, fmt.Sprintf("%06d", i), primary)) == "factor.code_wrong" {
					looked.Add(1)
				}
			})
		}
		wg.Wait()
		if looked.Load() > 5 {
			t.Errorf("%d guesses at once were looked at", looked.Load())
		}
	})
}

func TestAttack14AnswerForAnotherRequest(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.passkey(w.pia)
		half, full := w.in(w.pia, "half"), w.in(w.pia, "full")
		for name, tc := range map[string]struct {
			asked, answered context.Context
			purpose         string
		}{
			"of another session":       {half, full, factor.PurposeSecondFactor},
			"of nobody":                {half, anonymous(t), factor.PurposeSecondFactor},
			"of a stranger, in hers":   {anonymous(t), full, factor.PurposeSignIn},
			"of a colleague's session": {full, w.in(w.adam, "adam"), factor.PurposeReauthenticate},
		} {
			c := w.ask(tc.asked, w.pia, tc.purpose)
			if _, err := w.finish(tc.answered, c, k.answer(c)); fault.CodeOf(err) != "factor.challenge_expired" {
				t.Errorf("%s: %v", name, err)
			}
		}
		// One question's answer under another question's number.
		one, two := w.ask(full, w.pia, factor.PurposeReauthenticate), w.ask(full, w.pia, factor.PurposeReauthenticate)
		if _, err := w.finish(full, two, k.answer(one)); fault.CodeOf(err) != "factor.passkey_refused" {
			t.Errorf("an answer to another question: %v", err)
		}
		// A question for a new key does not sign in, and the other way round.
		p := factor.Person{OrgID: w.pia.OrgID, TechnicianID: w.pia.ID, Email: "pia@example.com", Name: "Pia", BoundTo: "full"}
		c, err := w.BeginRegistration(full, w.site(), p, factor.KindPasskey, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.finish(full, c, k.answer(one)); err == nil {
			t.Error("a question for a new key takes a proof")
		}
		c = w.ask(full, w.pia, factor.PurposeReauthenticate)
		err = w.DB.Write(full, func(tx *store.Tx) error {
			_, _, err := w.FinishRegistration(full, tx, factor.Registration{Person: p, ChallengeID: c.ChallengeID, Name: "x", Credential: w.newKey().create(c2creation(t, c))})
			return err
		})
		if err == nil {
			t.Error("a question for a proof makes a key")
		}
	})
}

// c2creation dresses a question for a proof as one for a new key.
func c2creation(t *testing.T, c factor.Ceremony) factor.Ceremony {
	t.Helper()
	var options map[string]any
	if err := json.Unmarshal(c.Options, &options); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"challenge": options["challenge"], "rp": map[string]string{"id": "cs.example.com"}, "user": map[string]string{"id": "eA"}})
	if err != nil {
		t.Fatal(err)
	}
	return factor.Ceremony{ChallengeID: c.ChallengeID, Options: b}
}

func TestAttack15RecoveryCodeRace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, codes := w.enroll(w.pia)
		var passed atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if w.try(w.pia, codes[3], time.Now()) == nil {
					passed.Add(1)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 1 {
			t.Errorf("one recovery code got in %d times", passed.Load())
		}
	})
}

func TestAttack16HalfSignedInReachesNoFactor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.passkey(w.pia)
		half := w.actor(w.pia, "half")
		half.Hold = access.HoldFactor
		token := w.Actor(w.pia.ID, perm.Technician)
		token.TokenID = "token"
		stale := w.actor(w.pia, "stale")
		stale.Authenticated = time.Now().Add(-6 * time.Minute)
		held := w.actor(w.pia, "held")
		held.Hold = access.HoldEnrolment
		expired := w.actor(w.pia, "expired")
		expired.Hold = access.HoldPassword
		admin := w.actor(w.adam, "admin")
		admin.Authenticated = stale.Authenticated
		server := w.Serve(map[string]access.Actor{"half": half, "token": token, "stale": stale, "held": held, "expired": expired, "admin": admin}, w.Routes)
		origin := "Sec-Fetch-Site: same-origin"
		routes := []struct {
			method, path, body string
			fresh              bool
		}{
			{"GET", "/api/me/factors", "", false},
			{"POST", "/api/me/factors/totp/confirm", `{"code": "000000"}`, false},
			{"POST", "/api/me/passkeys", `{"challenge_id": "` + w.pia.ID + `", "name": "x", "credential": {}}`, false},
			{"PATCH", "/api/me/passkeys/" + k.id, `{"name": "x"}`, false},
			{"POST", "/api/me/factors/totp", "", true},
			{"DELETE", "/api/me/factors/totp", "", true},
			{"POST", "/api/me/factors/recovery-codes", "", true},
			{"POST", "/api/me/passkeys/options", `{"kind": "passkey"}`, true},
			{"DELETE", "/api/me/passkeys/" + k.id, "", true},
		}
		for _, r := range routes {
			for who, want := range map[string]string{"": "signin.required", "half": "signin.factor_required", "token": "signin.session_required", "expired": "signin.password_change_required"} {
				status, problem, _ := server.Do(who, r.method, r.path, r.body, origin)
				if problem["code"] != want || (status != 401 && status != 403) {
					t.Errorf("%s %s of %q: %d %v", r.method, r.path, who, status, problem["code"])
				}
			}
			if _, problem, _ := server.Do("stale", r.method, r.path, r.body, origin); (problem["code"] == "signin.fresh_required") != r.fresh {
				t.Errorf("%s %s a while after signing in: %v", r.method, r.path, problem["code"])
			}
			if status, problem, _ := server.Do("held", r.method, r.path, r.body, origin); status == 401 || problem["code"] == "signin.enrolment_required" {
				t.Errorf("%s %s of who has to enrol: %v", r.method, r.path, problem["code"])
			}
		}
		if _, problem, _ := server.Do("admin", "POST", "/api/technicians/"+w.pia.ID+"/reset-factors", "", origin); problem["code"] != "signin.fresh_required" {
			t.Errorf("an administrator a while after signing in: %v", problem["code"])
		}
	})
}

func TestAttack17Prompts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.passkey(w.pia)
		count := func(ctx context.Context, who technician.Technician, purpose string, tries int) (asked int, refusal error) {
			for range tries {
				if _, err := w.BeginPasskey(ctx, w.site(), who.OrgID, who.ID, purpose); err != nil {
					refusal = err
				} else {
					asked++
				}
			}
			return asked, refusal
		}
		asked, err := count(w.in(w.pia, "half"), w.pia, factor.PurposeSecondFactor, 50)
		if e, ok := errors.AsType[*fault.Error](err); asked != 10 || !ok || e.Code != "factor.asked_too_often" || e.RetryAfter <= 0 {
			t.Errorf("her phone was asked %d times: %v", asked, err)
		}
		time.Sleep(5*time.Minute + time.Second)
		if asked, _ = count(w.in(w.pia, "half"), w.pia, factor.PurposeSecondFactor, 1); asked != 1 {
			t.Error("five minutes later she cannot be asked")
		}
		asked, err = count(anonymous(t), technician.Technician{}, factor.PurposeSignIn, 300)
		if asked > 210 || fault.KindOf(err) != fault.Limited {
			t.Errorf("one address made %d questions: %v", asked, err)
		}
	})
}

func TestAttack18PasskeyMisuse(t *testing.T) {
	for name, tc := range map[string]struct {
		forge   func(k *key)
		want    string
		forever bool // whoever has seen this does not trust the key again
	}{
		"another origin":        {func(k *key) { k.rp.Origin = "https://cs.example.com.evil.example" }, "factor.passkey_refused", false},
		"plain http":            {func(k *key) { k.rp.Origin = "http://cs.example.com" }, "factor.passkey_refused", false},
		"another port":          {func(k *key) { k.rp.Origin = "https://cs.example.com:8443" }, "factor.passkey_refused", false},
		"another relying party": {func(k *key) { k.rp.ID = "evil.example" }, "factor.passkey_refused", false},
		"nobody verified":       {func(k *key) { k.auth.Options.UserNotVerified = true }, "factor.passkey_unverified", false},
		"nobody present":        {func(k *key) { k.auth.Options.UserNotPresent = true }, "factor.passkey_refused", false},
		"another user handle":   {func(k *key) { k.auth.Options.UserHandle[31] ^= 1 }, "factor.passkey_unknown", false},
		"a short user handle":   {func(k *key) { k.auth.Options.UserHandle = []byte("x") }, "factor.passkey_unknown", false},
		"no user handle":        {func(k *key) { k.auth.Options.UserHandle = nil }, "factor.passkey_unknown", false},
		"another key":           {func(k *key) { k.cred.Key = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2).Key }, "factor.passkey_refused", false},
		"another credential id": {func(k *key) { k.cred.ID = bytes.Repeat([]byte{1}, 32) }, "factor.passkey_unknown", false},
		"the counter stands":    {func(k *key) { k.cred.Counter-- }, "factor.passkey_cloned", false},
		"the counter goes back": {func(k *key) { k.cred.Counter -= 4 }, "factor.passkey_cloned", false},
		"backup comes up":       {func(k *key) { k.auth.Options.BackupEligible = true }, "factor.passkey_changed", true},
		"backed up, not able":   {func(k *key) { k.auth.Options.BackupState = true }, "factor.passkey_refused", false},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				k := w.passkey(w.pia)
				for range 5 {
					if _, err := k.signIn(); err != nil {
						t.Fatal(err)
					}
				}
				honest := *k
				honest.auth.Options.UserHandle = bytes.Clone(k.auth.Options.UserHandle)
				tc.forge(k)
				if _, err := k.signIn(); fault.CodeOf(err) != tc.want {
					t.Errorf("got %v, want %s", err, tc.want)
				}
				known := tc.want != "factor.passkey_unknown"
				if n := w.Audited("factor.verify", audit.Denied); (n == 1) != known {
					t.Errorf("%d refusals are recorded", n)
				}
				honest.cred.Counter += 10
				if _, err := honest.signIn(); (err == nil) == tc.forever {
					t.Errorf("the key itself afterwards: %v", err)
				}
			})
		})
	}
}

func TestAttack18ChangedKeyIsSetUpAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.passkey(w.pia)
		k.auth.Options.BackupEligible = true
		if _, err := k.signIn(); fault.CodeOf(err) != "factor.passkey_changed" {
			t.Fatal(err)
		}
		held, err := w.Passkeys(w.in(w.pia, "s"))
		if err != nil || len(held) != 1 || !held[0].Changed {
			t.Fatalf("%+v, %v", held, err)
		}
		next := w.newKey()
		next.auth.Options.BackupEligible = true
		if _, err := w.register(w.pia, next, factor.KindPasskey, k.id); err != nil {
			t.Fatal(err)
		}
		if _, err := next.signIn(); err != nil {
			t.Errorf("the key as it is now: %v", err)
		}
		if held, _ = w.Passkeys(w.in(w.pia, "s")); len(held) != 1 || held[0].Changed {
			t.Errorf("she has %+v", held)
		}
	})
}

func TestAttack18ReplayedAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.passkey(w.pia)
		ctx := anonymous(t)
		c := w.ask(ctx, technician.Technician{}, factor.PurposeSignIn)
		answer := k.answer(c)
		var passed atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := w.finish(ctx, c, answer); err == nil {
					passed.Add(1)
				} else if fault.CodeOf(err) != "factor.challenge_expired" {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if passed.Load() != 1 {
			t.Errorf("one answer signed in %d times", passed.Load())
		}
	})
}

func TestAttack18ChallengeExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		k := w.passkey(w.pia)
		c := w.ask(anonymous(t), technician.Technician{}, factor.PurposeSignIn)
		time.Sleep(5*time.Minute + time.Second)
		if _, err := w.finish(anonymous(t), c, k.answer(c)); fault.CodeOf(err) != "factor.challenge_expired" {
			t.Errorf("after five minutes: %v", err)
		}
	})
}

func TestAttack18RegistrationWithoutVerification(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.newKey()
		k.auth.Options.UserNotVerified = true
		if _, err := w.register(w.pia, k, factor.KindPasskey, ""); fault.CodeOf(err) != "factor.passkey_unverified" {
			t.Errorf("a passkey without verification: %v", err)
		}
		k = w.newKey()
		k.rp.Origin = "https://evil.example"
		if _, err := w.register(w.pia, k, factor.KindPasskey, ""); fault.CodeOf(err) != "factor.passkey_refused" {
			t.Errorf("a passkey from another site: %v", err)
		}
		k = w.passkey(w.pia)
		if _, err := w.register(w.adam, k, factor.KindPasskey, ""); fault.CodeOf(err) != "factor.passkey_exists" {
			t.Errorf("a colleague's credential: %v", err)
		}
	})
}

func TestAttack51SecretOfAnotherRow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, _ := w.enroll(w.adam)
		w.enroll(w.pia)
		var sealed []byte
		if err := w.DB.Read().QueryRowContext(t.Context(), `select secret from factor_totp where technician_id = $1`, w.adam.ID).Scan(&sealed); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(sealed, []byte(a.secret)) {
			t.Error("the database holds the secret itself")
		}
		w.exec(`update factor_totp set secret = $1 where technician_id = $2`, sealed, w.pia.ID)
		if err := w.try(w.pia, a.code(time.Now()), time.Now()); err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("a secret moved to another row: %v", err)
		}
	})
}
