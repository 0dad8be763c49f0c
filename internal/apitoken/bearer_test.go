package apitoken

import (
	"strings"
	"testing"
)

func FuzzBearer(f *testing.F) {
	f.Add("Bearer cs_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG")
	f.Add("bearer cs_")
	f.Add("Basic dXNlcjpwYXNz")
	f.Fuzz(func(t *testing.T, header string) {
		token, ok := Bearer(header)
		if !ok {
			return
		}
		if len(token) != len(prefix)+secretLength || !strings.HasSuffix(header, token) || strings.ContainsAny(token, " \t\r\n,;=\"\x00") {
			t.Errorf("%q gives %q", header, token)
		}
	})
}
