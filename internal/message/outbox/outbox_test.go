package outbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/outbox"
	"countersign.dev/countersign/internal/store"
)

// A dead letter is seen with all its attempts, sent again, and then no dead letter any more.
func TestADeadLetterIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dead := w.fails(notice(phone))
		one := w.get(admin, "/api/deliveries/"+dead)
		if one.Dead != true || one.Refusal != "" || one.State != "failed" || len(one.Attempts) != 1 || one.Attempts[0].Provider != "carrier" ||
			one.Attempts[0].State != "refused_permanent" || one.Attempts[0].Reason == "" || one.Attempts[0].EndedAt == "" || one.ToMasked != "+1•••23" {
			t.Fatalf("%+v", one)
		}
		if found := w.list(admin, "dead=true"); len(found) != 1 || found[0].ID != dead {
			t.Fatalf("%+v", found)
		}
		w.mend()
		made := w.resend(admin, dead)
		w.until(made, "sent")
		if n := len(w.carrier.Ledger()); n != 1 || w.carrier.Ledger()[0].Body != "Your number is about to change." {
			t.Errorf("%d messages arrived", n)
		}
		if found := w.list(admin, "dead=true"); len(found) != 0 {
			t.Errorf("still a dead letter: %+v", found)
		}
		was, is := w.get(admin, "/api/deliveries/"+dead), w.get(admin, "/api/deliveries/"+made)
		if was.ResentAs != made || is.Resends != dead || was.State != "failed" || was.Dead {
			t.Errorf("%+v %+v", was, is)
		}
		if n := w.count(`select count(*) from message_delivery where id = $1 and body is not null`, dead); n != 0 {
			t.Error("the text is kept twice")
		}
		if n := w.count(`select count(*) from audit_event where action = 'message.resend' and outcome = 'success'`); n != 1 {
			t.Errorf("%d audit events", n)
		}
	})
}

// The repetition of a request, a second click and a thousand at once: one message.
func TestResendNeverSendsTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		dead := w.fails(notice(phone))
		w.mend()
		var all sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{}
		for i := range 20 {
			all.Go(func() {
				path, body := "/api/deliveries/"+dead+"/resend", ""
				if i%2 == 1 {
					path, body = "/api/deliveries/resend", fmt.Sprintf(`{"ids":[%q,%q]}`, dead, dead)
				}
				key := []string{"Idempotency-Key", fmt.Sprint("k", i%4)}
				a := w.do(admin, http.MethodPost, path, body, key...)
				mu.Lock()
				defer mu.Unlock()
				codes[fmt.Sprint(a.Code)]++
			})
		}
		all.Wait()
		if codes["500"] > 0 || codes["201"] == 0 {
			t.Errorf("%v", codes)
		}
		w.until(w.get(admin, "/api/deliveries/"+dead).ResentAs, "sent")
		if n := w.count(`select count(*) from message_delivery`); n != 2 || len(w.carrier.Ledger()) != 1 {
			t.Errorf("%d deliveries, %d arrived", n, len(w.carrier.Ledger()))
		}
		if a := w.do(admin, http.MethodPost, "/api/deliveries/"+dead+"/resend", ""); a.Code != http.StatusConflict || a.problem() != "message.resent" {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	})
}

// What held a secret is neither kept nor sent again; each refusal says what to do instead.
func TestSecretsAreNotSentAgain(t *testing.T) {
	w := newWorld(t, nil)
	for name, tc := range map[string]struct {
		change func(*message.Out)
		want   string
	}{
		"a code":                  {func(o *message.Out) { o.Purpose, o.Resendable = message.Verification, true }, "message.resend_verification"},
		"a link":                  {func(o *message.Out) { o.Purpose, o.Resendable = message.Internal, false }, "message.resend_link"},
		"a link that ends":        {func(o *message.Out) { o.Purpose, o.ExpiresAt = message.Consent, store.Now().Add(time.Hour) }, "message.resend_link"},
		"an answer to STOP":       {func(o *message.Out) { o.Purpose = message.Answer }, "message.resend_answer"},
		"a trial":                 {func(o *message.Out) { o.Purpose = message.Trial }, "message.resend_trial"},
		"a notice without a word": {func(o *message.Out) { o.Resendable = false }, "message.resend_link"},
	} {
		out := notice(phone)
		out.Body = "Your code is 123456"
		tc.change(&out)
		dead := w.fails(out)
		if n := w.count(`select count(*) from message_delivery where id = $1 and (body is not null or subject is not null)`, dead); n != 0 {
			t.Errorf("%s: the text is kept", name)
		}
		one := w.get(admin, "/api/deliveries/"+dead)
		if !one.Dead || one.Refusal != tc.want {
			t.Errorf("%s: %+v", name, one)
		}
		if a := w.do(admin, http.MethodPost, "/api/deliveries/"+dead+"/resend", ""); a.Code != http.StatusConflict || a.problem() != tc.want || strings.Contains(a.Body, "123456") {
			t.Errorf("%s: %d %s", name, a.Code, a.Body)
		}
	}
	if a := w.do(admin, http.MethodGet, "/api/deliveries", ""); strings.Contains(a.Body, "123456") || strings.Contains(a.Body, phone) {
		t.Error("the list holds a code or an address")
	}
	if n := w.count(`select count(*) from audit_event where action = 'message.resend' and outcome = 'denied'`); n != 6 {
		t.Errorf("%d refusals recorded", n)
	}
	if n := w.count(`select count(*) from message_delivery where resends <> ''`); n != 0 {
		t.Errorf("%d messages made", n)
	}
}

// Who said STOP meanwhile gets nothing, even if they had asked for the first message; nor does anybody where texts became a matter of consent.
func TestResendAsksForConsentAnew(t *testing.T) {
	w := newWorld(t, nil)
	out := notice(phone)
	out.OnRequest = true
	dead, other := w.fails(out), w.fails(notice("+12125550177"))
	w.mend()
	if err := w.messages.Receive(w.system(), message.In{ID: "in1", Way: message.SMS, From: phone, To: "+12125550199", Body: "STOP", At: store.Now()}); err != nil {
		t.Fatal(err)
	}
	if a := w.do(admin, http.MethodPost, "/api/deliveries/"+dead+"/resend", ""); a.problem() != "message.opted_out" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	w.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `insert into consent_settings (org_id, settings, version) values ($1, '{"only_opted_in":true}', 1)`, w.org)
		return err
	})
	if a := w.do(admin, http.MethodPost, "/api/deliveries/"+other+"/resend", ""); a.problem() != "message.no_consent" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if n := w.count(`select count(*) from message_delivery where resends <> ''`); n != 0 {
		t.Errorf("%d messages made", n)
	}
	if !w.get(admin, "/api/deliveries/"+dead).Dead {
		t.Error("it is a dead letter no more")
	}
}

// What was taken back, was refused, or is under way is no dead letter.
func TestOnlyDeadLettersAreSentAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.mend()
	sent := w.send(notice(phone))
	w.until(sent, "sent")
	if a := w.do(admin, http.MethodPost, "/api/deliveries/"+sent+"/resend", ""); a.problem() != "message.not_dead" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	w.stop()
	canceled := w.send(notice(phone))
	w.write(func(tx *store.Tx) error {
		return w.messages.Cancel(w.system(), tx, message.Ref{Type: "contact", ID: "p1"})
	})
	if a := w.do(admin, http.MethodPost, "/api/deliveries/"+canceled+"/resend", ""); a.problem() != "message.canceled" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if found := w.list(admin, "dead=true"); len(found) != 0 {
		t.Errorf("%+v", found)
	}
	if a := w.do(admin, http.MethodPost, "/api/deliveries/00000000-0000-7000-8000-000000000000/resend", ""); a.Code != http.StatusNotFound {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

// A carrier may report the failure days after it took a message over: the text is still there then, and is gone once the message arrived.
func TestAFailureThatIsReportedLater(t *testing.T) {
	w := newWorld(t, nil)
	w.mend()
	for _, tc := range []struct {
		state message.State
		want  int
	}{{message.Failed, 1}, {message.Delivered, 0}, {message.Refused, 0}} { // the last opts the number out
		state, want := tc.state, tc.want
		sent := w.send(notice(phone))
		w.until(sent, "sent")
		if n := w.count(`select count(*) from message_delivery where id = $1 and body is not null`, sent); n != 1 {
			t.Fatalf("%s: no text is kept", state)
		}
		if err := w.messages.Report(w.system(), w.org, "carrier", "p-"+sent, state, "undelivered"); err != nil {
			t.Fatal(err)
		}
		if n := w.count(`select count(*) from message_delivery where id = $1 and body is not null`, sent); n != want {
			t.Errorf("%s: %d texts, want %d", state, n, want)
		}
		if state == message.Failed {
			if one := w.get(admin, "/api/deliveries/"+sent); !one.Dead || one.Refusal != "" {
				t.Errorf("%+v", one)
			}
			w.until(w.resend(admin, sent), "sent")
		}
	}
}

// What may have arrived already is marked as a possible repeat, and leaves at most once more into the unknown.
func TestResendOfWhatMayHaveArrived(t *testing.T) {
	w := newWorld(t, nil, messagetest.LoseAnswer, messagetest.LoseAnswer, messagetest.LoseAnswer)
	dead := w.send(notice(phone))
	w.until(dead, "failed")
	if one := w.get(admin, "/api/deliveries/"+dead); one.Reason != "unconfirmed" || one.Refusal != "" {
		t.Fatalf("%+v", one)
	}
	made := w.resend(admin, dead)
	w.until(made, "failed")
	if one := w.get(admin, "/api/deliveries/"+made); len(one.Attempts) != 1 || !one.Attempts[0].PossibleRepeat {
		t.Errorf("%+v", one)
	}
}

// The text is wiped after seven days.
func TestTextsOfDeadLettersAreForgotten(t *testing.T) {
	w := newWorld(t, nil)
	dead := w.fails(notice(phone))
	w.stop()
	w.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update message_delivery set ended_at = $1`, store.Time(store.Now().Add(-7*24*time.Hour-time.Minute)))
		return err
	})
	w.run() // which tidies up at once
	w.eventually("the text is wiped", func() bool { return w.count(`select count(*) from message_delivery where body is not null`) == 0 })
	if a := w.do(admin, http.MethodPost, "/api/deliveries/"+dead+"/resend", ""); a.Code != http.StatusGone || a.problem() != "message.text_gone" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

// What was meant for a technician does not follow an address that is theirs no more, and an alarm no administrator who is one no more.
func TestNewsForTechniciansStayAmongThem(t *testing.T) {
	w := newWorld(t, nil)
	internal := func(to, owner string) message.Out {
		return message.Out{
			Way: message.Email, To: to, Subject: "News", Body: "Something happened.", Purpose: message.Internal, Owner: message.Ref{Type: owner, ID: "n1"},
			Resendable: true,
		}
	}
	gone, told := w.fails(internal("gone@example.com", "notification")), w.fails(internal("t@example.com", "notification"))
	alarm, boss := w.fails(internal("t@example.com", "security_alert")), w.fails(internal("ada@example.com", "security_alert"))
	w.mend()
	for key, want := range map[string]string{gone: "message.receiver_gone", told: "", alarm: "message.receiver_gone", boss: ""} {
		if a := w.do(admin, http.MethodPost, "/api/deliveries/"+key+"/resend", ""); a.problem() != want {
			t.Errorf("%d %s, want %q", a.Code, a.Body, want)
		}
	}
}

// Several at once: one that is refused holds up no other, and there is a limit.
func TestSeveralAreSentAgain(t *testing.T) {
	w := newWorld(t, nil)
	secret := notice(phone)
	secret.Resendable = false
	good, bad := w.fails(notice(phone)), w.fails(secret)
	w.mend()
	a := w.do(admin, http.MethodPost, "/api/deliveries/resend", fmt.Sprintf(`{"ids":[%q,%q,"nothing"]}`, good, bad))
	var got struct {
		Items []struct {
			ID, Refusal, Detail string
			ResentAs            string `json:"resent_as"`
		}
	}
	if err := json.Unmarshal([]byte(a.Body), &got); err != nil || a.Code != http.StatusCreated || len(got.Items) != 3 {
		t.Fatalf("%d %s", a.Code, a.Body)
	}
	for _, item := range got.Items {
		want := map[string]string{good: "", bad: "message.resend_link", "nothing": "message.not_found"}[item.ID]
		if item.Refusal != want || (item.ResentAs == "") != (want != "") || (item.Detail == "") != (want == "") {
			t.Errorf("%+v", item)
		}
	}
	many := strings.TrimSuffix(strings.Repeat(`"x",`, 101), ",")
	if a := w.do(admin, http.MethodPost, "/api/deliveries/resend", `{"ids":[`+many+`]}`); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", a.Code, a.Body)
	}
}

func TestTheListIsFiltered(t *testing.T) {
	w := newWorld(t, nil)
	dead := w.fails(notice(phone))
	w.mend()
	mail := notice("pia@example.com")
	mail.Way, mail.ContactID = message.Email, "p2"
	sent := w.send(mail)
	w.until(sent, "sent")
	later := store.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for query, want := range map[string]string{
		"":                           sent + dead,
		"state=failed":               dead,
		"state=failed,sent":          sent + dead,
		"dead=true":                  dead,
		"way=email":                  sent,
		"contact_id=p2":              sent,
		"q=PIA%40exam":               sent,
		"q=555-01":                   "",
		"q=5550123":                  dead,
		"q=%25%25%25":                "",
		"since=" + later:             "",
		"since=2026-01-01T00:00:00Z": sent + dead,
		"state=sent&way=sms":         "",
		"owner_type=contact&owner_id=p1&way=email": sent,
	} {
		var got strings.Builder
		for _, d := range w.list(admin, query) {
			got.WriteString(d.ID)
		}
		if got.String() != want {
			t.Errorf("%s: %s, want %s", query, got.String(), want)
		}
	}
	for _, bad := range []string{"state=dead", "q=ab", "since=yesterday", "way=pigeon"} {
		if a := w.do(admin, http.MethodGet, "/api/deliveries?"+bad, ""); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", bad, a.Code)
		}
	}
}

// Nobody sees or sends again what belongs to the customers of others, or to none.
func TestAttack43MessagesOfOtherCustomers(t *testing.T) {
	w := newWorld(t, nil)
	mine, theirs, nobodys := notice(phone), notice("+12125550124"), notice("+12125550125")
	mine.CustomerID, theirs.CustomerID, nobodys.CustomerID = "c1", "c2", ""
	own, other, none := w.fails(mine), w.fails(theirs), w.fails(nobodys)
	w.mend()
	if found := w.list("technician", ""); len(found) != 1 || found[0].ID != own {
		t.Errorf("%+v", found)
	}
	if found := w.list("technician", "q=1212555"); len(found) != 1 {
		t.Errorf("%+v", found)
	}
	for _, key := range []string{other, none} {
		if a := w.do("technician", http.MethodGet, "/api/deliveries/"+key, ""); a.Code != http.StatusNotFound {
			t.Errorf("%d %s", a.Code, a.Body)
		}
		if a := w.do("technician", http.MethodPost, "/api/deliveries/"+key+"/resend", ""); a.Code != http.StatusNotFound {
			t.Errorf("%d %s", a.Code, a.Body)
		}
		if a := w.do("technician", http.MethodPost, "/api/deliveries/resend", fmt.Sprintf(`{"ids":[%q]}`, key)); !strings.Contains(a.Body, "message.not_found") {
			t.Errorf("%d %s", a.Code, a.Body)
		}
	}
	for _, path := range []string{"/api/deliveries/" + own + "/resend", "/api/deliveries/resend"} {
		if a := w.do("read_only", http.MethodPost, path, `{"ids":["x"]}`); a.Code != http.StatusForbidden {
			t.Errorf("%s: %d", path, a.Code)
		}
	}
	if made := w.resend("technician", own); made == "" {
		t.Error("a technician cannot send their own customer's message again")
	}
	if n := w.count(`select count(*) from message_delivery where resends <> ''`); n != 1 {
		t.Errorf("%d messages made", n)
	}
}

// A token that may only run verifications neither sends again nor finds out by searching what is masked.
func TestAttack46MessagesByANarrowToken(t *testing.T) {
	w := newWorld(t, nil)
	dead := w.fails(notice(phone))
	narrow := access.WithActor(t.Context(), access.Actor{
		OrgID: w.org, Kind: access.Token, ID: "t-administrator", Role: perm.Administrator, TokenID: "k", Ceiling: perm.Set{perm.VerificationRun: true},
	})
	if _, _, err := w.outbox.List(narrow, outbox.Filter{Address: "5550123"}, store.Page{Limit: 5}); fault.CodeOf(err) != "access.denied" {
		t.Error(err)
	}
	if found, _, err := w.outbox.List(narrow, outbox.Filter{}, store.Page{Limit: 5}); err != nil || len(found) != 1 {
		t.Error(found, err)
	}
	if _, err := w.outbox.Resend(narrow, []string{dead}); fault.CodeOf(err) != "access.denied" {
		t.Error(err)
	}
}
