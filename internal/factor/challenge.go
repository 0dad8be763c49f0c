package factor

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// What a question to an authenticator is for. An answer serves nothing else.
const (
	PurposeSignIn         = "sign_in"       // who it is comes with the answer
	PurposeSecondFactor   = "second_factor" // of a sign-in that began with a password
	PurposeReauthenticate = "reauthenticate"

	registering = "register:" // and the kind of key
)

// A question waits for its answer for five minutes, and a person has at most ten open at a time: whoever knows a password cannot make
// somebody's phone ask without end.
const (
	challengeLife = 5 * time.Minute
	maxOpen       = 10
)

// question is a challenge as it is kept. The zero target is whoever answers.
type question struct {
	target
	id      string
	boundTo string // the session or invitation that it was asked in
	purpose string
	data    asked
}

// asked is what go-webauthn needs to check the answer, with the algorithms that were offered.
type asked struct {
	Session  webauthn.SessionData `json:"session"`
	Replaces string               `json:"replaces,omitempty"`
}

// ask keeps a question and returns it for the browser.
func (s *Service) ask(ctx context.Context, q question, options any) (Ceremony, error) {
	now := store.Now()
	if q.technicianID == "" {
		if wait := s.asked.take(access.ActorFrom(ctx).Address, now); wait > 0 {
			return Ceremony{}, errAsked.After(wait)
		}
	}
	b, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, fmt.Errorf("write a question to an authenticator: %w", err)
	}
	q.id = id.New()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := sweepChallenges(ctx, tx, now); err != nil {
			return err
		}
		if q.technicianID != "" {
			oldest, n, err := openChallenges(ctx, tx, q.target)
			if err != nil {
				return err
			}
			if n >= maxOpen {
				return errAsked.After(oldest.Add(challengeLife).Sub(now))
			}
		}
		return insertChallenge(ctx, tx, q, now, now.Add(challengeLife))
	})
	return Ceremony{ChallengeID: q.id, Options: b}, err
}
