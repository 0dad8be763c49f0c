package duo

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

type userState string

const (
	found       userState = "found"
	notFound    userState = "not_found"
	ambiguous   userState = "ambiguous"
	notEnrolled userState = "not_enrolled"
	bypassed    userState = "bypass"
	disabled    userState = "disabled"
	own         userState = "own"
	held        userState = "held"
)

// user is who a contact is at Duo.
type user struct {
	state             userState
	id, name, phoneID string
	device            string
	checkedAt         time.Time
}

// stale says that c has changed since: another email address may be another person at Duo.
func (u user) stale(c contact.Contact) bool { return u.checkedAt.Before(c.UpdatedAt) }

// settled says that the last look-up still holds for c. A hold may have ended meanwhile.
func (u user) settled(c contact.Contact) bool { return u.state != held && !u.stale(c) }

const (
	lookupKept  = 24 * time.Hour   // after which the panel looks a contact up again
	lookupPause = 30 * time.Second // between two look-ups that the panel asks for
	lookupTime  = 5 * time.Second  // that a start waits
	maxEmails   = 5                // of a contact that are looked up
	maxOpened   = 10_000
)

// Opened queues a look-up of c if the last one is missing or old.
func (s *Service) Opened(ctx context.Context, c contact.Contact) error {
	q, now := s.DB.Read(), store.Now()
	if _, ok, err := find(ctx, q, c.OrgID); err != nil || !ok {
		return err
	}
	u, ok, err := userOf(ctx, q, c.OrgID, c.ID)
	if err != nil || ok && u.settled(c) && now.Sub(u.checkedAt) < lookupKept || !s.turn(c.OrgID+" "+c.ID, now) {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return lookupJob.Enqueue(ctx, s.queue, tx, time.Time{}, ref{c.OrgID, c.ID}) })
}

// turn keeps a panel that is opened again and again from queueing as many look-ups.
func (s *Service) turn(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.opened[key]) < lookupPause {
		return false
	}
	if len(s.opened) >= maxOpened {
		clear(s.opened)
	}
	s.opened[key] = now
	return true
}

// Prepare looks c up if that was never done. A contact who may not be asked is not looked up either.
func (s *Service) Prepare(ctx context.Context, c contact.Contact) error {
	q := s.DB.Read()
	set, ok, err := find(ctx, q, c.OrgID)
	if err != nil || !ok {
		return err // Ready says so
	}
	if err := s.limit(ctx, q, c); err != nil {
		return err
	}
	if u, ok, err := userOf(ctx, q, c.OrgID, c.ID); err != nil || ok && u.settled(c) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	if err := s.lookup(ctx, set, c); err != nil {
		s.Log.WarnContext(ctx, "cannot look a contact up at Duo", "err", err)
		return errReach
	}
	return nil
}

// lookupContact is the job.
func (s *Service) lookupContact(ctx context.Context, r ref) error {
	ctx = access.WithActor(ctx, access.System(r.OrgID))
	set, ok, err := find(ctx, s.DB.Read(), r.OrgID)
	if err != nil || !ok {
		return err
	}
	c, err := contact.ByID(ctx, s.DB.Read(), r.OrgID, r.ID)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	} else if err != nil {
		return err
	}
	err = s.lookup(ctx, set, c)
	if e, ok := errors.AsType[*answerError](err); ok && !again(err) {
		s.Log.WarnContext(ctx, "a contact cannot be looked up: Duo refuses", "err", e) // trying again would not help; the settings' test tells it
		return nil
	}
	return err
}

// settled are the email addresses by which c is looked up: none that was changed lately, since whoever changed it would choose who is
// asked (R13), and none of a technician.
func (s *Service) settled(ctx context.Context, c contact.Contact) (emails []string, err error) {
	for _, email := range c.Emails[:min(len(c.Emails), maxEmails)] {
		switch err := s.Verifications.Trusted(ctx, s.DB.Read(), c, email, s.Describe().Level); {
		case err == nil:
			emails = append(emails, email)
		case fault.KindOf(err) == fault.Internal:
			return nil, err
		}
	}
	return emails, nil
}

// lookup asks Duo who c is, keeps it and tells the screens.
func (s *Service) lookup(ctx context.Context, set Settings, c contact.Contact) error {
	now := store.Now()
	set, err := s.open(c.OrgID, set)
	if err != nil {
		return err
	}
	ask := s.byPreauth
	if set.AdminSet {
		ask = s.byAdmin
	}
	emails, err := s.settled(ctx, c)
	if err != nil {
		return err
	}
	u, theirs := user{state: held}, []string(nil)
	if len(emails) > 0 || len(c.Emails) == 0 {
		if u, theirs, err = ask(ctx, set, emails); err != nil {
			return err
		}
	}
	for _, address := range append(theirs, u.name) {
		if address == "" {
			continue
		}
		mine, err := s.Verifications.OwnAddress(ctx, s.DB.Read(), c.OrgID, address)
		if err != nil {
			return err
		}
		if mine {
			u = user{state: own}
		}
	}
	if u.checkedAt = now; u.state != found {
		u = user{state: u.state, checkedAt: now}
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		current, ok, err := find(ctx, tx, c.OrgID)
		if err != nil || !ok || current.Version != set.Version {
			return err // another account of Duo may know them by another name
		}
		if err := putUser(ctx, tx, c.OrgID, c.ID, u); err != nil {
			return err
		}
		return s.Events.Publish(ctx, tx, events.Event{
			Kind: "verification.changed", ID: id.New(), CustomerID: c.CustomerID, Needs: perm.VerificationRun, Data: map[string]string{"contact_id": c.ID},
		})
	})
}
