package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/gateway/gatewaytest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// What a gateway reports moves a message on, in any order, twice, and before its own answer; nothing goes back.
func TestLateAndDuplicateCallbacks(t *testing.T) {
	for name, tc := range map[string]struct {
		statuses [][2]string
		want     message.State
		reason   string
	}{
		"delivered":              {[][2]string{{"accepted", ""}, {"sent", ""}, {"delivered", ""}}, message.Delivered, ""},
		"failed":                 {[][2]string{{"failed", "unreachable_number"}}, message.Failed, "gateway unreachable_number"},
		"delivered, then failed": {[][2]string{{"delivered", ""}, {"failed", "late"}, {"sent", ""}}, message.Delivered, ""},
		"failed, then delivered": {[][2]string{{"failed", ""}, {"delivered", ""}}, message.Failed, "gateway failed"},
		"twice":                  {[][2]string{{"delivered", ""}, {"delivered", ""}}, message.Delivered, ""},
		"opted out":              {[][2]string{{"failed", "opted_out"}}, message.Refused, "gateway opted_out"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t))
				w.run()
				sent := w.send(text(phone))
				w.until(sent, message.Sent)
				for i, s := range tc.statuses {
					if code := w.Server.Send(w.status(fmt.Sprint("e", i), sent, s[0], s[1])); code != 204 {
						t.Errorf("%v: %d", s, code)
					}
				}
				if s, reason := w.state(sent); s != tc.want || reason != tc.reason {
					t.Error(s, reason)
				}
			})
		})
	}
}

// The report overtakes the answer to the request that it is about, whose answer is lost.
func TestACallbackThatOvertakesTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.Script(gatewaytest.HangAccept)
		w.run()
		sent := w.send(text(phone))
		time.Sleep(time.Second)
		if code := w.Server.Send(w.status("e1", sent, "delivered", "")); code != 204 {
			t.Fatal(code)
		}
		w.until(sent, message.Delivered)
		if all, _ := w.Requests(); all != 1 {
			t.Errorf("%d requests", all)
		}
	})
}

// R15: whatever is not signed by this organization's secret, for this address, as a callback, of now and in the right form changes nothing, and is
// answered alike.
func TestForgedCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.run()
		sent := w.send(text(phone))
		w.until(sent, message.Sent)
		other := w.organization("Other IT", false)
		theirs, _ := w.must(200, "administrator@"+other, "PUT", "/api/settings/carriers/gateway",
			strings.Replace(settings, gatewaytest.Secret, "anothersecret-anothersecret-00001", 1))["account"].(string)
		good := func() gatewaytest.Callback { return w.status(id.New(), sent, "delivered", "") }
		for name, change := range map[string]func(c *gatewaytest.Callback){
			"no signature":            func(c *gatewaytest.Callback) { c.Signature = "v1=" },
			"another version":         func(c *gatewaytest.Callback) { c.Signature = "v2=" + strings.Repeat("0", 64) },
			"a wrong signature":       func(c *gatewaytest.Callback) { c.Signature = "v1=" + strings.Repeat("0", 64) },
			"another secret":          func(c *gatewaytest.Callback) { c.Secret = "anothersecret-anothersecret-00001" },
			"an empty secret":         func(c *gatewaytest.Callback) { c.Secret = "\x00" },
			"for another address":     func(c *gatewaytest.Callback) { c.Address = "https://elsewhere.example.com/webhooks/gateway" },
			"a request of ours":       func(c *gatewaytest.Callback) { c.Direction = "request" },
			"old":                     func(c *gatewaytest.Callback) { c.At = time.Now().Add(-5*time.Minute - time.Second) },
			"from the future":         func(c *gatewaytest.Callback) { c.At = time.Now().Add(5*time.Minute + 2*time.Second) },
			"another's account":       func(c *gatewaytest.Callback) { c.Account = theirs },
			"nobody's account":        func(c *gatewaytest.Callback) { c.Account = id.New() },
			"no account":              func(c *gatewaytest.Callback) { c.Account = "" },
			"another path":            func(c *gatewaytest.Callback) { c.Path = "/webhooks/gateway?x=1" },
			"a form":                  func(c *gatewaytest.Callback) { c.Media = "application/x-www-form-urlencoded" },
			"no JSON":                 func(c *gatewaytest.Callback) { c.Body = "{" },
			"a body that was swapped": func(c *gatewaytest.Callback) { c.Signature = "v1=" + strings.Repeat("a", 64) },
			"too large":               func(c *gatewaytest.Callback) { c.Body = `{"x":"` + strings.Repeat("x", 70_000) + `"}` },
			"another type":            func(c *gatewaytest.Callback) { c.Type, c.Media = "message.erased", "application/json;charset=utf-8" },
			"no message": func(c *gatewaytest.Callback) {
				c.Body = `{"id":"e","account":"` + w.account + `","type":"message.status","message":{}}`
			},
			"an id of its own": func(c *gatewaytest.Callback) {
				c.Body = fmt.Sprintf(`{"id":"%s","account":"%s","type":"message.status","message":{"id":"1","kind":"sms","status":"delivered"}}`, id.New(), w.account)
			},
			"an event without an id": func(c *gatewaytest.Callback) {
				c.Body = strings.Replace(`{"id":"","account":"A","type":"message.status","message":{"id":"M","kind":"sms","status":"delivered"}}`, "A", w.account, 1)
			},
			"an email by this gateway": func(c *gatewaytest.Callback) {
				c.Body = fmt.Sprintf(`{"id":"e","account":"%s","type":"message.status","message":{"id":"%s","kind":"email","status":"delivered"}}`, w.account, sent)
			},
		} {
			c := good()
			change(&c)
			if code := w.Server.Send(c); code != 403 {
				t.Errorf("%s: %d", name, code)
			}
			if s, _ := w.state(sent); s != message.Sent {
				t.Fatalf("%s: %s", name, s)
			}
		}
		if n := w.count(`select count(*) from message_gateway_event`); n != 0 {
			t.Errorf("%d callbacks were kept", n)
		}
		// The other organization's own, well signed, knows nothing of our message.
		c := good()
		c.Account, c.Secret = theirs, "anothersecret-anothersecret-00001"
		if code := w.Server.Send(c); code != 204 {
			t.Error(code)
		}
		if s, _ := w.state(sent); s != message.Sent {
			t.Fatal(s)
		}
		for _, secret := range []string{gatewaytest.Secret, gatewaytest.Alternate} { // while it is being replaced either is good
			c := good()
			c.Secret = secret
			if code := w.Server.Send(c); code != 204 {
				t.Error(code)
			}
		}
		if s, _ := w.state(sent); s != message.Delivered {
			t.Error(s)
		}
		if strings.Contains(w.logged(), phone) || strings.Contains(w.logged(), gatewaytest.Secret) {
			t.Error("the log tells")
		}
	})
}

// What somebody wrote is taken in once, however often it is told, at once or later, under the same or another callback.
func TestReplayedTextsAreTakenInOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		first := w.wrote("e1", "m1", "#verify")
		for i, c := range []gatewaytest.Callback{first, first, w.wrote("e2", "m1", "#verify"), w.wrote("e1", "m2", "#deny")} {
			if code := w.Server.Send(c); code != 204 {
				t.Errorf("%d: %d", i, code)
			}
		}
		if got := w.received(); len(got) != 1 || got[0].From != phone || got[0].Body != "#verify" || got[0].Way != message.SMS {
			t.Errorf("%+v", got)
		}
		again := first
		again.At = time.Now().Add(-6 * time.Minute)
		if code := w.Server.Send(again); code != 403 {
			t.Errorf("an old one: %d", code)
		}
		if code := w.Server.Send(w.wrote("e3", "m3", "#deny")); code != 204 || len(w.received()) != 2 {
			t.Errorf("%d, %d received", code, len(w.received()))
		}
	})
}

// A text for a number that is not the organization's is nobody's, and STOP counts whoever sends by what.
func TestTextsThatComeIn(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	other := w.wrote("e1", "m1", "hello")
	other.Message["to"] = "+12125550199"
	if code := w.Server.Send(other); code != 403 || len(w.received()) != 0 {
		t.Error(code)
	}
	w.must(200, "administrator", "PUT", "/api/settings/carriers/gateway", strings.Replace(settings, `"enabled":true`, `"enabled":false`, 1))
	if code := w.Server.Send(w.wrote("e2", "m2", "STOP")); code != 204 {
		t.Error(code)
	}
	if n := w.count(`select count(*) from consent where state = 'opted_out' and address_key = $1`, phone); n != 1 {
		t.Error("STOP did not count")
	}
	handled := w.wrote("e3", "m3", "START")
	handled.Message["handled"] = "start"
	if code := w.Server.Send(handled); code != 204 {
		t.Error(code)
	}
	if n := w.count(`select count(*) from message_delivery where purpose = 'answer'`); n != 1 {
		t.Errorf("%d answers, want the one to STOP", n)
	}
	w.must(204, "administrator", "DELETE", "/api/settings/carriers/gateway", "")
	if code := w.Server.Send(w.wrote("e4", "m4", "hello")); code != 403 {
		t.Errorf("after it was removed: %d", code)
	}
}

func TestSettings(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	const path = "/api/settings/carriers/gateway"
	a := w.must(200, "administrator", "GET", path, "")
	if a["callback_url"] != hook || a["reachable"] != true || a["alternate_secret_set"] != true || a["account"] != w.account || a["secret"] != nil {
		t.Errorf("%v", a)
	}
	without := strings.Replace(settings, `"secret":"`+gatewaytest.Secret+`",`, "", 1)
	w.must(200, "administrator", "PUT", path, without)
	if a := w.must(422, "administrator", "PUT", path, strings.Replace(without, "gateway.example.com", "evil.example.com", 1)); a["code"] != "gateway.secret_again" {
		t.Errorf("the old secret for another host: %v", a)
	}
	for name, change := range map[string][2]string{
		"a short secret": {gatewaytest.Secret, "short"}, "http": {"https://gateway", "http://gateway"}, "a query": {"/v1", "/v1?x=1"},
		"credentials": {"https://", "https://u:p@"}, "no number": {gatewaytest.Number, ""}, "a rate": {"6000", "6001"},
	} {
		body := strings.ReplaceAll(settings, change[0], change[1])
		w.must(422, "administrator", "PUT", path, body)
		_ = name
	}
	w.must(403, "technician", "PUT", path, settings)
	w.must(403, "manager", "GET", path, "")
	if n := w.count(`select count(*) from message_gateway where instr(secret, 'gatewaysecret') > 0`); n != 0 {
		t.Error("the secret is not sealed")
	}
	demo := w.organization("Demo", true)
	if a := w.must(409, "administrator@"+demo, "PUT", path, settings); a["code"] != "gateway.demo" {
		t.Error(a)
	}
	if n := w.count(`select count(*) from audit_event where action like 'settings.gateway.%'`); n != 2 {
		t.Errorf("%d audit events", n)
	}
}
