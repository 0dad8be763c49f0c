// Package twiliotest stands in for Twilio: a server with state that checks every request against Twilio's own API description, signs and
// sends callbacks, plays calls, and fails by script.
package twiliotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/spectest"
)

// The account that the server knows.
const (
	Account   = "AC00000000000000000000000000000001"
	Token     = "5ecf0a3a5ecf0a3a5ecf0a3a5ecf0a3a" //nolint:gosec // of nobody
	Alternate = "a17e4a7ea17e4a7ea17e4a7ea17e4a7e"
	Key       = "SK00000000000000000000000000000001"
	KeySecret = "keysecretkeysecretkeysecret"
	Service   = "MG00000000000000000000000000000001"
	Number    = "+12125550100" // of texts and calls
)

// Fault is what goes wrong with one request that makes a message or a call.
type Fault string

// The faults.
const (
	None        Fault = ""
	Unreachable Fault = "unreachable"  // the connection fails before anything is written
	Error500    Fault = "500"          // an error of Twilio's
	Error503    Fault = "503"          // an error of a gateway, in HTML
	Busy429     Fault = "429"          // too many requests
	LoseRequest Fault = "lose request" // reset after it was written, and not accepted
	LoseAnswer  Fault = "lose answer"  // accepted, then reset
	Hang        Fault = "hang"         // not accepted, and no answer until the caller gives up
	HangAccept  Fault = "hang, accept" // accepted, and no answer until the caller gives up
	Garbage     Fault = "garbage"      // accepted, and answered with what is no JSON
)

// Refuse is a fault: a refusal with one of Twilio's codes.
func Refuse(code int) Fault { return Fault(fmt.Sprintf("code %d", code)) }

// Message is a text or a call that was accepted.
type Message struct {
	SID      string
	Form     url.Values // the request
	Status   string
	Created  time.Time
	IsCall   bool
	Incoming bool
}

// Server stands in for Twilio. It is an http.Handler, and a http.RoundTripper that serves in the same process, also in fake time.
type Server struct {
	t         testing.TB
	v2010, v1 *spectest.Spec // Twilio's own descriptions of its two APIs
	App       http.Handler   // what callbacks are sent to

	mu       sync.Mutex
	script   []Fault
	always   Fault
	messages []*Message
	requests int // that asked for a message or a call
	numbers  []*NumberResource
	hidden   bool // the lists do not show what was accepted lately
	down     bool // every request fails, also questions
	services []ServiceResource

	behind []string // what a call says if nobody presses a key
	closed bool     // the Gather is behind us
}

// New returns a server with one number; it skips the test where Twilio's description is not there.
func New(t testing.TB, script ...Fault) *Server {
	t.Helper()
	s := &Server{t: t, script: script}
	s.v2010 = spectest.Load(t, Vendor(t, "api_v2010.openapi.json"), "Twilio", "")
	s.v1 = spectest.Load(t, Vendor(t, "messaging_v1.openapi.json"), "Twilio", "")
	s.numbers = []*NumberResource{{SID: "PN00000000000000000000000000000001", Number: Number, Name: "Front desk"}}
	return s
}

// Start serves on a socket of this machine and returns its address.
func (s *Server) Start() string {
	srv := httptest.NewServer(s)
	s.t.Cleanup(srv.Close)
	return srv.URL
}

// Script sets what happens to the next requests.
func (s *Server) Script(script ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
}

// Always sets what happens to requests behind the script.
func (s *Server) Always(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.always = f
}

// Down makes every request fail, also questions, until it is called with false.
func (s *Server) Down(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// Hide keeps what was accepted out of the lists.
func (s *Server) Hide(hidden bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden = hidden
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

// Last is the newest message or call.
func (s *Server) Last() Message {
	list := s.Messages()
	if len(list) == 0 {
		s.t.Fatal("nothing was accepted")
	}
	return list[len(list)-1]
}

// Requests is how many requests asked for a message or a call, accepted or not.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

var errReset = errors.New("connection reset by peer")

// RoundTrip serves a request in the same process.
func (s *Server) RoundTrip(r *http.Request) (res *http.Response, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if s.unreachable(r) {
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
	s.ServeHTTP(w, in)
	return w.Result(), nil
}

// unreachable says whether the connection itself fails, and uses up that part of the script.
func (s *Server) unreachable(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method != http.MethodPost {
		return s.always == Unreachable
	}
	if len(s.script) > 0 && s.script[0] == Unreachable {
		s.script = s.script[1:]
		return true
	}
	return len(s.script) == 0 && s.always == Unreachable
}

// ServeHTTP answers as Twilio does.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !s.spec(r).Request(s.t, r, body) {
		reply(w, http.StatusBadRequest, map[string]any{"code": 20001, "message": "against the description", "status": 400})
		return
	}
	user, password, _ := r.BasicAuth()
	if (user != Account || password != Token) && (user != Key || password != KeySecret) {
		reply(w, http.StatusUnauthorized, map[string]any{"code": 20003, "message": "Authenticate", "status": 401})
		return
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		s.t.Errorf("a form that cannot be read")
	}
	s.mu.Lock()
	down := s.down
	s.mu.Unlock()
	if down {
		html(w)
		return
	}
	rec := httptest.NewRecorder()
	s.route(rec, r, form)
	s.spec(r).Response(s.t, r, rec)
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
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

func (s *Server) route(w http.ResponseWriter, r *http.Request, form url.Values) {
	base := "/2010-04-01/Accounts/" + Account
	resource, ours := strings.CutPrefix(r.URL.Path, base)
	switch {
	case !ours:
		s.messaging(w, r)
	case r.Method == http.MethodPost && (resource == "/Messages.json" || resource == "/Calls.json"):
		s.make(w, r, form, resource == "/Calls.json")
	case resource == "/Messages.json":
		s.list(w, r, "messages", false)
	case resource == "/Calls.json":
		s.list(w, r, "calls", true)
	case resource == ".json":
		reply(w, http.StatusOK, map[string]any{"sid": Account, "friendly_name": "Harbor IT", "status": "active", "type": "Full"})
	case strings.HasPrefix(resource, "/IncomingPhoneNumbers"):
		s.phone(w, r, form, resource)
	default:
		reply(w, http.StatusNotFound, map[string]any{"code": 20404, "message": "not found", "status": 404})
	}
}

func (s *Server) take() (f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests++
	if len(s.script) == 0 {
		return s.always
	}
	f, s.script = s.script[0], s.script[1:]
	return f
}

// make accepts a message or a call, or fails by script.
func (s *Server) make(w http.ResponseWriter, r *http.Request, form url.Values, isCall bool) {
	fault := s.take()
	switch {
	case strings.HasPrefix(string(fault), "code "):
		var code int
		_, _ = fmt.Sscanf(string(fault), "code %d", &code)
		reply(w, http.StatusBadRequest, map[string]any{"code": code, "message": "The text '" + form.Get("Body") + "' is refused", "status": 400})
		return
	case fault == Error500:
		reply(w, http.StatusInternalServerError, map[string]any{"code": 20500, "message": "internal", "status": 500})
		return
	case fault == Error503:
		html(w)
		return
	case fault == Busy429:
		w.Header().Set("Retry-After", "1")
		reply(w, http.StatusTooManyRequests, map[string]any{"code": 20429, "message": "too many", "status": 429})
		return
	case fault == LoseRequest:
		panic(http.ErrAbortHandler)
	case fault == Hang:
		hang(r.Context())
	}
	m := s.accept(form, isCall)
	switch fault {
	case LoseAnswer:
		panic(http.ErrAbortHandler)
	case HangAccept:
		hang(r.Context())
	case Garbage:
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("accepted"))
		return
	}
	reply(w, http.StatusCreated, s.resource(m))
}

func hang(ctx context.Context) {
	<-ctx.Done()
	panic(http.ErrAbortHandler)
}

func (s *Server) accept(form url.Values, isCall bool) *Message {
	m := &Message{SID: sid("SM"), Form: form, Status: "queued", Created: time.Now(), IsCall: isCall}
	if isCall {
		m.SID = sid("CA")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, m)
	return m
}

func sid(kind string) string { return kind + strings.ReplaceAll(id.New(), "-", "") }

func (s *Server) resource(m *Message) map[string]any {
	made := m.Created.UTC().Format(time.RFC1123Z)
	out := map[string]any{
		"sid": m.SID, "account_sid": Account, "to": m.Form.Get("To"), "from": m.Form.Get("From"), "status": m.Status, "date_created": made,
		"date_updated": made, "api_version": "2010-04-01", "direction": "outbound-api",
	}
	if !m.IsCall {
		out["body"], out["num_segments"], out["error_code"] = m.Form.Get("Body"), "1", nil
	}
	if m.Incoming {
		out["direction"] = "inbound"
	}
	return out
}

// list is newest first, one page after the other.
func (s *Server) list(w http.ResponseWriter, r *http.Request, name string, isCall bool) {
	query := r.URL.Query()
	size, page := 50, 0
	_, _ = fmt.Sscan(query.Get("PageSize"), &size)
	_, _ = fmt.Sscan(query.Get("Page"), &page)
	s.mu.Lock()
	found := []map[string]any{}
	for _, m := range slices.Backward(s.messages) {
		if m.IsCall == isCall && !s.hidden && (query.Get("To") == "" || query.Get("To") == m.Form.Get("To")) {
			found = append(found, s.resource(m))
		}
	}
	s.mu.Unlock()
	from := min(page*size, len(found))
	to := min(from+size, len(found))
	out := map[string]any{name: found[from:to], "page": page, "page_size": size, "next_page_uri": nil, "uri": r.URL.RequestURI()}
	if to < len(found) {
		query.Set("Page", fmt.Sprint(page+1))
		out["next_page_uri"] = r.URL.Path + "?" + query.Encode()
	}
	reply(w, http.StatusOK, out)
}

// spec is the description that a request falls under.
func (s *Server) spec(r *http.Request) *spectest.Spec {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		return s.v1
	}
	return s.v2010
}

// Vendor returns the path of one of the vendor's files, which are not part of this project; it skips the test where they are absent.
func Vendor(t testing.TB, name string) string {
	t.Helper()
	return spectest.Vendor(t, "twilio", name)
}
