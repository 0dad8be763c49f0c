package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/webapi"
)

// answerError is a clear no of Twilio. Code is its own number, 0 if it gave none.
type answerError struct {
	status, code int
	after        time.Duration
}

func (e *answerError) Error() string { return "twilio answered " + e.reason() }

// reason is a stable word: the code, or the status where there is none.
func (e *answerError) reason() string {
	if e.code != 0 {
		return codeReason(e.code)
	}
	return "twilio http " + strconv.Itoa(e.status)
}

func codeReason(code int) string { return "twilio " + strconv.Itoa(code) }

// call makes one request: a POST with a form, or a GET without one, and reads the answer into out. Its errors are an *answerError, one that
// wraps message.ErrNotSent, or any other, after which Twilio may have done what it was asked. None holds an address, a text or a secret.
func (c *Carrier) call(ctx context.Context, s Settings, address string, form url.Values, out any) error {
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return message.NotSent("address", errors.New("the address of the API cannot be used"))
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Accept", "application/json")
	if s.APIKeySID != "" {
		req.SetBasicAuth(s.APIKeySID, s.secret)
	} else {
		req.SetBasicAuth(s.AccountSID, s.token)
	}
	a, written, err := webapi.Ask(c.client, req)
	switch {
	case err != nil && !written:
		return message.NotSent("connect", err)
	case err != nil:
		return err
	case !a.OK():
		return refused(a)
	case a.Broken:
		return errors.New("the answer broke off")
	case json.Unmarshal(a.Body, out) != nil:
		return errors.New("the answer cannot be read")
	}
	return nil
}

func refused(a webapi.Answer) *answerError {
	var said struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(a.Body, &said) // a proxy on the way says it in HTML
	return &answerError{status: a.Status, code: said.Code, after: a.RetryAfter()}
}

// What Twilio's codes mean for a message (https://www.twilio.com/docs/api/errors).
var (
	// Something about the account, to be mended there. The message waits, or another provider takes it.
	accountCodes = codes(20003, 20005, 20006, 20008, 20404, 21212, 21213, 21408, 21601, 21603, 21606, 21608, 21612, 21659, 21660, 21703, 21705, 21712, 30002, 30032, 30034)
	// Twilio is busy or broken.
	busyCodes = codes(20429, 20500, 20503, 14107, 21611, 30001, 30008)
)

const codeOptedOut = 21610

func codes(list ...int) map[int]bool {
	m := map[int]bool{}
	for _, x := range list {
		m[x] = true
	}
	return m
}

// asRefusal is what an answer means for a message; other errors pass as they are.
func asRefusal(err error) error {
	e, ok := errors.AsType[*answerError](err)
	if !ok {
		return err
	}
	r := &message.Refusal{Reason: e.reason(), After: e.after, Permanent: true}
	switch {
	case e.status == http.StatusGatewayTimeout: // it was passed on, and nobody knows how far it came
		return errors.New("a gateway got no answer")
	case e.code == codeOptedOut:
		r.OptedOut = true
	case e.status == http.StatusTooManyRequests || e.status >= 500 || e.status < 400 || busyCodes[e.code],
		e.status == http.StatusRequestTimeout || e.status == http.StatusUnauthorized || e.status == http.StatusForbidden || accountCodes[e.code],
		e.code == 0: // no word of Twilio's
		r.Permanent = false
	}
	return r
}

// address of a resource of the account in the main API.
func (s Settings) address(resource string) string {
	return s.BaseURL + "/2010-04-01/Accounts/" + s.AccountSID + resource + ".json"
}

// messaging is the address of a resource of the messaging API. A simulator serves both at one address.
func (s Settings) messaging(path string) string {
	if s.BaseURL == DefaultBase {
		return "https://messaging.twilio.com/v1" + path
	}
	return s.BaseURL + "/v1" + path
}
