package binary

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Password is that of everybody whom Install and the tests make.
const Password = "correct horse battery staple"

// VerificationNumber is where the sandbox takes texts to the organization.
const VerificationNumber = "+12125550100"

// Install makes an organization with an owner, olga@harbor.example.com, in an empty folder and returns the folder and the owner's token.
func Install(t testing.TB) (dir, token string) {
	t.Helper()
	dir = t.TempDir()
	token = Must(t, Password+"\n", "admin", "bootstrap", "--data", dir,
		"--organization", "Harbor IT", "--email", "olga@harbor.example.com", "--name", "Olga Berg", "--password-stdin")
	return dir, token
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// Inbox lists what the sandbox delivered to an address, the newest first. Its client is an administrator, who looks after the sandbox.
func (c *Client) Inbox(t testing.TB, to string) []map[string]any {
	t.Helper()
	return c.Items(t, "/api/sandbox/messages?to="+url.QueryEscape(to))
}

// LastTo returns the newest sandbox message to an address that holds want, or nil.
func (c *Client) LastTo(t testing.TB, to, want string) map[string]any {
	t.Helper()
	for _, m := range c.Inbox(t, to) {
		if strings.Contains(Text(t, m, "body"), want) {
			return m
		}
	}
	return nil
}

// CodeTo waits for the newest message to an address that holds a code, and returns the code.
func (c *Client) CodeTo(t testing.TB, to string) (code string) {
	t.Helper()
	Eventually(t, "a code for "+to, func() bool {
		for _, m := range c.Inbox(t, to) {
			if code = sixDigits.FindString(Text(t, m, "body")); code != "" {
				return true
			}
		}
		return false
	})
	return code
}

// Texts writes to the organization as whoever has the number from.
func (c *Client) Texts(t testing.TB, from, body string) {
	t.Helper()
	c.Object(t, http.StatusAccepted, http.MethodPost, "/api/sandbox/inbound", map[string]any{"kind": "sms", "from": from, "to": VerificationNumber, "body": body})
}
