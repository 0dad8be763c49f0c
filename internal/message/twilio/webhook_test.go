package twilio_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/twilio"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const otherAccount = "AC00000000000000000000000000000002"

// M15 (R15): whatever is not signed for us by our token is refused alike, and leaves no trace but a line in the log.
func TestM15ForgedWebhooks(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.connect()
	stranger := w.organization("Stranger", false)
	w.must(200, "administrator@"+stranger, "PUT", "", strings.NewReplacer(twiliotest.Account, otherAccount, twiliotest.Number, "+12125550177").Replace(settings))
	w.run()
	id := w.send(text(phone))
	eventually(t, "it is sent", func() bool { s, _ := w.state(id); return s == message.Sent })
	sent := w.Last()
	good := func() map[string]twiliotest.Callback {
		return map[string]twiliotest.Callback{
			"sms": twiliotest.Text(sms, phone, twiliotest.Number, "#verify"), "status": w.StatusOf(sent, "delivered", ""),
			"voice": w.Incoming(voice, phone, twiliotest.Number),
		}
	}
	with := func(c twiliotest.Callback, key, value string) twiliotest.Callback {
		c.Form = maps.Clone(c.Form)
		c.Form.Set(key, value)
		return c
	}
	spoil := map[string]func(c twiliotest.Callback) twiliotest.Callback{
		"no signature":  func(c twiliotest.Callback) twiliotest.Callback { c.Token = ""; return c },
		"a wrong token": func(c twiliotest.Callback) twiliotest.Callback { c.Token = "0" + c.Token[1:]; return c },
		"an empty token's": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign("", c.URL, c.Form)
			return c
		},
		"a signature of garbage": func(c twiliotest.Callback) twiliotest.Callback { c.Signature = "AAAA"; return c },
		"signed for another server": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature, c.Host = twilio.Sign(c.Token, strings.Replace(c.URL, base, "https://evil.example.com", 1), c.Form), "evil.example.com"
			return c
		},
		"signed for the Host that came": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature, c.Host = twilio.Sign(c.Token, strings.Replace(c.URL, base, "http://10.0.0.5:8080", 1), c.Form), "10.0.0.5:8080"
			return c
		},
		"signed for http": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign(c.Token, strings.Replace(c.URL, "https:", "http:", 1), c.Form)
			return c
		},
		"signed for another port": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign(c.Token, strings.Replace(c.URL, base, base+":8443", 1), c.Form)
			return c
		},
		"signed for another hook": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign(c.Token, strings.Replace(c.URL, "/twilio/", "/other/", 1), c.Form)
			return c
		},
		"signed for another query": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign(c.Token, c.URL+"&x=1", c.Form)
			return c
		},
		"a field changed after": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign(c.Token, c.URL, c.Form)
			return with(c, "From", "+12125550188")
		},
		"a field added after": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature = twilio.Sign(c.Token, c.URL, c.Form)
			return with(c, "Extra", "x")
		},
		"a field given twice": func(c twiliotest.Callback) twiliotest.Callback {
			c.Signature, c.Body = twilio.Sign(c.Token, c.URL, c.Form), c.Form.Encode()+"&From=%2B12125550188"
			return c
		},
		"an account that nobody has": func(c twiliotest.Callback) twiliotest.Callback {
			return with(c, "AccountSid", "AC00000000000000000000000000000009")
		},
		"the account of a neighbour, signed by ours": func(c twiliotest.Callback) twiliotest.Callback {
			c = with(c, "AccountSid", otherAccount)
			c.Token = "neighbour"
			return c
		},
		"no account": func(c twiliotest.Callback) twiliotest.Callback { return with(c, "AccountSid", "") },
		"a number of nobody": func(c twiliotest.Callback) twiliotest.Callback {
			return with(with(c, "To", "+12125550166"), "From", "+12125550167")
		},
		"a number of a neighbour": func(c twiliotest.Callback) twiliotest.Callback {
			return with(with(c, "To", "+12125550177"), "From", "+12125550177")
		},
		"no message": func(c twiliotest.Callback) twiliotest.Callback {
			c.Form = maps.Clone(c.Form)
			for _, key := range []string{"MessageSid", "SmsSid", "SmsMessageSid", "CallSid"} {
				c.Form.Del(key)
			}
			return c
		},
		"an id of garbage": func(c twiliotest.Callback) twiliotest.Callback {
			return with(with(with(c, "MessageSid", "SM1"), "SmsSid", "x"), "CallSid", "CA' or 1=1")
		},
		"oversized": func(c twiliotest.Callback) twiliotest.Callback {
			return with(c, "Body", strings.Repeat("x", 70<<10))
		},
		"too many fields": func(c twiliotest.Callback) twiliotest.Callback {
			for i := range 300 {
				c = with(c, "F"+strings.Repeat("x", i), "")
			}
			return c
		},
		"JSON": func(c twiliotest.Callback) twiliotest.Callback {
			c.Type, c.Body = "application/json", `{"From":"+12125550123"}`
			return c
		},
		"not a form":  func(c twiliotest.Callback) twiliotest.Callback { c.Type = "multipart/form-data; boundary=x"; return c },
		"bad escapes": func(c twiliotest.Callback) twiliotest.Callback { c.Body = "From=%zz"; return c },
	}
	state, _ := w.state(id)
	for _, name := range slices.Sorted(maps.Keys(spoil)) {
		for hook, c := range good() {
			rec := w.Server.Send(spoil[name](c))
			if rec.Code != 403 || strings.TrimSpace(rec.Body.String()) != "refused" {
				t.Errorf("%s to %s: %d %s", name, hook, rec.Code, rec.Body)
			}
		}
	}
	if len(w.received()) != 0 || w.count(`select count(*) from message_inbound`) != 0 || w.count(`select count(*) from message_report`) != 0 ||
		w.count(`select count(*) from message_twilio_proof`) != 0 || w.count(`select count(*) from consent`) != 0 {
		t.Error("a forged webhook had an effect")
	}
	if s, _ := w.state(id); s != state {
		t.Errorf("a forged report counted: %s", s)
	}
	for hook, c := range good() {
		if rec := w.Server.Send(c); rec.Code/100 != 2 {
			t.Errorf("a good one to %s: %d %s", hook, rec.Code, rec.Body)
		}
	}
	if s, _ := w.state(id); s != message.Delivered || len(w.received()) != 1 {
		t.Errorf("the good ones did not count: %s, %d", s, len(w.received()))
	}
	if log := w.logged(); strings.Contains(log, phone) || strings.Contains(log, "#verify") || strings.Contains(log, twiliotest.Token) {
		t.Error("the log tells too much")
	}
}

// M15: a replayed message is dropped, for longer than the 7 days that the rule asks for, and whatever its Host says.
func TestM15ReplayedWebhooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.connect()
		w.run()
		c := twiliotest.Text(sms, phone, twiliotest.Number, "#verify")
		for _, wait := range []time.Duration{0, time.Second, time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour} {
			w.passes(wait)
			c.Host = wait.String()
			if rec := w.Server.Send(c); rec.Code != 200 || !strings.HasSuffix(rec.Body.String(), "<Response></Response>") {
				t.Errorf("after %s: %d %s", wait, rec.Code, rec.Body)
			}
		}
		if got := w.received(); len(got) != 1 || got[0].From != phone || got[0].Body != "#verify" || got[0].Way != message.SMS {
			t.Errorf("%+v", got)
		}
	})
}

func TestWebhooksBehindAProxyAndDuringARotation(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.connect()
	c := func() twiliotest.Callback { return twiliotest.Text(sms, phone, twiliotest.Number, "hello") }
	for name, change := range map[string]func(*twiliotest.Callback){
		"as it is":            func(*twiliotest.Callback) {},
		"the alternate token": func(c *twiliotest.Callback) { c.Token = twiliotest.Alternate },
		"the usual port": func(c *twiliotest.Callback) {
			c.Signature = twilio.Sign(c.Token, strings.Replace(c.URL, base, base+":443", 1), c.Form)
		},
		"the Host of a proxy": func(c *twiliotest.Callback) { c.Host = "10.0.0.5:8080" },
		"a query":             func(c *twiliotest.Callback) { c.URL += "?a=%20b&c" },
		"a new field":         func(c *twiliotest.Callback) { c.Form.Set("Unheard", "of") },
	} {
		x := c()
		change(&x)
		if rec := w.Server.Send(x); rec.Code != 200 {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	w.must(200, "administrator", "PUT", "", strings.Replace(settings, `"alternate_token":"`+twiliotest.Alternate+`"`, `"alternate_token":""`, 1))
	x := c()
	x.Token = twiliotest.Alternate
	if rec := w.Server.Send(x); rec.Code != 403 {
		t.Errorf("a removed alternate token: %d", rec.Code)
	}
	w.must(200, "administrator", "PUT", "", strings.Replace(settings, `"enabled":true`, `"enabled":false`, 1))
	if rec := w.Server.Send(twiliotest.Text(sms, phone, twiliotest.Number, "STOP")); rec.Code != 200 || w.count(`select count(*) from consent where state = 'opted_out'`) != 1 {
		t.Errorf("STOP while it is turned off: %d", rec.Code)
	}
}

// What Twilio read as STOP, HELP or START and answered itself is noted, in whatever words it was said, and not answered again.
func TestWordsThatTwilioAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.connect()
		w.run()
		for i, tc := range []struct {
			body, kind string
			out        int
			answers    int
		}{
			{"genoeg", "STOP", 1, 0},
			{"hello", "", 1, 0},
			{"weer", "START", 0, 0},
			{"hulp", "HELP", 0, 0},
			{"STOP", "", 1, 1},
			{"START", "", 0, 2},
			{"HELP", "", 0, 3},
			{"hello", "NONSENSE", 0, 3},
		} {
			c := twiliotest.Text(sms, phone, twiliotest.Number, tc.body)
			if tc.kind != "" {
				c.Form.Set("OptOutType", tc.kind)
			}
			w.Server.Send(c)
			settle()
			if n := w.count(`select count(*) from consent where state = 'opted_out'`); n != tc.out {
				t.Errorf("%d, after %q %s: %d opted out", i, tc.body, tc.kind, n)
			}
			if n := len(w.Messages()); n != tc.answers {
				t.Errorf("%d, after %q %s: %d answers", i, tc.body, tc.kind, n)
			}
		}
	})
}

// Reports may come late, twice, in any order, and before what they are about was written down.
func TestM15ReportsInAnyOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.connect()
		w.run()
		id := w.send(text(phone))
		eventually(t, "it is sent", func() bool { s, _ := w.state(id); return s == message.Sent })
		sent := w.Last()
		for range 3 {
			for _, status := range []string{"failed", "sent", "delivered", "queued", "undelivered"} {
				w.Server.Send(w.StatusOf(sent, status, "30003"))
			}
		}
		if s, reason := w.state(id); s != message.Failed || reason != "twilio 30003" {
			t.Errorf("%s %s", s, reason)
		}
		w.mu.Lock()
		states := slices.Clone(w.states)
		w.mu.Unlock()
		if !slices.Equal(states, []message.State{message.Sent, message.Failed}) {
			t.Errorf("the hooks heard of %v", states)
		}
		form := w.StatusOf(sent, "delivered", "").Form
		form.Set("MessageSid", "SM"+strings.Repeat("9", 32))
		form.Set("SmsSid", form.Get("MessageSid"))
		early := twiliotest.Callback{URL: base + "/webhooks/twilio/status", Form: form, Token: twiliotest.Token}
		if rec := w.Server.Send(early); rec.Code != 204 || w.count(`select count(*) from message_report`) != 1 {
			t.Errorf("a report about what nobody knows yet: %d", rec.Code)
		}
		if err := w.Report(t.Context(), w.org, twilio.Name, "x", message.Planned, ""); err == nil {
			t.Error("a provider reports what it cannot know")
		}
	})
}
