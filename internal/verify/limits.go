package verify

import (
	"context"
	"errors"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/wording"
)

// checkLocks refuses a contact that is locked, and a code method that is suspended for the technician or for everybody.
func (s *Service) checkLocks(ctx context.Context, q store.Querier, contactID string, d Description) error {
	actor, now := access.ActorFrom(ctx), s.clock.Now()
	until, err := lockedUntil(ctx, q, actor.OrgID, "contact:"+contactID)
	if err != nil {
		return err
	}
	if now.Before(until) {
		return errContactLocked
	}
	if d.Form != FormCode {
		return nil
	}
	if err := s.codesOn(ctx, q, actor.OrgID); err != nil {
		return err
	}
	set, _, err := SettingsOf(ctx, q, actor.OrgID)
	if err != nil {
		return err
	}
	if set.CodesSuspended {
		return errCodesSuspended
	}
	until, err = lockedUntil(ctx, q, actor.OrgID, "technician:"+actor.ID)
	if err != nil {
		return err
	}
	if now.Before(until) {
		return errTechLocked
	}
	return nil
}

// countWrong keeps a wrong code and draws the consequences: each alert is raised once, by the code that reaches the limit (R5, D-33).
func (s *Service) countWrong(ctx context.Context, tx *store.Tx, v Verification, now time.Time) error {
	// One wrong code of an organization after the other: of two at once on two nodes each would count without the other, and pass the limit by.
	if err := lockCodes(ctx, tx, v.OrgID); err != nil {
		return err
	}
	if err := insertWrong(ctx, tx, v.OrgID, id.New(), v.ContactID, v.TechnicianID, now); err != nil {
		return err
	}
	day, hour := now.Add(-24*time.Hour), now.Add(-time.Hour)
	inContact, inTechnician, err := countWrongs(ctx, tx, v, day, hour)
	if err != nil {
		return err
	}
	if inContact == contactWrongLimit {
		if err := putLock(ctx, tx, v.OrgID, "contact:"+v.ContactID, "wrong_codes", now.Add(24*time.Hour)); err != nil {
			return err
		}
		if err := s.Alert(ctx, tx, "contact_locked", v.CustomerID, v.ContactID, v.ContactName); err != nil {
			return err
		}
	}
	if inTechnician >= techWrongLimit {
		if err := putLock(ctx, tx, v.OrgID, "technician:"+v.TechnicianID, "wrong_codes", now.Add(time.Hour)); err != nil {
			return err
		}
		if err := s.Alert(ctx, tx, "technician_suspended", v.CustomerID, v.ContactID, v.ContactName); err != nil {
			return err
		}
	}
	return s.turnCodesOff(ctx, tx, v.OrgID, now)
}

// lockForFraud is what follows when a person says that they did not call (R10). What else waits for the same contact ends too: the caller
// whom the report is about may be the one who waits for it.
func (s *Service) lockForFraud(ctx context.Context, tx *store.Tx, v Verification, now time.Time) error {
	if err := putLock(ctx, tx, v.OrgID, "contact:"+v.ContactID, "fraud_report", now.Add(fraudLock)); err != nil {
		return err
	}
	if err := s.cancelPending(ctx, tx, v.OrgID, v.ContactID, "fraud_report"); err != nil {
		return err
	}
	return s.Alert(ctx, tx, "denied", v.CustomerID, v.ContactID, v.ContactName)
}

// Alert tells the administrators that somebody may be attacking: in the record, on their screens and by mail.
func (s *Service) Alert(ctx context.Context, tx *store.Tx, reason, customerID, contactID, contactName string) error {
	org := access.ActorFrom(ctx).OrgID
	e := audit.Event{Action: "security.alert", Outcome: audit.Denied, Reason: reason, CustomerID: customerID}
	if contactID != "" {
		e.Targets = []audit.Target{{Type: "contact", ID: contactID, Name: contactName}}
	}
	if err := s.Audit.Record(ctx, tx, e); err != nil {
		return err
	}
	alertID := id.New()
	err := s.Events.Publish(ctx, tx, events.Event{
		Kind: "security.alert", ID: alertID, CustomerID: customerID, Needs: permRun, Data: map[string]string{"reason": reason, "contact_id": contactID},
	})
	if err != nil {
		return err
	}
	o, err := organization.ByID(ctx, tx, org)
	if err != nil {
		return err
	}
	admins, err := technician.Administrators(ctx, tx, org)
	if err != nil {
		return err
	}
	for _, a := range admins {
		text := wording.Alert(wording.LanguageFor(a.Locale, o.Locale), o.Name, reason, contactName)
		err := s.Tell(ctx, tx, message.Out{
			Way: message.Email, To: a.Email, Subject: text.Subject, Body: text.Body, Purpose: message.Internal,
			Owner: message.Ref{Type: "security_alert", ID: alertID}, Key: "security-alert/" + reason + "/" + contactID + "/" + s.clock.Now().Format("2006010215") + "/" + a.ID, // one an hour, however often it happens
			Resendable: true,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Tell sends what is good to know but must not stop anything: an address that may get no message gets none.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, out message.Out) error {
	if _, err := s.Messages.Send(ctx, tx, out); err != nil && fault.KindOf(err) == fault.Internal {
		return err
	}
	return nil
}

// RecordRefusal writes down that an act was refused, unless it failed for a reason of ours, and returns why.
func (s *Service) RecordRefusal(ctx context.Context, e audit.Event, why error) error {
	if fault.KindOf(why) == fault.Internal {
		return why
	}
	e.Outcome, e.Reason = audit.Denied, fault.CodeOf(why)
	if err := s.Audit.Append(ctx, e); err != nil {
		return errors.Join(why, err)
	}
	return why
}

// publish tells the screens that v changed.
func (s *Service) publish(ctx context.Context, tx *store.Tx, v Verification) error {
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "verification.changed", ID: v.ID, CustomerID: v.CustomerID, Needs: permRun,
		Data: map[string]string{"contact_id": v.ContactID, "state": string(v.State)},
	})
}
