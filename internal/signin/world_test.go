package signin_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

// The people of the tests. Everybody's password is the same.
const (
	org, other  = "01890000-0000-7000-8000-000000000001", "01890000-0000-7000-8000-000000000002"
	ada         = "01890000-0000-7000-8000-00000000000a" // owner
	bob         = "01890000-0000-7000-8000-00000000000b" // technician
	cyd         = "01890000-0000-7000-8000-00000000000c" // suspended
	dan         = "01890000-0000-7000-8000-00000000000d" // invited
	eve         = "01890000-0000-7000-8000-00000000000e" // of the other organization
	rightOne    = "violet otter parade"
	wrongOne    = "violet otter parad3"
	homeAddress = "192.0.2.10"
)

// fastParams keep tests quick; costs do not change what is tested.
var fastParams = password.Params{Memory: 64, Time: 1, Threads: 1}

type world struct {
	*signin.Service
	t        testing.TB
	db       *store.DB
	hasher   *password.Hasher
	tokens   *apitoken.Service
	factors  *factor.Service
	policies *signinpolicy.Service
	told     []signin.Session // of new devices
	log      *audit.Log
	guard    *access.Guard
	bus      *events.Bus

	keyring     *seal.Keyring
	technicians *technician.Service
}

func newWorld(t testing.TB, db *store.DB) *world {
	t.Helper()
	return newWorldWith(t, db, password.NewHasher(fastParams, 2))
}

func newWorldWith(t testing.TB, db *store.DB, hasher *password.Hasher) *world {
	t.Helper()
	keyring, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, hasher: hasher, log: audit.New(db, keyring)}
	w.guard = access.New(db)
	guard, bus, quiet := w.guard, events.New(db, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler)
	technicians := technician.New(db, guard, w.log, bus, technician.Hooks{
		Password: func(ctx context.Context, password string, t technician.Technician) (func(context.Context, *store.Tx, string) error, error) {
			return w.KeepPassword(ctx, password, t)
		},
		Inactive: func(ctx context.Context, tx *store.Tx, id, reason string) error {
			return w.Inactive(ctx, tx, id, reason)
		},
	})
	w.tokens = apitoken.NewService(db, guard, w.log, bus, quiet)
	w.policies = signinpolicy.New(db, guard, w.log, bus, signinpolicy.Hooks{
		Changed: func(ctx context.Context, tx *store.Tx, org string, p signinpolicy.Policy) error {
			return w.Shorten(ctx, tx, org, p)
		},
		Affected: func(ctx context.Context, q store.Querier, org string) (signinpolicy.Affected, error) {
			return w.factors.Affected(ctx, q, org)
		},
	})
	w.factors = factor.New(factor.Deps{
		DB: db, Audit: w.log, Events: bus, Keyring: keyring, Technicians: technicians, ExternalURL: &url.URL{Scheme: "https", Host: "desk.example.com"},
		Hooks: factor.Hooks{
			Demand: func(ctx context.Context, q store.Querier, org, id string) (factor.Demand, error) {
				return w.Demand(ctx, q, org, id)
			},
			EndOthers:   func(ctx context.Context, tx *store.Tx, why string) error { return w.EndOtherSessions(ctx, tx, why) },
			EndSessions: func(ctx context.Context, tx *store.Tx, id, why string) error { return w.EndAll(ctx, tx, id, why) },
		},
	})
	w.Service = signin.New(signin.Deps{
		DB: db, Guard: guard, Audit: w.log, Events: bus, Keyring: keyring, Hasher: hasher, Tokens: w.tokens, Factors: w.factors, Policies: w.policies, Log: quiet,
		Organizations: organization.New(db, guard, w.log, bus), Technicians: technicians,
		Hooks: signin.Hooks{NewDevice: func(_ context.Context, _ *store.Tx, s signin.Session) error { w.told = append(w.told, s); return nil }},
	})
	w.technicians, w.bus, w.keyring = technicians, bus, keyring
	return w
}

// populate makes the people.
func (w *world) populate() *world {
	w.t.Helper()
	for _, o := range []string{org, other} {
		w.exec(`insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
			values ($1, $2, 'Northwind', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1)`, o, "org-"+o[len(o)-1:])
	}
	for _, p := range []person{
		{org, ada, "ada@example.com", "administrator", "active", "activated"},
		{org, bob, "bob@example.com", "technician", "active", "activated"},
		{org, cyd, "cyd@example.com", "technician", "suspended", "activated"},
		{org, dan, "dan@example.com", "technician", "active", "invitation"},
		{other, eve, "eve@example.com", "administrator", "active", "activated"},
	} {
		w.add(p)
		w.setPassword(p.org, p.id, rightOne)
	}
	return w
}

type person struct{ org, id, email, role, status, state string }

func (w *world) add(p person) {
	w.t.Helper()
	w.exec(`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title,
			usernames, platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
		values ($1, $2, 'Pat', '', '', 'Pat', '', $3, $3, '', '', '[]', $4, $5, $6, $7, 'en', 'UTC', 'auto', '', 1, 1, 1)`,
		p.org, p.id, p.email, p.role, p.id == ada || p.id == eve, p.status, p.state)
}

func (w *world) setPassword(org, technicianID, password string) {
	w.t.Helper()
	ctx := access.WithActor(w.t.Context(), access.System(org))
	keep, err := w.KeepPassword(ctx, password, technician.Technician{})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.db.Write(ctx, func(tx *store.Tx) error { return keep(ctx, tx, technicianID) }); err != nil {
		w.t.Fatal(err)
	}
	w.exec(`update signin_account set must_change = false where technician_id = $1`, technicianID)
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.t.Context(), query, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.Read().QueryRowContext(w.t.Context(), query, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

// from is a context of a request that nobody is known behind.
func from(t testing.TB, address string) context.Context {
	return access.WithActor(t.Context(), access.Actor{Address: address, Device: "Firefox on Linux", RequestID: "req"})
}

// signIn signs in from an address or fails the test.
func (w *world) signIn(email, address string) signin.Started {
	w.t.Helper()
	started, err := w.SignIn(from(w.t, address), signin.Attempt{Email: email, Password: rightOne})
	if err != nil {
		w.t.Fatalf("sign in as %s: %v", email, err)
	}
	return started
}

// fail makes n wrong attempts.
func (w *world) fail(n int, email, address string) {
	w.t.Helper()
	for range n {
		if _, err := w.SignIn(from(w.t, address), signin.Attempt{Email: email, Password: wrongOne}); err == nil {
			w.t.Fatal("a wrong password signed in")
		}
	}
}

// with is the actor behind a session cookie; zero if it is not good.
func (w *world) with(sessionToken string) access.Actor {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/me", http.NoBody)
	r.AddCookie(&http.Cookie{Name: "cs_session", Value: sessionToken})
	return w.authenticate(r)
}

// bearing is the actor behind an Authorization header.
func (w *world) bearing(header string) access.Actor {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/api/me", http.NoBody)
	r.Header.Set("Authorization", header)
	return w.authenticate(r)
}

func (w *world) authenticate(r *http.Request) access.Actor {
	w.t.Helper()
	a, err := w.Authenticate(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// as is the context of a request with a session.
func (w *world) as(started signin.Started, address string) context.Context {
	a := w.with(started.Token)
	if !a.SignedIn() {
		w.t.Fatal("the session is over")
	}
	a.Address, a.Device, a.RequestID = address, "Firefox on Linux", "req"
	return access.WithActor(w.t.Context(), a)
}

// events finds what an organization's audit log has of an action, the newest first.
func (w *world) events(org, action string) []audit.Entry {
	w.t.Helper()
	found, err := w.log.Find(w.t.Context(), org, audit.Filter{Action: action}, 0, 200)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db).populate()) })
}
