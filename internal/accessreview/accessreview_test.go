package accessreview_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/accessreview/reviewverify"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/team"
)

// A right is said to be unused only where its use would be known: a record that has just begun knows of nothing.
func TestNeverUsedIsSaidOnlyWhereItWouldBeKnown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for since, want := range map[time.Time]bool{{}: false, time.Now(): false, time.Now().Add(-91 * 24 * time.Hour): true, time.Now().Add(-time.Hour): true} {
			w.usedSince = since // the grants were given a moment ago
			all := w.items(w.Act(w.ada), w.begin())
			if got := all[w.leas.ID]; got.UseKnown != want || !got.UsedAt.IsZero() {
				t.Errorf("recorded since %v: known %v, used %v", since, got.UseKnown, got.UsedAt)
			}
			if got := all[w.desks.ID]; !got.UseKnown || got.UsedAt.IsZero() {
				t.Errorf("what was used is known: %+v", got)
			}
		}
	})
}

// ACC-35: a review shows every grant with what is known of it, to each reviewer what is theirs, and an answer takes effect at once.
func TestAReviewIsAnsweredByWhoLeadsOrAdministers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		if r.State != accessreview.Running || r.Counts.Items != 8 || r.Counts.Open != 8 || r.Counts.Nobody != 0 {
			t.Fatalf("it begins as %+v", r)
		}
		if told := w.toldOf(notification.ReviewAsked); !maps.Equal(told, map[string]int{w.lea.ID: 1, w.ada.ID: 1, w.bob.ID: 1}) {
			t.Errorf("told %v", told)
		}
		leas := w.items(w.Act(w.lea), r)
		i, ok := leas[w.toms.ID]
		if len(leas) != 2 || !ok || leas[w.tom.ID].Kind != accessreview.OfPlatformRole || i.Subject.Name != "tom" || i.Role.Name != "Support" || i.Scope.Name != "Mallard Dental" || i.GrantedBy.ID != "boss" || !i.UsedAt.Equal(used) {
			t.Fatalf("the lead sees %+v", leas)
		}
		all := w.items(w.Act(w.ada), r)
		if d := all[w.desks.ID]; len(all) != 8 || !d.UseKnown || !d.UsedAt.Equal(used) || !all[w.leas.ID].UsedAt.IsZero() || !all[w.leas.ID].UseKnown {
			t.Errorf("an administrator sees %+v", all)
		}
		// Ada's own are Bob's; Lea's and the team's, whose lead has them herself, are both administrators'.
		if got := slices.Sorted(maps.Keys(w.items(w.Act(w.ada), r, mine))); !slices.Equal(got, slices.Sorted(slices.Values([]string{w.leas.ID, w.desks.ID, w.lea.ID, w.bob.ID}))) {
			t.Errorf("waits for Ada: %v", got)
		}
		if got := w.items(w.Act(w.bob), r, mine); len(got) != 5 {
			t.Errorf("waits for Bob: %v", got)
		}
		wantCode(t, "confirm", w.say(w.Act(w.lea), r, accessreview.Confirm, i), "")
		i = w.items(w.Act(w.lea), r)[w.toms.ID]
		if i.Answer != accessreview.Confirmed || i.AnsweredBy.ID != w.lea.ID || !w.there(w.toms) {
			t.Fatalf("confirmed: %+v", i)
		}
		wantCode(t, "undo", w.say(w.Act(w.lea), r, accessreview.Undo, i), "")
		i = w.items(w.Act(w.lea), r)[w.toms.ID]
		wantCode(t, "undo twice", w.say(w.Act(w.lea), r, accessreview.Undo, i), "accessreview.not_answered")
		wantCode(t, "revoke", w.say(w.Act(w.lea), r, accessreview.TakeAway, i), "")
		if w.there(w.toms) || w.Audited("grant.delete", audit.Success) != 1 || w.Audited("accessreview.answer", audit.Success) != 3 {
			t.Error("what was revoked is there, or its record is not")
		}
		i = w.items(w.Act(w.lea), r)[w.toms.ID]
		wantCode(t, "undo what is gone", w.say(w.Act(w.lea), r, accessreview.Undo, i), "accessreview.revoked")
		if got := w.now(r).Counts; got.Revoked != 1 || got.Open != 7 || got.Gone != 0 {
			t.Errorf("counts %+v", got)
		}
	})
}

// Nobody reviews what they have themselves: in no session, by no token, not among others, and not what a team of theirs has.
func TestNobodyReviewsTheirOwnRights(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		all := w.items(w.Act(w.bob), r)
		session := func(a access.Actor, change func(*access.Actor)) context.Context {
			change(&a)
			return access.WithActor(t.Context(), a)
		}
		other, token := func(a *access.Actor) { a.SessionID = "another" }, func(a *access.Actor) { a.Kind, a.SessionID, a.TokenID = access.Token, "", "token" }
		for name, ctx := range map[string]context.Context{
			"her session": w.Act(w.ada), "another session": session(w.ActorOf(w.ada), other), "a token": session(w.ActorOf(w.ada), token),
		} {
			for _, verb := range []accessreview.Verb{accessreview.Confirm, accessreview.TakeAway} {
				wantCode(t, name+" "+string(verb), w.say(ctx, r, verb, all[w.adas.ID]), "accessreview.own")
			}
		}
		wantCode(t, "a lead's own", w.say(w.Act(w.lea), r, accessreview.Confirm, all[w.leas.ID]), "accessreview.own")
		wantCode(t, "a lead's team's", w.say(w.Act(w.lea), r, accessreview.Confirm, all[w.desks.ID]), "accessreview.own")
		wantCode(t, "by a member of the team", w.say(w.Act(w.tom), r, accessreview.Confirm, all[w.toms.ID]), "accessreview.not_found")
		given, err := w.s.Answer(w.Act(w.ada), r.ID, []accessreview.Answer{
			{GrantID: w.adas.ID, Verb: accessreview.Confirm, Seen: all[w.adas.ID].Seen()}, {GrantID: w.leas.ID, Verb: accessreview.Confirm, Seen: all[w.leas.ID].Seen()},
		})
		if err != nil || fault.CodeOf(given[0].Err) != "accessreview.own" || given[1].Err != nil || w.items(w.Act(w.bob), r)[w.adas.ID].Answer != accessreview.Open {
			t.Errorf("among others: %+v, %v", given, err)
		}
		if n := w.Audited("accessreview.answer", audit.Denied); n < 6 {
			t.Errorf("%d refusals are in the record", n)
		}
		narrow := func(set perm.Set) context.Context {
			return session(w.ActorOf(w.lea), func(a *access.Actor) { token(a); a.Ceiling = set })
		}
		wantCode(t, "a narrow token", w.say(narrow(perm.Set{perm.TicketView: true}), r, accessreview.Confirm, all[w.toms.ID]), "accessreview.item_not_found")
		wantCode(t, "the server itself", w.say(w.World.World.System(), r, accessreview.Confirm, all[w.toms.ID]), "accessreview.not_reviewer")
		wantCode(t, "a token for reviews", w.say(narrow(perm.Set{perm.AdminReviews: true}), r, accessreview.Confirm, all[w.toms.ID]), "")
	})
}

// An answer is for what was shown: what is otherwise by then is looked at again, and nothing goes that was not seen.
func TestAStaleAnswerTakesNothingAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		before := w.items(w.Act(w.bob), r)
		if _, err := w.Roles.Update(w.Boss(), w.role.ID, func(f role.Role) (role.Fields, error) {
			f.Permissions = append(f.Permissions, perm.DeviceFiles)
			return f.Fields, nil
		}); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "a role that holds more", w.say(w.Act(w.lea), r, accessreview.TakeAway, before[w.toms.ID]), "accessreview.changed")
		if !w.there(w.toms) {
			t.Fatal("it went unseen")
		}
		now := w.items(w.Act(w.bob), r)
		if now[w.toms.ID].Change != accessreview.Altered {
			t.Errorf("it shows as %q", now[w.toms.ID].Change)
		}
		wantCode(t, "as it is now", w.say(w.Act(w.bob), r, accessreview.Confirm, now[w.toms.ID]), "")
		wantCode(t, "after somebody else", w.say(w.Act(w.lea), r, accessreview.TakeAway, now[w.toms.ID]), "accessreview.changed")
		if err := w.Grants.Delete(w.Boss(), w.leas.ID); err != nil {
			t.Fatal(err)
		}
		again := w.Give(granttest.Technician(w.lea.ID), w.role, granttest.On(engine.Customer, w.customer))
		wantCode(t, "taken and given anew", w.say(w.Act(w.bob), r, accessreview.TakeAway, now[w.leas.ID]), "accessreview.grant_gone")
		if !w.there(again) || w.items(w.Act(w.bob), r)[w.leas.ID].Change != accessreview.Vanished || w.now(r).Counts.Gone != 1 {
			t.Error("the new grant went, or the old one does not show as gone")
		}
	})
}

// At the end everything is settled once, however many servers see to it, and also after one of them failed in the middle.
func TestTwoServersEndAReviewOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 120 { // more than go at once
			w.Give(granttest.Technician(w.tom.ID), w.role, granttest.On(engine.Device, w.Device(fmt.Sprintf("pc%d", i), w.group(i))))
		}
		r := w.begin(revoking, func(f *accessreview.Fields) { f.Repeats = true })
		wantCode(t, "confirm", w.say(w.Act(w.bob), r, accessreview.Confirm, w.items(w.Act(w.bob), r)[w.adas.ID]), "")
		w.move(r, time.Now().Add(-time.Second))
		wantCode(t, "too late", w.say(w.Act(w.bob), r, accessreview.Confirm, w.items(w.Act(w.bob), r)[w.adas.ID]), "accessreview.ended")
		w.fail = errors.New("the mail is down")
		if err := w.s.Sweep(t.Context()); err == nil {
			t.Fatal("a failure was passed over")
		}
		if got := w.now(r).State; got != accessreview.Ending {
			t.Fatalf("after a failure it is %s", got)
		}
		w.together(3, func(s *accessreview.Service) error { return s.Sweep(t.Context()) })
		got := w.now(r)
		if c := got.Counts; got.State != accessreview.Ended || c.Items != 128 || c.Confirmed != 1 || c.Revoked != 123 || c.Kept != 4 || c.Open != 0 {
			t.Errorf("it ended as %+v", got)
		}
		if !w.there(w.adas) || w.there(w.toms) || w.there(w.desks) {
			t.Error("not what was unanswered is gone")
		}
		if n, told := w.Audited("grant.delete", audit.Success), w.toldOf(notification.ReviewEnded); n != 123 || w.Audited("accessreview.end", audit.Success) != 1 || told[w.ada.ID] != 1 {
			t.Errorf("%d taken, told %v", n, told)
		}
		found, _, err := w.s.List(w.Act(w.ada), accessreview.Query{State: accessreview.Planned, Page: store.Page{Limit: 10}})
		if err != nil || len(found) != 1 || !found[0].StartsAt.Equal(r.StartsAt.AddDate(0, 3, 0)) || found[0].Name == r.Name || !found[0].Repeats {
			t.Errorf("the next one: %+v, %v", found, err)
		}
	})
}

func (w *world) group(i int) string {
	if i == 0 {
		w.groupID = w.Group("Desks", w.customer, "")
	}
	return w.groupID
}

// What nobody answered stays where the review says so; what went otherwise, and what changed after its answer, the end says.
func TestWhatNobodyAnsweredIsKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		wantCode(t, "confirm", w.say(w.Act(w.lea), r, accessreview.Confirm, w.items(w.Act(w.lea), r)[w.toms.ID]), "")
		if err := errors.Join(w.Grants.Delete(w.Boss(), w.toms.ID), w.Grants.Delete(w.Boss(), w.desks.ID)); err != nil {
			t.Fatal(err)
		}
		w.move(r, time.Now().Add(-time.Second))
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		all := w.items(w.Act(w.ada), r)
		if i := all[w.leas.ID]; i.Answer != accessreview.Kept || !i.Automatic || i.After != accessreview.Same || !w.there(w.leas) {
			t.Errorf("kept: %+v", i)
		}
		if i := all[w.toms.ID]; i.Answer != accessreview.Confirmed || i.After != accessreview.Vanished {
			t.Errorf("confirmed, then gone: %+v", i)
		}
		if i := all[w.desks.ID]; i.Answer != accessreview.Gone {
			t.Errorf("gone: %+v", i)
		}
		if _, err := w.s.Update(w.Act(w.ada), r.ID, func(r accessreview.Review) (accessreview.Fields, error) { return r.Fields, nil }); fault.CodeOf(err) != "accessreview.ended" {
			t.Errorf("changed after the end: %v", err)
		}
	})
}

// A review begins, reminds some days before and on the day, once each, however many servers there are.
func TestReviewersAreRemindedOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin(func(f *accessreview.Fields) { f.StartsAt = time.Now().Add(time.Hour) })
		if r.State != accessreview.Planned || len(w.toldOf(notification.ReviewAsked)) != 0 {
			t.Fatalf("planned: %+v", r)
		}
		w.do(`update accessreview set starts_at = $1 where id = $2`, store.Time(time.Now().Add(-time.Minute)), r.ID)
		sweep := func() { w.together(3, func(s *accessreview.Service) error { return s.Sweep(t.Context()) }) }
		want := map[string]int{w.lea.ID: 1, w.ada.ID: 1, w.bob.ID: 1}
		sweep()
		if told := w.toldOf(notification.ReviewAsked); !maps.Equal(told, want) || w.now(r).Counts.Items != 8 {
			t.Fatalf("at the start: %v", told)
		}
		sweep()
		if told := w.toldOf(notification.ReviewDue); len(told) != 0 {
			t.Errorf("long before: %v", told)
		}
		for _, i := range w.items(w.Act(w.lea), r) {
			wantCode(t, "confirm", w.say(w.Act(w.lea), r, accessreview.Confirm, i), "")
		}
		w.move(r, time.Now().AddDate(0, 0, 2))
		delete(want, w.lea.ID) // who has answered everything
		sweep()
		sweep()
		if told := w.toldOf(notification.ReviewDue); !maps.Equal(told, want) {
			t.Errorf("two days before: %v", told)
		}
		w.move(r, time.Now().Add(time.Second*5))
		sweep()
		sweep()
		want[w.ada.ID], want[w.bob.ID] = 2, 2
		if told := w.toldOf(notification.ReviewDue); !maps.Equal(told, want) {
			t.Errorf("on the day: %v", told)
		}
	})
}

// A neighbour's review is not there.
func TestANeighbourSeesNoReview(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		next := in(granttest.In(w.Beside("Neighbour")))
		ctx := next.Act(next.ada)
		_, _, items := next.s.Items(ctx, r.ID, accessreview.ItemQuery{Page: store.Page{Limit: 9}})
		_, find := next.s.Find(ctx, r.ID)
		_, answer := next.s.Answer(ctx, r.ID, []accessreview.Answer{{GrantID: w.toms.ID, Verb: accessreview.TakeAway, Seen: w.items(w.Act(w.ada), r)[w.toms.ID].Seen()}})
		_, end := next.s.End(ctx, r.ID, accessreview.Revoke, func(int64) error { return nil })
		_, report := next.s.Report(ctx, r.ID)
		for name, err := range map[string]error{"find": find, "items": items, "answer": answer, "end": end, "report": report} {
			wantCode(t, name, fault.CodeOf(err), "accessreview.not_found")
		}
		if found, _, err := next.s.List(ctx, accessreview.Query{Page: store.Page{Limit: 9}}); err != nil || len(found) != 0 || !w.there(w.toms) {
			t.Errorf("they list %v, %v", found, err)
		}
		if _, err := next.s.Create(ctx, accessreview.Fields{Name: "x", Unanswered: accessreview.Keep, Scope: accessreview.Scope{TeamIDs: []string{w.desk}}}); fault.CodeOf(err) != "accessreview.team_unknown" {
			t.Errorf("over our team: %v", err)
		}
	})
}

// Who loses the team in the middle answers no more, and what they had waits for others. A lead who ranks below somebody does not review them.
func TestALeadLosesTheTeam(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		i := w.items(w.Act(w.lea), r)[w.toms.ID]
		lead := func(ids ...string) {
			t.Helper()
			if _, err := w.Teams.Update(w.Boss(), w.desk, func(f team.Team) (team.Fields, error) { f.LeadIDs = ids; return f.Fields, nil }); err != nil {
				t.Fatal(err)
			}
		}
		lead()
		wantCode(t, "who leads no more", w.say(w.Act(w.lea), r, accessreview.TakeAway, i), "accessreview.not_found")
		if _, ok := w.items(w.Act(w.ada), r, mine)[w.toms.ID]; !ok || !w.there(w.toms) {
			t.Error("it waits for nobody, or is gone")
		}
		lead(w.lea.ID)
		wantCode(t, "who leads again", w.say(w.Act(w.lea), r, accessreview.Confirm, i), "")
		w.do(`update technician set platform_role = 'manager' where id = $1`, w.tom.ID)
		wantCode(t, "somebody above", w.say(w.Act(w.lea), r, accessreview.Undo, i), "accessreview.not_found")
		w.do(`update technician set platform_role = 'technician' where id = $1`, w.tom.ID)
		w.do(`update technician set status = 'suspended' where id = $1`, w.lea.ID)
		if w.now(r).Counts.Mine != 5 { // Lea's and the team's, and three platform roles; Tom's grant is confirmed
			t.Errorf("counts %+v", w.now(r).Counts)
		}
	})
}

// Who is suspended or deleted in the middle: the first is reviewed on, the second has nothing left.
func TestPeopleLeaveInTheMiddle(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin(revoking)
		if _, err := w.Technicians.Suspend(w.Boss(), w.tom.ID, ""); err != nil {
			t.Fatal(err)
		}
		wantCode(t, "who is suspended", w.say(w.Act(w.lea), r, accessreview.TakeAway, w.items(w.Act(w.lea), r)[w.toms.ID]), "")
		if w.there(w.toms) {
			t.Error("the grant of who is suspended is there")
		}
		w.do(`delete from technician where id = $1`, w.lea.ID)
		i := w.items(w.Act(w.ada), r)[w.leas.ID]
		if i.Change != accessreview.Vanished || i.Subject.Name != "lea" {
			t.Errorf("who was deleted: %+v", i)
		}
		w.move(r, time.Now().Add(-time.Second))
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if c := w.now(r).Counts; c.Gone != 1 || c.Revoked != 3 {
			t.Errorf("the end: %+v", c)
		}
	})
}

// An owner's grants are confirmed by other administrators and taken by nobody else; where there is nobody to answer, the review says so.
func TestAnOwnersGrantsAndWhatNobodyCanAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.do(`update technician set owner = true where id = $1`, w.ada.ID)
		r := w.begin(revoking)
		i := w.items(w.Act(w.bob), r)[w.adas.ID]
		wantCode(t, "an owner's", w.say(w.Act(w.bob), r, accessreview.TakeAway, i), "technician.owner")
		w.do(`update technician set status = 'suspended' where id = $1`, w.bob.ID)
		if c := w.now(r).Counts; c.Nobody != 2 || !w.items(w.Act(w.ada), r)[w.adas.ID].Nobody || w.items(w.Act(w.ada), r)[w.adas.ID].MayAnswer {
			t.Errorf("without another administrator: %+v", c)
		}
		w.move(r, time.Now().Add(-time.Second))
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if i := w.items(w.Act(w.ada), r)[w.adas.ID]; i.Answer != accessreview.Kept || i.Reason != "technician.owner" || !w.there(w.adas) {
			t.Errorf("at the end: %+v", i)
		}
	})
}

// Nobody takes away by a review what they could not take away by hand, and a review is about what it says.
func TestWhoMakesAReviewAndOfWhat(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		only := w.Technician("rea", perm.Technician)
		w.Give(granttest.Technician(only.ID), w.Role("Reviews", perm.Administration, perm.AdminReviews), granttest.On(engine.Organization, ""))
		f := accessreview.Fields{Name: "Mine", Unanswered: accessreview.Revoke}
		if _, err := w.s.Create(w.Act(only), f); fault.CodeOf(err) != "access.denied" {
			t.Errorf("revoking without managing technicians: %v", err)
		}
		if _, err := w.s.Create(w.Act(w.lea), f); fault.CodeOf(err) != "access.denied" || w.Audited("accessreview.create", audit.Denied) != 1 {
			t.Errorf("a lead makes one: %v", err)
		}
		f.Unanswered, f.Scope = accessreview.Keep, accessreview.Scope{TeamIDs: []string{w.desk}}
		r, err := w.s.Create(w.Act(only), f)
		if err != nil || r.Counts.Items != 5 {
			t.Errorf("of a team and its people: %+v, %v", r, err)
		}
		if _, err := w.s.End(w.Act(only), r.ID, accessreview.Revoke, func(int64) error { return nil }); fault.CodeOf(err) != "access.denied" {
			t.Errorf("ending it with revoking: %v", err)
		}
		other := w.Customer("Other")
		w.Give(granttest.Technician(w.tom.ID), w.role, granttest.On(engine.DeviceGroup, w.Group("Other desks", other, "")))
		if r := w.begin(func(f *accessreview.Fields) { f.Scope.CustomerIDs = []string{other} }); r.Counts.Items != 1 {
			t.Errorf("of a customer: %+v", r)
		}
		end, err := w.s.End(w.Act(w.ada), r.ID, accessreview.Keep, func(int64) error { return nil })
		if err != nil || end.State != accessreview.Ending || end.EndedBy.ID != w.ada.ID {
			t.Errorf("ended: %+v, %v", end, err)
		}
		if err := w.s.Sweep(t.Context()); err != nil || w.now(r).State != accessreview.Ended {
			t.Errorf("the end is not settled: %v", err)
		}
		if _, err := w.s.Create(w.Act(w.ada), accessreview.Fields{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("without a name: %v", err)
		}
	})
}

// The report holds every answer, proves itself without us, and no byte of it can be changed.
func TestAReportProvesItself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.begin()
		i := w.items(w.Act(w.lea), r)[w.toms.ID]
		given, err := w.s.Answer(w.Act(w.lea), r.ID, []accessreview.Answer{{GrantID: i.GrantID, Verb: accessreview.TakeAway, Seen: i.Seen(), Comment: "=left the desk"}})
		if err != nil || given[0].Err != nil {
			t.Fatal(given, err)
		}
		if _, err := w.s.Report(w.Act(w.ada), r.ID); fault.CodeOf(err) != "accessreview.not_ended" {
			t.Errorf("before the end: %v", err)
		}
		w.move(r, time.Now().Add(-time.Second))
		if err := w.s.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Report(w.Act(w.lea), r.ID); fault.CodeOf(err) != "access.denied" {
			t.Errorf("to a lead: %v", err)
		}
		file := granttest.Must(w.s.Report(w.Act(w.ada), r.ID))(t)
		key, err := auditverify.ParseKey(w.Audit.PublicKey())
		if err != nil {
			t.Fatal(err)
		}
		got, err := reviewverify.Verify(file, key)
		if err != nil || !got.SignaturesChecked || got.Review.Revoked != 1 || got.Review.Kept != 7 || !strings.Contains(got.String(), "access review Q4 2026 of Harbor IT") {
			t.Fatalf("%s, %v", got, err)
		}
		table, _, _ := bytes.Cut(file[bytes.Index(file, []byte("subject_type")):], []byte("PK"))
		rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
		if len(rows) < 5 || rows[0][13] != "answer" || !slices.ContainsFunc(rows, func(row []string) bool { return row[2] == "tom" && row[13] == "revoked" && row[19] != "=left the desk" }) {
			t.Errorf("the table: %v, %v", rows, err)
		}
		if !bytes.Contains(file, []byte("%PDF-")) {
			t.Error("there are no pages")
		}
		for at := range file {
			if at > 3000 && at < len(file)-3000 && at%499 != 0 {
				continue // everything at both ends, and some of the middle
			}
			changed := bytes.Clone(file)
			changed[at] ^= 1
			if _, err := reviewverify.Verify(changed, key); err == nil {
				t.Fatalf("byte %d of %d was changed, and it proves itself", at, len(file))
			}
		}
		for name, changed := range map[string][]byte{"cut off": file[:len(file)-1], "more behind it": append(bytes.Clone(file), 0), "nothing": nil} {
			if _, err := reviewverify.Verify(changed, key); err == nil {
				t.Errorf("%s: it proves itself", name)
			}
		}
		stranger := granttest.In(w.Beside("Neighbour"))
		forged, err := reviewverify.Write(got.Report, table, []byte("%PDF-"), func(what string, sum auditverify.Hash) (string, error) {
			return w.Audit.Attest(stranger.Org.ID, what, sum)
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := reviewverify.Verify(forged, key); err == nil {
			t.Error("a neighbour's signature proves ours")
		}
	})
}
