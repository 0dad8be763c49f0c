package twiliotest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/message/twilio"
)

// Callback is one request of Twilio to us. Its fields may be spoiled before it is sent.
type Callback struct {
	URL       string // what Twilio calls, and signs
	Host      string // the Host header, which need not be that of the URL
	Form      url.Values
	Token     string // signs; empty sends no signature
	Signature string // instead of one by Token
	Body      string // instead of the form
	Type      string // instead of a form's
}

// Send delivers a callback to the app.
func (s *Server) Send(c Callback) *httptest.ResponseRecorder {
	s.t.Helper()
	u, err := url.Parse(c.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	body := c.Form.Encode()
	if c.Body != "" {
		body = c.Body
	}
	r := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, u.RequestURI(), strings.NewReader(body))
	if r.Host = u.Host; c.Host != "" {
		r.Host = c.Host
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.Type != "" {
		r.Header.Set("Content-Type", c.Type)
	}
	switch {
	case c.Signature != "":
		r.Header.Set("X-Twilio-Signature", c.Signature)
	case c.Token != "":
		r.Header.Set("X-Twilio-Signature", twilio.Sign(c.Token, c.URL, c.Form))
	}
	w := httptest.NewRecorder()
	s.App.ServeHTTP(w, r)
	return w
}

// StatusOf is the callback about a message or a call that was accepted.
func (s *Server) StatusOf(m Message, status, code string) Callback {
	form := url.Values{"AccountSid": {Account}, "From": {m.Form.Get("From")}, "To": {m.Form.Get("To")}, "ApiVersion": {"2010-04-01"}}
	if m.IsCall {
		form.Set("CallSid", m.SID)
		form.Set("CallStatus", status)
	} else {
		form.Set("MessageSid", m.SID)
		form.Set("SmsSid", m.SID)
		form.Set("MessageStatus", status)
		form.Set("SmsStatus", status)
		if service := m.Form.Get("MessagingServiceSid"); service != "" {
			form.Set("MessagingServiceSid", service)
			form.Set("From", "+12125550199") // one of its pool
		}
	}
	if code != "" {
		form.Set("ErrorCode", code)
	}
	return Callback{URL: m.Form.Get("StatusCallback"), Form: form, Token: Token}
}

// Text is the callback about a text that somebody wrote to a number.
func Text(hook, from, to, body string) Callback {
	m := sid("SM")
	return Callback{URL: hook, Token: Token, Form: url.Values{
		"MessageSid": {m}, "SmsSid": {m}, "SmsMessageSid": {m}, "AccountSid": {Account}, "From": {from}, "To": {to}, "Body": {body},
		"NumMedia": {"0"}, "NumSegments": {"1"}, "SmsStatus": {"received"}, "ApiVersion": {"2010-04-01"}, "FromCountry": {"US"}, "ToCountry": {"US"},
		"FromCity": {""}, "FromState": {""}, "FromZip": {""},
	}}
}
