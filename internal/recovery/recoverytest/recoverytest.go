// Package recoverytest sets up an organization whose people are invited, sign in, forget their passwords and are told of it, with mail that
// arrives in the sandbox, for the tests of these slices.
package recoverytest

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
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/invitation"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/password"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/recovery"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Base is where the links lead.
const Base = "https://console.example.com"

// Password is good enough for everybody.
const Password = "violet otter parade"

// World is an organization with an owner.
type World struct {
	*organizationtest.World
	Technicians   *technician.Service
	Bases         *platformrole.Service
	SignIn        *signin.Service
	Messages      *message.Service
	Notifications *notification.Service
	Invitations   *invitation.Service
	Recovery      *recovery.Service
	API           *httpapi.API
	Owner         technician.Technician

	box *sandbox.Carrier

	mu    sync.Mutex
	asked []string // requests for new passwords that wait for an answer
}

// New makes an organization and lets its mail flow until the test ends. Senders carry mail before the sandbox does.
func New(t testing.TB, db *store.DB, senders ...message.Sender) *World {
	t.Helper()
	w := &World{World: organizationtest.New(t, db, "Blue Harbor IT")}
	quiet := slog.New(slog.DiscardHandler)
	w.Bases = platformrole.New(platformrole.Deps{DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events})
	w.Technicians = technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{
		MayGiveOwnRole: w.Bases.MayGive, GiveOwnRole: w.Bases.GiveIn,
		Password: func(ctx context.Context, password string, t technician.Technician) (technician.KeepPassword, error) {
			return w.SignIn.KeepPassword(ctx, password, t)
		},
		Inactive: func(ctx context.Context, tx *store.Tx, id, reason string) error {
			return w.SignIn.Inactive(ctx, tx, id, reason)
		},
		Invite: func(ctx context.Context, tx *store.Tx, t technician.Technician) error {
			_, err := w.Invitations.SendIn(ctx, tx, t)
			return err
		},
		StateChanged: []func(context.Context, *store.Tx, technician.Change) error{
			func(ctx context.Context, tx *store.Tx, c technician.Change) error {
				return w.Invitations.Changed(ctx, tx, c)
			},
			func(ctx context.Context, tx *store.Tx, c technician.Change) error {
				return w.Recovery.Changed(ctx, tx, c)
			},
		},
	})
	factors := factor.New(factor.Deps{DB: db, Audit: w.Audit, Events: w.Events, Keyring: w.Keys, Technicians: w.Technicians})
	w.SignIn = signin.New(signin.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Keyring: w.Keys, Technicians: w.Technicians, Factors: factors, Log: quiet,
		Organizations: organization.New(db, w.Guard, w.Audit, w.Events), Tokens: apitoken.NewService(db, w.Guard, w.Audit, w.Events, quiet),
		Policies: signinpolicy.New(db, w.Guard, w.Audit, w.Events, signinpolicy.Hooks{}),
		Hasher:   password.NewHasher(password.Params{Memory: 64, Time: 1, Threads: 1}, 2),
	})
	w.Messages = message.New(message.Deps{DB: db, Guard: w.Guard, Keys: w.Keys, Audit: w.Audit, Events: w.Events, Log: quiet})
	w.box = sandbox.New(db, w.Events, quiet)
	w.Messages.Use(w.box, senders...)
	w.Notifications = notification.New(notification.Deps{DB: db, Events: w.Events, Messages: w.Messages, Log: quiet, BaseURL: Base})
	w.Invitations = invitation.New(invitation.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Messages: w.Messages, Technicians: w.Technicians, SignIn: w.SignIn,
		Factors: factors, Log: quiet, BaseURL: Base,
		PasswordLength: func(context.Context, store.Querier, string) (int, error) { return 12, nil },
	})
	w.Recovery = recovery.New(recovery.Deps{
		DB: db, Audit: w.Audit, Keyring: w.Keys, Messages: w.Messages, Technicians: w.Technicians, SignIn: w.SignIn,
		Notifications: w.Notifications, Log: quiet, BaseURL: Base, Later: w.later,
	})
	w.API = httpapi.New(httpapi.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Guard: w.Guard, Auth: w.SignIn, DB: db, Keys: w.Keys, Events: w.Events, Version: "test",
	})
	w.SignIn.Routes(w.API)
	w.Technicians.Routes(w.API)
	w.Notifications.Routes(w.API)
	w.Invitations.Routes(w.API)
	w.Recovery.Routes(w.API)
	w.begin()
	return w
}

// begin makes the owner and starts what sends mail.
func (w *World) begin() {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) (err error) {
		w.Owner, err = w.Technicians.CreateOwner(w.System(), tx, technician.Owner{Name: "Olga Berg", Email: "olga@example.com"})
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
	w.SetPassword(w.Owner, Password)
	ctx, stop := context.WithCancel(w.T.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.Messages.Run(ctx); err != nil {
			w.T.Error(err)
		}
	}()
	w.T.Cleanup(func() { stop(); <-done })
}

func (w *World) later(_ context.Context, tx *store.Tx, id string) error {
	tx.AfterCommit(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = append(w.asked, id)
	})
	return nil
}

// Answer answers who asked for a new password, as the job does.
func (w *World) Answer() {
	w.T.Helper()
	w.mu.Lock()
	ids := w.asked
	w.asked = nil
	w.mu.Unlock()
	for _, id := range ids {
		if err := w.Recovery.Answer(w.T.Context(), id); err != nil {
			w.T.Fatal(err)
		}
	}
}

// By is a context in which a technician of the world acts.
func (w *World) By(t technician.Technician) context.Context {
	return access.WithActor(w.T.Context(), access.Actor{
		OrgID: t.OrgID, Kind: access.Technician, ID: t.ID, Name: t.Name(), Role: t.PlatformRole, Owner: t.Owner, Address: "192.0.2.10",
		Authenticated: time.Now(),
	})
}

// SetPassword gives a technician a password that lasts.
func (w *World) SetPassword(t technician.Technician, typed string) {
	w.T.Helper()
	ctx := w.System()
	keep, err := w.SignIn.SetPassword(ctx, typed, t, false)
	if err == nil {
		err = w.DB.Write(ctx, func(tx *store.Tx) error { return keep(ctx, tx) })
	}
	if err != nil {
		w.T.Fatal(err)
	}
}

// Add makes somebody who can sign in with Password.
func (w *World) Add(name string, role perm.Role) technician.Technician {
	w.T.Helper()
	t, err := w.Technicians.Create(w.By(w.Owner), technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: role}, "purple lantern wharf")
	if err != nil {
		w.T.Fatal(err)
	}
	w.SetPassword(t, Password)
	return t
}

// Invited makes somebody who is invited by a technician, and returns the token of the link in the mail.
func (w *World) Invited(by technician.Technician, name string, role perm.Role) (t technician.Technician, token string) {
	w.T.Helper()
	t, err := w.Technicians.Invite(w.By(by), technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: role})
	if err != nil {
		w.T.Fatal(err)
	}
	return t, Token(w.T, w.Mail(t.Email, 1)[0].Body)
}

// Mail waits until so many mails have arrived for an address, and returns them, the newest first.
func (w *World) Mail(to string, n int) []sandbox.Message {
	w.T.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; <-time.After(2 * time.Millisecond) {
		found, _, err := w.box.Outbox(w.System(), to, message.Email, store.Page{Limit: 100})
		if err != nil {
			w.T.Fatal(err)
		}
		if len(found) >= n {
			return found
		}
		if time.Now().After(deadline) {
			w.T.Fatalf("%d mails to %s, want %d", len(found), to, n)
		}
	}
}

// Token takes the token out of the link in a mail.
func Token(t testing.TB, body string) string {
	t.Helper()
	_, token, ok := strings.Cut(body, "#token=")
	if !ok {
		t.Fatalf("no link in %q", body)
	}
	token, _, _ = strings.Cut(token, "\n")
	return token
}

// Answered is what came back.
type Answered struct {
	Code    int
	Body    map[string]any
	Header  http.Header
	Cookies []*http.Cookie
	Raw     string
}

// ErrorCode is the code of a problem, "" of a success.
func (a Answered) ErrorCode() string {
	code, _ := a.Body["code"].(string)
	return code
}

// Do makes a request as a browser of this site would, with cookies.
func (w *World) Do(method, path string, body any, cookies ...*http.Cookie) Answered {
	w.T.Helper()
	var sent []byte
	switch b := body.(type) {
	case nil:
	case string:
		sent = []byte(b)
	default:
		var err error
		if sent, err = json.Marshal(b); err != nil {
			w.T.Fatal(err)
		}
	}
	r := httptest.NewRequestWithContext(w.T.Context(), method, path, bytes.NewReader(sent))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	rec := httptest.NewRecorder()
	w.API.ServeHTTP(rec, r)
	result := rec.Result()
	defer func() { _ = result.Body.Close() }()
	out := Answered{Code: rec.Code, Header: rec.Header(), Cookies: result.Cookies(), Raw: rec.Body.String()}
	if rec.Body.Len() > 0 && json.Unmarshal(rec.Body.Bytes(), &out.Body) != nil {
		w.T.Fatalf("%s %s: %q is no JSON", method, path, rec.Body)
	}
	return out
}

// Enter signs in with a password and returns the cookies, or fails the test.
func (w *World) Enter(email, typed string) []*http.Cookie {
	w.T.Helper()
	a := w.Do("POST", "/api/session", map[string]string{"email": email, "password": typed})
	if a.Code != http.StatusOK {
		w.T.Fatalf("%s cannot sign in: %d %s", email, a.Code, a.Raw)
	}
	return a.Cookies
}

// Find reads a technician again.
func (w *World) Find(t technician.Technician) technician.Technician {
	w.T.Helper()
	t, err := technician.ByID(w.T.Context(), w.DB.Read(), t.OrgID, t.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

// Exec changes the database behind everybody's back.
func (w *World) Exec(query string, args ...any) {
	w.T.Helper()
	err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), query, args...)
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}
