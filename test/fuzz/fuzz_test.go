// Package fuzz_test sends the real program requests that are derived from its own OpenAPI document, most of them wrong in some way.
package fuzz_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/test/binary"
)

const (
	workers    = 4
	hang       = 5 * time.Second
	largest    = 5 << 20
	maxReports = 15
)

// seedEnv names the variable that repeats a run.
const seedEnv = "COUNTERSIGN_FUZZ_SEED"

func TestNoRequestBreaksTheServer(t *testing.T) {
	requests, seed := 1000, uint64(20261122)
	if binary.Full() {
		requests = 20000
	}
	if s := os.Getenv(seedEnv); s != "" {
		seed = must(strconv.ParseUint(s, 10, 64))
	}
	dir := t.TempDir()
	owner := binary.Must(t, "correct horse battery staple\n", "admin", "bootstrap", "--data", dir,
		"--organization", "Harbor IT", "--email", "olga@example.com", "--name", "Olga Berg", "--password-stdin")
	server := binary.Start(t, "--data", dir)
	client := server.As(owner)

	var doc document
	if err := json.Unmarshal(client.Do(t, http.MethodGet, "/api/openapi.json", nil).Body, &doc.root); err != nil {
		t.Fatal(err)
	}
	ops := doc.operations()
	if len(ops) < 30 {
		t.Fatalf("the document describes only %d operations", len(ops))
	}
	r := &run{t: t, server: server, ops: ops, done: map[string]map[int]int{}, ids: seedObjects(t, client)}
	var wg sync.WaitGroup
	for w := range workers {
		// A token each, so that the limit per token does not answer in place of the server.
		token := binary.Must(t, "", "admin", "token", "--data", dir, "--email", "olga@example.com", "--name", fmt.Sprintf("worker %d", w))
		wg.Go(func() {
			g := &generator{Rand: rand.New(rand.NewPCG(seed, uint64(w))), doc: doc}
			for i := range requests / workers {
				r.one(g, token, w*requests+i, ops[(i*workers+w)%len(ops)])
			}
		})
	}
	wg.Wait()
	r.report(requests, seed)

	client.Object(t, http.StatusOK, http.MethodGet, "/api/me", nil)
	if v := client.Object(t, http.StatusOK, http.MethodGet, "/api/audit/verification", nil); v["ok"] != true {
		t.Errorf("the record does not verify afterwards: %v", v)
	}
	if out := server.Output(); strings.Contains(out, markerOfBody) {
		t.Error("the server logged something from a request body")
	} else if strings.Contains(out, "panic") {
		t.Error("the server panicked")
	}
}

const (
	markerOfBody = "zqbody"
	markerOfURL  = "zqurl"
)

// seedObjects makes one of each thing, so that requests find something to work on, and returns the ids by collection.
func seedObjects(t *testing.T, c *binary.Client) map[string][]string {
	t.Helper()
	ids := map[string][]string{}
	post := func(collection string, body map[string]any) string {
		id := binary.Text(t, c.Object(t, http.StatusCreated, http.MethodPost, "/api/"+collection, body), "id")
		ids[collection] = append(ids[collection], id)
		return id
	}
	for i := range 5 {
		customer := post("customers", map[string]any{"name": fmt.Sprintf("Northwind %d", i)})
		contact := post("contacts", map[string]any{"customer_id": customer, "name": "Pia Ende", "emails": []string{fmt.Sprintf("pia%d@example.com", i)}})
		ticket := post("tickets", map[string]any{"customer_id": customer, "contact_id": contact, "summary": "Printer"})
		post("technicians", map[string]any{"given_name": "Tom", "email": fmt.Sprintf("tom%d@example.com", i)})
		post("verifications", map[string]any{"contact_id": contact, "method": "email_code", "ticket_id": ticket})
		// Somebody else asks who is calling: both directions at once for one contact would be frozen (R9).
		phone := fmt.Sprintf("+1212555012%d", i)
		post("contacts", map[string]any{"customer_id": customer, "name": "Max Ende", "phones": []map[string]any{{"number": phone, "kind": "mobile"}}})
		c.Object(t, http.StatusAccepted, http.MethodPost, "/api/sandbox/inbound", map[string]any{"kind": "sms", "from": phone, "to": "+12125550100", "body": "#verify"})
	}
	binary.Eventually(t, "five pending technician verifications", func() bool {
		ids["technician-verifications"] = nil
		for _, item := range c.Items(t, "/api/technician-verifications?state=pending") {
			ids["technician-verifications"] = append(ids["technician-verifications"], binary.Text(t, item, "id"))
		}
		return len(ids["technician-verifications"]) == 5
	})
	return ids
}

// run collects what the workers see.
type run struct {
	t      *testing.T
	server *binary.Server
	ops    []operation

	mu      sync.Mutex
	ids     map[string][]string
	done    map[string]map[int]int // operation to status to count
	faults  int
	slowest time.Duration
}

// one sends one request and judges the answer.
func (r *run) one(g *generator, token string, number int, o operation) {
	r.mu.Lock()
	g.ids = maps.Clone(r.ids) // the lists only grow, so the workers may share what they hold now
	r.mu.Unlock()
	g.heat = g.pick(0, 0, 8, 15, 50).(int)
	g.marker = fmt.Sprintf("%s%dq", markerOfURL, number)
	inURL, target := g.marker, g.target(o)
	g.marker = fmt.Sprintf("%s%dq", markerOfBody, number)
	body, contentType := g.payload(o)

	ctx, cancel := context.WithTimeout(r.t.Context(), 2*hang)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, o.method, r.server.URL+target, strings.NewReader(body))
	if err != nil {
		return // Go's own client refuses to write such an address
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if !g.chance(3) {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if g.chance(10) {
		req.Header.Set("Idempotency-Key", g.pick("a", "key-1", strings.Repeat("k", 300), "'\"<").(string))
	}
	if g.chance(10) {
		req.Header.Set("If-Match", g.pick(`"1"`, `"0"`, "*", "W/\"1\"", "nonsense", `"99999999999999999999"`).(string))
	}

	began := time.Now()
	res, err := r.server.As("").HTTP.Do(req)
	if err != nil {
		r.fault(number, o, target, body, fmt.Sprintf("no answer: %v", err))
		return
	}
	defer func() { _ = res.Body.Close() }()
	var answer []byte
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") { // which ends only when the client does
		answer, err = io.ReadAll(io.LimitReader(res.Body, 64<<20))
	}
	took := time.Since(began)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		r.fault(number, o, target, body, fmt.Sprintf("the answer broke off: %v", err))
		return
	}
	r.judge(number, o, target, body, res, answer, took, inURL, g.marker)
}

func (r *run) judge(number int, o operation, target, body string, res *http.Response, answer []byte, took time.Duration, markers ...string) {
	if res.StatusCode >= 500 && (res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "") {
		r.fault(number, o, target, body, fmt.Sprintf("status %d: %.300s", res.StatusCode, answer))
	}
	if took > hang {
		r.fault(number, o, target, body, fmt.Sprintf("took %s", took.Round(time.Millisecond)))
	}
	if len(answer) > largest && o.path != "/api/audit/export" { // a download of everything, sent as a stream
		r.fault(number, o, target, body, fmt.Sprintf("the answer has %d bytes", len(answer)))
	}
	if res.StatusCode >= 400 {
		for _, m := range markers {
			if strings.Contains(string(answer), m) {
				r.fault(number, o, target, body, fmt.Sprintf("status %d repeats a refused value: %.300s", res.StatusCode, answer))
			}
		}
		if ct := res.Header.Get("Content-Type"); strings.HasPrefix(o.path, "/api/") && !strings.HasPrefix(ct, "application/problem+json") {
			r.fault(number, o, target, body, fmt.Sprintf("status %d as %q: %.200s", res.StatusCode, ct, answer))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	name := o.method + " " + o.path
	if r.done[name] == nil {
		r.done[name] = map[int]int{}
	}
	r.done[name][res.StatusCode]++
	r.slowest = max(r.slowest, took)
	var made struct{ ID string }
	if res.StatusCode == http.StatusCreated && json.Unmarshal(answer, &made) == nil && made.ID != "" {
		collection := collectionOf(o.path)
		r.ids[collection] = append(r.ids[collection], made.ID)
	}
	if collection := collectionOf(o.path); o.method == http.MethodDelete && res.StatusCode == http.StatusNoContent && len(r.ids[collection]) > 1 {
		path, _, _ := strings.Cut(target, "?")
		r.ids[collection] = slices.DeleteFunc(slices.Clone(r.ids[collection]), func(id string) bool { return strings.HasSuffix(path, "/"+id) })
	}
}

func (r *run) fault(number int, o operation, target, body, what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.faults++; r.faults <= maxReports {
		r.t.Errorf("request %d: %s %.200s\n  body %.300q\n  %s", number, o.method, target, body, what)
	}
}

// report says what came of it, and which operations never succeeded, since those were tried at the surface only.
func (r *run) report(requests int, seed uint64) {
	classes, never := map[int]int{}, []string{}
	for _, o := range r.ops {
		name, well := o.method+" "+o.path, false
		for status, n := range r.done[name] {
			classes[status] += n
			well = well || status < 300
		}
		if !well {
			never = append(never, name)
		}
	}
	r.t.Logf("%d requests to %d operations, seed %d: faults %d, slowest %s, by status %v", requests, len(r.ops), seed, r.faults, r.slowest.Round(time.Millisecond), classes)
	r.t.Logf("%d operations never succeeded: %s", len(never), strings.Join(never, ", "))
	if path := os.Getenv("COUNTERSIGN_RESULTS"); path != "" {
		line := must(json.Marshal(map[string]any{"name": "fuzz", "requests": requests, "faults": r.faults, "slowest_ms": r.slowest.Milliseconds(), "operations": len(r.ops)}))
		if err := os.WriteFile(path+"/fuzz.jsonl", append(line, '\n'), 0o600); err != nil {
			r.t.Error(err)
		}
	}
}
