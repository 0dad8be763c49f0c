package invitation_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/invitation"
	"countersign.dev/countersign/internal/recovery/recoverytest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func TestJoin(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo, token := w.Invited(w.Owner, "bo", perm.Technician)
		seen := w.Do("POST", look, map[string]any{"token": token})
		if seen.Code != http.StatusOK || seen.Body["invited_by"] != "Olga Berg" || seen.Body["email"] != bo.Email || seen.Body["time_zone"] != "UTC" ||
			seen.Body["organization"].(map[string]any)["name"] != "Blue Harbor IT" {
			t.Fatalf("%d %s", seen.Code, seen.Raw)
		}
		for name, tc := range map[string]struct {
			change map[string]any
			want   string
		}{
			"a short password":  {map[string]any{"password": "short"}, "signin.password_short"},
			"an easy password":  {map[string]any{"password": "password password"}, "signin.password_common"},
			"no way to sign in": {map[string]any{"password": nil}, "invitation.choose_one"},
			"a wrong zone":      {map[string]any{"time_zone": "Mars/Olympus"}, "request.invalid"},
		} {
			body := with(token)
			for k, v := range tc.change {
				if body[k] = v; v == nil {
					delete(body, k)
				}
			}
			if a := w.Do("POST", accept, body); a.Code != http.StatusUnprocessableEntity || a.ErrorCode() != tc.want {
				t.Errorf("%s: %d %s", name, a.Code, a.Raw)
			}
		}
		body := with(token)
		body["given_name"], body["family_name"], body["time_zone"], body["locale"] = "Bo", "Lind", "Europe/Paris", "fr"
		a := w.Do("POST", accept, body)
		if a.Code != http.StatusOK || len(a.Cookies) != 2 || a.Body["password_change_required"] != false {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		after := w.Find(bo)
		if after.State != technician.Activated || after.Name() != "Bo Lind" || after.TimeZone != "Europe/Paris" || after.Locale != "fr" || after.PlatformRole != perm.Technician {
			t.Errorf("%+v", after)
		}
		w.Enter(bo.Email, "crimson turtle harbor")
		if w.Audited("invitation.accept", audit.Success) != 1 || w.Audited("technician.activate", audit.Success) != 1 {
			t.Error("the acceptance is not recorded")
		}
		if i, err := w.Invitations.Of(w.By(w.Owner), bo.ID); err != nil || i.At(time.Now()) != invitation.StateAccepted {
			t.Errorf("%+v, %v", i, err)
		}
		if err := second(w.Invitations.Send(w.By(w.Owner), bo.ID)); fault.CodeOf(err) != "invitation.activated" {
			t.Errorf("inviting again: %v", err)
		}
	})
}

func TestStates(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		owner := w.By(w.Owner)
		bo, err := w.Technicians.Create(owner, technician.Fields{GivenName: "Bo", Email: "bo@example.com"}, "")
		if err != nil {
			t.Fatal(err)
		}
		state := func(want invitation.State) {
			t.Helper()
			i, err := w.Invitations.Of(owner, bo.ID)
			if err != nil || i.At(time.Now()) != want {
				t.Errorf("%+v, %v; want %s", i, err, want)
			}
		}
		state(invitation.StateNone)
		if err := w.Invitations.Revoke(owner, bo.ID); fault.CodeOf(err) != "invitation.none" {
			t.Errorf("withdrawing nothing: %v", err)
		}
		if _, err := w.Invitations.Send(owner, bo.ID); err != nil {
			t.Fatal(err)
		}
		state(invitation.StatePending)
		if err := second(w.Invitations.Send(owner, bo.ID)); fault.KindOf(err) != fault.Limited {
			t.Errorf("a second mail within the same second: %v", err)
		}
		state(invitation.StatePending) // the refused one took nothing away
		if err := w.Invitations.Revoke(owner, bo.ID); err != nil {
			t.Fatal(err)
		}
		state(invitation.StateRevoked)
		forgetMails(w)
		if _, err := w.Invitations.Send(owner, bo.ID); err != nil {
			t.Fatal(err)
		}
		w.Exec(`update invitation set expires_at = $1 where revoked_at is null`, store.Time(time.Now()))
		state(invitation.StateExpired)
		if _, err := w.Technicians.Suspend(owner, bo.ID, ""); err != nil {
			t.Fatal(err)
		}
		if err := second(w.Invitations.Send(owner, bo.ID)); fault.CodeOf(err) != "invitation.not_active" {
			t.Errorf("inviting somebody suspended: %v", err)
		}
	})
}

// The account and its invitation are made together, or neither is.
func TestCreateAndInviteIsOneChange(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		cookies := w.Enter(w.Owner.Email, recoverytest.Password)
		for path, body := range map[string]string{
			"/api/technicians":        `{"given_name": "Bo", "email": "bo@example.com", "send_invitation": true}`,
			"/api/technicians/invite": `{"given_name": "Cy", "email": "cy@example.com", "locale": "fr"}`,
		} {
			if a := w.Do("POST", path, body, cookies...); a.Code != http.StatusCreated || a.Body["state"] != "invitation" {
				t.Errorf("%s: %d %s", path, a.Code, a.Raw)
			}
		}
		if m := w.Mail("bo@example.com", 1)[0]; !strings.Contains(m.Subject, "Olga Berg invites you to Blue Harbor IT") || !strings.Contains(m.Body, "7 ") && !strings.Contains(m.Body, "until ") {
			t.Errorf("%q %q", m.Subject, m.Body)
		}
		if m := w.Mail("cy@example.com", 1)[0]; !strings.Contains(m.Subject, "vous invite") || !strings.Contains(m.Body, "Bonjour Cy,") {
			t.Errorf("%q %q", m.Subject, m.Body)
		}
		both := `{"given_name": "Di", "email": "di@example.com", "send_invitation": true, "password": "purple lantern wharf"}`
		if a := w.Do("POST", "/api/technicians", both, cookies...); a.ErrorCode() != "technician.password_or_invitation" {
			t.Errorf("both: %d %s", a.Code, a.Raw)
		}
		suspended := `{"given_name": "Ed", "email": "ed@example.com", "send_invitation": true, "status": "suspended"}`
		if a := w.Do("POST", "/api/technicians", suspended, cookies...); a.ErrorCode() != "invitation.not_active" {
			t.Errorf("suspended: %d %s", a.Code, a.Raw)
		}
		found, _, err := w.Technicians.List(w.By(w.Owner), technician.Query{Text: "ed@example.com", Page: store.Page{Limit: 9}})
		if err != nil || len(found) != 0 {
			t.Errorf("the account of a refused invitation was made: %v, %v", found, err)
		}
	})
}
