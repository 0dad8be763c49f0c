package duo_test

import (
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/duo"
	"countersign.dev/countersign/internal/verify/duo/duotest"
	"countersign.dev/countersign/internal/verify/verifytest"
)

func TestItConforms(t *testing.T) { verifytest.Conform(t, duo.New(duo.Deps{})) }

func TestDigitsAndApprovalVerify(t *testing.T) {
	for name, first := range map[string]string{"digits first": "digits", "approval first": "approval"} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, both, func(w *world) {
				w.Add(person())
				v := w.begin()
				if v.Level != 3 || v.Form != verify.FormCode || strings.Contains(v.Address, "5550123") {
					w.Errorf("%+v", v)
				}
				if first == "approval" {
					w.answer("approve", "")
					w.wantState(v.ID, verify.Pending)
				}
				got, err := w.verify.Check(w.as("tom"), v.ID, w.Last().Code)
				if err != nil {
					w.Fatal(err)
				}
				if first == "digits" {
					if got.State != verify.Pending {
						w.Errorf("digits alone verify: %s", got.State)
					}
					w.answer("approve", "")
				}
				w.wantState(v.ID, verify.Verified)
				if n := len(w.Pushes()); n != 1 {
					w.Errorf("%d pushes", n)
				}
			})
		})
	}
}

func TestM39ApprovedWithoutDigits(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		v := w.begin()
		w.answer("approve", "")
		w.wantState(v.ID, verify.Pending)
		_, err := w.verify.Check(w.as("tom"), v.ID, "000000")
		wantCode(w.T, err, "verify.code_refused")
		time.Sleep(5 * time.Minute)
		w.wantState(v.ID, verify.Expired)
	})
}

func TestM39FourthPush(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		for range 3 {
			w.begin()
		}
		asked := w.Calls()
		// The last push must not be asked about meanwhile.
		w.exec(`update verify_duo_push set state = 'over'`)
		w.wait()
		asked = max(asked, w.Calls())
		_, err := w.start()
		wantCode(w.T, err, "duo.too_many")
		if n := w.Calls(); n != asked || len(w.Pushes()) != 3 {
			w.Errorf("%d requests more, %d pushes", n-asked, len(w.Pushes()))
		}
		time.Sleep(10 * time.Minute)
		w.begin()
	})
}

func TestAnswersOfTheContact(t *testing.T) {
	for name, tc := range map[string]struct {
		has            with
		result, status string
		want           verify.State
		alerts         int
	}{
		"fraud by the Admin API":  {both, "fraud", "", verify.Denied, 1},
		"no by the Admin API":     {both, "deny", "", verify.Denied, 1},
		"yes by the Auth API":     {with{auth: true}, "allow", "allow", verify.Verified, 0},
		"no by the Auth API":      {with{auth: true}, "deny", "deny", verify.Denied, 1},
		"fraud by the Auth API":   {with{auth: true}, "deny", "fraud", verify.Denied, 1},
		"nothing in time":         {with{auth: true}, "deny", "timeout", verify.Expired, 0},
		"locked out":              {with{auth: true}, "deny", "locked_out", verify.SendFailed, 0},
		"bypass is no approval":   {with{auth: true}, "allow", "bypass", verify.SendFailed, 0},
		"an answer from the moon": {both, "waiting", "", verify.Pending, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, tc.has, func(w *world) {
				w.Add(person())
				v := w.begin()
				if want := map[bool]int{true: 3, false: 2}[tc.has.admin]; v.Level != want {
					w.Errorf("level %d, want %d", v.Level, want)
				}
				w.answer(tc.result, tc.status)
				w.wantState(v.ID, tc.want)
				if n := w.alerts("denied"); n != tc.alerts {
					w.Errorf("%d alerts, want %d", n, tc.alerts)
				}
				if info := w.Last().Form.Get("pushinfo"); !tc.has.admin && info != "from=Harbor%20IT&technician=Tom%20Reed&ticket=1042" {
					w.Errorf("the contact reads %q", info)
				}
			})
		})
	}
}

func TestWhoCannotBeAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		has    with
		people []duotest.User
		want   string
	}{
		"nobody":              {both, nil, "duo.not_found"},
		"nobody, Auth API":    {with{auth: true}, nil, "duo.not_found"},
		"bypass":              {both, []duotest.User{person(func(u *duotest.User) { u.Status = "bypass" })}, "duo.bypass"},
		"bypass, Auth API":    {with{auth: true}, []duotest.User{person(func(u *duotest.User) { u.Status = "bypass" })}, "duo.bypass"},
		"disabled":            {both, []duotest.User{person(func(u *duotest.User) { u.Status = "disabled" })}, "duo.disabled"},
		"no device":           {both, []duotest.User{person(func(u *duotest.User) { u.Phones = nil })}, "duo.not_enrolled"},
		"no push":             {with{auth: true}, []duotest.User{person(func(u *duotest.User) { u.Phones[0].Push = false })}, "duo.not_enrolled"},
		"two people":          {both, []duotest.User{person(), person(func(u *duotest.User) { u.ID, u.Username = "DUTWO", "two" })}, "duo.ambiguous"},
		"a technician's":      {both, []duotest.User{person(func(u *duotest.User) { u.Phones[0].Number = "+12125550171" })}, "duo.own_address"},
		"a technician's too":  {both, []duotest.User{person(func(u *duotest.User) { u.Email = "ida@example.com" })}, "duo.own_address"},
		"only a similar name": {both, []duotest.User{person(func(u *duotest.User) { u.Username, u.Email = "pia", "pia@fabrikam.example.com" })}, "duo.not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, tc.has, func(w *world) {
				for _, u := range tc.people {
					w.Add(u)
				}
				_, err := w.start()
				wantCode(w.T, err, tc.want)
				p, err := w.verify.PanelOf(w.as("tom"), pia)
				if err != nil || len(p.Methods) != 1 || p.Methods[0].Reason != tc.want {
					w.Errorf("%+v %v", p.Methods, err)
				}
				if n := len(w.Pushes()); n != 0 {
					w.Errorf("%d pushes", n)
				}
			})
		})
	}
}

// M8: whoever changes an email address would choose whose device is asked, so that it proves nothing until the hold has ended.
func TestM8AnAccountOfAnAddressThatWasChangedLately(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		w.exec(`insert into contact_email (org_id, contact_id, email_key, created_at, added_by, initial) values ($1, $2, 'pia@northwind.example.com', $3, 'ida', false)`,
			org, pia, store.Time(store.Now()))
		_, err := w.start()
		wantCode(w.T, err, "duo.address_held")
		if n := len(w.Pushes()); n != 0 {
			w.Errorf("%d pushes", n)
		}
		w.exec(`update contact_email set created_at = $1`, store.Time(store.Now().Add(-73*time.Hour)))
		if _, err := w.start(); err != nil {
			w.Error(err)
		}
	})
}

func TestThePanelLooksUpOnceADay(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		for range 3 { // a panel that is opened again and again
			if _, err := w.verify.PanelOf(w.as("tom"), pia); err != nil {
				w.Fatal(err)
			}
		}
		w.wait()
		first := w.Calls()
		p, err := w.verify.PanelOf(w.as("tom"), pia)
		if err != nil || p.Methods[0].Reason != "" || len(p.Methods[0].Addresses) != 1 || first != 2 {
			w.Errorf("%+v %v, %d requests", p.Methods, err, first)
		}
		w.exec(`update verify_duo_user set checked_at = $1`, store.Time(time.Now().Add(-25*time.Hour)))
		time.Sleep(time.Minute) // since the last look-up that a panel asked for
		if _, err := w.verify.PanelOf(w.as("tom"), pia); err != nil {
			w.Fatal(err)
		}
		w.wait()
		if n := w.Calls(); n != 4 {
			w.Errorf("%d requests", n)
		}
	})
}

func TestBypassAfterTheLookup(t *testing.T) {
	inWorld(t, with{auth: true}, func(w *world) {
		w.Add(person())
		w.begin()
		w.SetStatus("DUPIA", "bypass")
		v := w.begin()
		w.wantState(v.ID, verify.SendFailed)
		if n := len(w.Pushes()); n != 1 {
			w.Errorf("%d pushes", n)
		}
	})
}

func TestAnotherTechnicianCannotTypeTheDigits(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		v := w.begin()
		_, err := w.verify.Check(w.as("ida"), v.ID, w.Last().Code)
		wantCode(w.T, err, "verify.code_refused")
		w.answer("approve", "")
		w.wantState(v.ID, verify.Pending)
		if w.alerts("other_technician") != 1 {
			w.Error("nobody was told")
		}
	})
}

func TestNoPushIsSentTwice(t *testing.T) {
	const admin = "/send_verification_push"
	for name, tc := range map[string]struct {
		fault  duotest.Fault
		pushes int
		want   verify.State
	}{
		"answer lost":          {duotest.LoseAnswer, 1, verify.SendFailed},
		"garbage":              {duotest.Garbage, 1, verify.SendFailed},
		"error of Duo":         {duotest.Error500, 0, verify.SendFailed},
		"no answer":            {duotest.Slow, 0, verify.SendFailed},
		"busy, then again":     {duotest.Busy429, 1, verify.Pending},
		"not reached at first": {duotest.Unreachable, 1, verify.Pending},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, both, func(w *world) {
				w.Add(person())
				w.Script(admin, tc.fault)
				v := w.begin()
				time.Sleep(20 * time.Second)
				w.wait()
				w.wantState(v.ID, tc.want)
				if n := len(w.Pushes()); n != tc.pushes {
					w.Errorf("%d pushes, want %d", n, tc.pushes)
				}
			})
		})
	}
}

func TestACrashBetweenPushAndRecord(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		w.Script("/send_verification_push", duotest.Unreachable)
		v, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.DuoPush})
		if err != nil {
			w.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)                     // the first attempt is over, the second not begun
		w.exec(`update verify_duo_push set state = 'sending'`) // the server died here, and the job runs again
		time.Sleep(20 * time.Second)
		w.wait()
		w.wantState(v.ID, verify.SendFailed)
		if n := len(w.Pushes()); n > 1 {
			w.Errorf("%d pushes", n)
		}
	})
}

func TestPollingOutlivesTrouble(t *testing.T) {
	inWorld(t, both, func(w *world) {
		w.Add(person())
		v := w.begin()
		if _, err := w.verify.Check(w.as("tom"), v.ID, w.Last().Code); err != nil {
			w.Fatal(err)
		}
		w.Script("/verification_push_response", duotest.Error500, duotest.Garbage, duotest.Busy429)
		w.answer("approve", "")
		time.Sleep(time.Minute)
		w.wantState(v.ID, verify.Verified)
	})
}

func TestSettings(t *testing.T) {
	inWorld(t, with{}, func(w *world) {
		_, err := w.start()
		wantCode(w.T, err, "duo.not_set_up")
		w.connect(both)
		kept := duo.Settings{Host: "api-00000000.duosecurity.example.com", AuthIkey: duotest.AuthIkey, AdminIkey: duotest.AdminIkey}
		any := func(int64) error { return nil }
		if _, err := w.duo.Set(w.as("ada"), kept, duo.Secrets{}, any); err != nil {
			w.Error(err)
		}
		moved := kept
		moved.Host = "https://elsewhere.example.com"
		_, err = w.duo.Set(w.as("ada"), moved, duo.Secrets{}, any)
		wantCode(w.T, err, "duo.secret_again")
		for _, host := range []string{"http://api.example.com", "https://api.example.com/x", "https://u@api.example.com", "ftp://api.example.com", "https://", "http://10.0.0.1"} {
			moved.Host = host
			if _, err := w.duo.Set(w.as("ada"), moved, duo.Secrets{Auth: new(duotest.AuthSkey), Admin: new(duotest.AdminSkey)}, any); err == nil {
				w.Errorf("%s is taken", host)
			}
		}
		if _, err := w.duo.Set(w.as("tom"), kept, duo.Secrets{}, any); err == nil {
			w.Error("a technician may set Duo up")
		}
		demo := access.ActorFrom(w.as("ada"))
		demo.OrgID = "org-2"
		_, err = w.duo.Set(access.WithActor(w.Context(), demo), kept, duo.Secrets{Auth: new(duotest.AuthSkey), Admin: new(duotest.AdminSkey)}, any)
		wantCode(w.T, err, "duo.demo")

		got, err := w.duo.Test(w.as("ada"))
		if err != nil || !got.Auth.OK || !got.Admin.OK || got.Skew.Abs() > time.Second {
			w.Errorf("%+v %v", got, err)
		}
		w.Skew(-10 * time.Minute)
		got, err = w.duo.Test(w.as("ada"))
		if err != nil || got.Auth.OK || got.Admin.OK || !strings.Contains(got.Auth.Reason, "clock is off by 10m") || got.Skew < 9*time.Minute {
			w.Errorf("%+v %v", got, err)
		}
		if w.count(`select count(*) from verify_duo where auth_skey like $1`, "%authsecret%") > 0 {
			w.Error("a secret is not sealed")
		}
		if err := w.duo.Remove(w.as("ada")); err != nil {
			w.Error(err)
		}
	})
}
