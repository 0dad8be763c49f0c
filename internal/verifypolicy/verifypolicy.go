// Package verifypolicy says how the callers of each customer are verified: by which methods, how strongly for what, and what technicians
// are reminded of (VER-7).
package verifypolicy

import (
	"context"
	"fmt"
	"maps"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
)

// Action is something that callers ask for and that takes a proof of a certain level.
type Action string

// The actions, from the most harmless on.
const (
	GeneralQuestion Action = "general_question"
	RemoteSession   Action = "remote_session"
	PhoneChange     Action = "phone_change" // another number or address on file
	PasswordReset   Action = "password_reset"
	MFAReset        Action = "mfa_reset"
	BankData        Action = "bank_data"
	AdminGrant      Action = "admin_grant"
)

// Actions lists the actions in the order in which they are shown.
func Actions() []Action {
	return []Action{GeneralQuestion, RemoteSession, PhoneChange, PasswordReset, MFAReset, BankData, AdminGrant}
}

// Known says whether a is one of the actions.
func (a Action) Known() bool {
	_, ok := usualLevels()[a]
	return ok
}

// usualLevels are what an organization starts with: what hands out access takes more than a text message can prove (R13, M9). The change
// of an address takes any proof, since the new one is held for days before it proves more than a mailbox.
func usualLevels() map[Action]int {
	return map[Action]int{GeneralQuestion: 1, RemoteSession: 2, PhoneChange: 1, PasswordReset: 3, MFAReset: 3, BankData: 3, AdminGrant: 4}
}

// Usual values of a policy.
const (
	usualHold = 72 * time.Hour
	maxHold   = 30 * 24 // hours
	maxBanner = 300
	topLevel  = 4 // L5 has no method yet
)

// Banner is what technicians see at a customer's tickets and contacts.
type Banner struct {
	Text  string `json:"text"`
	Color string `json:"color" enum:"blue,yellow,red,grey" doc:"its meaning is in the text"`
}

// Policy is what an organization, or one customer of it, wants different from what stands above it. Absent fields follow.
type Policy struct {
	Methods       []string          `json:"methods,omitempty" doc:"those that may be used, in the order in which they are offered; absent: all"`
	Levels        map[Action]string `json:"levels,omitempty" doc:"what each action takes, L0 to L4"`
	TwoMethods    *bool             `json:"two_methods,omitempty" doc:"two different methods at two different addresses count as L3"`
	HoldHours     *int              `json:"hold_hours,omitempty" doc:"how long a changed address proves no more than L1; 0 to 720"`
	ShieldMinutes *int              `json:"shield_minutes,omitempty" doc:"how long a proof counts; 1 to 1440"`
	NoteRequired  *bool             `json:"note_required,omitempty" doc:"verifying somebody else than the ticket's contact takes a note"`
	ConfirmDigits *bool             `json:"confirm_digits,omitempty" doc:"#confirm must carry two digits of the message"`
	ShowOnLoad    *bool             `json:"show_on_load,omitempty" doc:"the panel comes forward when a ticket is opened for the first time"`
	Banner        *Banner           `json:"banner,omitempty"`
}

// Rules are a policy with every blank filled. Where ShieldMinutes, NoteRequired or ConfirmDigits is nil, the settings of verification decide.
type Rules struct {
	Policy
	Required map[Action]int
	Hold     time.Duration
}

// Allows says whether a method may be used.
func (r Rules) Allows(method string) bool { return len(r.Methods) == 0 || r.rank(method) >= 0 }

func (r Rules) rank(method string) int {
	for i, m := range r.Methods {
		if m == method {
			return i
		}
	}
	return -1
}

// Before orders two methods as the policy does; those that it does not name come last, in the order in which they stand.
func (r Rules) Before(a, b string) int {
	x, y := r.rank(a), r.rank(b)
	switch {
	case x < 0 && y < 0:
		return 0
	case x < 0:
		return 1
	case y < 0:
		return -1
	}
	return x - y
}

// For returns the rules of a customer.
func For(ctx context.Context, q store.Querier, org, customerID string) (Rules, error) {
	found, err := policiesOf(ctx, q, org, customerID)
	if err != nil {
		return Rules{}, fmt.Errorf("read the verification policy of %s: %w", customerID, err)
	}
	return rulesFrom(found[""].policy, found[customerID].policy), nil
}

// rulesFrom lays policies over what is usual, each over those before it.
func rulesFrom(policies ...Policy) Rules {
	r := Rules{Required: usualLevels(), Hold: usualHold}
	for _, p := range policies {
		if p.Methods != nil {
			r.Methods = p.Methods
		}
		for a, l := range p.Levels {
			r.Required[a] = levelOf(l)
		}
		r.TwoMethods = or(p.TwoMethods, r.TwoMethods)
		r.ShieldMinutes = or(p.ShieldMinutes, r.ShieldMinutes)
		r.NoteRequired = or(p.NoteRequired, r.NoteRequired)
		r.ConfirmDigits = or(p.ConfirmDigits, r.ConfirmDigits)
		r.ShowOnLoad = or(p.ShowOnLoad, r.ShowOnLoad)
		if p.HoldHours != nil {
			r.HoldHours, r.Hold = p.HoldHours, time.Duration(*p.HoldHours)*time.Hour
		}
		if p.Banner != nil {
			r.Banner = p.Banner
		}
	}
	r.Levels = map[Action]string{}
	for a, l := range r.Required {
		r.Levels[a] = fmt.Sprintf("L%d", l)
	}
	return r
}

func or[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// levelOf reads "L3"; it is -1 for what is no level.
func levelOf(s string) int {
	if len(s) != 2 || s[0] != 'L' || s[1] < '0' || s[1] > '0'+topLevel {
		return -1
	}
	return int(s[1] - '0')
}

// Service lets administrators change policies.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	// methods lists the names of those that exist; it is asked late, since they are built above this.
	methods func() []string
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, methods func() []string) *Service {
	return &Service{db, guard, log, bus, methods}
}

// Stored is a policy as it was saved, and the rules that follow from it.
type Stored struct {
	Policy  Policy
	Rules   Rules
	Version int64 // 0: nothing is saved
}

// Get returns the policy of a customer, or with "" that of the organization.
func (s *Service) Get(ctx context.Context, customerID string) (Stored, error) {
	if err := s.mayRead(ctx, customerID); err != nil {
		return Stored{}, err
	}
	found, err := policiesOf(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, customerID)
	if err != nil {
		return Stored{}, err
	}
	own := found[customerID]
	rules := rulesFrom(found[""].policy)
	if customerID != "" {
		rules = rulesFrom(found[""].policy, own.policy)
	}
	return Stored{own.policy, rules, own.version}, nil
}

func (s *Service) mayRead(ctx context.Context, customerID string) error {
	if customerID == "" {
		return s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"})
	}
	c, err := customer.ByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, customerID)
	if err != nil {
		return err
	}
	return s.guard.Check(ctx, perm.CustomerView, c.Object())
}

// Save replaces a policy if it still has the version that the caller saw; the zero Policy follows what stands above it in everything.
func (s *Service) Save(ctx context.Context, customerID string, want Policy, version int64) error {
	if err := s.mayRead(ctx, customerID); err != nil {
		return err
	}
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"}); err != nil {
		return err
	}
	if err := want.check(s.methods()); err != nil {
		return err
	}
	org := access.ActorFrom(ctx).OrgID
	return s.db.Write(ctx, func(tx *store.Tx) error {
		found, err := policiesOf(ctx, tx, org, customerID)
		if err != nil {
			return err
		}
		if err := putPolicy(ctx, tx, org, customerID, want, version, store.Now()); err != nil {
			return err
		}
		target := audit.Target{Type: "organization", ID: org}
		if customerID != "" {
			target = audit.Target{Type: "customer", ID: customerID}
		}
		err = s.audit.Record(ctx, tx, audit.Event{
			Action: "settings.verification_policy", CustomerID: customerID, Targets: []audit.Target{target},
			Before: found[customerID].policy.fields(), After: want.fields(),
		})
		if err != nil {
			return err
		}
		return s.events.Publish(ctx, tx, events.Event{Kind: "verification_policy.changed", ID: customerID, CustomerID: customerID, Needs: perm.VerificationRun})
	})
}

// fields are what the record tells of a policy.
func (p Policy) fields() map[string]any {
	out := map[string]any{}
	if p.Methods != nil {
		out["methods"] = p.Methods
	}
	for a, l := range maps.All(p.Levels) {
		out["level_"+string(a)] = l
	}
	put := func(name string, v any, set bool) {
		if set {
			out[name] = v
		}
	}
	put("two_methods", value(p.TwoMethods), p.TwoMethods != nil)
	put("hold_hours", value(p.HoldHours), p.HoldHours != nil)
	put("shield_minutes", value(p.ShieldMinutes), p.ShieldMinutes != nil)
	put("note_required", value(p.NoteRequired), p.NoteRequired != nil)
	put("confirm_digits", value(p.ConfirmDigits), p.ConfirmDigits != nil)
	put("show_on_load", value(p.ShowOnLoad), p.ShowOnLoad != nil)
	if p.Banner != nil {
		put("banner", p.Banner.Text, true)
	}
	return out
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
