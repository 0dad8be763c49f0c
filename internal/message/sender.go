package message

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign.dev/countersign/internal/message/sending"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Attempt is one request to a provider.
type Attempt struct {
	OrgID          string
	DeliveryID     string
	Number         int // 1 is the first request for the delivery
	Way            Way
	To             string
	CustomerID     string // whose technicians may see the delivery, as in Out
	Subject        string // as in Out
	Body           string
	Language       string    // of the body, as in Out
	ReplyToken     string    // of an email: part of the address that only its receiver can answer to, see ReplyAddress
	PossibleRepeat bool      // an earlier request for the delivery may have arrived
	ExpiresAt      time.Time // it is of no use after this
	LostAt         time.Time // Lookup only: when the request was lost; zero means long ago
	CreatedAt      time.Time // of the delivery; no request for it is older
}

// Receipt is a provider's word that it took a message over.
type Receipt struct {
	ProviderID string // the provider's name for the message
	Delivered  bool   // it is already with its receiver
}

// Sender carries messages through one outside system. Its Send may return nil, an error that wraps ErrNotSent, a *Refusal, or any
// other error, which means that the request may have arrived. No error may hold the text of a message or a secret.
type Sender interface {
	Name() string
	Carries(Way) bool
	Configured(ctx context.Context, q store.Querier, orgID string) (bool, error)
	Send(ctx context.Context, a Attempt) (Receipt, error)
}

// Finder is a Sender that can be asked later whether a request arrived.
type Finder interface {
	// Lookup says whether the provider took the delivery over. An error means that it cannot tell now; found is false only when the
	// provider is sure that it has not and will not.
	Lookup(ctx context.Context, a Attempt) (r Receipt, found bool, err error)
}

// Numbered is a Sender with a number of the organization's own, to which people answer.
type Numbered interface {
	Number(ctx context.Context, q store.Querier, orgID string, way Way) (string, error)
}

// Priced is a Sender whose messages cost money, in millionths of a dollar.
type Priced interface {
	Price(way Way, to string) int64
}

// ErrNotSent marks an error that came before the request was written: it is tried again freely.
var ErrNotSent = errors.New("the request was not written")

// NotSent returns an error that wraps ErrNotSent and its cause; reason is a stable word for what failed, such as "connect".
func NotSent(reason string, cause error) error { return &notSentError{reason, cause} }

type notSentError struct {
	reason string
	cause  error
}

func (e *notSentError) Error() string   { return "not sent (" + e.reason + "): " + e.cause.Error() }
func (e *notSentError) Unwrap() []error { return []error{ErrNotSent, e.cause} }

// Refusal is a provider's clear no.
type Refusal struct {
	Permanent bool
	Reason    string        // the provider's code, such as "smtp 550 5.1.1"; never its text, which may repeat ours
	After     time.Duration // the provider's wish when to try again
	OptedOut  bool          // the receiver told the provider that they want no more messages
}

func (r *Refusal) Error() string {
	if r.Permanent {
		return "refused for good: " + r.Reason
	}
	return "refused for now: " + r.Reason
}

// carriers returns what may carry a way for an organization, in the order in which they are tried: the organization's own, or else that of Use.
func (s *Service) carriers(ctx context.Context, q store.Querier, o organization.Organization, orgID string, way Way) ([]Sender, error) {
	var found []Sender
	if !o.Demo {
		for _, x := range s.senders {
			if !x.Carries(way) {
				continue
			}
			ok, err := x.Configured(ctx, q, orgID)
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, x)
			}
		}
	}
	if len(found) > 1 {
		set, err := sending.Of(ctx, q, orgID)
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(found, func(a, b Sender) int { return set.Rank(a.Name()) - set.Rank(b.Name()) })
	}
	if len(found) == 0 && s.sandbox != nil && s.sandbox.Carries(way) {
		found = append(found, s.sandbox)
	}
	return found, nil
}

// Sandboxed says whether the sandbox carries a way for an organization.
func (s *Service) Sandboxed(ctx context.Context, q store.Querier, orgID string, way Way) (bool, error) {
	o, err := organization.ByID(ctx, q, orgID)
	if err != nil {
		return false, err
	}
	found, err := s.carriers(ctx, q, o, orgID, way)
	return len(found) == 1 && found[0] == s.sandbox, err
}

func (s *Service) senderNamed(name string) Sender {
	for _, x := range s.senders {
		if x.Name() == name {
			return x
		}
	}
	if s.sandbox != nil && s.sandbox.Name() == name {
		return s.sandbox
	}
	return nil
}
