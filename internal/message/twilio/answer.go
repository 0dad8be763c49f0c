package twilio

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// voice answers a call's question what to say; ok is false if the request is not to be believed.
func (c *Carrier) voice(ctx context.Context, w webhook) (says []byte, ok bool, err error) {
	sid := w.form.Get("CallSid")
	if !isCallSID(sid) {
		return nil, false, nil
	}
	token, step := w.query().Get("call"), w.query().Get("step")
	o, ok, err := c.authentic(ctx, w, func(owned) (string, bool) {
		if token != "" {
			return w.form.Get("From"), false
		}
		return w.form.Get("To"), false
	})
	if err != nil || !ok {
		return nil, false, err
	}
	ctx = access.WithActor(ctx, access.System(o.orgID))
	org, err := organization.ByID(ctx, c.DB.Read(), o.orgID)
	if err != nil {
		return nil, false, err
	}
	if token == "" {
		p := phrasesIn(org.Locale)
		return twiml(say{Language: p.voice, Text: fmt.Sprintf(p.call, org.Name)}, hangup{}), true, nil
	}
	k, ok, err := callOf(ctx, c.DB.Read(), o.orgID, id.Hash(token))
	if err != nil || !ok {
		return nil, false, err
	}
	if k.language == "" {
		k.language = org.Locale
	}
	switch {
	case isMachine(w.form.Get("AnsweredBy")):
		err = c.DB.Write(ctx, func(tx *store.Tx) error { return endCall(ctx, tx, k, machine, sid, store.Now()) })
		return twiml(hangup{}), true, err
	case step == "":
		return c.ask(ctx, k, sid, org.Name, token)
	}
	return c.tell(ctx, k, sid, w.form.Get("Digits"))
}

// ask asks whoever took the call to press 1. It is done once: a repetition of the request hangs up.
func (c *Carrier) ask(ctx context.Context, k phoneCall, sid, name, token string) (says []byte, ok bool, err error) {
	changed := false
	err = c.DB.Write(ctx, func(tx *store.Tx) (err error) {
		changed, err = moveCall(ctx, tx, k, waiting, asked, sid, store.Now())
		return err
	})
	if err != nil || !changed || len(k.body) == 0 {
		return twiml(hangup{}), true, err
	}
	s, err := c.openScript(k)
	if err != nil {
		return nil, false, err
	}
	p := phrasesIn(k.language)
	question := say{Language: p.voice, Text: s.Announcement}
	if s.Announcement == "" {
		question.Text = fmt.Sprintf(p.press, name)
	}
	return twiml(
		gather{
			Input: "dtmf", NumDigits: 1, Timeout: keyTime, Method: "POST", Action: c.hook("voice", url.Values{"call": {token}, "step": {"key"}}),
			Verbs: []any{question, pause{Length: 2}, question},
		},
		say{Language: p.voice, Text: p.silent}, hangup{},
	), true, nil
}

// tell says the text twice to who pressed 1, and wipes it. The database decides, so that it is said in one call and once.
func (c *Carrier) tell(ctx context.Context, k phoneCall, sid, digits string) (says []byte, ok bool, err error) {
	p := phrasesIn(k.language)
	if digits != "1" {
		err := c.DB.Write(ctx, func(tx *store.Tx) error { return endCall(ctx, tx, k, over, sid, store.Now()) })
		return twiml(say{Language: p.voice, Text: p.bye}, hangup{}), true, err
	}
	changed := false
	err = c.DB.Write(ctx, func(tx *store.Tx) (err error) {
		changed, err = speakCall(ctx, tx, k, sid, store.Now())
		return err
	})
	if err != nil || !changed || len(k.body) == 0 {
		return twiml(hangup{}), true, err
	}
	s, err := c.openScript(k)
	if err != nil {
		return nil, false, err
	}
	words := say{Language: p.voice, Text: spoken(s.Text)}
	if s.Announcement != "" { // its text says the code twice and goodbye itself
		return twiml(words, hangup{}), true, nil
	}
	return twiml(
		words, pause{Length: 1}, say{Language: p.voice, Text: p.again}, words, pause{Length: 1}, say{Language: p.voice, Text: p.bye}, hangup{},
	), true, nil
}

// callEnded takes in how a call went: it is delivered if the text was said, and has failed in every other case.
func (c *Carrier) callEnded(ctx context.Context, o owned, sid, token string, form url.Values) error {
	if token == "" {
		return nil // a call to our number
	}
	k, ok, err := callOf(ctx, c.DB.Read(), o.orgID, id.Hash(token))
	if err != nil || !ok {
		return err
	}
	status := form.Get("CallStatus")
	if !slices.Contains([]string{"completed", "busy", "failed", "no-answer", "canceled"}, status) {
		return c.DB.Write(ctx, func(tx *store.Tx) error { return nameCall(ctx, tx, k, sid, store.Now()) })
	}
	err = c.DB.Write(ctx, func(tx *store.Tx) error {
		if k, ok, err = callByID(ctx, tx, k.orgID, k.id); err != nil || !ok {
			return err
		}
		return endCall(ctx, tx, k, over, sid, store.Now())
	})
	if err != nil {
		return err
	}
	state, reason := callOutcome(k.state, status, form.Get("AnsweredBy"))
	return c.Messages.Report(ctx, o.orgID, VoiceName, sid, state, reason)
}

func callOutcome(k callState, status, answeredBy string) (message.State, string) {
	switch {
	case k == said:
		return message.Delivered, ""
	case k == machine || isMachine(answeredBy):
		return message.Failed, "voicemail"
	case status == "completed":
		return message.Failed, "not_confirmed" // nobody pressed the key
	case status == "no-answer":
		return message.Failed, "no_answer_to_call"
	}
	return message.Failed, "call_" + status
}

// isMachine says whether machine detection heard anything but a person; when it is unsure somebody still has to press 1.
func isMachine(answeredBy string) bool {
	return strings.HasPrefix(answeredBy, "machine") || answeredBy == "fax"
}
