// Package csvimport brings people, companies and devices in from CSV files: upload, choose columns, see what would happen, then let it happen.
package csvimport

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/csvimport/columns"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// Kind is what a file holds.
type Kind = columns.Kind

// The kinds.
const (
	Technicians = columns.Technicians
	Customers   = columns.Customers
	Contacts    = columns.Contacts
	Devices     = columns.Devices
)

// State says how far an import is.
type State string

// The states. An import may be checked as often as somebody changes the mapping, and applied again after it failed or was canceled.
const (
	Uploading State = "uploading" // the file is not whole yet
	Uploaded  State = "uploaded"
	Checking  State = "checking"
	Checked   State = "checked"
	Applying  State = "applying"
	Applied   State = "applied"
	Failed    State = "failed"
	Canceled  State = "canceled"
)

// Busy says whether a task works on the import.
func (s State) Busy() bool { return s == Uploading || s == Checking || s == Applying }

// Outcome says what becomes of a row.
type Outcome string

// The outcomes.
const (
	Create  Outcome = "create"
	Update  Outcome = "update"
	Skip    Outcome = "skip" // it is there already, just so
	Refused Outcome = "error"
)

// keepFor is how long files and their results are kept, since they hold what people brought about others.
const keepFor = 30 * 24 * time.Hour

// Options are the choices beside the mapping.
type Options struct {
	CreateCustomers bool `json:"create_customers"` // whom a row names and who does not exist
	SendInvitations bool `json:"send_invitations"` // to new technicians
}

// Counts say what became of the rows, or what would.
type Counts struct{ Create, Update, Skip, Refused int }

// Import is one file on its way in.
type Import struct {
	OrgID       string
	ID          string
	Kind        Kind
	FileName    string
	Size        int64
	Rows        int
	Delimiter   string
	Columns     []columns.Column
	Mapping     map[string]int // field to column
	Options     Options
	State       State
	Counts      Counts
	TaskID      string
	CreatedBy   string
	CreatedName string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Version     int64
}

// Deps are what a Service stands on.
type Deps struct {
	DB          *store.DB
	Guard       *access.Guard
	Audit       *audit.Log
	Events      *events.Bus
	Tasks       *task.Service
	Contacts    *contact.Service
	Customers   *customer.Service
	Technicians *technician.Service
	Devices     *device.Service

	// Invite sends a new technician the invitation, in the transaction that makes them; nil sends none.
	Invite func(ctx context.Context, tx *store.Tx, t technician.Technician) error
}

// Service keeps imports and does them.
type Service struct {
	Deps

	tryFor time.Duration
}

// The tasks of this slice.
const (
	TaskCheck = "import.check"
	TaskApply = "import.apply"
)

// New returns a Service and lets the tasks know what it does.
func New(d Deps) *Service {
	s := &Service{d, tryFor}
	d.Tasks.Handle(TaskCheck, s.work)
	d.Tasks.Handle(TaskApply, s.work)
	return s
}

// needs is the permission without which nobody brings in records of a kind.
func needs(k Kind) perm.Permission {
	switch k {
	case Technicians:
		return perm.AdminTechnicians
	case Customers:
		return perm.AdminCustomers
	case Devices:
		return perm.AdminDevices
	}
	return perm.ContactEdit
}

// allowed checks what every step needs: that the actor may import, and may edit what the file holds.
func (s *Service) allowed(ctx context.Context, k Kind) error {
	if err := s.Guard.Check(ctx, perm.AdminImport, access.Object{Type: "organization"}); err != nil {
		return err
	}
	return s.Guard.Holds(ctx, needs(k))
}

// Find returns an import that the actor may work on.
func (s *Service) Find(ctx context.Context, id string) (Import, error) {
	i, err := byID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return Import{}, err
	}
	return i, s.allowed(ctx, i.Kind)
}

// List returns the imports of the kinds that the actor may work on, the newest first.
func (s *Service) List(ctx context.Context, page store.Page) ([]Import, string, error) {
	if err := s.Guard.Check(ctx, perm.AdminImport, access.Object{Type: "organization"}); err != nil {
		return nil, "", err
	}
	var kinds []string
	for _, k := range columns.Kinds() {
		if s.Guard.Holds(ctx, needs(k)) == nil {
			kinds = append(kinds, string(k))
		}
	}
	return list(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, kinds, page)
}

// Results returns what became of rows, or what would, in the order of the file.
func (s *Service) Results(ctx context.Context, id string, outcome Outcome, page store.Page) ([]Result, string, error) {
	i, err := s.Find(ctx, id)
	if err != nil {
		return nil, "", err
	}
	return results(ctx, s.DB.Read(), i, outcome, page)
}

func (s *Service) record(ctx context.Context, tx *store.Tx, i Import, action string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	detail["kind"], detail["rows"] = string(i.Kind), i.Rows
	err := s.Audit.Record(ctx, tx, audit.Event{
		Action: action, Targets: []audit.Target{{Type: "import", ID: i.ID, Name: i.FileName}}, Detail: detail,
	})
	if err != nil {
		return fmt.Errorf("record %s of %s: %w", action, i.ID, err)
	}
	return s.tell(ctx, tx, i)
}

func (s *Service) tell(ctx context.Context, tx *store.Tx, i Import) error {
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "import.changed", ID: i.ID, Needs: perm.AdminImport, Data: map[string]string{"state": string(i.State)},
	})
}
