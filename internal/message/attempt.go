package message

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

// attemptState of one request. It is planned as long as its delivery waits, and becomes a row once it is in flight.
type attemptState string

const (
	inFlight         attemptState = "in_flight"
	accepted         attemptState = "accepted"
	refusedTemporary attemptState = "refused_temporary"
	refusedPermanent attemptState = "refused_permanent"
	unknown          attemptState = "unknown"
)

// maxUncertain is how many requests may leave whose fate nobody knows: the first and its one repeat.
const maxUncertain = 2

// askFor is how long a provider is asked what became of the last request that may be made: longer than most outages last.
const askFor = 45 * time.Minute

// live says whether the machine still has something to do, for which it needs the text.
func (d Delivery) live() bool { return d.State == Planned || d.State == Sending || d.State == Unknown }

// keepsText says whether the text of a delivery that has ended is kept for a while: it holds no secret, and may yet be sent again. One that
// a provider took over may still turn out to have failed.
func (d Delivery) keepsText() bool {
	return d.Resendable && (d.State == Sent || d.State == Failed || d.State == Expired)
}

// job is a claimed delivery on which a worker acts: one request, or (resolve) the question what became of the last one.
type job struct {
	row
	sender  Sender
	repeat  bool
	resolve bool
}

// result is what a worker found out.
type result struct {
	job
	state   attemptState
	reason  string
	receipt Receipt
	after   time.Duration
	stopped bool // refused because the receiver opted out at the provider
	unsure  bool // resolve only: nobody can tell yet
}

// work makes the request of a job, or asks about it.
func (s *Service) work(ctx context.Context, j job) (res result) {
	res = result{job: j, state: unknown, reason: reasonNoAnswer}
	defer func() {
		if p := recover(); p != nil { // a fault of an adapter must not lose the message
			s.Log.Error("a message adapter panicked", "provider", j.sender.Name(), "delivery", j.ID)
		}
	}()
	subject, body, err := s.unsealTexts(j.Delivery, j.subject, j.body)
	if err != nil {
		s.Log.Error("the text of a message cannot be read", "delivery", j.ID, "error", err)
		res.state, res.reason = refusedPermanent, reasonUnreadable
		return res
	}
	a := Attempt{
		OrgID: j.OrgID, DeliveryID: j.ID, Number: j.Attempts, Way: j.Way, To: j.To, CustomerID: j.CustomerID,
		Subject: subject, Body: body, Language: j.Language, PossibleRepeat: j.repeat, ExpiresAt: j.ExpiresAt,
		CreatedAt: j.CreatedAt,
	}
	if j.Way == Email {
		a.ReplyToken = s.replyToken(j.OrgID, j.ID)
	}
	ctx, cancel := context.WithTimeout(access.WithActor(ctx, access.System(j.OrgID)), s.Timing.Request)
	defer cancel()
	if j.resolve {
		a.LostAt = j.uncertainSince
		return s.ask(ctx, res, a)
	}
	res.receipt, err = j.sender.Send(ctx, a)
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case err == nil:
		res.state, res.reason = accepted, ""
	case refused && refusal.Permanent:
		res.state, res.reason, res.stopped = refusedPermanent, refusal.Reason, refusal.OptedOut
	case refused:
		res.state, res.reason, res.after = refusedTemporary, refusal.Reason, refusal.After
	case errors.Is(err, ErrNotSent):
		res.state, res.reason = refusedTemporary, reasonNotSent
		if e, ok := errors.AsType[*notSentError](err); ok {
			res.reason = e.reason
		}
		s.Log.Warn("message not sent, it is tried again", "provider", j.sender.Name(), "delivery", j.ID, "error", err)
	default:
		s.Log.Warn("message sent without an answer", "provider", j.sender.Name(), "delivery", j.ID, "error", err)
	}
	return res
}

func (s *Service) ask(ctx context.Context, res result, a Attempt) result {
	receipt, found, err := res.sender.(Finder).Lookup(ctx, a)
	switch {
	case err != nil:
		s.Log.Warn("the provider cannot tell whether a message arrived", "provider", res.sender.Name(), "delivery", res.ID, "error", err)
		res.unsure = true
	case found:
		res.state, res.reason, res.receipt = accepted, "", receipt
	default:
		res.state, res.reason = refusedTemporary, reasonNotReceived
	}
	return res
}

// apply writes down what a worker found out. Whoever lost the claim in the meantime changes nothing.
func (s *Service) apply(ctx context.Context, tx *store.Tx, res result) error {
	r, now := res.row, store.Now()
	if !res.unsure {
		if err := endAttempt(ctx, tx, r, res.state, res.reason, res.receipt.ProviderID, now); err != nil {
			return err
		}
	}
	switch res.state {
	case accepted:
		r.State, r.Reason = Sent, ""
		if res.receipt.Delivered {
			r.State = Delivered
		} else if err := s.early(ctx, tx, &r.Delivery, res, now); err != nil {
			return err
		}
	case refusedPermanent:
		r.State, r.Reason = Failed, res.reason
		if res.stopped {
			r.State, r.Reason = Refused, reasonOptedOut
			if err := s.optOutAt(ctx, tx, r.Delivery, now); err != nil {
				return err
			}
		}
	case refusedTemporary:
		if res.resolve { // the provider is sure that the request is not with it
			r.uncertain--
		}
		r.State, r.Reason = Planned, res.reason
		r.dueAt = earlier(now.Add(s.Timing.backoff(r.Attempts, res.after)), r.ExpiresAt)
	case unknown:
		r = s.stillUnknown(res, r, now)
	}
	return s.settle(ctx, tx, r, now)
}

func (s *Service) stillUnknown(res result, r row, now time.Time) row {
	if !res.unsure {
		r.uncertain++
		r.uncertainSince = now
	}
	if _, ok := res.sender.(Finder); ok {
		switch {
		case now.Before(r.uncertainSince.Add(s.Timing.Resolve)):
			r.State, r.Reason, r.dueAt = Unknown, reasonNoAnswer, now.Add(s.Timing.Ask)
			return r
		case r.uncertain >= maxUncertain && now.Before(earlier(r.ExpiresAt, r.uncertainSince.Add(askFor))): // it must not be sent again, but the provider may still tell
			r.State, r.Reason, r.dueAt = Unknown, reasonNoAnswer, earlier(now.Add(s.Timing.MaxBackoff/2), r.ExpiresAt)
			return r
		}
	}
	return s.repeatOrGiveUp(r, now)
}

// settle writes the new state, gives the claim back and tells the hooks.
func (s *Service) settle(ctx context.Context, tx *store.Tx, r row, now time.Time) error {
	r.UpdatedAt = now
	if !r.live() {
		r.EndedAt, r.dueAt = now, time.Time{}
	}
	changed, err := putState(ctx, tx, r)
	if err != nil || !changed || r.State == Planned {
		return err
	}
	return s.tell(ctx, tx, r.Delivery)
}

// tell lets the hooks and the consoles know.
func (s *Service) tell(ctx context.Context, tx *store.Tx, d Delivery) error {
	if err := s.publish(ctx, tx, d); err != nil {
		return err
	}
	for _, hook := range s.hooks {
		if err := hook(ctx, tx, d); err != nil {
			return fmt.Errorf("tell of delivery %s: %w", d.ID, err)
		}
	}
	return nil
}

// publish tells the consoles that a delivery changed.
func (s *Service) publish(ctx context.Context, tx *store.Tx, d Delivery) error {
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "message.changed", ID: d.ID, CustomerID: d.CustomerID, Needs: perm.VerificationRun,
		Data: map[string]string{"state": string(d.State), "owner_type": d.Owner.Type, "owner_id": d.Owner.ID},
	})
}
