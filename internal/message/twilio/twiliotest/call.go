package twiliotest

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
)

// Incoming is the callback about a call to a number.
func (s *Server) Incoming(hook, from, to string) Callback {
	return Callback{URL: hook, Token: Token, Form: url.Values{
		"CallSid": {sid("CA")}, "AccountSid": {Account}, "From": {from}, "To": {to}, "Caller": {from}, "Called": {to}, "CallStatus": {"ringing"},
		"Direction": {"inbound"}, "ApiVersion": {"2010-04-01"}, "ForwardedFrom": {""}, "CallerName": {""},
	}}
}

// Listener is who or what takes a call.
type Listener struct {
	AnsweredBy string // what machine detection says; empty leaves it out
	Keys       string // what is pressed when the call asks for a key; empty presses nothing
	Ends       string // how the call ends; empty is completed. Anything else never answers
}

// Play has a call answered and returns all that was said in it. It ends with the callback about its end.
func (s *Server) Play(m Message, who Listener) (heard []string) {
	s.t.Helper()
	ends := who.Ends
	if ends == "" {
		ends = "completed"
		heard = s.listen(m, who, m.Form.Get("Url"), who.Keys, nil)
	}
	c := s.StatusOf(m, ends, "")
	if who.AnsweredBy != "" {
		c.Form.Set("AnsweredBy", who.AnsweredBy)
	}
	if w := s.Send(c); w.Code/100 != 2 {
		s.t.Errorf("the end of a call: %d %s", w.Code, w.Body)
	}
	return heard
}

// Ask is the callback that asks what a call shall say.
func (s *Server) Ask(m Message, hook, answeredBy, digits string) Callback {
	c := Callback{URL: hook, Token: Token, Form: url.Values{
		"CallSid": {m.SID}, "AccountSid": {Account}, "From": {m.Form.Get("From")}, "To": {m.Form.Get("To")}, "CallStatus": {"in-progress"},
		"Direction": {"outbound-api"}, "ApiVersion": {"2010-04-01"},
	}}
	if answeredBy != "" {
		c.Form.Set("AnsweredBy", answeredBy)
	}
	if digits != "" {
		c.Form.Set("Digits", digits)
	}
	return c
}

// listen follows TwiML as Twilio does, for the verbs that we use.
func (s *Server) listen(m Message, who Listener, hook, keys string, heard []string) []string {
	s.t.Helper()
	digits := ""
	if heard != nil {
		digits = keys
	}
	w := s.Send(s.Ask(m, hook, who.AnsweredBy, digits))
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/xml") {
		s.t.Errorf("asked what to say: %d %s", w.Code, w.Body)
		return heard
	}
	said, next := s.perform(w)
	heard = append(heard, said...)
	if next != "" && keys != "" {
		return s.listen(m, who, next, keys, heard)
	}
	if next != "" {
		heard = append(heard, s.behind...)
	}
	return heard
}

// perform says what stands before the end or the first Gather, and returns where its keys go; what stands behind it is kept.
func (s *Server) perform(w *httptest.ResponseRecorder) (said []string, action string) {
	d := xml.NewDecoder(strings.NewReader(w.Body.String()))
	s.behind, s.closed = nil, false
	open := ""
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return said, action
		}
		if err != nil {
			s.t.Errorf("TwiML that cannot be read: %v", err)
			return said, action
		}
		switch t := t.(type) {
		case xml.StartElement:
			switch open = t.Name.Local; open {
			case "Response", "Say", "Pause":
			case "Gather":
				for _, a := range t.Attr {
					if a.Name.Local == "action" {
						action = a.Value
					}
				}
			case "Hangup":
				return said, action
			default:
				s.t.Errorf("TwiML with <%s>", open)
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(t)); text == "" {
				continue
			} else if action != "" && open == "Say" && s.closed {
				s.behind = append(s.behind, text)
			} else {
				said = append(said, text)
			}
		case xml.EndElement:
			s.closed = t.Name.Local == "Gather" || s.closed
		}
	}
}
