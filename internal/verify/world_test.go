package verify_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/code"
	"countersign.dev/countersign/internal/verify/link"
	"countersign.dev/countersign/internal/verify/request"
)

// The people of every test: Pia of Northwind calls; Tom and Ida are technicians, Ada the administrator.
const (
	org       = "org-1"
	otherOrg  = "org-2"
	northwind = "northwind"
	fabrikam  = "fabrikam"
	pia       = "contact-pia"
	piaPhone  = "+12125550123"
	piaEmail  = "pia@northwind.example.com"
	tomPhone  = "+12125550171"
	ticketPia = "ticket-pia"
	ticketFab = "ticket-fabrikam"
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

// world is a running organization on a real database, in a bubble of fake time.
type world struct {
	*testing.T
	db       *store.DB
	verify   *verify.Service
	requests *request.Service
	messages *message.Service
	keys     *seal.Keyring
	guard    *access.Guard
	realTime bool // outside a bubble
}

// inWorld runs fn in a world of its own; time passes only where fn sleeps.
func inWorld(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { build(t, storetest.Open(t), fn) })
}

func build(t *testing.T, db *store.DB, fn func(t *testing.T, w *world)) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *store.Tx) error {
		for statement := range strings.SplitSeq(fixture, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := tx.ExecContext(t.Context(), statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, db: db, keys: keys, guard: access.New(db)}
	w.start()
	fn(t, w)
}

// start wires the services and runs the sender until the test ends.
func (w *world) start() {
	log := audit.New(w.db, w.keys)
	bus := events.New(w.db, slog.New(slog.DiscardHandler))
	w.messages = message.New(message.Deps{Log: slog.New(slog.NewTextHandler(w.Output(), nil)), DB: w.db, Guard: w.guard, Keys: w.keys, Audit: log, Events: bus})
	w.messages.Use(sandbox.New(w.db, bus, slog.New(slog.DiscardHandler)))
	deps := verify.Deps{
		DB: w.db, Guard: w.guard, Keys: w.keys, Audit: log, Events: bus, Messages: w.messages,
		Tickets: ticket.New(w.db, w.guard, log, bus), Log: slog.New(slog.DiscardHandler), BaseURL: "https://help.example.com",
	}
	w.verify = verify.New(deps)
	w.requests = request.New(deps, w.verify)
	w.verify.Counter(w.requests.Freeze)
	w.verify.Use(code.SMS(), link.SMS(w.verify, slog.New(slog.DiscardHandler)), code.Email(), link.Email(w.verify, slog.New(slog.DiscardHandler)), code.Voice())
	ctx, cancel := context.WithCancel(w.Context())
	done := make(chan error, 1)
	go func() { done <- w.messages.Run(ctx) }()
	w.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			w.Error(err)
		}
	})
}

// as is a context in which one of the technicians acts.
func (w *world) as(id string) context.Context {
	a := access.Actor{OrgID: org, Kind: access.Technician, ID: id, Role: perm.Technician, SessionID: "session-" + id}
	a.Name = map[string]string{"tom": "Tom Reed", "ida": "Ida Berg", "ada": "Ada Holm"}[id]
	if id == "ada" {
		a.Role, a.Owner = perm.Administrator, true
	}
	return access.WithActor(w.Context(), a)
}

// begin starts a verification of Pia by Tom, on her ticket.
func (w *world) begin(method verify.MethodName, change ...func(*verify.StartRequest)) (verify.Verification, string) {
	w.Helper()
	r := verify.StartRequest{ContactID: pia, Method: method, TicketID: ticketPia}
	for _, f := range change {
		f(&r)
	}
	v, spoken, err := w.verify.Start(w.as("tom"), r)
	if err != nil {
		w.Fatal(err)
	}
	w.settle()
	return v, spoken
}

// sent is one message in the sandbox.
type sent struct{ from, to, body string }

// inbox lists what was sent to an address, oldest first.
func (w *world) inbox(to string) (out []sent) {
	w.Helper()
	w.settle()
	rows, err := w.db.Read().QueryContext(w.Context(), `select sender, recipient, body from message_sandbox where recipient = $1 order by created_at, id`, to)
	if err != nil {
		w.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m sent
		if err := rows.Scan(&m.from, &m.to, &m.body); err != nil {
			w.Fatal(err)
		}
		out = append(out, m)
	}
	if err := rows.Err(); err != nil {
		w.Fatal(err)
	}
	return out
}

// last is the newest message to an address.
func (w *world) last(to string) sent {
	w.Helper()
	all := w.inbox(to)
	if len(all) == 0 {
		w.Fatalf("nothing was sent to %s", to)
	}
	return all[len(all)-1]
}

var (
	digitRuns = regexp.MustCompile(`\d{6,}`)
	linkToken = regexp.MustCompile(`/v/([\w-]+)`)
)

// code reads the code out of the newest message to an address.
func (w *world) code(to string) string {
	w.Helper()
	body := w.last(to).body
	runs := digitRuns.FindAllString(body, -1)
	if len(runs) != 1 || len(runs[0]) != 6 {
		w.Fatalf("the code is not the only run of six digits in %q", body)
	}
	return runs[0]
}

func (w *world) token(to string) string {
	w.Helper()
	m := linkToken.FindStringSubmatch(w.last(to).body)
	if m == nil {
		w.Fatalf("no link in %q", w.last(to).body)
	}
	return m[1]
}

// other is a code that is not code.
func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

// text takes in an SMS from a number.
func (w *world) text(from, body string) {
	w.Helper()
	w.receive(message.In{Way: message.SMS, From: from, To: "+12125550100", Body: body})
}

func (w *world) receive(in message.In) {
	w.Helper()
	if err := w.messages.Receive(access.WithActor(w.Context(), access.System(org)), in); err != nil {
		w.Fatal(err)
	}
	w.settle()
}

// state of a verification as Tom sees it.
func (w *world) state(id string) verify.State {
	w.Helper()
	v, err := w.verify.ByID(w.as("tom"), id)
	if err != nil {
		w.Fatal(err)
	}
	return v.State
}

func (w *world) wantState(id string, want verify.State) {
	w.Helper()
	if got := w.state(id); got != want {
		w.Errorf("state %q, want %q", got, want)
	}
}

// count runs a query that returns one number.
func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	if err := w.db.Read().QueryRowContext(w.Context(), query, args...).Scan(&n); err != nil && !errors.Is(err, sql.ErrNoRows) {
		w.Fatal(err)
	}
	return n
}

// alerts counts the security alerts of a kind.
func (w *world) alerts(reason string) int {
	w.Helper()
	return w.count(`select count(*) from audit_event where org_id = $1 and action = 'security.alert' and record like $2`, org, "%"+reason+"%")
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := fault.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}

const minute = time.Minute

// settle lets the sender do what there is to do.
func (w *world) settle() {
	if !w.realTime {
		synctest.Wait()
	}
}
