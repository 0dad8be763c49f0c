package twilio

import (
	"context"
	"strings"

	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
)

// Account is what Twilio says about the account itself.
type Account struct {
	Status string // active, suspended, closed
	Trial  bool   // it only reaches numbers that were verified at Twilio, and begins each text with its own words
	Name   string
}

// Check asks Twilio about the account.
func (c *Carrier) Check(ctx context.Context) (Account, error) {
	_, s, err := c.mine(ctx)
	if err != nil {
		return Account{}, err
	}
	return c.check(ctx, s)
}

func (c *Carrier) check(ctx context.Context, s Settings) (Account, error) {
	var a struct {
		Status string `json:"status"`
		Type   string `json:"type"`
		Name   string `json:"friendly_name"`
	}
	if err := c.call(ctx, s, s.address(""), nil, &a); err != nil {
		return Account{}, c.shown(ctx, err)
	}
	return Account{Status: a.Status, Trial: a.Type == "Trial", Name: a.Name}, nil
}

// Try checks the account and sends a trial text to a number, unless to is empty. It returns what came of its first attempt.
func (c *Carrier) Try(ctx context.Context, to string) (a Account, d message.Delivery, err error) {
	orgID, s, err := c.mine(ctx)
	if err != nil {
		return a, d, err
	}
	if a, err = c.check(ctx, s); err != nil || to == "" {
		return a, d, err
	}
	o, err := organization.ByID(ctx, c.DB.Read(), orgID)
	if err != nil {
		return a, d, err
	}
	number, err := input.ParsePhone(to, o.Region)
	if err != nil {
		return a, d, message.ErrAddress.At("/to")
	}
	body := o.Name + ": this trial message has reached you."
	if strings.HasPrefix(o.Locale, "fr") {
		body = o.Name + " : cet essai vous est bien parvenu."
	}
	d, err = c.Messages.Try(ctx, message.Out{Way: message.SMS, To: number, Body: body, Starts: true})
	return a, d, err
}
