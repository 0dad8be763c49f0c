package passkey_test

import (
	"context"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/descope/virtualwebauthn"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/contactkey"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/passkey"
)

// Pia and Sam of Northwind call; Tom is the technician.
const (
	org     = "org-1"
	pia     = "contact-pia"
	sam     = "contact-sam"
	origin  = "https://help.example.com"
	fixture = `
insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version) values
	('org-1', 'harbor', 'Harbor IT', 'US', 'UTC', 'en', 'active', true, '{"allowed_countries":["US"]}', 1, 1, 1);
insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version) values
	('org-1', 'northwind', 'Northwind', 'northwind', '[]', '', 'northwind', 1, 1, 1);
insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role,
		owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version) values
	('org-1', 'tom', 'Tom', 'Reed', '', 'Tom Reed', 'tom reed', 'tom@example.com', 'tom@example.com', '', '', '[]', 'administrator', true, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1);
insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version) values
	('org-1', 'contact-pia', 'northwind', 'Pia Ende', 'pia ende', '', '["pia@northwind.example.com"]', '[{"number":"+12125550123","kind":"mobile"}]', 'en', false, false, '', '', 1, 1, 1),
	('org-1', 'contact-sam', 'northwind', 'Sam Hill', 'sam hill', '', '["sam@northwind.example.com"]', '[]', 'en', false, false, '', '', 1, 1, 1);
insert into ticket (org_id, id, number, customer_id, contact_id, contact_name, summary, description, status, created_by, creator_name, creator_type, search_text, created_at, updated_at, version) values
	('org-1', 'ticket-pia', 1042, 'northwind', 'contact-pia', 'Pia Ende', 'Password', '', 'open', '', '', 'system', '', 1, 1, 1);
`
)

// world is an organization on a real database, in a bubble of fake time.
type world struct {
	*testing.T
	db     *store.DB
	verify *verify.Service
	keys   *contactkey.Service
	method verify.Method
	shield contact.Shield // that everybody has
}

func inWorld(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{T: t, db: storetest.Open(t), shield: contact.Shield{State: "verified", Level: "L2", Method: "sms_code"}}
		w.start()
		fn(t, w)
	})
}

func (w *world) start() {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *store.Tx) error {
		for statement := range strings.SplitSeq(fixture, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := tx.ExecContext(w.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.Fatal(err)
	}
	keyring, err := seal.New(make([]byte, 32))
	if err != nil {
		w.Fatal(err)
	}
	silent := slog.New(slog.DiscardHandler)
	guard, log, bus := access.New(w.db), audit.New(w.db, keyring), events.New(w.db, silent)
	messages := message.New(message.Deps{Log: silent, DB: w.db, Guard: guard, Keys: keyring, Audit: log, Events: bus})
	messages.Use(sandbox.New(w.db, bus, silent))
	w.verify = verify.New(verify.Deps{
		DB: w.db, Guard: guard, Keys: keyring, Audit: log, Events: bus, Messages: messages, Tickets: ticket.New(w.db, guard, log, bus), Log: silent, BaseURL: origin,
	})
	w.keys = contactkey.New(contactkey.Deps{
		DB: w.db, Guard: guard, Keys: keyring, Audit: log, Events: bus, Messages: messages, Log: silent, BaseURL: origin,
		Shield:  func(context.Context, store.Querier, string, string) (contact.Shield, error) { return w.shield, nil },
		Trusted: w.verify.Trusted,
	})
	w.method = passkey.New(w.verify, w.keys, silent)
	w.verify.Use(w.method)
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- messages.Run(ctx) }()
	w.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
}

// tom is a context in which the technician acts.
func (w *world) tom() context.Context {
	return access.WithActor(w.Context(), access.Actor{
		OrgID: org, Kind: access.Technician, ID: "tom", Name: "Tom Reed", Role: perm.Administrator, Owner: true, SessionID: "session",
	})
}

// stranger is a context of whoever opens a link.
func (w *world) stranger() context.Context {
	return access.WithActor(w.Context(), access.Actor{Address: "192.0.2.10", Device: "Firefox on Linux"})
}

var linkToken = regexp.MustCompile(`/v/(?:passkey/)?([\w-]{40,})`)

// message is the newest that was sent to an address.
func (w *world) message(to string) (body string) {
	w.Helper()
	synctest.Wait()
	err := w.db.Read().QueryRowContext(w.Context(), `select body from message_sandbox where recipient = $1 order by created_at desc, id desc limit 1`, to).Scan(&body)
	if err != nil {
		w.Fatal(to, err)
	}
	return body
}

func (w *world) token(to string) string {
	w.Helper()
	m := linkToken.FindStringSubmatch(w.message(to))
	if m == nil {
		w.Fatalf("no link in %q", w.message(to))
	}
	return m[1]
}

func (w *world) exec(statement string, args ...any) {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(w.Context(), statement, args...); return err })
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	if err := w.db.Read().QueryRowContext(w.Context(), query, args...).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

// device is a phone with a passkey.
type device struct {
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

func newDevice() *device {
	cred := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(cred.Key.AttestationData()) != 77 { // it drops the leading zeros of one key in 128
		cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &device{virtualwebauthn.RelyingParty{ID: "help.example.com", Name: "Harbor IT", Origin: origin}, virtualwebauthn.NewAuthenticator(), cred}
}

// create is the browser's answer to options for a new passkey.
func (d *device) create(t *testing.T, options string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	d.auth.Options.UserHandle = []byte(o.UserID)
	return virtualwebauthn.CreateAttestationResponse(d.rp, d.auth, d.cred, *o)
}

// sign is the browser's answer to options for a proof; every use counts.
func (d *device) sign(t *testing.T, options string) string {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	d.cred.Counter++
	return virtualwebauthn.CreateAssertionResponse(d.rp, d.auth, d.cred, *o)
}

// enrol sends a contact a link and makes the passkey behind it.
func (w *world) enrol(contactID, address string) *device {
	w.Helper()
	e, spoken, err := w.keys.Invite(w.tom(), contactID, address)
	if err != nil {
		w.Fatal(err)
	}
	e, err = w.keys.Open(w.stranger(), w.token(e.Address))
	if err != nil {
		w.Fatal(err)
	}
	d := newDevice()
	if ok, err := w.keys.Finish(w.stranger(), e, spoken, d.create(w.T, w.options(e))); err != nil || !ok {
		w.Fatal(ok, err)
	}
	return d
}

func (w *world) options(e contactkey.Enrolment) string {
	w.Helper()
	options, err := w.keys.CreateOptions(w.stranger(), e, "Harbor IT")
	if err != nil {
		w.Fatal(err)
	}
	return options
}

// asked is a verification of a contact that waits on its page.
type asked struct {
	w       *world
	v       verify.Verification
	spoken  string
	token   string
	options string
	page    string // token of the form
}

func (w *world) ask(contactID string, change ...func(*verify.StartRequest)) *asked {
	w.Helper()
	r := verify.StartRequest{ContactID: contactID, Method: verify.Passkey, Action: "reset the password"}
	for _, f := range change {
		f(&r)
	}
	v, spoken, err := w.verify.Start(w.tom(), r)
	if err != nil {
		w.Fatal(err)
	}
	a := &asked{w: w, v: v, spoken: spoken, token: w.token(v.Address)}
	a.read()
	return a
}

var (
	optionsOf = regexp.MustCompile(`data-options="([^"]*)"`)
	pageOf    = regexp.MustCompile(`name="page" value="([^"]*)"`)
)

// read opens the page.
func (a *asked) read() string {
	a.w.Helper()
	w := httptest.NewRecorder()
	a.w.method.(verify.Pager).GetPage(w, a.request(http.MethodGet, nil), a.link())
	body := w.Body.String()
	o, p := optionsOf.FindStringSubmatch(body), pageOf.FindStringSubmatch(body)
	if w.Code != http.StatusOK || o == nil || p == nil {
		a.w.Fatalf("%d %s", w.Code, body)
	}
	a.options, a.page = html.UnescapeString(o[1]), p[1]
	return body
}

func (a *asked) request(method string, form url.Values) *http.Request {
	r := httptest.NewRequestWithContext(a.w.stranger(), method, "/v/"+a.token, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func (a *asked) link() verify.Link {
	a.w.Helper()
	l, err := a.w.verify.OpenLink(a.w.stranger(), a.token)
	if err != nil {
		a.w.Fatal(err)
	}
	return l
}

// answer posts the form, with what change makes of a good one, and returns the state afterwards.
func (a *asked) answer(credential string, change ...func(url.Values)) verify.State {
	a.w.Helper()
	form := url.Values{"page": {a.page}, "number": {a.spoken}, "direction": {"inbound"}, "answer": {"confirm"}, "credential": {credential}}
	for _, f := range change {
		f(form)
	}
	w := httptest.NewRecorder()
	a.w.method.(verify.Pager).PostPage(w, a.request(http.MethodPost, form), a.link())
	return a.state()
}

func (a *asked) state() verify.State {
	a.w.Helper()
	v, err := a.w.verify.ByID(a.w.tom(), a.v.ID)
	if err != nil {
		a.w.Fatal(err)
	}
	return v.State
}
