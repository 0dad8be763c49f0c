package demo

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/accessreview"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

// makeReviews has the access to one customer reviewed, in which a grant went that was not needed any more, and begins the review of everybody.
func (o *Organization) makeReviews(ctx context.Context) error {
	found, _, err := o.Roles.List(ctx, role.Query{Text: remoteSupport, Page: store.Page{Limit: 1}})
	if err != nil || len(found) == 0 {
		return fmt.Errorf("find %s: %w", remoteSupport, err)
	}
	left := o.technicians[2]
	old, err := o.Grants.Create(ctx, grant.Fields{
		Subject: grant.Subject{Type: grant.Technician, Thing: grant.Thing{ID: left.ID}}, RoleID: found[0].ID,
		On: engine.Target{Type: engine.Customer, ID: o.customers[0]}, Reason: "Project of last spring",
	})
	if err != nil {
		return err
	}
	audit, err := o.Reviews.Create(ctx, accessreview.Fields{
		Name: o.companies[0].name + ", before the audit", Scope: accessreview.Scope{CustomerIDs: []string{o.customers[0]}}, Unanswered: accessreview.Keep,
	})
	if err != nil {
		return err
	}
	err = o.review(ctx, audit, accessreview.AnyAnswer, func(i accessreview.Item) (accessreview.Verb, string) {
		if i.GrantID == old.ID {
			return accessreview.TakeAway, "The project is over."
		}
		return accessreview.Confirm, ""
	})
	if err != nil {
		return err
	}
	if _, err := o.Reviews.End(ctx, audit.ID, accessreview.Keep, func(int64) error { return nil }); err != nil {
		return err
	}
	if err := o.Reviews.Sweep(ctx); err != nil {
		return err
	}
	now := store.Now()
	everybody, err := o.Reviews.Create(ctx, accessreview.Fields{
		Name: fmt.Sprintf("Q%d %d", (int(now.Month())+2)/3, now.Year()), Unanswered: accessreview.Keep, RemindDays: 3, Repeats: true,
	})
	if err != nil {
		return err
	}
	n := 0
	return o.review(ctx, everybody, accessreview.OpenAnswer, func(accessreview.Item) (accessreview.Verb, string) {
		if n++; n > 5 {
			return "", ""
		}
		return accessreview.Confirm, ""
	})
}

// review answers for what the owner may answer.
func (o *Organization) review(ctx context.Context, r accessreview.Review, which accessreview.AnswerFilter, say func(accessreview.Item) (accessreview.Verb, string)) error {
	items, _, err := o.Reviews.Items(ctx, r.ID, accessreview.ItemQuery{Answer: which, Page: store.Page{Limit: 200}})
	if err != nil {
		return err
	}
	var answers []accessreview.Answer
	for _, i := range items {
		if verb, comment := say(i); i.MayAnswer && verb != "" {
			answers = append(answers, accessreview.Answer{GrantID: i.GrantID, Verb: verb, Seen: i.Seen(), Comment: comment})
		}
	}
	given, err := o.Reviews.Answer(ctx, r.ID, answers)
	for _, g := range given {
		if g.Err != nil {
			return fmt.Errorf("review a grant: %w", g.Err)
		}
	}
	return err
}
