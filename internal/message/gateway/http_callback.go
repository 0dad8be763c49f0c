package gateway

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"regexp"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// What a callback may be.
const (
	maxCallback = 64 << 10
	maxAddress  = 254
)

// event is one callback.
type event struct {
	ID      string `json:"id"` // of the callback itself; the same id is the same callback
	Account string `json:"account"`
	Type    string `json:"type"` // message.status or message.received
	Message struct {
		ID      string `json:"id"` // of a status: ours; of a received one: the gateway's
		Kind    string `json:"kind"`
		Status  string `json:"status"`
		Code    string `json:"code"`
		From    string `json:"from"`
		To      string `json:"to"`
		Text    string `json:"text"`
		Handled string `json:"handled"`
	} `json:"message"`
}

var eventID = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`)

// hook mounts what a gateway calls. Whatever is not signed by the organization's own secret, for our own address, within five minutes, gets one
// and the same answer and changes nothing.
func (c *Carrier) hook(api *httpapi.API) {
	api.Raw(httpapi.Route{
		ID: "gateway-callback", Method: "POST", Path: hookPath, Summary: "A gateway calls this; it must be signed",
		Needs: perm.Public, CrossSite: true, Hidden: true,
	}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ok, err := c.callback(w, r)
		switch {
		case err != nil:
			c.Log.ErrorContext(r.Context(), "cannot take in a callback of a gateway", "error", err)
			http.Error(w, "try again later", http.StatusInternalServerError)
		case !ok:
			c.Log.InfoContext(r.Context(), "refused a callback of a gateway")
			http.Error(w, "refused", http.StatusForbidden)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
}

func (c *Carrier) callback(w http.ResponseWriter, r *http.Request) (ok bool, err error) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" || r.URL.RawQuery != "" {
		return false, nil //nolint:nilerr // it is refused like everything else that is not as described
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCallback))
	if err != nil {
		return false, nil //nolint:nilerr // too large, or broken off
	}
	var e event
	if json.Unmarshal(body, &e) != nil || !eventID.MatchString(e.ID) || !id.Valid(e.Account) {
		return false, nil
	}
	ctx := r.Context()
	orgID, s, ok, err := ofAccount(ctx, c.DB.Read(), e.Account)
	if err != nil || !ok {
		return false, err
	}
	if s, err = c.open(orgID, s); err != nil {
		return false, err
	}
	if !signed(r.Header, []string{s.secret, s.alternate}, c.callbacks(), body, time.Now()) {
		return false, nil
	}
	ctx = access.WithActor(ctx, access.System(orgID))
	if known, err := hasEvent(ctx, c.DB.Read(), orgID, e.ID); err != nil || known {
		return err == nil, err
	}
	if ok, err = c.take(ctx, orgID, s, e); err != nil || !ok {
		return false, err
	}
	// What was taken in twice in this moment changed nothing the second time; so the callback is noted behind it, and none is lost.
	return true, c.DB.Write(ctx, func(tx *store.Tx) error { return putEvent(ctx, tx, orgID, e.ID, store.Now()) })
}

// take takes in an event that is to be believed; ok is false if it is not as described.
func (c *Carrier) take(ctx context.Context, orgID string, s Settings, e event) (ok bool, err error) {
	m := e.Message
	switch e.Type {
	case "message.status":
		name := map[string]string{string(message.SMS): Name, string(message.Voice): VoiceName}[m.Kind]
		if name == "" || !id.Valid(m.ID) {
			return false, nil
		}
		state, reason := outcome(m.Status, m.Code)
		if state == "" {
			return true, nil
		}
		return true, c.Messages.Report(ctx, orgID, name, m.ID, state, reason)
	case "message.received":
		if m.Kind != string(message.SMS) || !eventID.MatchString(m.ID) || m.To != s.SMSNumber || m.To == "" || m.From == "" || len(m.From) > maxAddress {
			return false, nil
		}
		in := message.In{ID: Name + ":" + m.ID, Way: message.SMS, From: m.From, To: m.To, Body: m.Text}
		switch m.Handled {
		case "stop", "start", "help":
			in.Handled = m.Handled
		}
		return true, c.Messages.Receive(ctx, in)
	}
	return false, nil
}

// outcome is what a status means for a delivery; "" if nothing is decided yet.
func outcome(status, code string) (message.State, string) {
	switch status {
	case "delivered":
		return message.Delivered, ""
	case "failed":
		switch {
		case code == codeOptedOut:
			return message.Refused, "gateway " + code
		case codePattern.MatchString(code):
			return message.Failed, "gateway " + code
		}
		return message.Failed, "gateway failed"
	}
	return "", ""
}
