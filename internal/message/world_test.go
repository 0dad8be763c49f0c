package message_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const phone = "+12125550123"

// world is one organization with a server that sends.
type world struct {
	*message.Service
	t      testing.TB
	db     *store.DB
	keys   *seal.Keyring
	bus    *events.Bus
	org    string
	outbox *sandbox.Carrier
	deps   message.Deps

	mu   sync.Mutex
	told []message.State
	stop func()
}

func newWorld(t testing.TB, db *store.DB, outside ...message.Sender) *world {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, keys: keys, bus: events.New(db, slog.New(slog.DiscardHandler))}
	log := audit.New(db, keys)
	w.outbox = sandbox.New(db, w.bus, slog.New(slog.DiscardHandler))
	guard := access.New(db)
	orgs := organization.New(db, guard, log, w.bus)
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		o, err := orgs.Create(t.Context(), tx, organization.Settings{Name: "Acme IT", AllowedCountries: []string{"US", "FR"}}, false)
		w.org = o.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.deps = message.Deps{DB: db, Guard: guard, Keys: keys, Audit: log, Events: w.bus, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	w.Service = w.another(outside...)
	return w
}

// another is the service of another run of the server, or of another node.
func (w *world) another(outside ...message.Sender) *message.Service {
	s := message.New(w.deps)
	s.Use(w.outbox, outside...)
	s.OnState(func(_ context.Context, _ *store.Tx, d message.Delivery) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.told = append(w.told, d.State)
		return nil
	})
	return s
}

func (w *world) ctx() context.Context {
	return access.WithActor(w.t.Context(), access.System(w.org))
}

// run starts the world's service; it ends with the test or by w.stop.
func (w *world) run() {
	w.stop = start(w.t, w.Service)
	w.t.Cleanup(w.stop)
}

// passes lets time pass in which nothing runs: a queue that is awake would look around millions of times.
func (w *world) passes(d time.Duration) {
	w.stop()
	time.Sleep(d)
	w.run()
}

func start(t testing.TB, s *message.Service) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	return sync.OnceFunc(func() { cancel(); <-done })
}

func text(to string) message.Out {
	return message.Out{Way: message.SMS, To: to, Body: "Your code is 123456", Purpose: message.Verification, Owner: message.Ref{Type: "verification", ID: "v1"}}
}

func (w *world) send(out message.Out) (id string) {
	w.t.Helper()
	id, err := w.trySend(out)
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) trySend(out message.Out) (id string, err error) {
	ctx := w.ctx()
	err = w.db.Write(ctx, func(tx *store.Tx) error {
		id, err = w.Send(ctx, tx, out)
		return err
	})
	return id, err
}

func (w *world) state(id string) (state message.State, reason string) {
	w.t.Helper()
	err := w.db.Read().QueryRowContext(w.t.Context(), `select state, reason from message_delivery where org_id = $1 and id = $2`, w.org, id).Scan(&state, &reason)
	if err != nil {
		w.t.Fatal(err)
	}
	return state, reason
}

// sealedText is how many deliveries still hold their text.
func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read().QueryRowContext(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// eventually waits in real time, for tests on databases that fake time does not reach.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
