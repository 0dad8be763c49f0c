package signin_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestLocking(t *testing.T) {
	type step struct {
		wait     time.Duration
		address  string // homeAddress if ""
		networks int    // so many wrong attempts, each from another network
		wrong    int    // so many wrong attempts, without a pause; else one right one
		refused  bool
		ofDevice bool // with the device cookie of an earlier sign-in
	}
	const elsewhere = "198.51.100.20"
	for name, steps := range map[string][]step{
		"three are free":                     {{wrong: 3}, {}},
		"the fourth asks for a pause":        {{wrong: 4}, {refused: true}, {wait: time.Second}},
		"too early does not count":           {{wrong: 4}, {refused: true}, {refused: true}, {refused: true}, {wait: time.Second}},
		"the pause grows":                    {{wrong: 6}, {wait: 3 * time.Second, refused: true}, {wait: time.Second}},
		"ten lock":                           {{wrong: 10}, {wait: 14 * time.Minute, refused: true}},
		"for a quarter of an hour":           {{wrong: 10}, {wait: 15 * time.Minute}},
		"more do not lock longer":            {{wrong: 10}, {wait: 14 * time.Minute, wrong: 20}, {wait: time.Minute}},
		"after the lock it begins anew":      {{wrong: 10}, {wait: 15 * time.Minute, wrong: 3}, {}},
		"nine, and nine later, do not lock":  {{wrong: 9}, {wait: 15 * time.Minute, wrong: 3}, {}},
		"a success begins anew":              {{wrong: 3}, {}, {wrong: 3}, {}},
		"another network is not locked":      {{wrong: 10}, {address: elsewhere}},
		"another address of the network is":  {{wrong: 10}, {address: "192.0.2.200", refused: true}},
		"a known device gets in":             {{}, {wrong: 10}, {ofDevice: true}},
		"and is counted by itself":           {{}, {wrong: 10, ofDevice: true}, {ofDevice: true, refused: true}, {}},
		"fifty from everywhere lock for all": {{networks: 50}, {address: elsewhere, refused: true}},
		"and for longer from then on":        {{networks: 50}, {wait: 15 * time.Minute, wrong: 1}, {wait: 29 * time.Minute, address: elsewhere, refused: true}, {wait: time.Minute, address: elsewhere}},
		"forty-nine do not":                  {{networks: 49}, {address: elsewhere}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t)).populate()
				device := ""
				for i, s := range steps {
					time.Sleep(s.wait)
					if s.address == "" {
						s.address = homeAddress
					}
					attempt := signin.Attempt{Email: "Bob@Example.com", Password: rightOne}
					if s.ofDevice {
						attempt.Device = device
					}
					if s.wrong > 0 {
						attempt.Password = wrongOne
					}
					if s.networks > 0 {
						for n := range s.networks {
							w.fail(1, attempt.Email, fmt.Sprintf("203.0.%d.1", n))
						}
						continue
					}
					for range max(s.wrong, 1) {
						started, err := w.SignIn(from(t, s.address), attempt)
						if refused := fault.CodeOf(err) == "signin.refused"; refused != (s.wrong > 0 || s.refused) || err != nil && !refused {
							t.Fatalf("step %d: %v", i, err)
						}
						if started.Device != "" {
							device = started.Device
						}
					}
				}
			})
		})
	}
}

func TestSessionTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		busy := w.signIn("bob@example.com", homeAddress)
		begin := time.Now()
		for time.Since(begin) < 12*time.Hour {
			if !w.with(busy.Token).SignedIn() {
				t.Fatalf("a busy session is over after %v", time.Since(begin))
			}
			time.Sleep(29*time.Minute + 59*time.Second)
		}
		if w.with(busy.Token).SignedIn() {
			t.Error("a busy session outlives twelve hours")
		}
		left := w.signIn("bob@example.com", homeAddress)
		time.Sleep(30 * time.Minute)
		if w.with(left.Token).SignedIn() {
			t.Error("a session outlives half an hour of silence")
		}
	})
}

func TestUseIsWrittenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		started := w.signIn("bob@example.com", homeAddress)
		seen := func() int {
			return w.count(`select last_seen_at from signin_session where id = $1`, started.Session.ID)
		}
		first := seen()
		time.Sleep(59 * time.Second)
		w.with(started.Token)
		if seen() != first {
			t.Error("written before the minute was over")
		}
		time.Sleep(time.Second)
		w.with(started.Token)
		if seen() == first {
			t.Error("not written after a minute")
		}
		time.Sleep(time.Minute)
		before := seen()
		r := httptest.NewRequest(http.MethodGet, "/api/events", http.NoBody)
		r.AddCookie(&http.Cookie{Name: "cs_session", Value: started.Token})
		if !w.authenticate(r.WithContext(access.WithActor(t.Context(), access.Actor{Passive: true}))).SignedIn() || seen() != before {
			t.Error("an open page keeps the session alive by itself")
		}
		_, token := w.token(started, apitoken.New{Name: "x"})
		w.bearing("Bearer " + token)
		if w.count(`select count(*) from apitoken where last_used_at is not null`) != 1 {
			t.Error("the use of a token is not written")
		}
		if w.count(`select count(*) from technician where id = $1 and last_active_at is not null`, bob) != 1 {
			t.Error("the technician was never active")
		}
	})
}

func TestAtMostFiveSessions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var started []signin.Started
		for range 7 {
			started = append(started, w.signIn("bob@example.com", homeAddress))
		}
		for i, s := range started {
			if got, want := w.with(s.Token).SignedIn(), i >= 2; got != want {
				t.Errorf("session %d: signed in %v, want %v", i, got, want)
			}
		}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				_, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne})
				if err != nil && fault.KindOf(err) != fault.Unauthenticated {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := w.count(`select count(*) from signin_session where technician_id = $1 and ended_at is null`, bob); n != 5 {
			t.Errorf("%d sessions are open after a race", n)
		}
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here, there := w.signIn("bob@example.com", homeAddress), w.signIn("bob@example.com", "198.51.100.4")
		admin := w.as(w.signIn("ada@example.com", homeAddress), homeAddress)
		ctx := w.as(here, homeAddress)
		list, err := w.Sessions(ctx, "")
		if err != nil || len(list) != 2 || list[0].ID != there.Session.ID || list[0].Address != "198.51.100.4" || list[0].Device != "Firefox on Linux" {
			t.Errorf("own sessions: %+v, %v", list, err)
		}
		if _, err := w.Sessions(ctx, ada); fault.KindOf(err) != fault.Denied {
			t.Errorf("another's sessions: %v", err)
		}
		if list, err := w.Sessions(admin, bob); err != nil || len(list) != 2 {
			t.Errorf("an administrator sees %d, %v", len(list), err)
		}
		if err := w.EndSession(ctx, access.ActorFrom(admin).SessionID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("ending another's session: %v", err)
		}
		if err := w.EndOthers(ctx); err != nil || w.with(there.Token).SignedIn() || !w.with(here.Token).SignedIn() {
			t.Errorf("ending the others: %v", err)
		}
		if err := w.EndSession(admin, here.Session.ID); err != nil || w.with(here.Token).SignedIn() {
			t.Errorf("an administrator ends a session: %v", err)
		}
		if err := w.EndSession(admin, here.Session.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("ending it twice: %v", err)
		}
		if n := w.count(`select count(*) from signin_session where ended_why = 'ended'`); n != 2 {
			t.Errorf("%d sessions say why they ended", n)
		}
	})
}

func TestSignOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		_, token := w.token(started, apitoken.New{Name: "x"})
		if err := w.SignOut(access.WithActor(t.Context(), w.bearing("Bearer "+token))); err != nil {
			t.Fatal(err)
		}
		if !w.bearing("Bearer "+token).SignedIn() || !w.with(started.Token).SignedIn() {
			t.Error("a token signed something out")
		}
		if err := w.SignOut(w.as(started, homeAddress)); err != nil || w.with(started.Token).SignedIn() {
			t.Errorf("the session goes on: %v", err)
		}
		if err := w.SignOut(from(t, homeAddress)); err != nil {
			t.Errorf("without a session: %v", err)
		}
	})
}

func TestALinkWorksOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		link, err := w.CreateLink(t.Context(), org, ada)
		if err != nil {
			t.Fatal(err)
		}
		var in atomic.Int32
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				started, err := w.FollowLink(from(t, homeAddress), link)
				switch {
				case err == nil:
					in.Add(1)
					if w.with(started.Token).ID != ada {
						t.Error("the link signs somebody else in")
					}
				case fault.CodeOf(err) != "signin.link_invalid":
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 {
			t.Errorf("the link worked %d times", in.Load())
		}
		if w.count(`select count(*) from signin_link where token_hash = $1`, []byte(link)) != 0 {
			t.Error("the link itself is stored")
		}
	})
}

func TestALinkWorksForADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		link, err := w.CreateLink(t.Context(), org, ada)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
		if _, err := w.FollowLink(from(t, homeAddress), link); fault.KindOf(err) != fault.Gone {
			t.Errorf("after a day: %v", err)
		}
		if _, err := w.CreateLink(t.Context(), org, cyd); err == nil {
			t.Error("a link for somebody suspended")
		}
	})
}

func TestOnePersonOfTwoOrganizations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.exec(`update technician set email = 'bob@example.com', email_key = 'bob@example.com' where id = $1`, eve)
		for slug, want := range map[string]string{"": bob, "org-1": bob, "org-2": eve, "org-3": ""} {
			started, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: " Bob@example.com", Password: rightOne, Organization: slug})
			if got := started.Session.TechnicianID; got != want || (err != nil) != (want == "") {
				t.Errorf("%q signs in %q: %v", slug, got, err)
			}
		}
	})
}

func TestEverySignInIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.signIn("bob@example.com", homeAddress)
		for name, attempt := range map[string]signin.Attempt{
			"unknown_name":   {Email: "nobody@example.com", Password: rightOne, Organization: "org-1"},
			"wrong_password": {Email: "bob@example.com", Password: wrongOne},
			"not_active":     {Email: "cyd@example.com", Password: rightOne},
		} {
			if _, err := w.SignIn(from(t, homeAddress), attempt); err == nil {
				t.Errorf("%s signed in", name)
			}
			e := w.events(org, "session.create")[0]
			if e.Reason != name || e.Outcome != "denied" || e.Actor.ID != "" || e.Address != homeAddress {
				t.Errorf("%s: recorded %+v", name, e)
			}
			if name == "unknown_name" && e.Detail["email"] != "nobody@example.com" {
				t.Errorf("what was typed is not kept aside: %v", e.Detail)
			}
			if text := fmt.Sprintf("%+v", e); strings.Contains(text, rightOne) || strings.Contains(text, wrongOne) || strings.Contains(string(e.Encode()), "nobody") {
				t.Errorf("%s: the record tells too much: %s", name, text)
			}
		}
		if _, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "my other passphrase", Password: wrongOne, Organization: "org-1"}); err == nil {
			t.Error("signed in")
		}
		if e := w.events(org, "session.create")[0]; e.Detail["email"] != nil {
			t.Errorf("a password in the wrong field was recorded: %v", e.Detail)
		}
		all := w.events(org, "session.create")
		if e := all[len(all)-1]; e.Outcome != "success" || e.Actor.ID != bob || e.Address != homeAddress {
			t.Errorf("the success is recorded as %+v", e)
		}
	})
}

func TestHashesFollowTheCosts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dearer := newWorldWith(t, w.db, password.NewHasher(password.Params{Memory: 128, Time: 1, Threads: 1}, 2))
		before := dearer.hasher.Computed()
		dearer.signIn("bob@example.com", homeAddress)
		if dearer.hasher.Computed()-before != 2 {
			t.Error("the hash was not made anew")
		}
		before = dearer.hasher.Computed()
		dearer.signIn("bob@example.com", homeAddress)
		if dearer.hasher.Computed()-before != 1 {
			t.Error("the hash was made anew twice")
		}
	})
}

func TestChangingThePasswordWantsTheCurrentOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := w.as(w.signIn("bob@example.com", homeAddress), homeAddress)
		for range 10 {
			if _, err := w.ChangePassword(ctx, wrongOne, "quiet lantern orchard"); fault.CodeOf(err) != "signin.password_wrong" {
				t.Fatal(err)
			}
		}
		if _, err := w.ChangePassword(ctx, rightOne, "quiet lantern orchard"); err == nil {
			t.Error("guessing the current password is never locked")
		}
		if n := len(w.events(org, "password.change")); n != 11 {
			t.Errorf("%d refusals are recorded", n)
		}
		w.signIn("bob@example.com", homeAddress) // is not locked by it
	})
}

func TestSetUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		want := signin.NewOwner{Organization: "Northwind MSP", Region: "US", Name: "Ada King Lovelace", Email: "ada@example.com", Password: rightOne}
		if needed, err := w.NeedsSetup(t.Context()); err != nil || !needed {
			t.Fatalf("needed %v, %v", needed, err)
		}
		if _, err := w.SetUp(from(t, homeAddress), "", want); fault.CodeOf(err) != "signin.setup_invalid" {
			t.Errorf("before the link is made: %v", err)
		}
		old := w.OpenSetup()
		link := w.OpenSetup()
		if _, err := w.SetUp(from(t, homeAddress), old, want); fault.CodeOf(err) != "signin.setup_invalid" {
			t.Errorf("the link of the start before: %v", err)
		}
		weak := want
		weak.Password = "Northwind-2026"
		if _, err := w.SetUp(from(t, homeAddress), link, weak); fault.CodeOf(err) != "signin.password_common" {
			t.Errorf("a weak password: %v", err)
		}
		var made atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				started, err := w.SetUp(from(t, homeAddress), link, want)
				if err == nil {
					made.Add(1)
					if a := w.with(started.Token); !a.Owner || a.Role != perm.Administrator || a.Hold != access.HoldNone {
						t.Errorf("the owner is %+v", a)
					}
				} else if code := fault.CodeOf(err); code != "signin.setup_done" {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if made.Load() != 1 || w.count(`select count(*) from organization`) != 1 {
			t.Errorf("%d were set up", made.Load())
		}
		w.signIn("ada@example.com", homeAddress)
		if _, err := w.CreateOwner(t.Context(), want); fault.CodeOf(err) != "signin.setup_done" {
			t.Errorf("bootstrap afterwards: %v", err)
		}
	})
}

func TestBootstrapFromTheCommandLine(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		secret, err := w.CreateOwner(t.Context(), signin.NewOwner{Organization: "Northwind MSP", Name: "Ada", Email: "ada@example.com", Password: rightOne})
		if err != nil {
			t.Fatal(err)
		}
		a := w.bearing("Bearer " + secret)
		ctx := access.WithActor(context.Background(), a) //nolint:usetesting // an actor's own context
		if !a.Owner || a.Ceiling != nil || len(w.guard.Permissions(ctx)) != len(perm.Catalog()) {
			t.Errorf("the token's actor is %+v", a)
		}
		again, err := w.TokenFor(t.Context(), "ADA@example.com", "backup script", 24*time.Hour)
		if err != nil || w.bearing("Bearer "+again).ID != a.ID {
			t.Errorf("admin token: %v", err)
		}
		if _, err := w.TokenFor(t.Context(), "nobody@example.com", "x", time.Hour); fault.KindOf(err) != fault.NotFound {
			t.Errorf("for nobody: %v", err)
		}
		w.signIn("ada@example.com", homeAddress)
	})
}

func TestSweepKeepsWhatCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		w.signIn("bob@example.com", homeAddress)
		w.fail(4, "ada@example.com", homeAddress)
		if _, err := w.CreateLink(t.Context(), org, ada); err != nil {
			t.Fatal(err)
		}
		rows := func() (n [4]int) {
			for i, table := range []string{"signin_session", "signin_device", "signin_failure", "signin_link"} {
				n[i] = w.count(`select count(*) from ` + table)
			}
			return n
		}
		for _, step := range []struct {
			wait time.Duration
			want [4]int
		}{
			{0, [4]int{1, 1, 2, 1}},
			{25 * time.Hour, [4]int{1, 1, 1, 0}}, // failures from everywhere count until a success
			{8 * 24 * time.Hour, [4]int{0, 1, 1, 0}},
			{30 * 24 * time.Hour, [4]int{0, 1, 0, 0}},
			{180 * 24 * time.Hour, [4]int{0, 0, 0, 0}},
		} {
			time.Sleep(step.wait)
			if err := w.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := rows(); got != step.want {
				t.Errorf("after %v more: %v, want %v", step.wait, got, step.want)
			}
		}
	})
}
