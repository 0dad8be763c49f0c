package gatewaytest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// Callback is one request of the gateway to Countersign. What is empty is filled in as a gateway does.
type Callback struct {
	ID, Account, Type string
	Message           map[string]any

	Secret    string    // that signs it
	Address   string    // for which it is signed
	Direction string    // "callback" if empty
	At        time.Time // now if zero
	Signature string    // instead of a real one
	Body      string    // instead of the fields
	Path      string    // to which it is sent
	Media     string
}

// Send sends a callback and returns the answer's status. One that is as it should be is checked against the contract.
func (s *Server) Send(c Callback) int {
	s.t.Helper()
	s.mu.Lock()
	secret := s.secret
	s.mu.Unlock()
	or := func(value, otherwise string) string {
		if value == "" {
			return otherwise
		}
		return value
	}
	b, err := json.Marshal(map[string]any{"id": c.ID, "account": c.Account, "type": c.Type, "message": c.Message})
	if err != nil {
		s.t.Fatal(err)
	}
	body := or(c.Body, string(b))
	if c.At.IsZero() {
		c.At = time.Now()
	}
	at := strconv.FormatInt(c.At.Unix(), 10)
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, or(c.Path, "/webhooks/gateway"), strings.NewReader(body))
	r.Header.Set("Content-Type", or(c.Media, "application/json"))
	r.Header.Set("Countersign-Timestamp", at)
	r.Header.Set("Countersign-Signature", or(c.Signature, Sign(or(c.Secret, secret), or(c.Direction, "callback"), http.MethodPost, c.Address, at, []byte(body))))
	if c.Body == "" && c.Path == "" && c.Media == "" && c.Signature == "" {
		s.spec.Request(s.t, r, []byte(body))
	}
	w := httptest.NewRecorder()
	s.App.ServeHTTP(w, r)
	return w.Code
}
