package portal_test

import (
	"testing"

	"countersign.dev/countersign/internal/access/portal"
)

// POR-2, cell by cell: y at the own company alone, Y at further ones too.
func TestTheTableOfPortalRoles(t *testing.T) {
	actions := []portal.Action{portal.OwnTickets, portal.UserTickets, portal.Chats, portal.Invoices, "device.view", ""}
	for role, want := range map[portal.Role]string{
		portal.Member: "y-y---", portal.AccountingUser: "Y-yY--", portal.Manager: "YYyy--", portal.Admin: "YYyY--", "owner": "------", "": "------",
	} {
		u := portal.User{Role: role, Company: "acme", Others: []string{"globex"}}
		for i, a := range actions {
			for customer, may := range map[string]bool{"acme": want[i] != '-', "globex": want[i] == 'Y', "initech": false, "": false} {
				if u.May(a, customer) != may {
					t.Errorf("%s, %s at %q: %v", role, a, customer, !may)
				}
			}
		}
	}
	if (portal.User{Role: portal.Admin}).May(portal.OwnTickets, "") {
		t.Error("who belongs to no company may do something at none")
	}
}
