package recovery_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/recovery/recoverytest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

const next = "crimson turtle harbor"

func each(t *testing.T, fn func(t *testing.T, w *recoverytest.World)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, recoverytest.New(t, db)) })
}

func ask(w *recoverytest.World, email string) recoverytest.Answered {
	return w.Do("POST", "/api/session/reset", map[string]string{"email": email})
}

// link asks for a new password and returns the token of the mail, the n-th to this address.
func link(w *recoverytest.World, email string, n int) string {
	w.T.Helper()
	if a := ask(w, email); a.Code != http.StatusAccepted {
		w.T.Fatalf("%d %s", a.Code, a.Raw)
	}
	w.Answer()
	return recoverytest.Token(w.T, w.Mail(email, n)[0].Body)
}

func reset(w *recoverytest.World, token, typed string, cookies ...*http.Cookie) recoverytest.Answered {
	return w.Do("POST", "/api/session/password", map[string]string{"token": token, "password": typed}, cookies...)
}

func TestReset(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo := w.Add("bo", perm.Technician)
		here, there := w.Enter(bo.Email, recoverytest.Password), w.Enter(bo.Email, recoverytest.Password)
		first, second := link(w, bo.Email, 1), link(w, bo.Email, 2)
		if a := reset(w, second, "short"); a.ErrorCode() != "signin.password_short" || a.Code != http.StatusUnprocessableEntity {
			t.Errorf("a short one: %d %s", a.Code, a.Raw)
		}
		a := reset(w, second, next, here...)
		if a.Code != http.StatusNoContent || len(a.Cookies) != 0 {
			t.Fatalf("%d %s; %d cookies: nobody is signed in by a link", a.Code, a.Raw, len(a.Cookies))
		}
		for _, cookies := range [][]*http.Cookie{here, there} {
			if me := w.Do("GET", "/api/me", nil, cookies...); me.Code != http.StatusUnauthorized {
				t.Errorf("a session goes on: %d", me.Code)
			}
		}
		if a := w.Do("POST", "/api/session", map[string]string{"email": bo.Email, "password": recoverytest.Password}); a.Code != http.StatusUnauthorized {
			t.Errorf("the old password: %d", a.Code)
		}
		w.Enter(bo.Email, next)
		if a := reset(w, first, "a third one entirely"); a.Code != http.StatusGone {
			t.Errorf("an earlier link outlives the change: %d %s", a.Code, a.Raw)
		}
		if m := w.Mail(bo.Email, 3)[0]; !strings.Contains(m.Subject, "Your password was changed") {
			t.Errorf("told: %q", m.Subject)
		}
		if w.Audited("password.reset", audit.Success) != 1 || w.Audited("password.ask_reset", audit.Success) != 2 {
			t.Error("the reset is not recorded")
		}
	})
}

func TestAttack19ResetLinkAbuse(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		owner := w.By(w.Owner)
		for name, meanwhile := range map[string]func(bo technician.Technician, token string) error{
			"used": func(_ technician.Technician, token string) error {
				if a := reset(w, token, "a third one entirely"); a.Code != http.StatusNoContent {
					return fmt.Errorf("%d %s", a.Code, a.Raw)
				}
				return nil
			},
			"half an hour later": func(bo technician.Technician, _ string) error {
				w.Exec(`update recovery set expires_at = $1 where technician_id = $2`, store.Time(time.Now()), bo.ID)
				return nil
			},
			"another address": func(bo technician.Technician, _ string) error { return email(w, bo, "x-"+bo.Email) },
			"another address and back": func(bo technician.Technician, _ string) error {
				if err := email(w, bo, "x-"+bo.Email); err != nil {
					return err
				}
				return email(w, bo, bo.Email)
			},
			"another password": func(bo technician.Technician, _ string) error { w.SetPassword(bo, "a third one entirely"); return nil },
			"suspended": func(bo technician.Technician, _ string) error {
				_, err := w.Technicians.Suspend(owner, bo.ID, "")
				return err
			},
			"suspended and back": func(bo technician.Technician, _ string) error {
				if _, err := w.Technicians.Suspend(owner, bo.ID, ""); err != nil {
					return err
				}
				_, err := w.Technicians.Reactivate(owner, bo.ID)
				return err
			},
			"reset by an administrator": func(bo technician.Technician, _ string) error { return w.Recovery.Force(owner, bo.ID) },
		} {
			w.Exec(`delete from recovery_count`)
			bo := w.Add(strings.ReplaceAll(name, " ", "-"), perm.Technician)
			token := link(w, bo.Email, 1)
			if err := meanwhile(bo, token); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if a := reset(w, token, next); a.Code != http.StatusGone || a.ErrorCode() != "recovery.link_invalid" {
				t.Errorf("%s: %d %s", name, a.Code, a.Raw)
			}
			if a := w.Do("POST", "/api/session", map[string]string{"email": bo.Email, "password": next}); a.Code == http.StatusOK {
				t.Errorf("%s: the attacker's password works", name)
			}
		}
		if a := reset(w, "invented", next); a.Code != http.StatusGone {
			t.Errorf("an invented link: %d %s", a.Code, a.Raw)
		}
	})
}

func email(w *recoverytest.World, of technician.Technician, to string) error {
	_, err := w.Technicians.Update(w.By(w.Owner), of.ID, func(t technician.Technician) (technician.Fields, error) {
		t.Email = to
		return t.Fields, nil
	})
	return err
}

func TestAttack19ResetLinkUsedTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo := w.Add("bo", perm.Technician)
		token := link(w, bo.Email, 1)
		var wg sync.WaitGroup
		var done atomic.Int32
		for i := range 8 {
			wg.Go(func() {
				if a := reset(w, token, fmt.Sprintf("crimson turtle harbor %d", i)); a.Code == http.StatusNoContent {
					done.Add(1)
				} else if a.Code != http.StatusGone {
					t.Errorf("%d %s", a.Code, a.Raw)
				}
			})
		}
		wg.Wait()
		if done.Load() != 1 {
			t.Errorf("%d passwords were set by one link", done.Load())
		}
	})
}

// What a request says of its host, or of where it comes from, is nowhere in the mail.
func TestAttack19HostHeaderPoisoning(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		w.Add("bo", perm.Technician)
		r := httptest.NewRequestWithContext(t.Context(), "POST", "http://evil.example.com/api/session/reset", strings.NewReader(`{"email": "bo@example.com"}`))
		r.Host = "evil.example.com"
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Forwarded-Host": "evil.example.com", "Forwarded": "host=evil.example.com", "Origin": "http://evil.example.com",
			"Referer": "http://evil.example.com/", "X-Original-URL": "http://evil.example.com/",
		} {
			r.Header.Set(name, value)
		}
		rec := httptest.NewRecorder()
		w.API.ServeHTTP(rec, r)
		if rec.Code == http.StatusAccepted {
			w.Answer()
		} else {
			_ = link(w, "bo@example.com", 1)
		}
		body := w.Mail("bo@example.com", 1)[0].Body
		before, _, _ := strings.Cut(body, "#token=")
		if strings.Contains(body, "evil") || !strings.HasSuffix(before, "\n"+recoverytest.Base+"/reset") || strings.Contains(body, "?token") {
			t.Errorf("the mail says %q", body)
		}
	})
}

// Whoever asks, and for whom: status, body and headers are the same, and mail goes out only to who may sign in.
func TestAttack6ResetTellsNobodyWhoExists(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo := w.Add("bo", perm.Technician)
		cyd := w.Add("cyd", perm.Technician)
		if _, err := w.Technicians.Suspend(w.By(w.Owner), cyd.ID, ""); err != nil {
			t.Fatal(err)
		}
		dan, err := w.Technicians.Create(w.By(w.Owner), technician.Fields{GivenName: "dan", Email: "dan@example.com"}, "")
		if err != nil {
			t.Fatal(err)
		}
		want := ask(w, bo.Email)
		for _, who := range []string{"BO@Example.com", cyd.Email, dan.Email, "nobody@example.com", "no address", "'; drop table technician; --", strings.Repeat("x", 320)} {
			a := ask(w, who)
			if a.Code != http.StatusAccepted || a.Raw != want.Raw || !maps.EqualFunc(stable(a.Header), stable(want.Header), slices.Equal) {
				t.Errorf("%s: %d %s %v, want %d %s %v", who, a.Code, a.Raw, a.Header, want.Code, want.Raw, want.Header)
			}
		}
		w.Answer()
		w.Mail(bo.Email, 2)
		for _, who := range []string{cyd.Email, dan.Email} {
			if n := len(w.Mail(who, 0)); n != 0 {
				t.Errorf("%d mails to %s", n, who)
			}
		}
	})
}

func stable(h http.Header) http.Header {
	h = h.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "Request-Id"} {
		h.Del(name)
	}
	return h
}

// The names are looked up after the answer, so the time of the answer cannot depend on them. The bound allows for other work on the machine:
// looking up, making a link and sealing a mail take more than as long again.
func TestAttack7ResetTakesAsLongForUnknownNames(t *testing.T) {
	w := recoverytest.New(t, storetest.Open(t))
	const rounds = 150
	took := map[bool][]time.Duration{}
	for i := range 2 * rounds {
		known := i%2 == 0
		who := fmt.Sprintf("nobody%03d@example.com", i)
		if known {
			who = w.Owner.Email
		}
		w.Exec(`delete from recovery_count`)
		start := time.Now()
		if a := ask(w, who); a.Code != http.StatusAccepted {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		took[known] = append(took[known], time.Since(start))
	}
	a, b := median(took[true]), median(took[false])
	t.Logf("medians: known %v, unknown %v", a, b)
	if ratio := float64(a) / float64(b); ratio < 0.75 || ratio > 1.33 {
		t.Errorf("known names take %v, unknown ones %v", a, b)
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// A name that nobody has runs into the same limit as any other, and so does a network.
func TestLimits(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		for _, who := range []string{w.Owner.Email, "nobody@example.com"} {
			for i := range 6 {
				a := ask(w, who)
				if limited := i == 5; limited != (a.Code == http.StatusTooManyRequests) || limited && (a.ErrorCode() != "recovery.too_many" || a.Header.Get("Retry-After") == "") {
					t.Errorf("%s, request %d: %d %s", who, i+1, a.Code, a.Raw)
				}
			}
		}
		limited := 0
		for i := range 40 {
			if ask(w, fmt.Sprintf("n%d@example.com", i)).Code == http.StatusTooManyRequests {
				limited++
			}
		}
		if limited != 20 {
			t.Errorf("%d of 40 more from one network were refused, want 20", limited)
		}
		w.Exec(`update recovery_count set started_at = $1`, store.Time(time.Now().Add(-time.Hour)))
		if a := ask(w, w.Owner.Email); a.Code != http.StatusAccepted {
			t.Errorf("an hour later: %d %s", a.Code, a.Raw)
		}
		if err := w.Recovery.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// In the sandbox administrators read everybody's mail. A link that makes its reader the owner is not among it.
func TestAttack19ResetOfTheOwnerInTheSandbox(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		if a := ask(w, w.Owner.Email); a.Code != http.StatusAccepted {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		w.Answer()
		if n := w.Audited("password.ask_reset", audit.Denied); n != 1 || len(w.Mail(w.Owner.Email, 0)) != 0 {
			t.Errorf("%d refusals, %d mails", n, len(w.Mail(w.Owner.Email, 0)))
		}
	})
}

func TestForcedReset(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo, mia, ada := w.Add("bo", perm.Technician), w.Add("mia", perm.Manager), w.Add("ada", perm.Administrator)
		dan, err := w.Technicians.Create(w.By(w.Owner), technician.Fields{GivenName: "dan", Email: "dan@example.com"}, "")
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string][2]string{
			"by a manager":     {fault.CodeOf(w.Recovery.Force(w.By(mia), bo.ID)), "access.denied"},
			"of the owner":     {fault.CodeOf(w.Recovery.Force(w.By(ada), w.Owner.ID)), "technician.owner"},
			"of oneself":       {fault.CodeOf(w.Recovery.Force(w.By(ada), ada.ID)), "recovery.own"},
			"of an invitation": {fault.CodeOf(w.Recovery.Force(w.By(ada), dan.ID)), "recovery.invited"},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %q, want %q", name, got[0], got[1])
			}
		}
		cookies := w.Enter(bo.Email, recoverytest.Password)
		admin := w.Enter(ada.Email, recoverytest.Password)
		if a := w.Do("POST", "/api/technicians/"+bo.ID+"/reset-password", "{}", admin...); a.Code != http.StatusNoContent {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		if me := w.Do("GET", "/api/me", nil, cookies...); me.Code != http.StatusUnauthorized {
			t.Errorf("the session goes on: %d", me.Code)
		}
		for _, typed := range []string{recoverytest.Password, "", " "} {
			if a := w.Do("POST", "/api/session", map[string]string{"email": bo.Email, "password": typed}); a.Code != http.StatusUnauthorized {
				t.Errorf("%q still works: %d", typed, a.Code)
			}
		}
		m := w.Mail(bo.Email, 1)[0]
		if !strings.Contains(m.Body, "ada has reset your password") {
			t.Errorf("%q", m.Body)
		}
		if a := reset(w, recoverytest.Token(t, m.Body), next); a.Code != http.StatusNoContent {
			t.Errorf("%d %s", a.Code, a.Raw)
		}
		w.Enter(bo.Email, next)
	})
}

// TestAttack19LinkOfWhoBecameTheOwner keeps a link that an administrator read in the sandbox until its technician owns the organization.
func TestAttack19LinkOfWhoBecameTheOwner(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		heir := w.Add("heir", perm.Administrator)
		token := link(w, heir.Email, 1)
		w.Exec(`update technician set owner = (id = $1)`, heir.ID)
		if got := reset(w, token, "another violet otter"); got.ErrorCode() != "recovery.link_invalid" {
			t.Errorf("the owner: %d %s", got.Code, got.ErrorCode())
		}
		w.Exec(`update technician set owner = false`)
		if got := reset(w, token, "another violet otter"); got.Code != 204 {
			t.Errorf("an administrator: %d %s", got.Code, got.ErrorCode())
		}
	})
}
