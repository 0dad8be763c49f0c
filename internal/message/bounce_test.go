package message_test

import (
	"context"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// mailer accepts mail and notes the tokens of its reply addresses.
type mailer struct {
	mu     sync.Mutex
	tokens []string
	hold   chan struct{} // nil answers at once
}

func (*mailer) Name() string                 { return "smtp" }
func (*mailer) Carries(way message.Way) bool { return way == message.Email }
func (*mailer) Configured(context.Context, store.Querier, string) (bool, error) {
	return true, nil
}

func (p *mailer) Send(_ context.Context, a message.Attempt) (message.Receipt, error) {
	p.mu.Lock()
	p.tokens = append(p.tokens, a.ReplyToken)
	p.mu.Unlock()
	if p.hold != nil {
		<-p.hold
	}
	return message.Receipt{ProviderID: a.DeliveryID + "@example.com"}, nil
}

func (p *mailer) token(t *testing.T, n int) string {
	eventually(t, "the mail is handed over", func() bool { p.mu.Lock(); defer p.mu.Unlock(); return len(p.tokens) > n })
	return p.tokens[n]
}

func email() message.Out {
	return message.Out{Way: message.Email, To: "pia@example.com", Subject: "x", Body: "y", Purpose: message.Notice}
}

func TestABouncedMailFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		p := &mailer{}
		w := newWorld(t, db, p)
		w.run()
		first, second := w.send(email()), w.send(email())
		tokens := []string{p.token(t, 0), p.token(t, 1)}
		for _, id := range []string{first, second} {
			eventually(t, "sent", func() bool { state, _ := w.state(id); return state == message.Sent })
		}
		bounced := func(token, status string) {
			t.Helper()
			if err := w.Bounced(w.ctx(), token, status); err != nil {
				t.Fatal(err)
			}
		}
		for _, forged := range []string{"", "abc", "abcdefghijklmnopqrstuvwxyz234567", first, tokens[0] + "x", tokens[0][1:]} {
			bounced(forged, "5.1.1")
		}
		if n := w.count(`select count(*) from message_delivery where state = 'sent'`); n != 2 {
			t.Fatalf("a forged report changed something: %d are still sent", n)
		}
		bounced(tokens[0], "5.1.1")
		bounced(tokens[0], "4.4.7") // again, with another reason
		if n := w.count(`select count(*) from message_delivery where state = 'failed' and reason = 'bounced 5.1.1'`); n != 1 {
			t.Errorf("%d failed", n)
		}
		if n := w.count(`select count(*) from message_delivery where state = 'sent'`); n != 1 {
			t.Errorf("%d are still sent", n)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if last := w.told[len(w.told)-1]; last != message.Failed {
			t.Errorf("the hooks heard last of %q", last)
		}
	})
}

// A report may overtake the server's own answer: whoever brings it brings it again.
func TestABounceThatIsFasterThanTheAnswerComesAgain(t *testing.T) {
	p := &mailer{hold: make(chan struct{})}
	w := newWorld(t, storetest.Open(t), p)
	w.run()
	id := w.send(email())
	token := p.token(t, 0)
	if err := w.Bounced(w.ctx(), token, "5.1.1"); err == nil {
		t.Error("a report about a mail under way was dropped")
	}
	close(p.hold)
	eventually(t, "sent", func() bool { state, _ := w.state(id); return state == message.Sent })
	if err := w.Bounced(w.ctx(), token, "5.1.1"); err != nil {
		t.Fatal(err)
	}
	if state, reason := w.state(id); state != message.Failed || reason != "bounced 5.1.1" {
		t.Errorf("%s %s", state, reason)
	}
}
