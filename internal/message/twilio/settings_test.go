package twilio_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.must(404, "administrator", "GET", "", "")
		for who, want := range map[string]int{"technician": 403, "read_only": 403, "nobody": 401} {
			for _, method := range []string{"GET", "PUT", "DELETE"} {
				body := ""
				if method == "PUT" {
					body = settings
				}
				w.must(want, who, method, "", body)
			}
			w.must(want, who, "POST", "/test", `{}`)
			w.must(want, who, "GET", "/numbers", "")
			w.must(want, who, "POST", "/numbers", `{"sid":"x"}`)
		}
		replaced := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(settings) }
		for name, body := range map[string]string{
			"no token":               replaced(`"auth_token":"`+twiliotest.Token+`",`, ``),
			"an account of nobody":   replaced(twiliotest.Account, "AC1"),
			"no number":              replaced(`"sms_number":"`+twiliotest.Number+`","voice_number":"`+twiliotest.Number+`",`, ``),
			"not a number":           replaced(`"sms_number":"`+twiliotest.Number, `"sms_number":"abc`),
			"http elsewhere":         replaced("https://twilio.example.com", "http://twilio.example.com"),
			"an address with a path": replaced("https://twilio.example.com", "https://twilio.example.com/x"),
			"credentials in it":      replaced("https://twilio.example.com", "https://u:p@twilio.example.com"),
			"a scheme":               replaced("https://twilio.example.com", "file:///etc/passwd"),
			"a token with a space":   replaced(twiliotest.Token, "a b"),
			"too fast":               replaced(`"messages_per_minute":6000`, `"messages_per_minute":6001`),
			"a key without secret":   replaced(`"enabled":true`, `"enabled":true,"api_key_sid":"`+twiliotest.Key+`"`),
			"a service of nobody":    replaced(`"enabled":true`, `"enabled":true,"messaging_service_sid":"MG1"`),
		} {
			if status, answer := w.do("administrator", "PUT", "", body); status != 422 {
				t.Errorf("%s: %d %v", name, status, answer)
			}
		}
		w.connect()
		got := w.must(200, "administrator", "GET", "", "")
		hooks, _ := got["webhooks"].(map[string]any)
		if got["auth_token_set"] != true || got["alternate_token_set"] != true || got["api_key_secret_set"] != false || hooks["sms"] != sms || hooks["reachable"] != true || got["version"] != 1.0 {
			t.Errorf("%v", got)
		}
		keep := replaced(`"auth_token":"`+twiliotest.Token+`","alternate_token":"`+twiliotest.Alternate+`",`, ``)
		w.must(200, "administrator", "PUT", "", keep)
		w.must(422, "administrator", "PUT", "", strings.Replace(keep, "https://twilio.example.com", "https://evil.example.com", 1))
		w.must(422, "administrator", "PUT", "", strings.Replace(keep, twiliotest.Account, otherAccount, 1))
		w.must(200, "administrator", "PUT", "", replaced(`"enabled":true`, `"enabled":true,"api_key_sid":"`+twiliotest.Key+`","api_key_secret":"`+twiliotest.KeySecret+`"`))
		w.must(422, "administrator", "PUT", "", replaced("https://twilio.example.com", "https://evil.example.com", `"enabled":true`, `"enabled":true,"api_key_sid":"`+twiliotest.Key+`"`))
		for _, secret := range []string{twiliotest.Token, twiliotest.Alternate, twiliotest.KeySecret} {
			if w.count(`select count(*) from message_twilio where cast(auth_token as text) like $1 or cast(alternate_token as text) like $1 or cast(api_key_secret as text) like $1`, "%"+secret+"%") != 0 {
				t.Error("a secret is not sealed")
			}
			if w.count(`select count(*) from audit_event where record like $1`, "%"+secret+"%") != 0 {
				t.Error("a secret is in the record")
			}
		}
		w.must(204, "administrator", "DELETE", "", "")
		w.must(404, "administrator", "DELETE", "", "")
		if number, _, err := w.Inbound(w.ctx(), w.db.Read(), w.org); number != message.SandboxNumber || err != nil {
			t.Error(number, err)
		}
	})
}

func TestADemoOrganizationDoesNotReachTwilio(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	demo := w.organization("Demo", true)
	w.must(409, "administrator@"+demo, "PUT", "", settings)
}

// Two organizations may share an account, but a number belongs to one of them; and an organization that only claims an account gets nothing.
func TestAttack43TheNumberOfANeighbour(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	squatter := w.organization("Squatter", false)
	w.must(200, "administrator@"+squatter, "PUT", "", strings.Replace(settings, `"auth_token":"`+twiliotest.Token, `"auth_token":"made-up`, 1))
	w.connect()
	neighbour := w.organization("Neighbour", false)
	w.must(409, "administrator@"+neighbour, "PUT", "", settings)
	w.must(200, "administrator@"+neighbour, "PUT", "", strings.ReplaceAll(settings, twiliotest.Number, "+12125550188"))
	for to, org := range map[string]string{twiliotest.Number: w.org, "+12125550188": neighbour} {
		if rec := w.Server.Send(twiliotest.Text(sms, phone, to, "hello")); rec.Code != 200 || w.count(`select count(*) from message_inbound where org_id = $1`, org) != 1 {
			t.Errorf("%s: %d", to, rec.Code)
		}
	}
	if w.count(`select count(*) from message_inbound where org_id = $1`, squatter) != 0 {
		t.Error("the squatter gets messages")
	}
}

func TestNumbers(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.connect()
	pn := func(n string) string { return "PN0000000000000000000000000000000" + n }
	w.Numbers(
		&twiliotest.NumberResource{SID: pn("1"), Number: twiliotest.Number, Name: "Front desk"},
		&twiliotest.NumberResource{SID: pn("2"), Number: "+12125550102", SMS: "https://other.example.com/secret", Voice: voice},
		&twiliotest.NumberResource{SID: pn("3"), Number: "+18005550103", TollFree: "IN_REVIEW"},
		&twiliotest.NumberResource{SID: pn("4"), Number: "+33123456789"},
	)
	w.Services(twiliotest.ServiceResource{SID: twiliotest.Service, Registered: true, Numbers: []string{pn("1")}, OwnInbound: true})
	list, _ := w.must(200, "administrator", "GET", "/numbers", "")["items"].([]any)
	var got []string
	for _, x := range list {
		n, _ := x.(map[string]any)
		got = append(got, strings.Join([]string{n["number"].(string), n["sms_to"].(string), n["voice_to"].(string), n["registration"].(string)}, " "))
		if n["service_takes_texts"] != (n["sid"] == pn("1")) || n["ours"] != (n["sid"] == pn("1")) {
			t.Errorf("%v", n)
		}
	}
	if want := []string{"+12125550100 nowhere nowhere registered", "+12125550102 elsewhere here unregistered", "+18005550103 nowhere nowhere pending", "+33123456789 nowhere nowhere not_needed"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if rec := w.Server.Send(twiliotest.Text(sms, phone, "+12125550102", "hello")); rec.Code != 403 {
		t.Errorf("a number that is not ours yet: %d", rec.Code)
	}
	if answer := w.must(409, "administrator", "POST", "/numbers", `{"sid":"`+pn("2")+`"}`); answer["code"] != "twilio.points_elsewhere" {
		t.Errorf("%v", answer)
	}
	w.must(404, "administrator", "POST", "/numbers", `{"sid":"`+pn("9")+`"}`)
	w.must(404, "administrator", "POST", "/numbers", `{"sid":"../../x"}`)
	w.must(200, "administrator", "POST", "/numbers", `{"sid":"`+pn("2")+`","replace":true}`)
	if n := w.NumberNow("+12125550102"); n.SMS != sms || n.Voice != voice || n.StatusAddress != base+"/webhooks/twilio/status" {
		t.Errorf("%+v", n)
	}
	if rec := w.Server.Send(twiliotest.Text(sms, phone, "+12125550102", "hello")); rec.Code != 200 {
		t.Errorf("a number of ours: %d", rec.Code)
	}
	w.Down(true)
	w.must(503, "administrator", "GET", "/numbers", "")
}

func TestTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.must(404, "administrator", "POST", "/test", `{}`)
		w.connect()
		w.run()
		answer := w.must(200, "administrator", "POST", "/test", `{}`)
		if account, _ := answer["account"].(map[string]any); account["status"] != "active" || account["trial"] != false || answer["message"] != nil {
			t.Errorf("%v", answer)
		}
		answer = w.must(200, "administrator", "POST", "/test", `{"to":"(212) 555-0123"}`)
		if m, _ := answer["message"].(map[string]any); m["state"] != "sent" || w.Last().Form.Get("To") != phone {
			t.Errorf("%v", answer)
		}
		w.must(429, "administrator", "POST", "/test", `{"to":"(212) 555-0123"}`) // as any other message to it
		w.must(422, "administrator", "POST", "/test", `{"to":"nonsense"}`)
		w.must(200, "administrator", "PUT", "", strings.Replace(settings, twiliotest.Token, "wrong", 1))
		if answer := w.must(422, "administrator", "POST", "/test", `{}`); answer["code"] != "twilio.account_refused" {
			t.Errorf("%v", answer)
		}
	})
}
