package duotest

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Vendor returns the path of a file about Duo that is not part of this project; it skips the test where it is absent.
func Vendor(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		path := filepath.Join(dir, "shared", "vendor", "specs", "duo", name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("the specification shared/vendor/specs/duo/" + name + " is not beside this project")
		}
		dir = parent
	}
}

type spec struct{ router routers.Router }

func loadSpec(t testing.TB) *spec {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(Vendor(t, "openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // the simulator is elsewhere
	r, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &spec{r}
}

func (s *spec) input(r *http.Request) (*openapi3filter.RequestValidationInput, error) {
	route, path, err := s.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}, nil
}

// request fails the test unless a request is as described.
func (s *spec) request(t testing.TB, r *http.Request, body []byte) {
	in, err := s.input(r)
	if err == nil {
		err = openapi3filter.ValidateRequest(r.Context(), in)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if err != nil && r.Context().Err() == nil {
		t.Errorf("a request against the description of Duo: %s %s: %v", r.Method, r.URL.Path, err)
	}
}

// response fails the test unless the simulator's own success is as described.
func (s *spec) response(t testing.TB, r *http.Request, w *httptest.ResponseRecorder) {
	if w.Code > 299 {
		return
	}
	in, err := s.input(r)
	if err == nil {
		err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		})
	}
	if err != nil {
		t.Errorf("the simulator answers against the description of Duo: %s %s: %v", r.Method, r.URL.Path, err)
	}
}
