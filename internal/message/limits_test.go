package message_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

func startText(to string) message.Out {
	out := text(to)
	out.Starts = true
	return out
}

func TestM16FourthSendInTenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := messagetest.NewProvider("fake")
		w := newWorld(t, storetest.Open(t), provider)
		w.run()
		try := func(what string, want error) {
			t.Helper()
			allowed := w.Allow(w.ctx(), w.db.Read(), message.SMS, phone, store.Now())
			_, err := w.trySend(startText(phone))
			if !errors.Is(err, want) || !errors.Is(allowed, want) {
				t.Errorf("%s: sent %v, allowed %v; want %v", what, err, allowed, want)
			}
		}
		try("the first", nil)
		time.Sleep(29 * time.Second)
		try("after 29 seconds", message.ErrLimited)
		time.Sleep(time.Second)
		try("after 30 seconds", nil)
		time.Sleep(time.Minute)
		try("the third", nil)
		time.Sleep(time.Minute)
		try("the fourth in ten minutes", message.ErrLimited)
		notice := text(phone)
		if _, err := w.trySend(notice); err != nil {
			t.Errorf("what starts nothing counts: %v", err)
		}
		time.Sleep(8 * time.Minute)
		for i := range 7 {
			try(fmt.Sprint("number ", i+4), nil)
			time.Sleep(10 * time.Minute)
		}
		try("the eleventh in a day", message.ErrLimited)
		if n := len(provider.Requests()); n != 11 {
			t.Errorf("%d requests reached the provider", n)
		}
		w.passes(24 * time.Hour)
		try("the next day", nil)
	})
}

func TestM16ThirtyTwoStartsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorld(t, db)
		w.run()
		var wg sync.WaitGroup
		errs := make([]error, 32)
		for i := range errs {
			wg.Go(func() { _, errs[i] = w.trySend(startText(phone)) })
		}
		wg.Wait()
		sent := 0
		for _, err := range errs {
			switch {
			case err == nil:
				sent++
			case !errors.Is(err, message.ErrLimited):
				t.Error(err)
			}
		}
		if sent != 1 {
			t.Errorf("%d of 32 were sent", sent)
		}
	})
}

func TestM16RefusedBeforeTheProvider(t *testing.T) {
	provider := messagetest.NewProvider("fake")
	w := newWorld(t, storetest.Open(t), provider)
	w.run()
	for to, want := range map[string]error{
		"+447400123456":   message.ErrCountry, // United Kingdom
		"+12423570000":    message.ErrCountry, // Bahamas, which looks like the United States
		"+19005550123":    message.ErrKind,    // premium rate
		"+18005550123":    message.ErrKind,    // toll free
		"+33899123456":    message.ErrKind,    // premium rate in France
		"+33142345678":    message.ErrKind,    // a landline in France
		"+33612345678":    nil,
		"+12125550199":    nil,
		"+1212555":        message.ErrAddress,
		"2125550123":      message.ErrAddress,
		"":                message.ErrAddress,
		"+99912345678":    message.ErrAddress,
		"pia@example.com": message.ErrAddress,
	} {
		if _, err := w.trySend(startText(to)); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", to, err, want)
		}
		if err := w.Allow(w.ctx(), w.db.Read(), message.SMS, to, store.Now().Add(time.Hour)); !errors.Is(err, want) {
			t.Errorf("allow %q: %v, want %v", to, err, want)
		}
	}
	if _, err := w.trySend(message.Out{Way: message.Voice, To: "+33142345678", Body: "x", Purpose: message.Verification}); err != nil {
		t.Errorf("a landline can be called: %v", err)
	}
	for to, ok := range map[string]bool{"pia@example.com": true, "pia": false, "a@b\r\nBcc: c@example.com": false} {
		if _, err := w.trySend(message.Out{Way: message.Email, To: to, Body: "x", Purpose: message.Notice}); (err == nil) != ok {
			t.Errorf("%q: %v", to, err)
		}
	}
}

func TestM16SpendCap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		provider := messagetest.NewProvider("fake").Costing(30_000_000)
		w := newWorld(t, db, provider)
		w.run()
		var wg sync.WaitGroup
		var mu sync.Mutex
		kinds := map[fault.Kind]int{}
		for i := range 12 {
			wg.Go(func() {
				_, err := w.trySend(text(fmt.Sprintf("+1212555%04d", 100+i)))
				mu.Lock()
				defer mu.Unlock()
				if err != nil && !errors.Is(err, message.ErrSpendCap) {
					t.Error(err)
				}
				kinds[fault.KindOf(err)]++
			})
		}
		wg.Wait()
		if kinds[fault.Limited] != 9 {
			t.Errorf("%v: 3 of 12 messages fit into the cap", kinds)
		}
		eventually(t, "sent", func() bool { return len(provider.Ledger()) == 3 })
	})
}

func TestLimitsTellWhenToTryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		w.send(startText(phone))
		time.Sleep(12 * time.Second)
		err := w.Allow(w.ctx(), w.db.Read(), message.SMS, phone, store.Now())
		e, ok := errors.AsType[*fault.Error](err)
		if !ok || e.RetryAfter != 18*time.Second {
			t.Errorf("got %v, retry after %v", err, e.RetryAfter)
		}
	})
}
