// Package stories_test tells what attackers do to the real program, from the first call to the end, and that they get nowhere. Each story
// is one function that reads from top to bottom; README.md says which attacker of the threat model it is and which rules stop them.
package stories_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/test/binary"
)

// help is an MSP with its people, on a server of its own. Each acts in a session of their own: Olga the owner, Tom the technician of
// Northwind, in some stories Ida his colleague. What the sandbox delivers is what lies on somebody's telephone or in somebody's mailbox.
type help struct {
	*testing.T
	dir       string
	server    *binary.Server
	olga, tom *binary.Client
	northwind string // the id of the customer
}

// person is a contact with a telephone and a mailbox.
type person struct{ id, phone, mail, ticket string }

const tomPhone = "+12125550171"

// desk opens a help desk. Stories run beside each other: most of their time is spent waiting.
func desk(t *testing.T, flags ...string) *help {
	t.Helper()
	t.Parallel()
	dir, token := binary.Install(t)
	h := &help{T: t, dir: dir, server: binary.Start(t, append([]string{"--data", dir}, flags...)...)}
	h.olga = h.server.As(token)
	h.northwind = h.make("/api/customers", map[string]any{"name": "Northwind"})
	h.tom = h.technician("Tom", "Reed", tomPhone)
	return h
}

// technician adds one who looks after Northwind, and returns their own way in.
func (h *help) technician(given, family, phone string) *binary.Client {
	h.Helper()
	email := strings.ToLower(given) + "@harbor.example.com"
	h.make("/api/technicians", map[string]any{
		"given_name": given, "family_name": family, "email": email, "phone": phone, "password": binary.Password, "customer_ids": []string{h.northwind},
	})
	return h.server.As(binary.Must(h, "", "admin", "token", "--data", h.dir, "--email", email, "--name", "story"))
}

// ida is Tom's colleague at Northwind.
func (h *help) ida() *binary.Client {
	h.Helper()
	return h.technician("Ida", "Berg", "")
}

// make creates something as the owner and returns its id.
func (h *help) make(path string, body map[string]any) string {
	h.Helper()
	return binary.Text(h, h.olga.Object(h, http.StatusCreated, http.MethodPost, path, body), "id")
}

// contact adds somebody of Northwind with an open ticket.
func (h *help) contact(name, phone, mail string) person {
	h.Helper()
	p := person{phone: phone, mail: mail}
	body := map[string]any{"customer_id": h.northwind, "name": name}
	if phone != "" {
		body["phones"] = []map[string]any{{"number": phone, "kind": "mobile"}}
	}
	if mail != "" {
		body["emails"] = []string{mail}
	}
	p.id = h.make("/api/contacts", body)
	p.ticket = h.make("/api/tickets", map[string]any{"customer_id": h.northwind, "contact_id": p.id, "summary": "Call of " + name})
	return p
}

// pia is whom most attackers are after.
func (h *help) pia() person {
	h.Helper()
	return h.contact("Pia Ende", "+12125550123", "pia@northwind.example.com")
}

// start begins a verification of p by a method, on p's ticket.
func (h *help) start(by *binary.Client, p person, method string, more ...string) map[string]any {
	h.Helper()
	return by.Object(h, http.StatusCreated, http.MethodPost, "/api/verifications", startBody(p, method, more...))
}

// startBody is a request to verify p; more are further fields and their values.
func startBody(p person, method string, more ...string) map[string]any {
	body := map[string]any{"contact_id": p.id, "method": method, "ticket_id": p.ticket}
	for pair := range slices.Chunk(more, 2) {
		body[pair[0]] = pair[1]
	}
	return body
}

// check types in what the caller read out and returns the status of the answer.
func (h *help) check(by *binary.Client, v map[string]any, code string) int {
	h.Helper()
	return by.Do(h, http.MethodPost, "/api/verifications/"+binary.Text(h, v, "id")+"/check", map[string]any{"code": code}).Status
}

// refused demands that a request is refused with one of the product's codes.
func (h *help) refused(by *binary.Client, method, path string, body any, code string) map[string]any {
	h.Helper()
	a := by.Do(h, method, path, body)
	var problem map[string]any
	if err := json.Unmarshal(a.Body, &problem); err != nil || a.Status < 400 || problem["code"] != code {
		h.Errorf("%s %s: %d %s, want %s", method, path, a.Status, a.Body, code)
	}
	return problem
}

// state is what became of a verification.
func (h *help) state(v map[string]any) string {
	h.Helper()
	return binary.Text(h, h.olga.Object(h, http.StatusOK, http.MethodGet, "/api/verifications/"+binary.Text(h, v, "id"), nil), "state")
}

// ends demands a state of a verification.
func (h *help) ends(v map[string]any, want string) {
	h.Helper()
	if got := h.state(v); got != want {
		h.Errorf("the verification is %s, want %s", got, want)
	}
}

// clear asks whether an action may be done for p, and returns the level that is missing; "" if it may.
func (h *help) clear(by *binary.Client, p person, action string) string {
	h.Helper()
	a := by.Do(h, http.MethodPost, "/api/contacts/"+p.id+"/clearances", map[string]any{"action": action, "ticket_id": p.ticket})
	if a.Status < 300 {
		return ""
	}
	var problem struct {
		Code  string `json:"code"`
		Level string `json:"verification_level"`
	}
	if err := json.Unmarshal(a.Body, &problem); err != nil || a.Status != http.StatusForbidden || problem.Code != "access.needs_verification" {
		h.Errorf("%s is refused with %d %s", action, a.Status, a.Body)
	}
	return problem.Level
}

// recorded counts the events of an action in the record; reason "" counts all.
func (h *help) recorded(action, reason string) (n int) {
	h.Helper()
	for _, e := range h.olga.Items(h, "/api/audit?limit=200&action="+action) {
		if reason == "" || e["reason"] == reason {
			n++
		}
	}
	return n
}

// alarmed demands that the administrators were told, in the record and by mail.
func (h *help) alarmed(reason string) {
	h.Helper()
	if h.recorded("security.alert", reason) == 0 {
		h.Errorf("no alert of %s", reason)
	}
	binary.Eventually(h, "a mail to the owner about "+reason, func() bool {
		for _, m := range h.olga.Inbox(h, "olga@harbor.example.com") {
			if subject, _ := m["subject"].(string); subject != "" {
				return true
			}
		}
		return false
	})
}

// asked waits until somebody asks who we are, and returns that request.
func (h *help) asked() (r map[string]any) {
	h.Helper()
	binary.Eventually(h, "a request to be verified", func() bool {
		items := h.tom.Items(h, "/api/technician-verifications?state=pending")
		if len(items) == 1 {
			r = items[0]
		}
		return len(items) == 1
	})
	return r
}

// request is a request to be verified as it is now.
func (h *help) request(by *binary.Client, r map[string]any) map[string]any {
	h.Helper()
	return by.Object(h, http.StatusOK, http.MethodGet, "/api/technician-verifications/"+binary.Text(h, r, "id"), nil)
}

// mailbox is how many messages an address has.
func (h *help) mailbox(to string) int {
	h.Helper()
	return len(h.olga.Inbox(h, to))
}

// receives waits for a message to an address that holds want.
func (h *help) receives(to, want string) {
	h.Helper()
	binary.Eventually(h, fmt.Sprintf("%q at %s", want, to), func() bool { return h.olga.LastTo(h, to, want) != nil })
}

// other is a code that is not code.
func other(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}
