package twiliotest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// spec is Twilio's own description of its API.
type spec struct{ main, messaging routers.Router }

// Vendor returns the path of one of the vendor's files, which are not part of this project; it skips the test where they are absent.
func Vendor(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "vendor", "specs", "twilio", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("the vendor's specification shared/vendor/specs/twilio/" + name + " is not beside this project")
		}
		dir = parent
	}
}

func loadSpec(t testing.TB) *spec {
	t.Helper()
	return &spec{main: router(t, "api_v2010.openapi.json"), messaging: router(t, "messaging_v1.openapi.json")}
}

func router(t testing.TB, name string) routers.Router {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(Vendor(t, name))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // the simulator is elsewhere
	r, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *spec) input(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	router := s.main
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		router = s.messaging
	}
	route, path, err := router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}, nil
}

// request fails the test unless a request is as Twilio describes it.
func (s *spec) request(t testing.TB, r *http.Request, body []byte) bool {
	in, err := s.input(r)
	if err == nil {
		err = openapi3filter.ValidateRequest(r.Context(), in)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err != nil && r.Context().Err() == nil {
		t.Errorf("a request against Twilio's description: %s %s: %v", r.Method, r.URL.Path, err)
		return false
	}
	return true
}

// response fails the test unless the simulator's own success is as Twilio describes it.
func (s *spec) response(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	if w.Code > 299 || !strings.Contains(w.Header().Get("Content-Type"), "json") {
		return
	}
	in, err := s.input(r)
	if err == nil {
		err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		})
	}
	if err != nil {
		t.Errorf("the simulator answers against Twilio's description: %s %s: %v", r.Method, r.URL.Path, err)
	}
}
