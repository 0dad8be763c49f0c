package gateway

import (
	"context"
	"net/http"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
)

const settingsPath = "/api/settings/carriers/gateway"

// Routes registers the settings and the callback.
func (c *Carrier) Routes(api *httpapi.API) {
	route := func(id, method, path, summary string) httpapi.Route {
		return httpapi.Route{ID: id, Method: method, Path: settingsPath + path, Summary: summary, Needs: perm.AdminSettings}
	}
	httpapi.Handle(api, route("get-gateway-settings", "GET", "", "Get the organization's gateway"), c.getSettings)
	set := route("set-gateway-settings", "PUT", "", "Set the organization's gateway")
	set.Fresh = true
	httpapi.Handle(api, set, c.putSettings)
	httpapi.Handle(api, route("delete-gateway-settings", "DELETE", "", "Forget the organization's gateway"),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, c.Remove(ctx) })
	httpapi.Handle(api, route("test-gateway-settings", "POST", "/test", "Ask the gateway whether it is there and accepts our signature, and send a trial text"), c.postTest)
	c.hook(api)
}

type settingsFields struct {
	Enabled     bool    `json:"enabled" doc:"send by it; what comes in is taken either way"`
	BaseURL     string  `json:"base_url" minLength:"1" maxLength:"300"`
	Secret      *string `json:"secret,omitempty" maxLength:"200" doc:"signs requests and callbacks, 32 characters at least; absent keeps the old one"`
	Alternate   *string `json:"alternate_secret,omitempty" maxLength:"200" doc:"also accepted in callbacks, while the secret is being replaced; the empty text removes it"`
	SMSNumber   string  `json:"sms_number,omitempty" maxLength:"30" doc:"sends texts, and is where people answer"`
	VoiceNumber string  `json:"voice_number,omitempty" maxLength:"30" doc:"calls"`
	PerMinute   int     `json:"messages_per_minute,omitempty" maximum:"6000" doc:"texts that the number may send; 60 if absent"`
}

type settingsBody struct {
	Enabled      bool      `json:"enabled"`
	BaseURL      string    `json:"base_url"`
	AlternateSet bool      `json:"alternate_secret_set"`
	SMSNumber    string    `json:"sms_number"`
	VoiceNumber  string    `json:"voice_number"`
	PerMinute    int       `json:"messages_per_minute"`
	Account      string    `json:"account" doc:"names the organization in callbacks"`
	CallbackURL  string    `json:"callback_url" doc:"where the gateway calls back"`
	Reachable    bool      `json:"reachable" doc:"false if the server's external address leads to this machine only"`
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
	Version      int64     `json:"version"`
}

func (c *Carrier) output(s Settings) *httpapi.One[settingsBody] {
	return &httpapi.One[settingsBody]{ETag: httpapi.ETag(s.Version), Body: settingsBody{
		s.Enabled, s.BaseURL, s.AlternateSet, s.SMSNumber, s.VoiceNumber, s.PerMinute, s.Account, c.callbacks(), c.callable(s),
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

func (c *Carrier) putSettings(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    settingsFields
},
) (*httpapi.One[settingsBody], error) {
	b := in.Body
	s, err := c.Set(ctx, Settings{Enabled: b.Enabled, BaseURL: b.BaseURL, SMSNumber: b.SMSNumber, VoiceNumber: b.VoiceNumber, PerMinute: b.PerMinute},
		Secrets{b.Secret, b.Alternate}, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	if err != nil {
		return nil, err
	}
	return c.output(s), nil
}

type testBody struct {
	Name    string     `json:"name" doc:"what the gateway calls itself"`
	Message *trialBody `json:"message,omitempty"`
}

type trialBody struct {
	ID     string `json:"id"`
	State  string `json:"state" enum:"planned,sending,unknown,sent,delivered,failed,expired,refused"`
	Reason string `json:"reason,omitempty"`
}

func (c *Carrier) postTest(ctx context.Context, in *struct {
	Body struct {
		To string `json:"to,omitempty" maxLength:"30" doc:"where the trial text goes, by the first carrier in the order; absent only asks the gateway"`
	}
},
) (*httpapi.One[testBody], error) {
	name, err := c.Check(ctx)
	if err != nil {
		return nil, err
	}
	out := &httpapi.One[testBody]{Body: testBody{Name: name}}
	if in.Body.To == "" {
		return out, nil
	}
	d, err := c.Try(ctx, in.Body.To)
	out.Body.Message = &trialBody{d.ID, string(d.State), d.Reason}
	return out, err
}

// Check asks the gateway of the actor's organization whether it is there and accepts our signature, and returns its name.
func (c *Carrier) Check(ctx context.Context) (name string, err error) {
	orgID, err := c.checkSettings(ctx)
	if err != nil {
		return "", err
	}
	s, err := c.account(ctx, orgID)
	if err != nil {
		return "", err
	}
	var said struct {
		Name string `json:"name"`
	}
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	status, err := c.ask(ctx, s, http.MethodGet, "/status", nil, &said)
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "", errRefused.Because(err)
	case err != nil:
		return "", errUnreachable.Because(err)
	}
	return clip(said.Name), nil
}

const (
	checkTime = 10 * time.Second
	maxName   = 100
)

// clip keeps a name within what is shown.
func clip(name string) string {
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " "))
	return string(r[:min(len(r), maxName)])
}

// Try sends a trial text and returns what came of its first attempt.
func (c *Carrier) Try(ctx context.Context, to string) (message.Delivery, error) {
	o, err := organization.ByID(ctx, c.DB.Read(), access.ActorFrom(ctx).OrgID)
	if err != nil {
		return message.Delivery{}, err
	}
	number, err := input.ParsePhone(to, o.Region)
	if err != nil {
		return message.Delivery{}, message.ErrAddress.At("/to")
	}
	body := o.Name + ": this trial message has reached you."
	if strings.HasPrefix(o.Locale, "fr") {
		body = o.Name + " : cet essai vous est bien parvenu."
	}
	return c.Messages.Try(ctx, message.Out{Way: message.SMS, To: number, Body: body, Starts: true})
}
