package twilio_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/message/twilio"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const (
	phone = "+12125550123"
	base  = "https://help.example.com"
	sms   = base + "/webhooks/twilio/sms"
	voice = base + "/webhooks/twilio/voice"
)

// world is an organization with an account at the simulator.
type world struct {
	*message.Service
	*twiliotest.Server
	t       testing.TB
	db      *store.DB
	keys    *seal.Keyring
	org     string
	orgs    *organization.Service
	carrier *twilio.Carrier
	api     *httpapi.API
	deps    message.Deps
	stop    func()

	mu     sync.Mutex
	states []message.State
	got    []message.In
	log    bytes.Buffer
}

// door signs everybody in as the technician whose role is the bearer token.
type door struct{ org string }

func (d door) Authenticate(r *http.Request) (access.Actor, error) {
	role, org, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "@")
	if !perm.Role(role).Valid() {
		return access.Actor{}, nil
	}
	if org == "" {
		org = d.org
	}
	return access.Actor{OrgID: org, Kind: access.Technician, ID: "t-" + role, Name: "Tess", Role: perm.Role(role), TokenID: "k" + org}, nil
}

// settings of the account, as they are set over the API.
const settings = `{"enabled":true,"account_sid":"` + twiliotest.Account + `","auth_token":"` + twiliotest.Token + `","alternate_token":"` + twiliotest.Alternate +
	`","base_url":"https://twilio.example.com","sms_number":"` + twiliotest.Number + `","voice_number":"` + twiliotest.Number + `","messages_per_minute":6000}`

func newWorld(t testing.TB, db *store.DB, others ...message.Sender) *world {
	t.Helper()
	return newWorldWith(t, db, message.Timing{}, others...)
}

func newWorldWith(t testing.TB, db *store.DB, timing message.Timing, others ...message.Sender) *world {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, keys: keys, Server: twiliotest.New(t)}
	logger := slog.New(slog.NewTextHandler(&locked{w: w}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bus, log, guard := events.New(db, logger), audit.New(db, keys), access.New(db)
	w.orgs = organization.New(db, guard, log, bus)
	w.org = w.organization("Acme IT", false)
	w.deps = message.Deps{DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Log: logger, Timing: timing}
	w.Service = message.New(w.deps)
	w.carrier = twilio.New(twilio.Deps{
		DB: db, Guard: guard, Keys: keys, Audit: log, Messages: w.Service, Log: logger, BaseURL: base, Client: w.Server, Settle: 2 * time.Second,
	})
	outbox := sandbox.New(db, bus, logger)
	w.Use(outbox, append(w.carrier.Senders(), others...)...)
	w.OnState(func(_ context.Context, _ *store.Tx, d message.Delivery) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.states = append(w.states, d.State)
		return nil
	})
	w.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, in)
		return true, nil
	})
	w.api = httpapi.New(httpapi.Options{Log: logger, Guard: guard, Auth: door{w.org}, DB: db, Keys: keys, Version: "test"})
	w.carrier.Routes(w.api)
	w.App = w.api
	return w
}

// locked is the log; it may hold no secret, no text and no number.
type locked struct{ w *world }

func (l *locked) Write(b []byte) (int, error) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	return l.w.log.Write(b)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func (w *world) organization(name string, demo bool) (orgID string) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		o, err := w.orgs.Create(w.t.Context(), tx, organization.Settings{Name: name, AllowedCountries: []string{"US", "FR"}}, demo)
		orgID = o.ID
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return orgID
}

// connect sets the account up.
func (w *world) connect() {
	w.t.Helper()
	w.must(200, "administrator", "PUT", "", settings)
}

func (w *world) do(who, method, path, body string) (status int, answer map[string]any) {
	w.t.Helper()
	if !strings.HasPrefix(path, "/api/") {
		path = "/api/settings/carriers/twilio" + path
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+who)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	for _, secret := range []string{twiliotest.Token, twiliotest.Alternate, twiliotest.KeySecret} {
		if strings.Contains(rec.Body.String(), secret) {
			w.t.Errorf("%s %s tells a secret", method, path)
		}
	}
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			w.t.Errorf("%s %s: %v: %s", method, path, err, rec.Body)
		}
	}
	return rec.Code, answer
}

func (w *world) must(want int, who, method, path, body string) map[string]any {
	w.t.Helper()
	status, answer := w.do(who, method, path, body)
	if status != want {
		w.t.Fatalf("%s %s as %s: %d %v, want %d", method, path, who, status, answer, want)
	}
	return answer
}

func (w *world) ctx() context.Context { return access.WithActor(w.t.Context(), access.System(w.org)) }

// run starts the service; it ends with the test or by w.stop.
func (w *world) run() {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.stop = sync.OnceFunc(func() { cancel(); <-done })
	w.t.Cleanup(w.stop)
}

// passes lets time pass in which nothing runs: a queue that is awake would look around millions of times.
func (w *world) passes(d time.Duration) {
	w.stop()
	time.Sleep(d)
	w.run()
}

func text(to string) message.Out {
	return message.Out{Way: message.SMS, To: to, Body: "Your code is 123456", Purpose: message.Verification, Owner: message.Ref{Type: "verification", ID: "v1"}}
}

func (w *world) send(out message.Out) (id string) {
	w.t.Helper()
	ctx := w.ctx()
	err := w.db.Write(ctx, func(tx *store.Tx) (err error) {
		id, err = w.Service.Send(ctx, tx, out)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) state(id string) (state message.State, reason string) {
	w.t.Helper()
	err := w.db.Read().QueryRowContext(w.t.Context(), `select state, reason from message_delivery where org_id = $1 and id = $2`, w.org, id).Scan(&state, &reason)
	if err != nil {
		w.t.Fatal(err)
	}
	return state, reason
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read().QueryRowContext(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func (w *world) received() []message.In {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]message.In(nil), w.got...)
}

// settle lets, in fake time, everything happen that is under way; a number sends once in 10 ms.
func settle() {
	time.Sleep(500 * time.Millisecond)
	synctest.Wait()
}

// eventually waits in real time.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}
