package message_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// A STOP between thousands of messages that wait and those who send them: within a second nothing more leaves.
// COUNTERSIGN_SCALE=full takes 10,000.
func TestM17StopEndsALongQueueWithinASecond(t *testing.T) {
	n := 600
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		n = 10_000
	}
	w := newWorld(t, storetest.Open(t))
	for first := 0; first < n; first += 200 {
		err := w.db.Write(w.ctx(), func(tx *store.Tx) error {
			for i := first; i < min(first+200, n); i++ {
				_, err := w.Send(w.ctx(), tx, message.Out{Way: message.SMS, To: phone, Body: fmt.Sprint("news ", i), Purpose: message.Notice})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.run()
	eventually(t, "the first of them", func() bool { return w.count(`select count(*) from message_sandbox`) > 0 })
	w.receive(sms("STOP"))
	stopped := store.Now()
	eventually(t, "the end of all", func() bool {
		return w.count(`select count(*) from message_delivery where state in ('planned', 'sending', 'unknown')`) == 0
	})
	var last time.Time
	err := w.db.Read().QueryRowContext(t.Context(), `select max(started_at) from message_attempt a join message_delivery d on d.org_id = a.org_id and d.id = a.delivery_id where d.purpose = 'notice'`).
		Scan((*store.Time)(&last))
	if err != nil {
		t.Fatal(err)
	}
	sent, refused := w.count(`select count(*) from message_delivery where purpose = 'notice' and state in ('sent', 'delivered')`), w.count(`select count(*) from message_delivery where state = 'refused'`)
	t.Logf("of %d, %d were sent and %d refused; the last request began %s after STOP", n, sent, refused, last.Sub(stopped))
	if last.Sub(stopped) > time.Second || sent+refused != n || refused == 0 {
		t.Errorf("%d sent, %d refused, the last %s after STOP", sent, refused, last.Sub(stopped))
	}
}

// MSG-12: where only those are texted who agreed, nobody else gets a text or a call, but mail and answers to their own words go.
func TestOnlyThoseWhoAgreedAreTexted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		ledger := consent.Ledger{Keys: w.keys, Audit: w.deps.Audit, Events: w.deps.Events}
		only := func(on bool) {
			err := db.Write(w.ctx(), func(tx *store.Tx) error {
				_, err := tx.ExecContext(w.ctx(), `
					insert into consent_settings (org_id, settings, version) values ($1, $2, 1)
					on conflict (org_id) do update set settings = excluded.settings`, w.org, fmt.Sprintf(`{"only_opted_in":%t,"reask_days":30}`, on))
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		only(true)
		for name, tc := range map[string]struct {
			out  message.Out
			want bool
		}{
			"a code":              {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Verification}, false},
			"a call":              {message.Out{Way: message.Voice, To: phone, Body: "x", Purpose: message.Verification}, false},
			"a notice":            {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Notice}, false},
			"on their request":    {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Verification, OnRequest: true}, true},
			"a question for it":   {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Consent}, true},
			"an answer":           {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Answer}, true},
			"to our own people":   {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Internal}, true},
			"mail":                {message.Out{Way: message.Email, To: "pia@example.com", Subject: "x", Body: "x", Purpose: message.Verification}, true},
			"a trial of the line": {message.Out{Way: message.SMS, To: phone, Body: "x", Purpose: message.Trial}, true},
		} {
			_, err := w.trySend(tc.out)
			if tc.want && err != nil || !tc.want && !isNoConsent(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Allow(w.ctx(), db.Read(), message.SMS, phone, store.Now()); !isNoConsent(err) {
			t.Errorf("shown beforehand: %v", err)
		}
		err := db.Write(w.ctx(), func(tx *store.Tx) error {
			_, err := ledger.Put(w.ctx(), tx, consent.Record{Address: phone, State: consent.OptedIn, Source: consent.ByVoice, Note: "she said so"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.trySend(text(phone)); err != nil {
			t.Errorf("to who agreed: %v", err)
		}
		only(false)
		if _, err := w.trySend(text("+12125550124")); err != nil {
			t.Errorf("with the switch off: %v", err)
		}
	})
}

func isNoConsent(err error) bool { return errors.Is(err, message.ErrNoConsent) }
