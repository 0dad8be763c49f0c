package signin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

// The numbers are those of the attacks that sign-in has to withstand; docs/threats.md says what each is.

func TestAttack01SessionFixation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		first := w.signIn("bob@example.com", homeAddress)
		planted := w.as(first, homeAddress)
		second, err := w.SignIn(planted, signin.Attempt{Email: "ada@example.com", Password: rightOne})
		if err != nil {
			t.Fatal(err)
		}
		if second.Token == first.Token || w.with(second.Token).ID != ada {
			t.Error("the new session has the token that the browser came with")
		}
		if w.with(first.Token).SignedIn() {
			t.Error("the session that the browser came with goes on")
		}
		if w.with(strings.Repeat("A", 43)).SignedIn() {
			t.Error("a value of the attacker's choice signs in")
		}
	})
}

func TestAttack02StaleSessionAfterDisable(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		_, token := w.token(started, apitoken.New{Name: "script"})
		link, err := w.CreateLink(t.Context(), org, bob)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []string{"status = 'suspended'", "status = 'inactive'", "status = 'over_limit'", "state = 'invitation'"} {
			w.exec(`update technician set ` + change + ` where id = '` + bob + `'`)
			if w.with(started.Token).SignedIn() || w.bearing("Bearer "+token).SignedIn() {
				t.Errorf("%s: session or token goes on", change)
			}
			if _, err := w.FollowLink(from(t, homeAddress), link); fault.CodeOf(err) != "signin.link_invalid" {
				t.Errorf("%s: the link answers %v", change, err)
			}
			w.exec(`update technician set status = 'active', state = 'activated' where id = $1`, bob)
		}
		w.exec(`update organization set status = 'suspended' where id = $1`, org)
		if w.with(started.Token).SignedIn() || w.bearing("Bearer "+token).SignedIn() {
			t.Error("the organization is suspended, its sessions are not")
		}
		w.exec(`update organization set status = 'active' where id = $1`, org)

		// Through the use cases: sessions and links are over for good, tokens rest.
		admin := access.WithActor(t.Context(), access.System(org))
		if _, err := w.technicians.Suspend(admin, bob, ""); err != nil {
			t.Fatal(err)
		}
		if w.with(started.Token).SignedIn() || w.bearing("Bearer "+token).SignedIn() {
			t.Error("session or token outlives the suspension")
		}
		if _, err := w.technicians.Reactivate(admin, bob); err != nil {
			t.Fatal(err)
		}
		if w.with(started.Token).SignedIn() {
			t.Error("the session comes back")
		}
		if w.bearing("Bearer "+token).ID != bob {
			t.Error("the token of a reactivated technician is dead")
		}
		if _, err := w.FollowLink(from(t, homeAddress), link); err == nil {
			t.Error("the link outlives the suspension")
		}
		if e := w.events(org, "session.delete"); len(e) != 1 || e[0].Reason != "suspended" {
			t.Errorf("the audit log has %+v", e)
		}
		if _, err := w.technicians.Update(admin, bob, func(t technician.Technician) (technician.Fields, error) {
			t.Status = technician.Inactive
			return t.Fields, nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := w.technicians.Delete(admin, bob, func(technician.Technician) error { return nil }); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"signin_account", "signin_session", "signin_device", "signin_link", "signin_password", "apitoken"} {
			if n := w.count(`select count(*) from `+table+` where technician_id = $1`, bob); n != 0 {
				t.Errorf("%d rows of %s are left of somebody who was deleted", n, table)
			}
		}
	})
}

func TestAttack02SignInWhileBeingSuspended(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		// Whatever order the two come in, no session is left.
		ctx := access.WithActor(t.Context(), access.System(org))
		for i := range 20 {
			w.exec(`update technician set status = 'active' where id = $1`, bob)
			var wg sync.WaitGroup
			var started signin.Started
			wg.Go(func() {
				started, _ = w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne})
			})
			wg.Go(func() {
				if _, err := w.technicians.Suspend(ctx, bob, ""); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			w.exec(`update technician set status = 'active' where id = $1`, bob)
			if started.Token != "" && w.with(started.Token).SignedIn() {
				t.Fatalf("round %d: the session outlived the suspension", i)
			}
		}
	})
}

func TestAttack03StaleSessionAfterPasswordOrRoleChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here, there := w.signIn("bob@example.com", homeAddress), w.signIn("bob@example.com", "198.51.100.4")
		w.exec(`update technician set platform_role = 'read_only' where id = $1`, bob)
		if got := w.with(there.Token).Role; got != perm.ReadOnly {
			t.Errorf("the next request still has the role %s", got)
		}
		again, err := w.ChangePassword(w.as(here, homeAddress), rightOne, "quiet lantern orchard")
		if err != nil {
			t.Fatal(err)
		}
		if w.with(there.Token).SignedIn() || w.with(here.Token).SignedIn() {
			t.Error("a session from before the change goes on")
		}
		if w.with(again.Token).ID != bob {
			t.Error("whoever changed the password is signed out")
		}
		if _, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne}); err == nil {
			t.Error("the old password works")
		}
	})
}

func TestAttack04OnlyAHashIsStored(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		_, token := w.token(started, apitoken.New{Name: "script"})
		for table, secret := range map[string]string{
			"signin_session where token_hash": started.Token, "signin_device where token_hash": started.Device, "apitoken where token_hash": token,
		} {
			if w.count(`select count(*) from `+table+` = $1`, []byte(secret)) != 0 {
				t.Errorf("%s holds the secret itself", table)
			}
		}
		if w.count(`select count(*) from apitoken where prefix = $1`, token) != 0 {
			t.Error("the prefix is the token")
		}
	})
}

// refusals are sign-ins that must look alike from outside.
func (w *world) refusals() map[string]signin.Attempt {
	w.fail(10, "ada@example.com", "203.0.113.7") // locks her there
	for _, p := range []struct{ id, email, set string }{
		{"01890000-0000-7000-8000-0000000000f1", "fay@example.com", `ui_access = false`},
		{"01890000-0000-7000-8000-0000000000f2", "gus@example.com", `allowed_networks = '["192.0.2.0/24"]'`},
		{"01890000-0000-7000-8000-0000000000f3", "hal@example.com", `mfa_required = true`},
	} {
		w.add(person{org, p.id, p.email, "technician", "active", "activated"})
		w.setPassword(org, p.id, rightOne)
		if p.email == "hal@example.com" {
			w.enrol(w.signIn(p.email, homeAddress))
		}
		w.exec(`update technician set ` + p.set + ` where id = '` + p.id + `'`)
	}
	return map[string]signin.Attempt{
		"unknown":         {Email: "nobody@example.com", Password: rightOne},
		"no address":      {Email: "", Password: rightOne},
		"wrong password":  {Email: "bob@example.com", Password: wrongOne},
		"no password":     {Email: "bob@example.com"},
		"long password":   {Email: "bob@example.com", Password: strings.Repeat("x", 1<<20)},
		"locked":          {Email: "ada@example.com", Password: rightOne},
		"suspended":       {Email: "cyd@example.com", Password: rightOne},
		"invited":         {Email: "dan@example.com", Password: rightOne},
		"no console":      {Email: "fay@example.com", Password: rightOne},
		"wrong network":   {Email: "gus@example.com", Password: rightOne},
		"second factor":   {Email: "hal@example.com", Password: wrongOne},
		"elsewhere":       {Email: "bob@example.com", Password: rightOne, Organization: "org-2"},
		"no organization": {Email: "bob@example.com", Password: rightOne, Organization: "org-9"},
	}
}

func TestAttack06EnumerationByText(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var first *fault.Error
		for name, attempt := range w.refusals() {
			_, err := w.SignIn(from(t, "203.0.113.7"), attempt)
			e, ok := errors.AsType[*fault.Error](err)
			if !ok || e.Code != "signin.refused" {
				t.Fatalf("%s: %v", name, err)
			}
			if first == nil {
				first = e
			}
			if !reflect.DeepEqual(e, first) {
				t.Errorf("%s answers %+v, others %+v", name, e, first)
			}
		}
	})
}

func TestAttack07EnumerationByTime(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, attempt := range w.refusals() {
			before := w.hasher.Computed()
			_, _ = w.SignIn(from(t, "203.0.113.7"), attempt)
			if got := w.hasher.Computed() - before; got != 1 {
				t.Errorf("%s computes %d hashes", name, got)
			}
		}
	})
}

func TestAttack08BruteForce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db).populate()
		// One account from a thousand networks. Each attempt is refused whether or not the password is right, once it is locked.
		for i := range 1000 {
			_, _ = w.SignIn(from(t, fmt.Sprintf("10.%d.%d.1", i/250, i%250)), signin.Attempt{Email: "bob@example.com", Password: wrongOne})
		}
		tried := 0
		for _, e := range w.all(org, "session.create", 1200) {
			if e.Reason == "wrong_password" {
				tried++
			}
		}
		if tried > 100 {
			t.Errorf("%d guesses in a row were evaluated", tried)
		}
		if _, err := w.SignIn(from(t, "10.99.1.1"), signin.Attempt{Email: "bob@example.com", Password: rightOne}); fault.CodeOf(err) != "signin.refused" {
			t.Errorf("the thousand and first network gets %v", err)
		}
	})
}

func TestAttack08ParallelGuesses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				_, _ = w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: wrongOne})
			})
		}
		wg.Wait()
		tried := 0
		for _, e := range w.events(org, "session.create") {
			if e.Reason == "wrong_password" {
				tried++
			}
		}
		if tried > 10 {
			t.Errorf("%d guesses at once were evaluated before the lock", tried)
		}
	})
}

func TestAttack08StuffingFromOneNetworkIsLimited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		limited := 0
		for i := range 120 {
			_, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: fmt.Sprintf("person%d@example.com", i), Password: wrongOne})
			if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == fault.Limited {
				limited++
				if e.RetryAfter <= 0 {
					t.Fatal("429 without Retry-After")
				}
			}
		}
		if limited < 10 {
			t.Errorf("%d of 120 attempts with different names were limited", limited)
		}
	})
}

func TestAttack09LockoutAsDenial(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		known := w.signIn("ada@example.com", homeAddress)
		for i := range 100 {
			_, _ = w.SignIn(from(t, fmt.Sprintf("203.0.%d.1", i)), signin.Attempt{Email: "ada@example.com", Password: wrongOne})
		}
		w.fail(10, "ada@example.com", homeAddress) // also from the owner's own network
		right := signin.Attempt{Email: "ada@example.com", Password: rightOne}
		if _, err := w.SignIn(from(t, homeAddress), right); err == nil {
			t.Error("an unknown device got in while the account was locked")
		}
		right.Device = known.Device
		if _, err := w.SignIn(from(t, homeAddress), right); err != nil {
			t.Errorf("the owner's known device is locked out: %v", err)
		}
		// The device is hers alone, and its own guesses are counted.
		if _, err := w.SignIn(from(t, homeAddress), signin.Attempt{Email: "bob@example.com", Password: rightOne, Device: known.Device}); err != nil {
			t.Errorf("another person on the same device: %v", err)
		}
		for range 10 {
			_, _ = w.SignIn(from(t, "198.51.100.9"), signin.Attempt{Email: "ada@example.com", Password: wrongOne, Device: known.Device})
		}
		if _, err := w.SignIn(from(t, "198.51.100.9"), right); err == nil {
			t.Error("a stolen device cookie may guess without end")
		}
	})
}

func TestAttack10HashFlood(t *testing.T) {
	db := storetest.Open(t)
	w := newWorldWith(t, db, password.NewHasher(password.Params{Memory: 8 * 1024, Time: 2, Threads: 1}, 2)).populate()
	var served, busy, limited atomic.Int32
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			_, err := w.SignIn(from(t, fmt.Sprintf("10.0.%d.1", i%250)), signin.Attempt{Email: "bob@example.com", Password: strings.Repeat("x", 1<<20)})
			switch e, _ := errors.AsType[*fault.Error](err); {
			case e == nil:
				t.Errorf("answer %v", err)
			case e.Kind == fault.Unavailable && e.RetryAfter > 0:
				busy.Add(1)
			case e.Kind == fault.Limited:
				limited.Add(1)
			default:
				served.Add(1)
			}
		})
	}
	wg.Wait()
	if busy.Load() == 0 || served.Load() == 0 {
		t.Errorf("%d served, %d turned away, %d limited", served.Load(), busy.Load(), limited.Load())
	}
}

func TestAttack16TemporaryPasswordOpensNothingElse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.exec(`update signin_account set must_change = true where technician_id = $1`, bob)
		started := w.signIn("bob@example.com", homeAddress)
		if started.Session.Hold != access.HoldPassword || w.with(started.Token).Hold != access.HoldPassword {
			t.Fatal("the session does not say that the password has to be replaced")
		}
		ctx := w.as(started, homeAddress)
		if _, err := w.ChangePassword(ctx, rightOne, rightOne); fault.CodeOf(err) != "signin.password_same" {
			t.Errorf("the same password again: %v", err)
		}
		again, err := w.ChangePassword(ctx, rightOne, "quiet lantern orchard")
		if err != nil {
			t.Fatal(err)
		}
		if w.with(again.Token).Hold != access.HoldNone {
			t.Error("the gate stays shut")
		}
	})
}

func TestAttack46APITokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		ctx := w.as(started, homeAddress)
		if _, _, err := w.tokens.Create(ctx, apitoken.New{Name: "x", Permissions: []perm.Permission{perm.AdminAudit}}); fault.CodeOf(err) != "signin.token_rights" {
			t.Errorf("more than one's own rights: %v", err)
		}
		_, narrow := w.token(started, apitoken.New{Name: "narrow", Permissions: []perm.Permission{perm.ContactView, perm.TicketView}, For: 2 * time.Hour})
		a := w.bearing("Bearer " + narrow)
		if a.ID != bob || len(a.Ceiling) != 2 || !a.Ceiling[perm.ContactView] {
			t.Fatalf("the actor behind the token is %+v", a)
		}
		byToken := access.WithActor(t.Context(), a)
		guard := access.New(w.db)
		if err := guard.Holds(byToken, perm.TicketEdit); fault.KindOf(err) != fault.Denied {
			t.Errorf("the token may do what it was not made for: %v", err)
		}
		w.exec(`update technician set platform_role = 'read_only' where id = $1`, bob)
		if got := guard.Permissions(access.WithActor(t.Context(), w.bearing("Bearer "+narrow))); len(got) != 2 {
			t.Errorf("views are left to the token: %v", got)
		}
		w.exec(`update technician set platform_role = 'technician' where id = $1`, bob)

		// A token's tokens hold no more and live no longer.
		for name, want := range map[string]apitoken.New{
			"more rights": {Name: "x", Permissions: []perm.Permission{perm.TicketEdit}},
			"longer":      {Name: "x", For: 3 * time.Hour},
		} {
			if _, _, err := w.tokens.Create(byToken, want); err == nil {
				t.Errorf("a token made one with %s", name)
			}
		}
		child, secret, err := w.tokens.Create(byToken, apitoken.New{Name: "child"})
		if err != nil {
			t.Fatal(err)
		}
		if len(w.bearing("bearer "+secret).Ceiling) != 2 || child.ExpiresAt.After(time.Now().Add(2*time.Hour)) {
			t.Errorf("the child is %+v", child)
		}

		// Tokens of others look like none.
		if err := w.tokens.Delete(w.as(w.signIn("eve@example.com", homeAddress), homeAddress), child.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a neighbour's administrator: %v", err)
		}
		if err := w.tokens.Delete(w.as(w.signIn("ada@example.com", homeAddress), homeAddress), child.ID); err != nil {
			t.Errorf("one's own administrator: %v", err)
		}
		if w.bearing("Bearer " + secret).SignedIn() {
			t.Error("the deleted token works")
		}
		for _, header := range []string{narrow, "Basic " + narrow, "Bearer  " + narrow, "Bearer " + narrow + " ", "Bearer cs_", "Bearer " + strings.ToUpper(narrow)} {
			if w.bearing(header).SignedIn() {
				t.Errorf("%q is taken", header)
			}
		}
		r := httptest.NewRequest(http.MethodGet, "/api/me?access_token="+narrow, http.NoBody)
		r.AddCookie(&http.Cookie{Name: "cs_session", Value: narrow})
		if w.authenticate(r).SignedIn() {
			t.Error("a token in the address or a cookie is taken")
		}
	})
}

// A token that was made for less must not reach its owner's account: sessions, profile, password, wider tokens.
func TestAttack46ANarrowTokenLeavesItsOwnersAccountAlone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		wide, _ := w.token(started, apitoken.New{Name: "wide", For: 3 * time.Hour})
		own, narrow := w.token(started, apitoken.New{Name: "narrow", Permissions: []perm.Permission{perm.TicketView}, For: 2 * time.Hour})
		ctx := access.WithActor(t.Context(), w.bearing("Bearer "+narrow))
		_, changed := w.ChangePassword(ctx, rightOne, "quiet lantern orchard")
		for name, err := range map[string]error{
			"a session":     w.EndSession(ctx, started.Session.ID),
			"all sessions":  w.EndOthers(ctx),
			"a wider token": w.tokens.Delete(ctx, wide.ID),
			"the password":  changed,
		} {
			if fault.CodeOf(err) != "signin.token_narrow" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if !w.with(started.Token).SignedIn() {
			t.Error("the session has ended")
		}
		child, _, err := w.tokens.Create(ctx, apitoken.New{Name: "child"})
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{child.ID, own.ID} {
			if err := w.tokens.Delete(ctx, key); err != nil {
				t.Errorf("a token as narrow as itself: %v", err)
			}
		}
	})
}

func TestAttack46ATokenWantsAFreshSignIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t)).populate()
		started := w.signIn("bob@example.com", homeAddress)
		time.Sleep(5*time.Minute + time.Second)
		if _, _, err := w.tokens.Create(w.as(started, homeAddress), apitoken.New{Name: "x"}); fault.CodeOf(err) != "signin.fresh_required" {
			t.Errorf("after five minutes: %v", err)
		}
		w.token(w.signIn("bob@example.com", homeAddress), apitoken.New{Name: "x", For: time.Hour})
	})
}

func TestAttack47CountsTheNetworkNotTheAddress(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 10 {
			w.fail(1, "bob@example.com", fmt.Sprintf("2001:db8:0:7::%x", i+1))
		}
		right := signin.Attempt{Email: "bob@example.com", Password: rightOne}
		if _, err := w.SignIn(from(t, "2001:db8:0:7:ffff::1"), right); err == nil {
			t.Error("another address of the same /64 is not locked")
		}
		if _, err := w.SignIn(from(t, "2001:db8:0:8::1"), right); err != nil {
			t.Errorf("the neighbour network is locked: %v", err)
		}
		// Headers are the edge's business: sign-in looks at the address that it settled on.
		r := httptest.NewRequest(http.MethodGet, "/api/me", http.NoBody)
		r.Header.Set("X-Forwarded-For", "192.0.2.1")
		if w.authenticate(r).SignedIn() {
			t.Error("a header signs in")
		}
	})
}

func (w *world) token(started signin.Started, want apitoken.New) (apitoken.Token, string) {
	w.t.Helper()
	t, secret, err := w.tokens.Create(w.as(started, homeAddress), want)
	if err != nil {
		w.t.Fatal(err)
	}
	return t, secret
}

// all reads on through an organization's log until n events are found.
func (w *world) all(org, action string, n int) (found []audit.Entry) {
	w.t.Helper()
	before := int64(0)
	for len(found) < n {
		page, err := w.log.Find(context.WithoutCancel(w.t.Context()), org, audit.Filter{Action: action}, before, 200)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		found, before = append(found, page...), page[len(page)-1].Seq
	}
	return found
}
