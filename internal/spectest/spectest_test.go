package spectest_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/spectest"
)

// listener hears of failures instead of failing.
type listener struct {
	testing.TB
	failed bool
}

func (l *listener) Helper()               {}
func (l *listener) Errorf(string, ...any) { l.failed = true }

func TestWhatIsNotAsDescribedFails(t *testing.T) {
	spec := spectest.Load(t, spectest.File(t, "docs/gateway.openapi.json"), "the gateway", "/v1")
	for name, tc := range map[string]struct {
		method, path, media, body string
		status                    int
		answer                    string
		request, response         bool // what fails
	}{
		"as described":          {"GET", "/v1/status", "", "", 200, `{"name":"Harbor SMS"}`, false, false},
		"an unknown path":       {"GET", "/v1/elsewhere", "", "", 200, `{}`, true, true},
		"an empty message":      {"POST", "/v1/messages", "application/json", `{}`, 200, ``, true, false},
		"an answer of no shape": {"GET", "/v1/status", "", "", 200, `{"name":7}`, false, true},
		"a fault of the server": {"GET", "/v1/status", "", "", 503, `{"name":7}`, false, false},
	} {
		r := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, strings.NewReader(tc.body))
		r.Header.Set("Content-Type", tc.media)
		r.Header.Set("Countersign-Timestamp", "1764460800")
		r.Header.Set("Countersign-Signature", "v1="+strings.Repeat("0", 64))
		l := &listener{TB: t}
		if ok := spec.Request(l, r, []byte(tc.body)); ok == tc.request || l.failed != tc.request {
			t.Errorf("%s: the request fails: %v", name, l.failed)
		}
		w := httptest.NewRecorder()
		if tc.answer != "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(tc.status)
		_, _ = w.WriteString(tc.answer)
		l = &listener{TB: t}
		spec.Response(l, r, w)
		if l.failed != tc.response {
			t.Errorf("%s: the answer fails: %v", name, l.failed)
		}
	}
}
