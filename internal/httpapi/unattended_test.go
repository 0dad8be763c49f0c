package httpapi_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/store/storetest"
)

// attendance remembers whether the last request said that somebody is there.
type attendance struct{ passive bool }

func (a *attendance) Authenticate(r *http.Request) (access.Actor, error) {
	a.passive = access.ActorFrom(r.Context()).Passive
	return people{}.Authenticate(r)
}

func TestAPageThatNobodyUsesKeepsNoSessionAlive(t *testing.T) {
	seen := &attendance{}
	api := httpapi.New(httpapi.Options{Log: slog.New(slog.DiscardHandler), Guard: access.New(storetest.Open(t)), Auth: seen})
	for path, passive := range map[string]bool{"/api/worked": false, "/api/polled": true} {
		httpapi.Handle(api, httpapi.Route{ID: "get" + path[5:], Method: "GET", Path: path, Needs: perm.SignedIn, Passive: passive},
			func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	}
	for _, c := range []struct {
		path, header string
		want         bool
	}{{"/api/worked", "", false}, {"/api/worked", "1", true}, {"/api/polled", "", true}, {"/api/polled", "1", true}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, c.path, nil)
		r.Header.Set("Cookie", "s=admin")
		if c.header != "" {
			r.Header.Set("Countersign-Unattended", c.header)
		}
		w := httptest.NewRecorder()
		api.ServeHTTP(w, r)
		if w.Code != http.StatusNoContent || seen.passive != c.want {
			t.Errorf("%s with %q: %d, passive %v", c.path, c.header, w.Code, seen.passive)
		}
	}
}
