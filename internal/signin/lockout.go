package signin

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/signinpolicy"
	"countersign.dev/countersign/internal/store"
)

// Locking (D-15). Failures are counted for an account from one network, and for the account from everywhere; a device from which
// the person signed in before is counted by itself, so that nobody can lock the owner out of it.
const (
	lockWindow = 15 * time.Minute // in which failures from one network, or on one known device, add up

	freeFailures = 3 // before each further failure asks for a longer pause: 1 s, 2 s, 4 s …

	lockAllAfter = 50 // failures in a row from everywhere; from then on each one locks twice as long
	lockAllMost  = 24 * time.Hour

	everywhere   = "*"
	devicePrefix = "device:"
)

// failureKey names a counter. Names that nobody has are counted too, without an organization.
type failureKey struct{ org, account, network string }

// counter is the state of one: failures in a row, and what follows from them.
type counter struct {
	failures  int
	notBefore time.Time
	locked    time.Time
}

// verdict says what the counters think of an attempt. The answer and the work are the same in each case.
type verdict uint8

const (
	allowed verdict = iota
	early           // the pause is not over: the right password is refused, a wrong one counts
	lockedOut
)

func (c counter) verdict(now time.Time) verdict {
	switch {
	case c.locked.After(now):
		return lockedOut
	case c.notBefore.After(now):
		return early
	}
	return allowed
}

// after returns c with the limits that its failures call for.
func (c counter) after(rules signinpolicy.Lockout, network string, now time.Time) counter {
	lockFor := time.Duration(rules.Minutes) * time.Minute
	c.notBefore, c.locked = time.Time{}, time.Time{}
	if network == everywhere {
		if over := c.failures - max(lockAllAfter, rules.Failures); over >= 0 {
			c.locked = now.Add(min(lockFor<<min(over, 10), max(lockFor, lockAllMost)))
		}
		return c
	}
	if c.failures >= rules.Failures {
		c.locked = now.Add(lockFor)
	} else if over := c.failures - freeFailures; over > 0 {
		c.notBefore = now.Add(time.Second << (over - 1))
	}
	return c
}

// counted is an attempt that stands in its counters as a failure.
type counted struct {
	verdict verdict // the strictest of the counters
	keys    []failureKey
	before  []counter // what each counter said before
	locks   int       // failures after which this one, if it is one, locks; 0 if it does not
}

// count counts an attempt as a failure before its password is looked at, so that parallel attempts cannot be more than the limit; the
// right password takes it back.
func (s *Service) count(ctx context.Context, rules signinpolicy.Lockout, keys []failureKey, now time.Time) (out counted, err error) {
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out = counted{keys: keys}
		for _, k := range keys {
			since := now.Add(-lockWindow)
			if k.network == everywhere {
				since = time.Time{}
			}
			c, err := countFailure(ctx, tx, k, now, since)
			if err != nil {
				return err
			}
			v := c.verdict(now)
			out.verdict, out.before = max(out.verdict, v), append(out.before, c)
			if v == lockedOut {
				err = uncount(ctx, tx, k, c) // what is locked anyhow does not lock longer
			} else {
				after := c.after(rules, k.network, now)
				if !after.locked.IsZero() {
					out.locks = c.failures
				}
				err = saveCounter(ctx, tx, k, after)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// Lock is a name that failures have just locked.
type Lock struct {
	OrgID, TechnicianID string // "" of a name that nobody has
	Failures            int
	Address             string // of the last one
}

// takeBack leaves the counters as if the attempt had not been made.
func (c counted) takeBack(ctx context.Context, tx *store.Tx) error {
	for i, k := range c.keys {
		if err := uncount(ctx, tx, k, c.before[i]); err != nil {
			return err
		}
	}
	return nil
}

// clear ends the counting after a success.
func (c counted) clear(ctx context.Context, tx *store.Tx) error {
	for _, k := range c.keys {
		if err := clearFailures(ctx, tx, k); err != nil {
			return err
		}
	}
	return nil
}
