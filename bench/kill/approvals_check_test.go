package kill_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/bench/rig"
)

// request is what the server says of a request.
type request struct {
	ID        string     `json:"id"`
	State     string     `json:"state"`
	Failure   string     `json:"failure"`
	Digest    string     `json:"digest"`
	DecidedAt *time.Time `json:"decided_at"`
	EndedAt   *time.Time `json:"ended_at"`
}

// signIn lets the owner prove who they are, where that was long ago.
func (w *approvals) signIn() {
	w.Helper()
	if time.Since(w.since) < freshFor {
		return
	}
	b, err := json.Marshal(map[string]any{"email": "olga@harbor.example.com", "password": "correct horse battery staple"})
	if err != nil {
		w.Fatal(err)
	}
	res, err := w.within(w.Context(), w.clients[0], "/api/session", b)
	if err != nil {
		w.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || len(res.Cookies()) == 0 {
		w.Fatalf("no session: %d", res.StatusCode)
	}
	w.session, w.since = res.Cookies()[0].Name+"="+res.Cookies()[0].Value, time.Now()
}

// within posts in the owner's session.
func (w *approvals) within(ctx context.Context, c *rig.Client, path string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, "POST", c.Base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if w.session != "" {
		req.Header.Set("Cookie", w.session)
	}
	return c.HTTP.Do(req)
}

// decide does with a request what is meant for it, and keeps what the server answered. Only a server that is killed does not answer.
func (w *approvals) decide(ctx context.Context, c *rig.Client, r *asked) {
	said := ""
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.said = append(r.said, said)
	}()
	path := "/api/approvals/" + r.id
	if r.verb == "withdraw" {
		status, b, err := c.As(r.asker).Do(ctx, "POST", path+"/withdraw", map[string]any{})
		said = w.answered(r, status, b, err)
		return
	}
	var now request
	if err := c.Object(ctx, http.StatusOK, "GET", path, nil, &now); err != nil {
		return
	}
	body := []byte(`{}`)
	if r.verb == "approve" {
		body = []byte(`{"digest":"` + now.Digest + `"}`)
	}
	res, err := w.within(ctx, c, path+"/"+r.verb, body)
	if err != nil {
		return
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	said = w.answered(r, res.StatusCode, b, err)
}

func (w *approvals) answered(r *asked, status int, b []byte, err error) string {
	if err != nil {
		return ""
	}
	var now request
	if status != http.StatusOK || json.Unmarshal(b, &now) != nil {
		w.Errorf("%s of %s: %d %s", r.verb, r.action, status, b)
		return ""
	}
	return now.State
}

// settle decides what nobody could decide before, and waits until all that was approved has ended. It returns how long the last one took.
func (w *approvals) settle() time.Duration {
	w.Helper()
	w.signIn()
	all := w.now()
	for _, r := range w.all {
		if !r.accepted() && !w.isLate(r) && all[r.id].State == "pending" {
			w.decide(w.Context(), w.clients[0], r)
		}
	}
	began := time.Now()
	for {
		waiting := 0
		w.requests("?state=approved", func(request) { waiting++ })
		if waiting == 0 {
			return time.Since(began)
		}
		if time.Since(began) > settleMax {
			w.Errorf("%d approved requests have not run after %v", waiting, settleMax)
			return settleMax
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (w *approvals) isLate(r *asked) bool {
	return slices.Contains(w.late, r)
}

// now are all requests as they are now, by id.
func (w *approvals) now() map[string]request {
	w.Helper()
	all := map[string]request{}
	w.requests("", func(r request) { all[r.ID] = r })
	return all
}

func (w *approvals) requests(query string, fn func(request)) {
	w.Helper()
	w.list("/api/approvals"+query, func(raw json.RawMessage) {
		var r request
		if err := json.Unmarshal(raw, &r); err != nil {
			w.Fatal(err)
		}
		fn(r)
	})
}

// check compares every request with what was answered, with the log and with its thing.
func (w *approvals) check() rig.Figures {
	w.Helper()
	export := w.i.VerifyExport(w.T, w.clients[0])
	events := w.events(export)
	lent := map[string]int{}
	w.list("/api/grants?role_id="+w.roles["lent"], func(raw json.RawMessage) {
		var g struct{ Scope struct{ ID string } }
		if err := json.Unmarshal(raw, &g); err != nil {
			w.Fatal(err)
		}
		lent[g.Scope.ID]++
	})
	devices := map[string]bool{}
	w.list("/api/devices", func(raw json.RawMessage) {
		var d struct{ ID string }
		if err := json.Unmarshal(raw, &d); err != nil {
			w.Fatal(err)
		}
		devices[d.ID] = true
	})
	counts := map[string]int{}
	lost, after := 0, 0
	requests := w.now()
	for _, r := range w.all {
		now := requests[r.id]
		counts[now.State]++
		if now.Failure != "" {
			w.Errorf("a request to %s that nothing spoke against: %s, %s", r.action, now.State, now.Failure)
		}
		w.fits(r, now.State)
		done := 0
		if now.State == "executed" {
			done = 1
			if w.overAKill(now) {
				after++
			}
		}
		for _, said := range r.said {
			if said == "" {
				lost++
			}
		}
		deed := events[r.action+" "+r.thing]
		if r.action == "grant" {
			deed = lent[r.thing]
		}
		if ran := events["approval.execute "+r.id]; ran != done || deed != done {
			w.Errorf("a request to %s is %s: noted as run %d times, and done %d times", r.action, now.State, ran, deed)
		}
		if r.action == "device.delete" && devices[r.thing] != (done == 0) {
			w.Errorf("the device of a request that is %s: there %t", now.State, devices[r.thing])
		}
	}
	if counts["executed"] == 0 || len(w.killedAt) > 20 && after == 0 {
		w.Errorf("too little was done to say anything: %v, %d of it over a kill", counts, after)
	}
	return rig.Figures{"requests": len(w.all), "states": counts, "lost_answers": lost, "approved_before_and_run_after_a_kill": after}
}

// fits compares the state of a request with what its second person, or its requester, did and was told.
func (w *approvals) fits(r *asked, state string) {
	w.Helper()
	meant := map[string]string{"approve": "executed", "refuse": "refused", "withdraw": "withdrawn"}[r.verb]
	switch {
	case w.isLate(r):
		if state != "pending" && state != "expired" {
			w.Errorf("a request that nobody decided is %s", state)
		}
	case state != meant:
		w.Errorf("a request that somebody meant to %s, and was told %q of, is %s", r.verb, r.said, state)
	}
}

// overAKill says whether a server was killed between the decision and the end.
func (w *approvals) overAKill(r request) bool {
	for _, at := range w.killedAt {
		if r.DecidedAt != nil && r.EndedAt != nil && r.DecidedAt.Before(at) && r.EndedAt.After(at) {
			return true
		}
	}
	return false
}

// events counts what the log says was done, by action and target.
func (w *approvals) events(export []byte) map[string]int {
	w.Helper()
	counts := map[string]int{}
	w.list("/api/audit", func(raw json.RawMessage) {
		var e struct {
			Action, Outcome string
			Targets         []struct{ ID string }
		}
		if err := json.Unmarshal(raw, &e); err != nil {
			w.Fatal(err)
		}
		for _, target := range e.Targets {
			if e.Outcome == "success" {
				counts[e.Action+" "+target.ID]++
			}
			if !bytes.Contains(export, []byte(target.ID)) {
				w.Errorf("the export lacks an event %s of %s", e.Action, target.ID)
			}
		}
	})
	return counts
}

func (w *approvals) list(path string, fn func(json.RawMessage)) {
	w.Helper()
	pages(w.T, w.clients[0], path, fn)
}

// pages calls fn with every item of a list.
func pages(t *testing.T, c *rig.Client, path string, fn func(json.RawMessage)) {
	t.Helper()
	separator := "?"
	if bytes.Contains([]byte(path), []byte("?")) {
		separator = "&"
	}
	for cursor := ""; ; {
		var page struct {
			Items      []json.RawMessage `json:"items"`
			NextCursor string            `json:"next_cursor"`
		}
		c.Must(t, http.StatusOK, "GET", path+separator+"limit=200"+cursor, nil, &page)
		for _, item := range page.Items {
			fn(item)
		}
		if page.NextCursor == "" {
			return
		}
		cursor = "&cursor=" + page.NextCursor
	}
}
