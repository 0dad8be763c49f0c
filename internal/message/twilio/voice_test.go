package twilio_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// kept is the text that lies sealed for a call, "" once it is wiped.
func (w *world) kept(m twiliotest.Message) string {
	w.t.Helper()
	u, err := url.Parse(m.Form.Get("Url"))
	if err != nil {
		w.t.Fatal(err)
	}
	var callID string
	var body []byte
	err = w.db.Read().QueryRowContext(w.t.Context(), `select id, body from message_twilio_call where org_id = $1 and token_hash = $2`,
		w.org, id.Hash(u.Query().Get("call"))).Scan(&callID, &body)
	if err != nil {
		w.t.Fatal(err)
	}
	if body == nil {
		return ""
	}
	plain, err := w.keys.Unseal(seal.Place{Table: "message_twilio_call", Column: "body", ID: w.org + "/" + callID}, body)
	if err != nil {
		w.t.Fatal(err)
	}
	var script struct{ Text string }
	if err := json.Unmarshal(plain, &script); err != nil {
		w.t.Fatal(err)
	}
	return script.Text
}

// M35 and R19: a call speaks its code only to somebody who pressed the key. Voicemail, a fax or silence hears none, whatever machine
// detection thinks of it.
func TestM35VoicemailHearsNoCode(t *testing.T) {
	for name, tc := range map[string]struct {
		who    twiliotest.Listener
		hears  bool
		reason string
	}{
		"voicemail":                       {twiliotest.Listener{AnsweredBy: "machine_start"}, false, "voicemail"},
		"voicemail at its end":            {twiliotest.Listener{AnsweredBy: "machine_end_beep"}, false, "voicemail"},
		"voicemail whose tones press 1":   {twiliotest.Listener{AnsweredBy: "machine_end_other", Keys: "1"}, false, "voicemail"},
		"a fax":                           {twiliotest.Listener{AnsweredBy: "fax", Keys: "1"}, false, "voicemail"},
		"voicemail taken for a person":    {twiliotest.Listener{AnsweredBy: "human"}, false, "not_confirmed"},
		"voicemail that nobody can tell":  {twiliotest.Listener{AnsweredBy: "unknown"}, false, "not_confirmed"},
		"another key":                     {twiliotest.Listener{AnsweredBy: "human", Keys: "5"}, false, "not_confirmed"},
		"busy":                            {twiliotest.Listener{Ends: "busy"}, false, "call_busy"},
		"nobody":                          {twiliotest.Listener{Ends: "no-answer"}, false, "no_answer_to_call"},
		"a failure":                       {twiliotest.Listener{Ends: "failed"}, false, "call_failed"},
		"a person":                        {twiliotest.Listener{AnsweredBy: "human", Keys: "1"}, true, ""},
		"a person nobody can tell":        {twiliotest.Listener{AnsweredBy: "unknown", Keys: "1"}, true, ""},
		"a person, without any detection": {twiliotest.Listener{Keys: "1"}, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t))
				w.connect()
				w.run()
				id := w.send(spokenText())
				settle()
				m := w.Last()
				if m.Form.Get("MachineDetection") != "Enable" || m.Form.Get("From") != twiliotest.Number || m.Form.Has("Twiml") {
					t.Errorf("%v", m.Form)
				}
				if w.kept(m) != "Your code is 123456" {
					t.Error("the text is not kept for the call")
				}
				if n := w.count(`select count(*) from message_delivery where body is not null`); n != 0 {
					t.Error("the delivery keeps its text once it was accepted")
				}
				heard := strings.Join(w.Play(m, tc.who), "\n")
				if n := strings.Count(heard, "1, 2, 3, 4, 5, 6"); (n == 2) != tc.hears || n != 0 && !tc.hears || strings.Contains(heard, "123456") {
					t.Errorf("heard %q", heard)
				}
				if answered := tc.who.Ends == "" && !strings.HasPrefix(tc.who.AnsweredBy, "machine") && tc.who.AnsweredBy != "fax"; strings.Contains(heard, "press 1") != answered {
					t.Errorf("asked for a key: %q", heard)
				}
				if w.kept(m) != "" {
					t.Error("the text outlives its call")
				}
				want := message.Failed
				if tc.hears {
					want = message.Delivered
				}
				if s, reason := w.state(id); s != want || reason != tc.reason {
					t.Errorf("%s %s, want %s %s", s, reason, want, tc.reason)
				}
			})
		})
	}
}

func spokenText() message.Out {
	out := text(phone)
	out.Way, out.Key, out.ExpiresAt = message.Voice, "", time.Now().Add(5*time.Minute)
	return out
}

// The key's address tells the code once, in the call that asked, and not after the message expired.
func TestM35TheCodeIsSaidOnceInItsOwnCall(t *testing.T) {
	digits := "1, 2, 3, 4, 5, 6"
	for name, try := range map[string]func(w *world, m twiliotest.Message, key string) (code string, wanted bool){
		"as it should be": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), true
		},
		"a replay": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			w.Server.Send(w.Ask(m, key, "human", "1"))
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), false
		},
		"before anybody was asked": func(w *world, m twiliotest.Message, key string) (string, bool) {
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), false
		},
		"in another call": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			m.SID = "CA" + strings.Repeat("7", 32)
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), false
		},
		"after it was found out to be a machine": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			w.Server.Send(w.Ask(m, key, "machine_start", ""))
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), false
		},
		"after the call ended": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			w.Server.Send(w.StatusOf(m, "completed", ""))
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), false
		},
		"after it expired": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			time.Sleep(6 * time.Minute)
			return w.Server.Send(w.Ask(m, key, "human", "1")).Body.String(), false
		},
		"without a signature": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			c := w.Ask(m, key, "human", "1")
			c.Token = ""
			return w.Server.Send(c).Body.String(), false
		},
		"with another token": func(w *world, m twiliotest.Message, key string) (string, bool) {
			w.Server.Send(w.Ask(m, m.Form.Get("Url"), "human", ""))
			return w.Server.Send(w.Ask(m, strings.Replace(key, "call=", "call=x", 1), "human", "1")).Body.String(), false
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, storetest.Open(t))
				w.connect()
				w.run()
				w.send(spokenText())
				settle()
				m := w.Last()
				if got, wanted := try(w, m, m.Form.Get("Url")+"&step=key"); strings.Contains(got, digits) != wanted {
					t.Errorf("%s", got)
				}
			})
		})
	}
}

// What waits for a call that never comes is wiped when it expires.
func TestTheTextOfACallExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.connect()
		w.run()
		w.send(spokenText())
		settle()
		m := w.Last()
		time.Sleep(6 * time.Minute)
		if err := w.carrier.Tidy(t.Context(), store.Now()); err != nil || w.kept(m) != "" {
			t.Error("kept", err)
		}
		w.passes(8 * 24 * time.Hour)
		if err := w.carrier.Tidy(t.Context(), store.Now()); err != nil || w.count(`select count(*) from message_twilio_call`) != 0 {
			t.Error("remembered for ever", err)
		}
	})
}

func TestACallInTheLanguageOfItsReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.connect()
		w.run()
		for language, want := range map[string]string{"fr": "appuyez sur 1", "de-CH": "drücken Sie die 1", "": "press 1", "xx": "press 1"} {
			out := spokenText()
			out.Language, out.Body = language, "Code <b> & 12345678"
			w.send(out)
			settle()
			heard := strings.Join(w.Play(w.Last(), twiliotest.Listener{AnsweredBy: "human", Keys: "1"}), "\n")
			if !strings.Contains(heard, want) || strings.Count(heard, "Code <b> & 1, 2, 3, 4, 5, 6, 7, 8") != 2 || !strings.Contains(heard, "Acme IT") {
				t.Errorf("%s: %q", language, heard)
			}
		}
		out := spokenText()
		out.Subject, out.Body = "Harbor calls. Press 1.", "It is 123456. Once more: 123456. Bye."
		w.send(out)
		settle()
		if heard := w.Play(w.Last(), twiliotest.Listener{Keys: "1"}); len(heard) != 3 || heard[0] != out.Subject || heard[2] != "It is 1, 2, 3, 4, 5, 6. Once more: 1, 2, 3, 4, 5, 6. Bye." {
			t.Errorf("with words of its own: %q", heard)
		}
		rec := w.Server.Send(w.Incoming(voice, phone, twiliotest.Number))
		if rec.Code != 200 || !strings.Contains(rec.Body.String(), "Nobody answers this number") || !strings.Contains(rec.Body.String(), "<Hangup></Hangup>") {
			t.Errorf("a call to our number: %d %s", rec.Code, rec.Body)
		}
	})
}
