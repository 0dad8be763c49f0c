package verify_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verifypolicy"
)

// A report of fraud about one message ends whatever else waits for the contact: the caller may be waiting for the newer one.
func TestNOEndsWhatElseWaits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first, _ := w.begin(verify.SMSCode)
		second, spoken := w.begin(verify.EmailLink)
		w.text(piaPhone, "NO")
		w.wantState(first.ID, verify.Denied)
		w.wantState(second.ID, verify.Canceled)
		l, err := w.verify.OpenLink(t.Context(), w.token(piaEmail))
		if err != nil {
			t.Fatal(err)
		}
		if state, err := w.verify.AnswerLink(t.Context(), l, verify.Answer{Number: spoken, Direction: verify.Inbound}); err != nil || state == verify.Verified {
			t.Errorf("the link still verifies: %s, %v", state, err)
		}
		if p, err := w.verify.PanelOf(w.as("tom"), pia); err != nil || p.Shield.State != "failed" {
			t.Errorf("the shield is %s, %v", p.Shield.State, err)
		}
	})
}

// A report that comes after a newer verification succeeded still turns the shield red.
func TestNOOutweighsANewerSuccess(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.begin(verify.SMSCode)
		second, _ := w.begin(verify.EmailCode)
		if _, err := w.verify.Check(w.as("tom"), second.ID, w.code(piaEmail)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		w.text(piaPhone, "NO")
		p, err := w.verify.PanelOf(w.as("tom"), pia)
		if err != nil || p.Shield.State != "failed" {
			t.Errorf("the shield is %s, %v", p.Shield.State, err)
		}
		shields, err := w.verify.Shields(t.Context(), w.db.Read(), org, []string{pia})
		if err != nil || shields[pia].State != "failed" {
			t.Errorf("lists show %s, %v", shields[pia].State, err)
		}
	})
}

// A contact's email is kept as it was written; the NO from it comes in folded.
func TestNOByMailInAnySpelling(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.exec(`update contact set emails = '["Pia@Northwind.example.com"]' where id = $1`, pia)
		v, _ := w.begin(verify.EmailCode)
		w.receive(message.In{Way: message.Email, From: "pia@northwind.example.com", To: "verify@sandbox.example.com", Body: "NO"})
		w.wantState(v.ID, verify.Pending) // anybody can write that sender
		w.receive(message.In{Way: message.Email, From: "PIA@northwind.example.com", To: "verify@sandbox.example.com", Body: "NO", Aligned: true})
		w.wantState(v.ID, verify.Denied)
	})
}

// Whoever forges a sender can make us answer only so often: each answer to a request goes out once.
func TestM12AnswersToAForgedSenderEnd(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		set := verify.Settings{CodeDigits: 6, CodeMinutes: 5, ShieldMinutes: 15, ConfirmDigits: true, NoteVisibility: "internal"}
		if err := w.verify.SaveSettings(w.as("ada"), set, 0); err != nil {
			t.Fatal(err)
		}
		r, _ := w.asked()
		for range 20 {
			w.text(piaPhone, "#confirm")
		}
		if n := len(w.inbox(piaPhone)); n != 2 { // the code, and "not yet"
			t.Errorf("%d messages before the claim", n)
		}
		if _, _, err := w.requests.Claim(w.as("tom"), r.ID, ticketPia); err != nil {
			t.Fatal(err)
		}
		before := len(w.inbox(piaPhone))
		for range 20 {
			w.text(piaPhone, "#confirm")
		}
		if n := len(w.inbox(piaPhone)) - before; n != 1 {
			t.Errorf("%d answers to a bare #confirm", n)
		}
	})
}

// M13: somebody else with the same number, or a contact who got the number later, confirms nothing.
func TestM13AnotherContactWithTheSameNumber(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.asked()
		if _, _, err := w.requests.Claim(w.as("tom"), r.ID, ticketPia); err != nil {
			t.Fatal(err)
		}
		w.exec(`insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial) values ('org-1', 'contact-sly', $1, 1, '', true)`, piaPhone)
		w.text(piaPhone, "#confirm")
		w.wantRequest(r.ID, verify.Claimed)
		w.exec(`delete from contact_phone where contact_id = 'contact-pia' and number = $1`, piaPhone)
		w.text(piaPhone, "#confirm")
		w.wantRequest(r.ID, verify.Claimed)
	})
}

// M11, R7: of many technicians who claim at once one gets the code.
func TestM11ThirtyTwoClaimsAtOnce(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, code := w.asked()
		type answer struct {
			who, code string
		}
		answers := make(chan answer, 32)
		for i := range 32 {
			who := []string{"tom", "ida", "ada"}[i%3]
			go func() {
				_, got, err := w.requests.Claim(w.as(who), r.ID, ticketPia)
				if err != nil {
					got = ""
				}
				answers <- answer{who, got}
			}()
		}
		winners := map[string]bool{}
		for range 32 {
			if a := <-answers; a.code != "" {
				winners[a.who] = true
				if a.code != code {
					t.Error("another code")
				}
			}
		}
		if len(winners) != 1 {
			t.Errorf("the code was shown to %v", winners)
		}
	})
}

// M3: digits that look like digits are none, and nothing but the digits counts.
func TestM3LookalikesOfDigits(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		v, _ := w.begin(verify.SMSCode)
		code := w.code(piaPhone)
		var wide strings.Builder
		for _, r := range code {
			wide.WriteString(string(r - '0' + '\uff10'))
		}
		n, _ := strconv.Atoi(code)
		for _, try := range []string{wide.String(), " " + code, code + " ", code + "\n", "+" + strconv.Itoa(n), code + "0", ""} {
			if _, err := w.verify.Check(w.as("tom"), v.ID, try); err == nil {
				t.Errorf("%q verifies", try)
			}
		}
		if got, err := w.verify.Check(w.as("tom"), v.ID, code); err != nil || got.State != verify.Verified {
			t.Errorf("the lookalikes used up tries: %v", err)
		}
	})
}

// M3: a code is for one verification of one contact; to a neighbour the verification does not exist.
func TestM3AnotherContactsCodeAndANeighbour(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		const bo, boPhone = "contact-bo", "+12125550131"
		w.exec(`insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at,
			updated_at, version) values ('org-1', $1, 'northwind', 'Bo Lind', 'bo lind', '', '[]', $2, 'en', false, false, '', '', 1, 1, 1)`,
			bo, `[{"number":"`+boPhone+`","kind":"mobile"}]`)
		ofPia, _ := w.begin(verify.SMSCode)
		ofBo, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: bo, Method: verify.SMSCode})
		if err != nil {
			t.Fatal(err)
		}
		if w.code(piaPhone) == w.code(boPhone) {
			t.Skip("the two codes are the same, once in a million")
		}
		_, err = w.verify.Check(w.as("tom"), ofBo.ID, w.code(piaPhone))
		wantCode(t, err, "verify.code_refused")
		neighbour := access.WithActor(t.Context(), access.Actor{OrgID: otherOrg, Kind: access.Technician, ID: "tom", Role: perm.Administrator, Owner: true})
		_, err = w.verify.Check(neighbour, ofPia.ID, w.code(piaPhone))
		wantCode(t, err, "verify.not_found")
		w.wantState(ofPia.ID, verify.Pending)
		w.wantState(ofBo.ID, verify.Pending)
	})
}

// M10: there is no way round a proof by the word of one technician, with a reason or without. No method is an override, whatever it is called,
// and what a technician logs about the other direction proves nothing about the caller. What a second person can approve is tried in internal/app.
func TestM10NobodyOverridesAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.proving()
		for _, by := range []string{"tom", "ada"} { // the owner no more than a technician
			for _, method := range []verify.MethodName{"override", "manual", "verbal", "attested", "press", ""} {
				for _, note := range []string{"", "I know her voice, and her manager said yes."} {
					_, _, err := w.verify.Start(w.as(by), verify.StartRequest{ContactID: pia, Method: method, TicketID: ticketPia, Note: note})
					wantCode(t, err, "verify.method_unknown")
				}
			}
		}
		w.text(piaPhone, "#verify")
		r, _, err := w.requests.List(w.as("tom"), verify.Pending, 1, "")
		if err != nil || len(r) != 1 {
			t.Fatal(len(r), err)
		}
		if _, _, err := w.requests.Claim(w.as("tom"), r[0].ID, ticketPia); err != nil {
			t.Fatal(err)
		}
		_, err = w.requests.ConfirmVerbally(w.as("tom"), r[0].ID, " ")
		wantCode(t, err, "verify.note_required")
		if _, err := w.requests.ConfirmVerbally(w.as("tom"), r[0].ID, "She said that it is right."); err != nil {
			t.Fatal(err)
		}
		for _, by := range []string{"tom", "ada"} {
			_, err := w.verify.Clear(w.as(by), pia, verifypolicy.GeneralQuestion, ticketPia)
			wantCode(t, err, "access.needs_verification")
		}
		if n := w.count(`select count(*) from verify_challenge`); n != 0 {
			t.Errorf("%d verifications", n)
		}
	})
}

// M14, R9: the contact says that they were called, the technician that the contact called. That freezes the verification and alarms.
func TestM14DirectionsThatDiffer(t *testing.T) {
	for name, tc := range map[string]struct{ technician, contact verify.Direction }{
		"they were called, he was called":  {verify.Inbound, verify.Outbound},
		"both say that they were the ones": {verify.Outbound, verify.Inbound},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				v, spoken := w.begin(verify.SMSLink, func(r *verify.StartRequest) { r.CallDirection = tc.technician })
				l, err := w.verify.OpenLink(t.Context(), w.token(piaPhone))
				if err != nil {
					t.Fatal(err)
				}
				if state, err := w.verify.AnswerLink(t.Context(), l, verify.Answer{Number: spoken, Direction: tc.contact}); err != nil || state != verify.Frozen {
					t.Errorf("%s, %v", state, err)
				}
				if state, err := w.verify.AnswerLink(t.Context(), l, verify.Answer{Number: spoken, Direction: tc.technician}); err != nil || state == verify.Verified {
					t.Errorf("a second answer: %s, %v", state, err)
				}
				w.wantState(v.ID, verify.Frozen)
				if w.alerts("direction_mismatch") != 1 {
					t.Error("nobody was alarmed")
				}
				p, err := w.verify.PanelOf(w.as("tom"), pia)
				if err != nil || p.Shield.State != "failed" || p.Level != 0 {
					t.Errorf("the shield is %s at L%d, %v", p.Shield.State, p.Level, err)
				}
			})
		})
	}
}
