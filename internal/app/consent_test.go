package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// A technician agrees to text messages having seen the text, takes it back in the profile, and by answering STOP.
func TestTechniciansConsentToMessages(t *testing.T) {
	a := start(t)
	boss := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	var text struct {
		Text    string
		Version string `json:"text_version"`
	}
	for _, language := range []string{"en", "fr"} {
		w := (caller{t, a, "", ""}).do(http.MethodGet, "/api/public/sms-consent?language="+language, "")
		if err := json.Unmarshal(w.Body.Bytes(), &text); err != nil || w.Code != http.StatusOK || !strings.Contains(text.Text, "STOP") || text.Version == "" {
			t.Fatalf("the text: %d %s", w.Code, w.Body)
		}
	}
	consents := func() bool {
		var me struct {
			Technician struct {
				Consent *struct{ At string } `json:"sms_consent"`
			}
		}
		if err := json.Unmarshal(boss.do(http.MethodGet, "/api/me", "").Body.Bytes(), &me); err != nil {
			t.Fatal(err)
		}
		return me.Technician.Consent != nil
	}
	agree := `{"agreed":true,"text_version":"` + text.Version + `"}`
	for _, step := range []struct {
		name, method, path, body string
		status                   int
		consents                 bool
	}{
		{"without a number", "PUT", "/api/me/sms-consent", agree, 409, false},
		{"a number", "PATCH", "/api/me", `{"phone":"+12125550144"}`, 200, false},
		{"not agreed", "PUT", "/api/me/sms-consent", strings.Replace(agree, "true", "false", 1), 422, false},
		{"another text", "PUT", "/api/me/sms-consent", `{"agreed":true,"text_version":"old"}`, 422, false},
		{"agreed", "PUT", "/api/me/sms-consent", agree, 200, true},
		{"taken back", "DELETE", "/api/me/sms-consent", "", 204, false},
		{"taken back again", "DELETE", "/api/me/sms-consent", "", 204, false},
		{"agreed again", "PUT", "/api/me/sms-consent", agree, 200, true},
		{"STOP from elsewhere", "POST", "/api/sandbox/inbound", `{"kind":"sms","from":"+12125550145","to":"+12125550100","body":"stop"}`, 202, true},
		{"STOP", "POST", "/api/sandbox/inbound", `{"kind":"sms","from":"+12125550144","to":"+12125550100","body":"stop"}`, 202, false},
		{"agreed after STOP", "PUT", "/api/me/sms-consent", agree, 200, true},
		{"another number", "PATCH", "/api/me", `{"phone":"+12125550146"}`, 200, false},
	} {
		if w := boss.do(step.method, step.path, step.body); w.Code != step.status {
			t.Errorf("%s: %d %s, want %d", step.name, w.Code, w.Body, step.status)
		}
		if got := consents(); got != step.consents {
			t.Errorf("after %s the consent is given: %v", step.name, got)
		}
	}
	if w := (caller{t, a, "", ""}).do(http.MethodPut, "/api/me/sms-consent", agree); w.Code != http.StatusUnauthorized {
		t.Errorf("nobody agrees: %d", w.Code)
	}
}
