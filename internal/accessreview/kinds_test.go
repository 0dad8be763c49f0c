package accessreview_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/accessreview/reviewverify"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/store"
)

// override gives somebody overrides: one permission each on the customer.
func (w *world) override(t grant.SubjectType, id string, effect grant.Effect, what ...perm.Permission) []grant.Override {
	w.T.Helper()
	now := granttest.Must(w.Grants.Overrides(w.Boss(), t, id))(w.T)
	want := slices.DeleteFunc(now.List, func(o grant.Override) bool { return o.Via.ID != "" })
	for _, p := range what {
		want = append(want, grant.Override{Permission: p, Effect: effect, Scope: grant.Scope{Target: granttest.On(engine.Customer, w.customer)}})
	}
	return granttest.Must(w.Grants.SetOverrides(w.Boss(), t, id, want, func(int64) error { return nil }))(w.T).List
}

// allowed are the overrides of somebody that are there.
func (w *world) allowed(t grant.SubjectType, id string) (all []perm.Permission) {
	w.T.Helper()
	for _, o := range granttest.Must(w.Grants.Overrides(w.Boss(), t, id))(w.T).List {
		if o.Via.ID != "" {
			continue // a team's
		}
		all = append(all, o.Permission)
	}
	return all
}

// A single permission that somebody was allowed is reviewed like a role: with its last use, by the same people, and what is taken away is gone at once.
// What is denied is no right, and a review that took it away would give one.
func TestAnAllowedPermissionIsReviewedLikeARole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		toms := w.override(grant.Technician, w.tom.ID, grant.Allow, perm.DeviceView, perm.DeviceFiles)
		w.override(grant.Technician, w.tom.ID, grant.Deny, perm.DeviceTerminal)
		desks := w.override(grant.Team, w.desk, grant.Allow, perm.DeviceChat)
		r := w.begin()
		if r.Counts.Items != 11 {
			t.Fatalf("it begins with %d", r.Counts.Items)
		}
		mine := w.items(w.Act(w.lea), r)
		view, files := mine[toms[0].ID], mine[toms[1].ID]
		if len(mine) != 4 || view.Kind != accessreview.OfOverride || view.Role.ID != string(perm.DeviceView) || view.Scope.Name != "Mallard Dental" || view.GrantedBy.ID != "boss" || !view.UsedAt.Equal(used) {
			t.Fatalf("the lead sees %+v", mine)
		}
		if !files.UsedAt.IsZero() || !files.UseKnown {
			t.Errorf("what was not used: %+v", files)
		}
		wantCode(t, "one's own team's", w.say(w.Act(w.lea), r, accessreview.TakeAway, w.items(w.Act(w.ada), r)[desks[0].ID]), "accessreview.own")
		wantCode(t, "a flag on it", w.say(w.Act(w.lea), r, accessreview.Flag, files), "accessreview.not_platform_role")
		wantCode(t, "confirm", w.say(w.Act(w.lea), r, accessreview.Confirm, view), "")
		wantCode(t, "as it was before", w.say(w.Act(w.lea), r, accessreview.TakeAway, view), "accessreview.changed")
		wantCode(t, "take away", w.say(w.Act(w.lea), r, accessreview.TakeAway, files), "")
		if got := w.allowed(grant.Technician, w.tom.ID); !slices.Equal(got, []perm.Permission{perm.DeviceView, perm.DeviceTerminal}) || w.Audited("grant.override", audit.Success) != 4 {
			t.Errorf("left is %v", got)
		}
		wantCode(t, "the team's", w.say(w.Act(w.bob), r, accessreview.TakeAway, w.items(w.Act(w.bob), r)[desks[0].ID]), "")
		if got := w.allowed(grant.Team, w.desk); len(got) != 0 {
			t.Errorf("the team has %v", got)
		}
		if c := w.now(r).Counts; c.Revoked != 2 || c.Confirmed != 1 || c.Gone != 0 {
			t.Errorf("counts %+v", c)
		}
	})
}

// What is taken and allowed anew meanwhile is another one, and a place that went to another customer is looked at again.
func TestAStaleAnswerTakesNoOverride(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		old := w.override(grant.Technician, w.tom.ID, grant.Allow, perm.DeviceFiles)
		r := w.begin()
		seen := w.items(w.Act(w.lea), r)[old[0].ID]
		granttest.Must(w.Grants.SetOverrides(w.Boss(), grant.Technician, w.tom.ID, nil, func(int64) error { return nil }))(t)
		w.override(grant.Technician, w.tom.ID, grant.Allow, perm.DeviceFiles)
		wantCode(t, "taken and allowed anew", w.say(w.Act(w.lea), r, accessreview.TakeAway, seen), "accessreview.grant_gone")
		if got := w.allowed(grant.Technician, w.tom.ID); len(got) != 1 || w.now(r).Counts.Gone != 1 {
			t.Errorf("left is %v", got)
		}
	})
}

// A platform role is confirmed or marked for a change, by another person; the review itself changes none, neither at an answer nor at the end.
func TestAReviewChangesNoPlatformRole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.override(grant.Technician, w.tom.ID, grant.Allow, perm.DeviceFiles)
		w.do(`update technician set owner = true where id = $1`, w.ada.ID)
		r := w.begin(revoking)
		toms, adas := w.items(w.Act(w.lea), r)[w.tom.ID], w.items(w.Act(w.bob), r)[w.ada.ID]
		if toms.Role.ID != string(perm.Technician) || adas.Role.ID != "owner" || !toms.UsedAt.After(used) {
			t.Fatalf("they are %+v and %+v", toms, adas)
		}
		wantCode(t, "taking it away", w.say(w.Act(w.lea), r, accessreview.TakeAway, toms), "accessreview.platform_role")
		wantCode(t, "one's own", w.say(w.Act(w.lea), r, accessreview.Flag, w.items(w.Act(w.ada), r)[w.lea.ID]), "accessreview.own")
		wantCode(t, "flag", w.say(w.Act(w.lea), r, accessreview.Flag, toms), "")
		flagged := w.items(w.Act(w.lea), r)[w.tom.ID]
		if flagged.Answer != accessreview.Flagged || w.now(r).Counts.Flagged != 1 || len(w.items(w.Act(w.ada), r, func(q *accessreview.ItemQuery) { q.Answer = "flagged" })) != 1 {
			t.Errorf("flagged: %+v", flagged)
		}
		wantCode(t, "undo", w.say(w.Act(w.lea), r, accessreview.Undo, flagged), "")
		wantCode(t, "flag again", w.say(w.Act(w.lea), r, accessreview.Flag, w.items(w.Act(w.lea), r)[w.tom.ID]), "")
		w.do(`update technician set platform_role = 'read_only' where id = $1`, w.tom.ID)
		w.do(`update technician set platform_role = 'manager' where id = $1`, w.lea.ID)
		if got := w.items(w.Act(w.ada), r)[w.lea.ID]; got.Change != accessreview.Altered {
			t.Errorf("who became a manager: %+v", got)
		}
		wantCode(t, "as it was shown before", w.say(w.Act(w.bob), r, accessreview.Confirm, adas), "")
		w.move(r, time.Now().Add(-time.Second))
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		all := w.items(w.Act(w.ada), r)
		if i := all[w.lea.ID]; i.Answer != accessreview.Kept || i.Reason != "accessreview.platform_role" || !i.Automatic {
			t.Errorf("at the end: %+v", i)
		}
		if i := all[w.tom.ID]; i.Answer != accessreview.Flagged || i.After != accessreview.Altered {
			t.Errorf("flagged and changed: %+v", i)
		}
		if got := w.allowed(grant.Technician, w.tom.ID); len(got) != 0 {
			t.Errorf("what nobody answered is allowed: %v", got)
		}
		file := granttest.Must(w.s.Report(w.Act(w.ada), r.ID))(t)
		key := granttest.Must(auditverify.ParseKey(w.Audit.PublicKey()))(t)
		if got, err := reviewverify.Verify(file, key); err != nil || got.Review.Flagged != 1 || !strings.Contains(got.String(), "1 to be changed") {
			t.Errorf("the report: %s, %v", got, err)
		}
		table, _, _ := bytes.Cut(file[bytes.Index(file, []byte("subject_type")):], []byte("PK"))
		rows, _ := csv.NewReader(bytes.NewReader(table)).ReadAll()
		for kind, want := range map[string]string{"platform_role": "flagged", "override": "revoked", "role": "revoked"} {
			if !slices.ContainsFunc(rows, func(row []string) bool { return len(row) == 23 && row[22] == kind && row[13] == want }) {
				t.Errorf("the table has no %s that is %s: %v", kind, want, rows)
			}
		}
	})
}

// Whose platform role is one of the organization's own is reviewed with it, and looks changed once that holds something else.
func TestAnOwnPlatformRoleIsReviewed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.do(`insert into platformrole (org_id, id, name, name_key, description, based_on, customers, permissions, created_at, updated_at, version)
			values ($1, 'own', 'Dispatch', 'dispatch', '', 'technician', 'own', '["customer.view"]', 1, 1, 1)`, w.Org.ID)
		w.do(`insert into platformrole_technician (org_id, technician_id, platformrole_id, updated_at, version) values ($1, $2, 'own', 1, 1)`, w.Org.ID, w.tom.ID)
		r := w.begin(func(f *accessreview.Fields) { f.Scope.TeamIDs = []string{w.desk} })
		seen := w.items(w.Act(w.lea), r)[w.tom.ID]
		if seen.Role != (accessreview.Person{ID: "own", Name: "Dispatch"}) || !seen.UsedAt.IsZero() || r.Counts.Items != 5 {
			t.Fatalf("it is %+v of %+v", seen, r.Counts)
		}
		w.do(`update platformrole set version = 2, permissions = '["customer.view", "ticket.view"]' where org_id = $1`, w.Org.ID)
		wantCode(t, "with more in it", w.say(w.Act(w.lea), r, accessreview.Confirm, seen), "accessreview.changed")
		wantCode(t, "as it is now", w.say(w.Act(w.lea), r, accessreview.Confirm, w.items(w.Act(w.lea), r)[w.tom.ID]), "")
		if r := w.begin(func(f *accessreview.Fields) { f.Scope.CustomerIDs = []string{w.customer} }); r.Counts.Items != 4 {
			t.Errorf("a review of a customer has platform roles: %+v", r.Counts)
		}
	})
}

// A neighbour takes no override of ours away, not even with what was shown of it.
func TestANeighbourTakesNoOverride(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		toms := w.override(grant.Technician, w.tom.ID, grant.Allow, perm.DeviceFiles)
		next := in(granttest.In(w.Beside("Neighbour")))
		r := next.begin()
		wantCode(t, "in a review of theirs", next.say(next.Act(next.ada), r, accessreview.TakeAway, w.items(w.Act(w.ada), w.begin())[toms[0].ID]), "accessreview.item_not_found")
		err := next.DB.Write(t.Context(), func(tx *store.Tx) error { return next.Grants.ReviewedOverride(next.Boss(), tx, toms[0].ID) })
		if fault.CodeOf(err) != "grant.not_found" || len(w.allowed(grant.Technician, w.tom.ID)) != 1 {
			t.Errorf("past the review: %v", err)
		}
	})
}
