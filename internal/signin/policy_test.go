package signin_test

import (
	"net/http"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

const abroad = "198.51.100.20"

// at is what Authenticate says to a request from an address, with a session or (Authorization) a token.
func (w *world) at(address string, r *http.Request) (access.Actor, error) {
	w.t.Helper()
	return w.Authenticate(r.WithContext(access.WithActor(r.Context(), access.Actor{Address: address, RequestID: "req"})))
}

func cookied(t testing.TB, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/api/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: "cs_session", Value: token})
	return r
}

func authorized(t testing.TB, token string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/api/me", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// A network that is not allowed is refused with the next request, of sessions and tokens alike, and not at the next sign-in alone.
func TestAttack47NetworksHoldOnEveryRequest(t *testing.T) {
	home := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for name, restrict := range map[string]func(w *world){
		"the organization's": func(w *world) { w.demand(func(p *signinpolicy.Policy) { p.Networks = home }) },
		"the role's": func(w *world) {
			w.demand(func(p *signinpolicy.Policy) { p.RoleNetworks = map[perm.Role][]netip.Prefix{perm.Technician: home} })
		},
		"the technician's": func(w *world) {
			w.exec(`update technician set allowed_networks = '["192.0.2.0/24"]' where id = $1`, bob)
		},
		"the strictest of two": func(w *world) {
			w.demand(func(p *signinpolicy.Policy) { p.Networks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
			w.exec(`update technician set allowed_networks = '["192.0.2.0/24"]' where id = $1`, bob)
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				started := w.signIn("bob@example.com", abroad)
				_, token := w.token(started, apitoken.New{Name: "script"})
				restrict(w)
				for what, r := range map[string]*http.Request{"session": cookied(t, started.Token), "token": authorized(t, token)} {
					for range 3 {
						if a, err := w.at(abroad, r); fault.CodeOf(err) != "signin.network_denied" || a.SignedIn() {
							t.Errorf("the %s from abroad: %+v, %v", what, a, err)
						}
					}
					if a, err := w.at("", r); err == nil || a.SignedIn() {
						t.Errorf("the %s from nowhere: %+v, %v", what, a, err)
					}
					if a, err := w.at(homeAddress, r); err != nil || a.ID != bob {
						t.Errorf("the %s from home: %+v, %v", what, a, err)
					}
				}
				if e := w.events(org, "session.use"); len(e) != 2 || e[0].Reason != "network" || e[0].Outcome != "denied" || e[0].Address != abroad {
					t.Errorf("recorded, once for each: %+v", e)
				}
				if _, err := w.SignIn(from(t, abroad), signin.Attempt{Email: "bob@example.com", Password: rightOne}); fault.CodeOf(err) != "signin.refused" {
					t.Errorf("signing in from abroad: %v", err)
				}
				if e := w.events(org, "session.create")[0]; e.Reason != "network" {
					t.Errorf("why is recorded as %q", e.Reason)
				}
				w.signIn("bob@example.com", homeAddress)
			})
		})
	}
}

func TestAttack47AForgedAddressOpensNoNetwork(t *testing.T) {
	w := newWorld(t, storetest.Open(t)).populate()
	api := w.api("", netip.MustParsePrefix("10.0.0.0/8"))
	cookies := enter(t, api, signInBody)
	w.demand(func(p *signinpolicy.Policy) { p.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	for name, tc := range map[string]struct {
		remote, forwarded string
		want              int
	}{
		"from home":                      {homeAddress, "", http.StatusOK},
		"from abroad":                    {abroad, "", http.StatusForbidden},
		"from abroad, saying home":       {abroad, homeAddress, http.StatusForbidden},
		"by the proxy, from home":        {"10.0.0.1", homeAddress, http.StatusOK},
		"by the proxy, from abroad":      {"10.0.0.1", abroad, http.StatusForbidden},
		"by the proxy, saying home":      {"10.0.0.1", homeAddress + ", " + abroad, http.StatusForbidden},
		"by the proxy, who says nothing": {"10.0.0.1", "", http.StatusForbidden},
	} {
		header := map[string]string{}
		if tc.forwarded != "" {
			header["X-Forwarded-For"] = tc.forwarded
		}
		if r := send(t, api, call{method: "GET", path: "/api/me", cookies: cookies, address: tc.remote, header: header}); r.StatusCode != tc.want {
			t.Errorf("%s: %d", name, r.StatusCode)
		}
		// A public route treats whoever is turned away as anybody.
		if r := send(t, api, call{method: "GET", path: "/api/setup", cookies: cookies, address: tc.remote, header: header}); r.StatusCode != http.StatusOK {
			t.Errorf("%s, a public route: %d", name, r.StatusCode)
		}
	}
}

func TestAccessToTheConsoleCanBeTakenAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		_, token := w.token(started, apitoken.New{Name: "script"})
		link, err := w.CreateLink(t.Context(), org, bob)
		if err != nil {
			t.Fatal(err)
		}
		w.exec(`update technician set ui_access = false where id = $1`, bob)
		if w.with(started.Token).ID != "" {
			t.Error("the session goes on")
		}
		if !w.bearing("Bearer " + token).SignedIn() {
			t.Error("the token does not")
		}
		if _, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne}); fault.CodeOf(err) != "signin.refused" {
			t.Errorf("signing in: %v", err)
		}
		if _, err := w.FollowLink(from(t, homeAddress), link); fault.CodeOf(err) != "signin.refused" {
			t.Errorf("a link: %v", err)
		}
		for i, e := range w.events(org, "session.create")[:2] {
			if e.Reason != "no_console" {
				t.Errorf("refusal %d is recorded as %q", i, e.Reason)
			}
		}
	})
}

func TestPasswordsGrowOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		w.demand(func(p *signinpolicy.Policy) { p.Password.ExpiryDays = 90 })
		time.Sleep(90*24*time.Hour - time.Second)
		if hold := w.signIn("bob@example.com", homeAddress).Session.Hold; hold != access.HoldNone {
			t.Errorf("on the last day: held for %q", hold)
		}
		time.Sleep(time.Second)
		started := w.signIn("bob@example.com", homeAddress)
		if started.Session.Hold != access.HoldPassword {
			t.Fatalf("after 90 days: held for %q", started.Session.Hold)
		}
		again, err := w.ChangePassword(w.as(started, homeAddress), rightOne, "quiet lantern orchard")
		if err != nil || again.Session.Hold != access.HoldNone {
			t.Errorf("after a new one: %+v, %v", again.Session, err)
		}
	})
}

func TestFormerPasswordsDoNotComeBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.demand(func(p *signinpolicy.Policy) { p.Password.History = 2 })
		change := func(before, next string) error {
			t.Helper()
			started, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: before})
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.ChangePassword(w.as(started, homeAddress), before, next)
			return err
		}
		passwords := []string{rightOne, "quiet lantern orchard", "silver maple harbour", "copper bridge meadow"}
		for i := range 3 {
			if err := change(passwords[i], passwords[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		now := passwords[3]
		for _, former := range []string{passwords[2], passwords[1]} {
			if err := change(now, former); fault.CodeOf(err) != "signin.password_used" {
				t.Errorf("%q again: %v", former, err)
			}
		}
		if n := w.count(`select count(*) from signin_password where technician_id = $1`, bob); n != 2 {
			t.Errorf("%d former passwords are kept", n)
		}
		// By way of a reset neither; but whoever hands out a temporary one does not learn what somebody had.
		t.Run("reset", func(t *testing.T) {
			person := technician.Technician{OrgID: org, ID: bob}
			if _, err := w.SetPassword(from(t, homeAddress), now, person, false); fault.CodeOf(err) != "signin.password_used" {
				t.Errorf("the present one: %v", err)
			}
			if _, err := w.SetPassword(from(t, homeAddress), now, person, true); err != nil {
				t.Errorf("a temporary one: %v", err)
			}
		})
		if err := change(now, rightOne); err != nil {
			t.Errorf("the one before the last two: %v", err)
		}
		w.demand(func(p *signinpolicy.Policy) { p.Password.History = 0 })
		if err := change(rightOne, now); err != nil {
			t.Errorf("without a rule: %v", err)
		}
		if n := w.count(`select count(*) from signin_password where technician_id = $1`, bob); n != 0 {
			t.Errorf("without a rule %d former passwords are kept", n)
		}
	})
}

func TestRulesForNewPasswords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.demand(func(p *signinpolicy.Policy) { p.Password.MinLength, p.Password.Classes = 20, 3 })
		ctx := w.as(w.signIn("bob@example.com", homeAddress), homeAddress)
		for password, want := range map[string]string{
			"quiet lantern orch":         "signin.password_short",
			"quietlanternorchardmeadow":  "signin.password_classes",
			"Quiet lantern orchard mead": "",
		} {
			if _, err := w.ChangePassword(ctx, rightOne, password); fault.CodeOf(err) != want {
				t.Errorf("%q: %v", password, err)
			}
		}
	})
}

func TestLockingByPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		w.demand(func(p *signinpolicy.Policy) { p.Lockout = signinpolicy.Lockout{Failures: 3, Minutes: 60} })
		right := signin.Attempt{Email: "bob@example.com", Password: rightOne}
		w.fail(3, right.Email, homeAddress)
		for _, step := range []struct {
			wait   time.Duration
			locked bool
		}{{59 * time.Minute, true}, {time.Minute, false}} {
			time.Sleep(step.wait)
			if _, err := w.SignIn(from(t, homeAddress), right); (err != nil) != step.locked {
				t.Errorf("after %v more: %v", step.wait, err)
			}
		}
		// Names that nobody has follow the same rules, or they would be known by theirs.
		for range 3 {
			_, _ = w.SignIn(from(t, homeAddress), signin.Attempt{Email: "nobody@example.com", Password: wrongOne, Organization: "org-1"})
		}
		if n := w.count(`select count(*) from signin_failure where account like 'name:%' and failures = 3 and locked_until is not null`); n != 1 {
			t.Errorf("%d counters of nobody are locked", n)
		}
	})
}

func TestSessionsByPolicy(t *testing.T) {
	for name, tc := range map[string]struct {
		own  string // of the technician: idle_minutes, session_hours
		idle time.Duration
		life time.Duration
	}{
		"the organization's":      {"idle_minutes = 0, session_hours = 0", 10 * time.Minute, 2 * time.Hour},
		"the technician's":        {"idle_minutes = 5, session_hours = 1", 5 * time.Minute, time.Hour},
		"no more than the policy": {"idle_minutes = 60, session_hours = 24", 10 * time.Minute, 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t)).populate()
				w.exec(`update technician set ` + tc.own + ` where id = '` + bob + `'`)
				before := w.signIn("bob@example.com", homeAddress) // open when the policy comes
				w.demand(func(p *signinpolicy.Policy) {
					p.Sessions = signinpolicy.Sessions{IdleMinutes: 10, Hours: 2, Concurrent: 5}
				})
				after := w.signIn("bob@example.com", homeAddress)
				if after.Session.IdleFor != tc.idle || after.Session.ExpiresAt.Sub(after.Session.CreatedAt) != tc.life {
					t.Errorf("a new session: idle %v, life %v", after.Session.IdleFor, after.Session.ExpiresAt.Sub(after.Session.CreatedAt))
				}
				idle := w.signIn("bob@example.com", homeAddress)
				time.Sleep(tc.idle - time.Second)
				for range 3 {
					if !w.with(before.Token).SignedIn() || !w.with(after.Token).SignedIn() {
						t.Fatal("a session in use is over")
					}
				}
				time.Sleep(time.Second)
				if w.with(idle.Token).SignedIn() {
					t.Error("a quiet session goes on")
				}
				for range 2 * time.Hour / (4 * time.Minute) {
					w.with(before.Token)
					time.Sleep(4 * time.Minute)
				}
				if w.with(before.Token).SignedIn() {
					t.Error("a session that was open when the policy came outlives it")
				}
			})
		})
	}
}

func TestConcurrentSessionsByPolicy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.demand(func(p *signinpolicy.Policy) { p.Sessions.Concurrent = 1 })
		first, second := w.signIn("bob@example.com", homeAddress), w.signIn("bob@example.com", abroad)
		if w.with(first.Token).SignedIn() || !w.with(second.Token).SignedIn() {
			t.Error("the older session did not give way")
		}
	})
}

func TestWhomADemandConcerns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enrol(w.signIn("bob@example.com", homeAddress))
		got, err := w.factors.Affected(t.Context(), w.db.Read(), org)
		if want := (signinpolicy.Affected{Technicians: 2, Administrators: 1, WithoutFactor: 1, AdministratorsWithoutFactor: 1}); err != nil || got != want {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestUnlocking(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.demand(func(p *signinpolicy.Policy) {
			p.Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			p.RoleNetworks = map[perm.Role][]netip.Prefix{perm.Technician: p.Networks}
		})
		w.exec(`update technician set allowed_networks = '["192.0.2.0/24"]' where id = $1`, ada)
		w.fail(10, "ada@example.com", homeAddress)
		for name, tc := range map[string]struct{ slug, email, allow, want string }{
			"nobody":           {"", "nobody@example.com", "", "signin.technician_not_found"},
			"of a neighbour":   {"org-2", "ada@example.com", "", "signin.technician_not_found"},
			"a network of not": {"", "ada@example.com", "home", "signin.network_invalid"},
		} {
			if _, err := w.Unlock(t.Context(), tc.slug, tc.email, tc.allow); fault.CodeOf(err) != tc.want {
				t.Errorf("%s: %v", name, err)
			}
		}
		if got, err := w.Unlock(t.Context(), "org-1", "Ada@example.com", abroad); err != nil || got != (signin.Unlocked{Counters: 2, Lists: 2}) {
			t.Errorf("%+v, %v", got, err)
		}
		w.signIn("ada@example.com", homeAddress)
		w.signIn("ada@example.com", abroad)
		if _, err := w.SignIn(from(t, "198.51.100.21"), signin.Attempt{Email: "ada@example.com", Password: rightOne}); err == nil {
			t.Error("more than the one address was let in")
		}
		if _, err := w.SignIn(from(t, abroad), signin.Attempt{Email: "bob@example.com", Password: rightOne}); err == nil {
			t.Error("a list that did not concern the owner was opened")
		}
		if got, err := w.Unlock(t.Context(), "", "cyd@example.com", ""); err != nil || got.Status != "not_active" {
			t.Errorf("somebody suspended: %+v, %v", got, err)
		}
		if e := w.events(org, "account.unlock"); len(e) != 2 || e[1].Actor.Type != "system" {
			t.Errorf("recorded: %+v", e)
		}
	})
}
