package duo

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
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
	if err != nil || ok && !u.stale(c) && now.Sub(u.checkedAt) < lookupKept || !s.turn(c.OrgID+" "+c.ID, now) {
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
	if u, ok, err := userOf(ctx, q, c.OrgID, c.ID); err != nil || ok && !u.stale(c) {
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
		s.Log.WarnContext(ctx, "Duo refuses to look a contact up", "err", e) // trying again would not help; the settings' test tells it
		return nil
	}
	return err
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
	u, number, err := ask(ctx, set, c.Emails[:min(len(c.Emails), maxEmails)])
	if err != nil {
		return err
	}
	for _, address := range []string{number, u.name} {
		if address == "" {
			continue
		}
		mine, err := technician.OwnsAddress(ctx, s.DB.Read(), c.OrgID, address)
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

// phone is a device as the Admin API tells it.
type phone struct {
	ID           string   `json:"phone_id"`
	Number       string   `json:"number"`
	Name         string   `json:"name"`
	Model        string   `json:"model"`
	Platform     string   `json:"platform"`
	Activated    bool     `json:"activated"`
	Capabilities []string `json:"capabilities"`
}

// account is a user as the Admin API tells it.
type account struct {
	ID       string  `json:"user_id"`
	Username string  `json:"username"`
	Email    string  `json:"email"`
	Alias1   string  `json:"alias1"`
	Alias2   string  `json:"alias2"`
	Alias3   string  `json:"alias3"`
	Alias4   string  `json:"alias4"`
	Status   string  `json:"status"`
	Phones   []phone `json:"phones"`
}

// has says whether the account goes by an address. Duo's search may find more than was asked for, and only the same address counts: parts
// of names would be other people of other customers.
func (a account) has(email string) bool {
	return slices.ContainsFunc([]string{a.Username, a.Email, a.Alias1, a.Alias2, a.Alias3, a.Alias4}, func(x string) bool {
		return x != "" && store.Fold(x) == store.Fold(email)
	})
}

// byAdmin finds a person by user name (which finds aliases too) and by email.
func (s *Service) byAdmin(ctx context.Context, set Settings, emails []string) (u user, number string, err error) {
	accounts := map[string]account{}
	for _, email := range emails {
		for _, by := range []string{"username", "email"} {
			var got []account
			if err := s.call(ctx, set.Host, set.adminKeys(), http.MethodGet, "/admin/v1/users", url.Values{by: {email}, "limit": {"10"}}, &got); err != nil {
				return u, "", err
			}
			for _, a := range got {
				if a.ID != "" && a.has(email) {
					accounts[a.ID] = a
				}
			}
		}
	}
	if len(accounts) == 0 {
		return user{state: notFound}, "", nil
	}
	if len(accounts) > 1 {
		return user{state: ambiguous}, "", nil
	}
	var a account
	for _, a = range accounts {
	}
	switch a.Status {
	case "active":
	case "bypass":
		return user{state: bypassed}, "", nil
	default:
		return user{state: disabled}, "", nil
	}
	if len(a.Phones) == 0 {
		if err := s.call(ctx, set.Host, set.adminKeys(), http.MethodGet, "/admin/v1/users/"+url.PathEscape(a.ID)+"/phones", nil, &a.Phones); err != nil {
			return u, "", err
		}
	}
	i := slices.IndexFunc(a.Phones, func(p phone) bool { return p.ID != "" && p.Activated && slices.Contains(p.Capabilities, "push") })
	if i < 0 {
		return user{state: notEnrolled}, "", nil
	}
	p := a.Phones[i]
	return user{state: found, id: a.ID, name: a.Username, phoneID: p.ID, device: label(p.Name, p.Model, p.Platform, p.Number, p.ID)}, p.Number, nil
}

// preauth is what the Auth API says of a person.
type preauth struct {
	Result  string `json:"result"`
	Devices []struct {
		ID           string   `json:"device"`
		Type         string   `json:"type"`
		Name         string   `json:"name"`
		Number       string   `json:"number"`
		Capabilities []string `json:"capabilities"`
	} `json:"devices"`
}

// device is the first that takes pushes.
func (p preauth) push() (phoneID, name, number string) {
	for _, d := range p.Devices {
		if d.ID != "" && slices.Contains(d.Capabilities, "push") {
			return d.ID, d.Name, d.Number
		}
	}
	return "", "", ""
}

// byPreauth asks the Auth API, which knows people by user name only. Who would be let in without being asked is no proof.
func (s *Service) byPreauth(ctx context.Context, set Settings, emails []string) (u user, number string, err error) {
	u.state = notFound
	for _, email := range emails {
		var p preauth
		if err := s.call(ctx, set.Host, set.authKeys(), http.MethodPost, "/auth/v2/preauth", url.Values{"username": {email}}, &p); err != nil {
			return u, "", err
		}
		next := user{state: notEnrolled}
		switch p.Result {
		case "auth":
			if phoneID, name, n := p.push(); phoneID != "" {
				next, number = user{state: found, name: email, phoneID: phoneID, device: label(name, "", "", n, phoneID)}, n
			}
		case "allow":
			next = user{state: bypassed}
		case "deny":
			next = user{state: disabled}
		default: // enroll: they may still be known by another address
			continue
		}
		if u.state == found && next.state == found {
			return user{state: ambiguous}, "", nil
		}
		if u.state != found {
			u = next
		}
	}
	return u, number, nil
}

// label names a device without telling its number.
func label(name, model, platform, number, phoneID string) string {
	what := "Duo Mobile"
	for _, x := range []string{name, model, platform} {
		x = strings.TrimSpace(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' || r == '-' {
				return r
			}
			return -1
		}, x))
		if r := []rune(x); len(r) > 0 && strings.IndexFunc(x, unicode.IsLetter) >= 0 {
			what = string(r[:min(len(r), 40)])
			break
		}
	}
	end := number
	if len(end) < 6 {
		end = phoneID
	}
	return what + " •••" + end[max(0, len(end)-2):]
}
