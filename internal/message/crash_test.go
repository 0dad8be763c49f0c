package message_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// A server that dies between the provider's acceptance and writing that down leaves an attempt in flight. The next run finds out, or
// sends once more and says so.
func TestM37KilledBetweenAcceptedAndRecorded(t *testing.T) {
	for name, tc := range map[string]struct {
		fault  messagetest.Fault
		lookup bool
		want   string // a mark for each message the provider took
	}{
		"accepted, can be asked":        {messagetest.Crash, true, "-"},
		"accepted, cannot be asked":     {messagetest.Crash, false, "-r"},
		"not accepted, can be asked":    {messagetest.CrashBefore, true, "-"},
		"not accepted, cannot be asked": {messagetest.CrashBefore, false, "r"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				provider := messagetest.NewKnowing("fake", 0, tc.fault)
				var sender message.Sender = provider
				if !tc.lookup {
					sender = provider.Provider
				}
				w := newWorld(t, storetest.Open(t), sender)
				dead := start(t, w.Service)
				defer func() { provider.Release(); dead() }()
				id := w.send(text(phone))
				synctest.Wait()
				if s, _ := w.state(id); s != message.Sending {
					t.Fatalf("state %s", s)
				}
				stop := start(t, w.another(sender)) // while the dead one hangs
				defer stop()
				time.Sleep(3 * time.Second)
				synctest.Wait()
				if s, _ := w.state(id); s != message.Sent {
					t.Errorf("state %s", s)
				}
				var marks strings.Builder
				for _, a := range provider.Ledger() {
					marks.WriteString(map[bool]string{false: "-", true: "r"}[a.PossibleRepeat])
				}
				if marks.String() != tc.want {
					t.Errorf("the provider took %q, want %q", marks.String(), tc.want)
				}
			})
		})
	}
}

// With several nodes a lease protects what another one is sending; it ends only with its node.
func TestALeaseProtectsWhatAnotherNodeSends(t *testing.T) {
	db := storetest.Open(t)
	provider := messagetest.NewProvider("fake", messagetest.Crash)
	w := newWorld(t, db, provider)
	w.deps.Timing = message.Timing{
		Request: 10 * time.Second, Lease: 300 * time.Millisecond, Backoff: 10 * time.Millisecond, MaxBackoff: time.Second,
		Ask: 10 * time.Millisecond, Resolve: 50 * time.Millisecond, Sweep: 50 * time.Millisecond,
	}
	first := w.another(provider)
	stopFirst := start(t, first)
	var id string
	err := db.Write(w.ctx(), func(tx *store.Tx) (err error) {
		id, err = first.Send(w.ctx(), tx, text(phone))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "under way", func() bool { return len(provider.Ledger()) == 1 })
	// The second node must not behave as the only one on SQLite does, which frees everything at its start: it starts before.
	time.Sleep(900 * time.Millisecond)
	if n := w.count(`select count(*) from message_delivery where id = $1 and next_at > $2`, id, store.Time(store.Now())); n != 1 {
		t.Error("the lease was not renewed")
	}
	provider.Release()
	eventually(t, "sent", func() bool { s, _ := w.state(id); return s == message.Sent })
	stopFirst()
	if n := len(provider.Ledger()); n != 1 {
		t.Errorf("%d messages", n)
	}
}

// A node dies with a message in its hands, of an organization for which the other node has sent nothing yet. The other finishes it when the
// lease ends, not when it next happens to look around, also while it is busy for others.
func TestWhatADeadNodeHeldIsFinishedAtTheEndOfItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, storetest.Open(t))
		const lease = 10 * time.Second // the usual one
		w.run()
		time.Sleep(100 * time.Millisecond) // just after a look at everything
		dead := w.another()                // its wake-ups reach nobody
		var id string
		err := w.db.Write(w.ctx(), func(tx *store.Tx) (err error) {
			if id, err = dead.Send(w.ctx(), tx, text(phone)); err != nil {
				return err
			}
			_, err = tx.ExecContext(w.ctx(), `update message_delivery set claim = 'last', node = 'dead', next_at = $1 where id = $2`, store.Time(store.Now().Add(lease)), id)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		died := time.Now()
		for state, _ := w.state(id); state != message.Sent && state != message.Delivered; state, _ = w.state(id) {
			if time.Sleep(time.Second); time.Since(died) > time.Minute {
				t.Fatal("nobody finishes it")
			}
			w.trySend(message.Out{Way: message.Email, To: "pia@northwind.example.com", Subject: "busy", Body: "busy", Purpose: message.Notice}) //nolint:errcheck // only wakes
		}
		if took := time.Since(died); took < lease || took > lease+2*time.Second {
			t.Errorf("finished after %s", took)
		}
	})
}

// On both databases: many messages, every fault, and a server that is stopped again and again. Nothing is lost, and the provider has no
// message twice without the mark.
func TestRestartsUnderFaultsLoseAndDoubleNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const messages = 120
		faults := []messagetest.Fault{
			messagetest.None, messagetest.LoseAnswer, messagetest.NotSent, messagetest.None, messagetest.LoseRequest, messagetest.Busy, messagetest.Panic,
		}
		var script []messagetest.Fault
		for i := range messages {
			script = append(script, faults[i%len(faults)])
		}
		provider := messagetest.NewProvider("fake", script...)
		w := newWorld(t, db, provider)
		w.deps.Timing = message.Timing{
			Request: 5 * time.Second, Lease: 200 * time.Millisecond, Backoff: 5 * time.Millisecond, MaxBackoff: 50 * time.Millisecond,
			Ask: 5 * time.Millisecond, Resolve: 20 * time.Millisecond, Sweep: 20 * time.Millisecond,
		}
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := range messages {
				s := w.another(provider)
				err := db.Write(w.ctx(), func(tx *store.Tx) error {
					_, err := s.Send(w.ctx(), tx, text(fmt.Sprintf("+1212555%04d", 100+i)))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		}()
		for range 8 {
			stop := start(t, w.another(provider))
			time.Sleep(40 * time.Millisecond)
			stop()
		}
		<-sent
		stop := start(t, w.another(provider))
		defer stop()
		eventually(t, "all ended", func() bool {
			return w.count(`select count(*) from message_delivery where next_at is not null`) == 0
		})
		perDelivery := map[string]int{}
		for _, a := range provider.Ledger() {
			perDelivery[a.DeliveryID]++
			if perDelivery[a.DeliveryID] > 1 && !a.PossibleRepeat || perDelivery[a.DeliveryID] > 2 {
				t.Errorf("message %d of a delivery without its mark", perDelivery[a.DeliveryID])
			}
		}
		sentOnes := w.count(`select count(*) from message_delivery where state = 'sent'`)
		failed := w.count(`select count(*) from message_delivery d where state = 'failed' and reason = 'unconfirmed' and 2 = (
			select count(*) from message_attempt a where a.org_id = d.org_id and a.delivery_id = d.id and a.state = 'unknown')`)
		if sentOnes+failed != messages || len(perDelivery) < sentOnes {
			t.Errorf("%d sent and %d unconfirmed of %d; the provider has %d", sentOnes, failed, messages, len(perDelivery))
		}
	})
}

// What a hook refuses to take is not forgotten: the state is recorded with it or not at all.
func TestAFailingHookIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		provider := messagetest.NewProvider("fake")
		w := newWorld(t, storetest.Open(t), provider)
		refusals := 3
		w.OnState(func(ctx context.Context, _ *store.Tx, _ message.Delivery) error {
			if access.ActorFrom(ctx).OrgID != w.org {
				t.Error("the hook's context names no organization")
			}
			if refusals--; refusals >= 0 {
				return fmt.Errorf("not now")
			}
			return nil
		})
		w.run()
		id := w.send(text(phone))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if s, _ := w.state(id); s != message.Sent || len(provider.Ledger()) != 1 {
			t.Errorf("state %s after %d messages", s, len(provider.Ledger()))
		}
	})
}

// Several nodes on one PostgreSQL share the work, and nobody's work is done twice.
func TestNodesShareTheWork(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		if db.Dialect() != store.Postgres {
			t.Skip("SQLite has one node")
		}
		const messages, nodes = 300, 3
		provider := messagetest.NewProvider("fake")
		w := newWorld(t, db, provider)
		var running []*message.Service
		for range nodes {
			s := w.another(provider)
			running = append(running, s)
			t.Cleanup(start(t, s))
		}
		var wg sync.WaitGroup
		for i := range messages {
			wg.Go(func() {
				err := db.Write(w.ctx(), func(tx *store.Tx) error {
					_, err := running[i%nodes].Send(w.ctx(), tx, text(fmt.Sprintf("+1212555%04d", i)))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		eventually(t, "all sent", func() bool { return w.count(`select count(*) from message_delivery where state = 'sent'`) == messages })
		seen := map[string]bool{}
		for _, a := range provider.Requests() {
			if seen[a.DeliveryID] || a.PossibleRepeat {
				t.Errorf("delivery %s was sent again", a.DeliveryID)
			}
			seen[a.DeliveryID] = true
		}
	})
}
