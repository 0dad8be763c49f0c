package twilio

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

const settingsPath = "/api/settings/carriers/twilio"

// Routes registers the settings and the webhooks.
func (c *Carrier) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: method, Path: settingsPath + path, Summary: summary, Needs: perm.AdminSettings}
	}
	httpapi.Handle(api, route("get-twilio-settings", "GET", "", "Get the organization's account at Twilio"), c.getSettings)
	set := route("set-twilio-settings", "PUT", "", "Set the organization's account at Twilio")
	set.Fresh = true
	httpapi.Handle(api, set, c.putSettings)
	httpapi.Handle(api, route("delete-twilio-settings", "DELETE", "", "Forget the organization's account at Twilio"),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, c.Remove(ctx) })
	httpapi.Handle(api, route("test-twilio-settings", "POST", "/test", "Ask Twilio about the account and send a trial text"), c.postTest)
	httpapi.Handle(api, route("list-twilio-numbers", "GET", "/numbers", "List the account's numbers and where they point"), c.getNumbers)
	assign := route("assign-twilio-number", "POST", "/numbers", "Have the texts and calls to a number come here")
	assign.Fresh = true
	httpapi.Handle(api, assign, c.postNumber)
	c.hooks(api)
}

type settingsFields struct {
	Enabled        bool    `json:"enabled" doc:"send by it; what comes in is taken either way"`
	AccountSID     string  `json:"account_sid" minLength:"1" maxLength:"50"`
	AuthToken      *string `json:"auth_token,omitempty" maxLength:"200" doc:"signs webhooks; absent keeps the old one"`
	AlternateToken *string `json:"alternate_token,omitempty" maxLength:"200" doc:"also accepted in signatures, while the token is being replaced; absent keeps the old one, the empty text removes it"`
	APIKeySID      string  `json:"api_key_sid,omitempty" maxLength:"50" doc:"signs in instead of the auth token"`
	APIKeySecret   *string `json:"api_key_secret,omitempty" maxLength:"200" doc:"absent keeps the old one"`
	BaseURL        string  `json:"base_url,omitempty" maxLength:"300" doc:"of the API; empty is Twilio's own"`
	SMSNumber      string  `json:"sms_number,omitempty" maxLength:"30" doc:"sends texts, and is where people answer"`
	VoiceNumber    string  `json:"voice_number,omitempty" maxLength:"30" doc:"calls"`
	ServiceSID     string  `json:"messaging_service_sid,omitempty" maxLength:"50" doc:"sends texts instead of the number"`
	PerMinute      int     `json:"messages_per_minute,omitempty" maximum:"6000" doc:"texts that a number may send; 60 if absent"`
}

type webhookAddresses struct {
	SMS       string `json:"sms"`
	Voice     string `json:"voice"`
	Status    string `json:"status"`
	Reachable bool   `json:"reachable" doc:"false if the server's external address leads to this machine only"`
}

type settingsBody struct {
	Enabled      bool             `json:"enabled"`
	AccountSID   string           `json:"account_sid"`
	TokenSet     bool             `json:"auth_token_set"`
	AlternateSet bool             `json:"alternate_token_set"`
	APIKeySID    string           `json:"api_key_sid"`
	SecretSet    bool             `json:"api_key_secret_set"`
	BaseURL      string           `json:"base_url"`
	SMSNumber    string           `json:"sms_number"`
	VoiceNumber  string           `json:"voice_number"`
	ServiceSID   string           `json:"messaging_service_sid"`
	PerMinute    int              `json:"messages_per_minute"`
	Webhooks     webhookAddresses `json:"webhooks"`
	CreatedAt    time.Time        `json:"created_at"`
	UpdatedAt    time.Time        `json:"updated_at"`
	Version      int64            `json:"version"`
}

func (c *Carrier) output(s Settings) *httpapi.One[settingsBody] {
	return &httpapi.One[settingsBody]{ETag: httpapi.ETag(s.Version), Body: settingsBody{
		s.Enabled, s.AccountSID, s.TokenSet, s.AlternateSet, s.APIKeySID, s.SecretSet, s.BaseURL, s.SMSNumber, s.VoiceNumber, s.ServiceSID,
		s.PerMinute,
		webhookAddresses{c.hook("sms", nil), c.hook("voice", nil), c.hook("status", nil), c.callable(s)},
		s.CreatedAt, s.UpdatedAt, s.Version,
	}}
}

func (c *Carrier) getSettings(ctx context.Context, _ *struct{}) (*httpapi.One[settingsBody], error) {
	s, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	return c.output(s), nil
}

type putSettingsInput struct {
	IfMatch string `header:"If-Match"`
	Body    settingsFields
}

func (c *Carrier) putSettings(ctx context.Context, in *putSettingsInput) (*httpapi.One[settingsBody], error) {
	b := in.Body
	s, err := c.Set(ctx, Settings{
		Enabled: b.Enabled, AccountSID: b.AccountSID, APIKeySID: b.APIKeySID, BaseURL: b.BaseURL, SMSNumber: b.SMSNumber,
		VoiceNumber: b.VoiceNumber, ServiceSID: b.ServiceSID, PerMinute: b.PerMinute,
	}, Secrets{b.AuthToken, b.AlternateToken, b.APIKeySecret}, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return c.output(s), nil
}

type testInput struct {
	Body struct {
		To string `json:"to,omitempty" maxLength:"30" doc:"where the trial text goes; absent only asks about the account"`
	}
}

type testBody struct {
	Account struct {
		Status string `json:"status" doc:"active, suspended or closed"`
		Trial  bool   `json:"trial" doc:"it only reaches numbers that were verified at Twilio"`
		Name   string `json:"name"`
	} `json:"account"`
	Message *trialBody `json:"message,omitempty"`
}

type trialBody struct {
	ID     string `json:"id"`
	State  string `json:"state" enum:"planned,sending,unknown,sent,delivered,failed,expired,refused"`
	Reason string `json:"reason,omitempty"`
}

func (c *Carrier) postTest(ctx context.Context, in *testInput) (*httpapi.One[testBody], error) {
	a, d, err := c.Try(ctx, in.Body.To)
	if err != nil {
		return nil, err
	}
	out := &httpapi.One[testBody]{}
	out.Body.Account.Status, out.Body.Account.Trial, out.Body.Account.Name = a.Status, a.Trial, a.Name
	if d.ID != "" {
		out.Body.Message = &trialBody{d.ID, string(d.State), d.Reason}
	}
	return out, nil
}

type numberBody struct {
	SID          string `json:"sid"`
	Number       string `json:"number"`
	Name         string `json:"name"`
	SMS          bool   `json:"sms" doc:"it can send and get texts"`
	Voice        bool   `json:"voice" doc:"it can call and be called"`
	SMSURL       string `json:"sms_url"`
	VoiceURL     string `json:"voice_url"`
	SMSTo        string `json:"sms_to" enum:"here,nowhere,elsewhere"`
	VoiceTo      string `json:"voice_to" enum:"here,nowhere,elsewhere"`
	Ours         bool   `json:"ours" doc:"what comes in at it is taken as the organization's"`
	Service      string `json:"messaging_service_sid"`
	ServiceTakes bool   `json:"service_takes_texts" doc:"its messaging service takes its texts, whatever sms_url says"`
	Registration string `json:"registration" enum:"registered,unregistered,pending,rejected,not_needed,unknown" doc:"of the sender at the carriers"`
}

func numberOutput(n Number) numberBody {
	return numberBody{
		n.SID, n.Number, n.Name, n.SMS, n.Voice, n.SMSURL, n.VoiceURL, string(n.SMSTo), string(n.VoiceTo), n.Ours, n.Service, n.ServiceTakes, n.Registration,
	}
}

func (c *Carrier) getNumbers(ctx context.Context, _ *struct{}) (*httpapi.Page[numberBody], error) {
	found, err := c.Numbers(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]numberBody, len(found))
	for i, n := range found {
		items[i] = numberOutput(n)
	}
	return httpapi.NewPage(items, ""), nil
}

type numberInput struct {
	Body struct {
		SID     string `json:"sid" minLength:"1" maxLength:"50"`
		Replace bool   `json:"replace,omitempty" doc:"also if its messages or calls go elsewhere now"`
	}
}

func (c *Carrier) postNumber(ctx context.Context, in *numberInput) (*httpapi.One[numberBody], error) {
	n, err := c.Assign(ctx, in.Body.SID, in.Body.Replace)
	if err != nil {
		return nil, err
	}
	return &httpapi.One[numberBody]{Body: numberOutput(n)}, nil
}
