// Package verify proves, in both directions, that the people on a support call are who they say they are.
package verify

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/clock"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// Fixed limits (D-20, D-33, R5, R10); what an organization may choose is in Settings.
const (
	maxTries          = 3                // wrong codes that fail one verification
	contactWrongLimit = 10               // wrong codes for one contact in a day lock the contact for a day
	techWrongLimit    = 20               // wrong codes of one technician in an hour suspend their code methods
	orgWrongLimit     = 50               // wrong codes in the organization in a day turn the code methods of all off
	fraudLock         = time.Hour        // how long a contact is locked after "not me"
	fraudWindow       = 15 * time.Minute // how long after a code its receiver may still answer NO
	failedShield      = 24 * time.Hour   // how long a shield stays red
	historyLength     = 10
	strongShield      = 30 // minutes that a proof of L4 counts at least (D-20)
)

// State of a verification in either direction (D-21).
type State string

// The states. Pending and Claimed are live; all others are final.
const (
	Pending           State = "pending"
	Verified          State = "verified"
	Failed            State = "failed"
	Expired           State = "expired"
	Denied            State = "denied"
	Canceled          State = "canceled"
	SendFailed        State = "send_failed"
	Frozen            State = "frozen"
	Claimed           State = "claimed"
	Confirmed         State = "confirmed"
	ConfirmedVerbally State = "confirmed_verbally"
)

// Direction says who called whom.
type Direction string

// The directions.
const (
	Inbound  Direction = "inbound"  // they called us
	Outbound Direction = "outbound" // we called them
)

// Verification is one proof that a caller is the contact (EUV). It never holds the code.
type Verification struct {
	OrgID          string
	ID             string
	ContactID      string
	ContactName    string
	CustomerID     string
	TechnicianID   string
	TechnicianName string
	Method         MethodName
	Form           Form // of the method, as it was at the start
	Level          int
	Address        string
	Language       string
	TicketID       string
	TicketNumber   int64
	Action         string
	CallDirection  Direction
	Note           string
	State          State
	Delivery       string
	Tries          int
	CreatedAt      time.Time
	ExpiresAt      time.Time
	EndedAt        time.Time
	ShieldUntil    time.Time
	Version        int64
}

// at returns v as it is at now: what nobody ended in time has expired, also before the sweep says so.
func (v Verification) at(now time.Time) Verification {
	if v.State == Pending && !now.Before(v.ExpiresAt) {
		v.State, v.EndedAt = Expired, v.ExpiresAt
	}
	return v
}

// Deps is what a Service works with.
type Deps struct {
	DB       *store.DB
	Guard    *access.Guard
	Keys     *seal.Keyring
	Audit    *audit.Log
	Events   *events.Bus
	Messages *message.Service
	Tickets  *ticket.Service
	Log      *slog.Logger
	BaseURL  string // of the links in messages, without a slash at its end
}

// Service runs verifications.
type Service struct {
	Deps
	clock      clock.Clock
	methods    []Method
	pages      pageHandler
	overridden Overridden
	counter    func(ctx context.Context, tx *store.Tx, org, contactID string) (frozen bool, err error)
}

// New returns a Service and registers it for inbound messages and delivery states.
func New(d Deps) *Service {
	s := &Service{Deps: d, clock: clock.New()}
	s.pages = newPageHandler(s)
	d.Messages.OnInbound(s.receive)
	d.Messages.OnState(s.delivered)
	return s
}

// object is what access decides on: everything about a verification is decided by its contact's customer.
func object(customerID string) access.Object {
	return access.Object{Type: "verification", CustomerID: customerID}
}

// findContact returns a contact that the actor may verify.
func (s *Service) findContact(ctx context.Context, id string) (contact.Contact, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return c, err
	}
	return c, s.Guard.Check(ctx, permRun, access.Object{Type: "contact", ID: c.ID, CustomerID: c.CustomerID})
}
