package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/gateway/gatewaytest"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestConform(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		for _, sender := range w.carrier.Senders() {
			way := message.SMS
			if sender.Carries(message.Voice) {
				way = message.Voice
			}
			t.Run(sender.Name(), func(t *testing.T) {
				fault := func(f gatewaytest.Fault) func() { return func() { w.Script(f) } }
				messagetest.Conform(t, messagetest.Adapter{
					Sender:  sender,
					Example: message.Attempt{OrgID: w.org, Way: way, To: phone, Body: "Your code is"},
					Secrets: []string{gatewaytest.Secret, gatewaytest.Alternate},
					Accepted: func() (bodies []string) {
						for _, m := range w.Messages() {
							bodies = append(bodies, m.Text)
						}
						return bodies
					},
					Arrange: map[messagetest.Fault]func(){
						messagetest.NotSent: fault(gatewaytest.Unreachable), messagetest.Busy: fault(gatewaytest.Busy429),
						messagetest.Refuse: fault(gatewaytest.Refuse("invalid_number")), messagetest.LoseRequest: fault(gatewaytest.LoseRequest),
						messagetest.LoseAnswer: fault(gatewaytest.LoseAnswer), messagetest.Hang: fault(gatewaytest.Hang),
					},
				})
			})
		}
	})
}

// What the gateway is asked for: a text as it is, a call with what may be said before a key is pressed and what only behind it (R19).
func TestWhatTheGatewayGets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.run()
		sms := w.send(text(phone))
		call := text(phone)
		call.Way, call.Subject, call.Body = message.Voice, "This is Acme IT. Press 1.", `Your code is 123456 & "ours".`
		spoken := w.send(call)
		w.until(sms, message.Sent)
		w.until(spoken, message.Sent)
		for _, m := range w.Messages() {
			switch m.ID {
			case sms:
				if m.Kind != "sms" || m.From != gatewaytest.Number || m.To != phone || m.Text != "Your code is 123456" || m.Callback != hook || m.Account != w.account || m.SSML != "" || m.Key != "" {
					t.Errorf("%+v", m)
				}
			case spoken:
				if m.Kind != "voice" || m.Key != "1" || m.Announce != "This is Acme IT. Press 1." || strings.Contains(m.Announce, "123456") ||
					m.SSML != `<speak>Your code is <say-as interpret-as="digits">123456</say-as> &amp; &#34;ours&#34;.</speak>` {
					t.Errorf("%+v", m)
				}
			}
		}
		for _, secret := range []string{gatewaytest.Secret, phone, "123456"} {
			if strings.Contains(w.logged(), secret) {
				t.Errorf("the log tells %q", secret)
			}
		}
	})
}

// Only the gateway's own word about the receiver or the text is final; what concerns the account waits.
func TestRefusals(t *testing.T) {
	for fault, want := range map[gatewaytest.Fault]message.State{
		gatewaytest.Refuse("invalid_number"): message.Failed, gatewaytest.Refuse("blocked"): message.Failed, gatewaytest.Refuse("opted_out"): message.Refused,
		gatewaytest.Refuse("no_credit"): message.Planned, gatewaytest.Rude: message.Planned, gatewaytest.Busy429: message.Planned,
		gatewaytest.Error500: message.Planned, gatewaytest.Error503: message.Planned,
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, storetest.Open(t))
			w.Always(fault)
			w.run()
			id := w.send(text(phone))
			time.Sleep(300 * time.Millisecond)
			synctest.Wait()
			state, reason := w.state(id)
			if state != want || strings.Contains(reason, "123456") || strings.Contains(reason, "Bad") {
				t.Errorf("%s: %s %s, want %s", fault, state, reason, want)
			}
			if n := w.count(`select count(*) from consent where state = 'opted_out'`); (n == 1) != (want == message.Refused) {
				t.Errorf("%s: %d opted out", fault, n)
			}
		})
	}
}

// A wrong secret keeps everything waiting, and is told to whoever tries the gateway.
func TestAWrongSecretWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		if a := w.must(200, "administrator", "POST", "/api/settings/carriers/gateway/test", `{}`); a["name"] != "Harbor SMS" {
			t.Error(a)
		}
		w.Trust(gatewaytest.Alternate)
		if a := w.must(422, "administrator", "POST", "/api/settings/carriers/gateway/test", `{}`); a["code"] != "gateway.refused" {
			t.Error(a)
		}
		w.run()
		id := w.send(text(phone))
		time.Sleep(5 * time.Second)
		if s, reason := w.state(id); s != message.Planned || reason != "gateway signature" {
			t.Error(s, reason)
		}
		w.Trust(gatewaytest.Secret)
		w.until(id, message.Sent)
	})
}

// Between Twilio and the gateway, whichever is first: what one refuses or fails at, the other sends within seconds; what may have been taken is
// asked for, and no message makes more than two uncertain requests.
func TestFailoverBetweenTwilioAndTheGateway(t *testing.T) {
	for name, tc := range map[string]struct {
		twilio  twiliotest.Fault
		gateway gatewaytest.Fault
		down    bool // the gateway cannot be asked what became of a message; Twilio does nothing at all then
		most    int  // accepted for the message, by both together
	}{
		"refused for now":        {twiliotest.Refuse(20003), gatewaytest.Refuse("no_credit"), false, 1},
		"an error":               {twiliotest.Error500, gatewaytest.Error500, false, 1},
		"a proxy's error":        {twiliotest.Error503, gatewaytest.Error503, true, 1},
		"too many":               {twiliotest.Busy429, gatewaytest.Busy429, false, 1},
		"nobody there":           {twiliotest.Unreachable, gatewaytest.Unreachable, true, 1},
		"a lost request":         {twiliotest.LoseRequest, gatewaytest.LoseRequest, false, 1},
		"accepted, then reset":   {twiliotest.LoseAnswer, gatewaytest.LoseAnswer, false, 1},
		"the same, and then out": {twiliotest.LoseAnswer, gatewaytest.LoseAnswer, true, 2},
		"accepted, no answer":    {twiliotest.HangAccept, gatewaytest.HangAccept, false, 1},
		"a hanging one":          {twiliotest.Hang, gatewaytest.Hang, true, 1},
	} {
		for _, first := range []string{"twilio", "gateway"} {
			t.Run(name+", "+first+" first", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := both(t, storetest.Open(t))
					second := "gateway"
					if first == "gateway" {
						second = "twilio"
						w.Always(tc.gateway)
						w.Down(tc.down)
					} else {
						w.twilio.Always(tc.twilio)
						w.twilio.Down(tc.down && tc.twilio != twiliotest.Unreachable)
					}
					w.order(0, first, second)
					w.run()
					id := w.send(text(phone))
					w.until(id, message.Sent)
					time.Sleep(time.Minute)
					synctest.Wait()
					all, _ := w.Requests()
					requests, taken := all+w.twilio.Requests(), len(w.Messages())+len(w.twilio.Messages())
					if requests > 2 || taken < 1 || taken > tc.most {
						t.Errorf("%d requests, %d accepted", requests, taken)
					}
					repeats := w.count(`select count(*) from message_attempt where possible_repeat`)
					if lost := tc.gateway == gatewaytest.Hang || tc.gateway == gatewaytest.LoseAnswer; (repeats > 0) != (first == "gateway" && tc.down && lost) {
						t.Errorf("%d are marked as a possible repeat", repeats)
					}
				})
			})
		}
	}
}

// The order is the organization's: what it names first is asked first, and what it does not name comes behind.
func TestTheOrderOfCarriers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := both(t, storetest.Open(t))
		w.run()
		for _, tc := range []struct {
			order []string
			first string
		}{{nil, "twilio"}, {[]string{"gateway"}, "gateway"}, {[]string{"twilio", "gateway"}, "twilio"}, {[]string{"gateway", "twilio"}, "gateway"}} {
			if tc.order != nil {
				w.order(0, tc.order...)
			}
			id := w.send(text(phone))
			w.until(id, message.Sent)
			if n := w.count(`select count(*) from message_attempt where delivery_id = $1 and provider = $2`, id, tc.first); n != 1 {
				t.Errorf("with %v it did not go by %s", tc.order, tc.first)
			}
		}
		a := w.must(200, "administrator", "GET", "/api/settings/sending", "")
		if got := fmt.Sprint(a["sms"], a["voice"]); got != "[gateway twilio] [twilio_voice gateway_voice]" {
			t.Error(got)
		}
		for _, bad := range []string{
			`{"sms":["gateway","gateway"],"voice":[],"messages_per_minute":0}`, `{"sms":["smtp"],"voice":[],"messages_per_minute":0}`,
			`{"sms":[],"voice":["gateway"],"messages_per_minute":0}`, `{"sms":[],"voice":[],"messages_per_minute":-1}`, `{"sms":[],"voice":[]}`,
		} {
			w.must(422, "administrator", "PUT", "/api/settings/sending", bad)
		}
		w.must(403, "technician", "PUT", "/api/settings/sending", `{"sms":[],"voice":[],"messages_per_minute":0}`)
		w.must(403, "manager", "GET", "/api/settings/sending", "")
	})
}

// Half an hour without the gateway, and no other carrier: everything has left 30 seconds after it is back, nothing left twice.
func TestM37AnOutageOfTheGateway(t *testing.T) {
	for _, fault := range []gatewaytest.Fault{gatewaytest.Unreachable, gatewaytest.Error503, gatewaytest.LoseAnswer, gatewaytest.Hang} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, storetest.Open(t))
			w.Always(fault)
			w.Down(fault != gatewaytest.Unreachable)
			w.run()
			const n = 12
			for i := range n {
				out := text(fmt.Sprintf("+1212555%04d", 1000+i))
				out.Purpose = message.Notice
				w.send(out)
				time.Sleep(30 * time.Minute / n)
			}
			w.Always(gatewaytest.None)
			w.Down(false)
			begin := time.Now()
			for w.count(`select count(*) from message_delivery where state <> 'sent'`) > 0 {
				time.Sleep(time.Second)
				synctest.Wait()
				if time.Since(begin) > 30*time.Second {
					t.Fatalf("%s: after 30 s %d wait", fault, w.count(`select count(*) from message_delivery where state <> 'sent'`))
				}
			}
			if len(w.Messages()) != n {
				t.Errorf("%s: %d messages were taken", fault, len(w.Messages()))
			}
		})
	}
}

// A number, and an organization over all its carriers, keep to their rates.
func TestRates(t *testing.T) {
	for name, tc := range map[string]struct {
		number, organization int
		least                time.Duration // for 20 messages
	}{
		"a number": {60, 0, 18 * time.Second}, "an organization": {6000, 60, 13 * time.Second}, "no limit": {6000, 0, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := both(t, storetest.Open(t))
			w.must(200, "administrator", "PUT", "/api/settings/carriers/gateway", strings.Replace(settings, "6000", fmt.Sprint(tc.number), 1))
			w.twilio.Always(twiliotest.Error500) // so that only the gateway sends, and retries count too
			if name != "an organization" {
				w.must(204, "administrator", "DELETE", "/api/settings/carriers/twilio", "")
				w.must(404, "administrator", "GET", "/api/settings/carriers/twilio", "")
			} else {
				w.twilio.Always(twiliotest.None)
			}
			w.order(tc.organization, "gateway", "twilio")
			w.run()
			begin := time.Now()
			for i := range 20 {
				out := text(fmt.Sprintf("+1212555%04d", 1000+i))
				out.Purpose = message.Notice
				w.send(out)
			}
			for w.count(`select count(*) from message_delivery where state <> 'sent'`) > 0 {
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				if time.Since(begin) > 5*time.Minute {
					t.Fatalf("%s: they wait for ever", name)
				}
			}
			if took := time.Since(begin); took < tc.least || took > tc.least+15*time.Second {
				t.Errorf("%s: 20 messages took %s", name, took)
			}
			if n := w.count(`select count(*) from message_attempt`); name == "an organization" && n != 20 {
				t.Errorf("%d attempts: waiting for a turn is none", n)
			}
		})
	}
}
