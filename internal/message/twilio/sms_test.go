package twilio_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/twilio"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestConform(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.connect()
		for name, sender := range map[string]message.Sender{"sms": w.carrier.SMS(), "voice": w.carrier.Voice()} {
			t.Run(name, func(t *testing.T) {
				way := message.Way(name)
				fault := func(f twiliotest.Fault) func() { return func() { w.Script(f) } }
				messagetest.Conform(t, messagetest.Adapter{
					Sender:   sender,
					Example:  message.Attempt{OrgID: w.org, Way: way, To: phone, Body: "Your code is"},
					Secrets:  []string{twiliotest.Token, twiliotest.Alternate},
					Accepted: func() []string { return w.accepted(way) },
					Arrange: map[messagetest.Fault]func(){
						messagetest.NotSent: fault(twiliotest.Unreachable), messagetest.Busy: fault(twiliotest.Busy429),
						messagetest.Refuse: fault(twiliotest.Refuse(21211)), messagetest.LoseRequest: fault(twiliotest.LoseRequest),
						messagetest.LoseAnswer: fault(twiliotest.LoseAnswer), messagetest.Hang: fault(twiliotest.Hang),
					},
				})
			})
		}
	})
}

// accepted lists the texts that the simulator took. Of a call it has none: the text is what is sealed for it here.
func (w *world) accepted(way message.Way) (bodies []string) {
	for _, m := range w.Messages() {
		if way == message.SMS && !m.IsCall {
			bodies = append(bodies, m.Form.Get("Body"))
		}
		if way == message.Voice && m.IsCall {
			bodies = append(bodies, w.kept(m))
		}
	}
	return bodies
}

func TestSignatures(t *testing.T) {
	b, err := os.ReadFile(twiliotest.Vendor(t, "signature-vectors.json"))
	if err != nil {
		t.Fatal(err)
	}
	type vector struct {
		Name, AuthToken, SignedURL, Expected, RawBody string
		FormParams                                    map[string]string
	}
	var file struct {
		Vectors  []vector
		Negative []struct{ Signature string }
	}
	if err := json.Unmarshal(b, &file); err != nil || len(file.Vectors) < 6 {
		t.Fatal(len(file.Vectors), err)
	}
	for _, v := range file.Vectors {
		form := url.Values{}
		for key, value := range v.FormParams {
			form.Set(key, value)
		}
		if got := twilio.Sign(v.AuthToken, v.SignedURL, form); got != v.Expected {
			t.Errorf("%s: %s, want %s", v.Name, got, v.Expected)
		}
		port := strings.Replace(v.SignedURL, "mycompany.com/", "mycompany.com:443/", 1)
		if strings.HasPrefix(v.SignedURL, "http:") {
			port = strings.Replace(v.SignedURL, "mycompany.com/", "mycompany.com:80/", 1)
		}
		other := strings.Replace(v.SignedURL, "mycompany.com/", "mycompany.com:8443/", 1)
		for address, want := range map[string]bool{v.SignedURL: true, port: true, other: false, v.SignedURL + "&x=1": false} {
			if got := twilio.Signed([]string{"wrong", v.AuthToken}, address, form, v.Expected); got != want {
				t.Errorf("%s at %s: %v", v.Name, address, got)
			}
		}
		if strings.Contains(v.SignedURL, "bodySHA256") {
			if !twilio.SignedBody([]string{v.AuthToken}, v.SignedURL, []byte(v.RawBody), v.Expected) ||
				twilio.SignedBody([]string{v.AuthToken}, v.SignedURL, []byte(v.RawBody+" "), v.Expected) {
				t.Errorf("%s: the body's hash", v.Name)
			}
		}
		for _, x := range file.Negative {
			if twilio.Signed([]string{v.AuthToken}, v.SignedURL, form, x.Signature) {
				t.Errorf("%s: accepts the negative vector", v.Name)
			}
		}
		if twilio.Signed([]string{v.AuthToken}, v.SignedURL, form, "") || twilio.Signed([]string{""}, v.SignedURL, form, twilio.Sign("", v.SignedURL, form)) {
			t.Errorf("%s: accepts nothing as a signature or a token", v.Name)
		}
	}
}

func TestATextAndWhatBecomesOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		if number, _, err := w.Inbound(w.ctx(), w.db.Read(), w.org); number != message.SandboxNumber || err != nil {
			t.Error(number, err)
		}
		w.connect()
		w.run()
		if number, _, err := w.Inbound(w.ctx(), w.db.Read(), w.org); number != twiliotest.Number || err != nil {
			t.Error(number, err)
		}
		if yes, err := w.Sandboxed(w.ctx(), w.db.Read(), w.org, message.SMS); yes || err != nil {
			t.Error("still the sandbox", err)
		}
		out := text(phone)
		out.ExpiresAt = time.Now().Add(5 * time.Minute)
		id := w.send(out)
		settle()
		m := w.Last()
		if m.Form.Get("To") != phone || m.Form.Get("From") != twiliotest.Number || m.Form.Get("Body") != "Your code is 123456" || m.Form.Get("ValidityPeriod") != "300" {
			t.Errorf("%v", m.Form)
		}
		if got := m.Form.Get("StatusCallback"); got != base+"/webhooks/twilio/status?delivery="+id {
			t.Errorf("callback %s", got)
		}
		for _, step := range []struct {
			status string
			want   message.State
		}{
			{"queued", message.Sent},
			{"sent", message.Sent},
			{"delivered", message.Delivered},
			{"delivered", message.Delivered},
			{"sent", message.Delivered},
			{"undelivered", message.Delivered},
			{"failed", message.Delivered},
		} {
			if rec := w.Server.Send(w.StatusOf(m, step.status, "")); rec.Code != 204 || rec.Body.Len() > 0 {
				t.Fatal(step.status, rec.Code, rec.Body)
			}
			if s, _ := w.state(id); s != step.want {
				t.Errorf("after %s: %s", step.status, s)
			}
		}
		for _, tc := range []struct {
			code, reason string
			want         message.State
		}{
			{"30003", "twilio 30003", message.Failed},
			{"30006", "twilio 30006", message.Failed},
			{"", "twilio undelivered", message.Failed},
			{"21610", "twilio 21610", message.Refused},
		} {
			out := text("+12125550124")
			out.Owner.ID = tc.reason
			id := w.send(out)
			settle()
			w.Server.Send(w.StatusOf(w.Last(), "undelivered", tc.code))
			w.Server.Send(w.StatusOf(w.Last(), "delivered", ""))
			if s, reason := w.state(id); s != tc.want || reason != tc.reason {
				t.Errorf("after %s: %s %s", tc.code, s, reason)
			}
		}
		out.To = "+12125550124"
		if _, err := w.try(out); err == nil || !strings.Contains(err.Error(), "no more messages") {
			t.Errorf("a report of 21610 opts out: %v", err)
		}
	})
}

func (w *world) try(out message.Out) (id string, err error) {
	ctx := w.ctx()
	err = w.db.Write(ctx, func(tx *store.Tx) error {
		id, err = w.Service.Send(ctx, tx, out)
		return err
	})
	return id, err
}

func TestRefusals(t *testing.T) {
	for code, tc := range map[int]struct {
		want   message.State
		reason string
	}{
		21211: {message.Failed, "twilio 21211"}, 21614: {message.Failed, "twilio 21614"}, 21617: {message.Failed, "twilio 21617"},
		30006: {message.Failed, "twilio 30006"}, 21610: {message.Refused, "opted_out"}, 99999: {message.Failed, "twilio 99999"},
		20003: {message.Planned, "twilio 20003"}, 21408: {message.Planned, "twilio 21408"}, 21608: {message.Planned, "twilio 21608"}, 30034: {message.Planned, "twilio 30034"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, storetest.Open(t))
			w.connect()
			w.Script(twiliotest.Refuse(code))
			w.run()
			id := w.send(text(phone))
			synctest.Wait()
			if s, reason := w.state(id); s != tc.want || reason != tc.reason {
				t.Errorf("%d: %s %s", code, s, reason)
			}
			time.Sleep(5 * time.Second)
			synctest.Wait()
			if s, _ := w.state(id); tc.want == message.Planned && s != message.Sent {
				t.Errorf("%d: not tried again, %s", code, s)
			}
			_, err := w.try(text(phone))
			if (err != nil) != (code == 21610) {
				t.Errorf("%d: the next message: %v", code, err)
			}
			if log := w.logged(); strings.Contains(log, "123456") || strings.Contains(log, phone) || strings.Contains(log, twiliotest.Token) {
				t.Errorf("the log tells too much: %s", log)
			}
		})
	}
}

// A callback may be faster than the answer to the request that it is about.
func TestAReportThatOvertakesTheAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorldWith(t, db, message.Timing{})
		w.connect()
		w.Script(twiliotest.LoseAnswer)
		w.run()
		id := w.send(text(phone))
		eventually(t, "the text is taken", func() bool { return len(w.Messages()) == 1 })
		eventually(t, "nobody knows", func() bool { s, _ := w.state(id); return s == message.Unknown })
		w.Hide(true) // only the callback can tell
		if rec := w.Server.Send(w.StatusOf(w.Last(), "delivered", "")); rec.Code != 204 {
			t.Fatal(rec.Code)
		}
		eventually(t, "it is delivered", func() bool { s, _ := w.state(id); return s == message.Delivered })
		if n := w.Requests(); n != 1 {
			t.Errorf("%d requests", n)
		}
	})
}

// What was accepted and whose answer was lost is found in Twilio's list, among others to the same number.
func TestM37ALostAnswerIsLookedUp(t *testing.T) {
	for name, tc := range map[string]struct {
		script   []twiliotest.Fault
		requests int
		taken    int
	}{
		"answer lost":          {[]twiliotest.Fault{twiliotest.LoseAnswer}, 1, 1},
		"request lost":         {[]twiliotest.Fault{twiliotest.LoseRequest}, 2, 1},
		"no answer":            {[]twiliotest.Fault{twiliotest.HangAccept}, 1, 1},
		"nothing for 20 s":     {[]twiliotest.Fault{twiliotest.Hang}, 2, 1},
		"an answer of garbage": {[]twiliotest.Fault{twiliotest.Garbage}, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t))
				w.connect()
				w.run()
				other := text(phone)
				other.Body = "Your code is 654321"
				w.send(other)
				same := w.send(text(phone)) // the same text before, whose fate is known
				settle()
				w.Script(tc.script...)
				before := w.Requests()
				id := w.send(text(phone))
				time.Sleep(time.Minute)
				synctest.Wait()
				if s, reason := w.state(id); s != message.Sent {
					t.Errorf("%s %s", s, reason)
				}
				if n := w.Requests() - before; n != tc.requests {
					t.Log(w.logged())
					t.Errorf("%d requests, want %d", n, tc.requests)
				}
				if n := len(w.Messages()) - 2; n != tc.taken {
					t.Errorf("%d taken, want %d", n, tc.taken)
				}
				var ids [2]string
				for i, x := range []string{same, id} {
					err := w.db.Read().QueryRowContext(t.Context(), `select provider_id from message_attempt where delivery_id = $1 and state = 'accepted'`, x).Scan(&ids[i])
					if err != nil {
						t.Fatal(err)
					}
				}
				if ids[0] == ids[1] || ids[1] == "" {
					t.Errorf("two deliveries have one message: %v", ids)
				}
			})
		})
	}
}
