package smoke_test

import (
	"net/http"
	"regexp"
	"testing"

	"countersign.dev/countersign/test/binary"
)

var signInToken = regexp.MustCompile(`/sign-in#token=(\S+)`)

// TestTheDemoHasAHistory starts the demo on an empty folder and waits for the verifications that its technicians make.
func TestTheDemoHasAHistory(t *testing.T) {
	dir := t.TempDir()
	s := binary.Start(t, "--demo", "--data", dir)
	token := binary.Must(t, "", "admin", "token", "--data", dir, "--email", "dana@harbor-it.example.com", "--name", "test")
	c := s.As(token)
	binary.Eventually(t, "the verifications of the demo's history", func() bool {
		states := map[string]int{}
		for _, v := range c.Items(t, "/api/verifications?limit=200") {
			states[binary.Text(t, v, "state")]++
		}
		return states["verified"] == 11 && states["failed"] == 2 && states["canceled"] == 2
	})
	s.As("").Object(t, http.StatusOK, http.MethodPost, "/api/session/link", map[string]any{"token": printed(t, s, signInToken)})
}

// TestTheDemoCanBeChosenAtSetUp lets the holder of the set-up link look around before there is an organization.
func TestTheDemoCanBeChosenAtSetUp(t *testing.T) {
	s := binary.Start(t, "--data", t.TempDir())
	token := printed(t, s, regexp.MustCompile(`/setup#token=(\S+)`))
	c := s.As("")
	if a := c.Do(t, http.MethodPost, "/api/setup/demo", map[string]any{"token": "not it"}); a.Status/100 != 4 {
		t.Errorf("a wrong token: %d", a.Status)
	}
	owner := c.Object(t, http.StatusCreated, http.MethodPost, "/api/setup/demo", map[string]any{"token": token})
	who, _ := owner["technician"].(map[string]any)
	if who["email"] != "dana@harbor-it.example.com" {
		t.Errorf("signed in as %v", who["email"])
	}
	if a := c.Do(t, http.MethodPost, "/api/setup/demo", map[string]any{"token": token}); a.Status/100 != 4 {
		t.Errorf("a second time: %d", a.Status)
	}
}

// printed waits for a link, which is printed once the server listens, and returns its token.
func printed(t *testing.T, s *binary.Server, link *regexp.Regexp) (token string) {
	t.Helper()
	binary.Eventually(t, "the link "+link.String(), func() bool {
		found := link.FindStringSubmatch(s.Output())
		if found != nil {
			token = found[1]
		}
		return found != nil
	})
	return token
}
