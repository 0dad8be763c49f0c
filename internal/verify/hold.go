package verify

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/verifypolicy"
	"countersign.dev/countersign/internal/wording"
)

// formerlyOwn is how long an address counts as a technician's own after they gave it up: beyond every hold, and as long as a number of a
// household in the United States may rest before somebody else gets it (47 CFR 52.15(f)(1)(ii)).
const formerlyOwn = 90 * 24 * time.Hour

// trusted refuses an address that cannot prove who the contact is, however well the proof itself goes: one of a technician's own (R14),
// and one that was changed a moment ago, which proves no more than L1 for anybody and nothing at all for whoever changed it (R13, D-27).
// What a new contact came with is as good as the contact (D-34).
func (s *Service) trusted(ctx context.Context, q store.Querier, c contact.Contact, d Description, address string, rules verifypolicy.Rules) error {
	own, err := s.OwnAddress(ctx, q, c.OrgID, address)
	if err != nil {
		return err
	}
	if own {
		return errOwnAddress
	}
	age, err := contact.AddressAge(ctx, q, c.OrgID, c.ID, address)
	if errors.Is(err, contact.ErrNotFound) {
		return nil // not an address of the contact's page: the method vouches for it
	}
	if err != nil {
		return err
	}
	if (age.Initial && age.MergedBy == "") || s.clock.Now().Sub(age.Since) >= rules.Hold {
		return nil
	}
	actor := access.ActorFrom(ctx)
	if (actor.Kind == access.Technician || actor.Kind == access.Token) && (age.AddedBy == actor.ID || age.MergedBy == actor.ID) {
		return errOwnEdit
	}
	if d.Level >= 2 {
		return errHeld.With("This address was changed lately and is held until " + age.Since.Add(rules.Hold).UTC().Format("2 Jan 15:04 MST") + ". Use another one.")
	}
	return nil
}

// Trusted refuses an address of a contact that cannot prove a level now, as a verification by it would be refused.
func (s *Service) Trusted(ctx context.Context, q store.Querier, c contact.Contact, address string, level int) error {
	rules, err := verifypolicy.For(ctx, q, c.OrgID, c.CustomerID)
	if err != nil {
		return err
	}
	return s.trusted(ctx, q, c, Description{Level: level}, address, rules)
}

// OwnAddress says whether an address is a technician's own, or was until lately (R14).
func (s *Service) OwnAddress(ctx context.Context, q store.Querier, org, address string) (bool, error) {
	own, err := technician.OwnsAddress(ctx, q, org, address)
	if err != nil || own {
		return own, err
	}
	until, err := lockedUntil(ctx, q, org, s.formerAddress(org, technician.AddressKey(address)))
	return s.clock.Now().Before(until), err
}

// TechnicianChanged remembers what a technician no longer has as their own: whoever clears a number from their profile and makes a contact
// with it would otherwise verify themselves, since what a new contact comes with is not held (D-34). Only a MAC is kept.
func (s *Service) TechnicianChanged(ctx context.Context, tx *store.Tx, c technician.Change) error {
	kept := c.After.Addresses()
	if c.Deleted {
		kept = nil
	}
	until := s.clock.Now().Add(formerlyOwn)
	for _, key := range c.Before.Addresses() {
		if slices.Contains(kept, key) {
			continue
		}
		if err := putLock(ctx, tx, c.Before.OrgID, s.formerAddress(c.Before.OrgID, key), "technician_address", until); err != nil {
			return fmt.Errorf("remember an address of technician %s: %w", c.Before.ID, err)
		}
	}
	return nil
}

func (s *Service) formerAddress(org, key string) string {
	return "address:" + hex.EncodeToString(s.Keys.MAC("verify former address", org, key))
}

// AddressesChanged watches over addresses that prove something. One that somebody was verified by is only given up after a proof (D-27),
// and whoever reads there is told.
func (s *Service) AddressesChanged(ctx context.Context, tx *store.Tx, c contact.Contact, lost []string) error {
	if len(lost) == 0 {
		return nil
	}
	proved, err := provedAddresses(ctx, tx, c.OrgID, c.ID, lost)
	if err != nil || len(proved) == 0 {
		return err
	}
	o := c.Object()
	o.ContactID, o.Action = c.ID, string(verifypolicy.PhoneChange)
	if err := s.Guard.Check(ctx, permContact, o); err != nil {
		return askable(err, c.ID, verifypolicy.PhoneChange, "")
	}
	for _, address := range proved {
		if err := s.tellOfChange(ctx, tx, c, address); err != nil {
			return err
		}
	}
	return nil
}

// doubleProof is the level that two different methods at two different addresses reach together, where a policy lets them.
const doubleProof = 3

// Proof says how much an action on a contact takes, and how much the live proofs are worth (D-10). An override of the actor counts as what it takes.
func (s *Service) Proof(ctx context.Context, q store.Querier, org, contactID, customerID string, action verifypolicy.Action) (access.Proof, error) {
	rules, err := verifypolicy.For(ctx, q, org, customerID)
	if err != nil {
		return access.Proof{}, err
	}
	p := access.Proof{Required: rules.Required[action]}
	if p.Have, err = s.proved(ctx, q, org, contactID, rules); err != nil || p.Have >= p.Required || s.overridden == nil {
		return p, err
	}
	yes, err := s.overridden(ctx, q, org, contactID, access.ActorFrom(ctx).ID, action, s.clock.Now())
	if yes {
		p.Have = p.Required
	}
	return p, err
}

// proved is the level that a contact has proved and that still counts. A refusal since takes all of it away.
func (s *Service) proved(ctx context.Context, q store.Querier, org, contactID string, rules verifypolicy.Rules) (level int, err error) {
	now := s.clock.Now()
	told, err := shieldRows(ctx, q, org, []string{contactID}, now.Add(-failedShield))
	if err != nil {
		return 0, err
	}
	var live []Verification
	for _, v := range told { // the newest first
		if v.State != Verified {
			break
		}
		if now.Before(v.ShieldUntil) && !now.Before(v.EndedAt) {
			live = append(live, v)
			level = max(level, v.Level)
		}
	}
	if rules.TwoMethods != nil && *rules.TwoMethods && level < doubleProof && twoWays(live) {
		level = doubleProof
	}
	return level, nil
}

// twoWays says whether two proofs of L2 came by different methods from different addresses.
func twoWays(live []Verification) bool {
	for i, a := range live {
		for _, b := range live[i+1:] {
			if a.Level >= 2 && b.Level >= 2 && a.Method != b.Method && store.Fold(a.Address) != store.Fold(b.Address) {
				return true
			}
		}
	}
	return false
}

// shieldTime is how long a proof counts: as the policy says, else longer for what cannot be phished (D-20).
func (s *Service) shieldTime(ctx context.Context, q store.Querier, v Verification) (time.Duration, error) {
	rules, err := verifypolicy.For(ctx, q, v.OrgID, v.CustomerID)
	if err != nil {
		return 0, err
	}
	set, _, err := SettingsOf(ctx, q, v.OrgID)
	if err != nil {
		return 0, err
	}
	minutes := set.ShieldMinutes
	switch {
	case rules.ShieldMinutes != nil:
		minutes = *rules.ShieldMinutes
	case v.Level >= 4:
		minutes = max(minutes, strongShield)
	}
	return time.Duration(minutes) * time.Minute, nil
}

// tellOfChange writes to an address that is being given up: whoever reads there may know nothing of it (R13).
func (s *Service) tellOfChange(ctx context.Context, tx *store.Tx, c contact.Contact, address string) error {
	o, err := organization.ByID(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	way := message.SMS
	if strings.Contains(address, "@") {
		way = message.Email
	}
	text, err := wording.Say(ctx, tx, c.OrgID, wording.AddressChanged, wording.LanguageFor(c.Language, o.Locale), wording.Values{Organization: o.Name})
	if err != nil {
		return err
	}
	return s.Tell(ctx, tx, message.Out{
		Way: way, To: address, Subject: text.Subject, Body: text.Body, Purpose: message.Notice, Owner: message.Ref{Type: "contact", ID: c.ID},
		ContactID: c.ID, CustomerID: c.CustomerID, Key: "address-changed/" + c.ID + "/" + id.New(), Resendable: true,
	})
}
