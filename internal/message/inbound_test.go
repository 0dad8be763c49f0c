package message_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func (w *world) receive(in message.In) {
	w.t.Helper()
	if err := w.Receive(w.ctx(), in); err != nil {
		w.t.Fatal(err)
	}
}

func sms(body string) message.In {
	return message.In{Way: message.SMS, From: phone, To: message.SandboxNumber, Body: body}
}

// inbox is what the sandbox phone of a number shows, the oldest first.
func (w *world) inbox(to string) (bodies []string) {
	w.t.Helper()
	for _, m := range w.messages(to) {
		bodies = append(bodies, m.Body)
	}
	return bodies
}

func (w *world) messages(to string) []sandbox.Message {
	w.t.Helper()
	found, _, err := w.outbox.Outbox(w.ctx(), to, "", store.Page{Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(found)
	return found
}

func TestM17AndM18OptedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.run()
		w.receive(sms("please stop texting me"))
		eventually(t, "one confirmation", func() bool { return len(w.inbox(phone)) == 1 })
		if !strings.Contains(w.inbox(phone)[0], "START") {
			t.Errorf("the confirmation is %q", w.inbox(phone))
		}
		w.receive(sms("STOP"))
		w.receive(sms("no más"))

		for name, out := range map[string]message.Out{
			"a code":   startText(phone),
			"a notice": {Way: message.SMS, To: phone, Body: "x", Purpose: message.Notice},
			"a call":   {Way: message.Voice, To: phone, Body: "x", Purpose: message.Verification},
			"internal": {Way: message.SMS, To: phone, Body: "x", Purpose: message.Internal},
		} {
			if _, err := w.trySend(out); !errors.Is(err, message.ErrOptedOut) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Allow(w.ctx(), db.Read(), message.SMS, phone, store.Now()); !errors.Is(err, message.ErrOptedOut) {
			t.Error(err)
		}
		if got, err := (consent.Ledger{Keys: w.keys}).States(w.ctx(), db.Read(), w.org, []string{"pia@example.com", phone}); err != nil || !maps.Equal(got, map[string]string{phone: "opted_out"}) {
			t.Error(got, err)
		}
		asked := startText(phone)
		asked.OnRequest = true
		w.send(asked)
		eventually(t, "what they asked for", func() bool { return len(w.inbox(phone)) == 2 })
		w.receive(sms("HELP"))
		eventually(t, "help", func() bool { return len(w.inbox(phone)) == 3 })
		w.receive(sms("yes"))
		eventually(t, "the confirmation of START", func() bool { return len(w.inbox(phone)) == 4 })
		w.send(text(phone))
		eventually(t, "a code again", func() bool { return len(w.inbox(phone)) == 5 })
		if n := w.count(`select count(*) from message_inbound where state <> 'routed'`); n != 0 {
			t.Errorf("%d messages were not routed", n)
		}
	})
}

// What was queued before the STOP does not leave after it.
func TestM17StopReachesWhatIsQueued(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	var ids []string
	for range 50 {
		ids = append(ids, w.send(message.Out{Way: message.SMS, To: phone, Body: "news", Purpose: message.Notice}))
	}
	w.receive(sms("STOP"))
	w.run()
	for _, id := range ids {
		eventually(t, "refused", func() bool {
			state, reason := w.state(id)
			return state == message.Refused && reason == "opted_out"
		})
	}
	eventually(t, "the confirmation", func() bool { return len(w.inbox(phone)) == 1 })
}

func TestM12AnUnknownSenderGetsNoAnswer(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.run()
	var seen []message.In
	w.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
		seen = append(seen, in)
		return false, nil
	})
	w.receive(sms("#verify"))
	w.receive(sms("yes")) // of somebody who never opted out: no consent, and passed on
	w.receive(message.In{Way: message.SMS, From: "VM-ALERT", To: message.SandboxNumber, Body: "HELP"})
	time.Sleep(50 * time.Millisecond)
	if n := w.count(`select count(*) from message_delivery`); n != 0 {
		t.Errorf("%d answers", n)
	}
	if len(seen) != 2 || seen[0].Body != "#verify" || seen[0].From != phone {
		t.Errorf("routed %+v", seen)
	}
	if n := w.count(`select count(*) from message_inbound where state = 'unrouted' and body is null and subject is null`); n != 2 {
		t.Errorf("%d kept as unrouted, without their text", n)
	}
}

func TestM15AReplayedMessageIsDropped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		var mu sync.Mutex
		handled := 0
		w.OnInbound(func(context.Context, *store.Tx, message.In) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			handled++
			return true, nil
		})
		in := sms("#verify")
		in.ID = "SM1"
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := w.Receive(w.ctx(), in); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if handled != 1 {
			t.Errorf("handled %d times", handled)
		}
	})
}

// A handler that fails leaves nothing behind and is asked again; so is one during which the server dies.
func TestReceivedMessagesAreHandledExactlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		failures := 2
		w.OnInbound(func(ctx context.Context, tx *store.Tx, in message.In) (bool, error) {
			if access.ActorFrom(ctx).OrgID != w.org {
				t.Error("the route's context names no organization")
			}
			_, err := w.Send(ctx, tx, message.Out{Way: in.Way, To: in.From, Body: "answer", Purpose: message.Verification, Key: "answer to " + in.ID})
			if failures--; failures >= 0 {
				return false, errors.Join(err, errors.New("not now"))
			}
			return true, err
		})
		w.receive(sms("#verify"))
		w.run()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if got := w.inbox(phone); len(got) != 1 {
			t.Errorf("answered %d times", len(got))
		}
		if failures != -1 {
			t.Errorf("handled %d times too often", -1-failures)
		}
	})
}

func TestAReceivedMessageSurvivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		handled := 0
		w.OnInbound(func(context.Context, *store.Tx, message.In) (bool, error) {
			handled++
			return true, nil
		})
		w.receive(sms("#verify"))
		// As if the server had died between storing and routing.
		err := w.db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update message_inbound set state = 'received', next_at = $1`, store.Time(store.Now().Add(time.Hour)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.run()
		synctest.Wait()
		if handled != 2 {
			t.Errorf("handled %d times", handled)
		}
	})
}

func TestTheTextOfReceivedMessagesIsSealedAndWiped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
			return in.Body == "my secret words", nil
		})
		w.run()
		w.receive(sms("my secret words"))
		if n := w.count(`select count(*) from message_inbound where body is not null and instr(body, 'secret') = 0`); n != 1 {
			t.Error("the text is not sealed")
		}
		w.passes(30 * 24 * time.Hour)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := w.count(`select count(*) from message_inbound where body is null and subject is null`); n != 1 {
			t.Error("the text is still there")
		}
		w.passes(60 * 24 * time.Hour)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := w.count(`select count(*) from message_inbound`); n != 0 {
			t.Error("the message is still known after 90 days")
		}
	})
}

// Only who got the mail knows its reply address, and only they may use it (D-24).
func TestTheReplyAddressOfAMail(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	w.run()
	var got []message.In
	w.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
		got = append(got, in)
		return true, nil
	})
	mail := func(to string) message.Out {
		return message.Out{Way: message.Email, To: to, Subject: "Hello", Body: "Is it you?", Purpose: message.Verification}
	}
	pia, bob := w.send(mail("pia@example.com")), w.send(mail("Bob@example.com"))
	eventually(t, "both", func() bool { return len(w.messages("pia@example.com"))+len(w.messages("bob@example.com")) == 2 })
	ofPia, ofBob := w.messages("pia@example.com")[0].From, w.messages("bob@example.com")[0].From
	local, _, _ := strings.Cut(ofPia, "@")
	if ofPia == ofBob || len(local) > 64 || len(local) < 32 {
		t.Errorf("reply addresses %q, %q", ofPia, ofBob)
	}
	for _, tc := range []struct{ from, to, want string }{
		{"pia@example.com", ofPia, pia},
		{"PIA@example.com", strings.ToUpper(ofPia), pia},
		{"bob@example.com", ofBob, bob},
		{"pia@example.com", ofBob, ""}, // Bob, who pretends to be Pia
		{"pia@example.com", message.SandboxEmail, ""},
		{"pia@example.com", strings.Replace(ofPia, "+", "+x", 1), ""},
	} {
		w.receive(message.In{Way: message.Email, From: tc.from, To: tc.to, Body: "#confirm", Reply: pia})
		if last := got[len(got)-1]; last.Reply != tc.want {
			t.Errorf("from %s to %s: reply to %q, want %q", tc.from, tc.to, last.Reply, tc.want)
		}
	}
}

func TestAnswersHaveALimit(t *testing.T) {
	w := newWorld(t, storetest.Open(t))
	for range 30 {
		w.receive(sms("HELP"))
	}
	if n := w.count(`select count(*) from message_delivery`); n != 10 {
		t.Errorf("%d answers", n)
	}
}

// A From line proves nothing, so it must not undo what a person asked for; that they asked for silence counts whoever says it.
func TestM12AnUnsignedStartOptsNobodyIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		mail := func(body string, aligned bool) message.In {
			return message.In{Way: message.Email, From: "pia@example.com", To: message.SandboxEmail, Body: body, Aligned: aligned}
		}
		out := func() bool {
			got, err := (consent.Ledger{Keys: w.keys}).Of(w.ctx(), db.Read(), w.org, "pia@example.com")
			if err != nil {
				t.Fatal(err)
			}
			return got.State == consent.OptedOut
		}
		w.receive(mail("STOP", false))
		if !out() {
			t.Fatal("an unsigned STOP was not honored")
		}
		for _, word := range []string{"START", "yes", "unstop"} {
			if w.receive(mail(word, false)); !out() {
				t.Errorf("an unsigned %s opted the address in again", word)
			}
		}
		if n := w.count(`select count(*) from message_delivery where owner_type = 'inbound'`); n != 1 {
			t.Errorf("%d answers, want the one to STOP", n)
		}
		if w.receive(mail("START", true)); out() {
			t.Error("a signed START was not honored")
		}
	})
}
