package twilio

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const (
	ringTime    = 30  // seconds
	callTime    = 120 // seconds, so that a call cannot cost without end
	keyTime     = 8   // seconds to press the key
	longestCall = 10 * time.Minute
	lostSID     = "" // nobody told it yet
)

// Voice returns the sender of calls.
func (c *Carrier) Voice() message.Sender { return calls{c} }

type calls struct{ *Carrier }

// Name is "twilio_voice".
func (v calls) Name() string { return VoiceName }

// Carries is true for calls.
func (v calls) Carries(way message.Way) bool { return way == message.Voice }

// Configured says whether the organization calls by Twilio. A call asks our webhooks what to say, so they must be reachable.
func (v calls) Configured(ctx context.Context, q store.Querier, orgID string) (bool, error) {
	s, ok, err := find(ctx, v.reader(q), orgID)
	return ok && s.Enabled && s.VoiceNumber != "" && v.callable(s), err
}

// Number is the number that calls come from.
func (v calls) Number(ctx context.Context, q store.Querier, orgID string, way message.Way) (string, error) {
	return v.number(ctx, q, orgID, way)
}

// Price is an estimate.
func (v calls) Price(way message.Way, to string) int64 { return price(way, to) }

// call is what one call will say.
type phoneCall struct {
	orgID, id, deliveryID string
	language              string
	body                  []byte // sealed; gone once it was said or the call is over
	state                 callState
	sid                   string
	expiresAt             time.Time
}

// callState of a call. Only asked leads to spoken, and a machine or an end leads nowhere.
type callState string

const (
	waiting callState = "waiting" // nobody answered yet
	asked   callState = "asked"   // somebody is asked to press 1
	said    callState = "spoken"
	machine callState = "machine"
	over    callState = "over"
)

// script is what a call says: before the key is pressed, and after. Without an announcement of its own it has a general one, and says its
// text twice.
type script struct {
	Announcement string `json:"announcement,omitempty"`
	Text         string `json:"text"`
}

func (c *Carrier) sealScript(k phoneCall, s script) ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return c.Keys.Seal(callPlace(k.orgID, k.id), b)
}

func (c *Carrier) openScript(k phoneCall) (s script, err error) {
	b, err := c.Keys.Unseal(callPlace(k.orgID, k.id), k.body)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}

func callPlace(orgID, callID string) seal.Place {
	return seal.Place{Table: "message_twilio_call", Column: "body", ID: orgID + "/" + callID}
}

// Send has Twilio call. The text stays here, sealed: only a person who asked for it by a key gets to hear it (R19).
func (v calls) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	s, err := v.account(ctx, a.OrgID)
	if err != nil {
		return message.Receipt{}, message.NotSent("settings", err)
	}
	if s.VoiceNumber == "" {
		return message.Receipt{}, message.NotSent("settings", errAbsent)
	}
	now := store.Now()
	k := phoneCall{orgID: a.OrgID, id: id.New(), deliveryID: a.DeliveryID, language: a.Language, state: waiting, expiresAt: now.Add(longestCall)}
	if !a.ExpiresAt.IsZero() && a.ExpiresAt.Before(k.expiresAt) {
		k.expiresAt = a.ExpiresAt
	}
	if k.body, err = v.sealScript(k, script{a.Subject, a.Body}); err != nil {
		return message.Receipt{}, message.NotSent("seal", err)
	}
	token := id.Secret()
	err = v.DB.Write(access.WithActor(ctx, access.System(a.OrgID)), func(tx *store.Tx) error { return putCall(ctx, tx, k, id.Hash(token), now) })
	if err != nil {
		return message.Receipt{}, message.NotSent("store", err)
	}
	query := url.Values{"call": {token}}
	var made struct {
		SID string `json:"sid"`
	}
	err = v.call(ctx, s, s.address("/Calls"), url.Values{
		"To": {a.To}, "From": {s.VoiceNumber}, "Url": {v.hook("voice", query)}, "Method": {"POST"},
		"StatusCallback": {v.hook("status", query)}, "StatusCallbackMethod": {"POST"}, "StatusCallbackEvent": {"initiated", "completed"},
		"MachineDetection": {"Enable"}, "Timeout": {strconv.Itoa(ringTime)}, "TimeLimit": {strconv.Itoa(callTime)},
	}, &made)
	if err = asRefusal(err); err == nil && made.SID == "" {
		err = errors.New("the answer names no call")
	}
	refused := errors.Is(err, message.ErrNotSent)
	if _, ok := errors.AsType[*message.Refusal](err); ok || refused {
		v.forget(ctx, k) // nobody will ask for it
	}
	if err != nil {
		return message.Receipt{}, err
	}
	v.named(ctx, k.orgID, k.deliveryID, made.SID)
	return message.Receipt{ProviderID: made.SID}, nil
}

// named keeps which delivery a call is for, so that no other one is taken for it. A callback names it as well.
func (c *Carrier) named(ctx context.Context, orgID, deliveryID, sid string) {
	ctx = access.WithActor(context.WithoutCancel(ctx), access.System(orgID))
	err := c.DB.Write(ctx, func(tx *store.Tx) error { return nameCalls(ctx, tx, orgID, deliveryID, sid, store.Now()) })
	if err != nil {
		c.Log.Warn("cannot keep the name of a call", "delivery", deliveryID, "error", err)
	}
}

func (c *Carrier) forget(ctx context.Context, k phoneCall) {
	ctx = access.WithActor(context.WithoutCancel(ctx), access.System(k.orgID))
	err := c.DB.Write(ctx, func(tx *store.Tx) error { return endCall(ctx, tx, k, over, lostSID, store.Now()) })
	if err != nil {
		c.Log.Error("cannot forget the text of a call", "delivery", k.deliveryID, "error", err) // it is wiped when it expires
	}
}

// Lookup says whether Twilio has a call. A signed callback with the call's token is proof. Otherwise it is a call from our number to that
// one that is not older than the delivery and belongs to no other delivery.
func (v calls) Lookup(ctx context.Context, a message.Attempt) (r message.Receipt, found bool, err error) {
	if sid, err := sidOfCall(ctx, v.DB.Read(), a.OrgID, a.DeliveryID); err != nil || sid != "" {
		return message.Receipt{ProviderID: sid}, sid != "", err
	}
	s, err := v.account(ctx, a.OrgID)
	if err != nil {
		return r, false, err
	}
	var page struct {
		Calls []struct {
			SID         string `json:"sid"`
			DateCreated string `json:"date_created"`
			Direction   string `json:"direction"`
		} `json:"calls"`
	}
	address := s.address("/Calls") + "?" + url.Values{"To": {a.To}, "From": {s.VoiceNumber}, "PageSize": {strconv.Itoa(lookPage)}}.Encode()
	if err := v.call(ctx, s, address, nil, &page); err != nil {
		return r, false, err
	}
	var ours []string
	for _, k := range page.Calls {
		made, err := time.Parse(time.RFC1123Z, k.DateCreated)
		if err == nil && !made.Before(a.CreatedAt.Add(-clockSkew)) && strings.HasPrefix(k.Direction, "outbound") {
			ours = append(ours, k.SID)
		}
	}
	if ours, err = freeCalls(ctx, v.DB.Read(), a.OrgID, ours); err != nil {
		return r, false, err
	}
	sid, err := v.unclaimed(ctx, a, VoiceName, ours)
	if err != nil {
		return r, false, err
	}
	if sid != "" {
		v.named(ctx, a.OrgID, a.DeliveryID, sid)
		return message.Receipt{ProviderID: sid}, true, nil
	}
	return r, false, v.settled(a)
}
