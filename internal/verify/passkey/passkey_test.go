package passkey_test

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/contactkey"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/passkey"
	"countersign.dev/countersign/internal/verify/verifytest"
)

func TestConform(t *testing.T) {
	verifytest.Conform(t, passkey.New(nil, nil, slog.New(slog.DiscardHandler)))
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := fault.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

func TestACallerIsVerifiedByPasskey(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		if _, _, err := w.verify.Start(w.tom(), verify.StartRequest{ContactID: pia, Method: verify.Passkey}); fault.CodeOf(err) != "verify.no_passkey" {
			t.Fatal("without a passkey:", err)
		}
		d := w.enrol(pia, "")
		time.Sleep(time.Minute)
		for _, to := range []string{"+12125550123", "pia@northwind.example.com"} {
			if body := w.message(to); !strings.Contains(body, "a passkey was set up for you") {
				t.Errorf("%s was told %q", to, body)
			}
		}
		a := w.ask(pia, func(r *verify.StartRequest) { r.TicketID = "ticket-pia" })
		if a.v.Level != 4 || len(a.spoken) != 2 {
			t.Errorf("%+v, spoken %q", a.v, a.spoken)
		}
		page := a.read()
		for _, want := range []string{"Tom of Harbor IT", "#1042", "reset the password", "<noscript>"} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not say %s", want)
			}
		}
		if strings.Contains(page, "Pia") || strings.Contains(page, "Reed") {
			t.Error("the page says more than a stranger may read")
		}
		if a.state() != verify.Pending {
			t.Error("a GET decided something")
		}
		if got := a.answer(d.sign(t, a.options)); got != verify.Verified {
			t.Errorf("the state is %s", got)
		}
		keys, err := w.keys.List(w.tom(), pia)
		if err != nil || len(keys) != 1 || keys[0].Name != "Firefox on Linux" || keys[0].LastUsedAt.IsZero() {
			t.Errorf("%+v %v", keys, err)
		}
	})
}

func TestTheLinkOfAPasskeyGoesByMail(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		d := w.enrol(sam, "")
		time.Sleep(time.Minute)
		a := w.ask(sam)
		if a.v.Address != "sam@northwind.example.com" {
			t.Fatal(a.v.Address)
		}
		if got := a.answer(d.sign(t, a.options)); got != verify.Verified {
			t.Errorf("the state is %s", got)
		}
	})
}

func TestWhatElseAnAnswerOnThePageDecides(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(url.Values)
		want   verify.State
	}{
		"a wrong number":             {func(f url.Values) { f.Set("number", map[bool]string{true: "11", false: "10"}[f.Get("number") == "10"]) }, verify.Failed},
		"another direction":          {func(f url.Values) { f.Set("direction", "outbound") }, verify.Frozen},
		"not me":                     {func(f url.Values) { f.Set("answer", "not_me"); f.Del("credential") }, verify.Denied},
		"no direction":               {func(f url.Values) { f.Del("direction") }, verify.Pending},
		"no credential":              {func(f url.Values) { f.Del("credential") }, verify.Pending},
		"a form from somewhere else": {func(f url.Values) { f.Set("page", "AAAA") }, verify.Pending},
		"a number of another length": {func(f url.Values) { f.Set("number", "1") }, verify.Pending},
		"not me with a wrong number": {func(f url.Values) {
			f.Set("answer", "not_me")
			f.Set("number", map[bool]string{true: "11", false: "10"}[f.Get("number") == "10"])
		}, verify.Failed},
		"a credential that is no JSON": {func(f url.Values) { f.Set("credential", "x") }, verify.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				d := w.enrol(pia, "")
				time.Sleep(time.Minute)
				a := w.ask(pia)
				if got := a.answer(d.sign(t, a.options), tc.change); got != tc.want {
					t.Errorf("the state is %s, want %s", got, tc.want)
				}
			})
		})
	}
}

// M28: an assertion that was made for something else, by somebody else, or without its owner verifies nobody.
func TestM28AnAssertionOfAnotherKindVerifiesNobody(t *testing.T) {
	for name, attack := range map[string]func(w *world, d *device, a *asked) string{
		"without user verification": func(w *world, d *device, a *asked) string {
			d.auth.Options.UserNotVerified = true
			return d.sign(w.T, a.options)
		},
		"on another site": func(w *world, d *device, a *asked) string {
			d.rp.Origin = "https://help.example.net"
			return d.sign(w.T, a.options)
		},
		"for another relying party": func(w *world, d *device, a *asked) string {
			d.rp.ID = "help.example.net"
			return d.sign(w.T, a.options)
		},
		"by another contact's passkey": func(w *world, _ *device, a *asked) string {
			other := w.enrol(sam, "")
			return other.sign(w.T, a.options)
		},
		"by a passkey that nobody knows": func(w *world, d *device, a *asked) string {
			d.cred = newDevice().cred
			return d.sign(w.T, a.options)
		},
		"by a passkey that was removed": func(w *world, d *device, a *asked) string {
			keys, err := w.keys.List(w.tom(), pia)
			if err != nil {
				w.Fatal(err)
			}
			if err := w.keys.Remove(w.tom(), pia, keys[0].ID); err != nil {
				w.Fatal(err)
			}
			return d.sign(w.T, a.options)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				d := w.enrol(pia, "")
				time.Sleep(time.Minute)
				a := w.ask(pia)
				if got := a.answer(attack(w, d, a)); got != verify.Failed {
					t.Errorf("the state is %s", got)
				}
			})
		})
	}
}

func TestM28AnAssertionServesOneVerificationOnly(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		d := w.enrol(pia, "")
		time.Sleep(11 * time.Minute)
		first := w.ask(pia)
		used := d.sign(t, first.options)
		if got := first.answer(used); got != verify.Verified {
			t.Fatal(got)
		}
		if got := first.answer(used); got != verify.Verified {
			t.Fatal(got)
		}
		if n := w.count(`select count(*) from audit_event where action = 'passkey.use'`); n != 1 {
			t.Errorf("a replay was looked at: %d uses", n)
		}
		time.Sleep(11 * time.Minute)
		second := w.ask(pia)
		if second.options == first.options {
			t.Fatal("two verifications ask the same")
		}
		if got := second.answer(used); got != verify.Failed {
			t.Errorf("an answer to the first verified the second: %s", got)
		}
		time.Sleep(11 * time.Minute)
		third := w.ask(pia, func(r *verify.StartRequest) { r.Action = "pay an invoice" })
		time.Sleep(time.Minute)
		signed := d.sign(t, third.options)
		if err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update verify_challenge set action = 'reset the password' where id = $1`, third.v.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if got := third.answer(signed); got != verify.Failed {
			t.Errorf("what was signed is not what the page shows: %s", got)
		}
	})
}

func TestM28AClonedPasskeyIsRefusedAndAnAlert(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		d := w.enrol(pia, "")
		time.Sleep(time.Minute)
		clone := *d
		a := w.ask(pia)
		d.cred.Counter = 7
		if got := a.answer(d.sign(t, a.options)); got != verify.Verified {
			t.Fatal(got)
		}
		time.Sleep(time.Minute)
		b := w.ask(pia)
		if got := b.answer(clone.sign(t, b.options)); got != verify.Failed {
			t.Errorf("the state is %s", got)
		}
		if n := w.count(`select count(*) from audit_event where action = 'security.alert' and record like '%passkey_cloned%'`); n != 1 {
			t.Errorf("%d alerts", n)
		}
	})
}

// R18: a passkey is bound only to somebody who was just verified, by a number that one can read on no screen of theirs, once.
func TestR18AnEnrolmentNeedsAVerifiedContact(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, s := range []contact.Shield{{State: "none"}, {State: "failed", Level: "L4"}, {State: "verified", Level: "L1"}} {
			w.shield = s
			_, _, err := w.keys.Invite(w.tom(), pia, "")
			wantCode(t, err, "contactkey.verification_required")
		}
		w.shield = contact.Shield{State: "verified", Level: "L2"}
		_, _, err := w.keys.Invite(w.tom(), pia, "+12125550199")
		wantCode(t, err, "contactkey.address_unknown")
	})
}

// M8: who was talked into changing a number, or did it themselves, must not turn the shield of the real person into a passkey of another.
func TestM8AnInvitationGoesToNoAddressThatWasChangedLately(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.exec(`update contact set phones = '[{"number":"+12125550198","kind":"mobile"},{"number":"+12125550197","kind":"mobile"},{"number":"+12125550123","kind":"mobile"}]' where id = $1`, pia)
		for number, by := range map[string]string{"+12125550198": "tom", "+12125550197": "ada"} {
			w.exec(`insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial) values ($1, $2, $3, $4, $5, false)`, org, pia, number, store.Time(store.Now()), by)
		}
		_, _, err := w.keys.Invite(w.tom(), pia, "+12125550198")
		wantCode(t, err, "verify.address_own_edit")
		_, _, err = w.keys.Invite(w.tom(), pia, "+12125550197")
		wantCode(t, err, "verify.address_held")
		if e, _, err := w.keys.Invite(w.tom(), pia, ""); err != nil || e.Address != "+12125550123" {
			t.Error(e.Address, err)
		}
	})
}

func TestR18AnEnrolmentWorksOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		invite := func() (contactkey.Enrolment, string, string) {
			t.Helper()
			time.Sleep(11 * time.Minute)
			e, spoken, err := w.keys.Invite(w.tom(), pia, "")
			if err != nil {
				t.Fatal(err)
			}
			return e, spoken, w.token(e.Address)
		}
		e, spoken, token := invite()
		d := newDevice()
		answer := d.create(t, w.options(e))
		if _, err := w.keys.Finish(w.stranger(), e, spoken, "{}"); fault.KindOf(err) != fault.Invalid {
			t.Error("not a credential:", err)
		}
		if ok, err := w.keys.Finish(w.stranger(), e, spoken, answer); !ok || err != nil {
			t.Fatal(ok, err)
		}
		_, err := w.keys.Finish(w.stranger(), e, spoken, answer)
		wantCode(t, err, "contactkey.enrolment_gone")
		_, err = w.keys.Open(w.stranger(), token)
		wantCode(t, err, "contactkey.enrolment_gone")

		e, spoken, token = invite()
		wrong := map[bool]string{true: "111", false: "110"}[spoken == "110"]
		if ok, err := w.keys.Finish(w.stranger(), e, wrong, newDevice().create(t, w.options(e))); ok || err != nil {
			t.Error("a wrong number:", ok, err)
		}
		_, err = w.keys.Open(w.stranger(), token)
		wantCode(t, err, "contactkey.enrolment_gone")

		e, spoken, token = invite()
		_, _, later := invite()
		_, err = w.keys.Open(w.stranger(), token)
		wantCode(t, err, "contactkey.enrolment_gone")
		_, err = w.keys.Finish(w.stranger(), e, spoken, newDevice().create(t, w.options(e)))
		wantCode(t, err, "contactkey.enrolment_gone")
		time.Sleep(24 * time.Hour)
		_, err = w.keys.Open(w.stranger(), later)
		wantCode(t, err, "contactkey.enrolment_gone")

		e, spoken, _ = invite()
		d = newDevice()
		d.auth.Options.UserNotVerified = true
		_, err = w.keys.Finish(w.stranger(), e, spoken, d.create(t, w.options(e)))
		wantCode(t, err, "contactkey.refused")
		w.shield = contact.Shield{State: "failed"}
		if ok, err := w.keys.Finish(w.stranger(), e, spoken, newDevice().create(t, w.options(e))); ok || err != nil {
			t.Error("who was reported since got a passkey:", ok, err)
		}
		if keys, err := w.keys.List(w.tom(), pia); err != nil || len(keys) != 1 {
			t.Error(keys, err)
		}
	})
}

// A merge must not make somebody's passkey another person's.
func TestR18AMergeBindsNoPasskey(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.enrol(sam, "")
		find := func(id string) contact.Contact {
			c, err := contact.ByID(t.Context(), w.db.Read(), org, id)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if err := w.db.Write(w.tom(), func(tx *store.Tx) error { return w.keys.Merge(w.tom(), tx, find(sam), find(pia)) }); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{sam, pia} {
			if has, err := w.keys.Has(t.Context(), w.db.Read(), org, id); err != nil || has {
				t.Error(id, has, err)
			}
		}
	})
}

func TestWayTo(t *testing.T) {
	if contactkey.WayTo("pia@example.com") != message.Email || contactkey.WayTo("+12125550123") != message.SMS {
		t.Error("the way does not follow from the address")
	}
}
