package verify_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/verify"
)

func TestACallerIsVerifiedByCode(t *testing.T) {
	for method, address := range map[verify.MethodName]string{verify.SMSCode: piaPhone, verify.EmailCode: piaEmail} {
		t.Run(string(method), func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				v, spoken := w.begin(method)
				if spoken != "" || v.State != verify.Pending {
					t.Errorf("spoken %q, state %q", spoken, v.State)
				}
				got, err := w.verify.Check(w.as("tom"), v.ID, w.code(address))
				if err != nil || got.State != verify.Verified {
					t.Fatalf("state %q, %v", got.State, err)
				}
				p, err := w.verify.PanelOf(w.as("tom"), pia)
				if err != nil || p.Shield.State != "verified" || p.Shield.ByName != "Tom Reed" {
					t.Errorf("shield %+v, %v", p.Shield, err)
				}
				if n := w.count(`select count(*) from ticket_note where ticket_id = $1`, ticketPia); n != 2 {
					t.Errorf("%d notes on the ticket, want start and outcome", n)
				}
				time.Sleep(16 * minute)
				if p, _ = w.verify.PanelOf(w.as("tom"), pia); p.Shield.State != "none" {
					t.Error("the shield is still green after its time")
				}
			})
		})
	}
}

func TestAMessageSaysWhoAsksAndHowToRefuse(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.begin(verify.SMSCode)
		body := w.last(piaPhone).body
		for _, want := range []string{"Harbor IT", "Tom", "#1042", "NO", "hang up"} {
			if !strings.Contains(body, want) {
				t.Errorf("%q is not in %q", want, body)
			}
		}
	})
}

func TestM4OldUsedAndExpiredCodes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first, _ := w.begin(verify.SMSCode)
		old := w.code(piaPhone)
		time.Sleep(minute)
		second, _ := w.begin(verify.SMSCode)
		_, err := w.verify.Check(w.as("tom"), first.ID, old)
		wantCode(t, err, "verify.code_refused")
		w.wantState(first.ID, verify.Canceled)
		code := w.code(piaPhone)
		if _, err := w.verify.Check(w.as("tom"), second.ID, code); err != nil {
			t.Fatal(err)
		}
		_, err = w.verify.Check(w.as("tom"), second.ID, code)
		wantCode(t, err, "verify.code_refused")
		if n := w.count(`select count(*) from verify_challenge where state <> 'pending' and code_mac is not null`); n != 0 {
			t.Errorf("%d codes are kept after their end", n)
		}

		time.Sleep(minute)
		third, _ := w.begin(verify.SMSCode)
		code = w.code(piaPhone)
		time.Sleep(5*minute + time.Second - time.Millisecond)
		_, err = w.verify.Check(w.as("tom"), third.ID, code)
		wantCode(t, err, "verify.code_refused")
		w.wantState(third.ID, verify.Expired)
	})
}

func TestM3SomebodyElsesCode(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		_, err := w.verify.Check(w.as("ida"), v.ID, w.code(piaPhone))
		wantCode(t, err, "verify.code_refused")
		if w.alerts("other_technician") != 1 {
			t.Error("nobody was told")
		}
		_, _, err = w.verify.Start(w.as("ida"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode, TicketID: ticketFab})
		wantCode(t, err, "verify.ticket_mismatch")
		if _, err := w.verify.Check(w.as("tom"), v.ID, w.code(piaPhone)); err != nil {
			t.Errorf("her try used one of his: %v", err)
		}
	})
}

func TestM5TriesRunOut(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		code := w.code(piaPhone)
		for _, guess := range []string{"", "12", "abcdef", "1234567", "12345678"} {
			_, err := w.verify.Check(w.as("tom"), v.ID, guess)
			wantCode(t, err, "verify.code_refused")
		}
		w.wantState(v.ID, verify.Pending) // none of these was a try
		for range 3 {
			_, err := w.verify.Check(w.as("tom"), v.ID, other(code))
			wantCode(t, err, "verify.code_refused")
		}
		_, err := w.verify.Check(w.as("tom"), v.ID, code)
		wantCode(t, err, "verify.code_refused")
		w.wantState(v.ID, verify.Failed)
	})
}

func TestM5ParallelGuesses(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		wrong := other(w.code(piaPhone))
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				_, err := w.verify.Check(w.as("tom"), v.ID, wrong)
				wantCode(t, err, "verify.code_refused")
			})
		}
		wg.Wait()
		if n := w.count(`select count(*) from verify_wrong`); n != 3 {
			t.Errorf("%d guesses were looked at, want 3", n)
		}
	})
}

func TestOneOfManyParallelChecksSucceeds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for range 20 {
			v, _ := w.begin(verify.SMSCode)
			code := w.code(piaPhone)
			var good atomic.Int32
			var wg sync.WaitGroup
			for range 32 {
				wg.Go(func() {
					if _, err := w.verify.Check(w.as("tom"), v.ID, code); err == nil {
						good.Add(1)
					}
				})
			}
			wg.Wait()
			if good.Load() != 1 {
				t.Fatalf("%d of 32 succeeded", good.Load())
			}
			time.Sleep(25 * time.Hour / 10)
		}
	})
}

func TestM6WrongCodesLock(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		wrong := func(times int) {
			v, _ := w.begin(verify.SMSCode)
			code := w.code(piaPhone)
			for range times {
				_, err := w.verify.Check(w.as("tom"), v.ID, other(code))
				wantCode(t, err, "verify.code_refused")
			}
		}
		for range 3 {
			wrong(3)
			time.Sleep(20 * minute)
		}
		wrong(1)
		if w.alerts("contact_locked") != 1 {
			t.Error("nobody heard of ten wrong codes")
		}
		time.Sleep(20 * minute)
		_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode})
		wantCode(t, err, "verify.contact_locked")
		time.Sleep(24 * time.Hour)
		w.begin(verify.SMSCode)
	})
}

func TestM6ATechnicianIsSuspended(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		code := w.code(piaPhone)
		w.wrongCodesOf("tom", 19)
		_, err := w.verify.Check(w.as("tom"), v.ID, other(code)) // his twentieth
		wantCode(t, err, "verify.code_refused")
		_, err = w.verify.Check(w.as("tom"), v.ID, code)
		wantCode(t, err, "verify.code_refused") // right, and not even looked at
		w.wantState(v.ID, verify.Pending)
		if w.alerts("technician_suspended") != 1 {
			t.Error("nobody was told")
		}
		time.Sleep(minute)
		_, _, err = w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode})
		wantCode(t, err, "verify.codes_suspended")
		w.begin(verify.SMSLink) // links go on
	})
}

func TestM6AnAdministratorSuspendsCodes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		set := verify.Settings{CodeDigits: 6, CodeMinutes: 5, ShieldMinutes: 15, NoteVisibility: "internal", CodesSuspended: true}
		wantCode(t, w.verify.SaveSettings(w.as("tom"), set, 0), "access.denied")
		if err := w.verify.SaveSettings(w.as("ada"), set, 0); err != nil {
			t.Fatal(err)
		}
		_, err := w.verify.Check(w.as("tom"), v.ID, w.code(piaPhone))
		wantCode(t, err, "verify.code_refused")
		time.Sleep(minute)
		_, _, err = w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode})
		wantCode(t, err, "verify.codes_suspended_for_all")
		w.begin(verify.SMSLink)
	})
}

// R5: the fiftieth wrong code of a day turns off whatever can be guessed, for everybody, until an administrator who proved who they are switches
// it on again or a day has passed; other methods go on.
func TestR5FiftyWrongCodesTurnCodesOff(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		off := func(want bool) {
			t.Helper()
			until, err := w.verify.CodesOffUntil(t.Context(), w.db.Read(), org)
			if err != nil || until.IsZero() == want {
				t.Fatalf("codes are off until %v, %v", until, err)
			}
		}
		wrong := func(code string) {
			t.Helper()
			v, _ := w.begin(verify.SMSCode)
			_, err := w.verify.Check(w.as("tom"), v.ID, other(w.code(piaPhone)))
			wantCode(t, err, code)
		}
		v, _ := w.begin(verify.SMSCode)
		right := w.code(piaPhone)
		w.wrongCodesOf("somebody", 48)
		_, err := w.verify.Check(w.as("tom"), v.ID, other(right)) // the forty-ninth
		wantCode(t, err, "verify.code_refused")
		off(false)
		_, err = w.verify.Check(w.as("tom"), v.ID, other(right))
		wantCode(t, err, "verify.code_refused")
		off(true)
		if w.alerts("organization_wrong_codes") != 1 {
			t.Error("nobody was told")
		}

		for _, code := range []string{right, other(right)} { // whatever the code: nothing is looked at
			_, err = w.verify.Check(w.as("tom"), v.ID, code)
			wantCode(t, err, "verify.codes_off")
		}
		_, err = w.verify.Check(w.as("ida"), v.ID, right) // who did not ask for it learns nothing
		wantCode(t, err, "verify.code_refused")
		w.wantState(v.ID, verify.Pending)
		if n := w.count(`select count(*) from verify_wrong`); n != 50 {
			t.Errorf("%d wrong codes are counted", n)
		}
		time.Sleep(minute)
		for _, method := range []verify.MethodName{verify.SMSCode, verify.EmailCode} {
			_, _, err = w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: method})
			wantCode(t, err, "verify.codes_off")
		}
		w.begin(verify.SMSLink)
		p, err := w.verify.PanelOf(w.as("tom"), pia)
		if err != nil || p.CodesOff.IsZero() {
			t.Error("the panel does not say so", err)
		}
		for _, m := range p.Methods {
			if (m.Reason == "verify.codes_off") != (m.Form == verify.FormCode) && m.Reason != "message.limited" {
				t.Errorf("%s: %q", m.Name, m.Reason)
			}
		}

		wantCode(t, w.verify.SwitchCodesOn(w.as("tom")), "access.denied")
		off(true)
		for range 2 { // the second changes nothing
			if err := w.verify.SwitchCodesOn(w.as("ada")); err != nil {
				t.Fatal(err)
			}
		}
		off(false)
		if n := w.count(`select count(*) from audit_event where action = 'verification.codes_on'`); n != 1 {
			t.Errorf("%d events", n)
		}
		time.Sleep(minute)
		wrong("verify.code_refused") // those before it do not count any more
		off(false)
		w.exec(`update verify_wrong set id = 'old-' || id`)
		w.exec(`delete from verify_wrong where contact_id = 'contact-pia'`)
		time.Sleep(20 * minute)
		w.wrongCodesOf("somebody", 49)
		wrong("verify.code_refused")
		off(true)
		if w.alerts("organization_wrong_codes") != 2 {
			t.Error("nobody was told the second time")
		}
		time.Sleep(24*time.Hour - minute)
		off(true)
		time.Sleep(minute)
		off(false)
		w.begin(verify.SMSCode)
	})
}

func TestM6TheOrganizationIsTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		w.wrongCodesOf("somebody", 49)
		_, err := w.verify.Check(w.as("tom"), v.ID, other(w.code(piaPhone)))
		wantCode(t, err, "verify.code_refused")
		if w.alerts("organization_wrong_codes") != 1 {
			t.Error("nobody heard of fifty wrong codes")
		}
		if body := w.last("ada@example.com").body; !strings.Contains(body, "Fifty") {
			t.Errorf("the administrator got %q", body)
		}
	})
}

func TestM8ATechniciansOwnNumberProvesNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: "contact-sly", Method: verify.SMSCode})
		wantCode(t, err, "verify.own_address")
		if len(w.inbox(tomPhone)) != 0 {
			t.Error("a code went to the technician")
		}
	})
}

func TestAddressesComeFromTheContactAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode, Address: "+12125550199"})
		wantCode(t, err, "verify.address_unknown")
		_, _, err = w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: "contact-sly", Method: verify.EmailCode})
		wantCode(t, err, "verify.no_address")
	})
}

func TestNOReportsFraud(t *testing.T) {
	for name, after := range map[string]bool{"before the check": false, "after the check": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				v, _ := w.begin(verify.SMSCode)
				code := w.code(piaPhone)
				if after {
					if _, err := w.verify.Check(w.as("tom"), v.ID, code); err != nil {
						t.Fatal(err)
					}
				}
				w.text(piaPhone, " no. ")
				w.wantState(v.ID, verify.Denied)
				_, err := w.verify.Check(w.as("tom"), v.ID, code)
				wantCode(t, err, "verify.code_refused")
				if w.alerts("denied") != 1 {
					t.Error("nobody was told")
				}
				time.Sleep(minute)
				_, _, err = w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSLink})
				wantCode(t, err, "verify.contact_locked")
				time.Sleep(time.Hour)
				w.begin(verify.SMSCode)
			})
		})
	}
	t.Run("too late", func(t *testing.T) {
		inWorld(t, func(t *testing.T, w *world) {
			v, _ := w.begin(verify.SMSCode)
			time.Sleep(16 * minute)
			w.text(piaPhone, "NO")
			w.wantState(v.ID, verify.Expired)
		})
	})
}

func TestTheSweepEndsWhatRanOut(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		time.Sleep(11 * minute)
		w.text(piaPhone, "#verify")
		time.Sleep(11 * minute)
		for range 2 {
			if err := errors.Join(w.verify.Sweep(w.Context()), w.requests.Sweep(w.Context())); err != nil {
				t.Fatal(err)
			}
		}
		w.wantState(v.ID, verify.Expired)
		if n := w.count(`select count(*) from verify_challenge where state = 'pending'`) + w.count(`select count(*) from verify_request where state = 'pending'`); n != 0 {
			t.Errorf("%d are still pending", n)
		}
		if n := w.count(`select count(*) from ticket_note where ticket_id = $1`, ticketPia); n != 2 {
			t.Errorf("%d notes, want start and expiry once each", n)
		}
	})
}

func TestCancel(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		if got, err := w.verify.Cancel(w.as("tom"), v.ID); err != nil || got.State != verify.Canceled {
			t.Fatal(got.State, err)
		}
		_, err := w.verify.Cancel(w.as("tom"), v.ID)
		wantCode(t, err, "verify.ended")
		synctest.Wait()
	})
}

// wrongCodesOf puts wrong codes into the past hour, on as many contacts.
func (w *world) wrongCodesOf(technician string, n int) {
	w.Helper()
	w.exec(`with recursive k(i) as (select 1 union all select i + 1 from k where i < $1)
		insert into verify_wrong (org_id, id, at, contact_id, technician_id) select 'org-1', 'w' || i, $2, 'c' || i, $3 from k`,
		n, time.Now().Add(-minute).UnixMicro(), technician)
}
