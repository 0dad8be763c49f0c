// Package consent keeps what people said about getting messages at their addresses: who agreed, who was asked, who wants no more, and
// how each came about. Whatever sends asks here.
package consent

import (
	"context"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// State is what is known of the person's wish for an address.
type State string

// The states (MSG-10).
const (
	Unknown  State = "unknown"   // nobody asked
	Sent     State = "sent"      // a form was sent and is not answered
	OptedIn  State = "opted_in"  // agreed to messages
	OptedOut State = "opted_out" // wants none
)

// Source says how a state came about.
type Source string

// The sources. The first two are the person's own word, which no technician takes back for them; nor the last, which may have been.
const (
	ByWord    Source = "word"    // answered STOP, START or the like
	ByForm    Source = "form"    // on the page behind an opt-in form
	ByAsking  Source = "asked"   // a form was sent
	ByVoice   Source = "verbal"  // said to a technician
	ByWriting Source = "written" // on paper or by mail, which the note names
	Erased    Source = "erased"  // said in one of these ways before the address was erased; how is not known any more
)

// own says whether the person themself said so.
func (s Source) own() bool { return s == ByWord || s == ByForm }

// lasting says whether only the person themself takes back what came about so.
func (s Source) lasting() bool { return s.own() || s == Erased }

// Kind is what the person agreed to. The carriers' rules know three; each organization sends the first alone as long as it asks for no
// other.
type Kind string

// The kinds of consent.
const (
	Conversational Kind = "conversational" // verification, and answers in a conversation
	Informational  Kind = "informational"  // news about their services
)

// Record is one thing that was said or done about an address. Records are never changed.
type Record struct {
	OrgID       string
	ID          string
	Address     string // a number in E.164, or an email
	State       State
	Source      Source
	Kind        Kind   // Conversational if empty
	Way         string // by which it was said: sms, voice, email or web; "" for word of mouth
	ContactID   string // whose page it was; "" if an address alone is known
	FormID      string
	InboundID   string
	ByID        string // the technician who asked or wrote it down
	ByName      string
	IP          string // of the browser that answered a form
	TextVersion string // of the text that was shown
	Language    string
	Note        string
	At          time.Time // now, if zero
	Mine        bool      // in a history: it is about the contact whose history that is, or one merged into it
}

// Ledger keeps records and says what holds. The zero Ledger is of no use.
type Ledger struct {
	Keys   *seal.Keyring
	Audit  *audit.Log
	Events *events.Bus
}

// Put keeps a record and, if it says something new, the new state of its address, with an audit event and word to the screens.
// changed is false if the address was in that state already: then of a repeated STOP or START nothing is kept, of all others the record.
// An address that was erased as unwilling is so until the person opts in themself.
// A form that is sent changes no state but Unknown, and the time at which the person was asked last.
func (l Ledger) Put(ctx context.Context, tx *store.Tx, r Record) (changed bool, err error) {
	r = r.complete(access.ActorFrom(ctx).OrgID)
	if changed, err = put(ctx, tx, r); err != nil {
		return changed, err
	}
	if r.State == OptedIn && r.Source.own() { // what was erased is over
		lifted, err := dropErased(ctx, tx, r.OrgID, l.mac(r.OrgID, r.Address))
		if err != nil {
			return changed, err
		}
		changed = changed || lifted
	}
	if !changed && (r.Source == ByWord || r.Source == Erased) {
		return false, nil
	}
	if err := insertRecord(ctx, tx, r); err != nil {
		return changed, err
	}
	contacts, err := l.concerned(ctx, tx, r)
	if err != nil {
		return changed, err
	}
	if err := l.Audit.Record(ctx, tx, r.event(contacts)); err != nil {
		return changed, err
	}
	for _, c := range contacts {
		err := l.Events.Publish(ctx, tx, events.Event{
			Kind: "contact.changed", ID: c.ID, CustomerID: c.CustomerID, Needs: perm.ContactView, Data: map[string]string{"consent": string(r.State)},
		})
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

func (r Record) complete(orgID string) Record {
	r.OrgID, r.ID, r.Address = orgID, id.New(), Key(r.Address)
	if r.Kind == "" {
		r.Kind = Conversational
	}
	if r.At.IsZero() {
		r.At = store.Now()
	}
	return r
}

// event is what the audit log tells of r. The first contact is the one whose data it is.
func (r Record) event(contacts []contact.Contact) audit.Event {
	detail := map[string]any{"address": Mask(r.Address), "source": string(r.Source), "kind": string(r.Kind)}
	for name, value := range map[string]string{
		"way": r.Way, "text_version": r.TextVersion, "language": r.Language, "form_id": r.FormID, "note": r.Note,
	} {
		if value != "" {
			detail[name] = value
		}
	}
	e := audit.Event{Action: "consent." + string(r.State), Detail: detail}
	for i, c := range contacts {
		if e.Targets = append(e.Targets, audit.Target{Type: "contact", ID: c.ID, Name: c.Name}); i == 0 {
			e.CustomerID = c.CustomerID
		}
	}
	if slices.ContainsFunc(contacts, func(c contact.Contact) bool { return c.CustomerID != e.CustomerID }) {
		e.CustomerID = "" // an address of several customers is nobody's alone
	}
	if r.InboundID != "" {
		e.Targets = append(e.Targets, audit.Target{Type: "inbound", ID: r.InboundID})
	}
	return e
}

// maxConcerned bounds how many contacts with one address are named and told.
const maxConcerned = 20

// concerned are the contacts who have the address, the one of the record first.
func (l Ledger) concerned(ctx context.Context, q store.Querier, r Record) (out []contact.Contact, err error) {
	find := contact.ByPhone
	if isEmail(r.Address) {
		find = contact.ByEmail
	}
	found, err := find(ctx, q, r.OrgID, r.Address)
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		if c.ID == r.ContactID {
			out = append([]contact.Contact{c}, out...)
		} else {
			out = append(out, c)
		}
	}
	if r.ContactID != "" && (len(out) == 0 || out[0].ID != r.ContactID) { // the number is no longer theirs, or not yet
		c, err := contact.ByID(ctx, q, r.OrgID, r.ContactID)
		if err != nil {
			return nil, err
		}
		out = append([]contact.Contact{c}, out...)
	}
	return out[:min(len(out), maxConcerned)], nil
}

// Key is the form in which addresses are compared.
func Key(address string) string {
	if isEmail(address) {
		return input.FoldEmail(address)
	}
	return address
}
