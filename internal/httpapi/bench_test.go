package httpapi_test

import (
	"net/http/httptest"
	"testing"

	"countersign.dev/countersign/internal/httpapi"
)

// BenchmarkRequest is what the edge itself costs: a list that answers nothing.
func BenchmarkRequest(b *testing.B) {
	s := start(b, func(o *httpapi.Options) { o.Auth = unlimited{} })
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), "GET", "/api/things?limit=50", nil)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}
