package engine_test

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/portal"
	"countersign.dev/countersign/internal/spectest"
)

// The worked cases lie beside the project, not in it.
func cases(t *testing.T) (all []workedCase) {
	t.Helper()
	b, err := os.ReadFile(spectest.Beside(t, filepath.Join("shared", "cases", "access_cases_public.json")))
	var file struct{ Cases []workedCase }
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

type workedCase struct {
	Name  string
	Setup struct {
		Now       time.Time
		Customers []struct {
			ID       string
			Defaults []string
		}
		Groups      []caseGroup
		Devices     []caseDevice
		Departments []struct {
			ID                 string
			Members, Customers []string
		}
		Technicians []struct {
			ID           string
			State        string
			Status       string
			PlatformRole perm.Role `json:"platform_role"`
			Customers    []string
		}
		Roles []struct {
			ID, Purpose string
			Permissions []string
		}
		Grants []struct {
			ID, To, Role, On string
			caseTimes
		}
		Overrides []struct {
			ID, To, Effect, Permission, On string
			caseTimes
		}
		Approvals []struct {
			ID, By, Permission, On, State string
			caseTimes
		}
		Sensitive   []string
		Invitations []struct{ ID, By string }
		PortalUsers []struct {
			ID, Company string
			Role        portal.Role
			Others      []string `json:"other_companies"`
		} `json:"portal_users"`
		Steps []caseStep
	}
	Query struct {
		Kind, Subject, Permission, On, Section string
		At                                     *time.Time
	}
	Expected struct {
		Decision    engine.Outcome
		Reason      engine.Reason
		Because     []string
		Devices     []string
		Technicians []string
		Invitations []string
		Visible     bool
	}
}

type caseTimes struct {
	NotBefore time.Time `json:"not_before"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (c caseTimes) times() engine.Times { return engine.Times{From: c.NotBefore, Until: c.ExpiresAt} }

type caseGroup struct{ ID, Parent, Customer string }

type caseDevice struct{ ID, Group, Customer string }

type caseStep struct {
	Op, ID, Parent, Department, Technician string
	Group                                  caseGroup
	Device                                 caseDevice
}

// named gives a thing of a case an id; "" has none.
func named(kind, name string) string {
	if name == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(kind + " " + name))
	return uuid.Must(uuid.FromBytes(append(sum[:8:8], append([]byte{sum[8]&0x3f | 0x80}, sum[9:16]...)...))).String()
}

// words are the permissions of the cases that are called otherwise here.
var words = strings.NewReplacer(
	"devices.screen_view", "device.screen.view", "devices.screen_control", "device.screen.control", "devices.screen_preview", "device.preview",
	"devices.file_manager", "device.files", "devices.terminal_mode", "device.terminal", "devices.wake_up", "device.wake", "devices.device_modify", "device.modify",
	"devices.device_delete", "device.delete", "devices.wipe", "device.lock", "devices.", "device.",
	"invitations.own_invitations", "invitation.own", "invitations.all_invitations", "invitation.all", "invitations.screen_view", "invitation.screen.view",
	"administration.audit_log", "admin.audit", "administration.technicians_and_team_settings", "admin.technicians", "administration.permanent_access", "admin.permanent_access",
)

func permission(name string) perm.Permission {
	if name == "*" {
		return ""
	}
	return perm.Permission(words.Replace(name))
}

func permissions(purpose string, names []string) (out []perm.Permission) {
	for _, name := range names {
		if purpose != "" {
			name = purpose + "." + name
		}
		out = append(out, permission(name))
	}
	return out
}

func subject(ref string) string {
	kind, name, _ := strings.Cut(ref, ":")
	return named(kind, name)
}

// targets are what a reference means; "*" is all of them.
func targets(ref string) []engine.Target {
	kind, name, _ := strings.Cut(ref, ":")
	switch {
	case ref == "*":
		return []engine.Target{{Type: engine.AllDevices}, {Type: engine.AllCustomers}, {Type: engine.Organization}, {Type: engine.QuickSupport}}
	case ref == "section:quick_support":
		return []engine.Target{{Type: engine.QuickSupport}}
	case kind == "section":
		return []engine.Target{{Type: engine.Organization}}
	}
	return []engine.Target{{Type: map[string]engine.Type{"device": engine.Device, "group": engine.DeviceGroup, "customer": engine.Customer}[kind], ID: named(kind, name)}}
}

func (c *workedCase) build() *engine.Engine {
	e, s := engine.New(), c.Setup
	e.Write(func(w *engine.Writer) {
		w.SetOrganization(engine.Org{Sensitive: permissions("", s.Sensitive)})
		for _, x := range s.Customers {
			w.PutCustomer(named("customer", x.ID), engine.Client{Defaults: permissions("", x.Defaults)})
		}
		for _, x := range s.Groups {
			w.PutGroup(named("group", x.ID), named("group", x.Parent), named("customer", x.Customer))
		}
		for _, x := range s.Devices {
			w.PutDevice(named("device", x.ID), named("group", x.Group), named("customer", x.Customer))
		}
		for _, x := range s.Technicians {
			id := named("technician", x.ID)
			active := (x.Status == "" || x.Status == "active") && (x.State == "" || x.State == "activated" || x.State == "owner")
			w.PutTechnician(id, engine.Person{Active: active, Owner: x.State == "owner", Role: x.PlatformRole})
			for _, customer := range x.Customers {
				w.Assign(id, named("customer", customer))
			}
		}
		for _, x := range s.Departments {
			id := named("department", x.ID)
			w.PutTeam(id)
			for _, member := range x.Members {
				w.Join(id, named("technician", member))
			}
			for _, customer := range x.Customers {
				w.Assign(id, named("customer", customer))
			}
		}
		for _, x := range s.Roles {
			w.PutRole(named("role", x.ID), engine.Role{Permissions: permissions(x.Purpose, x.Permissions)})
		}
		for _, x := range s.Grants {
			w.PutGrant(named("rule", x.ID), engine.Grant{Subject: subject(x.To), Role: named("role", x.Role), On: targets(x.On)[0], Times: x.times()})
		}
		for _, x := range s.Overrides {
			for _, on := range targets(x.On) {
				w.PutOverride(named("rule", x.ID), engine.Override{Subject: subject(x.To), Deny: x.Effect == "deny", Permission: permission(x.Permission), On: on, Times: x.times()})
			}
		}
		for _, x := range s.Approvals {
			if x.State == "approved" || x.State == "" {
				w.PutApproval(engine.Approval{Technician: named("technician", x.By), Permission: permission(x.Permission), On: targets(x.On)[0], Times: x.times()})
			}
		}
	})
	for _, step := range s.Steps {
		e.Write(func(w *engine.Writer) { c.step(w, step) })
	}
	return e
}

func (c *workedCase) step(w *engine.Writer, s caseStep) {
	switch s.Op {
	case "leave_department":
		w.Leave(named("department", s.Department), named("technician", s.Technician))
	case "delete_department":
		w.DropSubject(named("department", s.ID))
	case "delete_role":
		w.DropRole(named("role", s.ID))
	case "move_group":
		at := slices.IndexFunc(c.Setup.Groups, func(g caseGroup) bool { return g.ID == s.ID })
		w.PutGroup(named("group", s.ID), named("group", s.Parent), named("customer", c.Setup.Groups[at].Customer))
	case "delete_group":
		w.DropPlace(named("group", s.ID))
	case "add_group":
		w.PutGroup(named("group", s.Group.ID), named("group", s.Group.Parent), named("customer", s.Group.Customer))
	case "add_device":
		w.PutDevice(named("device", s.Device.ID), named("group", s.Device.Group), named("customer", s.Device.Customer))
	default:
		panic("a step that nothing here can do: " + s.Op)
	}
}

func TestWorkedCases(t *testing.T) {
	ran := 0
	for _, c := range cases(t) {
		if c.Query.Kind == "write" {
			continue // asked of the whole server in internal/app
		}
		ran++
		t.Run(c.Name, func(t *testing.T) {
			if strings.HasPrefix(c.Query.Subject, "portal_user:") {
				c.askPortal(t)
			} else {
				c.ask(t, c.build())
			}
		})
	}
	if ran < 30 {
		t.Errorf("only %d cases ran", ran)
	}
}

func (c *workedCase) ask(t *testing.T, e *engine.Engine) {
	now, who := c.Setup.Now, subject(c.Query.Subject)
	if c.Query.At != nil {
		now = *c.Query.At
	}
	switch c.Query.Kind {
	case "check":
		c.check(t, e.Explain(now, who, permission(c.Query.Permission), targets(c.Query.On)[0]))
	case "list_devices":
		same(t, sorted(e.Devices(now, who, permission(c.Query.Permission))), "device", c.Expected.Devices)
	case "who_can":
		same(t, sorted(e.Who(now, permission(c.Query.Permission), targets(c.Query.On)[0])), "technician", c.Expected.Technicians)
	case "list_invitations":
		may := e.Permissions(now, who, engine.Target{Type: engine.QuickSupport})
		var seen []string
		for _, i := range c.Setup.Invitations {
			if slices.Contains(may, perm.InvitationAll) || slices.Contains(may, perm.InvitationOwn) && named("technician", i.By) == who {
				seen = append(seen, i.ID)
			}
		}
		if !slices.Equal(seen, c.Expected.Invitations) {
			t.Errorf("sees %v, want %v", seen, c.Expected.Invitations)
		}
	case "section_visible":
		visible := len(e.Devices(now, who, perm.DeviceView)) > 0 || e.Check(now, who, perm.AdminPermanentAccess, engine.Target{Type: engine.Organization}) == engine.Allow
		if visible != c.Expected.Visible {
			t.Errorf("visible is %v", visible)
		}
	default:
		t.Fatalf("a kind of question that nothing here answers: %s", c.Query.Kind)
	}
}

func (c *workedCase) askPortal(t *testing.T) {
	actions := map[string]portal.Action{
		"tickets.view": portal.OwnTickets, "tickets.view_own": portal.OwnTickets, "tickets.view_others": portal.UserTickets, "chats.view": portal.Chats, "invoices.view": portal.Invoices,
	}
	_, customer, _ := strings.Cut(c.Query.On, ":")
	got := engine.Deny
	for _, u := range c.Setup.PortalUsers {
		if "portal_user:"+u.ID == c.Query.Subject && (portal.User{Role: u.Role, Company: u.Company, Others: u.Others}).May(actions[c.Query.Permission], customer) {
			got = engine.Allow
		}
	}
	if _, ok := actions[c.Query.Permission]; !ok || got != c.Expected.Decision {
		t.Errorf("%s, want %s", got, c.Expected.Decision)
	}
}

func (c *workedCase) check(t *testing.T, d engine.Decision) {
	if d.Outcome != c.Expected.Decision || c.Expected.Reason != "" && d.Reason != c.Expected.Reason {
		t.Errorf("%s %s, want %s %s (%+v)", d.Outcome, d.Reason, c.Expected.Decision, c.Expected.Reason, d)
	}
	if c.Expected.Because == nil {
		return
	}
	var because []string
	for _, p := range d.Because {
		switch p.By {
		case engine.ByGrant, engine.ByOverride:
			because = append(because, p.ID)
		case engine.ByPlatformRole:
			because = append(because, "platform_role:"+p.ID)
		default:
			because = append(because, string(p.By))
		}
	}
	var want []string
	for _, b := range c.Expected.Because {
		if len(b) < 4 {
			b = named("rule", b)
		}
		want = append(want, b)
	}
	slices.Sort(because)
	slices.Sort(want)
	if !slices.Equal(because, want) {
		t.Errorf("because of %v, want %v", because, want)
	}
}

func same(t *testing.T, got []string, kind string, names []string) {
	var want []string
	for _, name := range names {
		want = append(want, named(kind, name))
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %d ids, want those of %v", len(got), names)
	}
}
