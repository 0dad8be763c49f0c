package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // what Twilio signs with; HMAC does not rest on its collision resistance
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
)

// Sign is X-Twilio-Signature over an address and the parameters of a form; a body that is no form is signed by its hash in the address
// (https://www.twilio.com/docs/usage/webhooks/webhooks-security).
func Sign(token, address string, form url.Values) string {
	keys := make([]string, 0, len(form))
	for key := range form {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, key := range keys {
		mac.Write([]byte(key + form.Get(key)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Signed says whether a signature is by one of the tokens, over an address with or without its scheme's usual port.
func Signed(tokens []string, address string, form url.Values, signature string) bool {
	good := false
	for _, token := range tokens {
		if token == "" {
			continue
		}
		for _, a := range withPorts(address) { // all of them, so that time does not tell which one it was
			good = hmac.Equal([]byte(Sign(token, a, form)), []byte(signature)) || good
		}
	}
	return good && signature != ""
}

// SignedBody says the same of a body that is no form.
func SignedBody(tokens []string, address string, body []byte, signature string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(body)
	hash := u.Query().Get("bodySHA256")
	return hmac.Equal([]byte(hex.EncodeToString(sum[:])), []byte(strings.ToLower(hash))) && Signed(tokens, address, nil, signature)
}

// withPorts returns an address as it is, without a usual port, and with it.
func withPorts(address string) []string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return []string{address}
	}
	host, path := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	port := map[string]string{"https": ":443", "http": ":80"}[scheme]
	bare := strings.TrimSuffix(host, port)
	all := []string{address}
	if bare != host {
		return append(all, scheme+"://"+bare+path)
	}
	if u, err := url.Parse(address); err == nil && u.Port() == "" && port != "" {
		all = append(all, scheme+"://"+host+port+path)
	}
	return all
}
