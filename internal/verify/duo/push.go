package duo

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
)

type (
	pushKind  string
	pushState string
)

const (
	byAdmin pushKind = "admin" // with digits
	byAuth  pushKind = "auth"

	queued  pushState = "queued"
	sending pushState = "sending" // Duo may have been asked; never asked again
	waiting pushState = "waiting" // for the contact
	over    pushState = "over"
)

// push is one question to a contact.
type push struct {
	orgID, id, contactID string // id of the verification
	kind                 pushKind
	userID, username     string
	phoneID              string
	state                pushState
	pushID               string // Duo's name for it
	matched, approved    bool
	reason               string // why it is over
	createdAt, nextAt    time.Time
}

// Why a push is over, besides what Duo says.
const (
	reasonUnknown = "unknown_outcome"
	reasonAnswer  = "unexpected_answer"
	reasonBypass  = "bypass"
	reasonEnded   = "verification_ended"
)

// send is the job that asks the contact. It asks Duo at most once: what may have been asked is never asked again without anybody knowing.
func (s *Service) send(ctx context.Context, r ref) error {
	ctx = access.WithActor(ctx, access.System(r.OrgID))
	p, ok, err := findPush(ctx, s.DB.Read(), r.OrgID, r.ID)
	if err != nil || !ok {
		return err
	}
	v, err := s.pending(ctx, p)
	if err != nil || v.ID == "" {
		return err
	}
	switch p.state {
	case sending: // the server died, or could not write, between the question and its answer
		return s.giveUp(ctx, p, v, message.Unknown, reasonUnknown)
	case queued:
	default:
		return nil
	}
	set, ok, err := find(ctx, s.DB.Read(), p.orgID)
	if err != nil {
		return err
	}
	if !ok || (p.kind == byAdmin && !set.AdminSet) || (p.kind == byAuth && !set.AuthSet) {
		return s.giveUp(ctx, p, v, message.Failed, "settings_changed")
	}
	if set, err = s.open(p.orgID, set); err != nil {
		return err
	}
	o, err := organization.ByID(ctx, s.DB.Read(), p.orgID)
	if err != nil {
		return err
	}
	mine := false
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		mine, err = movePush(ctx, tx, p, queued, sending)
		return err
	})
	if err != nil || !mine {
		return err
	}
	pushID, digits, err := s.ask(ctx, set, p, v, o.Name)
	switch {
	case again(err):
		back := s.DB.Write(ctx, func(tx *store.Tx) error { _, err := movePush(ctx, tx, p, sending, queued); return err })
		if back != nil {
			return back
		}
		return err // the queue waits longer each time
	case isFault(err):
		return s.giveUp(ctx, p, v, message.Failed, fault.CodeOf(err))
	case clearNo(err):
		s.Log.WarnContext(ctx, "a push was refused by Duo", "verification", p.id, "err", err)
		return s.giveUp(ctx, p, v, message.Failed, err.Error())
	case err != nil:
		s.Log.WarnContext(ctx, "nobody knows whether Duo sent a push", "verification", p.id, "err", err)
		return s.giveUp(ctx, p, v, message.Unknown, reasonUnknown)
	case pushID == "" || len(pushID) > 200 || p.kind == byAdmin && !sixDigits(digits):
		return s.giveUp(ctx, p, v, message.Unknown, reasonAnswer)
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if ok, err := recordSent(ctx, tx, p, pushID, store.Now().Add(firstLook)); err != nil || !ok {
			return err
		}
		if p.kind == byAdmin {
			if _, err := s.Verifications.SetDigits(ctx, tx, v, digits); err != nil {
				return err
			}
		}
		return s.Verifications.Asked(ctx, tx, v, message.Sent)
	})
}

// ask makes the one request that reaches the contact.
func (s *Service) ask(ctx context.Context, set Settings, p push, v verify.Verification, organization string) (pushID, digits string, err error) {
	if p.kind == byAdmin {
		var got struct {
			PushID string `json:"push_id"`
			Code   string `json:"confirmation_code"`
		}
		err = s.call(ctx, set.Host, set.adminKeys(), http.MethodPost, userPath(p)+"/send_verification_push", url.Values{"phone_id": {p.phoneID}}, &got)
		return got.PushID, got.Code, err
	}
	who := url.Values{"username": {p.username}}
	if p.userID != "" {
		who = url.Values{"user_id": {p.userID}}
	}
	var now preauth
	if err = s.call(ctx, set.Host, set.authKeys(), http.MethodPost, "/auth/v2/preauth", who, &now); err != nil {
		if !again(err) && !clearNo(err) {
			err = errNotSent // nobody was asked anything yet
		}
		return "", "", err
	}
	switch now.Result { // it may have changed since it was looked up
	case "auth":
	case "allow":
		return "", "", unfit[bypassed]
	case "deny":
		return "", "", unfit[disabled]
	default:
		return "", "", unfit[notEnrolled]
	}
	who.Set("factor", "push")
	who.Set("device", p.phoneID)
	who.Set("async", "1")
	who.Set("type", "Verification")
	who.Set("pushinfo", pushInfo(v, organization))
	var got struct {
		TxID string `json:"txid"`
	}
	err = s.call(ctx, set.Host, set.authKeys(), http.MethodPost, "/auth/v2/auth", who, &got)
	return got.TxID, "", err
}

// pushInfo is what the contact reads beside the push, so that a relayed question can be told from a true one (R10).
func pushInfo(v verify.Verification, organization string) string {
	info := "from=" + escape(organization) + "&technician=" + escape(v.TechnicianName)
	if v.TicketNumber > 0 {
		info += "&ticket=" + strconv.FormatInt(v.TicketNumber, 10)
	}
	return info
}

func userPath(p push) string { return "/admin/v1/users/" + url.PathEscape(p.userID) }

func sixDigits(s string) bool { return len(s) == 6 && strings.Trim(s, "0123456789") == "" }

// pending returns the verification of a push while it waits; otherwise the push is over, and the zero Verification comes back.
func (s *Service) pending(ctx context.Context, p push) (verify.Verification, error) {
	v, err := s.Verifications.ByID(ctx, p.id)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return v, err
	}
	if err == nil && v.State == verify.Pending {
		return v, nil
	}
	return verify.Verification{}, s.DB.Write(ctx, func(tx *store.Tx) error { _, err := endPush(ctx, tx, p, reasonEnded); return err })
}

// giveUp ends a verification whose push did not reach the contact, or perhaps did.
func (s *Service) giveUp(ctx context.Context, p push, v verify.Verification, how message.State, reason string) error {
	return s.end(ctx, p, v, reason, verify.SendFailed, func(tx *store.Tx) error { return s.Verifications.Asked(ctx, tx, v, how) })
}

// end makes a push over and settles its verification, unless that was done already.
func (s *Service) end(ctx context.Context, p push, v verify.Verification, reason string, to verify.State, first func(tx *store.Tx) error) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if ok, err := endPush(ctx, tx, p, reason); err != nil || !ok {
			return err
		}
		if first != nil {
			if err := first(tx); err != nil {
				return err
			}
		}
		_, err := s.Verifications.Settle(ctx, tx, v, to)
		return err
	})
}
