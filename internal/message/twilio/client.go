package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"countersign.dev/countersign/internal/message"
)

const (
	dialTime  = 5 * time.Second
	maxAnswer = 4 << 20
)

func transport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, TLSHandshakeTimeout: dialTime,
		ForceAttemptHTTP2: true, MaxIdleConns: 64, MaxIdleConnsPerHost: 32, IdleConnTimeout: 60 * time.Second,
	}
}

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
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
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
	res, err := c.client.Do(req)
	if err != nil {
		cause := bare(err)
		if !written.Load() {
			return message.NotSent("connect", cause)
		}
		return cause
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return refused(res, text)
	}
	if err != nil {
		return errors.New("the answer broke off")
	}
	if json.Unmarshal(text, out) != nil {
		return errors.New("the answer cannot be read")
	}
	return nil
}

// bare drops the address of the request from an error: its query may hold a phone number.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return err
}

func refused(res *http.Response, text []byte) *answerError {
	var said struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(text, &said) // a proxy on the way says it in HTML
	e := &answerError{status: res.StatusCode, code: said.Code}
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.after = time.Duration(min(seconds, 3600)) * time.Second
	}
	return e
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
