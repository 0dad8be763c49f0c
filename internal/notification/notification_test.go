package notification_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/recovery/recoverytest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

func each(t *testing.T, fn func(t *testing.T, w *recoverytest.World)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, recoverytest.New(t, db)) })
}

func tell(w *recoverytest.World, n notification.Notice) {
	w.T.Helper()
	ctx := w.System()
	if err := w.DB.Write(ctx, func(tx *store.Tx) error { return w.Notifications.Tell(ctx, tx, n) }); err != nil {
		w.T.Fatal(err)
	}
}

func list(w *recoverytest.World, of technician.Technician, unread bool) []notification.Notification {
	w.T.Helper()
	found, _, err := w.Notifications.List(w.By(of), notification.Query{Unread: unread, Page: store.Page{Limit: 200}})
	if err != nil {
		w.T.Fatal(err)
	}
	return found
}

func assigned(to technician.Technician, number int) notification.Notice {
	return notification.Notice{To: to.ID, Kind: notification.TicketAssigned, Data: map[string]string{
		"ticket_id": "01a00000-0000-7000-8000-000000000001", "number": fmt.Sprint(number), "summary": "Printer", "by": "Olga",
	}}
}

func TestTellListRead(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo, cyd := w.Add("bo", perm.Technician), w.Add("cyd", perm.Technician)
		for i := range 3 {
			tell(w, assigned(bo, i))
		}
		cookies := w.Enter(bo.Email, recoverytest.Password)
		a := w.Do("GET", "/api/notifications?limit=2", nil, cookies...)
		items, _ := a.Body["items"].([]any)
		if a.Code != http.StatusOK || len(items) != 2 || a.Body["next_cursor"] == nil || items[0].(map[string]any)["link"] != "/tickets/01a00000-0000-7000-8000-000000000001" {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		more := w.Do("GET", "/api/notifications?limit=2&cursor="+a.Body["next_cursor"].(string), nil, cookies...)
		if rest, _ := more.Body["items"].([]any); len(rest) != 1 || more.Body["next_cursor"] != nil {
			t.Errorf("%s", more.Raw)
		}
		id := items[0].(map[string]any)["id"].(string)
		// Somebody else's id changes nothing, and says nothing about whether it is there.
		if err := w.Notifications.Read(w.By(cyd), []string{id}); err != nil {
			t.Error(err)
		}
		if n := len(list(w, bo, true)); n != 3 {
			t.Errorf("%d unread, want 3", n)
		}
		if a := w.Do("POST", "/api/notifications/read", map[string]any{"ids": []string{id}}, cookies...); a.Code != http.StatusNoContent {
			t.Errorf("%d %s", a.Code, a.Raw)
		}
		unread, err := notification.Unread(t.Context(), w.DB.Read(), bo.OrgID, bo.ID)
		if err != nil || unread != 2 || len(list(w, bo, true)) != 2 || len(list(w, bo, false)) != 3 {
			t.Errorf("%d unread, %v", unread, err)
		}
		if a := w.Do("POST", "/api/notifications/read", "{}", cookies...); a.Code != http.StatusNoContent || len(list(w, bo, true)) != 0 {
			t.Errorf("all: %d %s", a.Code, a.Raw)
		}
		if len(list(w, cyd, false)) != 0 {
			t.Error("cyd was told what concerns bo")
		}
		narrow := access.WithActor(t.Context(), access.Actor{OrgID: bo.OrgID, Kind: access.Token, ID: bo.ID, TokenID: "t", Ceiling: perm.Set{}})
		if _, _, err := w.Notifications.List(narrow, notification.Query{Page: store.Page{Limit: 1}}); fault.CodeOf(err) != "notification.token_narrow" {
			t.Errorf("a narrow token reads: %v", err)
		}
	})
}

// What did not happen is not told, and who may not act is not told at all.
func TestToldWithWhatHappened(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo, cyd := w.Add("bo", perm.Technician), w.Add("cyd", perm.Technician)
		if _, err := w.Technicians.Suspend(w.By(w.Owner), cyd.ID, ""); err != nil {
			t.Fatal(err)
		}
		ctx := w.System()
		err := w.DB.Write(ctx, func(tx *store.Tx) error {
			if err := w.Notifications.Tell(ctx, tx, assigned(bo, 1)); err != nil {
				return err
			}
			return context.Canceled
		})
		if err == nil || len(list(w, bo, false)) != 0 {
			t.Error("told of what was taken back")
		}
		tell(w, assigned(cyd, 1))
		tell(w, notification.Notice{To: "01a00000-0000-7000-8000-00000000dead", Kind: notification.RoleChanged})
		if len(list(w, cyd, false)) != 0 {
			t.Error("somebody suspended was told")
		}
		if err := w.DB.Write(ctx, func(tx *store.Tx) error {
			return w.Notifications.Tell(ctx, tx, notification.Notice{To: bo.ID, Kind: "made.up"})
		}); err == nil {
			t.Error("an unknown kind was told")
		}
	})
}

func TestPreferences(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo := w.Add("bo", perm.Technician)
		cookies := w.Enter(bo.Email, recoverytest.Password)
		own := w.Do("GET", "/api/me/notification-preferences", nil, cookies...)
		events, _ := own.Body["events"].(map[string]any)
		if own.Code != http.StatusOK || own.Body["sms_unavailable"] != "no_phone" || own.Body["quiet_hours"] != nil || events["security.new_device"] == nil || events["admin.failed_sign_ins"] != nil {
			t.Fatalf("%d %s", own.Code, own.Raw)
		}
		for name, tc := range map[string]struct{ body, want string }{
			"security mail off":          {`{"events": {"security.new_device": {"email": false, "sms": false}}}`, "notification.mail_required"},
			"a kind for administrators":  {`{"events": {"admin.new_administrator": {"email": true, "sms": false}}}`, "notification.kind_unknown"},
			"an unknown kind":            {`{"events": {"x.y": {"email": true, "sms": false}}}`, "notification.kind_unknown"},
			"texts without a number":     {`{"events": {"ticket.assigned": {"email": true, "sms": true}}}`, "notification.sms_unavailable"},
			"quiet hours without length": {`{"events": {}, "quiet_hours": {"from": "22:00", "to": "22:00"}}`, "notification.quiet_hours_invalid"},
			"quiet hours that are none":  {`{"events": {}, "quiet_hours": {"from": "25:00", "to": "7"}}`, "request.invalid"},
		} {
			if a := w.Do("PUT", "/api/me/notification-preferences", tc.body, cookies...); a.Code != http.StatusUnprocessableEntity || a.ErrorCode() != tc.want {
				t.Errorf("%s: %d %s", name, a.Code, a.Raw)
			}
		}
		want := `{"events": {"ticket.assigned": {"email": false, "sms": false}}, "quiet_hours": {"from": "22:00", "to": "07:00"}}`
		if a := w.Do("PUT", "/api/me/notification-preferences", want, cookies...); a.Code != http.StatusOK || a.Body["quiet_hours"] == nil {
			t.Fatalf("%d %s", a.Code, a.Raw)
		}
		tell(w, assigned(bo, 1))
		tell(w, notification.Notice{To: bo.ID, Kind: notification.PasswordChanged}) // goes out at any hour
		if m := w.Mail(bo.Email, 1); len(m) != 1 || !strings.Contains(m[0].Subject, "password") {
			t.Errorf("%v", m)
		}
	})
}

// What comes in the quiet hours is sent when they are over, once, unless it was read meanwhile. Security does not wait.
func TestQuietHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight UTC
		w := recoverytest.New(t, storetest.Open(t))
		bo := w.Add("bo", perm.Technician)
		w.Exec(`update technician set time_zone = 'Europe/Paris' where id = $1`, bo.ID) // one o'clock in winter
		quiet := notification.Preferences{Quiet: notification.Quiet{From: "22:00", To: "07:00"}}
		if _, err := w.Notifications.Prefer(w.By(bo), quiet); err != nil {
			t.Fatal(err)
		}
		tell(w, assigned(bo, 1))
		tell(w, assigned(bo, 2))
		tell(w, notification.Notice{To: bo.ID, Kind: notification.NewDevice, Data: map[string]string{"device": "Firefox on Linux", "address": "192.0.2.1"}})
		sent := func() (subjects string) {
			time.Sleep(time.Second)
			for _, m := range w.Mail(bo.Email, 0) {
				subjects += m.Subject + "\n"
			}
			return subjects
		}
		if got := sent(); got != "Blue Harbor IT: Sign-in from a new device\n" {
			t.Errorf("at night: %q", got)
		}
		read := list(w, bo, true)[2]
		if err := w.Notifications.Read(w.By(bo), []string{read.ID}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6*time.Hour - time.Minute)
		if err := w.Notifications.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := sent(); strings.Count(got, "\n") != 1 {
			t.Errorf("before seven: %q", got)
		}
		time.Sleep(time.Minute)
		for range 3 {
			if err := w.Notifications.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := sent(); strings.Count(got, "\n") != 2 || !strings.Contains(got, "Ticket #2 is yours") {
			t.Errorf("at seven: %q", got)
		}
		tell(w, assigned(bo, 3))
		if got := sent(); strings.Count(got, "\n") != 3 {
			t.Errorf("by day: %q", got)
		}
	})
}

// Texts go only to who has a number and agreed to texts.
func TestTextsNeedConsent(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		bo := w.Add("bo", perm.Technician)
		w.Exec(`update technician set phone = '+12125550123', sms_consent_at = 1, sms_consent_version = '1' where id = $1`, bo.ID)
		want := notification.Preferences{Events: map[notification.Kind]notification.Channels{notification.TicketAssigned: {SMS: true}}}
		if _, err := w.Notifications.Prefer(w.By(bo), want); err != nil {
			t.Fatal(err)
		}
		texts := func() (n int) {
			if err := w.DB.Read().QueryRowContext(t.Context(), `select count(*) from message_delivery where way = 'sms'`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		tell(w, assigned(bo, 1))
		if texts() != 1 {
			t.Errorf("%d texts, want 1", texts())
		}
		w.Exec(`update technician set sms_consent_at = null where id = $1`, bo.ID)
		tell(w, assigned(bo, 2))
		tell(w, notification.Notice{To: bo.ID, Kind: notification.Announcement, Ways: []message.Way{message.SMS}, Data: map[string]string{"subject": "Friday", "body": "We move."}})
		if texts() != 1 || len(list(w, bo, false)) != 3 {
			t.Errorf("%d texts after the consent was taken back", texts())
		}
	})
}

func TestRetention(t *testing.T) {
	w := recoverytest.New(t, storetest.Open(t))
	bo := w.Add("bo", perm.Technician)
	if _, err := w.Notifications.Prefer(w.By(bo), notification.Preferences{Events: map[notification.Kind]notification.Channels{notification.TicketAssigned: {}}}); err != nil {
		t.Fatal(err)
	}
	ctx := w.System()
	err := w.DB.Write(ctx, func(tx *store.Tx) error {
		for i := range 1010 {
			if err := w.Notifications.Tell(ctx, tx, assigned(bo, i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := notification.Unread(ctx, w.DB.Read(), bo.OrgID, bo.ID); err != nil || n != 1000 || list(w, bo, false)[0].Data["number"] != "1009" {
		t.Errorf("%d are kept, %v", n, err)
	}
	w.Exec(`update notification set created_at = $1 where id in (select id from notification order by id limit 400)`, store.Time(time.Now().Add(-91*24*time.Hour)))
	if err := w.Notifications.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if n, err := notification.Unread(ctx, w.DB.Read(), bo.OrgID, bo.ID); err != nil || n != 600 {
		t.Errorf("%d are kept after 90 days, %v", n, err)
	}
}

// A notification leads to a page of ours or nowhere, whatever its data.
func TestAttack20NotificationLinks(t *testing.T) {
	for value, want := range map[string]string{
		"01a00000-0000-7000-8000-000000000001": "/tickets/01a00000-0000-7000-8000-000000000001",
		"":                                     "", "/evil.example.com": "", "//evil": "", `\evil`: "", "https:evil": "", "%2f%2fevil": "", "..": "", "a/../b": "", "{ticket_id}": "",
	} {
		n := notification.Notification{Kind: notification.TicketAssigned, Data: map[string]string{"ticket_id": value}}
		if got := n.Link(); got != want {
			t.Errorf("%q leads to %q, want %q", value, got, want)
		}
	}
}
