package engine_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

const (
	anna   = "0a000000-0000-7000-8000-00000000000a"
	acme   = "0c000000-0000-7000-8000-00000000000c"
	first  = "01000000-0000-7000-8000-000000000001"
	second = "02000000-0000-7000-8000-000000000002"
	laptop = "0d000000-0000-7000-8000-00000000000d"
	viewer = "0f000000-0000-7000-8000-00000000000f"
	given  = "0e000000-0000-7000-8000-00000000000e"
)

// one is a world of one technician, one role and one device in a group in a group.
func one(role perm.Role) *engine.Engine {
	e := engine.New()
	e.Write(func(w *engine.Writer) {
		w.SetOrganization(engine.Org{})
		w.PutTechnician(anna, engine.Person{Active: true, Role: role})
		w.PutCustomer(acme, engine.Client{})
		w.Assign(anna, acme)
		w.PutGroup(first, "", acme)
		w.PutGroup(second, first, acme)
		w.PutDevice(laptop, second, acme)
		w.PutRole(viewer, engine.Role{Permissions: []perm.Permission{perm.DeviceScreenView}})
		w.PutGrant(given, engine.Grant{Subject: anna, Role: viewer, On: engine.Target{Type: engine.DeviceGroup, ID: first}})
	})
	return e
}

func TestAnEmptyEngineRefusesEverything(t *testing.T) {
	for _, on := range []engine.Target{{Type: engine.Organization}, {Type: engine.AllDevices}, {Type: engine.Device, ID: laptop}, {}} {
		if got := engine.New().Check(time.Now(), anna, perm.DeviceView, on); got != engine.Deny {
			t.Errorf("%v: %s", on, got)
		}
	}
}

func TestARoleThatIsNoneHoldsNothing(t *testing.T) {
	if got := one("superuser").Check(time.Now(), anna, perm.DeviceScreenView, engine.Target{Type: engine.Device, ID: laptop}); got != engine.Deny {
		t.Error(got)
	}
}

// As in CVE-2026-55170, where another spelling of an id was the same.
func TestIdsHaveOneSpelling(t *testing.T) {
	e, now, on := one(perm.Technician), time.Now(), engine.Target{Type: engine.Device, ID: laptop}
	if got := e.Check(now, anna, perm.DeviceScreenView, on); got != engine.Allow {
		t.Fatal(got)
	}
	for _, id := range []string{strings.ToUpper(laptop), "{" + laptop + "}", "urn:uuid:" + laptop, strings.ReplaceAll(laptop, "-", ""), laptop + " ", ""} {
		if d := e.Explain(now, anna, perm.DeviceScreenView, engine.Target{Type: engine.Device, ID: id}); d.Reason != engine.NoSuchTarget {
			t.Errorf("%q: %s %s", id, d.Outcome, d.Reason)
		}
	}
	if d := e.Explain(now, strings.ToUpper(anna), perm.DeviceScreenView, on); d.Reason != engine.SubjectInactive {
		t.Errorf("the technician in capitals: %s %s", d.Outcome, d.Reason)
	}
}

// A circle of groups is refused where it is written. If there is one all the same, a list still holds what a check allows.
func TestACircleOfGroups(t *testing.T) {
	e, now := one(perm.Technician), time.Now()
	e.Write(func(w *engine.Writer) { w.PutGroup(first, second, acme) })
	d := e.Explain(now, anna, perm.DeviceScreenView, engine.Target{Type: engine.Device, ID: laptop})
	if d.Outcome != engine.Allow || len(d.Because) != 1 {
		t.Errorf("%+v", d)
	}
	if got := sorted(e.Devices(now, anna, perm.DeviceScreenView)); !slices.Equal(got, []string{laptop}) {
		t.Errorf("listed %v", got)
	}
}

// What was given on a customer is gone with it, also if the id should ever come again; until it does, what was the customer's is nobody's to see.
func TestADroppedCustomerLeavesNoWayIn(t *testing.T) {
	e, now, on := one(perm.Technician), time.Now(), engine.Target{Type: engine.Device, ID: laptop}
	e.Write(func(w *engine.Writer) { w.DropPlace(acme) })
	if d := e.Explain(now, anna, perm.DeviceScreenView, on); d.Reason != engine.CustomerOutOfScope {
		t.Errorf("dropped: %s %s", d.Outcome, d.Reason)
	}
	e.Write(func(w *engine.Writer) { w.PutCustomer(acme, engine.Client{}) })
	if d := e.Explain(now, anna, perm.DeviceScreenView, on); d.Reason != engine.CustomerOutOfScope {
		t.Errorf("made again: %s %s", d.Outcome, d.Reason)
	}
	if got := e.Devices(now, anna, perm.DeviceScreenView); len(got) != 0 {
		t.Errorf("listed %v", got)
	}
}
