package twilio

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
)

const (
	longestValidity = 4 * time.Hour // that Twilio tries to deliver a text
	clockSkew       = 2 * time.Minute
	lookPage        = 100
	lookPages       = 5
)

// SMS returns the sender of texts.
func (c *Carrier) SMS() message.Sender { return texts{c} }

type texts struct{ *Carrier }

// Name is "twilio".
func (t texts) Name() string { return Name }

// Carries is true for texts.
func (t texts) Carries(way message.Way) bool { return way == message.SMS }

// Configured says whether the organization sends texts by Twilio.
func (t texts) Configured(ctx context.Context, q store.Querier, orgID string) (bool, error) {
	number, err := t.number(ctx, t.reader(q), orgID, message.SMS)
	return number != "", err
}

// Number is where people answer.
func (t texts) Number(ctx context.Context, q store.Querier, orgID string, way message.Way) (string, error) {
	return t.number(ctx, q, orgID, way)
}

// Price is an estimate.
func (t texts) Price(way message.Way, to string) int64 { return price(way, to) }

// reader is q, or the database where the caller has none.
func (c *Carrier) reader(q store.Querier) store.Querier {
	if q == nil {
		return c.DB.Read()
	}
	return q
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

// textResource is a text as Twilio shows it.
type textResource struct {
	SID         string `json:"sid"`
	Status      string `json:"status"`
	Body        string `json:"body"`
	Direction   string `json:"direction"`
	DateCreated string `json:"date_created"`
	ErrorCode   int    `json:"error_code"`
}

// Send hands a text to Twilio.
func (t texts) Send(ctx context.Context, a message.Attempt) (message.Receipt, error) {
	s, err := t.account(ctx, a.OrgID)
	if err != nil {
		return message.Receipt{}, message.NotSent("settings", err)
	}
	sender := s.SMSNumber
	form := url.Values{"To": {a.To}, "Body": {a.Body}}
	if s.ServiceSID != "" {
		sender = s.ServiceSID
		form.Set("MessagingServiceSid", s.ServiceSID)
	} else {
		form.Set("From", s.SMSNumber)
	}
	if sender == "" {
		return message.Receipt{}, message.NotSent("settings", errAbsent)
	}
	if t.callable(s) {
		form.Set("StatusCallback", t.hook("status", url.Values{"delivery": {a.DeliveryID}}))
	}
	if !a.ExpiresAt.IsZero() {
		form.Set("ValidityPeriod", strconv.Itoa(validity(time.Until(a.ExpiresAt))))
	}
	if err := t.wait(ctx, a.OrgID, sender, s.PerMinute); err != nil {
		return message.Receipt{}, err
	}
	var made textResource
	if err := t.call(ctx, s, s.address("/Messages"), form, &made); err != nil {
		return message.Receipt{}, asRefusal(err)
	}
	if made.SID == "" {
		return message.Receipt{}, errors.New("the answer names no message")
	}
	if made.Status == "failed" || made.Status == "undelivered" {
		return message.Receipt{}, asRefusal(&answerError{status: 400, code: made.ErrorCode})
	}
	return message.Receipt{ProviderID: made.SID, Delivered: made.Status == "delivered"}, nil
}

// validity is how many seconds Twilio may try.
func validity(left time.Duration) int {
	return int(min(max(left, time.Second), longestValidity) / time.Second)
}

// wait keeps to the sending rate of a number.
func (c *Carrier) wait(ctx context.Context, orgID, number string, perMinute int) error {
	after, ok, err := c.pace.Wait(ctx, orgID+" "+number, perMinute)
	switch {
	case err != nil:
		return message.NotSent("rate", err)
	case !ok:
		return &message.Refusal{Reason: "twilio rate", After: after}
	}
	return nil
}

// Lookup says whether Twilio has a text. A signed callback that named the delivery is proof. Otherwise it is the text among the newest to
// that number that has the same body, is not older than the delivery, and belongs to no other delivery of ours. The list has no field for
// a mark of our own, and a text whose request was lost may appear in it a moment later: until then Lookup cannot tell.
func (t texts) Lookup(ctx context.Context, a message.Attempt) (r message.Receipt, found bool, err error) {
	if sid, err := proofOf(ctx, t.DB.Read(), a.OrgID, a.DeliveryID); err != nil || sid != "" {
		return message.Receipt{ProviderID: sid}, sid != "", err
	}
	s, err := t.account(ctx, a.OrgID)
	if err != nil {
		return r, false, err
	}
	since, next := a.CreatedAt.Add(-clockSkew), s.address("/Messages")+"?"+url.Values{"To": {a.To}, "PageSize": {strconv.Itoa(lookPage)}}.Encode()
	for range lookPages {
		var page struct {
			Messages []textResource `json:"messages"`
			Next     string         `json:"next_page_uri"`
		}
		if err := t.call(ctx, s, next, nil, &page); err != nil {
			return r, false, err
		}
		old := false
		var same []string
		for _, m := range page.Messages {
			made, err := time.Parse(time.RFC1123Z, m.DateCreated)
			old = old || err == nil && made.Before(since)
			if err == nil && !made.Before(since) && strings.HasPrefix(m.Direction, "outbound") && words(m.Body) == words(a.Body) {
				same = append(same, m.SID)
			}
		}
		if sid, err := t.unclaimed(ctx, a, Name, same); err != nil || sid != "" {
			return message.Receipt{ProviderID: sid}, sid != "", err
		}
		if old || page.Next == "" {
			return r, false, t.settled(a)
		}
		if next = s.BaseURL + page.Next; !strings.HasPrefix(page.Next, "/2010-04-01/Accounts/"+s.AccountSID+"/") {
			return r, false, errors.New("the list leads elsewhere")
		}
	}
	return r, false, errors.New("the list is too long")
}

// unclaimed is the first id that no other delivery has.
func (c *Carrier) unclaimed(ctx context.Context, a message.Attempt, provider string, sids []string) (string, error) {
	known, err := knownTo(ctx, c.DB.Read(), a.OrgID, provider, sids)
	if err != nil {
		return "", err
	}
	for _, sid := range sids {
		if owner, ok := known[sid]; !ok || owner == a.DeliveryID {
			return sid, nil
		}
	}
	return "", nil
}

// settled is nil once a request that left no trace must be lost.
func (c *Carrier) settled(a message.Attempt) error {
	if !a.LostAt.IsZero() && time.Since(a.LostAt) < c.Settle {
		return errors.New("it is too early to tell")
	}
	return nil
}

// words forgives what a gateway does to spaces.
func words(s string) string { return strings.Join(strings.Fields(s), " ") }
