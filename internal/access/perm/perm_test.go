package perm_test

import (
	"slices"
	"testing"

	"countersign.dev/countersign/internal/access/perm"
)

func TestTheCatalogueIsSound(t *testing.T) {
	seen := map[perm.Permission]bool{}
	for i, e := range perm.Catalog() {
		if seen[e.Name] || e.Title == "" || e.Description == "" || e.Category == "" {
			t.Errorf("%+v", e)
		}
		seen[e.Name] = true
		if place, ok := perm.Place(e.Name); !ok || place != i || !perm.BitAt(i).Any(perm.BitsOf(e.Name)) {
			t.Errorf("%s has place %d, want %d", e.Name, place, i)
		}
	}
	if n := len(seen); n > 128 {
		t.Errorf("%d permissions do not fit into Bits", n)
	}
}

func TestBits(t *testing.T) {
	b := perm.BitsOf(perm.LicensingCspManage, perm.AdminAudit, "nothing.known")
	if got := b.Permissions(); !slices.Equal(got, []perm.Permission{perm.AdminAudit, perm.LicensingCspManage}) {
		t.Errorf("%v", got)
	}
	if b.Closed() != b || !perm.BitsOf(perm.DeviceWake).Closed().Any(perm.BitsOf(perm.DeviceView)) {
		t.Error("what is done with a device implies that it is seen, and nothing else does")
	}
	if got := perm.BitsOf(perm.DeviceView).Spread(); !got.Any(perm.BitsOf(perm.DeviceWake)) || got.Any(perm.BitsOf(perm.AdminAudit)) {
		t.Errorf("without seeing: %v", got.Permissions())
	}
	if got := b.Without(perm.BitsOf(perm.AdminAudit)).Or(perm.BitsOf(perm.TicketView)).And(perm.BitsOf(perm.TicketView)).Permissions(); !slices.Equal(got, []perm.Permission{perm.TicketView}) {
		t.Errorf("%v", got)
	}
}

// What the platform roles begin with (ACC-8, D-3, D-4).
func TestBases(t *testing.T) {
	for role, tc := range map[perm.Role]struct{ has, lacks []perm.Permission }{
		perm.Administrator: {[]perm.Permission{perm.AdminAudit, perm.DeviceTerminal, perm.InvitationAll, perm.EndpointWipe}, nil},
		perm.Manager:       {[]perm.Permission{perm.CustomerEdit, perm.DeviceTerminal, perm.ApprovalDecide, perm.ChatAnswer}, []perm.Permission{perm.AdminAudit, perm.InvitationOwn}},
		perm.Technician:    {[]perm.Permission{perm.TicketEdit, perm.VerificationRun, perm.SecretSend, perm.IdentityPasswordsReset}, []perm.Permission{perm.DeviceView, perm.ChatAnswer, perm.CustomerEdit, perm.AdminAudit}},
		perm.ReadOnly:      {[]perm.Permission{perm.TicketView, perm.DeviceView, perm.DevicePreview, perm.ReportView}, []perm.Permission{perm.AdminAudit, perm.DeviceScreenView, perm.TicketEdit}},
	} {
		for _, p := range tc.has {
			if !role.Base().Any(perm.BitsOf(p)) {
				t.Errorf("%s lacks %s", role, p)
			}
		}
		for _, p := range tc.lacks {
			if role.Base().Any(perm.BitsOf(p)) {
				t.Errorf("%s has %s", role, p)
			}
		}
	}
}
