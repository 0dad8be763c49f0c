// Package webapi asks the HTTP interfaces of carriers. It tells a request that never left from one whose answer was lost, and keeps to the
// rate of each number.
package webapi

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

const (
	dialTime   = 5 * time.Second
	maxAnswer  = 4 << 20
	maxAddress = 300
	longestAsk = time.Hour // that a carrier may ask us to wait
)

// Transport is one for carriers: with time limits on what comes before a request is written.
func Transport() *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, TLSHandshakeTimeout: dialTime,
		ForceAttemptHTTP2: true, MaxIdleConns: 64, MaxIdleConnsPerHost: 32, IdleConnTimeout: 60 * time.Second,
	}
}

// Client returns a client that follows no redirect, so that credentials and texts go nowhere else; nil means a Transport of its own.
func Client(rt http.RoundTripper) *http.Client {
	if rt == nil {
		rt = Transport()
	}
	return &http.Client{Transport: rt, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// Answer is what a carrier said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // at most 4 MiB
	Broken bool   // the body broke off
}

// OK says whether the answer is a success.
func (a Answer) OK() bool { return a.Status >= 200 && a.Status <= 299 }

// RetryAfter is how long the carrier asks us to wait: at most an hour, and 0 if it does not.
func (a Answer) RetryAfter() time.Duration {
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	if err != nil || seconds <= 0 {
		return 0
	}
	return min(time.Duration(min(seconds, 3600))*time.Second, longestAsk)
}

// Ask makes a request. With an error, written says whether it may have arrived. The error holds no address: its query may be a phone number.
func Ask(c *http.Client, req *http.Request) (a Answer, written bool, err error) {
	var wrote atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	res, err := c.Do(req.WithContext(ctx)) //nolint:gosec // an administrator says where to
	if err != nil {
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return a, wrote.Load(), err
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body, Broken: err != nil}, true, nil
}

// Base reads the address of an interface: https, or http to this machine and private networks. A path is allowed where path is true.
func Base(address string, path bool) (string, bool) {
	address = strings.TrimSuffix(strings.TrimSpace(address), "/")
	u, err := url.Parse(address)
	if err != nil || len(address) > maxAddress || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || u.Path != "" && !path {
		return address, false
	}
	if u.Scheme == "http" {
		ip, err := netip.ParseAddr(u.Hostname())
		return address, u.Hostname() == "localhost" || err == nil && (ip.IsLoopback() || ip.IsPrivate())
	}
	return address, u.Scheme == "https"
}

// IsLoopback says whether an address leads to this machine.
func IsLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
