// Package nodes_test runs two servers on one PostgreSQL database and kills either: what was begun on one is finished on the other, and
// whoever uses the product sees no more of it than a connection that is made again.
package nodes_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/test/binary"
)

const (
	heardMax = 3 * time.Second  // until a console on one node hears of what was done on the other
	takeOver = 30 * time.Second // until what a killed node was sending is sent by the other: its lease of 10 s, and a busy machine
	guesses  = 40               // at once, at both nodes, for one verification
	maxTries = 3
	guessed  = 3 // rounds
)

func rounds() int {
	if binary.Full() {
		return 20
	}
	return 1
}

// world is an installation of two nodes. What is started on the one is finished on the other.
type world struct {
	*testing.T
	mu       sync.Mutex // of nodes and clients, while others ask
	i        *rig.Installation
	nodes    [2]*binary.Server
	clients  [2]*rig.Client
	customer string
	phones   []string
}

func TestTwoNodesAreOneServer(t *testing.T) {
	if os.Getenv(storetest.Env) == "" {
		t.Skip(storetest.Env + " is not set: two nodes need PostgreSQL")
	}
	w := &world{T: t, i: rig.Install(t, storetest.NewPostgres(t)), phones: rig.Phones(t, 4000)}
	w.serve(0)
	w.serve(1)
	var made struct {
		ID string `json:"id"`
	}
	w.clients[0].Must(t, http.StatusCreated, "POST", "/api/customers", map[string]any{"name": "Northwind"}, &made)
	w.customer = made.ID
	heard := time.Duration(0)
	var outage time.Duration
	for round := range rounds() {
		here, there := round%2, (round+1)%2
		heard = max(heard, w.codeAcross(here, there))
		w.linkAcross(here, there)
		w.requestAcross(here, there)
		if round < guessed { // who tries more wrong codes in a day has their codes suspended
			w.guessAcross()
		}
		outage = max(outage, w.killBetween(here, there))
		if t.Failed() {
			t.Fatalf("round %d", round+1)
		}
	}
	w.i.VerifyExport(t, w.clients[0])
	rig.Figures{
		"rounds": rounds(), "kills": rounds(), "heard_on_the_other_ms": heard.Milliseconds(), "finished_after_kill_ms": outage.Milliseconds(),
	}.Keep(t, "nodes", "postgres")
}

func (w *world) serve(n int) {
	w.Helper()
	w.nodes[n] = w.i.Serve(w.T)
	w.clients[n] = rig.NewClient(w.nodes[n].URL, w.i.Token)
}

// contact makes a contact at one node, with a number of their own.
func (w *world) contact(n int) (id, phone string) {
	w.Helper()
	phone, w.phones = w.phones[0], w.phones[1:]
	var c struct {
		ID string `json:"id"`
	}
	w.clients[n].Must(w.T, http.StatusCreated, "POST", "/api/contacts", map[string]any{
		"customer_id": w.customer, "name": "Contact " + phone, "phones": []any{map[string]any{"number": phone, "kind": "mobile"}},
	}, &c)
	return c.ID, phone
}

func (w *world) start(n int, contact, method string) (v struct {
	ID           string `json:"id"`
	SpokenNumber string `json:"spoken_number"`
},
) {
	w.Helper()
	w.clients[n].Must(w.T, http.StatusCreated, "POST", "/api/verifications", map[string]any{"contact_id": contact, "method": method}, &v)
	return v
}

// message waits at one node for the message to a number.
func (w *world) message(n int, phone string) rig.Message {
	w.Helper()
	var found rig.Message
	w.eventually("a message to "+phone, takeOver, func() bool {
		err := w.clients[n].Messages(w.Context(), "&to=%2B"+phone[1:], func(m rig.Message) bool { found = m; return false })
		return err == nil && found.ID != ""
	})
	return found
}

func (w *world) state(n int, path string) string {
	w.Helper()
	var v struct {
		State string `json:"state"`
	}
	w.clients[n].Must(w.T, http.StatusOK, "GET", path, nil, &v)
	return v.State
}

func (w *world) eventually(what string, limit time.Duration, done func() bool) time.Duration {
	w.Helper()
	begin := time.Now()
	for !done() {
		if time.Since(begin) > limit {
			w.Fatalf("not within %v: %s", limit, what)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(begin)
}

// codeAcross starts on one node and checks on the other, while a console follows a third party's view: the node on which nothing was done.
func (w *world) codeAcross(here, there int) time.Duration {
	w.Helper()
	contact, phone := w.contact(here)
	s := w.follow(there, -1)
	defer s.close()
	v := w.start(here, contact, "sms_code")
	heard := w.eventually("the other node's console hears of the start", heardMax, func() bool { return s.heard(v.ID) })
	code := w.message(there, phone).Code()
	w.clients[there].Must(w.T, http.StatusOK, "POST", "/api/verifications/"+v.ID+"/check", map[string]any{"code": code}, nil)
	if got := w.state(here, "/api/verifications/"+v.ID); got != "verified" {
		w.Errorf("checked on the other node, it is %s", got)
	}
	return heard
}

// linkAcross sends a link by one node, which is opened and answered at the other.
func (w *world) linkAcross(here, there int) {
	w.Helper()
	contact, phone := w.contact(here)
	v := w.start(here, contact, "sms_link")
	body := w.message(here, phone).Body
	_, path, ok := strings.Cut(body, "/v/")
	if !ok {
		w.Fatalf("no link in %q", body)
	}
	path = "/v/" + strings.Fields(path)[0]
	page := w.get(there, path)
	_, rest, ok := strings.Cut(page, `name="page" value="`)
	if !ok {
		w.Fatalf("no form on %s", path)
	}
	hidden, _, _ := strings.Cut(rest, `"`)
	w.post(there, path, map[string]string{"page": hidden, "number": v.SpokenNumber, "direction": "inbound", "answer": "validate"})
	if got := w.state(here, "/api/verifications/"+v.ID); got != "verified" {
		w.Errorf("answered at the other node, it is %s", got)
	}
}

// requestAcross lets a caller ask by one node who we are, a technician take the request at the other, and the caller answer at the first.
func (w *world) requestAcross(here, there int) {
	w.Helper()
	contact, phone := w.contact(here)
	w.text(here, phone, "#verify")
	var id string
	w.eventually("the request is there", takeOver, func() bool {
		var page struct {
			Items []struct {
				ID        string `json:"id"`
				ContactID string `json:"contact_id"`
			} `json:"items"`
		}
		w.clients[there].Must(w.T, http.StatusOK, "GET", "/api/technician-verifications?state=pending", nil, &page)
		for _, item := range page.Items {
			if item.ContactID == contact {
				id = item.ID
			}
		}
		return id != ""
	})
	w.clients[there].Must(w.T, http.StatusOK, "POST", "/api/technician-verifications/"+id+"/claim", map[string]any{"ticket_id": w.ticket(there, contact)}, nil)
	words := ""
	w.eventually("the caller is told how to answer", takeOver, func() bool {
		err := w.clients[here].Messages(w.Context(), "&to=%2B"+phone[1:], func(m rig.Message) bool {
			if _, rest, ok := strings.Cut(m.Body, "reply "); ok {
				words, _, _ = strings.Cut(rest, ";")
			}
			return words == ""
		})
		return err == nil && words != ""
	})
	w.text(here, phone, words)
	w.eventually("the caller's answer counts at both nodes", takeOver, func() bool {
		return w.state(there, "/api/technician-verifications/"+id) == "confirmed" && w.state(here, "/api/technician-verifications/"+id) == "confirmed"
	})
}

func (w *world) ticket(n int, contact string) string {
	w.Helper()
	var t struct {
		ID string `json:"id"`
	}
	w.clients[n].Must(w.T, http.StatusCreated, "POST", "/api/tickets", map[string]any{"customer_id": w.customer, "contact_id": contact, "summary": "Printer"}, &t)
	return t.ID
}

func (w *world) text(n int, from, body string) {
	w.Helper()
	w.clients[n].Must(w.T, http.StatusAccepted, "POST", "/api/sandbox/inbound", map[string]any{"kind": "sms", "from": from, "to": "+12125550100", "body": body}, nil)
}

// guessAcross tries wrong codes at both nodes at once: the tries of a verification are counted once for both (M5).
func (w *world) guessAcross() {
	w.Helper()
	contact, _ := w.contact(0)
	v := w.start(0, contact, "sms_code")
	var wg sync.WaitGroup
	for i := range guesses {
		wg.Go(func() {
			status, body, err := w.clients[i%2].Do(w.Context(), "POST", "/api/verifications/"+v.ID+"/check", map[string]any{"code": fmt.Sprintf("%06d", i)})
			if err != nil || status != http.StatusUnprocessableEntity {
				w.Errorf("a guess was answered %d: %s, %v", status, body, err)
			}
		})
	}
	wg.Wait()
	var page struct {
		Items []struct{} `json:"items"`
	}
	w.clients[0].Must(w.T, http.StatusOK, "GET", "/api/audit?action=verification.check&target="+v.ID, nil, &page)
	if len(page.Items) != maxTries {
		w.Errorf("%d guesses were evaluated, not %d", len(page.Items), maxTries)
	}
	if got := w.state(1, "/api/verifications/"+v.ID); got != "failed" {
		w.Errorf("after %d guesses it is %s", guesses, got)
	}
}

// killBetween kills the node at which a verification was started, at once, and finishes it at the other. A console that followed the dead
// node goes on at the other where it left off, and misses nothing.
func (w *world) killBetween(here, there int) time.Duration {
	w.Helper()
	contact, phone := w.contact(here)
	s := w.follow(here, -1)
	before, phoneBefore := w.contact(here)
	first := w.start(here, before, "sms_code")
	w.eventually("the console hears of the first", heardMax, func() bool { return s.heard(first.ID) })
	v := w.start(here, contact, "sms_code")
	w.nodes[here].Kill(w.T)
	s.close()
	began := time.Now()
	again := w.follow(there, s.last())
	defer again.close()
	code := w.message(there, phone).Code()
	w.clients[there].Must(w.T, http.StatusOK, "POST", "/api/verifications/"+v.ID+"/check", map[string]any{"code": code}, nil)
	took := time.Since(began)
	w.clients[there].Must(w.T, http.StatusOK, "POST", "/api/verifications/"+first.ID+"/check", map[string]any{"code": w.message(there, phoneBefore).Code()}, nil)
	w.eventually("the console hears at the other node of all that it missed", heardMax, func() bool { return s.heard(v.ID) || again.heard(v.ID) })
	if again.reset.Load() {
		w.Error("the console had to load everything again")
	}
	w.serve(here)
	return took
}
