package httpapi_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// TestWhatIsAskedOftenIsBounded: a program that asks faster than it is answered is told so, and everything that is worked on is still answered.
func TestWhatIsAskedOftenIsBounded(t *testing.T) {
	const most = 512
	s := start(t, func(o *httpapi.Options) { o.Auth = unlimited{} })
	inside, leave := make(chan struct{}), make(chan struct{})
	httpapi.Foreign[struct{}](s.API, httpapi.Route{ID: "ask", Method: "POST", Path: "/api/ask", Needs: perm.SignedIn, MaxBody: 100, Often: true},
		func(context.Context, []byte) (*object, error) {
			inside <- struct{}{}
			<-leave
			return &object{}, nil
		})
	ask := func() *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/api/ask", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer anybody")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	var waiting sync.WaitGroup
	answers := make([]int, most)
	for i := range most {
		waiting.Go(func() { answers[i] = ask().Code })
	}
	for range most {
		<-inside
	}
	over := ask()
	if over.Code != http.StatusServiceUnavailable || !strings.Contains(over.Body.String(), "request.busy") || over.Header().Get("Retry-After") == "" {
		t.Errorf("the request too many: %d %s", over.Code, over.Body)
	}
	close(leave)
	waiting.Wait()
	for i, code := range answers {
		if code != http.StatusOK {
			t.Fatalf("request %d: %d", i, code)
		}
	}
}
