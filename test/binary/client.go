package binary

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Client speaks to a server with one API token.
type Client struct {
	Base, Token string
	HTTP        *http.Client
}

// Answer is a response with its body read.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// As returns a client of the server for a token; an empty token is a stranger.
func (s *Server) As(token string) *Client {
	return &Client{Base: s.URL, Token: token, HTTP: &http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Do sends a request with a JSON body (nil for none) and reads the whole answer.
func (c *Client) Do(t testing.TB, method, path string, body any) Answer {
	t.Helper()
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		payload = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, c.Base+path, payload)
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/merge-patch+json")
	}
	return c.Send(t, req)
}

// Send sends a request that the caller made, with the client's token.
func (c *Client) Send(t testing.TB, req *http.Request) Answer {
	t.Helper()
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", req.Method, req.URL.Path, err)
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: b}
}

// Object sends a request that has to be answered with status want, and returns the object in the answer.
func (c *Client) Object(t testing.TB, want int, method, path string, body any) map[string]any {
	t.Helper()
	a := c.Do(t, method, path, body)
	if a.Status != want {
		t.Fatalf("%s %s: %d, want %d\n%s", method, path, a.Status, want, a.Body)
	}
	var v map[string]any
	if len(a.Body) > 0 {
		if err := json.Unmarshal(a.Body, &v); err != nil {
			t.Fatalf("%s %s: %v\n%s", method, path, err, a.Body)
		}
	}
	return v
}

// Eventually calls check until it returns true, for at most five seconds.
func Eventually(t testing.TB, what string, check func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if check() {
			return
		}
		<-time.After(20 * time.Millisecond)
	}
	t.Fatalf("after 5 s still not: %s", what)
}

// Items returns the objects of a list.
func (c *Client) Items(t testing.TB, path string) []map[string]any {
	t.Helper()
	list, _ := c.Object(t, http.StatusOK, http.MethodGet, path, nil)["items"].([]any)
	items := make([]map[string]any, 0, len(list))
	for _, v := range list {
		item, ok := v.(map[string]any)
		if !ok {
			t.Fatalf("%s: an item is %T", path, v)
		}
		items = append(items, item)
	}
	return items
}

// Text returns a field of an object as text, and fails the test if it is not there.
func Text(t testing.TB, object map[string]any, field string) string {
	t.Helper()
	v, ok := object[field]
	if !ok || v == nil {
		t.Fatalf("no %s in %v", field, object)
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
