// Package kill_test kills the real server under load, again and again, and looks for what was promised and is gone, or was done twice.
package kill_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/test/binary"
)

const (
	workers   = 6
	perKill   = 120 // people who take part between two kills, at most
	shortest  = 150 * time.Millisecond
	longest   = 900 * time.Millisecond
	settleMax = 90 * time.Second // until the lease of a killed PostgreSQL node has ended and its messages were sent
)

func kills(databaseURL string) int {
	switch {
	case !binary.Full() && databaseURL == "":
		return 3
	case !binary.Full():
		return 1
	case databaseURL == "":
		return 100
	default:
		return 20
	}
}

// accepted is what the server has answered with a 2xx. All of it must be there for ever.
type accepted struct {
	mu            sync.Mutex
	contacts      []string          // ids
	verifications map[string]string // id: phone
	checked       []string          // ids of those verified
	requests      []string          // contacts whose #verify was accepted
	notes         map[string]string // note id: text
}

func (a *accepted) add(fn func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	fn()
}

// some reports whether something of every kind was accepted.
func (a *accepted) some() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.verifications) > 0 && len(a.checked) > 0 && len(a.requests) > 0 && len(a.notes) > 0
}

// one is a person, used once, since the limits of an address allow one start in 30 seconds.
type one struct{ phone, contact string }

type world struct {
	t        *testing.T
	i        *rig.Installation
	client   *rig.Client
	tokens   []string // one alone may not ask as often as the workers do
	server   *binary.Server
	accepted accepted
	customer string
	ticket   string
	phones   chan string
}

func TestNothingAcceptedIsLostOrDoneTwice(t *testing.T) {
	rig.Each(t, func(t *testing.T, databaseURL string) {
		n := kills(databaseURL)
		w := &world{t: t, i: rig.Install(t, databaseURL), accepted: accepted{verifications: map[string]string{}, notes: map[string]string{}}}
		w.begin((n + 1) * perKill)
		slowest := time.Duration(0)
		for k := range n {
			w.round(shortest + rand.N(longest-shortest))
			slowest = max(slowest, w.server.Ready)
			export := w.i.VerifyExport(t, w.client)
			if t.Failed() {
				t.Fatalf("kill %d", k+1)
			}
			if k == n-1 {
				w.complete(export)
			}
		}
		a := &w.accepted
		rig.Figures{
			"kills": n, "contacts": len(a.contacts), "verifications": len(a.verifications), "checked": len(a.checked), "requests": len(a.requests),
			"notes": len(a.notes), "repeats_labelled": w.repeats(), "slowest_restart_ms": slowest.Milliseconds(),
		}.Keep(t, "kill", databaseURL)
	})
}

// begin makes what the workers need.
func (w *world) begin(people int) {
	w.t.Helper()
	w.serve()
	var made struct {
		ID string `json:"id"`
	}
	w.client.Must(w.t, http.StatusCreated, "POST", "/api/customers", map[string]any{"name": "Northwind"}, &made)
	w.customer, w.tokens = made.ID, w.i.Tokens(w.t, w.client, 8)
	w.client.Must(w.t, http.StatusCreated, "POST", "/api/tickets", map[string]any{"customer_id": w.customer, "summary": "Printer"}, &made)
	w.ticket = made.ID
	w.phones = make(chan string, people)
	for _, p := range rig.Phones(w.t, people) {
		w.phones <- p
	}
}

func (w *world) serve() {
	w.t.Helper()
	w.server = w.i.Serve(w.t)
	w.client = rig.NewClient(w.server.URL, w.i.Token)
}

// round lets the workers work for a while, kills the server in the middle of it and starts it again.
func (w *world) round(d time.Duration) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for ctx.Err() == nil && w.step(ctx) {
			}
		})
	}
	time.Sleep(d)
	for begin := time.Now(); !w.accepted.some() && time.Since(begin) < settleMax; { // a busy machine has hardly begun by then
		time.Sleep(20 * time.Millisecond)
	}
	w.server.Kill(w.t)
	cancel()
	wg.Wait()
	w.client.HTTP.CloseIdleConnections()
	w.serve()
}

// step takes one person through the thread. It returns false once the server is gone or nobody is left.
func (w *world) step(ctx context.Context) bool {
	p := one{}
	select {
	case p.phone = <-w.phones:
	default:
		return false
	}
	if !w.makeContact(ctx, &p) {
		return false
	}
	if rand.IntN(3) == 0 {
		return w.request(ctx, p)
	}
	return w.verify(ctx, p) && w.note(ctx)
}

// post reports whether the server accepted a request. Anything else than an accepted one or a broken connection fails the test.
func (w *world) post(ctx context.Context, want int, path string, body, out any) bool {
	status, b, err := w.client.As(w.tokens[rand.IntN(len(w.tokens))]).Do(ctx, "POST", path, body)
	if err != nil {
		return false // killed
	}
	if status != want {
		w.t.Errorf("POST %s: %d, want %d: %s", path, status, want, b)
		return false
	}
	return out == nil || w.decode(b, out)
}

func (w *world) makeContact(ctx context.Context, p *one) bool {
	var c struct {
		ID string `json:"id"`
	}
	if !w.post(ctx, http.StatusCreated, "/api/contacts", map[string]any{
		"customer_id": w.customer, "name": "Contact " + p.phone, "phones": []any{map[string]any{"number": p.phone, "kind": "mobile"}},
	}, &c) {
		return false
	}
	p.contact = c.ID
	w.accepted.add(func() { w.accepted.contacts = append(w.accepted.contacts, c.ID) })
	return true
}

// request is the caller's own #verify.
func (w *world) request(ctx context.Context, p one) bool {
	if !w.post(ctx, http.StatusAccepted, "/api/sandbox/inbound", map[string]any{"kind": "sms", "from": p.phone, "to": "+12125550100", "body": "#verify"}, nil) {
		return false
	}
	w.accepted.add(func() { w.accepted.requests = append(w.accepted.requests, p.contact) })
	return true
}

// verify starts a verification and, when its code is there soon, checks it.
func (w *world) verify(ctx context.Context, p one) bool {
	var v struct {
		ID string `json:"id"`
	}
	if !w.post(ctx, http.StatusCreated, "/api/verifications", map[string]any{"contact_id": p.contact, "method": "sms_code", "ticket_id": w.ticket}, &v) {
		return false
	}
	w.accepted.add(func() { w.accepted.verifications[v.ID] = p.phone })
	code := ""
	for range 20 {
		err := w.client.Messages(ctx, "&to=%2B"+p.phone[1:], func(m rig.Message) bool { code = m.Code(); return code == "" })
		if err != nil {
			return ctx.Err() == nil && !isGone(ctx, w.client)
		}
		if code != "" {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if code == "" {
		return true // slow, not lost: it is looked for again at the end
	}
	if !w.post(ctx, http.StatusOK, "/api/verifications/"+v.ID+"/check", map[string]any{"code": code}, nil) {
		return false
	}
	w.accepted.add(func() { w.accepted.checked = append(w.accepted.checked, v.ID) })
	return true
}

func isGone(ctx context.Context, c *rig.Client) bool {
	_, _, err := c.Do(ctx, "GET", "/healthz", nil)
	return err != nil
}

func (w *world) note(ctx context.Context) bool {
	var n struct {
		ID string `json:"id"`
	}
	text := fmt.Sprintf("Note %d", rand.Uint64())
	if !w.post(ctx, http.StatusCreated, "/api/tickets/"+w.ticket+"/notes", map[string]any{"body": text, "visibility": "internal"}, &n) {
		return false
	}
	w.accepted.add(func() { w.accepted.notes[n.ID] = text })
	return true
}

// complete looks for everything that was accepted.
func (w *world) complete(export []byte) {
	w.t.Helper()
	w.contacts(export)
	w.verifications(export)
	w.notes(export)
	w.requests()
	if !w.accepted.some() {
		w.t.Error("too little was done to say anything")
	}
	w.messages()
}

func (w *world) contacts(export []byte) {
	w.t.Helper()
	for _, id := range w.accepted.contacts {
		if err := w.client.Object(w.t.Context(), http.StatusOK, "GET", "/api/contacts/"+id, nil, nil); err != nil {
			w.t.Errorf("an accepted contact: %v", err)
		}
		if !bytes.Contains(export, []byte(id)) {
			w.t.Errorf("no event of contact %s", id)
		}
	}
}

func (w *world) verifications(export []byte) {
	w.t.Helper()
	for id := range w.accepted.verifications {
		if err := w.client.Object(w.t.Context(), http.StatusOK, "GET", "/api/verifications/"+id, nil, nil); err != nil {
			w.t.Errorf("an accepted verification: %v", err)
		}
		if !bytes.Contains(export, []byte(id)) {
			w.t.Errorf("no event of verification %s", id)
		}
	}
	for _, id := range w.accepted.checked {
		var v struct {
			State string `json:"state"`
		}
		w.client.Must(w.t, http.StatusOK, "GET", "/api/verifications/"+id, nil, &v)
		if v.State != "verified" {
			w.t.Errorf("verification %s was verified and is %s", id, v.State)
		}
		if bytes.Count(export, []byte(id)) < 2 {
			w.t.Errorf("no event of the success of %s", id)
		}
	}
}

func (w *world) notes(export []byte) {
	w.t.Helper()
	found := map[string]string{}
	w.pages("/api/tickets/"+w.ticket+"/notes", func(item map[string]any) { found[text(item, "id")] = text(item, "body") })
	for id, want := range w.accepted.notes {
		if found[id] != want {
			w.t.Errorf("note %s is %q, want %q", id, found[id], want)
		}
		if !bytes.Contains(export, []byte(id)) {
			w.t.Errorf("no event of note %s", id)
		}
	}
}

// requests waits until each accepted #verify has become a request, since the server may have been killed between the two.
func (w *world) requests() {
	w.t.Helper()
	w.eventually("every #verify is a request", func() (missing int) {
		found := map[string]int{}
		w.pages("/api/technician-verifications", func(item map[string]any) { found[text(item, "contact_id")]++ })
		for _, contact := range w.accepted.requests {
			if found[contact] == 0 {
				missing++
			}
			if found[contact] > 1 {
				w.t.Errorf("one #verify of contact %s became %d requests", contact, found[contact])
			}
		}
		return missing
	})
}

// messages waits until every verification has its message, and looks for messages that came twice without saying so.
func (w *world) messages() {
	w.t.Helper()
	w.eventually("every verification has its message", func() (missing int) {
		byPhone := map[string]bool{}
		w.sandbox(func(m rig.Message) { byPhone[m.To] = true })
		for _, phone := range w.accepted.verifications {
			if !byPhone[phone] {
				missing++
			}
		}
		return missing
	})
	type key struct{ to, body string }
	first := map[key]int{}
	w.sandbox(func(m rig.Message) {
		if !m.PossibleRepeat {
			first[key{m.To, m.Body}]++
		}
	})
	for k, n := range first {
		if n > 1 {
			w.t.Errorf("%d times the same message to %s, not labelled as repeats", n, k.to)
		}
	}
}

func (w *world) repeats() (n int) {
	w.sandbox(func(m rig.Message) {
		if m.PossibleRepeat {
			n++
		}
	})
	return n
}

func (w *world) sandbox(fn func(rig.Message)) {
	w.t.Helper()
	if err := w.client.Messages(w.t.Context(), "", func(m rig.Message) bool { fn(m); return true }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) eventually(what string, missing func() int) {
	w.t.Helper()
	for begin := time.Now(); ; time.Sleep(200 * time.Millisecond) {
		n := missing()
		if n == 0 {
			return
		}
		if time.Since(begin) > settleMax {
			w.t.Errorf("not %s: %d missing after %v", what, n, settleMax)
			return
		}
	}
}
