package message

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// textKept is how long the text of a message that holds no secret is kept after its end, so that it can be sent again.
const textKept = 7 * 24 * time.Hour

// Why a message is not sent again. Each says what to do instead.
var (
	ErrNoDelivery    = fault.New(fault.NotFound, "message.not_found", "There is no such message.")
	errNotDead       = fault.New(fault.Conflict, "message.not_dead", "This message was not given up, so there is nothing to send again.")
	errResent        = fault.New(fault.Conflict, "message.resent", "This message was sent again already. See what became of that one.")
	errCanceled      = fault.New(fault.Conflict, "message.canceled", "This message was taken back because it was no longer needed.")
	errWasOptedOut   = fault.New(fault.Conflict, "message.refused", "The person asked for no more messages at this address. They can reply START to allow them again.")
	errSecretCode    = fault.New(fault.Conflict, "message.resend_verification", "A message of a verification is not sent again, since its code or link is out of date. Start the verification again.")
	errSecretLink    = fault.New(fault.Conflict, "message.resend_link", "This message held a link or a code, whose text is not kept. Start again where it came from: invite, ask, or reset once more.")
	errAnswerAgain   = fault.New(fault.Conflict, "message.resend_answer", "Answers to STOP, HELP and START are not sent again. The person can write once more.")
	errTrialAgain    = fault.New(fault.Conflict, "message.resend_trial", "A trial is not sent again. Make a new one where it was made.")
	errTextForgotten = fault.New(fault.Gone, "message.text_gone", "The text of this message is no longer kept: it is wiped after seven days. Write it anew.")
)

// mayRepeat says whether a message of a purpose may be sent again by hand at all.
func mayRepeat(p Purpose) bool { return p == Notice || p == Internal || p == Consent }

// Dead says whether a delivery was given up and nobody has sent it again: a dead letter.
func (d Delivery) Dead() bool {
	return (d.State == Failed || d.State == Expired && d.Reason != reasonCanceled) && d.ResentAs == ""
}

// CheckResend returns why a delivery cannot be sent again, or nil. Whether its receiver may get it now is only known to Resend.
func (d Delivery) CheckResend() error {
	switch {
	case d.ResentAs != "":
		return errResent
	case d.State == Refused:
		return errWasOptedOut
	case d.State == Expired && d.Reason == reasonCanceled:
		return errCanceled
	case !d.Dead():
		return errNotDead
	case d.Purpose == Verification:
		return errSecretCode
	case d.Purpose == Answer:
		return errAnswerAgain
	case d.Purpose == Trial:
		return errTrialAgain
	case !d.Resendable:
		return errSecretLink
	case !d.HasText:
		return errTextForgotten
	}
	return nil
}

// Resend stores a message that was given up once more, as a delivery of its own in the caller's transaction. All that holds for a new
// message holds for it: above all it goes to nobody who opted out, even if they had asked for the first one. A delivery is sent again at most once, however often
// and from wherever that is asked at the same time; the second time is refused. If nobody knows whether the first one arrived, the new one
// is marked as a possible repeat. Whoever calls it has checked the permission.
func (s *Service) Resend(ctx context.Context, tx *store.Tx, id string) (Delivery, error) {
	orgID, now := access.ActorFrom(ctx).OrgID, store.Now()
	r, err := rowByID(ctx, tx, orgID, id)
	if err != nil {
		return Delivery{}, err
	}
	if err := r.CheckResend(); err != nil {
		return Delivery{}, err
	}
	subject, body, err := s.unsealTexts(r.Delivery, r.subject, r.body)
	if err != nil {
		return Delivery{}, errTextForgotten.Because(err)
	}
	newID, err := s.store(ctx, tx, Out{
		Way: r.Way, To: r.To, Subject: subject, Body: body, Purpose: r.Purpose, Owner: r.Owner, ContactID: r.ContactID, CustomerID: r.CustomerID,
		Key: "again/" + r.ID, Language: r.Language, Resendable: true,
	}, r)
	if err != nil {
		return Delivery{}, err
	}
	taken, err := markResent(ctx, tx, r.Delivery, newID, now)
	if err != nil {
		return Delivery{}, err
	}
	if !taken {
		return Delivery{}, errResent
	}
	d, err := deliveryByID(ctx, tx, orgID, newID)
	if err != nil {
		return Delivery{}, err
	}
	r.ResentAs = newID
	if err := s.publish(ctx, tx, r.Delivery); err != nil {
		return Delivery{}, err
	}
	return d, s.publish(ctx, tx, d)
}
