package outbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/messagetest"
	"countersign.dev/countersign/internal/message/outbox"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const (
	phone = "+12125550123"
	admin = "administrator"
)

// world is one organization with two customers, a technician of one of them, and a carrier that refuses everything until it is mended.
type world struct {
	t        testing.TB
	db       *store.DB
	org      string
	messages *message.Service
	outbox   *outbox.Service
	carrier  *messagetest.Provider
	api      *httpapi.API
	stop     func()
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db)) })
}

// newWorld opens a database of its own unless it is given one.
func newWorld(t *testing.T, db *store.DB, script ...messagetest.Fault) *world {
	t.Helper()
	if db == nil {
		db = storetest.Open(t)
	}
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	w := &world{t: t, db: db}
	bus, log, guard := events.New(db, quiet), audit.New(db, keys), access.New(db)
	orgs := organization.New(db, guard, log, bus)
	w.write(func(tx *store.Tx) error {
		o, err := orgs.Create(t.Context(), tx, organization.Settings{Name: "Acme IT", AllowedCountries: []string{"US"}}, false)
		w.org = o.ID
		return errors.Join(err, w.people(tx))
	})
	w.messages = message.New(message.Deps{
		DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Log: quiet,
		Timing: message.Timing{
			Request: time.Second, Lease: 10 * time.Second, Backoff: time.Millisecond, MaxBackoff: 5 * time.Millisecond, Ask: time.Millisecond,
			Resolve: 5 * time.Millisecond, Sweep: time.Second,
		},
	})
	if script == nil {
		for range 10 {
			script = append(script, messagetest.Refuse)
		}
	}
	w.carrier = messagetest.NewProvider("carrier", script...)
	w.messages.Use(sandbox.New(db, bus, quiet), w.carrier)
	w.outbox = &outbox.Service{DB: db, Guard: guard, Audit: log, Messages: w.messages}
	w.api = httpapi.New(httpapi.Options{Log: quiet, Guard: guard, Auth: door{w.org}, DB: db, Keys: keys, Version: "test"})
	w.outbox.Routes(w.api)
	w.run()
	return w
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.messages.Run(ctx); err != nil {
			w.t.Error(err)
		}
	})
	w.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	w.t.Cleanup(w.stop)
}

// mend lets the carrier take everything from now on.
func (w *world) mend() { w.carrier.Mend() }

func (w *world) people(tx *store.Tx) error {
	var errs []error
	for _, statement := range []string{
		`insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
			values ($1, 'c1', 'Contoso', 'contoso', '[]', '', '', 0, 0, 1), ($1, 'c2', 'Fabrikam', 'fabrikam', '[]', '', '', 0, 0, 1)`,
		`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames,
				platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
			values ($1, 't-technician', 'Tess', '', '', 'Tess', 'tess', 't@example.com', 't@example.com', '', '', '[]', 'technician', false, 'active',
				'activated', 'en', 'UTC', 'auto', '', 0, 0, 1),
			($1, 't-administrator', 'Ada', '', '', 'Ada', 'ada', 'ada@example.com', 'ada@example.com', '', '', '[]', 'administrator', false, 'active',
				'activated', 'en', 'UTC', 'auto', '', 0, 0, 1),
			($1, 't-gone', 'Gus', '', '', 'Gus', 'gus', 'gone@example.com', 'gone@example.com', '', '', '[]', 'technician', false, 'suspended',
				'activated', 'en', 'UTC', 'auto', '', 0, 0, 1)`,
		`insert into technician_customer (org_id, technician_id, customer_id) values ($1, 't-technician', 'c1')`,
	} {
		_, err := tx.ExecContext(w.t.Context(), statement, w.org)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func notice(to string) message.Out {
	return message.Out{
		Way: message.SMS, To: to, Body: "Your number is about to change.", Purpose: message.Notice, Owner: message.Ref{Type: "contact", ID: "p1"},
		ContactID: "p1", CustomerID: "c1", Resendable: true,
	}
}

func (w *world) system() context.Context {
	return access.WithActor(w.t.Context(), access.System(w.org))
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.system(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) send(out message.Out) (id string) {
	w.t.Helper()
	w.write(func(tx *store.Tx) (err error) {
		id, err = w.messages.Send(w.system(), tx, out)
		return err
	})
	return id
}

// fails sends what the carrier refuses.
func (w *world) fails(out message.Out) (id string) {
	w.t.Helper()
	id = w.send(out)
	w.until(id, "failed")
	return id
}

func (w *world) until(id, state string) {
	w.t.Helper()
	w.eventually(id+" is "+state, func() bool {
		return w.count(`select count(*) from message_delivery where id = $1 and state = $2`, id, state) == 1
	})
}

func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", what)
		}
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read().QueryRowContext(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// door signs everybody in as the technician whose role is the bearer token.
type door struct{ org string }

func (d door) Authenticate(r *http.Request) (access.Actor, error) {
	role := perm.Role(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if !role.Valid() {
		return access.Actor{}, nil
	}
	return access.Actor{OrgID: d.org, Kind: access.Technician, ID: "t-" + string(role), Name: "Tess", Role: role, TokenID: "k"}, nil
}

type answer struct {
	Code int
	Body string
}

func (a answer) problem() string {
	var p struct{ Code string }
	_ = json.Unmarshal([]byte(a.Body), &p)
	return p.Code
}

func (w *world) do(role, method, path, body string, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+role)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Body.String()}
}

// delivery is how the API tells of one.
type delivery struct {
	ID, State, Reason, Refusal, Resends string
	ToMasked                            string `json:"to_masked"`
	ResentAs                            string `json:"resent_as"`
	Dead                                bool
	Attempts                            []struct {
		Provider, State, Reason string
		EndedAt                 string `json:"ended_at"`
		PossibleRepeat          bool   `json:"possible_repeat"`
	}
}

func (w *world) get(role, path string) (d delivery) {
	w.t.Helper()
	a := w.do(role, http.MethodGet, path, "")
	if err := json.Unmarshal([]byte(a.Body), &d); err != nil || a.Code != http.StatusOK {
		w.t.Fatalf("%s: %d %s", path, a.Code, a.Body)
	}
	return d
}

func (w *world) list(role, query string) []delivery {
	w.t.Helper()
	a := w.do(role, http.MethodGet, "/api/deliveries?"+query, "")
	var found struct{ Items []delivery }
	if err := json.Unmarshal([]byte(a.Body), &found); err != nil || a.Code != http.StatusOK {
		w.t.Fatalf("%s: %d %s", query, a.Code, a.Body)
	}
	return found.Items
}

func (w *world) resend(role, id string) (made string) {
	w.t.Helper()
	a := w.do(role, http.MethodPost, "/api/deliveries/"+id+"/resend", "")
	var d delivery
	if err := json.Unmarshal([]byte(a.Body), &d); err != nil || a.Code != http.StatusCreated {
		w.t.Fatalf("%d %s", a.Code, a.Body)
	}
	return d.ID
}
