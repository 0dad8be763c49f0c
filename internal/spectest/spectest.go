// Package spectest holds requests and answers against OpenAPI documents, for the simulators of what we speak to.
package spectest

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

// Vendor returns the path of a file about a vendor's API. Such files are not part of this project; the test is skipped where they are absent.
func Vendor(t testing.TB, vendor, name string) string {
	t.Helper()
	return Beside(t, filepath.Join("shared", "vendor", "specs", vendor, name))
}

// Beside returns the path of a file that lies beside this project and is not part of it; the test is skipped where it is absent.
func Beside(t testing.TB, name string) string {
	t.Helper()
	path := above(t, name)
	if path == "" {
		t.Skip(filepath.ToSlash(name) + " is not beside this project")
	}
	return path
}

// File returns the path of a file of this project, named from its root.
func File(t testing.TB, name string) string {
	t.Helper()
	mod := above(t, "go.mod")
	if mod == "" {
		t.Fatal("no go.mod above this folder")
	}
	return filepath.Join(filepath.Dir(mod), name)
}

// above finds a file in this folder or the nearest one above it; "" if there is none.
func above(t testing.TB, relative string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, relative)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Spec is a description of an API.
type Spec struct {
	router routers.Router
	of     string
	prefix string
}

// Load reads a description. of is whose it is, for errors; prefix is what the paths of requests have in front of those described.
func Load(t testing.TB, path, of, prefix string) *Spec {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // the simulator is elsewhere
	r, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &Spec{r, of, prefix}
}

func (s *Spec) input(r *http.Request, body []byte) (*openapi3filter.RequestValidationInput, error) {
	r = r.Clone(r.Context())
	r.URL.Path = strings.TrimPrefix(r.URL.Path, s.prefix)
	r.Body = http.NoBody
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	route, path, err := s.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}, nil
}

// Request fails the test unless a request is as described, and says whether it is. One that its sender has given up is let be.
func (s *Spec) Request(t testing.TB, r *http.Request, body []byte) bool {
	t.Helper()
	in, err := s.input(r, body)
	if err == nil {
		err = openapi3filter.ValidateRequest(r.Context(), in)
	}
	if err != nil && r.Context().Err() == nil {
		t.Errorf("a request against the description of %s: %s %s: %v", s.of, r.Method, r.URL.Path, err)
		return false
	}
	return true
}

// Response fails the test unless what a simulator answers is as described: successes, and those refusals in JSON that are described at all.
func (s *Spec) Response(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	in, err := s.input(r, nil)
	if err == nil {
		described := in.Route.Operation.Responses.Status(w.Code) != nil
		if !strings.Contains(w.Header().Get("Content-Type"), "json") || w.Code > 299 && !described {
			return
		}
		err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		})
	}
	if err != nil {
		t.Errorf("the simulator answers against the description of %s: %s %s: %v", s.of, r.Method, r.URL.Path, err)
	}
}
