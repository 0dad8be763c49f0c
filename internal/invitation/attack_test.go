package invitation_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/invitation"
	"countersign.dev/countersign/internal/recovery/recoverytest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

const (
	accept = "/api/session/invitation/accept"
	look   = "/api/session/invitation"
)

func each(t *testing.T, fn func(t *testing.T, w *recoverytest.World)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, recoverytest.New(t, db)) })
}

func with(token string) map[string]any {
	return map[string]any{"token": token, "password": "crimson turtle harbor"}
}

func TestAttack40AcceptWithMoreFields(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo, token := w.Invited(w.Owner, "bo", perm.Technician)
		for field, value := range map[string]any{
			"platform_role": "administrator", "owner": true, "status": "active", "state": "activated", "email": "mine@example.com", "customer_ids": []string{},
			"team_ids": []string{}, "mfa_required": false, "ui_access": true, "org_id": "x", "id": "x", "is_admin": true, "Password": "x", "__proto__": map[string]any{},
			"technician_id": w.Owner.ID, "allowed_networks": []string{}, "version": 7,
		} {
			body := with(token)
			body[field] = value
			a := w.Do("POST", accept, body)
			if a.Code != http.StatusUnprocessableEntity || a.Body["errors"] == nil || len(a.Cookies) != 0 {
				t.Errorf("with %s: %d %s", field, a.Code, a.Raw)
			}
		}
		if after := w.Find(bo); after.State != technician.Invitation || after.PlatformRole != perm.Technician || after.Version != bo.Version {
			t.Errorf("changed to %+v", after)
		}
		if a := w.Do("POST", accept, with(token)); a.Code != http.StatusOK {
			t.Errorf("the link is spent by what was refused: %d %s", a.Code, a.Raw)
		}
	})
}

func TestAttack41InviteEscalation(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		narrow := access.Actor{OrgID: w.Org.ID, Kind: access.Token, ID: w.Owner.ID, TokenID: "t", Role: perm.Administrator, Owner: true, Ceiling: perm.Set{perm.AdminTechnicians: true}}
		manager := w.Add("mia", perm.Manager)
		prepared := func(name string, role perm.Role) technician.Technician {
			p, err := w.Technicians.Create(w.By(w.Owner), technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: role}, "")
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		admin, reader := prepared("ada", perm.Administrator), prepared("rea", perm.ReadOnly)
		for name, err := range map[string]error{
			"a narrow token invites an administrator": second(w.Invitations.Send(access.WithActor(t.Context(), narrow), admin.ID)),
			"a narrow token invites a reader":         second(w.Invitations.Send(access.WithActor(t.Context(), narrow), reader.ID)),
			"a manager invites a reader":              second(w.Invitations.Send(w.By(manager), reader.ID)),
			"a manager withdraws":                     w.Invitations.Revoke(w.By(manager), reader.ID),
			"a manager looks":                         second(w.Invitations.Of(w.By(manager), reader.ID)),
		} {
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", name, err)
			}
		}
		if w.Audited("invitation.send", audit.Denied) != 2 {
			t.Error("refused invitations are not recorded")
		}
		// What the person who invited may do is asked again when the link is used.
		for name, fall := range map[string]func(by technician.Technician) error{
			"demoted":   func(by technician.Technician) error { return role(w, by, perm.Manager) },
			"suspended": func(by technician.Technician) error { return second(w.Technicians.Suspend(w.By(w.Owner), by.ID, "")) },
			"deleted": func(by technician.Technician) error {
				w.Exec(`update technician set status = 'inactive' where id = $1`, by.ID)
				return w.Technicians.Delete(w.By(w.Owner), by.ID, func(technician.Technician) error { return nil })
			},
		} {
			by := w.Add("by-"+name, perm.Administrator)
			high, highToken := w.Invited(by, name+"-high", perm.Administrator)
			low, lowToken := w.Invited(by, name+"-low", perm.ReadOnly)
			if err := fall(by); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for x, token := range map[string]string{high.ID: highToken, low.ID: lowToken} {
				a := w.Do("POST", accept, with(token))
				if a.Code != http.StatusForbidden || a.ErrorCode() != "invitation.inviter" || len(a.Cookies) != 0 {
					t.Errorf("%s: %d %s", name, a.Code, a.Raw)
				}
				if after := w.Find(technician.Technician{OrgID: w.Org.ID, ID: x}); after.State != technician.Invitation {
					t.Errorf("%s: %s came in", name, after.Name())
				}
			}
		}
		if w.Audited("invitation.accept", audit.Denied) != 6 {
			t.Error("refused acceptances are not recorded")
		}
		// A role that was widened meanwhile counts as it is now: an administrator could have given it, and a manager could not.
		x, token := w.Invited(w.Owner, "wide", perm.ReadOnly)
		if err := role(w, x, perm.Administrator); err != nil {
			t.Fatal(err)
		}
		w.Exec(`update invitation set sent_by = $1 where technician_id = $2`, manager.ID, x.ID)
		if a := w.Do("POST", accept, with(token)); a.ErrorCode() != "invitation.inviter" {
			t.Errorf("widened: %d %s", a.Code, a.Raw)
		}
	})
}

// forgetMails lets the next mail to an address be the first.
func forgetMails(w *recoverytest.World) {
	w.Exec(`update message_delivery set starts = false`)
	w.Exec(`delete from message_start`)
}

func second[T any](_ T, err error) error { return err }

func role(w *recoverytest.World, of technician.Technician, to perm.Role) error {
	return second(w.Technicians.Update(w.By(w.Owner), of.ID, func(t technician.Technician) (technician.Fields, error) {
		t.PlatformRole = to
		return t.Fields, nil
	}))
}

func email(w *recoverytest.World, of technician.Technician, to string) error {
	return second(w.Technicians.Update(w.By(w.Owner), of.ID, func(t technician.Technician) (technician.Fields, error) {
		t.Email = to
		return t.Fields, nil
	}))
}

func TestAttack42InviteHijack(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		owner := w.By(w.Owner)
		for name, tc := range map[string]struct {
			meanwhile func(bo technician.Technician) error
			want      string
		}{
			"withdrawn": {func(bo technician.Technician) error { return w.Invitations.Revoke(owner, bo.ID) }, "invitation.revoked"},
			"sent again": {func(bo technician.Technician) error {
				forgetMails(w)
				return second(w.Invitations.Send(owner, bo.ID))
			}, "invitation.replaced"},
			"another address": {func(bo technician.Technician) error { return email(w, bo, "other-"+bo.Email) }, "invitation.revoked"},
			"another address and back": {func(bo technician.Technician) error {
				if err := email(w, bo, "other-"+bo.Email); err != nil {
					return err
				}
				return email(w, bo, bo.Email)
			}, "invitation.revoked"},
			"suspended": {func(bo technician.Technician) error { return second(w.Technicians.Suspend(owner, bo.ID, "")) }, "invitation.revoked"},
			"suspended and back": {func(bo technician.Technician) error {
				if _, err := w.Technicians.Suspend(owner, bo.ID, ""); err != nil {
					return err
				}
				return second(w.Technicians.Reactivate(owner, bo.ID))
			}, "invitation.revoked"},
			"deleted": {func(bo technician.Technician) error {
				return w.Technicians.Delete(owner, bo.ID, func(technician.Technician) error { return nil })
			}, "invitation.invalid"},
			"a week later": {func(bo technician.Technician) error {
				w.Exec(`update invitation set expires_at = $1 where technician_id = $2`, store.Time(time.Now()), bo.ID)
				return nil
			}, "invitation.expired"},
			"the account in use": {func(bo technician.Technician) error {
				return w.DB.Write(owner, func(tx *store.Tx) error { return w.Technicians.Activate(owner, tx, bo.OrgID, bo.ID) })
			}, "invitation.accepted"},
		} {
			bo, token := w.Invited(w.Owner, "bo-"+strings.ReplaceAll(name, " ", "-"), perm.Technician)
			if err := tc.meanwhile(bo); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for _, path := range []string{look, accept} {
				body := map[string]any{"token": token}
				if path == accept {
					body = with(token)
				}
				if a := w.Do("POST", path, body); a.Code != http.StatusGone || a.ErrorCode() != tc.want || len(a.Cookies) != 0 {
					t.Errorf("%s, %s: %d %s", name, path, a.Code, a.Raw)
				}
			}
		}
		if a := w.Do("POST", accept, with("invented")); a.ErrorCode() != "invitation.invalid" {
			t.Errorf("an invented link: %d %s", a.Code, a.Raw)
		}
	})
}

func TestAttack42InviteAcceptedTwiceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo, token := w.Invited(w.Owner, "bo", perm.Technician)
		var wg sync.WaitGroup
		var in, out atomic.Int32
		for range 8 {
			wg.Go(func() {
				switch a := w.Do("POST", accept, with(token)); {
				case a.Code == http.StatusOK:
					in.Add(1)
				case a.ErrorCode() == "invitation.accepted":
					out.Add(1)
				default:
					t.Errorf("%d %s", a.Code, a.Raw)
				}
			})
		}
		wg.Wait()
		if in.Load() != 1 || out.Load() != 7 {
			t.Errorf("%d came in, %d were refused", in.Load(), out.Load())
		}
		if sessions, err := w.SignIn.Sessions(w.By(w.Owner), bo.ID); err != nil || len(sessions) != 1 {
			t.Errorf("%d sessions, %v", len(sessions), err)
		}
	})
}

func TestAttack42InviteAcceptedAsSomebodyElse(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		eve := w.Add("eve", perm.ReadOnly)
		bo, token := w.Invited(w.Owner, "bo", perm.Manager)
		hers := w.Enter(eve.Email, recoverytest.Password)
		a := w.Do("POST", accept, with(token), hers...)
		if a.Code != http.StatusOK || a.Body["technician"].(map[string]any)["id"] != bo.ID {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		if after := w.Find(eve); after.PlatformRole != perm.ReadOnly || after.Email != eve.Email {
			t.Errorf("eve became %+v", after)
		}
		if me := w.Do("GET", "/api/me", nil, hers...); me.Code != http.StatusUnauthorized {
			t.Errorf("eve's session in this browser goes on: %d", me.Code)
		}
		if me := w.Do("GET", "/api/me", nil, a.Cookies...); me.Body["technician"].(map[string]any)["email"] != bo.Email {
			t.Errorf("bo is not signed in: %s", me.Raw)
		}
	})
}

func TestAttack19InviteLinksComeFromTheConfiguredAddress(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		_, _ = w.Invited(w.Owner, "bo", perm.Technician)
		for _, m := range w.Mail("bo@example.com", 1) {
			if before, _, ok := strings.Cut(m.Body, "#token="); !ok || !strings.HasSuffix(before, "\n"+recoverytest.Base+"/join") || strings.Contains(m.Body, "?token") {
				t.Errorf("the mail says %q", m.Body)
			}
		}
	})
}

// What an invited technician will reach counts against the inviter, although access gives them nothing yet.
func TestAttack41CustomersThatWaitForTheInvited(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		c, err := customer.New(w.DB, w.Guard, w.Audit, w.Events).Create(w.By(w.Owner), customer.Fields{Name: "Northwind"})
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.Technicians.Create(w.By(w.Owner), technician.Fields{GivenName: "Rea", Email: "rea@example.com", CustomerIDs: []string{c.ID}}, "")
		if err != nil {
			t.Fatal(err)
		}
		got, err := invitation.PreparedCustomers(t.Context(), w.DB.Read(), w.Org.ID, p.ID)
		if err != nil || !slices.Equal(got, []string{c.ID}) {
			t.Errorf("%v, %v", got, err)
		}
	})
}
