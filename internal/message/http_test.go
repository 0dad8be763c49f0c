package message_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/message"
	mailserver "countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/outbox"
	"countersign.dev/countersign/internal/message/smtp"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// door signs everybody in as the technician whose role is the bearer token.
type door struct{ org string }

func (d door) Authenticate(r *http.Request) (access.Actor, error) {
	role := perm.Role(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if !role.Valid() {
		return access.Actor{}, nil
	}
	return access.Actor{OrgID: d.org, Kind: access.Technician, ID: "t-" + string(role), Name: "Tess", Role: role, TokenID: "k"}, nil
}

type site struct {
	*world
	api  *httpapi.API
	mail *mailserver.Service
}

func newSite(t *testing.T, outside ...message.Sender) *site {
	t.Helper()
	s := &site{world: newWorld(t, storetest.Open(t), outside...)}
	s.api = httpapi.New(httpapi.Options{
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Guard: access.New(s.db), Auth: door{s.org}, DB: s.db, Keys: s.keys, Version: "test",
	})
	s.mail = &mailserver.Service{DB: s.db, Guard: s.deps.Guard, Keys: s.keys, Audit: s.deps.Audit}
	s.mail.Routes(s.api)
	(&outbox.Service{DB: s.db, Guard: s.deps.Guard, Audit: s.deps.Audit, Messages: s.Service}).Routes(s.api)
	s.outbox.Routes(s.api, s.Service)
	s.run()
	return s
}

// do makes a request as a role and returns the answer's status and JSON.
func (s *site) do(role, method, path, body string) (status int, answer map[string]any) {
	s.t.Helper()
	r := httptest.NewRequestWithContext(s.t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+role)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	rec := httptest.NewRecorder()
	s.api.ServeHTTP(rec, r)
	if rec.Body.Len() > 0 {
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
			s.t.Errorf("%s %s: %v: %s", method, path, err, rec.Body)
		}
	}
	return rec.Code, answer
}

func items(answer map[string]any) []any {
	list, _ := answer["items"].([]any)
	return list
}

func TestTheSandboxPhone(t *testing.T) {
	s := newSite(t)
	s.send(text(phone))
	eventually(t, "the phone rings", func() bool {
		_, answer := s.do("administrator", "GET", "/api/sandbox/messages?to=%2B12125550123&kind=sms", "")
		return len(items(answer)) == 1
	})
	_, answer := s.do("administrator", "GET", "/api/sandbox/messages", "")
	m, _ := items(answer)[0].(map[string]any)
	if m["kind"] != "sms" || m["from"] != "+12125550100" || m["to"] != phone || m["body"] != "Your code is 123456" || m["possible_repeat"] != false || m["id"] == "" {
		t.Errorf("%v", m)
	}
	var got []message.In
	s.OnInbound(func(_ context.Context, _ *store.Tx, in message.In) (bool, error) {
		got = append(got, in)
		return true, nil
	})
	if status, answer := s.do("administrator", "POST", "/api/sandbox/inbound", `{"kind":"sms","from":"(212) 555-0123","to":"+12125550100","body":"#verify"}`); status != 202 {
		t.Fatal(status, answer)
	}
	if len(got) != 1 || got[0].From != phone || got[0].Body != "#verify" || got[0].Aligned {
		t.Errorf("routed %+v", got)
	}
	for role, want := range map[string]int{"read_only": 403, "nobody": 401} {
		if status, _ := s.do(role, "GET", "/api/sandbox/messages", ""); status != want {
			t.Errorf("%s: %d", role, status)
		}
		if status, _ := s.do(role, "POST", "/api/sandbox/inbound", `{"kind":"sms","from":"x","body":"y"}`); status != want {
			t.Errorf("%s: %d", role, status)
		}
	}
	for _, bad := range []string{`{}`, `{"kind":"voice","from":"x","body":"y"}`, `{"kind":"sms","from":"","body":"y"}`, `{"kind":"sms","from":"x","body":"y","more":1}`} {
		if status, _ := s.do("administrator", "POST", "/api/sandbox/inbound", bad); status != 422 {
			t.Errorf("%s: %d", bad, status)
		}
	}
}

// people gives the technician one customer of two, each with a contact.
func (s *site) people() {
	t := s.t
	err := s.db.Write(t.Context(), func(tx *store.Tx) error {
		var errs []error
		for _, statement := range []string{
			`insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
				values ($1, 'c1', 'Contoso', 'contoso', '[]', '', '', 0, 0, 1)`,
			`insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames,
					platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
				values ($1, 't-technician', 'Tess', '', '', 'Tess', 'tess', 't@example.com', 't@example.com', '', '', '[]', 'technician', false, 'active',
					'activated', 'en', 'UTC', 'auto', '', 0, 0, 1)`,
			`insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
				values ($1, 'c2', 'Fabrikam', 'fabrikam', '[]', '', '', 0, 0, 1)`,
			`insert into contact (org_id, id, customer_id, name, sort_name, job_title, emails, phones, language, vip, approver, notes, search_text, created_at,
				updated_at, version) values ($1, 'p1', 'c1', 'Pia', 'pia', '', '[]', '[]', '', false, false, '', '', 0, 0, 1),
				($1, 'p2', 'c2', 'Ben', 'ben', '', '[]', '[]', '', false, false, '', '', 0, 0, 1)`,
			`insert into contact_phone (org_id, contact_id, number, created_at, added_by, initial)
				values ($1, 'p1', '+12125550123', 0, '', true), ($1, 'p2', '+12125550124', 0, '', true)`,
			`insert into technician_customer (org_id, technician_id, customer_id) values ($1, 't-technician', 'c1')`,
		} {
			_, err := tx.ExecContext(t.Context(), statement, s.org)
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeliveriesShowOnlyTheirCustomers(t *testing.T) {
	s := newSite(t)
	s.people()
	out := text(phone)
	out.CustomerID = "c1"
	s.send(out)
	out.CustomerID, out.Owner.ID = "c2", "v2"
	s.send(out)
	eventually(t, "both sent", func() bool { return s.count(`select count(*) from message_delivery where state = 'sent'`) == 2 })
	for path, want := range map[string]map[string]int{
		"/api/deliveries": {"administrator": 2, "technician": 1},
		"/api/deliveries?owner_type=verification&owner_id=v1": {"administrator": 1, "technician": 1},
		"/api/deliveries?owner_type=verification&owner_id=v2": {"administrator": 1, "technician": 0},
		"/api/deliveries?owner_id=v3":                         {"administrator": 0, "technician": 0},
	} {
		for role, n := range want {
			status, answer := s.do(role, "GET", path, "")
			if status != 200 || len(items(answer)) != n {
				t.Errorf("%s %s: %d, %d items, want %d", role, path, status, len(items(answer)), n)
			}
		}
	}
	_, answer := s.do("technician", "GET", "/api/deliveries", "")
	d, _ := items(answer)[0].(map[string]any)
	attempts, _ := d["attempts"].([]any)
	if d["to_masked"] != "+1•••23" || d["state"] != "sent" || len(attempts) != 1 {
		t.Fatalf("%v", d)
	}
	if a, _ := attempts[0].(map[string]any); a["state"] != "accepted" || a["provider"] != "sandbox" || a["number"] != 1.0 || a["ended_at"] == nil {
		t.Errorf("%v", a)
	}
}

// postbox is an SMTP server that takes everything.
type postbox struct{ got chan string }

func (p *postbox) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return p, nil }
func (p *postbox) Reset()                                          {}
func (p *postbox) Logout() error                                   { return nil }
func (p *postbox) Mail(string, *gosmtp.MailOptions) error          { return nil }
func (p *postbox) Rcpt(string, *gosmtp.RcptOptions) error          { return nil }
func (p *postbox) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	p.got <- string(b)
	return err
}

func TestMailSettings(t *testing.T) {
	box := &postbox{got: make(chan string, 10)}
	server := gosmtp.NewServer(box)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	defer func() { _ = server.Close() }()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)

	s := newSite(t)
	s.Use(s.outbox, smtp.New(s.db, s.mail.Of, nil))
	const path = "/api/settings/mail"
	settings := func(change string) string {
		fields := map[string]any{"host": "127.0.0.1", "port": json.Number(port), "tls": "none", "from_address": "help@example.com", "inbound_address": "Verify@example.com"}
		if err := json.Unmarshal([]byte("{"+change+"}"), &fields); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	step := func(what string, want int, role, method, path, body string) map[string]any {
		t.Helper()
		status, answer := s.do(role, method, path, body)
		if status != want {
			t.Errorf("%s: %d %v", what, status, answer)
		}
		return answer
	}
	step("there is none", 404, "administrator", "GET", path, "")
	step("nothing to test", 404, "administrator", "POST", path+"/test", `{"to":"pia@example.com"}`)
	step("a technician may not", 403, "technician", "PUT", path, settings(""))
	step("a port", 422, "administrator", "PUT", path, settings(`"port":0`))
	step("no password in the clear", 422, "administrator", "PUT", path, settings(`"username":"u","password":"p"`))
	step("no address", 422, "administrator", "PUT", path, settings(`"from_address":"nobody"`))
	step("a plus sign", 422, "administrator", "PUT", path, settings(`"inbound_address":"a+b@example.com"`))
	step("a long name", 422, "administrator", "PUT", path, settings(`"inbound_address":"abcdefghijklmnopqrstuvwxyz123456@example.com"`))
	got := step("set", 200, "administrator", "PUT", path, settings(`"tls":"starttls","username":"u","password":"hunter2 hunter2"`))
	if got["password_set"] != true || got["inbound_address"] != "verify@example.com" || got["version"] != 1.0 || got["password"] != nil {
		t.Errorf("%v", got)
	}
	step("the old password for another host", 422, "administrator", "PUT", path, settings(`"tls":"starttls","username":"u","host":"evil.example.com"`))
	step("kept password", 200, "administrator", "PUT", path, settings(`"tls":"starttls","username":"u","from_name":"Acme"`))
	if m, ok, err := s.mail.Of(t.Context(), s.db.Read(), s.org); err != nil || !ok || m.Password != "hunter2 hunter2" {
		t.Error(ok, err)
	}
	if n := s.count(`select count(*) from message_mail where instr(password, 'hunter') > 0`); n != 0 {
		t.Error("the password is not sealed")
	}
	failed := step("no STARTTLS there", 200, "administrator", "POST", path+"/test", `{"to":"pia@example.com"}`)
	if failed["state"] != "planned" || failed["reason"] != "starttls" {
		t.Errorf("%v", failed)
	}
	step("no TLS then", 200, "administrator", "PUT", path, settings(`"password":""`))
	if tried := step("test", 200, "administrator", "POST", path+"/test", `{"to":"bob@example.com"}`); tried["state"] != "sent" {
		t.Errorf("%v", tried)
	}
	if mail := <-box.got; !strings.Contains(mail, "verify+") {
		t.Errorf("%s", mail)
	}
	step("not an address", 422, "administrator", "POST", path+"/test", `{"to":"not an address"}`)
	if status, answer := s.do("technician", "POST", "/api/sandbox/inbound", `{"kind":"email","from":"pia@example.com","body":"#confirm"}`); status != 409 {
		t.Errorf("the sandbox answers for a real mail server: %d %v", status, answer)
	}
	if org, ok, err := s.mail.Recipient(t.Context(), "verify+abc@EXAMPLE.com"); org != s.org || !ok || err != nil {
		t.Error(org, ok, err)
	}
	if number, email, err := s.Inbound(t.Context(), s.db.Read(), s.org); number != message.SandboxNumber || email != "verify@example.com" || err != nil {
		t.Error(number, email, err)
	}
	step("forget", 204, "administrator", "DELETE", path, "")
	step("forgotten", 404, "administrator", "DELETE", path, "")
	if _, email, err := s.Inbound(t.Context(), s.db.Read(), s.org); email != message.SandboxEmail || err != nil {
		t.Error(email, err)
	}
}

func TestADemoOrganizationNeverLeavesTheSandbox(t *testing.T) {
	s := newSite(t)
	err := s.db.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update organization set demo = true where id = $1`, s.org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	body := `{"host":"mail.example.com","port":587,"tls":"starttls","from_address":"a@example.com"}`
	if status, _ := s.do("administrator", "PUT", "/api/settings/mail", body); status != 409 {
		t.Errorf("mail settings: %d", status)
	}
}

// The sandbox phone shows codes, so it shows a technician only what went to the contacts of their customers, and lets them answer for no
// others; mail to technicians is for those who see all customers.
func TestAttack43TheSandboxPhoneOfOtherCustomers(t *testing.T) {
	s := newSite(t)
	s.people()
	for _, x := range []struct{ customer, to, body string }{{"c1", phone, "mine"}, {"c2", "+12125550124", "another's"}, {"", "+12125550170", "internal"}} {
		out := text(x.to)
		out.CustomerID, out.Owner.ID, out.Body = x.customer, x.body, x.body
		s.send(out)
	}
	for _, from := range []string{phone, "+12125550124", "+12125550199"} {
		if status, answer := s.do("administrator", "POST", "/api/sandbox/inbound", `{"kind":"sms","from":"`+from+`","body":"HELP"}`); status != 202 {
			t.Fatal(status, answer)
		}
	}
	eventually(t, "all sent", func() bool { return s.count(`select count(*) from message_sandbox`) == 6 })
	for path, want := range map[string]map[string]int{
		"/api/sandbox/messages":                   {"administrator": 6, "technician": 2, "manager": 0},
		"/api/sandbox/messages?to=%2B12125550123": {"administrator": 2, "technician": 2, "manager": 0},
		"/api/sandbox/messages?to=%2B12125550124": {"administrator": 2, "technician": 0, "manager": 0},
		"/api/sandbox/messages?to=%2B12125550170": {"administrator": 1, "technician": 0, "manager": 0},
		"/api/sandbox/messages?to=%2B12125550199": {"administrator": 1, "technician": 0, "manager": 0},
	} {
		for role, n := range want {
			if status, answer := s.do(role, "GET", path, ""); status != 200 || len(items(answer)) != n {
				t.Errorf("%s %s: %d, %d items, want %d", role, path, status, len(items(answer)), n)
			}
		}
	}
	bodies := map[string]bool{}
	for from, want := range map[string]int{"(212) 555-0123": 202, "+12125550124": 422, "212-555-0124": 422, "+12125550199": 422, "nobody": 422} {
		status, answer := s.do("technician", "POST", "/api/sandbox/inbound", `{"kind":"sms","from":"`+from+`","body":"STOP"}`)
		if status != want {
			t.Errorf("from %s: %d", from, status)
		}
		if status == 422 {
			delete(answer, "request_id")
			b, _ := json.Marshal(answer)
			bodies[string(b)] = true
		}
	}
	if len(bodies) != 1 {
		t.Errorf("the refusals tell whose a number is: %v", bodies)
	}
	if n := s.count(`select count(*) from consent where state = 'opted_out'`); n != 1 {
		t.Errorf("%d opted out", n)
	}
}

// TestAttack46MailToColleaguesByANarrowToken reads the links of others, to choose a password or to take up an account, with a token of an
// administrator that may do no more than run verifications.
func TestAttack46MailToColleaguesByANarrowToken(t *testing.T) {
	s := newSite(t)
	s.people()
	for _, x := range []struct{ customer, to, body string }{{"c1", phone, "a code"}, {"", "+12125550170", "a link"}} {
		out := text(x.to)
		out.CustomerID, out.Owner.ID, out.Body = x.customer, x.body, x.body
		s.send(out)
	}
	eventually(t, "all sent", func() bool { return s.count(`select count(*) from message_sandbox`) == 2 })
	for _, tc := range []struct {
		may  perm.Set
		want int
	}{
		{perm.Set{perm.VerificationRun: true}, 1},
		{perm.Set{perm.VerificationRun: true, perm.AdminSettings: true}, 1},
		{perm.Set{perm.VerificationRun: true, perm.AdminTechnicians: true}, 1}, // it may not have these links sent either
		{nil, 2},
	} {
		ctx := access.WithActor(t.Context(), access.Actor{
			OrgID: s.org, Kind: access.Token, ID: "t-administrator", Role: perm.Administrator, TokenID: "k", Ceiling: tc.may,
		})
		found, _, err := s.outbox.Outbox(ctx, "", "", store.Page{Limit: 10})
		if err != nil || len(found) != tc.want {
			t.Errorf("with %v: %d messages, %v", tc.may, len(found), err)
		}
	}
}

// TestAttack46LeadingMailAwayWithANarrowToken points the mail of the organization, with its links to new passwords, at a server of one's own,
// by a token that was made for settings.
func TestAttack46LeadingMailAwayWithANarrowToken(t *testing.T) {
	s := newSite(t)
	want := mailserver.Server{Host: "mail.example.net", Port: 587, TLS: mailserver.StartTLS, FromAddress: "desk@example.com"}
	for _, tc := range []struct {
		may  perm.Set
		want string
	}{{perm.Set{perm.AdminSettings: true}, "signin.token_narrow"}, {nil, ""}} {
		ctx := access.WithActor(t.Context(), access.Actor{
			OrgID: s.org, Kind: access.Token, ID: "t-administrator", Role: perm.Administrator, TokenID: "k", Ceiling: tc.may,
		})
		_, err := s.mail.Set(ctx, want, nil, func(int64) error { return nil })
		if got := fault.CodeOf(err); err != nil && got != tc.want || err == nil && tc.want != "" {
			t.Errorf("with %v: %v", tc.may, err)
		}
	}
}
