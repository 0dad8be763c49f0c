// Package optin asks contacts whether they may be texted and called, on a page that they open themselves.
package optin

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/consent"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/ticket"
)

// State says how far a form is.
type State string

// The states. Waiting and Confirming are live.
const (
	Waiting    State = "sent"       // not answered
	Confirming State = "confirming" // answered with another number, to which a code went
	Agreed     State = "agreed"
	Refused    State = "refused"
	Held       State = "held"    // agreed with another number, which waits for a technician
	Failed     State = "failed"  // the code for the other number was wrong too often
	Expired    State = "expired" // nobody answered in time
	Canceled   State = "canceled"
)

func (s State) live() bool { return s == Waiting || s == Confirming }

// Form is one question to a contact about one number. The link that answers it is known to the receiver alone.
type Form struct {
	OrgID       string
	ID          string
	ContactID   string
	ContactName string
	CustomerID  string
	Way         message.Way // message.Email or message.SMS
	SentTo      string
	Number      string // that the consent is about; "" if we have none and the form asks for it
	NewNumber   string // that the person gave instead
	Language    string
	TextVersion string // of the text that was shown when it was answered
	State       State
	Delivery    string // how its message fares: a message.State, or ""
	AskedBy     string
	AskedName   string
	TicketID    string
	CreatedAt   time.Time
	ExpiresAt   time.Time
	EndedAt     time.Time
	Version     int64

	codeTries     int
	codeExpiresAt time.Time
}

// at is the form as it is at a time: whatever is over is over, also before anything has written it down.
func (f Form) at(now time.Time) Form {
	if f.State == Waiting && !now.Before(f.ExpiresAt) || f.State == Confirming && !now.Before(f.codeExpiresAt) {
		f.State = Expired
	}
	return f
}

// Limits.
const (
	codeLife  = 10 * time.Minute
	codeTries = 3
)

// Deps are what a Service stands on.
type Deps struct {
	DB       *store.DB
	Guard    *access.Guard
	Keys     *seal.Keyring
	Audit    *audit.Log
	Events   *events.Bus
	Log      *slog.Logger
	Ledger   consent.Ledger
	Messages *message.Service
	Contacts *contact.Service
	Tickets  *ticket.Service
	Tasks    *task.Service
	BaseURL  string // how browsers reach the server, without a slash at its end

	// InUse says whether a contact has proved who they are with a number (D-27).
	InUse func(ctx context.Context, q store.Querier, orgID, contactID, number string) (bool, error)
	// Proven says whether a contact has proved who they are since a time, at L2 or above, and the proof still holds.
	Proven func(ctx context.Context, q store.Querier, orgID, contactID string, since time.Time) (bool, error)
}

// Service sends forms and takes in what is answered.
type Service struct{ Deps }

// New returns a Service and names it to the tasks.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{d}
	if d.Tasks != nil {
		d.Tasks.Handle(TaskKind, s.run)
	}
	return s
}

// Delivered notes how the message of a form fares; it is a message.Hook.
func (s *Service) Delivered(ctx context.Context, tx *store.Tx, d message.Delivery) error {
	if d.Owner.Type != ownerType {
		return nil
	}
	if err := setDelivery(ctx, tx, d.OrgID, d.Owner.ID, string(d.State)); err != nil {
		return err
	}
	return s.tell(ctx, tx, Form{ID: d.Owner.ID, ContactID: d.ContactID, CustomerID: d.CustomerID})
}

// Stopped ends the forms about a number whose holder wants no messages: an older question must not undo a newer word (MSG-20).
func (s *Service) Stopped(ctx context.Context, tx *store.Tx, address string) error {
	return cancelAbout(ctx, tx, access.ActorFrom(ctx).OrgID, "", []string{consent.Key(address)}, store.Now())
}

// AddressesChanged ends the forms of a contact that went to, or are about, an address that is no longer theirs; it is a hook of contacts.
func (s *Service) AddressesChanged(ctx context.Context, tx *store.Tx, c contact.Contact, _, lost []string) error {
	if len(lost) == 0 {
		return nil
	}
	return cancelAbout(ctx, tx, c.OrgID, c.ID, lost, store.Now())
}

// LetGo forgets the forms of a contact that is deleted. What was said about their addresses stays: it is the proof of a right to text.
func (s *Service) LetGo(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	return forgetContact(ctx, tx, c.OrgID, c.ID)
}

// Merge gives the forms of one contact to another.
func (s *Service) Merge(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
	return joinContact(ctx, tx, into.OrgID, from.ID, into.ID)
}

// Sweep writes down what has expired.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return expire(ctx, tx, store.Now()) })
}
