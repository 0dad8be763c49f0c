package twilio_test

import (
	"net/url"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message/twilio/twiliotest"
	"countersign.dev/countersign/internal/seal"
)

// kept is the text that lies sealed for a call, "" once it is wiped.
func (w *world) kept(m twiliotest.Message) string {
	w.t.Helper()
	u, err := url.Parse(m.Form.Get("Url"))
	if err != nil {
		w.t.Fatal(err)
	}
	var callID string
	var body []byte
	err = w.db.Read().QueryRowContext(w.t.Context(), `select id, body from message_twilio_call where org_id = $1 and token_hash = $2`,
		w.org, id.Hash(u.Query().Get("call"))).Scan(&callID, &body)
	if err != nil {
		w.t.Fatal(err)
	}
	if body == nil {
		return ""
	}
	plain, err := w.keys.Unseal(seal.Place{Table: "message_twilio_call", Column: "body", ID: w.org + "/" + callID}, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(plain)
}
