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
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/technician"
)

// Kind is what a file holds.
type Kind string

// The kinds.
const (
	Technicians Kind = "technicians"
	Customers   Kind = "customers"
	Contacts    Kind = "contacts"
	Devices     Kind = "devices"
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Technicians, Customers, Contacts, Devices} }

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

// Column is one column of a file.
type Column struct {
	Name    string   `json:"name"`
	Samples []string `json:"samples"` // the first few values that are not empty
}

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
	Columns     []Column
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
}

// The tasks of this slice.
const (
	TaskCheck = "import.check"
	TaskApply = "import.apply"
)

// New returns a Service and lets the tasks know what it does.
func New(d Deps) *Service {
	s := &Service{d}
	d.Tasks.Handle(TaskCheck, s.work)
	d.Tasks.Handle(TaskApply, s.work)
	return s
}

// needs is the permission without which nobody brings in records of a kind.
func (k Kind) needs() perm.Permission {
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
	return s.Guard.Holds(ctx, k.needs())
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
	for _, k := range Kinds() {
		if s.Guard.Holds(ctx, k.needs()) == nil {
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

// Map says which column is which field, and remembers it for the next file.
func (s *Service) Map(ctx context.Context, id string, mapping map[string]int, o Options) (i Import, err error) {
	if i, err = s.Find(ctx, id); err != nil {
		return i, err
	}
	if err := checkMapping(i, mapping); err != nil {
		return Import{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if i, err = lock(ctx, tx, i); err != nil {
			return err
		}
		if i.State.Busy() || i.State == Applied {
			return errBusy
		}
		i.Mapping, i.Options, i.State, i.Counts = mapping, o, Uploaded, Counts{}
		if err := remember(ctx, tx, i); err != nil {
			return err
		}
		if err := clearRows(ctx, tx, i); err != nil {
			return err
		}
		return update(ctx, tx, &i)
	})
	return i, err
}

// Check starts to find out what would become of each row.
func (s *Service) Check(ctx context.Context, id string) (Import, error) {
	return s.start(ctx, id, TaskCheck, Checking)
}

// Apply starts to do it.
func (s *Service) Apply(ctx context.Context, id string) (Import, error) {
	return s.start(ctx, id, TaskApply, Applying)
}

// order is what the task of an import works on.
type order struct {
	Import   string `json:"import"`
	Kind     Kind   `json:"kind"`
	FileName string `json:"file_name"`
	Apply    bool   `json:"apply"`
}

// TaskData is what people see of it.
func (o order) TaskData() map[string]string {
	return map[string]string{"import_id": o.Import, "kind": string(o.Kind), "file_name": o.FileName}
}

func (s *Service) start(ctx context.Context, id, what string, state State) (i Import, err error) {
	if i, err = s.Find(ctx, id); err != nil {
		return i, err
	}
	if err := checkMapping(i, i.Mapping); err != nil {
		return Import{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if i, err = lock(ctx, tx, i); err != nil {
			return err
		}
		switch {
		case i.State.Busy():
			return errBusy
		case i.State == Applied:
			return errApplied
		case state == Applying && i.State != Checked && i.State != Failed && i.State != Canceled:
			return errUnchecked
		}
		t, err := s.Tasks.Start(ctx, tx, what, i.Rows, order{i.ID, i.Kind, i.FileName, state == Applying})
		if err != nil {
			return err
		}
		i.State, i.TaskID, i.Counts = state, t.ID, Counts{}
		if err := clearRows(ctx, tx, i); err != nil {
			return err
		}
		if err := update(ctx, tx, &i); err != nil {
			return err
		}
		if state == Checking {
			return s.tell(ctx, tx, i)
		}
		return s.record(ctx, tx, i, "import.start", map[string]any{"options": i.Options, "fields": fieldNames(i.Mapping)})
	})
	return i, err
}

// Cancel stops the task of an import. What it has brought in stays.
func (s *Service) Cancel(ctx context.Context, id string) (i Import, err error) {
	if i, err = s.Find(ctx, id); err != nil {
		return i, err
	}
	if i.TaskID == "" || !i.State.Busy() {
		return i, errIdle
	}
	if _, err := s.Tasks.Cancel(ctx, i.TaskID); err != nil {
		return Import{}, err
	}
	return s.Find(ctx, id)
}

// Finished takes up the end of a task; the app has it called.
func (s *Service) Finished(ctx context.Context, tx *store.Tx, t task.Task) error {
	if t.Kind != TaskCheck && t.Kind != TaskApply {
		return nil
	}
	i, err := lock(ctx, tx, Import{OrgID: t.OrgID, ID: t.Data["import_id"]})
	if err != nil || i.TaskID != t.ID {
		return ignoreGone(err)
	}
	switch {
	case t.Kind == TaskCheck && t.State == task.Done:
		i.State = Checked
	case t.Kind == TaskCheck:
		i.State = Uploaded // the task says why
	case t.State == task.Done:
		i.State = Applied
	case t.State == task.Canceled:
		i.State = Canceled
	default:
		i.State = Failed
	}
	if err := update(ctx, tx, &i); err != nil {
		return err
	}
	if t.Kind == TaskCheck {
		return s.tell(ctx, tx, i)
	}
	return s.record(ctx, tx, i, "import.finish", map[string]any{
		"state": string(i.State), "created": i.Counts.Create, "updated": i.Counts.Update, "unchanged": i.Counts.Skip, "refused": i.Counts.Refused,
	})
}

// Delete forgets a file and what is known of its rows. What it brought in stays.
func (s *Service) Delete(ctx context.Context, id string) error {
	i, err := s.Find(ctx, id)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if i, err = lock(ctx, tx, i); err != nil {
			return err
		}
		if i.State == Checking || i.State == Applying {
			return errBusy
		}
		if err := remove(ctx, tx, i); err != nil {
			return err
		}
		return s.record(ctx, tx, i, "import.delete", nil)
	})
}

// Sweep forgets files a month after the last step, and those that broke off on their way here.
func (s *Service) Sweep(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		now := store.Now()
		return forget(ctx, tx, now.Add(-keepFor), now.Add(-time.Hour))
	})
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
