package signin_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pquerna/otp/totp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store/storetest"
)

// app is somebody's authenticator app. Each code that it shows is a new one.
type app struct {
	t      testing.TB
	secret string
	steps  time.Duration
}

func (a *app) code() string {
	a.t.Helper()
	code, err := totp.GenerateCode(a.secret, time.Now().Add(a.steps))
	if err != nil {
		a.t.Fatal(err)
	}
	a.steps += 30 * time.Second
	return code
}

// enrol sets up an authenticator app in a session, and returns it with the recovery codes.
func (w *world) enrol(started signin.Started) (*app, []string) {
	w.t.Helper()
	ctx := w.as(started, homeAddress)
	setup, err := w.factors.SetUpTOTP(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	a := &app{t: w.t, secret: setup.Secret, steps: -30 * time.Second}
	codes, err := w.factors.ConfirmTOTP(ctx, a.code())
	if err != nil {
		w.t.Fatal(err)
	}
	return a, codes
}

// demand changes the policy of the first organization as its owner would, from the home address.
func (w *world) demand(change func(*signinpolicy.Policy)) {
	w.t.Helper()
	ctx := access.WithActor(w.t.Context(), access.Actor{
		OrgID: org, Kind: access.Technician, ID: ada, Role: perm.Administrator, Owner: true, Address: homeAddress,
	})
	if _, err := w.policies.Update(ctx, func(p signinpolicy.Policy) (signinpolicy.Policy, error) {
		change(&p)
		return p, nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// halfway is the context of a request with half a session.
func (w *world) halfway(started signin.Started) context.Context {
	w.t.Helper()
	a := w.with(started.Token)
	if a.Hold != access.HoldFactor {
		w.t.Fatalf("not half a session: %+v", a)
	}
	a.Address, a.Device, a.RequestID = homeAddress, "Firefox on Linux", "req"
	return access.WithActor(w.t.Context(), a)
}

func TestTheSecondFactorCompletesASignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.signIn("bob@example.com", homeAddress)
		phone, recovery := w.enrol(first)
		half := w.signIn("bob@example.com", homeAddress)
		if half.Session.Hold != access.HoldFactor || !slices.Equal(half.Ways, []string{"totp", "recovery_code"}) || half.Device != "" {
			t.Fatalf("after the password: %+v", half)
		}
		if d := half.Session.ExpiresAt.Sub(half.Session.CreatedAt); d != 10*time.Minute {
			t.Errorf("half a session lives %v", d)
		}
		if _, err := w.CompleteWithCode(w.halfway(half), "000000", ""); fault.CodeOf(err) != "factor.code_wrong" {
			t.Errorf("a wrong code: %v", err)
		}
		whole, err := w.CompleteWithCode(w.halfway(half), phone.code(), first.Device)
		if err != nil {
			t.Fatal(err)
		}
		if a := w.with(whole.Token); !a.SignedIn() || a.AAL != access.LevelFactor || a.Hold != access.HoldNone {
			t.Errorf("the whole session is %+v", a)
		}
		if whole.Device != "" {
			t.Error("a known device was made known again")
		}
		if !slices.Equal(whole.Session.Methods, []string{"password", "totp"}) {
			t.Errorf("it says it began by %v", whole.Session.Methods)
		}
		// A recovery code does the same, and changing the password asks for neither again.
		half = w.signIn("bob@example.com", homeAddress)
		if whole, err = w.CompleteWithCode(w.halfway(half), recovery[0], first.Device); err != nil {
			t.Fatal(err)
		}
		again, err := w.ChangePassword(w.as(whole, homeAddress), rightOne, "quiet lantern orchard")
		if err != nil || again.Session.Hold != access.HoldNone || w.with(again.Token).AAL != access.LevelFactor {
			t.Errorf("after a new password: %+v, %v", again.Session, err)
		}
		if e := w.events(org, "session.challenge"); len(e) != 2 || e[0].Actor.ID != "" {
			t.Errorf("half sessions are recorded as %+v", e)
		}
	})
}

func TestAttack01FixationOverTheSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		phone, _ := w.enrol(w.signIn("bob@example.com", homeAddress))
		half := w.signIn("bob@example.com", homeAddress)
		whole, err := w.CompleteWithCode(w.halfway(half), phone.code(), "")
		if err != nil {
			t.Fatal(err)
		}
		if whole.Token == half.Token || w.with(half.Token).ID != "" {
			t.Error("the token of the half session goes on")
		}
		if w.count(`select count(*) from signin_session where id = $1 and ended_why = 'completed'`, half.Session.ID) != 1 {
			t.Error("the half session does not say that it was completed")
		}
		// The half session belongs to one browser: its code completes no other.
		other := w.signIn("bob@example.com", "198.51.100.4")
		if _, err := w.CompleteWithCode(from(t, homeAddress), phone.code(), ""); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("without a half session: %v", err)
		}
		if _, err := w.CompleteWithCode(w.as(whole, homeAddress), phone.code(), ""); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("with a whole one: %v", err)
		}
		if w.with(other.Token).Hold != access.HoldFactor {
			t.Error("the half session of another browser has changed")
		}
	})
}

func TestAttack03OtherSessionsEndWhenFactorsChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		there, here := w.signIn("bob@example.com", "198.51.100.4"), w.signIn("bob@example.com", homeAddress)
		adas := w.signIn("ada@example.com", homeAddress)
		w.enrol(here)
		if w.with(there.Token).SignedIn() {
			t.Error("a session that began without the factor goes on")
		}
		if !w.with(here.Token).SignedIn() || !w.with(adas.Token).SignedIn() {
			t.Error("the session that set it up has ended, or somebody else's")
		}
		if w.count(`select count(*) from signin_session where id = $1 and ended_why = 'factors_changed'`, there.Session.ID) != 1 {
			t.Error("it does not say why it ended")
		}
	})
}

func TestAttack12OneCodeCompletesOneSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		phone, recovery := w.enrol(w.signIn("bob@example.com", homeAddress))
		for name, code := range map[string]string{"a code of the app": phone.code(), "a recovery code": recovery[0]} {
			var in atomic.Int32
			var wg sync.WaitGroup
			for range 6 {
				half := w.signIn("bob@example.com", homeAddress)
				ctx := w.halfway(half)
				wg.Go(func() {
					_, err := w.CompleteWithCode(ctx, code, "")
					if err == nil {
						in.Add(1)
					} else if fault.KindOf(err) == fault.Internal {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if in.Load() != 1 {
				t.Errorf("%s signed in %d times at once", name, in.Load())
			}
		}
	})
}

func TestAttack13GuessingTheSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		phone, _ := w.enrol(w.signIn("bob@example.com", homeAddress))
		half, other := w.signIn("bob@example.com", homeAddress), w.signIn("bob@example.com", "198.51.100.4")
		ctx, elsewhere := w.halfway(half), w.halfway(other)
		for i := range 5 {
			at := ctx
			if i%2 == 1 {
				at = elsewhere // guesses are counted for the person, not for the sign-in
			}
			if _, err := w.CompleteWithCode(at, "000000", ""); fault.CodeOf(err) != "factor.code_wrong" {
				t.Fatalf("guess %d: %v", i, err)
			}
		}
		if _, err := w.CompleteWithCode(ctx, phone.code(), ""); fault.CodeOf(err) != "factor.exhausted" {
			t.Errorf("the sixth, though right: %v", err)
		}
		if w.with(half.Token).ID != "" {
			t.Error("the half session goes on")
		}
		// The password opens the next round.
		if _, err := w.CompleteWithCode(w.halfway(w.signIn("bob@example.com", homeAddress)), phone.code(), ""); err != nil {
			t.Errorf("after the password: %v", err)
		}
	})
}

// Whatever way in does without the second factor leads to half a session.
func TestAttack16NothingSkipsTheSecondFactor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enrol(w.signIn("bob@example.com", homeAddress))
		link, err := w.CreateLink(t.Context(), org, bob)
		if err != nil {
			t.Fatal(err)
		}
		byLink, err := w.FollowLink(from(t, homeAddress), link)
		if err != nil {
			t.Fatal(err)
		}
		known := w.signIn("bob@example.com", homeAddress)
		byDevice, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne, Device: known.Device})
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]signin.Started{"a link": byLink, "a device": byDevice, "the password": known} {
			if s.Session.Hold != access.HoldFactor || w.with(s.Token).SignedIn() {
				t.Errorf("%s signs in: %+v", name, s.Session)
			}
		}
		// Half a session is not listed, ends no other, and dies with a suspension.
		admin := access.WithActor(t.Context(), access.System(org))
		if _, err := w.technicians.Suspend(admin, bob, ""); err != nil {
			t.Fatal(err)
		}
		if w.with(byLink.Token).ID != "" {
			t.Error("half a session outlives a suspension")
		}
	})
}

func TestHalfASessionIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		phone, _ := w.enrol(w.signIn("bob@example.com", homeAddress))
		half := w.signIn("bob@example.com", homeAddress)
		ctx := w.halfway(half)
		time.Sleep(10 * time.Minute)
		if w.with(half.Token).ID != "" {
			t.Error("half a session lives longer than ten minutes")
		}
		phone.steps = 0
		if _, err := w.CompleteWithCode(ctx, phone.code(), ""); err == nil {
			t.Error("and is completed after it")
		}
	})
}

func TestWhoMustEnrol(t *testing.T) {
	type step struct {
		wait time.Duration
		set  func(*signinpolicy.Policy)
		want access.Hold
	}
	all := func(p *signinpolicy.Policy) { p.MFA = signinpolicy.MFA{Required: signinpolicy.All, GraceDays: 7} }
	atOnce := func(p *signinpolicy.Policy) { p.MFA = signinpolicy.MFA{Required: signinpolicy.All} }
	off := func(p *signinpolicy.Policy) { p.MFA.Required = signinpolicy.Off }
	const day = 24 * time.Hour
	for name, tc := range map[string]struct {
		email string
		own   bool // the technician's own setting
		steps []step
	}{
		"a technician by default":           {"bob@example.com", false, []step{{0, nil, ""}, {30 * day, nil, ""}}},
		"an administrator by default":       {"ada@example.com", false, []step{{0, nil, ""}, {7*day - time.Second, nil, ""}, {time.Second, nil, "enrolment"}}},
		"the time runs from the first time": {"ada@example.com", false, []step{{90 * day, nil, ""}, {6 * day, nil, ""}}},
		"everybody":                         {"bob@example.com", false, []step{{0, all, ""}, {7 * day, nil, "enrolment"}}},
		"at once":                           {"bob@example.com", false, []step{{0, atOnce, "enrolment"}}},
		"nobody":                            {"ada@example.com", false, []step{{0, off, ""}, {30 * day, nil, ""}}},
		"one by name":                       {"bob@example.com", true, []step{{0, nil, ""}, {7 * day, nil, "enrolment"}}},
		"one by name, though it is off":     {"bob@example.com", true, []step{{0, off, ""}, {7 * day, nil, "enrolment"}}},
		"a demand that comes back":          {"bob@example.com", false, []step{{0, all, ""}, {7 * day, off, ""}, {0, all, ""}, {6 * day, nil, ""}, {day, nil, "enrolment"}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t)).populate()
				w.exec(`update technician set mfa_required = $1 where id = $2`, tc.own, bob)
				for i, s := range tc.steps {
					time.Sleep(s.wait)
					if s.set != nil {
						w.demand(s.set)
					}
					started := w.signIn(tc.email, homeAddress)
					if got := w.with(started.Token).Hold; got != s.want || started.Session.Hold != s.want {
						t.Errorf("step %d: held for %q, want %q", i, got, s.want)
					}
				}
			})
		})
	}
}

func TestEnrollingLetsASessionGoOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.demand(func(p *signinpolicy.Policy) { p.MFA = signinpolicy.MFA{Required: signinpolicy.All} })
		started := w.signIn("bob@example.com", homeAddress)
		if w.with(started.Token).Hold != access.HoldEnrolment {
			t.Fatal("nothing holds the session")
		}
		w.enrol(started)
		if a := w.with(started.Token); a.Hold != access.HoldNone {
			t.Errorf("it is still held: %+v", a)
		}
		if d, err := w.Demand(t.Context(), w.db.Read(), org, bob); err != nil || !d.Required {
			t.Errorf("the demand is %+v, %v", d, err)
		}
	})
}

func TestAttack16AHalfCookieOverHTTP(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("")
	phone, _ := w.enrol(w.signIn("bob@example.com", homeAddress))
	r := send(t, api, call{method: "POST", path: "/api/session", body: signInBody})
	body := read(t, r)
	if body["mfa_required"] != true || body["methods"].([]any)[0] != "totp" {
		t.Fatalf("sign-in answers %v", body)
	}
	who := body["technician"].(map[string]any)
	if who["email"] != "bob@example.com" || who["platform_role"] != "" || who["created_at"] != "0001-01-01T00:00:00Z" {
		t.Errorf("half signed in, one learns %v", who)
	}
	if c := r.Cookies(); len(c) != 1 || c[0].MaxAge != 600 {
		t.Errorf("the cookies are %v", c)
	}
	half := r.Cookies()
	if r := send(t, api, call{method: "POST", path: "/api/session/reauthenticate", cookies: half, body: `{"password": "` + rightOne + `"}`}); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("proving oneself again answers %d", r.StatusCode)
	}
	r = send(t, api, call{method: "POST", path: "/api/session/factor", cookies: half, body: `{"code": "` + phone.code() + `"}`})
	if body := read(t, r); r.StatusCode != http.StatusOK || body["mfa_required"] != false || body["technician"].(map[string]any)["platform_role"] != "technician" {
		t.Fatalf("%d: %v", r.StatusCode, body)
	}
	if r := send(t, api, call{method: "GET", path: "/api/me", cookies: half}); r.StatusCode != http.StatusUnauthorized {
		t.Errorf("the half cookie afterwards: %d", r.StatusCode)
	}
	me := read(t, send(t, api, call{method: "GET", path: "/api/me", cookies: r.Cookies()}))
	if e := me["enrolment"].(map[string]any); e["enrolled"] != true || e["required"] != false || me["hold"] != "" {
		t.Errorf("me is %v", me)
	}
}

func TestProvingOneselfAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		plain := w.signIn("ada@example.com", homeAddress)
		phone, recovery := w.enrol(w.signIn("bob@example.com", homeAddress))
		whole, err := w.CompleteWithCode(w.halfway(w.signIn("bob@example.com", homeAddress)), phone.code(), "")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Minute)
		phone.steps = 0
		ctx, bobs := w.as(plain, homeAddress), w.as(whole, homeAddress)
		if err := w.guard.Fresh(ctx); fault.CodeOf(err) != "signin.fresh_required" {
			t.Errorf("after six minutes: %v", err)
		}
		for name, try := range map[string]struct {
			at             context.Context
			password, code string
			want, pointer  string
		}{
			"a wrong password":           {ctx, wrongOne, "", "signin.password_wrong", "/password"},
			"no password":                {ctx, "", "", "signin.password_wrong", "/password"},
			"no code":                    {bobs, rightOne, "", "signin.code_required", "/code"},
			"a wrong code":               {bobs, rightOne, "000000", "factor.code_wrong", "/code"},
			"a code with a wrong secret": {bobs, wrongOne, recovery[1], "signin.password_wrong", "/password"},
		} {
			_, err := w.Reauthenticate(try.at, try.password, try.code)
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Code != try.want || len(e.Fields) != 1 || e.Fields[0].Pointer != try.pointer {
				t.Errorf("%s: %v", name, err)
			}
		}
		time.Sleep(15 * time.Second) // the pause after wrong tries
		if _, err := w.Reauthenticate(ctx, rightOne, ""); err != nil || w.guard.Fresh(w.as(plain, homeAddress)) != nil {
			t.Errorf("by the password: %v", err)
		}
		if _, err := w.Reauthenticate(bobs, rightOne, recovery[1]); err != nil || w.guard.Fresh(w.as(whole, homeAddress)) != nil {
			t.Errorf("by password and recovery code, which the wrong password did not use up: %v", err)
		}
		if e := w.events(org, "session.reauthenticate"); len(e) == 0 || e[0].Outcome != "success" {
			t.Errorf("recorded: %+v", e)
		}
	})
}

func TestANewDeviceIsTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.signIn("bob@example.com", homeAddress)
		if len(w.told) != 0 {
			t.Error("the first sign-in of all is told")
		}
		if _, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne, Device: first.Device}); err != nil || len(w.told) != 0 {
			t.Errorf("a known device is told: %v", err)
		}
		w.signIn("bob@example.com", "198.51.100.4")
		if len(w.told) != 1 || w.told[0].TechnicianID != bob || w.told[0].Address != "198.51.100.4" {
			t.Errorf("told: %+v", w.told)
		}
	})
}

func TestEndingAllAccess(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		_, token := w.token(started, apitoken.New{Name: "script"})
		if err := w.EndAccess(w.as(started, homeAddress), ada); fault.KindOf(err) != fault.Denied {
			t.Errorf("by a technician: %v", err)
		}
		if err := w.EndAccess(w.as(w.signIn("eve@example.com", homeAddress), homeAddress), bob); fault.KindOf(err) != fault.NotFound {
			t.Errorf("by a neighbour: %v", err)
		}
		if err := w.EndAccess(w.as(w.signIn("ada@example.com", homeAddress), homeAddress), bob); err != nil {
			t.Fatal(err)
		}
		if w.with(started.Token).SignedIn() || w.bearing("Bearer "+token).SignedIn() || w.count(`select count(*) from apitoken`) != 0 {
			t.Error("something goes on")
		}
		if e := w.events(org, "access.end"); len(e) != 1 || e[0].Actor.ID != ada {
			t.Errorf("recorded: %+v", e)
		}
		w.signIn("bob@example.com", homeAddress)
	})
}

// TestAttack44EndingTheOwnersAccess has an administrator end what belongs to the owner: all at once, one session, one token.
func TestAttack44EndingTheOwnersAccess(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.exec(`update technician set platform_role = 'administrator' where id = $1`, bob)
		owner := w.signIn("ada@example.com", homeAddress)
		key, token := w.token(owner, apitoken.New{Name: "backup"})
		by := w.as(w.signIn("bob@example.com", homeAddress), homeAddress)
		for what, err := range map[string]error{
			"all": w.EndAccess(by, ada), "the session": w.EndSession(by, owner.Session.ID), "the token": w.tokens.Delete(by, key.ID),
		} {
			if fault.CodeOf(err) != "technician.owner" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if !w.with(owner.Token).SignedIn() || !w.bearing("Bearer "+token).SignedIn() {
			t.Error("the owner is out")
		}
	})
}

// Whoever came by a link and has neither password nor passkey cannot prove themselves anew; otherwise they could never set one up.
func TestWhoHasNothingToProveThemselvesWithIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		for _, password := range []bool{true, false} {
			if !password {
				w.exec(`update signin_account set password_hash = '' where technician_id = $1`, ada)
			}
			link, err := w.CreateLink(t.Context(), org, ada)
			if err != nil {
				t.Fatal(err)
			}
			started, err := w.FollowLink(from(t, homeAddress), link)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(6 * time.Minute)
			if err := w.guard.Fresh(w.as(started, homeAddress)); (err != nil) != password {
				t.Errorf("with a password %v: %v", password, err)
			}
		}
	})
}
