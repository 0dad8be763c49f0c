package idp_test

import (
	"context"
	"io"
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
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/idp"
	"countersign.dev/countersign/internal/verify/idp/idptest"
)

// The people of every test: Pia of Northwind calls, Tom is the technician, Ada the administrator.
const (
	org       = "org-1"
	northwind = "northwind"
	pia       = "contact-pia"
	base      = "http://localhost:8080"
)

const fixture = `
insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version) values
	('org-1', 'harbor', 'Harbor IT', 'US', 'UTC', 'en', 'active', true, '{"allowed_countries":["US"]}', 1, 1, 1),
	('org-2', 'other', 'Other IT', 'US', 'UTC', 'en', 'active', true, '{"allowed_countries":["US"]}', 1, 1, 1);
insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version) values
	('org-1', 'northwind', 'Northwind', 'northwind', '[]', '', 'northwind', 1, 1, 1),
	('org-1', 'fabrikam', 'Fabrikam', 'fabrikam', '[]', '', 'fabrikam', 1, 1, 1);
insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role,
		owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version) values
	('org-1', 'tom', 'Tom', 'Reed', '', 'Tom Reed', 'tom reed', 'tom@example.com', 'tom@example.com', '+12125550171', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1),
	('org-1', 'ida', 'Ida', 'Berg', '', 'Ida Berg', 'ida berg', 'ida@example.com', 'ida@example.com', '', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1),
	('org-1', 'ada', 'Ada', 'Holm', '', 'Ada Holm', 'ada holm', 'ada@example.com', 'ada@example.com', '', '', '[]', 'administrator', true, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1);
insert into technician_customer (org_id, technician_id, customer_id) values
	('org-1', 'tom', 'northwind'), ('org-1', 'tom', 'fabrikam'), ('org-1', 'ida', 'northwind');
insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version) values
	('org-1', 'contact-pia', 'northwind', 'Pia Ende', 'pia ende', '', '["pia@northwind.example.com"]', '[{"number":"+12125550123","kind":"mobile"}]', 'en', false, false, '', '', 1, 1, 1),
	('org-1', 'contact-sly', 'northwind', 'Sly Twin', 'sly twin', '', '[]', '[{"number":"+12125550171","kind":"mobile"}]', 'en', false, false, '', '', 1, 1, 1);
insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial) values
	('org-1', 'contact-pia', '+12125550123', 1, '', true), ('org-1', 'contact-sly', '+12125550171', 1, '', true);
insert into contact_email (org_id, contact_id, email_key, created_at, added_by, initial) values
	('org-1', 'contact-pia', 'pia@northwind.example.com', 1, '', true);
insert into ticket (org_id, id, number, customer_id, contact_id, contact_name, summary, description, status, created_by, creator_name, creator_type, search_text, created_at, updated_at, version) values
	('org-1', 'ticket-pia', 1042, 'northwind', 'contact-pia', 'Pia Ende', 'Password', '', 'open', '', '', 'system', '', 1, 1, 1),
	('org-1', 'ticket-fabrikam', 1043, 'fabrikam', null, '', 'Printer', '', 'open', '', '', 'system', '', 1, 1, 1);
`

// world is an organization whose customer Northwind signs in at a provider of the test.
type world struct {
	*testing.T
	db       *store.DB
	verify   *verify.Service
	stepUp   *idp.Service
	provider *idptest.Provider
	web      http.Handler
	secret   *string
}

type nobody struct{}

func (nobody) Authenticate(*http.Request) (access.Actor, error) { return access.Actor{}, nil }

func newWorld(t *testing.T) *world { t.Helper(); return build(t, storetest.Open(t), true) }

func build(t *testing.T, db *store.DB, local bool) *world {
	t.Helper()
	secret := idptest.Secret
	w := &world{T: t, db: db, provider: idptest.Start(t), secret: &secret}
	for statement := range strings.SplitSeq(fixture, ";\n") {
		if strings.TrimSpace(statement) != "" {
			w.exec(statement)
		}
	}
	keys, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	guard, log, bus := access.New(db), audit.New(db, keys), events.New(db, quiet)
	messages := message.New(message.Deps{Log: quiet, DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus})
	messages.Use(sandbox.New(db, bus, quiet))
	w.verify = verify.New(verify.Deps{
		DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Messages: messages, Tickets: ticket.New(db, guard, log, bus), Log: quiet, BaseURL: base,
	})
	w.stepUp = idp.New(idp.Deps{DB: db, Guard: guard, Keys: keys, Audit: log, Verifications: w.verify, Log: quiet, BaseURL: base, Local: local})
	w.verify.Use(w.stepUp)
	api := httpapi.New(httpapi.Options{Log: quiet, Guard: guard, Auth: nobody{}, DB: db, Keys: keys})
	w.verify.Routes(api)
	w.stepUp.Routes(api)
	w.web = api
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- messages.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) exec(query string, args ...any) {
	w.Helper()
	err := w.db.Write(w.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.Context(), query, args...)
		return err
	})
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

// alerts counts the security alerts of a kind.
func (w *world) alerts(reason string) int {
	w.Helper()
	return w.count(`select count(*) from audit_event where org_id = $1 and action = 'security.alert' and record like $2`, org, "%"+reason+"%")
}

func (w *world) as(id string) context.Context {
	a := access.Actor{OrgID: org, Kind: access.Technician, ID: id, Role: perm.Technician, SessionID: "session-" + id, Name: "Tom Reed"}
	if id == "ada" {
		a.Role, a.Owner, a.Name = perm.Administrator, true, "Ada Holm"
	}
	return access.WithActor(w.Context(), a)
}

func anyVersion(int64) error { return nil }

// setUp gives Northwind the provider of the test, demanding what change says.
func (w *world) setUp(change func(*idp.Provider)) {
	w.Helper()
	p := idp.Provider{Issuer: w.provider.URL, ClientID: idptest.Client, ACRValues: []string{"strong"}}
	if change != nil {
		change(&p)
	}
	if _, err := w.stepUp.Set(w.as("ada"), northwind, p, w.secret, anyVersion); err != nil {
		w.Fatal(err)
	}
}

var linkToken = regexp.MustCompile(`/v/([\w-]{22,})`)

// caller is a contact in a browser, with the verification that they were asked to complete.
type caller struct {
	*world
	verification verify.Verification
	spoken       string
	link         string
	cookie       *http.Cookie
	page         string
}

// begin starts a verification of Pia by Tom and opens its link.
func (w *world) begin() *caller {
	w.Helper()
	v, spoken, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.IDPStepUp, TicketID: "ticket-pia"})
	if err != nil {
		w.Fatal(err)
	}
	c := &caller{world: w, verification: v, spoken: spoken}
	for deadline := time.Now().Add(time.Minute); c.link == ""; time.Sleep(20 * time.Millisecond) {
		var text string
		_ = w.db.Read().QueryRowContext(w.Context(), `select body from message_sandbox order by created_at desc, id desc limit 1`).Scan(&text)
		if m := linkToken.FindStringSubmatch(text); m != nil && w.count(`select count(*) from verify_challenge where id = $1 and delivery <> 'planned'`, v.ID) == 1 {
			c.link = "/v/" + m[1]
		}
		if time.Now().After(deadline) {
			w.Fatal("no link was sent")
		}
	}
	c.visit("GET", c.link, nil)
	return c
}

// visit makes a request as the browser of the caller.
func (c *caller) visit(method, target string, form url.Values) int {
	c.Helper()
	var payload io.Reader
	if form != nil {
		payload = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, target, payload)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.cookie != nil {
		r.AddCookie(c.cookie)
	}
	out := httptest.NewRecorder()
	c.web.ServeHTTP(out, r)
	for _, k := range out.Result().Cookies() {
		c.cookie = k
	}
	c.page = out.Body.String()
	return out.Code
}

var hidden = regexp.MustCompile(`name="(page|state|code|iss)" value="([^"]*)"`)

// form are the hidden fields of the page that the caller sees.
func (c *caller) form() url.Values {
	f := url.Values{}
	for _, m := range hidden.FindAllStringSubmatch(c.page, -1) {
		f.Set(m[1], unescape(m[2]))
	}
	return f
}

func unescape(s string) string {
	return strings.NewReplacer("&amp;", "&", "&#43;", "+", "&#39;", "'", "&#34;", "\"").Replace(s)
}

// types enters the number and how the call began.
func (c *caller) types(number, direction string) int {
	f := c.form()
	f.Set("number", number)
	f.Set("direction", direction)
	f.Set("answer", "validate")
	return c.visit("POST", c.link, f)
}

var signInLink = regexp.MustCompile(`id="go" href="([^"]+)"`)

// address of the sign-in page, to which the page leads.
func (c *caller) address() string {
	c.Helper()
	m := signInLink.FindStringSubmatch(c.page)
	if m == nil {
		c.Fatalf("no way to the sign-in page in %s", c.page)
	}
	return unescape(m[1])
}

// signsIn goes all the way to the page on which the caller confirms.
func (c *caller) signsIn() {
	c.Helper()
	c.types(c.spoken, "inbound")
	c.visit("GET", c.provider.SignIn(c.address()).RequestURI(), nil)
}

// confirms presses the button.
func (c *caller) confirms() int { return c.visit("POST", "/v/idp/callback", c.form()) }

func (c *caller) now() verify.Verification {
	c.Helper()
	v, err := c.verify.ByID(c.as("tom"), c.verification.ID)
	if err != nil {
		c.Fatal(err)
	}
	return v
}

func (c *caller) want(state verify.State) {
	c.Helper()
	if got := c.now().State; got != state {
		c.Errorf("state %q, want %q; the page says %s", got, state, c.page)
	}
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := fault.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
