package gatewaytest

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

// spec is the contract.
type spec struct{ router routers.Router }

func loadSpec(t testing.TB) *spec {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(root(t), "docs", "gateway.openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &spec{r}
}

// root is the folder of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above this folder")
		}
		dir = parent
	}
}

func (s *spec) input(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "", "", ""
	r.URL.Path = strings.TrimPrefix(r.URL.Path, "/v1")
	route, path, err := s.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}, nil
}

// request fails the test unless a request is as the contract says.
func (s *spec) request(t testing.TB, r *http.Request, body []byte) bool {
	in, err := s.input(r)
	if err == nil {
		in.Request.Body = io.NopCloser(bytes.NewReader(body))
		if len(body) == 0 {
			in.Request.Body = http.NoBody
		}
		err = openapi3filter.ValidateRequest(r.Context(), in)
	}
	if err != nil && r.Context().Err() == nil {
		t.Errorf("a request against the contract: %s %s: %v", r.Method, r.URL.Path, err)
		return false
	}
	return true
}

// response fails the test unless the simulator's own answer is as the contract says.
func (s *spec) response(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	if w.Code >= 500 || !strings.Contains(w.Header().Get("Content-Type"), "json") {
		return
	}
	in, err := s.input(r)
	if err == nil {
		err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		})
	}
	if err != nil {
		t.Errorf("the simulator answers against the contract: %s %s: %v", r.Method, r.URL.Path, err)
	}
}
