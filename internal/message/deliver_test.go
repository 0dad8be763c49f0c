package message_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// Every fault ends in a message that arrived, or in one that is known not to have: none lost, and no repetition without its mark.
func TestNeverLostNeverSilentlyDoubled(t *testing.T) {
	type fault = messagetest.Fault
	const (
		none, notSent, busy, refuse = messagetest.None, messagetest.NotSent, messagetest.Busy, messagetest.Refuse
		loseRequest, loseAnswer     = messagetest.LoseRequest, messagetest.LoseAnswer
		hang, hangAccepted          = messagetest.Hang, messagetest.HangAccepted
	)
	for name, tc := range map[string]struct {
		script   []fault
		lookup   bool // the provider can be asked
		dumb     int  // how often it cannot tell
		want     message.State
		reason   string
		accepted string // one mark for each message that the provider took: - or r (marked as a possible repeat)
		within   time.Duration
	}{
		"nothing goes wrong":              {want: message.Sent, accepted: "-", within: time.Millisecond},
		"delivered at once":               {script: []fault{messagetest.Late}, want: message.Delivered, accepted: "-", within: time.Millisecond},
		"no connection":                   {script: []fault{notSent, notSent, notSent}, want: message.Sent, accepted: "-", within: 10 * time.Second},
		"provider busy":                   {script: []fault{busy, busy}, want: message.Sent, accepted: "-", within: 5 * time.Second},
		"refused for good":                {script: []fault{refuse}, want: message.Failed, reason: "400", within: time.Second},
		"down for two minutes":            {script: slices.Repeat([]fault{notSent}, 7), want: message.Sent, accepted: "-", within: 3 * time.Minute},
		"request lost":                    {script: []fault{loseRequest}, want: message.Sent, accepted: "r", within: 2 * time.Second},
		"answer lost":                     {script: []fault{loseAnswer}, want: message.Sent, accepted: "-r", within: 2 * time.Second},
		"answer lost twice":               {script: []fault{loseAnswer, loseAnswer}, want: message.Failed, reason: "unconfirmed", accepted: "-r", within: 2 * time.Second},
		"answer lost, then busy":          {script: []fault{loseAnswer, busy, notSent}, want: message.Sent, accepted: "-r", within: 10 * time.Second},
		"too slow":                        {script: []fault{hang}, want: message.Sent, accepted: "r", within: 22 * time.Second},
		"accepted too slowly":             {script: []fault{hangAccepted}, want: message.Sent, accepted: "-r", within: 22 * time.Second},
		"the adapter panics":              {script: []fault{messagetest.Panic}, want: message.Sent, accepted: "r", within: 2 * time.Second},
		"asked: answer lost":              {script: []fault{loseAnswer}, lookup: true, want: message.Sent, accepted: "-", within: 5 * time.Second},
		"asked: request lost":             {script: []fault{loseRequest}, lookup: true, want: message.Sent, accepted: "-", within: 10 * time.Second},
		"asked: accepted too slowly":      {script: []fault{hangAccepted}, lookup: true, want: message.Sent, accepted: "-", within: 30 * time.Second},
		"asked: cannot tell at first":     {script: []fault{loseAnswer}, lookup: true, dumb: 2, want: message.Sent, accepted: "-", within: 12 * time.Second},
		"asked: can never tell":           {script: []fault{loseAnswer}, lookup: true, dumb: 1000, want: message.Sent, accepted: "-r", within: 20 * time.Second},
		"asked: never tells, lost twice":  {script: []fault{loseAnswer, loseAnswer}, lookup: true, dumb: 1000, want: message.Failed, reason: "unconfirmed", accepted: "-r", within: 50 * time.Minute},
		"asked: tells half an hour later": {script: []fault{loseAnswer, loseAnswer}, lookup: true, dumb: 180, want: message.Sent, accepted: "-r", within: 40 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				knowing := messagetest.NewKnowing("fake", tc.dumb, tc.script...)
				var sender message.Sender = knowing
				if !tc.lookup {
					sender = knowing.Provider
				}
				w := newWorld(t, storetest.Open(t), sender)
				w.run()
				id := w.send(text(phone))
				time.Sleep(tc.within)
				synctest.Wait()
				state, reason := w.state(id)
				if state != tc.want || (tc.reason != "" && reason != tc.reason) {
					t.Errorf("state %s (%s), want %s (%s)", state, reason, tc.want, tc.reason)
				}
				var marks strings.Builder
				for _, a := range knowing.Ledger() {
					if a.Body != "Your code is 123456" || a.To != phone || a.DeliveryID != id {
						t.Errorf("accepted %+v", a)
					}
					marks.WriteString(map[bool]string{false: "-", true: "r"}[a.PossibleRepeat])
				}
				if marks.String() != tc.accepted {
					t.Errorf("accepted %q, want %q", marks.String(), tc.accepted)
				}
				if n := w.count(`select count(*) from message_delivery where body is not null or subject is not null or next_at is not null`); n != 0 {
					t.Error("an ended delivery still holds its text, or is still due")
				}
				if n := w.count(`select count(*) from message_attempt where state = 'in_flight' or ended_at is null`); n != 0 {
					t.Error("an attempt is still open")
				}
				time.Sleep(time.Hour) // and nothing more happens
				synctest.Wait()
				if got := len(knowing.Ledger()); got != len(tc.accepted) {
					t.Errorf("later %d messages", got)
				}
			})
		})
	}
}

func TestATemporaryFailureGoesToTheNextProvider(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := messagetest.NewProvider("first", messagetest.Busy, messagetest.LoseAnswer)
		second := messagetest.NewProvider("second")
		w := newWorld(t, storetest.Open(t), first, second)
		w.run()
		w.send(text(phone))
		time.Sleep(3 * time.Second)
		w.send(text("+12125550124"))
		time.Sleep(3 * time.Second)
		got := second.Ledger()
		if len(got) != 2 || got[0].PossibleRepeat || !got[1].PossibleRepeat {
			t.Errorf("the second provider got %+v", got)
		}
	})
}

func TestTooLateIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := messagetest.NewProvider("fake", slices.Repeat([]messagetest.Fault{messagetest.Busy}, 100)...)
		w := newWorld(t, storetest.Open(t), provider)
		w.run()
		out := text(phone)
		out.ExpiresAt = time.Now().Add(5 * time.Minute)
		id := w.send(out)
		time.Sleep(5*time.Minute + time.Second)
		synctest.Wait()
		if state, _ := w.state(id); state != message.Expired {
			t.Errorf("state %s", state)
		}
		if want := []message.State{message.Expired}; !slices.Equal(w.told, want) {
			t.Errorf("told %v", w.told)
		}
	})
}

func TestTheSameKeyIsOneMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		provider := messagetest.NewProvider("fake")
		w := newWorld(t, db, provider)
		w.run()
		out := text(phone)
		out.Key, out.Starts = "verification/1", true
		first, second := w.send(out), w.send(out)
		if first != second {
			t.Error("two deliveries for one key")
		}
		eventually(t, "sent", func() bool { s, _ := w.state(first); return s == message.Sent })
		if third := w.send(out); third != first || len(provider.Ledger()) != 1 {
			t.Errorf("%d messages", len(provider.Ledger()))
		}
	})
}

func TestARolledBackMessageIsNeverSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		provider := messagetest.NewProvider("fake")
		w := newWorld(t, db, provider)
		w.run()
		_ = w.db.Write(w.ctx(), func(tx *store.Tx) error {
			if _, err := w.Send(w.ctx(), tx, text(phone)); err != nil {
				t.Error(err)
			}
			return fmt.Errorf("changed my mind")
		})
		id := w.send(text(phone))
		eventually(t, "sent", func() bool { s, _ := w.state(id); return s == message.Sent })
		if got := provider.Ledger(); len(got) != 1 || got[0].DeliveryID != id {
			t.Errorf("got %+v", got)
		}
	})
}

func TestCanceledBeforeItLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		provider := messagetest.NewProvider("fake")
		w := newWorld(t, db, provider)
		id := w.send(text(phone))
		if err := db.Write(w.ctx(), func(tx *store.Tx) error { return w.Cancel(w.ctx(), tx, message.Ref{Type: "verification", ID: "v1"}) }); err != nil {
			t.Fatal(err)
		}
		w.run()
		other := text("+12125550124")
		other.Owner.ID = "v2"
		last := w.send(other)
		eventually(t, "the other is sent", func() bool { s, _ := w.state(last); return s == message.Sent })
		if s, reason := w.state(id); s != message.Expired || reason != "canceled" {
			t.Errorf("state %s (%s)", s, reason)
		}
		for _, a := range provider.Ledger() {
			if a.DeliveryID == id {
				t.Error("a canceled message was sent")
			}
		}
	})
}

// A provider that hangs does not hold up what leaves by another way.
func TestAHangingProviderHoldsUpOnlyItsOwnLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := messagetest.NewProvider("slow", slices.Repeat([]messagetest.Fault{messagetest.Hang}, 1000)...).Only(message.SMS)
		w := newWorld(t, storetest.Open(t), slow)
		w.run()
		for i := range 100 {
			w.send(text(fmt.Sprintf("+1212555%04d", 100+i)))
		}
		id := w.send(message.Out{Way: message.Email, To: "pia@example.com", Subject: "Hello", Body: "Hello", Purpose: message.Notice})
		time.Sleep(time.Second)
		synctest.Wait()
		if s, _ := w.state(id); s != message.Sent {
			t.Errorf("the mail is %s", s)
		}
		if n := len(slow.Requests()); n != 32 {
			t.Errorf("%d requests at once", n)
		}
	})
}
