package contactkey

import (
	"cmp"
	"context"
	"crypto/hmac"
	"errors"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// Enrolment is a link that lets a contact make one passkey.
type Enrolment struct {
	OrgID          string
	ID             string
	ContactID      string
	TechnicianID   string // who asked
	TechnicianName string
	Address        string
	Language       string
	State          string // pending, used, failed or canceled
	CreatedAt      time.Time
	ExpiresAt      time.Time
}

const pending = "pending"

// Invite sends a contact the link by which they set up a passkey. It returns the number that the technician has to say, which is shown
// once. Only somebody who is verified now, by a method of level L2 or higher, can be sent one (R18); an earlier link ends.
func (s *Service) Invite(ctx context.Context, contactID, address string) (Enrolment, string, error) {
	c, err := s.findContact(ctx, contactID)
	if err != nil {
		return Enrolment{}, "", err
	}
	e, spoken, err := s.invite(ctx, c, address)
	if err != nil && fault.KindOf(err) != fault.Internal {
		denied := audit.Event{
			Action: "passkey.invite", Outcome: audit.Denied, Reason: fault.CodeOf(err), CustomerID: c.CustomerID,
			Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
		}
		err = errors.Join(err, s.Audit.Append(ctx, denied))
	}
	return e, spoken, err
}

func (s *Service) invite(ctx context.Context, c contact.Contact, wanted string) (e Enrolment, spoken string, err error) {
	q, actor, now := s.DB.Read(), access.ActorFrom(ctx), s.clock.Now()
	if _, err := siteOf(s.BaseURL); err != nil {
		return e, "", err
	}
	address, err := s.chooseAddress(ctx, q, c, wanted)
	if err != nil {
		return e, "", err
	}
	o, err := organization.ByID(ctx, q, c.OrgID)
	if err != nil {
		return e, "", err
	}
	token := id.Secret()
	spoken = id.Digits(spokenDigits)
	e = Enrolment{
		OrgID: c.OrgID, ID: id.New(), ContactID: c.ID, TechnicianID: actor.ID, TechnicianName: actor.Name, Address: address,
		Language: wording.LanguageFor(c.Language, o.Locale), State: pending, CreatedAt: now, ExpiresAt: now.Add(enrolmentLife),
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		shield, err := s.Shield(ctx, tx, c.OrgID, c.ID)
		if err != nil {
			return err
		}
		if shield.State != "verified" || shield.Level < wantedLevel { // L0 to L5, which sort as they count
			return errUnverified
		}
		keys, err := keysOf(ctx, tx, c.OrgID, c.ID)
		if err != nil {
			return err
		}
		if len(keys) >= maxKeys {
			return errMany
		}
		if err := cancelEnrolments(ctx, tx, c.OrgID, c.ID, now); err != nil {
			return err
		}
		if err := insertEnrolment(ctx, tx, e, id.Hash(token), s.numberMAC(e, spoken)); err != nil {
			return err
		}
		text, err := wording.Say(ctx, tx, c.OrgID, wording.PasskeyInvitation, e.Language, wording.Values{
			Organization: o.Name, Technician: wording.FirstName(e.TechnicianName), Link: s.BaseURL + "/v/passkey/" + token,
		})
		if err != nil {
			return err
		}
		out := s.message(c, address, text, "passkey-enrolment/"+e.ID)
		out.Starts, out.ExpiresAt = true, e.ExpiresAt
		if _, err := s.Messages.Send(ctx, tx, out); err != nil {
			return err
		}
		return s.record(ctx, tx, c, audit.Event{
			Action: "passkey.invite", Detail: map[string]any{"enrolment_id": e.ID, "address": message.Mask(address), "level": shield.Level, "method": shield.Method},
		})
	})
	return e, spoken, err
}

// chooseAddress returns the address as it is on the contact's page, so that nothing typed is ever sent to; the first that may be used if
// none is wanted. Whoever reads there gets a passkey that proves L4: the address has to be good for that much (R13, R14).
func (s *Service) chooseAddress(ctx context.Context, q store.Querier, c contact.Contact, wanted string) (string, error) {
	have := Addresses(c)
	if len(have) == 0 {
		return "", errNoAddress
	}
	if wanted != "" {
		i := slices.IndexFunc(have, func(a string) bool { return store.Fold(a) == store.Fold(wanted) })
		if i < 0 {
			return "", errAddress
		}
		have = have[i : i+1]
	}
	var refused error
	for _, address := range have {
		err := s.Trusted(ctx, q, c, address, passkeyLevel)
		if err == nil || fault.KindOf(err) == fault.Internal {
			return address, err
		}
		refused = cmp.Or(refused, err)
	}
	return "", refused
}

// Addresses are where a contact can be sent a link to a page for passkeys: mobile numbers first, then email.
func Addresses(c contact.Contact) []string {
	return slices.Concat(c.Addresses(string(message.SMS)), c.Addresses(string(message.Email)))
}

// WayTo is how a message gets to an address of Addresses.
func WayTo(address string) message.Way {
	if strings.Contains(address, "@") {
		return message.Email
	}
	return message.SMS
}

func (s *Service) message(c contact.Contact, to string, text wording.Text, key string) message.Out {
	return message.Out{
		Way: WayTo(to), To: to, Subject: text.Subject, Body: text.Body, Purpose: message.Verification,
		Owner: message.Ref{Type: "contact", ID: c.ID}, ContactID: c.ID, CustomerID: c.CustomerID, Key: key,
	}
}

func (s *Service) numberMAC(e Enrolment, number string) []byte {
	return s.Keys.MAC("contactkey number", e.OrgID, e.ID, number)
}

// Open looks an enrolment up by its link and changes nothing (R8). One that ended or is too old is gone.
func (s *Service) Open(ctx context.Context, token string) (Enrolment, error) {
	e, err := enrolmentByToken(ctx, s.DB.Read(), id.Hash(token))
	if err == nil && (e.State != pending || !s.clock.Now().Before(e.ExpiresAt)) {
		err = errGone
	}
	return e, err
}

// Finish keeps the passkey that a contact has made. A credential that does not answer the question uses nothing up; the number has one
// try, and a wrong one ends the link (R8). ok says whether the passkey is kept.
func (s *Service) Finish(ctx context.Context, e Enrolment, number, credential string) (ok bool, err error) {
	k, err := s.created(e, credential)
	if err != nil {
		return false, err
	}
	c, err := contact.ByID(ctx, s.DB.Read(), e.OrgID, e.ContactID)
	if err != nil {
		return false, err
	}
	k.Name = cmp.Or(access.ActorFrom(ctx).Device, "?")
	ctx = asContact(ctx, c)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		ok = false
		mac, err := spendEnrolment(ctx, tx, e.OrgID, e.ID, k.CreatedAt)
		if err != nil {
			return err
		}
		if mac == nil { // somebody was quicker, or it expired meanwhile
			return errGone
		}
		why, err := s.judge(ctx, tx, e, mac, number)
		if err != nil {
			return err
		}
		if why != "" {
			return s.record(ctx, tx, c, audit.Event{
				Action: "passkey.create", Outcome: audit.Denied, Reason: why, Detail: map[string]any{"enrolment_id": e.ID},
			})
		}
		if err := insertKey(ctx, tx, e.OrgID, k); err != nil {
			return err
		}
		if err := enrolmentUsed(ctx, tx, e.OrgID, e.ID); err != nil {
			return err
		}
		ok = true
		if err := s.record(ctx, tx, c, audit.Event{Action: "passkey.create", Detail: k.detail()}); err != nil {
			return err
		}
		return s.tell(ctx, tx, c, e)
	})
	return ok && err == nil, err
}

// judge says why a complete answer is refused; "" if it is not. Whoever was reported since the link was sent gets no passkey.
func (s *Service) judge(ctx context.Context, tx *store.Tx, e Enrolment, mac []byte, number string) (why string, err error) {
	if !hmac.Equal(mac, s.numberMAC(e, number)) {
		return "wrong_number", nil
	}
	shield, err := s.Shield(ctx, tx, e.OrgID, e.ContactID)
	if err != nil {
		return "", err
	}
	if shield.State == "failed" {
		return "verification_failed_since", nil
	}
	keys, err := keysOf(ctx, tx, e.OrgID, e.ContactID)
	if err == nil && len(keys) >= maxKeys {
		why = errMany.Code
	}
	return why, err
}

// tell lets the contact know of a new passkey, by every way that there is: whoever did not make it has to hear of it.
func (s *Service) tell(ctx context.Context, tx *store.Tx, c contact.Contact, e Enrolment) error {
	o, err := organization.ByID(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	text, err := wording.Say(ctx, tx, c.OrgID, wording.PasskeyAdded, e.Language, wording.Values{Organization: o.Name})
	if err != nil {
		return err
	}
	for _, way := range []message.Way{message.SMS, message.Email} {
		if to := c.Addresses(string(way)); len(to) > 0 {
			out := s.message(c, to[0], text, "passkey-added/"+e.ID+"/"+string(way))
			out.Purpose = message.Notice
			_, err := s.Messages.Send(ctx, tx, out)
			if err != nil && fault.KindOf(err) == fault.Internal { // an address that may get no message gets none
				return err
			}
		}
	}
	return nil
}
