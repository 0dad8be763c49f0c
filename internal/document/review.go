package document

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
)

// Mailing says which document goes to whom.
type Mailing struct {
	Key        Key
	Language   string   // for all; "" takes that of each contact
	ContactIDs []string // or all of a customer
	CustomerID string
}

// Verdict says whether one contact can be sent a document.
type Verdict struct {
	Contact  contact.Contact
	To       string
	Language string
	Err      error // why not; nil means they are sent it
}

// Review is what somebody looks through before anything is sent.
type Review struct {
	Verdicts []Verdict
	Sendable int
	Missing  []string // placeholders of the texts for which nothing is entered
	Digest   string   // of who would get which text; sending needs the one of the list that was looked through

	texts map[string]Text // by language
}

// Review says of each contact whether the document can be sent to them, and sends nothing.
func (s *Service) Review(ctx context.Context, m Mailing) (r Review, err error) {
	if _, ok := entryOf(m.Key); !ok || m.Language != "" && !hasLanguage(m.Language) {
		return r, errNotFound
	}
	c, err := s.here(ctx, s.DB.Read())
	if err != nil {
		return r, err
	}
	choice := contact.Choice{IDs: m.ContactIDs, Most: maxContacts, ErrBoth: errBoth, ErrNobody: errNobody, ErrTooMany: errTooMany}
	if m.CustomerID != "" {
		choice.Filter = &contact.Query{CustomerID: m.CustomerID}
	}
	people, err := s.Contacts.Choose(ctx, choice)
	if err != nil {
		return r, err
	}
	if err := s.judge(ctx, c, m, people, &r); err != nil {
		return r, err
	}
	return r, s.weigh(ctx, c, m, &r)
}

// judge decides on each contact.
func (s *Service) judge(ctx context.Context, c circumstances, m Mailing, people []contact.Contact, r *Review) error {
	var addresses []string
	for _, who := range people {
		addresses = append(addresses, who.Emails...)
	}
	standing, err := s.Consents.OfAll(ctx, s.DB.Read(), c.organization.ID, addresses)
	if err != nil {
		return err
	}
	taken := map[string]bool{}
	for _, who := range people {
		v := Verdict{Contact: who, Language: m.Language}
		if v.Language == "" {
			v.Language = languageFor(who.Language, c.organization.Locale).Code
		}
		v.To, v.Err = mailbox(who, standing)
		if v.Err == nil && taken[consent.Key(v.To)] {
			v.Err = errTwice
		}
		if err := s.Guard.Check(ctx, perm.ContactEdit, who.Object()); err != nil {
			v.Err = err
		}
		if v.Err == nil {
			taken[consent.Key(v.To)] = true
			r.Sendable++
		}
		r.Verdicts = append(r.Verdicts, v)
	}
	return nil
}

// mailbox is the first address of a contact that may be written to.
func mailbox(who contact.Contact, standing map[string]consent.Standing) (string, error) {
	if len(who.Emails) == 0 {
		return "", errNoEmail
	}
	i := slices.IndexFunc(who.Emails, func(e string) bool { return standing[e].State != consent.OptedOut })
	if i < 0 {
		return who.Emails[0], errOut
	}
	return who.Emails[i], nil
}

// weigh reads the texts that would go out and sums all of it up in the digest.
func (s *Service) weigh(ctx context.Context, c circumstances, m Mailing, r *Review) error {
	r.texts = map[string]Text{}
	sum := sha256.New()
	for _, v := range r.Verdicts {
		if v.Err != nil {
			continue
		}
		if _, ok := r.texts[v.Language]; !ok {
			newest, err := newest(ctx, s.DB.Read(), c.organization.ID, m.Key, v.Language)
			if err != nil {
				return err
			}
			t := newest.text()
			r.texts[v.Language] = t
			sum.Write(fmt.Appendf(nil, "%s %q %q\n", v.Language, t.Title, t.Body))
			for _, name := range s.missing(t, c, v.Language) {
				if !slices.Contains(r.Missing, name) {
					r.Missing = append(r.Missing, name)
				}
			}
		}
		sum.Write(fmt.Appendf(nil, "%s %s %s\n", v.Contact.ID, v.To, v.Language))
	}
	sum.Write(fmt.Appendf(nil, "%s %d", m.Key, c.details.Version))
	r.Digest = hex.EncodeToString(sum.Sum(nil)[:16])
	return nil
}
