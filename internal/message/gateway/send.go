package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/message/webapi"
	"countersign.dev/countersign/internal/store"
)

// sender sends by one way.
type sender struct {
	*Carrier
	name string
	way  message.Way
}

// Name is "gateway" or "gateway_voice".
func (x sender) Name() string { return x.name }

// Carries is true for its way.
func (x sender) Carries(way message.Way) bool { return way == x.way }

// Configured says whether the organization sends this way by its gateway.
func (x sender) Configured(ctx context.Context, q store.Querier, orgID string) (bool, error) {
	number, err := x.Number(ctx, q, orgID, x.way)
	return number != "", err
}

// Number is where people answer.
func (x sender) Number(ctx context.Context, q store.Querier, orgID string, _ message.Way) (string, error) {
	if q == nil {
		q = x.DB.Read()
	}
	s, ok, err := find(ctx, q, orgID)
	if err != nil || !ok || !s.Enabled {
		return "", err
	}
	return s.number(x.way), nil
}

func (s Settings) number(way message.Way) string {
	if way == message.Voice {
		return s.VoiceNumber
	}
	return s.SMSNumber
}

// outgoing is a message as the gateway gets it.
type outgoing struct {
	ID        string     `json:"id"` // the same id is the same message
	Kind      string     `json:"kind"`
	From      string     `json:"from"`
	To        string     `json:"to"`
	Text      string     `json:"text"`
	SSML      string     `json:"ssml,omitempty"`
	Announce  string     `json:"announcement,omitempty"` // of a call: said before a key is pressed
	Key       string     `json:"confirm_key,omitempty"`  // of a call: the text is said to whoever pressed it, and to nobody else (R19)
	Language  string     `json:"language,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	Callback  string     `json:"callback_url,omitempty"`
	Account   string     `json:"account"`
}

// taken is a message as the gateway shows it.
type taken struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Code   string `json:"code"`
}

// Send hands a message to the gateway.
func (x sender) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	s, err := x.account(ctx, a.OrgID)
	if err == nil && s.number(x.way) == "" {
		err = errAbsent
	}
	if err != nil {
		return message.Receipt{}, message.NotSent("settings", err)
	}
	body, err := json.Marshal(x.outgoing(s, a))
	if err != nil {
		return message.Receipt{}, message.NotSent("compose", err)
	}
	if x.way == message.SMS {
		after, ok, err := x.pace.Wait(ctx, a.OrgID+" "+s.SMSNumber, s.PerMinute)
		switch {
		case err != nil:
			return message.Receipt{}, message.NotSent("rate", err)
		case !ok:
			return message.Receipt{}, &message.Refusal{Reason: "gateway rate", After: after}
		}
	}
	var m taken
	if _, err := x.ask(ctx, s, http.MethodPost, "/messages", body, &m); err != nil {
		return message.Receipt{}, err
	}
	return receipt(a, m)
}

func (x sender) outgoing(s Settings, a message.Attempt) outgoing {
	out := outgoing{
		ID: a.DeliveryID, Kind: string(x.way), From: s.number(x.way), To: a.To, Text: a.Body, Language: a.Language, Account: s.Account,
	}
	if x.way == message.Voice {
		out.Announce, out.Key, out.SSML = a.Subject, "1", ssml(a.Body)
	}
	if !a.ExpiresAt.IsZero() {
		at := a.ExpiresAt.UTC().Truncate(time.Second)
		out.ExpiresAt = &at
	}
	if x.callable(s) {
		out.Callback = x.callbacks()
	}
	return out
}

// receipt is what a success of the gateway means.
func receipt(a message.Attempt, m taken) (message.Receipt, error) {
	if m.ID != a.DeliveryID {
		return message.Receipt{}, errors.New("the answer is about another message")
	}
	switch m.Status {
	case "accepted", "sent":
		return message.Receipt{ProviderID: m.ID}, nil
	case "delivered":
		return message.Receipt{ProviderID: m.ID, Delivered: true}, nil
	case "failed":
		return message.Receipt{}, refusal(http.StatusUnprocessableEntity, m.Code, 0)
	}
	return message.Receipt{}, errors.New("the answer has no status that we know")
}

// Lookup asks the gateway whether it has a message. It says no only once a lost request can no longer be on its way.
func (x sender) Lookup(ctx context.Context, a message.Attempt) (r message.Receipt, found bool, err error) {
	s, err := x.account(ctx, a.OrgID)
	if err != nil {
		return r, false, err
	}
	var m taken
	status, err := x.ask(ctx, s, http.MethodGet, "/messages/"+a.DeliveryID, nil, &m)
	switch {
	case err == nil && m.ID == a.DeliveryID:
		return message.Receipt{ProviderID: m.ID, Delivered: m.Status == "delivered"}, true, nil
	case err == nil:
		return r, false, errors.New("the answer is about another message")
	case status != http.StatusNotFound:
		return r, false, err
	case !a.LostAt.IsZero() && time.Since(a.LostAt) < x.Settle:
		return r, false, errors.New("it is too early to tell")
	}
	return r, false, nil
}

// account returns the settings of an organization with their secrets.
func (c *Carrier) account(ctx context.Context, orgID string) (Settings, error) {
	s, ok, err := find(ctx, c.DB.Read(), orgID)
	if err == nil && !ok {
		err = errAbsent
	}
	if err != nil {
		return s, err
	}
	return c.open(orgID, s)
}

// ask makes one signed request. Its errors are a *message.Refusal, one that wraps message.ErrNotSent, or any other, after which the gateway may
// have done what it was asked; status is that of an answer.
func (c *Carrier) ask(ctx context.Context, s Settings, method, path string, body []byte, out any) (status int, err error) {
	address := s.BaseURL + path
	req, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return 0, message.NotSent("address", errors.New("the address of the gateway cannot be used"))
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Accept", "application/json")
	stamp(req.Header, s.secret, method, address, body, time.Now())
	a, written, err := webapi.Ask(c.client, req)
	switch {
	case err != nil && !written:
		return 0, message.NotSent("connect", err)
	case err != nil:
		return 0, err
	case a.Status == http.StatusGatewayTimeout: // it was passed on, and nobody knows how far it came
		return a.Status, errors.New("a gateway behind it got no answer")
	case !a.OK():
		var said taken
		_ = json.Unmarshal(a.Body, &said) // a proxy on the way says it in HTML
		return a.Status, refusal(a.Status, said.Code, a.RetryAfter())
	case a.Broken || json.Unmarshal(a.Body, out) != nil:
		return a.Status, errors.New("the answer cannot be read")
	}
	return a.Status, nil
}

// finalCodes concern the receiver or the text: another try would end the same way.
var finalCodes = map[string]bool{
	"invalid_number": true, "unreachable_number": true, "landline": true, "text_too_long": true, "blocked": true, "opted_out": true,
}

const codeOptedOut = "opted_out"

var codePattern = regexp.MustCompile(`^[a-z0-9_]{1,40}$`)

// refusal is what a clear no of the gateway means for a message. Only its own words about the receiver or the text are final; what concerns
// the account, such as a signature that it does not accept, waits or goes to the next carrier.
func refusal(status int, code string, after time.Duration) *message.Refusal {
	r := &message.Refusal{Reason: "gateway http " + strconv.Itoa(status), After: after}
	if codePattern.MatchString(code) {
		r.Reason = "gateway " + code
	}
	r.Permanent = status >= 400 && status < 500 && status != http.StatusTooManyRequests && finalCodes[code]
	r.OptedOut = r.Permanent && code == codeOptedOut
	return r
}

var digitRuns = regexp.MustCompile(`[0-9]{4,}`)

// ssml is a text for a voice, with the digits of a code one by one.
func ssml(text string) string {
	var b strings.Builder
	b.WriteString("<speak>")
	last := 0
	for _, at := range digitRuns.FindAllStringIndex(text, -1) {
		escape(&b, text[last:at[0]])
		b.WriteString(`<say-as interpret-as="digits">` + text[at[0]:at[1]] + `</say-as>`)
		last = at[1]
	}
	escape(&b, text[last:])
	b.WriteString("</speak>")
	return b.String()
}

func escape(b *strings.Builder, text string) {
	_ = xml.EscapeText(b, []byte(text)) // a strings.Builder takes everything
}
