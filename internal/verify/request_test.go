package verify_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/request"
)

// asked lets Pia text #verify and returns her request and the code she got.
func (w *world) asked() (request.Request, string) {
	w.Helper()
	w.text(piaPhone, "#verify")
	page, _, err := w.requests.List(w.as("tom"), verify.Pending, 10, "")
	if err != nil || len(page) != 1 {
		w.Fatalf("%d requests, %v", len(page), err)
	}
	return page[0], w.code(piaPhone)
}

func (w *world) claimed() (request.Request, string) {
	w.Helper()
	r, code := w.asked()
	got, shown, err := w.requests.Claim(w.as("tom"), r.ID, ticketPia)
	if err != nil || shown != code {
		w.Fatalf("claimed %q with code %q instead of %q: %v", got.State, shown, code, err)
	}
	return got, code
}

func (w *world) wantRequest(id string, want verify.State) request.Request {
	w.Helper()
	r, _, err := w.requests.ByID(w.as("tom"), id)
	if err != nil || r.State != want {
		w.Errorf("state %q (%v), want %q", r.State, err, want)
	}
	return r
}

func TestACallerVerifiesATechnician(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.claimed()
		if body := w.last(piaPhone).body; !strings.Contains(body, "Tom Reed") || !strings.Contains(body, "#1042") {
			t.Errorf("the second message does not name the technician: %q", body)
		}
		w.text(piaPhone, " #Confirm ")
		if got := w.wantRequest(r.ID, verify.Confirmed); !got.Unbound {
			t.Error("a bare #confirm is not marked unbound")
		}
		if body := w.last(piaPhone).body; !strings.Contains(body, "Tom Reed is one of us") {
			t.Errorf("no acknowledgement: %q", body)
		}
		note := w.lastNote(ticketPia)
		for _, want := range []string{"asked who is calling", "took the request", "CONFIRMED", "unbound"} {
			if !strings.Contains(note, want) {
				t.Errorf("%q is not in the note %q", want, note)
			}
		}
	})
}

func (w *world) lastNote(ticketID string) (body string) {
	w.Helper()
	if err := w.db.Read().QueryRowContext(w.Context(), `select body from ticket_note where ticket_id = $1 order by created_at desc, id desc limit 1`, ticketID).Scan(&body); err != nil {
		w.Fatal(err)
	}
	return body
}

func TestWordsAreForgiven(t *testing.T) {
	for _, word := range []string{"#verify", "verify", "# VERIFY", " Verify! ", "#Verify."} {
		t.Run(word, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.text(piaPhone, word)
				w.code(piaPhone)
			})
		})
	}
	inWorld(t, func(t *testing.T, w *world) {
		for _, word := range []string{"please verify my invoice", "#verify me now or else", "unverify"} {
			w.text(piaPhone, word)
		}
		if n := len(w.inbox(piaPhone)); n != 0 {
			t.Errorf("%d codes for sentences that are no command", n)
		}
	})
}

func TestM11OnlyTheClaimerSeesTheCode(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.asked()
		if _, code, err := w.requests.ByID(w.as("ida"), r.ID); err != nil || code != "" {
			t.Errorf("saw %q before any claim (%v)", code, err)
		}
		_, _, err := w.requests.Claim(w.as("tom"), r.ID, ticketFab)
		wantCode(t, err, "verify.ticket_mismatch")
		_, code, err := w.requests.Claim(w.as("tom"), r.ID, ticketPia)
		if err != nil {
			t.Fatal(err)
		}
		if _, again, err := w.requests.Claim(w.as("tom"), r.ID, ticketPia); err != nil || again != code {
			t.Errorf("the claimer got %q, %v the second time", again, err)
		}
		_, seen, err := w.requests.Claim(w.as("ida"), r.ID, ticketPia)
		wantCode(t, err, "verify.claimed")
		if _, other, err := w.requests.ByID(w.as("ida"), r.ID); err != nil || other != "" || seen != "" {
			t.Errorf("a second technician saw %q, %q (%v)", seen, other, err)
		}
		_, err = w.requests.ConfirmVerbally(w.as("ida"), r.ID, "she said yes")
		wantCode(t, err, "verify.not_claimer")
		if n := w.count(`select count(*) from audit_event where action = 'technician_verification.claim' and outcome = 'denied'`); n != 3 {
			t.Errorf("%d refusals in the record, want 3", n)
		}
	})
}

func TestM12StrangersHearNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.text("+12125550188", "#verify")
		w.text("+12125550188", "#confirm")
		if n := len(w.inbox("+12125550188")); n != 0 {
			t.Errorf("%d answers to a stranger", n)
		}
		if n := w.count(`select count(*) from verify_request`); n != 0 {
			t.Error("a stranger started something")
		}
		if n := w.count(`select count(*) from audit_event where action = 'technician_verification.unknown_sender'`); n != 2 {
			t.Errorf("%d strangers in the record, want 2", n)
		}
	})
}

func TestM13DigitsFromTheMessage(t *testing.T) {
	digits := regexp.MustCompile(`#confirm (\d\d)`)
	inWorld(t, func(t *testing.T, w *world) {
		set := verify.Settings{CodeDigits: 6, CodeMinutes: 5, ShieldMinutes: 15, ConfirmDigits: true, NoteVisibility: "internal"}
		if err := w.verify.SaveSettings(w.as("ada"), set, 0); err != nil {
			t.Fatal(err)
		}
		w.text(piaPhone, "#verify")
		right := digits.FindStringSubmatch(w.last(piaPhone).body)[1]
		r, _, err := w.requests.List(w.as("tom"), verify.Pending, 1, "")
		if err != nil {
			t.Fatal(err)
		}
		id := r[0].ID
		if _, _, err := w.requests.Claim(w.as("tom"), id, ticketPia); err != nil {
			t.Fatal(err)
		}
		w.text("+12125550171", "#confirm "+right) // from another number
		w.wantRequest(id, verify.Claimed)
		w.text(piaPhone, "#confirm")
		w.wantRequest(id, verify.Claimed)
		if body := w.last(piaPhone).body; !strings.Contains(body, "two digits") {
			t.Errorf("nobody asked for the digits: %q", body)
		}
		w.text(piaPhone, "#confirm "+other(right))
		w.wantRequest(id, verify.Claimed)
		w.text(piaPhone, "#confirm "+right)
		if got := w.wantRequest(id, verify.Confirmed); got.Unbound {
			t.Error("marked unbound although it carried the digits")
		}
	})
}

func TestM13GuessingDigitsFreezes(t *testing.T) {
	digits := regexp.MustCompile(`#confirm (\d\d)`)
	inWorld(t, func(t *testing.T, w *world) {
		set := verify.Settings{CodeDigits: 6, CodeMinutes: 5, ShieldMinutes: 15, ConfirmDigits: true, NoteVisibility: "internal"}
		if err := w.verify.SaveSettings(w.as("ada"), set, 0); err != nil {
			t.Fatal(err)
		}
		w.text(piaPhone, "#verify")
		right := digits.FindStringSubmatch(w.last(piaPhone).body)[1]
		r, _, _ := w.requests.List(w.as("tom"), verify.Pending, 1, "")
		if _, _, err := w.requests.Claim(w.as("tom"), r[0].ID, ticketPia); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.text(piaPhone, "#confirm "+other(right))
		}
		w.text(piaPhone, "#confirm "+right)
		w.wantRequest(r[0].ID, verify.Frozen)
	})
}

func TestM13TooLate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.claimed()
		time.Sleep(10*minute + time.Second)
		w.text(piaPhone, "#confirm")
		w.wantRequest(r.ID, verify.Expired)
	})
}

func TestConfirmBeforeAnybodyClaimed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.asked()
		w.text(piaPhone, "#confirm")
		w.wantRequest(r.ID, verify.Pending)
		if body := w.last(piaPhone).body; !strings.Contains(body, "nobody has taken") {
			t.Errorf("got %q", body)
		}
	})
}

func TestDenyAlerts(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.claimed()
		w.text(piaPhone, "#deny")
		w.wantRequest(r.ID, verify.Denied)
		if w.alerts("technician_denied") != 1 {
			t.Error("nobody was told")
		}
		_, code, err := w.requests.ByID(w.as("tom"), r.ID)
		if err != nil || code != "" {
			t.Errorf("the code is still shown: %q, %v", code, err)
		}
	})
}

func TestANewRequestEndsTheOld(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.claimed()
		time.Sleep(minute)
		w.text(piaPhone, "#verify")
		w.wantRequest(r.ID, verify.Canceled)
	})
}

func TestConfirmedVerbally(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		r, _ := w.claimed()
		_, err := w.requests.ConfirmVerbally(w.as("tom"), r.ID, "  ")
		wantCode(t, err, "verify.note_required")
		got, err := w.requests.ConfirmVerbally(w.as("tom"), r.ID, "She read it back to me.")
		if err != nil || got.State != verify.ConfirmedVerbally {
			t.Fatal(got.State, err)
		}
		if note := w.lastNote(ticketPia); !strings.Contains(note, "proves less") || !strings.Contains(note, "She read it back") {
			t.Errorf("note %q", note)
		}
	})
}

func TestMailCountsOnlyWhenItsSenderIsProven(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.receive(mailFrom(piaEmail, "\n#verify\n-- \nPia"))
		page, _, err := w.requests.List(w.as("tom"), verify.Pending, 1, "")
		if err != nil || len(page) != 1 {
			t.Fatal(len(page), err)
		}
		if _, _, err := w.requests.Claim(w.as("tom"), page[0].ID, ticketPia); err != nil {
			t.Fatal(err)
		}
		w.receive(mailFrom(piaEmail, "#confirm"))
		w.wantRequest(page[0].ID, verify.Claimed)
		signed := mailFrom(piaEmail, "#confirm")
		signed.Aligned = true
		w.receive(signed)
		w.wantRequest(page[0].ID, verify.Confirmed)
	})
}

func mailFrom(from, body string) message.In {
	return message.In{Way: message.Email, From: from, To: "verify@sandbox.example.com", Subject: "hello", Body: body}
}

func TestAskingTooOftenStartsNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first, _ := w.asked()
		w.text(piaPhone, "#verify")
		if n := len(w.inbox(piaPhone)); n != 1 {
			t.Errorf("%d codes within a second", n)
		}
		w.wantRequest(first.ID, verify.Pending) // the refused one did not end it
	})
}

func TestWhoOptedOutMayStillAsk(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.text(piaPhone, "STOP")
		_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.SMSCode})
		wantCode(t, err, "message.opted_out")
		w.claimed()
		w.text(piaPhone, "#confirm")
		if body := w.last(piaPhone).body; !strings.Contains(body, "one of us") {
			t.Errorf("got %q", body)
		}
	})
}
