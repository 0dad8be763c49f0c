package duo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"countersign.dev/countersign/internal/store"
)

const (
	dialTime  = 5 * time.Second
	callTime  = 10 * time.Second // of one request; a question for an answer that has not come may take that long
	maxAnswer = 1 << 20
	maxSkew   = time.Minute // beyond which our clock is named as the cause of a refused signature
)

func transport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, TLSHandshakeTimeout: dialTime,
		ForceAttemptHTTP2: true, MaxIdleConns: 32, MaxIdleConnsPerHost: 16, IdleConnTimeout: 60 * time.Second,
	}
}

// errNotSent says that Duo has not seen the request.
var errNotSent = errors.New("duo cannot be reached")

// answerError is a clear no of Duo.
type answerError struct {
	status int
	text   string        // Duo's own words, cleaned
	skew   time.Duration // of our clock against Duo's, where it is the likely cause
}

func (e *answerError) Error() string {
	if e.skew != 0 {
		return fmt.Sprintf("duo http %d: this server's clock is off by %s", e.status, e.skew.Round(time.Second))
	}
	return "duo http " + strconv.Itoa(e.status)
}

// keys are one Duo application.
type keys struct{ ikey, skey string }

// call makes one signed request: a GET with its parameters in the query, or a POST with a form. Its errors are an *answerError, errNotSent,
// or any other, after which Duo may have done what it was asked. None holds a name, a key or digits.
func (s *Service) call(ctx context.Context, host string, k keys, method, path string, p url.Values, out any) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { written.Store(true) }})
	params, address, body := Params(p), host+path, ""
	if method == http.MethodPost {
		body = params
	} else if params != "" {
		address += "?" + params
	}
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return errNotSent
	}
	date := store.Now().UTC().Format(time.RFC1123Z)
	req.Header.Set("Date", date)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", Authorization(k.ikey, k.skey, Canonical(date, method, req.URL.Host, req.URL.EscapedPath(), params)))
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := s.http.Do(req)
	if err != nil {
		if !written.Load() {
			return errNotSent
		}
		return errors.New("duo did not answer")
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return refused(res, text)
	}
	if err != nil {
		return errors.New("the answer of duo broke off")
	}
	return decode(res.StatusCode, text, out)
}

// reply is the frame of every answer.
type reply struct {
	Stat     string          `json:"stat"`
	Response json.RawMessage `json:"response"`
	Message  string          `json:"message"`
	Detail   string          `json:"message_detail"`
}

func decode(status int, text []byte, out any) error {
	var r reply
	if json.Unmarshal(text, &r) != nil {
		return errors.New("the answer of duo cannot be read")
	}
	if r.Stat == "FAIL" {
		return &answerError{status: status, text: r.words()}
	}
	if r.Stat != "OK" || len(r.Response) == 0 || json.Unmarshal(r.Response, out) != nil {
		return errors.New("the answer of duo cannot be read")
	}
	return nil
}

func refused(res *http.Response, text []byte) error {
	var r reply
	_ = json.Unmarshal(text, &r) // a proxy on the way says it in HTML
	e := &answerError{status: res.StatusCode, text: r.words()}
	if theirs, err := http.ParseTime(res.Header.Get("Date")); err == nil && res.StatusCode == http.StatusUnauthorized {
		if skew := store.Now().Sub(theirs); skew.Abs() > maxSkew {
			e.skew = skew
		}
	}
	return e
}

// words are what Duo says to people, in one line.
func (r reply) words() string {
	text := []rune(strings.Join(strings.Fields(strings.TrimSpace(r.Message+" "+r.Detail)), " "))
	return string(text[:min(len(text), 200)])
}

// again says that a request may be made once more, since Duo has not done what it asked.
func again(err error) bool {
	e, ok := errors.AsType[*answerError](err)
	return errors.Is(err, errNotSent) || ok && e.status == http.StatusTooManyRequests
}

// clearNo says that Duo refused, so that nothing has happened. After an error of its own nobody knows.
func clearNo(err error) bool {
	e, ok := errors.AsType[*answerError](err)
	return ok && e.status < 500 && e.status != http.StatusRequestTimeout
}
