package duo

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// escape is RFC 3986 with upper-case digits; only letters, digits and -._~ stay as they are.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// Params writes parameters in the one way that is signed and sent: sorted by name, then by value.
func Params(p url.Values) string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		values := slices.Sorted(slices.Values(p[name]))
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	return strings.Join(pairs, "&")
}

// Canonical is the text of a request that is signed: version 2 of Duo's signature.
func Canonical(date, method, host, path, params string) string {
	return strings.Join([]string{date, strings.ToUpper(method), strings.ToLower(host), path, params}, "\n")
}

// Authorization signs a canonical text with HMAC-SHA-512.
func Authorization(ikey, skey, canonical string) string {
	mac := hmac.New(sha512.New, []byte(skey))
	_, _ = mac.Write([]byte(canonical)) // never fails
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(ikey+":"+hex.EncodeToString(mac.Sum(nil))))
}
