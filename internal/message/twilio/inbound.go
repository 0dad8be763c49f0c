package twilio

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// webhook is one request of Twilio that was read but not believed yet.
type webhook struct {
	path      string // with its query, as it came
	form      url.Values
	signature string
}

func (w webhook) query() url.Values {
	_, query, _ := strings.Cut(w.path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil // what cannot be read marks nothing
	}
	return values
}

// authentic finds the organization that a request is for: one with its account, whose token signed it for our own address, and, where a
// number is ours by the nature of the request, with that number. ok is false for everything else, which is not answered.
func (c *Carrier) authentic(ctx context.Context, w webhook, mine func(o owned) (string, bool)) (o owned, ok bool, err error) {
	accountSID := w.form.Get("AccountSid")
	if !accountPattern.MatchString(accountSID) || w.signature == "" {
		return o, false, nil
	}
	candidates, err := ofAccount(ctx, c.DB.Read(), accountSID)
	if err != nil {
		return o, false, err
	}
	for _, x := range candidates {
		if x.Settings, err = c.open(x.orgID, x.Settings); err != nil {
			return o, false, err
		}
		if !Signed([]string{x.token, x.alternate}, c.BaseURL+w.path, w.form, w.signature) {
			continue
		}
		number, sure := mine(x)
		if !sure {
			if sure, err = c.owns(ctx, c.DB.Read(), x, number); err != nil {
				return o, false, err
			}
		}
		if sure {
			return x, true, nil
		}
	}
	return o, false, nil
}

// owns says whether a number is one of the organization's.
func (c *Carrier) owns(ctx context.Context, q store.Querier, o owned, number string) (bool, error) {
	if number == "" {
		return false, nil
	}
	if slices.Contains(o.numbers(), number) {
		return true, nil
	}
	return hasNumber(ctx, q, o.orgID, number)
}

// refuseTaken keeps two organizations from getting the messages of one number: the account and its token are the same, and so must the
// number not be.
func (c *Carrier) refuseTaken(ctx context.Context, q store.Querier, orgID string, s Settings, numbers []string) error {
	mine, err := c.open(orgID, s)
	if err != nil {
		return err
	}
	others, err := ofAccount(ctx, q, s.AccountSID)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.orgID == orgID {
			continue
		}
		if o.Settings, err = c.open(o.orgID, o.Settings); err != nil {
			return err
		}
		if o.token != mine.token {
			continue
		}
		for _, n := range numbers {
			if taken, err := c.owns(ctx, q, o, n); err != nil || taken {
				return errIf(err, errNumberTaken)
			}
		}
	}
	return nil
}

func errIf(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// text takes in an inbound message; ok is false if it is not to be believed. A repetition is dropped by its SID.
func (c *Carrier) text(ctx context.Context, w webhook) (ok bool, err error) {
	sid, to := first(w.form, "MessageSid", "SmsSid"), w.form.Get("To")
	if !isMessage(sid) || w.form.Get("From") == "" || direction(w.form) {
		return false, nil
	}
	o, ok, err := c.authentic(ctx, w, func(owned) (string, bool) { return to, false })
	if err != nil || !ok {
		return false, err
	}
	in := message.In{ID: sid, Way: message.SMS, From: w.form.Get("From"), To: to, Body: w.form.Get("Body")}
	switch kind := strings.ToLower(w.form.Get("OptOutType")); kind {
	case "stop", "start", "help":
		in.Handled = kind
	}
	return true, c.Messages.Receive(access.WithActor(ctx, access.System(o.orgID)), in)
}

// direction says whether a form is about a message of ours, such as a status callback that was sent to the wrong address.
func direction(form url.Values) bool {
	s := first(form, "MessageStatus", "SmsStatus")
	return s != "" && s != "received" && s != "receiving"
}

// status takes in what became of a message or a call.
func (c *Carrier) status(ctx context.Context, w webhook) (ok bool, err error) {
	form := w.form
	sid := first(form, "MessageSid", "SmsSid", "CallSid")
	isCall := isCallSID(sid)
	if !isCall && !isMessage(sid) {
		return false, nil
	}
	o, ok, err := c.authentic(ctx, w, func(o owned) (string, bool) {
		return form.Get("From"), o.ServiceSID != "" && form.Get("MessagingServiceSid") == o.ServiceSID
	})
	if err != nil || !ok {
		return false, err
	}
	ctx = access.WithActor(ctx, access.System(o.orgID))
	if isCall {
		return true, c.callEnded(ctx, o, sid, w.query().Get("call"), form)
	}
	if err := c.prove(ctx, o.orgID, Name, w.query().Get("delivery"), sid); err != nil {
		return false, err
	}
	state, reason := outcome(first(form, "MessageStatus", "SmsStatus"), form.Get("ErrorCode"))
	if state == "" {
		return true, nil
	}
	return true, c.Messages.Report(ctx, o.orgID, Name, sid, state, reason)
}

// prove keeps that Twilio has a delivery, unless the answer to the request told so already.
func (c *Carrier) prove(ctx context.Context, orgID, provider, deliveryID, sid string) error {
	if !id.Valid(deliveryID) {
		return nil
	}
	known, err := knownTo(ctx, c.DB.Read(), orgID, provider, []string{sid})
	if err != nil || known[sid] != "" {
		return err
	}
	return c.DB.Write(ctx, func(tx *store.Tx) error { return putProof(ctx, tx, orgID, deliveryID, sid, store.Now()) })
}

// outcome is what a status of a text means for its delivery; "" if nothing is decided yet.
func outcome(status, code string) (message.State, string) {
	switch status {
	case "delivered", "read":
		return message.Delivered, ""
	case "undelivered", "failed", "canceled":
		n, err := strconv.Atoi(code)
		if err != nil || n <= 0 || n > 99999 {
			return message.Failed, "twilio " + status
		}
		if n == codeOptedOut {
			return message.Refused, codeReason(n)
		}
		return message.Failed, codeReason(n)
	}
	return "", ""
}

func first(form url.Values, keys ...string) string {
	for _, key := range keys {
		if v := form.Get(key); v != "" {
			return v
		}
	}
	return ""
}

func isMessage(sid string) bool { return hasSID(sid, "SM") || hasSID(sid, "MM") }

func isCallSID(sid string) bool { return hasSID(sid, "CA") }

func hasSID(sid, kind string) bool {
	return len(sid) == 34 && strings.HasPrefix(sid, kind) && strings.Trim(sid[2:], "0123456789abcdefABCDEF") == ""
}
