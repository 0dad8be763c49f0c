package pod

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// Skew is how far the time in a signed link may be from ours.
const Skew = 5 * time.Minute

var (
	errTicket = fault.New(fault.NotFound, "pod.ticket_unknown", "There is no such ticket here, or you may not see it.")
	errLink   = fault.New(fault.Denied, "pod.link_invalid", "The signature of this link is not right. Ask an administrator to check the pod's secret in the ticket system.")
	errOld    = fault.New(fault.Gone, "pod.link_expired", "This link was made more than five minutes ago. Open the ticket again.")
	errBare   = fault.New(fault.Denied, "pod.link_unsigned", "This pod takes signed links alone. Ask an administrator.")
)

// Link is what the address of a framed pod says: which ticket is meant, and whose caller. It never signs anybody in.
type Link struct {
	Ticket  string // its number, with or without "#", or its id; "" for none
	Contact string // the contact's id or email; "" for the ticket's own
	Time    string // Unix seconds
	Sign    string // Signature of the rest
}

// Opened is what a link means to the person who asks.
type Opened struct {
	Pod     Pod
	Ticket  ticket.Ticket // zero without a ticket
	Contact string        // id; "" where the person has to choose
}

// Signature is the signature of a link: HMAC-SHA256 in lower-case hexadecimal under the pod's secret as it was shown, over five lines: the
// word "countersign-pod-v1", the pod's id, ticket, contact and time, each as it stands in the address once its percent-encoding is undone,
// with a line feed between them and none at the end.
func Signature(secret, podID string, l Link) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(strings.Join([]string{"countersign-pod-v1", podID, l.Ticket, l.Contact, l.Time}, "\n")))
	return hex.EncodeToString(h.Sum(nil))
}

// Open says what a link means, for somebody who is signed in: in a pod, of this pod alone. The ticket is read with their own rights.
func (s *Service) Open(ctx context.Context, podID string, l Link) (out Opened, err error) {
	actor := access.ActorFrom(ctx)
	if actor.PodID != "" && actor.PodID != podID {
		return out, errNotFound
	}
	if out.Pod, err = byID(ctx, s.DB.Read(), actor.OrgID, podID); err != nil {
		return out, err
	}
	if err := s.verify(out.Pod, l, store.Now()); err != nil {
		return Opened{}, s.refused(ctx, out.Pod, err)
	}
	if l.Ticket != "" {
		if out.Ticket, err = unseen(s.ticket(ctx, l.Ticket)); err != nil {
			return Opened{}, err
		}
	}
	if out.Contact, err = s.contact(ctx, l.Contact, out.Ticket); err != nil {
		return Opened{}, err
	}
	if out.Contact == "" && l.Contact == "" {
		out.Contact = out.Ticket.ContactID
	}
	return out, nil
}

// verify says whether a link counts. A signature that is there has to be right, also where the pod asks for none.
func (s *Service) verify(p Pod, l Link, now time.Time) error {
	if l.Sign == "" {
		if p.SignedOnly {
			return errBare
		}
		return nil
	}
	if strings.ContainsAny(l.Ticket+l.Contact+l.Time, "\n") {
		return errLink
	}
	good := 0
	for _, sealed := range [][]byte{p.secret, p.previous} {
		if sealed == nil {
			continue
		}
		secret, err := s.Keys.Unseal(p.place(), sealed)
		if err != nil {
			return err
		}
		good |= equal(Signature(string(secret), p.ID, l), l.Sign)
		if !now.Before(p.PreviousUntil) {
			break
		}
	}
	if good != 1 {
		return errLink
	}
	at, err := strconv.ParseInt(l.Time, 10, 64)
	if err != nil || len(l.Time) > 12 {
		return errLink
	}
	if now.Sub(time.Unix(at, 0)).Abs() > Skew {
		return errOld
	}
	return nil
}

func equal(a, b string) int {
	if hmac.Equal([]byte(a), []byte(b)) {
		return 1
	}
	return 0
}

// refused writes down that a link was forged or old; what it said stays out of the log, since anybody may write anything into a link.
func (s *Service) refused(ctx context.Context, p Pod, err error) error {
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	if logged := s.Audit.Append(ctx, audit.Event{
		Action: "pod.open", Outcome: audit.Denied, Reason: fault.CodeOf(err), Targets: []audit.Target{{Type: "pod", ID: p.ID, Name: p.Name}},
	}); logged != nil {
		return logged
	}
	return err
}

// ticket finds the ticket that a link names, if the actor may see it.
func (s *Service) ticket(ctx context.Context, name string) (t ticket.Ticket, err error) {
	org := access.ActorFrom(ctx).OrgID
	if id.Valid(name) {
		t, err = ticket.ByID(ctx, s.DB.Read(), org, name)
	} else {
		number, wrong := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(name), "#"), 10, 64)
		if wrong != nil {
			return t, errTicket
		}
		t, err = ticket.ByNumber(ctx, s.DB.Read(), org, number)
	}
	if err != nil {
		return ticket.Ticket{}, err
	}
	return t, s.Guard.Check(ctx, perm.TicketView, t.Object())
}

// contact finds the contact that a link names: of the ticket's customer if there is a ticket. Whoever is not found, or not only one, is left
// for the person to choose.
func (s *Service) contact(ctx context.Context, name string, t ticket.Ticket) (string, error) {
	if name == "" {
		return "", nil
	}
	found, err := s.named(ctx, strings.TrimSpace(name))
	if err != nil {
		return "", err
	}
	chosen := ""
	for _, c := range found {
		if t.ID != "" && c.CustomerID != t.CustomerID {
			continue
		}
		err := s.Guard.Check(ctx, perm.ContactView, access.Object{Type: "contact", ID: c.ID, CustomerID: c.CustomerID})
		switch {
		case fault.KindOf(err) == fault.NotFound:
		case err != nil:
			return "", err
		case chosen != "":
			return "", nil
		default:
			chosen = c.ID
		}
	}
	return chosen, nil
}

func (s *Service) named(ctx context.Context, name string) ([]contact.Contact, error) {
	org := access.ActorFrom(ctx).OrgID
	if id.Valid(name) {
		c, err := contact.ByID(ctx, s.DB.Read(), org, name)
		if fault.KindOf(err) == fault.NotFound {
			return nil, nil
		}
		return []contact.Contact{c}, err
	}
	email, err := input.ParseEmail(name)
	if err != nil {
		return nil, nil //nolint:nilerr // what names nobody finds nobody
	}
	return contact.ByEmail(ctx, s.DB.Read(), org, email)
}
