package app_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// ended waits for the end of a stream.
func ended(t *testing.T, body io.Reader) bool {
	t.Helper()
	end := make(chan struct{})
	go func() {
		defer close(end)
		_, _ = io.Copy(io.Discard, body)
	}()
	select {
	case <-end:
		return true
	case <-time.After(2 * time.Second):
		return false
	}
}

func follow(t *testing.T, s *running, header, value string) io.Reader {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(header, value)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	lines := bufio.NewReader(res.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != ": connected\n" {
		t.Fatal(res.StatusCode, line, err)
	}
	return lines
}

// What ends the right to be told ends the stream at once, not at its next sign of life.
func TestAttack2StreamsEndAtOnce(t *testing.T) {
	s := run(t)
	boss := owner(t, s.app, "Harbor IT", "olga@harbor.example.com")
	carl := colleague(boss, perm.Manager, "carl@harbor.example.com")
	id := find(t, boss, "/api/technicians?q=carl")

	t.Run("a suspended technician", func(t *testing.T) {
		stream := follow(t, s, "Authorization", "Bearer "+carl.token)
		if w := boss.do(http.MethodPost, "/api/technicians/"+id+"/suspend", ""); w.Code != http.StatusOK {
			t.Fatal(w.Code, w.Body)
		}
		if !ended(t, stream) {
			t.Error("the stream goes on")
		}
	})
	t.Run("an ended session", func(t *testing.T) {
		w := (caller{t, s.app, "", ""}).do(http.MethodPost, "/api/session", `{"email":"olga@harbor.example.com","password":"`+password+`"}`)
		cookies := w.Result().Cookies()
		if w.Code != http.StatusOK || len(cookies) == 0 {
			t.Fatal(w.Code, w.Body)
		}
		stream := follow(t, s, "Cookie", cookies[0].Name+"="+cookies[0].Value)
		if w := boss.do(http.MethodDelete, "/api/sessions/"+find(t, boss, "/api/sessions"), ""); w.Code != http.StatusNoContent {
			t.Fatal(w.Code, w.Body)
		}
		if !ended(t, stream) {
			t.Error("the stream goes on")
		}
	})
	t.Run("a deleted token", func(t *testing.T) {
		w := boss.do(http.MethodPost, "/api/tokens", `{"name":"stream"}`)
		var o struct{ ID, Token string }
		if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		stream := follow(t, s, "Authorization", "Bearer "+o.Token)
		if w := boss.do(http.MethodDelete, "/api/tokens/"+o.ID, ""); w.Code != http.StatusNoContent {
			t.Fatal(w.Code, w.Body)
		}
		if !ended(t, stream) {
			t.Error("the stream goes on")
		}
	})
}

// find returns the id of the first item of a list.
func find(t *testing.T, c caller, path string) string {
	t.Helper()
	w := c.do(http.MethodGet, path, "")
	var l struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(w.Body.Bytes(), &l); err != nil || len(l.Items) == 0 {
		t.Fatal(path, w.Code, w.Body)
	}
	return l.Items[0].ID
}
