package message

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
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

// live says whether the machine still has something to do, for which it needs the text.
func (d Delivery) live() bool { return d.State == Planned || d.State == Sending || d.State == Unknown }

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
	unsure  bool // resolve only: nobody can tell yet
}

// claim takes what is due in a lane and prepares the requests: each is on disk as in flight before it is made.
func (s *Service) claim(ctx context.Context, l laneKey, n int) (jobs []job, err error) {
	ctx, token := access.WithActor(ctx, access.System(l.orgID)), id.New()
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		jobs = nil
		now := store.Now()
		due, err := claimDue(ctx, tx, l, s.node, token, now, now.Add(s.Timing.Lease), n)
		if err != nil || len(due) == 0 {
			return err
		}
		c, err := s.conditions(ctx, tx, l, due)
		if err != nil {
			return err
		}
		started := map[string][]job{} // by provider
		for _, r := range due {
			j, err := s.prepare(ctx, tx, r, c, now)
			if err != nil {
				return err
			}
			if j == nil {
				continue
			}
			if !j.resolve {
				j.Attempts++
				started[j.sender.Name()] = append(started[j.sender.Name()], *j)
			}
			jobs = append(jobs, *j)
		}
		for _, group := range started {
			if err := startAttempts(ctx, tx, l.orgID, token, group, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // it may be on disk all the same; then nobody works on it
		s.doubt(token)
		return nil, err
	}
	return jobs, nil
}

func (s *Service) doubt(claim string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubtful = append(s.doubtful, claim)
}

func (s *Service) holdsDoubtful() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.doubtful) > 0
}

// freeDoubtful gives claims back that nobody works on.
func (s *Service) freeDoubtful(ctx context.Context, tx *store.Tx, now time.Time) error {
	s.mu.Lock()
	claims := s.doubtful
	s.mu.Unlock()
	if len(claims) == 0 {
		return nil
	}
	if err := freeClaims(ctx, tx, claims, now); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.doubtful = s.doubtful[len(claims):]
		s.overrun.Store(true)
	})
	return nil
}

// conditions are what all deliveries of a claim have in common.
type conditions struct {
	carriers []Sender
	optedOut map[string]bool
}

func (s *Service) conditions(ctx context.Context, tx *store.Tx, l laneKey, due []row) (c conditions, err error) {
	o, err := organization.ByID(ctx, tx, l.orgID)
	if err != nil {
		return c, fmt.Errorf("read organization %s: %w", l.orgID, err)
	}
	if c.carriers, err = s.carriers(ctx, tx, o, l.orgID, l.way); err != nil {
		return c, err
	}
	keys := make([]string, 0, len(due))
	for _, r := range due {
		keys = append(keys, addressKey(r.Way, r.To))
	}
	out, err := optedOut(ctx, tx, l.orgID, keys)
	if err != nil {
		return c, err
	}
	c.optedOut = make(map[string]bool, len(out))
	for _, key := range out {
		c.optedOut[key] = true
	}
	return c, nil
}

// prepare decides what happens to one delivery that is due; nil means that it is settled already.
func (s *Service) prepare(ctx context.Context, tx *store.Tx, r row, c conditions, now time.Time) (*job, error) {
	switch r.State {
	case Sending: // whoever sent it is gone: only the provider knows
		r.uncertain++
		r.uncertainSince = now
		if err := endAttempt(ctx, tx, r, unknown, reasonStopped, "", now); err != nil {
			return nil, err
		}
		return s.resolveJob(ctx, tx, r, now)
	case Unknown:
		return s.resolveJob(ctx, tx, r, now)
	}
	if !now.Before(r.ExpiresAt) {
		r.State, r.Reason = Expired, reasonExpired
		return nil, s.settle(ctx, tx, r, now)
	}
	if c.optedOut[addressKey(r.Way, r.To)] && !passesOptOut(r.Way, r.Purpose, r.onRequest) {
		r.State, r.Reason = Refused, reasonOptedOut
		return nil, s.settle(ctx, tx, r, now)
	}
	if len(c.carriers) == 0 {
		r.dueAt = earlier(now.Add(s.Timing.MaxBackoff), r.ExpiresAt)
		return nil, s.settle(ctx, tx, r, now)
	}
	return &job{row: r, sender: c.carriers[r.Attempts%len(c.carriers)], repeat: r.uncertain > 0}, nil
}

// resolveJob asks the provider of the last attempt, if it can be asked.
func (s *Service) resolveJob(ctx context.Context, tx *store.Tx, r row, now time.Time) (*job, error) {
	sender := s.senderNamed(r.provider)
	if _, ok := sender.(Finder); ok {
		r.State = Unknown
		return &job{row: r, sender: sender, resolve: true}, keepUncertain(ctx, tx, r)
	}
	r = s.repeatOrGiveUp(r, now)
	return nil, s.settle(ctx, tx, r, now)
}

// repeatOrGiveUp is what happens to a delivery of which nobody will ever know whether it arrived: it is sent once more, marked as a
// possible repeat, or given up if that was done.
func (s *Service) repeatOrGiveUp(r row, now time.Time) row {
	if r.uncertain >= maxUncertain {
		r.State, r.Reason = Failed, reasonUnconfirmed
		return r
	}
	r.State, r.dueAt = Planned, now
	return r
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
		OrgID: j.OrgID, DeliveryID: j.ID, Number: j.Attempts, Way: j.Way, To: j.To, Subject: subject, Body: body, PossibleRepeat: j.repeat,
	}
	if j.Way == Email {
		a.ReplyToken = s.replyToken(j.OrgID, j.ID)
	}
	ctx, cancel := context.WithTimeout(access.WithActor(ctx, access.System(j.OrgID)), s.Timing.Request)
	defer cancel()
	if j.resolve {
		return s.ask(ctx, res, a)
	}
	res.receipt, err = j.sender.Send(ctx, a)
	refusal, refused := errors.AsType[*Refusal](err)
	switch {
	case err == nil:
		res.state, res.reason = accepted, ""
	case refused && refusal.Permanent:
		res.state, res.reason = refusedPermanent, refusal.Reason
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
		}
	case refusedPermanent:
		r.State, r.Reason = Failed, res.reason
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
	if _, ok := res.sender.(Finder); ok && now.Before(r.uncertainSince.Add(s.Timing.Resolve)) {
		r.State, r.Reason, r.dueAt = Unknown, reasonNoAnswer, now.Add(s.Timing.Ask)
		return r
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
	err := s.Events.Publish(ctx, tx, events.Event{
		Kind: "message.changed", ID: d.ID, CustomerID: d.CustomerID, Needs: perm.VerificationRun,
		Data: map[string]string{"state": string(d.State), "owner_type": d.Owner.Type, "owner_id": d.Owner.ID},
	})
	if err != nil {
		return err
	}
	for _, hook := range s.hooks {
		if err := hook(ctx, tx, d); err != nil {
			return fmt.Errorf("tell of delivery %s: %w", d.ID, err)
		}
	}
	return nil
}

// Timing says how patient the machine is.
type Timing struct {
	Request    time.Duration // one request
	Lease      time.Duration // after which another node may take over what a dead one was sending
	Backoff    time.Duration // before the second try; it doubles with each
	MaxBackoff time.Duration
	Ask        time.Duration // between two questions what became of a request
	Resolve    time.Duration // after which a request that nobody knows about is repeated
	Sweep      time.Duration // a look at everything, should a wake-up be lost
}

func (t Timing) orUsual() Timing {
	if t != (Timing{}) {
		return t
	}
	return Timing{
		Request: 20 * time.Second, Lease: 10 * time.Second, Backoff: time.Second, MaxBackoff: time.Minute,
		Ask: 3 * time.Second, Resolve: 15 * time.Second, Sweep: 30 * time.Second,
	}
}

// backoff spreads the tries of many messages by up to a fifth.
func (t Timing) backoff(tries int, wish time.Duration) time.Duration {
	d := t.MaxBackoff
	if shift := max(tries-1, 0); shift < 16 {
		d = min(t.Backoff<<shift, t.MaxBackoff)
	}
	d += rand.N(d/5 + 1)
	return max(d, min(wish, time.Hour))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
