// Package duotest stands in for Duo: a server with users, phones and pushes that checks the signature and the form of every request, and
// whose people answer by script.
package duotest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/spectest"
)

// The applications that the server knows.
const (
	AuthIkey  = "DIAUTHXXXXXXXXXXXXXX"
	AuthSkey  = "authsecretauthsecretauthsecretauthsecret"
	AdminIkey = "DIADMINXXXXXXXXXXXXX"
	AdminSkey = "adminsecretadminsecretadminsecretadminse"
)

// Fault is what goes wrong with one request.
type Fault string

// The faults.
const (
	None        Fault = ""
	Unreachable Fault = "unreachable" // the connection fails before anything is written
	Error500    Fault = "500"
	Busy429     Fault = "429"
	LoseAnswer  Fault = "lose answer" // accepted, then reset
	Slow        Fault = "slow"        // no answer until the caller gives up
	Garbage     Fault = "garbage"     // accepted, and answered with what is no JSON
)

// Phone is a device of a user.
type Phone struct {
	ID, Number, Name string
	Push             bool // activated for pushes
}

// User is a person at Duo.
type User struct {
	ID, Username, Email, Alias string
	Status                     string // active, bypass, disabled, locked out
	Phones                     []Phone
}

// Push is one that was sent.
type Push struct {
	ID, UserID, PhoneID, Code string
	Form                      url.Values
	Result, Status            string // what the person did; waiting until then
}

// Server stands in for Duo. It is an http.Handler, and a http.RoundTripper that serves in the same process, also in fake time.
type Server struct {
	t    testing.TB
	spec *spectest.Spec

	mu     sync.Mutex
	script map[string][]Fault // by the end of the path
	users  []*User
	pushes []*Push
	calls  []string // method and path
	skew   time.Duration
}

// New returns a server without users; it skips the test where the description of Duo is not there.
func New(t testing.TB) *Server {
	t.Helper()
	return &Server{t: t, spec: spectest.Load(t, Vendor(t, "openapi.json"), "Duo", ""), script: map[string][]Fault{}}
}

// Script sets what happens to the next requests whose path ends so.
func (s *Server) Script(suffix string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script[suffix] = faults
}

// Skew makes the server's clock differ from ours.
func (s *Server) Skew(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = by
}

// Add makes a user.
func (s *Server) Add(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = append(s.users, &u)
}

// SetStatus changes a user.
func (s *Server) SetStatus(userID, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.ID == userID {
			u.Status = status
		}
	}
}

// Pushes lists what was sent, oldest first.
func (s *Server) Pushes() []Push {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Push, len(s.pushes))
	for i, p := range s.pushes {
		out[i] = *p
	}
	return out
}

// Last is the newest push.
func (s *Server) Last() Push {
	all := s.Pushes()
	if len(all) == 0 {
		s.t.Fatal("no push was sent")
	}
	return all[len(all)-1]
}

// Calls counts the requests that were received.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// Answer is what the person does with the newest push; status is of the Auth API only.
func (s *Server) Answer(result, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pushes) == 0 {
		s.t.Fatal("no push was sent")
	}
	p := s.pushes[len(s.pushes)-1]
	p.Result, p.Status = result, status
}

var errReset = errors.New("connection reset by peer")

func (s *Server) fault(path string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for suffix, faults := range s.script {
		if strings.HasSuffix(path, suffix) && len(faults) > 0 {
			s.script[suffix] = faults[1:]
			return faults[0]
		}
	}
	return None
}

// RoundTrip serves a request in this process.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	f := s.fault(r.URL.Path)
	if f == Unreachable {
		return nil, errReset
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	switch f {
	case Slow:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case Error500, Busy429:
		code := map[Fault]int{Error500: 500, Busy429: 429}[f]
		w := httptest.NewRecorder()
		fail(w, code, "Sorry")
		return w.Result(), nil
	}
	in := r.Clone(r.Context())
	in.Host, in.RequestURI = r.URL.Host, r.URL.RequestURI()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, in)
	switch f {
	case LoseAnswer:
		return nil, errReset
	case Garbage:
		w = httptest.NewRecorder()
		_, _ = w.WriteString("<html>")
	}
	return w.Result(), nil
}

// ServeHTTP answers a request after it has checked its form and signature.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		s.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.spec.Request(s.t, r, body)
	form, err := url.ParseQuery(string(body))
	if err != nil {
		s.t.Error(err)
	}
	if r.Method == http.MethodGet {
		form = r.URL.Query()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, r.Method+" "+r.URL.Path)
	w.Header().Set("Date", time.Now().Add(s.skew).UTC().Format(http.TimeFormat))
	params := r.URL.RawQuery
	if r.Method == http.MethodPost {
		params = string(body)
	}
	if !s.signed(w, r, params) {
		return
	}
	rec := httptest.NewRecorder()
	s.serve(rec, r, form)
	s.spec.Response(s.t, r, rec)
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// signed checks the signature over what was really sent, which the client must have written canonically.
func (s *Server) signed(w http.ResponseWriter, r *http.Request, params string) bool {
	ikey, mac, _ := r.BasicAuth()
	skey := map[string]string{AuthIkey: AuthSkey}[ikey]
	if strings.HasPrefix(r.URL.Path, "/admin/") {
		skey = map[string]string{AdminIkey: AdminSkey}[ikey]
	}
	date := r.Header.Get("Date")
	h := hmac.New(sha512.New, []byte(skey))
	_, _ = fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s", date, r.Method, strings.ToLower(r.Host), r.URL.EscapedPath(), params)
	at, err := time.Parse(time.RFC1123Z, date)
	switch {
	case skey == "":
		fail(w, 401, "Invalid integration key in request credentials")
	case !hmac.Equal([]byte(hex.EncodeToString(h.Sum(nil))), []byte(mac)):
		fail(w, 401, "Invalid signature in request credentials")
	case err != nil || time.Now().Add(s.skew).Sub(at).Abs() > 5*time.Minute:
		fail(w, 401, "Bad request timestamp")
	default:
		return true
	}
	return false
}

func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"stat": "FAIL", "code": status*100 + 1, "message": message})
}

func ok(w http.ResponseWriter, response any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"stat": "OK", "response": response})
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, form url.Values) {
	switch path := r.URL.Path; {
	case path == "/auth/v2/check":
		ok(w, map[string]any{"time": time.Now().Add(s.skew).Unix()})
	case path == "/auth/v2/preauth":
		s.preauth(w, form)
	case path == "/auth/v2/auth":
		u := s.find(form)
		if u == nil || form.Get("factor") != "push" || form.Get("async") != "1" {
			fail(w, 400, "Invalid request parameters")
			return
		}
		ok(w, map[string]any{"txid": s.push(u.ID, form.Get("device"), form).ID})
	case path == "/auth/v2/auth_status":
		for _, p := range s.pushes {
			if p.ID == form.Get("txid") {
				ok(w, map[string]any{"result": p.Result, "status": p.Status, "status_msg": "…"})
				return
			}
		}
		fail(w, 404, "Resource not found")
	case path == "/admin/v1/users":
		s.list(w, form)
	case strings.HasPrefix(path, "/admin/v1/users/"):
		parts := strings.Split(strings.TrimPrefix(path, "/admin/v1/users/"), "/")
		s.user(w, parts[0], parts[len(parts)-1], form)
	default:
		fail(w, 404, "Resource not found")
	}
}

// Vendor returns the path of a file about Duo that is not part of this project; it skips the test where it is absent.
func Vendor(t testing.TB, name string) string {
	t.Helper()
	return spectest.Vendor(t, "duo", name)
}
