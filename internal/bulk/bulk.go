// Package bulk does one thing to many technicians, as a task that everybody can watch.
package bulk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// Action says what is done to each technician.
type Action string

// The actions (PEO-37).
const (
	AssignRole        Action = "assign_role"
	AddToTeam         Action = "add_to_team"
	RemoveFromTeam    Action = "remove_from_team"
	AssignCustomers   Action = "assign_customers"
	RemoveCustomers   Action = "remove_customers"
	ResetPasswords    Action = "reset_passwords"
	RequireMFA        Action = "require_mfa"
	RevokeAccess      Action = "revoke_access" // sessions and tokens
	Suspend           Action = "suspend"
	Reactivate        Action = "reactivate"
	Notify            Action = "notify"
	DeleteInvitations Action = "delete_invitations" // of those who never came
	Delete            Action = "delete"             // of those who have left or never came (PEO-8)
)

// Kind is what the tasks are called.
const Kind = "technician.bulk"

const (
	maxPeople    = 10_000
	part         = 200 // people to whom an order is tried out in one transaction, for which everybody else who changes something may have to wait
	maxCustomers = 1000
	maxSubject   = 200
	maxBody      = 5000
	maxReason    = 500
)

var (
	errNobody  = fault.Field("/ids", "bulk.nobody", "Nobody is chosen.")
	errEither  = fault.Field("/filter", "bulk.ids_or_filter", "Choose technicians by their ids or by a filter, not by both.")
	errTooMany = fault.Field("/filter", "bulk.too_many", fmt.Sprintf("This is more than %d technicians at once. Narrow the filter.", maxPeople))
	errSame    = fault.New(fault.Conflict, "bulk.unchanged", "This is so already.")
	errCame    = fault.New(fault.Conflict, "bulk.not_an_invitation", "This technician has signed in already: there is no invitation to delete.")
	errTold    = fault.New(fault.Conflict, "bulk.not_active", "Only who is active and has signed in is told.")
)

// Order says what is to be done to whom.
type Order struct {
	Action      Action
	IDs         []string
	Filter      *technician.Query // instead of IDs: all whom it matches at the moment of the order
	Role        perm.Role
	OwnRoleID   string // a platform role of the organization that is based on Role; "" for what comes with that
	TeamID      string
	CustomerIDs []string
	Reason      string // of a suspension, for the audit log
	Message     Message
}

// Message is what Notify says.
type Message struct {
	Subject string        `json:"subject"`
	Body    string        `json:"body"`
	Ways    []message.Way `json:"ways"` // beside the bell of the console
}

// Deps are what a Service stands on.
type Deps struct {
	DB          *store.DB
	Guard       *access.Guard
	Audit       *audit.Log
	Technicians *technician.Service
	Tasks       *task.Service

	// ResetPassword takes the password from a technician whom the actor may manage, and mails a link to choose a new one.
	ResetPassword func(ctx context.Context, tx *store.Tx, t technician.Technician) error
	// EndAccess ends the sessions and deletes the tokens of a technician whom the actor may manage.
	EndAccess func(ctx context.Context, tx *store.Tx, t technician.Technician) error
	// Tell tells a technician something.
	Tell func(ctx context.Context, tx *store.Tx, technicianID string, m Message) error
}

// tryFor is for how long an order is tried out. Whoever was not reached by then is counted, and the preview says that it is about the others.
const tryFor = 15 * time.Second

// Service does one thing to many technicians.
type Service struct {
	Deps

	tryFor time.Duration
}

// New returns a Service and names it to the tasks.
func New(d Deps) *Service {
	s := &Service{d, tryFor}
	d.Tasks.Handle(Kind, s.run)
	return s
}

// payload is an order as a task keeps it: whom a filter means is settled when the order is given, since what it does may change whom the
// filter matches.
type payload struct {
	Action      Action    `json:"action"`
	IDs         []string  `json:"ids"`
	Role        perm.Role `json:"role,omitempty"`
	OwnRoleID   string    `json:"platform_role_id,omitempty"`
	OwnRole     string    `json:"platform_role_name,omitempty"`
	TeamID      string    `json:"team_id,omitempty"`
	TeamName    string    `json:"team_name,omitempty"`
	CustomerIDs []string  `json:"customer_ids,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Message     Message   `json:"message,omitzero"`
}

// TaskData is what people see of a payload.
func (p payload) TaskData() map[string]string {
	data := map[string]string{"action": string(p.Action)}
	for name, value := range map[string]string{"role": string(p.Role), "platform_role_name": p.OwnRole, "team_id": p.TeamID, "team_name": p.TeamName, "subject": p.Message.Subject} {
		if value != "" {
			data[name] = value
		}
	}
	return data
}

// Start begins an order as a task. It refuses what could be done to nobody, and what takes a second person; what may be done to whom is settled for each person.
func (s *Service) Start(ctx context.Context, o Order) (t task.Task, err error) {
	if err := s.Guard.Check(ctx, perm.AdminTechnicians, access.Object{Type: "technician"}); err != nil {
		return t, err
	}
	p, err := s.prepare(ctx, o)
	if err != nil {
		return t, err
	}
	if store.Rehearses(ctx) { // also what takes a second person, who is asked for what this shows
		return t, s.rehearse(ctx, p)
	}
	if err := large(ctx, len(p.IDs)); err != nil {
		return t, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		t, err = s.start(ctx, tx, p)
		return err
	})
	return t, err
}

// prepare checks what an order says and settles whom it means.
func (s *Service) prepare(ctx context.Context, o Order) (p payload, err error) {
	p = payload{Action: o.Action, Reason: o.Reason}
	if p, err = s.checked(ctx, p, o); err != nil {
		return p, err
	}
	p.IDs, err = s.people(ctx, o)
	return p, err
}

func (s *Service) checked(ctx context.Context, p payload, o Order) (payload, error) {
	var form input.Form
	p.Reason = form.Line("/reason", o.Reason, maxReason)
	switch o.Action {
	case AssignRole:
		if p.Role = o.Role; !p.Role.Valid() {
			form.Refuse("/role", "A role is administrator, manager, technician or read_only.")
		} else if o.OwnRoleID != "" {
			own, err := platformrole.Named(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID)
			if err != nil {
				return p, err
			}
			if r, ok := own[o.OwnRoleID]; !ok || r.ID != o.OwnRoleID {
				form.Refuse("/platform_role_id", "The organization has no such platform role, or no longer. Load the page again and choose another one.")
			} else if p.OwnRoleID, p.OwnRole = r.ID, r.Name; r.BasedOn != p.Role {
				form.Refuse("/platform_role_id", "This is based on another platform role. Choose that one in role.")
			}
		}
	case AddToTeam, RemoveFromTeam:
		t, err := team.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, o.TeamID)
		switch fault.KindOf(err) {
		case fault.NotFound:
			form.Refuse("/team_id", "There is no such team.")
		default:
			if err != nil {
				return p, err
			}
		}
		p.TeamID, p.TeamName = o.TeamID, t.Name
	case AssignCustomers, RemoveCustomers:
		if err := s.customers(ctx, &form, o.CustomerIDs); err != nil {
			return p, err
		}
		p.CustomerIDs = o.CustomerIDs
	case Notify:
		p.Message = checkMessage(&form, o.Message)
	case ResetPasswords, RequireMFA, RevokeAccess, Suspend, Reactivate, DeleteInvitations, Delete:
	default:
		form.Refuse("/action", "There is no such action.")
	}
	return p, form.Err()
}

func checkMessage(form *input.Form, m Message) Message {
	m.Subject = form.Required("/message/subject", m.Subject, maxSubject)
	if m.Body = form.Text("/message/body", m.Body, maxBody); m.Body == "" {
		form.Refuse("/message/body", "This is required.")
	}
	for i, way := range m.Ways {
		if way != message.Email && way != message.SMS {
			form.Refuse(fmt.Sprintf("/message/ways/%d", i), "A way is email or sms.")
		}
	}
	return m
}

// customers refuses those that the actor may not see.
func (s *Service) customers(ctx context.Context, form *input.Form, ids []string) error {
	switch {
	case len(ids) == 0:
		form.Refuse("/customer_ids", "Choose at least one customer.")
		return nil
	case len(ids) > maxCustomers:
		form.Refuse("/customer_ids", fmt.Sprintf("Choose up to %d customers.", maxCustomers))
		return nil
	}
	scope, err := s.Guard.Customers(ctx, perm.CustomerView)
	if err != nil && fault.KindOf(err) != fault.Denied {
		return err
	}
	known, err := knownCustomers(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, ids)
	if err != nil {
		return err
	}
	for i, id := range ids {
		if !scope.Has(id) || !known[id] {
			form.Refuse(fmt.Sprintf("/customer_ids/%d", i), "There is no such customer, or you may not see it.")
		}
	}
	return nil
}

func (s *Service) people(ctx context.Context, o Order) ([]string, error) {
	org := access.ActorFrom(ctx).OrgID
	switch {
	case o.Filter != nil && len(o.IDs) > 0:
		return nil, errEither
	case o.Filter != nil:
		ids, err := technician.IDs(ctx, s.DB.Read(), org, *o.Filter, maxPeople)
		switch {
		case err != nil:
			return nil, err
		case len(ids) > maxPeople:
			return nil, errTooMany
		case len(ids) == 0:
			return nil, errNobody
		}
		return ids, nil
	case len(o.IDs) == 0:
		return nil, errNobody
	}
	known, err := technician.ByIDs(ctx, s.DB.Read(), org, o.IDs)
	if err != nil {
		return nil, err
	}
	var form input.Form
	ids := make([]string, 0, len(o.IDs))
	for i, id := range o.IDs {
		if _, ok := known[id]; !ok {
			form.Refuse(fmt.Sprintf("/ids/%d", i), "There is no such technician.")
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids, form.Err()
}
