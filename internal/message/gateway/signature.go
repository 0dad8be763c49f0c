package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed request, in both directions.
const (
	TimeHeader      = "Countersign-Timestamp" // seconds since 1970
	SignatureHeader = "Countersign-Signature" // v1=HEX, of several secrets separated by commas
)

// window is how far the time of a request may be from ours (R15).
const window = 5 * time.Minute

// What is signed says which way it goes, so that no request of ours is good as a callback.
const (
	request  = "countersign-gateway-v1 request"
	callback = "countersign-gateway-v1 callback"
)

// sign is the signature of a request: HMAC-SHA256 over five lines, of which the last is the hash of the body.
func sign(secret, direction, method, address, at string, body []byte) string {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(strings.Join([]string{direction, at, method, address, hex.EncodeToString(sum[:])}, "\n")))
	return hex.EncodeToString(mac.Sum(nil))
}

// stamp signs a request of ours.
func stamp(h http.Header, secret, method, address string, body []byte, now time.Time) {
	at := strconv.FormatInt(now.Unix(), 10)
	h.Set(TimeHeader, at)
	h.Set(SignatureHeader, "v1="+sign(secret, request, method, address, at, body))
}

// signed says whether a callback is by one of the secrets, for an address, and of now. Every secret is tried with every signature, so that
// time does not tell which one it was.
func signed(h http.Header, secrets []string, address string, body []byte, now time.Time) bool {
	at := h.Get(TimeHeader)
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || len(h.Values(TimeHeader)) != 1 || len(h.Values(SignatureHeader)) != 1 || now.Sub(time.Unix(seconds, 0)).Abs() > window {
		return false
	}
	good := false
	for _, part := range strings.SplitN(h.Get(SignatureHeader), ",", maxSignatures) {
		given, ok := strings.CutPrefix(strings.TrimSpace(part), "v1=")
		if !ok {
			continue
		}
		for _, secret := range secrets {
			good = secret != "" && hmac.Equal([]byte(sign(secret, callback, http.MethodPost, address, at, body)), []byte(given)) || good
		}
	}
	return good
}

const maxSignatures = 4
