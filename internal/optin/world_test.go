package optin_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/optin"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/ticket"
)

const (
	piaPhone = "+12125550123"
	newPhone = "+12125550155"
	piaEmail = "pia@northwind.example.com"
)

// world is an organization with one customer and Pia, who has a mobile and an email.
type world struct {
	*organizationtest.World
	*optin.Service
	consents *consent.Service
	contacts *contact.Service
	messages *message.Service
	tickets  *ticket.Service
	tasks    *task.Service
	server   *organizationtest.Server
	customer string
	pia      contact.Contact
	inUse    bool
	proven   bool
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{World: organizationtest.New(t, db, "Harbor IT")}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	var s *optin.Service
	w.contacts = contact.New(db, w.Guard, w.Audit, w.Events, contact.Hooks{
		Consents: consent.Ledger{Keys: w.Keys}.States,
		Deleting: []func(context.Context, *store.Tx, contact.Contact) error{
			func(ctx context.Context, tx *store.Tx, c contact.Contact) error { return s.LetGo(ctx, tx, c) },
		},
		Merging: []func(context.Context, *store.Tx, contact.Contact, contact.Contact) error{
			func(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
				return s.Merge(ctx, tx, from, into)
			},
		},
		Changed: []func(context.Context, *store.Tx, contact.Contact, []string, []string) error{
			func(ctx context.Context, tx *store.Tx, c contact.Contact, gained, lost []string) error {
				return s.AddressesChanged(ctx, tx, c, gained, lost)
			},
		},
	})
	w.messages = message.New(message.Deps{DB: db, Guard: w.Guard, Keys: w.Keys, Audit: w.Audit, Events: w.Events, Log: log})
	w.messages.Use(sandbox.New(db, w.Events, log))
	w.tickets = ticket.New(db, w.Guard, w.Audit, w.Events)
	w.tasks = task.New(task.Deps{
		DB: db, Guard: w.Guard, Audit: w.Audit, Events: w.Events, Log: log,
		Actor: func(_ context.Context, _, id string) (access.Actor, error) {
			return w.Actor(id, perm.Administrator), nil
		},
	})
	ledger := consent.Ledger{Keys: w.Keys, Audit: w.Audit, Events: w.Events}
	w.consents = consent.New(db, w.Guard, ledger)
	s = optin.New(optin.Deps{
		DB: db, Guard: w.Guard, Keys: w.Keys, Audit: w.Audit, Events: w.Events, Log: log, Ledger: ledger, Messages: w.messages, Contacts: w.contacts,
		Tickets: w.tickets, Tasks: w.tasks, BaseURL: "https://help.example.com",
		InUse:  func(context.Context, store.Querier, string, string, string) (bool, error) { return w.inUse, nil },
		Proven: func(context.Context, store.Querier, string, string, time.Time) (bool, error) { return w.proven, nil },
	})
	w.Service = s
	w.consents.TextVersion = s.TextVersion
	w.messages.OnState(s.Delivered)
	w.messages.OnStop(func(ctx context.Context, tx *store.Tx, in message.In) error { return s.Stopped(ctx, tx, in.From) })
	queue, err := jobs.New(t.Context(), db, jobs.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	w.tasks.Use(queue)
	w.server = w.Serve(map[string]access.Actor{"": {}, "admin": w.Actor("admin", perm.Administrator), "reader": w.Actor("reader", perm.ReadOnly)},
		s.Routes, w.consents.Routes, w.contacts.Routes)
	for _, run := range []func(context.Context) error{w.messages.Run, queue.Run} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- run(ctx) }()
		t.Cleanup(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	c, err := customer.New(db, w.Guard, w.Audit, w.Events).Create(w.Admin(), customer.Fields{Name: "Northwind"})
	if err != nil {
		t.Fatal(err)
	}
	w.customer = c.ID
	w.pia = w.add("Pia Ende", []string{piaEmail}, piaPhone)
	w.settings(func(s *consent.Settings) { s.PolicyURL = "https://harbor.example.com/privacy" })
	return w
}

// add adds a contact with mobile numbers.
func (w *world) add(name string, emails []string, numbers ...string) contact.Contact {
	w.T.Helper()
	f := contact.Fields{CustomerID: w.customer, Name: name, Emails: emails}
	for _, n := range numbers {
		f.Phones = append(f.Phones, contact.Phone{Number: n, Kind: "mobile"})
	}
	c, err := w.contacts.Create(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func (w *world) settings(change func(*consent.Settings)) {
	w.T.Helper()
	set, err := consent.SettingsOf(w.Admin(), w.DB.Read(), w.Org.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	change(&set)
	version := w.count(`select coalesce(max(version), 0) from consent_settings where org_id = $1`, w.Org.ID)
	if err := w.consents.SaveSettings(w.Admin(), set, int64(version)); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.T.Helper()
	if err := w.DB.Read().QueryRowContext(w.T.Context(), query, args...).Scan(&n); err != nil {
		w.T.Fatal(err)
	}
	return n
}

// ask sends Pia a form and returns the path of its page.
func (w *world) ask(way message.Way) (optin.Form, string) {
	w.T.Helper()
	f, err := w.Ask(w.Admin(), optin.Question{ContactID: w.pia.ID, Way: way})
	if err != nil {
		w.T.Fatal(err)
	}
	return f, w.link(f.SentTo)
}

var (
	links = regexp.MustCompile(`https://help\.example\.com(/v/optin/[\w-]+)`)
	codes = regexp.MustCompile(`\b\d{6}\b`)
)

// link waits for the newest form at an address and returns the path of its page.
func (w *world) link(to string) string { return w.awaitMatch(to, links, 1) }

func (w *world) awaitMatch(to string, re *regexp.Regexp, group int) (found string) {
	w.T.Helper()
	w.eventually("a message to "+to, func() bool {
		for _, body := range w.inbox(to) {
			if m := re.FindStringSubmatch(body); m != nil {
				found = m[group]
			}
		}
		return found != "" && w.count(`select count(*) from message_delivery where next_at is not null`) == 0
	})
	for _, body := range w.inbox(to) {
		if m := re.FindStringSubmatch(body); m != nil {
			found = m[group]
		}
	}
	return found
}

// inbox is what an address got, the oldest first.
func (w *world) inbox(to string) (out []string) {
	w.T.Helper()
	rows, err := w.DB.Read().QueryContext(w.T.Context(), `select body from message_sandbox where recipient = $1 order by created_at, id`, to)
	if err != nil {
		w.T.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			w.T.Fatal(err)
		}
		out = append(out, body)
	}
	return out
}

func (w *world) eventually(what string, ok func() bool) {
	w.T.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); {
		if time.Now().After(deadline) {
			w.T.Fatalf("never: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// visit opens a page, or posts a form to it, as a browser without script does.
func (w *world) visit(method, path string, form url.Values) *httptest.ResponseRecorder {
	w.T.Helper()
	r := httptest.NewRequestWithContext(w.T.Context(), method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	return rec
}

var pageToken = regexp.MustCompile(`name="page" value="([\w-]+)"`)

// answer fills in the form on a page and sends it.
func (w *world) answer(path string, fields ...string) *httptest.ResponseRecorder {
	w.T.Helper()
	form := url.Values{}
	if m := pageToken.FindStringSubmatch(w.visit(http.MethodGet, path, nil).Body.String()); m != nil {
		form.Set("page", m[1])
	}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return w.visit(http.MethodPost, path, form)
}

func (w *world) standing(address string) consent.Standing {
	w.T.Helper()
	st, err := w.Ledger.Of(w.Admin(), w.DB.Read(), w.Org.ID, address)
	if err != nil {
		w.T.Fatal(err)
	}
	return st
}

func (w *world) receive(from, body string) {
	w.T.Helper()
	if err := w.messages.Receive(w.System(), message.In{Way: message.SMS, From: from, To: message.SandboxNumber, Body: body}); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) form(id string) (state, contactID string) {
	w.T.Helper()
	err := w.DB.Read().QueryRowContext(w.T.Context(), `select state, contact_id from optin_form where org_id = $1 and id = $2`, w.Org.ID, id).Scan(&state, &contactID)
	if err != nil {
		w.T.Fatal(err)
	}
	return state, contactID
}

func (w *world) numbers() string {
	w.T.Helper()
	c, err := contact.ByID(w.T.Context(), w.DB.Read(), w.Org.ID, w.pia.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	return strings.Join(c.Numbers(), " ")
}
