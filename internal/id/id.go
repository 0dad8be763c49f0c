// Package id makes identifiers and secrets.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/google/uuid"
)

// New returns a UUIDv7 (RFC 9562): ordered by time, unique, and no secret.
func New() string { return uuid.Must(uuid.NewV7()).String() }

// Valid says whether s is a UUID in its canonical 36 character form.
func Valid(s string) bool {
	if len(s) != 36 {
		return false
	}
	_, err := uuid.Parse(s)
	return err == nil
}

// Secret returns 256 random bits in base64url: 43 characters, safe in a URL and in a header.
func Secret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Hash is how a Secret is stored: its 256 bits need no salt and no slow hash.
func Hash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Digits returns n random decimal digits, each equally likely: bytes of 250 and above are drawn again.
func Digits(n int) string {
	out := make([]byte, 0, n)
	var b [32]byte
	for len(out) < n {
		_, _ = rand.Read(b[:])
		for _, x := range b {
			if x < 250 && len(out) < n {
				out = append(out, '0'+x%10)
			}
		}
	}
	return string(out)
}
