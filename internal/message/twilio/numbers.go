package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

// Bounds of what is read from an account.
const (
	maxNumbers  = 1000
	maxServices = 20
)

// Pointing says where a number's texts or calls go.
type Pointing string

// The pointings.
const (
	Here      Pointing = "here"
	Nowhere   Pointing = "nowhere"
	Elsewhere Pointing = "elsewhere"
)

// Number is a phone number of the account.
type Number struct {
	SID, Number, Name string
	SMS, Voice        bool     // what it can do
	SMSURL, VoiceURL  string   // where its webhooks go now
	SMSTo, VoiceTo    Pointing // the same in a word
	Ours              bool     // what comes in at it is taken as the organization's
	Service           string   // SID of the messaging service that it belongs to
	ServiceTakes      bool     // that service takes its texts, whatever its own webhook says
	Registration      string   // of the sender at the carriers (D-28): registered, unregistered, pending, rejected, not_needed, unknown
}

// numberResource is a number as Twilio shows it.
type numberResource struct {
	SID          string `json:"sid"`
	Number       string `json:"phone_number"`
	Name         string `json:"friendly_name"`
	SMSURL       string `json:"sms_url"`
	VoiceURL     string `json:"voice_url"`
	Capabilities struct {
		SMS   bool `json:"sms"`
		Voice bool `json:"voice"`
	} `json:"capabilities"`
}

// Numbers lists the numbers of the account with where they point and how they are registered.
func (c *Carrier) Numbers(ctx context.Context) ([]Number, error) {
	orgID, s, err := c.mine(ctx)
	if err != nil {
		return nil, err
	}
	var page struct {
		Numbers []numberResource `json:"incoming_phone_numbers"`
	}
	address := s.address("/IncomingPhoneNumbers") + "?" + url.Values{"PageSize": {strconv.Itoa(maxNumbers)}}.Encode()
	if err := c.call(ctx, s, address, nil, &page); err != nil {
		return nil, c.shown(ctx, err)
	}
	reg := c.registrations(ctx, s)
	list := make([]Number, 0, len(page.Numbers))
	for _, x := range page.Numbers {
		n, err := c.described(ctx, orgID, s, x)
		if err != nil {
			return nil, err
		}
		reg.fill(&n)
		list = append(list, n)
	}
	return list, nil
}

// mine returns the account of the actor's organization with its secrets.
func (c *Carrier) mine(ctx context.Context) (orgID string, s Settings, err error) {
	if orgID, err = c.checkSettings(ctx); err != nil {
		return "", s, err
	}
	s, err = c.account(ctx, orgID)
	return orgID, s, err
}

// shown is what a person gets to see of a failed request.
func (c *Carrier) shown(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*answerError](err); ok && (e.status == http.StatusUnauthorized || e.status == http.StatusForbidden || e.status == http.StatusNotFound) {
		return errAccount.Because(err)
	}
	c.Log.InfoContext(ctx, "no answer from Twilio to a question about the account", "error", err)
	return errUnreachable.Because(err)
}

func (c *Carrier) described(ctx context.Context, orgID string, s Settings, x numberResource) (n Number, err error) {
	n = Number{
		SID: x.SID, Number: x.Number, Name: x.Name, SMS: x.Capabilities.SMS, Voice: x.Capabilities.Voice, SMSURL: x.SMSURL, VoiceURL: x.VoiceURL,
		SMSTo: pointing(x.SMSURL, c.hook("sms", nil)), VoiceTo: pointing(x.VoiceURL, c.hook("voice", nil)),
	}
	n.Ours, err = c.owns(ctx, c.DB.Read(), owned{orgID, s}, x.Number)
	return n, err
}

func pointing(address, hook string) Pointing {
	switch address {
	case "":
		return Nowhere
	case hook:
		return Here
	}
	return Elsewhere
}

// Assign has the texts and calls to a number come to us. A number that points elsewhere is only taken if replace says so.
func (c *Carrier) Assign(ctx context.Context, sid string, replace bool) (Number, error) {
	orgID, s, err := c.mine(ctx)
	if err != nil {
		return Number{}, err
	}
	if err := c.Guard.Unlimited(ctx); err != nil {
		return Number{}, err
	}
	if !c.callable(s) {
		return Number{}, errNoAddress
	}
	if !hasSID(sid, "PN") {
		return Number{}, errNoSuchNumber
	}
	resource := s.address("/IncomingPhoneNumbers/" + sid)
	var x numberResource
	if err := c.call(ctx, s, resource, nil, &x); err != nil {
		if e, ok := errors.AsType[*answerError](err); ok && e.status == http.StatusNotFound {
			return Number{}, errNoSuchNumber
		}
		return Number{}, c.shown(ctx, err)
	}
	n, err := c.described(ctx, orgID, s, x)
	if err != nil {
		return Number{}, err
	}
	if !replace && (n.SMSTo == Elsewhere || n.VoiceTo == Elsewhere) {
		return Number{}, errElsewhere
	}
	before := map[string]any{"sms_url": hostOf(x.SMSURL), "voice_url": hostOf(x.VoiceURL)}
	// Ours first: what arrives between the two steps is taken, and not refused.
	err = c.DB.Write(ctx, func(tx *store.Tx) error {
		if err := c.refuseTaken(ctx, tx, orgID, s, []string{x.Number}); err != nil {
			return err
		}
		if err := addNumber(ctx, tx, orgID, x.Number, store.Now()); err != nil {
			return err
		}
		return c.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.twilio.assign", Targets: []audit.Target{{Type: "organization", ID: orgID}}, Before: before,
			Detail: map[string]any{"number": message.Mask(x.Number), "sid": x.SID},
		})
	})
	if err != nil {
		return Number{}, err
	}
	form := url.Values{
		"SmsUrl": {c.hook("sms", nil)}, "SmsMethod": {"POST"}, "VoiceUrl": {c.hook("voice", nil)}, "VoiceMethod": {"POST"},
		"StatusCallback": {c.hook("status", nil)}, "StatusCallbackMethod": {"POST"},
	}
	if err := c.call(ctx, s, resource, form, &x); err != nil {
		return Number{}, c.shown(ctx, err)
	}
	return c.described(ctx, orgID, s, x)
}

// hostOf is what the record keeps of an address that a number pointed to: its path may hold somebody's secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// registered is what the account says about its senders.
type registered struct {
	services map[string]serviceResource // by the SID of a number
	tollFree map[string]string          // state of the verification, by the SID of a number
	known    bool                       // false if the account does not tell
}

type serviceResource struct {
	SID        string `json:"sid"`
	Registered bool   `json:"us_app_to_person_registered"`
	OnNumber   bool   `json:"use_inbound_webhook_on_number"`
}

// registrations asks the messaging API. A key that may not read it only costs the answer.
func (c *Carrier) registrations(ctx context.Context, s Settings) (r registered) {
	r.services, r.tollFree = map[string]serviceResource{}, map[string]string{}
	var services struct {
		Services []serviceResource `json:"services"`
	}
	if err := c.call(ctx, s, s.messaging("/Services?PageSize="+strconv.Itoa(maxServices)), nil, &services); err != nil {
		c.Log.InfoContext(ctx, "no word from Twilio on how senders are registered", "error", err)
		return r
	}
	for _, x := range services.Services[:min(len(services.Services), maxServices)] {
		var page struct {
			Numbers []struct {
				SID string `json:"sid"`
			} `json:"phone_numbers"`
		}
		if !servicePattern.MatchString(x.SID) || c.call(ctx, s, s.messaging("/Services/"+x.SID+"/PhoneNumbers?PageSize=400"), nil, &page) != nil {
			return r
		}
		for _, n := range page.Numbers {
			r.services[n.SID] = x
		}
	}
	var tollFree struct {
		Verifications []struct {
			Number string `json:"tollfree_phone_number_sid"`
			Status string `json:"status"`
		} `json:"verifications"`
	}
	if c.call(ctx, s, s.messaging("/Tollfree/Verifications?PageSize=50"), nil, &tollFree) != nil {
		return r
	}
	for _, x := range tollFree.Verifications {
		r.tollFree[x.Number] = x.Status
	}
	r.known = true
	return r
}

// fill says how a number is registered. Only senders in North America need it: a campaign (10DLC) or, toll-free, a verification.
func (r registered) fill(n *Number) {
	service, ok := r.services[n.SID]
	n.Service, n.ServiceTakes = service.SID, ok && !service.OnNumber
	switch {
	case !strings.HasPrefix(n.Number, "+1"):
		n.Registration = "not_needed"
	case !r.known:
		n.Registration = "unknown"
	case isTollFree(n.Number):
		n.Registration = map[string]string{"TWILIO_APPROVED": "registered", "PENDING_REVIEW": "pending", "IN_REVIEW": "pending", "TWILIO_REJECTED": "rejected"}[r.tollFree[n.SID]]
	case service.Registered:
		n.Registration = "registered"
	}
	if n.Registration == "" {
		n.Registration = "unregistered"
	}
}

func isTollFree(number string) bool {
	for _, code := range []string{"800", "833", "844", "855", "866", "877", "888"} {
		if strings.HasPrefix(number, "+1"+code) {
			return true
		}
	}
	return false
}
