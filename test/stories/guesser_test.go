package stories_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"countersign.dev/countersign/bench/rig"
	"countersign.dev/countersign/test/binary"
)

// guesses is how many tries arrive at once at each door.
func guesses() int {
	if binary.Full() {
		return 10_000
	}
	return 200
}

// TestGuesser has nothing but patience and a botnet. He goes to each of the four doors that open to a few digits, with ten thousand guesses at
// once, and the right ones among the later: three are looked at for a code that a caller reads out, one for the number on a link, three for
// the digits of a reply, five for the code of a sign-in. Whatever he sends after that is not looked at, right or not.
func TestGuesser(t *testing.T) {
	h := desk(t)
	n := guesses()
	figures := rig.Figures{"guesses": n}
	t.Run("the code of a caller", func(t *testing.T) {
		pia := h.pia()
		v := h.start(h.tom, pia, "sms_code")
		right := h.olga.CodeTo(t, pia.phone)
		clients := h.clients(h.tom, "tom@harbor.example.com", n)
		good := h.storm(n, func(i int, late bool) (int, error) {
			code := fmt.Sprintf("%06d", rand.IntN(1_000_000))
			if late || code == right {
				code = map[bool]string{true: right, false: other(right)}[late]
			}
			status, _, err := clients[i%len(clients)].Do(h.Context(), http.MethodPost, "/api/verifications/"+binary.Text(h, v, "id")+"/check", map[string]any{"code": code})
			return status, err
		})
		h.ends(v, "failed")
		figures["codes_looked_at"] = h.recorded("verification.check", "wrong_code")
		if good != 0 || figures["codes_looked_at"] != 3 {
			t.Errorf("%d succeeded, %v were looked at", good, figures["codes_looked_at"])
		}
	})
	t.Run("the number on a link", func(t *testing.T) {
		sam := h.contact("Sam Reyes", "", "sam@northwind.example.com")
		v := h.start(h.tom, sam, "email_link")
		right, path := binary.Text(t, v, "spoken_number"), h.linkTo(sam.mail)
		token := pageToken.FindSubmatch(h.server.As("").Do(t, http.MethodGet, path, nil).Body)
		h.storm(n, func(i int, late bool) (int, error) {
			number := fmt.Sprintf("%03d", i%1000)
			if late || number == right {
				number = map[bool]string{true: right, false: other(right)}[late]
			}
			return h.post(path, url.Values{"page": {string(token[1])}, "number": {number}, "direction": {"inbound"}, "answer": {"validate"}})
		})
		h.ends(v, "failed")
		figures["numbers_looked_at"] = h.recorded("verification.answer", "")
		if figures["numbers_looked_at"] != 1 {
			t.Errorf("%v numbers were looked at", figures["numbers_looked_at"])
		}
	})
	t.Run("the digits of a reply", func(t *testing.T) {
		lee := h.contact("Lee Ortiz", "+12125550125", "")
		h.olga.Object(t, http.StatusOK, http.MethodPatch, "/api/settings/verification", map[string]any{"confirm_digits": true})
		h.olga.Texts(t, lee.phone, "#verify")
		r := h.asked()
		found := regexp.MustCompile(`#confirm (\d\d)`).FindStringSubmatch(binary.Text(t, h.olga.LastTo(t, lee.phone, h.olga.CodeTo(t, lee.phone)), "body"))
		if found == nil {
			t.Fatal("the message names no digits")
		}
		h.tom.Object(t, http.StatusOK, http.MethodPost, "/api/technician-verifications/"+binary.Text(t, r, "id")+"/claim", map[string]any{"ticket_id": lee.ticket})
		clients := h.clients(h.olga, "olga@harbor.example.com", n)
		h.storm(n, func(i int, late bool) (int, error) {
			digits := fmt.Sprintf("%02d", i%100)
			if late || digits == found[1] {
				digits = map[bool]string{true: found[1], false: other(found[1])}[late]
			}
			status, _, err := clients[i%len(clients)].Do(h.Context(), http.MethodPost, "/api/sandbox/inbound", map[string]any{
				"kind": "sms", "from": lee.phone, "to": binary.VerificationNumber, "body": "#confirm " + digits,
			})
			return status, err
		})
		binary.Eventually(t, "frozen", func() bool { return h.request(h.tom, r)["state"] == "frozen" })
		h.olga.Texts(t, lee.phone, "#confirm "+found[1])
		if got := h.request(h.tom, r)["state"]; got != "frozen" {
			t.Errorf("the request is %v", got)
		}
	})
	t.Run("the code of a sign-in", func(t *testing.T) {
		secret := h.enrol()
		half := h.browser()
		in := half.Do(t, http.MethodPost, "/api/session", map[string]any{"email": "olga@harbor.example.com", "password": binary.Password})
		if in.Status != http.StatusOK || !strings.Contains(string(in.Body), `"mfa_required":true`) {
			t.Fatalf("sign-in: %d %s", in.Status, in.Body)
		}
		var looked atomic.Int32
		good := h.storm(n, func(i int, late bool) (int, error) {
			code := fmt.Sprintf("%06d", i)
			if late {
				code, _ = totp.GenerateCode(secret, time.Now())
			}
			status, body, err := half.try("/api/session/factor", map[string]any{"code": code})
			if strings.Contains(body, "factor.code_wrong") {
				looked.Add(1)
			}
			return status, err
		})
		figures["sign_in_codes_looked_at"] = int(looked.Load())
		if good != 0 || looked.Load() > 5 || looked.Load() == 0 {
			t.Errorf("%d got in, %d codes were looked at", good, looked.Load())
		}
	})
	figures.Keep(t, "guesser", "")
}

// storm lets n tries arrive at once and returns how many were answered with success. The late half comes after the limits are used up, and
// has the right answer.
func (h *help) storm(n int, try func(i int, late bool) (status int, err error)) (good int) {
	h.Helper()
	var succeeded atomic.Int32
	for _, late := range []bool{false, true} {
		err := rig.Parallel(n/2, 64, func(i int) error {
			status, err := try(i, late)
			if status == http.StatusOK {
				succeeded.Add(1)
			}
			return err
		})
		if err != nil {
			h.Error(err)
		}
	}
	return int(succeeded.Load())
}

// clients are as many ways in of one technician as it takes to be slowed down by no limit of a single token.
func (h *help) clients(first *binary.Client, email string, n int) []*rig.Client {
	h.Helper()
	out := []*rig.Client{rig.NewClient(h.server.URL, first.Token)}
	for len(out) < n/500 {
		out = append(out, out[0].As(binary.Must(h, "", "admin", "token", "--data", h.dir, "--email", email, "--name", fmt.Sprint("storm ", len(out)))))
	}
	return out
}

// post sends a form and says what came of it, for goroutines.
func (h *help) post(path string, form url.Values) (int, error) {
	req, err := http.NewRequestWithContext(h.Context(), http.MethodPost, h.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return 0, res.Body.Close() // the page itself says nothing about success
}

// browser is somebody with cookies.
type browser struct{ *binary.Client }

func (h *help) browser() browser {
	h.Helper()
	c := h.server.As("")
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	c.HTTP.Jar, c.HTTP.Timeout = jar, 30*time.Second
	c.HTTP.Transport = sameOrigin{c.Base}
	return browser{c}
}

// sameOrigin says of every request what a browser says on a page of the server.
type sameOrigin struct{ base string }

func (s sameOrigin) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Origin", s.base)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return http.DefaultTransport.RoundTrip(r)
}

// try posts for goroutines.
func (b browser) try(path string, body any) (status int, answer string, err error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return 0, "", err
	}
	res, err := b.HTTP.Post(b.Base+path, "application/json", strings.NewReader(string(payload)))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	return res.StatusCode, string(read), err
}

// enrol gives Olga an authenticator app and returns its secret.
func (h *help) enrol() (secret string) {
	h.Helper()
	own := h.browser()
	own.Object(h, http.StatusOK, http.MethodPost, "/api/session", map[string]any{"email": "olga@harbor.example.com", "password": binary.Password})
	secret = binary.Text(h, own.Object(h, http.StatusCreated, http.MethodPost, "/api/me/factors/totp", map[string]any{}), "secret")
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		h.Fatal(err)
	}
	own.Object(h, http.StatusOK, http.MethodPost, "/api/me/factors/totp/confirm", map[string]any{"code": code})
	return secret
}
