package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	"countersign.dev/countersign/internal/message/gateway"
	"countersign.dev/countersign/internal/message/gateway/gatewaytest"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/message/sending"
	"countersign.dev/countersign/internal/message/twilio"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const (
	phone = "+12125550123"
	base  = "https://help.example.com"
	hook  = base + "/webhooks/gateway"
)

// world is an organization with a gateway and, where it is asked for, an account at Twilio.
type world struct {
	*message.Service
	*gatewaytest.Server
	t       testing.TB
	db      *store.DB
	org     string
	orgs    *organization.Service
	carrier *gateway.Carrier
	api     *httpapi.API
	twilio  *twiliotest.Server
	account string

	mu  sync.Mutex
	got []message.In
	log bytes.Buffer
}

// door signs everybody in as the technician whose role is the bearer token, of the organization behind an @.
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

const settings = `{"enabled":true,"base_url":"` + gatewaytest.Base + `","secret":"` + gatewaytest.Secret + `","alternate_secret":"` + gatewaytest.Alternate +
	`","sms_number":"` + gatewaytest.Number + `","voice_number":"` + gatewaytest.Number + `","messages_per_minute":6000}`

// newWorld is without Twilio; see both.
func newWorld(t testing.TB, db *store.DB) *world { return build(t, db, nil) }

// both is with an account at Twilio.
func both(t testing.TB, db *store.DB) *world {
	t.Helper()
	w := build(t, db, twiliotest.New(t))
	w.must(200, "administrator", "PUT", "/api/settings/carriers/twilio", `{"enabled":true,"account_sid":"`+twiliotest.Account+`","auth_token":"`+twiliotest.Token+
		`","base_url":"https://twilio.example.com","sms_number":"`+twiliotest.Number+`","voice_number":"`+twiliotest.Number+`","messages_per_minute":6000}`)
	return w
}

func build(t testing.TB, db *store.DB, other *twiliotest.Server) *world {
	t.Helper()
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, Server: gatewaytest.New(t), twilio: other}
	logger := slog.New(slog.NewTextHandler(&locked{w: w}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	bus, log, guard := events.New(db, logger), audit.New(db, keys), access.New(db)
	w.orgs = organization.New(db, guard, log, bus)
	w.org = w.organization("Acme IT", false)
	w.Service = message.New(message.Deps{DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Log: logger})
	w.carrier = gateway.New(gateway.Deps{
		DB: db, Guard: guard, Keys: keys, Audit: log, Messages: w.Service, Log: logger, BaseURL: base, Client: w.Server, Settle: 2 * time.Second,
	})
	w.api = httpapi.New(httpapi.Options{Log: logger, Guard: guard, Auth: door{w.org}, DB: db, Keys: keys, Version: "test"})
	senders := w.carrier.Senders()
	if other != nil {
		first := twilio.New(twilio.Deps{
			DB: db, Guard: guard, Keys: keys, Audit: log, Messages: w.Service, Log: logger, BaseURL: base, Client: other, Settle: 2 * time.Second,
		})
		senders = append(first.Senders(), senders...)
		first.Routes(w.api)
		other.App = w.api
	}
	w.Use(sandbox.New(db, bus, logger), senders...)
	w.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, in)
		return true, nil
	})
	w.carrier.Routes(w.api)
	(&sending.Service{
		DB: db, Guard: guard, Audit: log, SMS: []string{twilio.Name, gateway.Name}, Voice: []string{twilio.VoiceName, gateway.VoiceName},
	}).Routes(w.api)
	w.App = w.api
	w.account, _ = w.must(200, "administrator", "PUT", "/api/settings/carriers/gateway", settings)["account"].(string)
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

func (w *world) do(who, method, path, body string) (status int, answer map[string]any) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+who)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	for _, secret := range []string{gatewaytest.Secret, gatewaytest.Alternate} {
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

// order sets which carrier of texts is first.
func (w *world) order(perMinute int, names ...string) {
	w.t.Helper()
	w.must(200, "administrator", "PUT", "/api/settings/sending", fmt.Sprintf(`{"sms":["%s"],"voice":[],"messages_per_minute":%d}`, strings.Join(names, `","`), perMinute))
}

func (w *world) ctx() context.Context { return access.WithActor(w.t.Context(), access.System(w.org)) }

// run starts the service; it ends with the test.
func (w *world) run() {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.Run(ctx); err != nil {
			w.t.Error(err)
		}
	}()
	w.t.Cleanup(func() { cancel(); <-done })
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

// until waits in fake time, at most a minute.
func (w *world) until(id string, want message.State) {
	w.t.Helper()
	begin := time.Now()
	for {
		synctest.Wait()
		s, reason := w.state(id)
		if s == want {
			return
		}
		if time.Since(begin) > time.Minute {
			w.t.Fatalf("after a minute: %s %s, want %s", s, reason, want)
		}
		time.Sleep(100 * time.Millisecond)
	}
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

// status is a callback about a message of ours.
func (w *world) status(eventID, messageID, status, code string) gatewaytest.Callback {
	m := map[string]any{"id": messageID, "kind": "sms", "status": status}
	if code != "" {
		m["code"] = code
	}
	return gatewaytest.Callback{ID: eventID, Account: w.account, Type: "message.status", Message: m, Address: hook}
}

// wrote is a callback about what somebody wrote.
func (w *world) wrote(eventID, messageID, body string) gatewaytest.Callback {
	return gatewaytest.Callback{
		ID: eventID, Account: w.account, Type: "message.received", Address: hook,
		Message: map[string]any{"id": messageID, "kind": "sms", "from": phone, "to": gatewaytest.Number, "text": body},
	}
}
