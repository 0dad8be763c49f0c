package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// What somebody sets about is told, with its outcome; what only looks is not.
func TestOnlyWhatSomebodySetsAboutIsTold(t *testing.T) {
	guard := open(t)
	var told []string
	guard.Observe(func(d access.Decision) {
		told = append(told, fmt.Sprint(d.OrgID, " ", d.TechnicianID, " ", d.Permission, " ", d.On.Type, " ", d.On.ID, " ", d.Outcome))
		if d.At.IsZero() {
			t.Error("no time")
		}
	})
	tom := access.Actor{OrgID: "o", Kind: access.Technician, ID: "tom", Role: perm.Technician}
	with := func(change func(*access.Actor)) context.Context {
		a := tom
		change(&a)
		return access.WithActor(t.Context(), a)
	}
	ctx := with(func(*access.Actor) {})
	mine := access.Object{Type: "contact", ID: "c", CustomerID: "mine"}
	for name, tc := range map[string]struct {
		ask  func() error
		want string
	}{
		"allowed": {func() error { return guard.Check(ctx, perm.ContactEdit, mine) }, "o tom contact.edit customer mine allow"},
		"with a token": {func() error {
			return guard.Check(with(func(a *access.Actor) { a.Kind = access.Token }), perm.ContactEdit, mine)
		}, "o tom contact.edit customer mine allow"},
		"denied":       {func() error { return guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"}) }, "o tom admin.settings organization  deny"},
		"out of scope": {func() error { return guard.Check(ctx, perm.AdminSettings, access.Object{CustomerID: "theirs"}) }, "o tom admin.settings customer theirs deny"},
		"takes an approval": {func() error {
			return guard.Check(with(func(a *access.Actor) { a.Role = perm.Manager }), perm.DeviceDelete, access.Object{Type: "device", ID: "none"})
		}, "o tom device.delete device none deny"},
		"into a route":     {func() error { return guard.Enter(ctx, perm.TicketView) }, "o tom ticket.view   allow"},
		"not into a route": {func() error { return guard.Enter(ctx, perm.AdminAudit) }, "o tom admin.audit   deny"},
		"without a thing":  {func() error { return guard.Check(ctx, perm.TicketView, access.Object{}) }, "o tom ticket.view   allow"},

		"signed in": {func() error { return guard.Enter(ctx, perm.SignedIn) }, ""},
		"held":      {func() error { return guard.Holds(ctx, perm.TicketView) }, ""},
		"a list":    {func() error { _, err := guard.Customers(ctx, perm.TicketView); return err }, ""},
		"one of a list, to do something": {func() error {
			s, err := guard.Customers(ctx, perm.TicketEdit)
			if err == nil && s.Uses("mine") && !s.Uses("") && !s.Has("theirs") {
				return nil
			}
			return errors.Join(err, errors.New("refused"))
		}, "o tom ticket.edit customer mine allow"},
		"one of a list, looking": {func() error {
			s, err := guard.Customers(access.Looking(ctx), perm.TicketEdit)
			s.Uses("mine")
			return err
		}, ""},
		"decide": {func() error {
			_, err := guard.Decide(ctx, perm.TicketView, engine.Target{Type: engine.Customer, ID: "mine"})
			return err
		}, ""},
		"looking": {func() error { return guard.Check(access.Looking(ctx), perm.ContactEdit, mine) }, ""},
		"an open page": {func() error {
			return guard.Check(with(func(a *access.Actor) { a.Passive = true }), perm.ContactEdit, mine)
		}, ""},
		"the server": {func() error {
			return guard.Check(access.WithActor(t.Context(), access.System("o")), perm.ContactEdit, mine)
		}, ""},
		"nobody": {func() error { return guard.Check(t.Context(), perm.ContactEdit, mine) }, ""},
		"beyond the token": {func() error {
			return guard.Check(with(func(a *access.Actor) { a.Ceiling = perm.Set{} }), perm.ContactEdit, mine)
		}, ""},
		"a rehearsal": {func() error {
			_, _, err := guard.Rehearse(ctx, func(ctx context.Context) { _ = guard.Check(ctx, perm.ContactEdit, mine) })
			return err
		}, ""},
		"what they may give": {func() error {
			return guard.MayGive(ctx, []perm.Permission{perm.ContactEdit}, nil, engine.Target{Type: engine.AllCustomers})
		}, ""},
	} {
		told = nil
		_ = tc.ask()
		var want []string
		if tc.want != "" {
			want = []string{tc.want}
		}
		if !slices.Equal(told, want) {
			t.Errorf("%s: told %q, want %q", name, told, want)
		}
	}
	if access.ActorFrom(access.Looking(ctx)).ID != "tom" {
		t.Error("who looks is somebody else")
	}
}

// An approval that was there makes an outcome of its own.
func TestWhatWasApprovedIsToldApart(t *testing.T) {
	guard := open(t)
	on := engine.Target{Type: engine.Customer, ID: "mine"}
	var told []engine.Outcome
	guard.Observe(func(d access.Decision) { told = append(told, d.Outcome) })
	ctx := access.WithActor(t.Context(), access.Actor{OrgID: "o", Kind: access.Technician, ID: "tom", Role: perm.Technician})
	e, err := guard.Engine(ctx, "o")
	if err != nil {
		t.Fatal(err)
	}
	e.Write(func(w *engine.Writer) {
		w.PutRole("role", engine.Role{Permissions: []perm.Permission{perm.MessageBroadcast}})
		w.PutGrant("grant", engine.Grant{Subject: "tom", Role: "role", On: on})
	})
	o := access.Object{Type: "customer", ID: "mine", CustomerID: "mine"}
	if err := guard.Check(ctx, perm.MessageBroadcast, o); err == nil {
		t.Error("nobody approved")
	}
	if err := guard.Check(access.WithApproved(ctx, access.Approved{Permission: perm.MessageBroadcast, On: on}), perm.MessageBroadcast, o); err != nil {
		t.Error(err)
	}
	if !slices.Equal(told, []engine.Outcome{engine.NeedsApproval, access.OutcomeApproved}) {
		t.Error(told)
	}
}
