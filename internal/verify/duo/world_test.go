package duo_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/jobs"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/sandbox"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/duo"
	"countersign.dev/countersign/internal/verify/duo/duotest"
)

const (
	org = "org-1"
	pia = "contact-pia"
)

const fixture = `
insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version) values
	('org-1', 'harbor', 'Harbor IT', 'US', 'UTC', 'en', 'active', false, '{"allowed_countries":["US"]}', 1, 1, 1),
	('org-2', 'demo', 'Demo IT', 'US', 'UTC', 'en', 'active', true, '{"allowed_countries":["US"]}', 1, 1, 1);
insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version) values
	('org-1', 'northwind', 'Northwind', 'northwind', '[]', '', 'northwind', 1, 1, 1);
insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role,
		owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version) values
	('org-1', 'tom', 'Tom', 'Reed', '', 'Tom Reed', 'tom reed', 'tom@example.com', 'tom@example.com', '+12125550171', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1),
	('org-1', 'ida', 'Ida', 'Berg', '', 'Ida Berg', 'ida berg', 'ida@example.com', 'ida@example.com', '', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1),
	('org-1', 'ada', 'Ada', 'Holm', '', 'Ada Holm', 'ada holm', 'ada@example.com', 'ada@example.com', '', '', '[]', 'administrator', true, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1);
insert into technician_customer (org_id, technician_id, customer_id) values ('org-1', 'tom', 'northwind'), ('org-1', 'ida', 'northwind');
insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at, updated_at, version) values
	('org-1', 'contact-pia', 'northwind', 'Pia Ende', 'pia ende', '', '["pia@northwind.example.com"]', '[]', 'en', false, false, '', '', 1, 1, 1);
insert into ticket (org_id, id, number, customer_id, contact_id, contact_name, summary, description, status, created_by, creator_name, creator_type, search_text, created_at, updated_at, version) values
	('org-1', 'ticket-pia', 1042, 'northwind', 'contact-pia', 'Pia Ende', 'Password', '', 'open', '', '', 'system', '', 1, 1, 1);
`

// world is an organization beside a Duo that is played.
type world struct {
	*testing.T
	*duotest.Server
	db     *store.DB
	verify *verify.Service
	duo    *duo.Service
	log    *bytes.Buffer
}

// with are the applications that a world has.
type with struct{ auth, admin bool }

var both = with{true, true}

func inWorld(t *testing.T, has with, fn func(w *world)) {
	t.Helper()
	duotest.Vendor(t, "openapi.json")
	synctest.Test(t, func(t *testing.T) { build(t, storetest.Open(t), has, fn) })
}

func build(t *testing.T, db *store.DB, has with, fn func(w *world)) {
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
	w := &world{T: t, Server: duotest.New(t), db: db, log: &bytes.Buffer{}}
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	guard, log, bus := access.New(db), audit.New(db, keys), events.New(db, slog.New(slog.DiscardHandler))
	messages := message.New(message.Deps{Log: logger, DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus})
	messages.Use(sandbox.New(db, bus, logger))
	w.verify = verify.New(verify.Deps{
		DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Messages: messages, Tickets: ticket.New(db, guard, log, bus), Log: logger,
		BaseURL: "https://help.example.com",
	})
	w.duo = duo.New(duo.Deps{DB: db, Guard: guard, Keys: keys, Audit: log, Events: bus, Verifications: w.verify, Log: logger, Client: w.Server})
	w.verify.Use(w.duo)
	queue, err := jobs.New(t.Context(), db, jobs.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.duo.Handle(queue)
	for _, run := range []func(context.Context) error{queue.Run, w.duo.Run} {
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
	if has.auth || has.admin {
		w.connect(has)
	}
	fn(w)
	for _, secret := range []string{duotest.AuthSkey, duotest.AdminSkey} {
		if strings.Contains(w.log.String(), secret) {
			t.Error("the log tells a secret")
		}
	}
	for _, p := range w.Pushes() {
		if strings.Contains(w.log.String(), p.Code) || w.count(`select count(*) from audit_event where record like $1`, "%"+p.Code+"%") > 0 {
			t.Error("digits are written down")
		}
	}
}

func (w *world) connect(has with) {
	w.Helper()
	set, secrets := duo.Settings{Host: "api-00000000.duosecurity.example.com"}, duo.Secrets{}
	if has.auth {
		set.AuthIkey, secrets.Auth = duotest.AuthIkey, new(duotest.AuthSkey)
	}
	if has.admin {
		set.AdminIkey, secrets.Admin = duotest.AdminIkey, new(duotest.AdminSkey)
	}
	if _, err := w.duo.Set(w.as("ada"), set, secrets, func(int64) error { return nil }); err != nil {
		w.Fatal(err)
	}
}

// person is Pia at Duo.
func person(change ...func(*duotest.User)) duotest.User {
	u := duotest.User{
		ID: "DUPIA", Username: "pia@northwind.example.com", Email: "pia@northwind.example.com", Status: "active",
		Phones: []duotest.Phone{{ID: "DPPIA", Number: "+12125550123", Name: "Pia's phone", Push: true}},
	}
	for _, f := range change {
		f(&u)
	}
	return u
}

func (w *world) as(id string) context.Context {
	a := access.Actor{OrgID: org, Kind: access.Technician, ID: id, Role: perm.Technician, SessionID: "session-" + id, Authenticated: time.Now()}
	a.Name = map[string]string{"tom": "Tom Reed", "ida": "Ida Berg", "ada": "Ada Holm"}[id]
	if id == "ada" {
		a.Role, a.Owner = perm.Administrator, true
	}
	return access.WithActor(w.Context(), a)
}

func (w *world) start() (verify.Verification, error) {
	w.Helper()
	v, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.DuoPush, TicketID: "ticket-pia"})
	w.wait()
	return v, err
}

func (w *world) begin() verify.Verification {
	w.Helper()
	v, err := w.start()
	if err != nil {
		w.Fatal(err)
	}
	return v
}

// wait lets jobs and polls happen.
func (w *world) wait() {
	time.Sleep(6 * time.Second)
	synctest.Wait()
}

func (w *world) answer(result, status string) {
	w.Answer(result, status)
	w.wait()
}

func (w *world) wantState(id string, want verify.State) {
	w.Helper()
	v, err := w.verify.ByID(w.as("tom"), id)
	if err != nil {
		w.Fatal(err)
	}
	if v.State != want {
		w.Errorf("state %q, want %q; %s", v.State, want, w.log)
	}
}

func (w *world) count(query string, args ...any) (n int) {
	w.Helper()
	if err := w.db.Read().QueryRowContext(w.Context(), query, args...).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

func (w *world) alerts(reason string) int {
	w.Helper()
	return w.count(`select count(*) from audit_event where org_id = $1 and action = 'security.alert' and record like $2`, org, "%"+reason+"%")
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

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := fault.CodeOf(err); got != want {
		t.Errorf("got %q (%v), want %q", got, err, want)
	}
}
