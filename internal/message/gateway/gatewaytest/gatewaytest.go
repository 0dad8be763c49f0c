// Package gatewaytest stands in for a gateway: a server with state that checks every request and its own answers against the contract
// (docs/gateway.openapi.json), signs and sends callbacks, and fails by script. Its signatures are made from docs/gateway.md, not by the adapter.
package gatewaytest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/spectest"
)

// What the gateway knows.
const (
	Secret    = "gatewaysecret-gatewaysecret-0001"
	Alternate = "gatewaysecret-gatewaysecret-0002"
	Number    = "+12125550140"
	Base      = "https://gateway.example.com/v1"
)

// Fault is what goes wrong with one request that sends a message.
type Fault string

// The faults.
const (
	None        Fault = ""
	Unreachable Fault = "unreachable"  // the connection fails before anything is written
	Error500    Fault = "500"          // an error of the gateway
	Error503    Fault = "503"          // an error of a proxy, in HTML
	Busy429     Fault = "429"          // too many requests
	LoseRequest Fault = "lose request" // reset after it was written, and not accepted
	LoseAnswer  Fault = "lose answer"  // accepted, then reset
	Hang        Fault = "hang"         // not accepted, and no answer until the caller gives up
	HangAccept  Fault = "hang, accept" // accepted, and no answer until the caller gives up
	Garbage     Fault = "garbage"      // accepted, and answered with what is no JSON
	Another     Fault = "another"      // accepted, and answered about another message
	Rude        Fault = "rude"         // refused against the contract, with a code that repeats the text
)

// Refuse is a fault: a refusal with one of the gateway's codes.
func Refuse(code string) Fault { return Fault("code " + code) }

// Message is what was accepted.
type Message struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	From      string `json:"from"`
	To        string `json:"to"`
	Text      string `json:"text"`
	SSML      string `json:"ssml"`
	Announce  string `json:"announcement"`
	Key       string `json:"confirm_key"`
	Callback  string `json:"callback_url"`
	Account   string `json:"account"`
	ExpiresAt string `json:"expires_at"`
	Status    string `json:"-"`
}

// Server is a http.RoundTripper that serves in the same process, also in fake time.
type Server struct {
	t    testing.TB
	spec *spectest.Spec
	App  http.Handler // what callbacks are sent to

	mu       sync.Mutex
	secret   string
	script   []Fault
	always   Fault
	down     bool
	messages []*Message
	requests map[string]int // that sent a message, by its id
	total    int
}

// New returns a server.
func New(t testing.TB) *Server {
	t.Helper()
	return &Server{t: t, spec: spectest.Load(t, spectest.File(t, "docs/gateway.openapi.json"), "the gateway", "/v1"), secret: Secret, requests: map[string]int{}}
}

// Script sets what happens to the next requests.
func (s *Server) Script(script ...Fault) { s.set(func() { s.script = script }) }

// Always sets what happens to requests behind the script.
func (s *Server) Always(f Fault) { s.set(func() { s.always = f }) }

// Down makes every question fail, until it is called with false.
func (s *Server) Down(down bool) { s.set(func() { s.down = down }) }

// Trust sets the secret by which the server checks signatures, and signs.
func (s *Server) Trust(secret string) { s.set(func() { s.secret = secret }) }

func (s *Server) set(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// Messages is what was accepted, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Message, len(s.messages))
	for i, m := range s.messages {
		list[i] = *m
	}
	return list
}

// Requests is how many requests sent a message, and how many did at most for one.
func (s *Server) Requests() (all, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.requests {
		most = max(most, n)
	}
	return s.total, most
}

// Sign is the signature of a request as docs/gateway.md tells it; direction is "request" or "callback".
func Sign(secret, direction, method, address, at string, body []byte) string {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, "countersign-gateway-v1 "+direction+"\n"+at+"\n"+method+"\n"+address+"\n"+hex.EncodeToString(sum[:]))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

var errReset = errors.New("connection reset by peer")

// RoundTrip serves a request in the same process.
func (s *Server) RoundTrip(r *http.Request) (res *http.Response, err error) {
	var body []byte
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	sends := r.Method == http.MethodPost
	if s.refusesConnection(sends) {
		return nil, errors.New("connection refused")
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	in := r.Clone(r.Context())
	in.Body, in.RequestURI, in.Host = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI(), r.URL.Host
	defer func() {
		if p := recover(); p != nil {
			if e, ok := p.(error); !ok || !errors.Is(e, http.ErrAbortHandler) {
				panic(p)
			}
			res, err = nil, errReset
			if r.Context().Err() != nil {
				err = r.Context().Err()
			}
		}
	}()
	w := httptest.NewRecorder()
	s.serve(w, in, body)
	return w.Result(), nil
}

func (s *Server) refusesConnection(sends bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sends && len(s.script) > 0 {
		if s.script[0] != Unreachable {
			return false
		}
		s.script = s.script[1:]
		return true
	}
	return s.always == Unreachable
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	address, at := Base+strings.TrimPrefix(r.URL.Path, "/v1"), r.Header.Get("Countersign-Timestamp")
	if !s.spec.Request(s.t, r, body) {
		reply(w, http.StatusUnprocessableEntity, map[string]any{"code": "against_contract"})
		return
	}
	s.mu.Lock()
	down, secret := s.down, s.secret
	s.mu.Unlock()
	seconds, err := strconv.ParseInt(at, 10, 64)
	late := err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute
	rec := httptest.NewRecorder()
	switch {
	case down && r.Method == http.MethodGet:
		html(w)
		return
	case late || r.Header.Get("Countersign-Signature") != Sign(secret, "request", r.Method, address, at, body):
		reply(rec, http.StatusUnauthorized, map[string]any{"code": "signature"})
	case r.URL.Path == "/v1/status":
		reply(rec, http.StatusOK, map[string]any{"name": "Harbor SMS"})
	case r.Method == http.MethodGet:
		s.look(rec, strings.TrimPrefix(r.URL.Path, "/v1/messages/"))
	default:
		s.send(rec, r, body)
	}
	s.spec.Response(s.t, r, rec)
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func (s *Server) look(w http.ResponseWriter, id string) {
	for _, m := range s.Messages() {
		if m.ID == id {
			reply(w, http.StatusOK, map[string]any{"id": id, "status": m.Status})
			return
		}
	}
	reply(w, http.StatusNotFound, map[string]any{"code": "not_found"})
}

// send accepts a message, or fails by script.
func (s *Server) send(w http.ResponseWriter, r *http.Request, body []byte) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		s.t.Error(err)
	}
	fault := s.take(m.ID)
	code, refused := strings.CutPrefix(string(fault), "code ")
	switch {
	case refused:
		reply(w, http.StatusUnprocessableEntity, map[string]any{"code": code, "message": "The text '" + m.Text + "' is refused"})
		return
	case fault == Rude:
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": "Bad: " + m.Text})
		return
	case fault == Error500:
		reply(w, http.StatusInternalServerError, map[string]any{"code": "broken"})
		return
	case fault == Error503:
		html(w)
		return
	case fault == Busy429:
		w.Header().Set("Retry-After", "1")
		reply(w, http.StatusTooManyRequests, map[string]any{"code": "busy"})
		return
	case fault == LoseRequest:
		panic(http.ErrAbortHandler)
	case fault == Hang:
		hang(r.Context())
	}
	status := s.accept(&m)
	switch fault {
	case LoseAnswer:
		panic(http.ErrAbortHandler)
	case HangAccept:
		hang(r.Context())
	case Garbage:
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("accepted"))
		return
	case Another:
		m.ID = "01a00000-0000-7000-8000-000000000000"
	}
	reply(w, status, map[string]any{"id": m.ID, "status": "accepted"})
}

func (s *Server) take(id string) (f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[id]++
	s.total++
	if len(s.script) == 0 {
		return s.always
	}
	f, s.script = s.script[0], s.script[1:]
	return f
}

// accept keeps a message, once.
func (s *Server) accept(m *Message) (status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, known := range s.messages {
		if known.ID == m.ID {
			return http.StatusOK
		}
	}
	m.Status = "accepted"
	kept := *m
	s.messages = append(s.messages, &kept)
	return http.StatusAccepted
}

func hang(ctx context.Context) {
	<-ctx.Done()
	panic(http.ErrAbortHandler)
}

func html(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte("<html>Service unavailable</html>"))
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
