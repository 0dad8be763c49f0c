package duo

import (
	"net/http"
	"testing"
)

func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"stat":"OK","response":{"result":"approve"}}`, `{"stat":"OK","response":{"result":"allow","status":"allow"}}`,
		`{"stat":"FAIL","code":"40101","message":"no","message_detail":"x"}`, `{"stat":"OK","response":[]}`, `{}`, `<html>`, `{"stat":"OK","response":null}`,
	} {
		f.Add([]byte(seed), 200)
	}
	f.Fuzz(func(t *testing.T, text []byte, status int) {
		var got struct {
			Result string `json:"result"`
			Status string `json:"status"`
		}
		if err := decode(status, text, &got); err != nil {
			if again(err) && status != http.StatusTooManyRequests {
				t.Errorf("%q may be asked again", text)
			}
			return
		}
		if adminSaid(got.Result) == saidApproved && got.Result != "approve" {
			t.Errorf("%q approves", text)
		}
		if authSaid(got.Result, got.Status) == saidApproved && (got.Result != "allow" || got.Status != "allow") {
			t.Errorf("%q approves", text)
		}
	})
}
