package accessreview

import (
	"context"
	"fmt"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

// Verb is what a reviewer says about a grant.
type Verb string

// The verbs.
const (
	Confirm  Verb = "confirm"
	TakeAway Verb = "revoke"
	Flag     Verb = "flag" // says that a platform role has to be changed
	Undo     Verb = "undo" // takes a confirmation or a flag back
)

// Answer is what a reviewer says about one grant.
type Answer struct {
	GrantID string
	Verb    Verb
	Seen    string // of the item as it was shown
	Comment string
}

// Given is what became of an answer: the item as it is then, or why it was refused.
type Given struct {
	Item Item
	Err  error
}

// reader is whoever looks at reviews.
type reader struct {
	id          string
	all         bool // may read every review
	administers bool // may answer what is not their own, whoever leads
	narrow      bool // a token that was made for less: answers nothing
}

// reader settles what the actor of ctx may see and answer. Who administers holds the permission as well: a deny, or a narrow token, reaches them too.
func (s *Service) reader(ctx context.Context) (reader, error) {
	if err := s.Guard.Check(ctx, perm.SignedIn, object); err != nil {
		return reader{}, err
	}
	actor := access.ActorFrom(ctx)
	v := reader{id: actor.ID, all: s.Guard.Check(ctx, perm.AdminReviews, object) == nil}
	v.administers = v.all && (actor.Owner || actor.Role == perm.Administrator)
	v.narrow = actor.Ceiling != nil && !actor.Ceiling[perm.AdminReviews]
	return v, nil
}

// Answer takes answers about grants, each for itself: what is refused does not hold up the rest. What is revoked is gone at once, in the same
// transaction. The server itself and narrow tokens answer nothing: people do.
func (s *Service) Answer(ctx context.Context, id string, want []Answer) (given []Given, err error) {
	v, err := s.reader(ctx)
	if err != nil {
		return nil, err
	}
	if want, err = checkAnswers(want); err != nil {
		return nil, err
	}
	var r Review
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		given = make([]Given, len(want))
		if r, err = s.openFor(ctx, tx, v, id); err != nil {
			return err
		}
		if err := s.lockRoles(ctx, tx, v, r, want); err != nil {
			return err
		}
		for i, a := range want {
			given[i].Item, given[i].Err = s.answer(ctx, tx, v, r, a)
			if kind := fault.KindOf(given[i].Err); given[i].Err != nil && (kind == fault.Internal || kind == fault.Unavailable) {
				return given[i].Err
			}
		}
		if err := s.recordRefusal(ctx, tx, r, given); err != nil {
			return err
		}
		return s.publish(ctx, tx, r)
	})
	if err != nil {
		return nil, err
	}
	return given, nil
}

// recordRefusal writes down that answers were refused on principle: one stands for all of a request.
func (s *Service) recordRefusal(ctx context.Context, tx *store.Tx, r Review, given []Given) error {
	for _, g := range given {
		if g.Err != nil && fault.KindOf(g.Err) == fault.Denied {
			return s.Audit.Record(ctx, tx, refusal("accessreview.answer", r, g.Err))
		}
	}
	return nil
}

func checkAnswers(want []Answer) ([]Answer, error) {
	var form input.Form
	if len(want) == 0 || len(want) > maxAnswers {
		form.Refuse("/answers", fmt.Sprintf("Answer for 1 to %d grants at once.", maxAnswers))
		return nil, form.Err()
	}
	out, had := slices.Clone(want), map[string]bool{}
	for i, a := range out {
		at := fmt.Sprintf("/answers/%d", i)
		out[i].Comment = form.Text(at+"/comment", a.Comment, maxComment)
		if a.Verb != Confirm && a.Verb != TakeAway && a.Verb != Flag && a.Verb != Undo {
			form.Refuse(at+"/answer", "Choose confirm, revoke, flag or undo.")
		}
		if had[a.GrantID] {
			form.Refuse(at+"/grant_id", "Each grant once.")
		}
		had[a.GrantID] = true
	}
	return out, form.Err()
}

// openFor locks a review that the reader sees and that takes answers now.
func (s *Service) openFor(ctx context.Context, tx *store.Tx, v reader, id string) (Review, error) {
	r, err := lock(ctx, tx, access.ActorFrom(ctx).OrgID, id)
	if err != nil {
		return r, err
	}
	if err := s.sees(ctx, tx, v, r); err != nil {
		return r, err
	}
	switch r.at(store.Now()).State {
	case Running:
		return r, nil
	case Planned:
		return r, errPlanned
	}
	return r, errEnded
}

// lockRoles keeps the roles of what is to be revoked as they are until the transaction ends: what goes is what was shown.
func (s *Service) lockRoles(ctx context.Context, tx *store.Tx, v reader, r Review, want []Answer) error {
	var roles []string
	for _, a := range want {
		if a.Verb != TakeAway {
			continue
		}
		i, err := itemIn(ctx, tx, r.OrgID, v, r.ID, a.GrantID)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
		if i.Kind == OfRole && i.MayAnswer && i.Change != Vanished {
			roles = append(roles, i.Role.ID)
		}
	}
	slices.Sort(roles)
	for _, id := range slices.Compact(roles) {
		if _, err := role.Lock(ctx, tx, r.OrgID, id); err != nil && fault.KindOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

func (s *Service) answer(ctx context.Context, tx *store.Tx, v reader, r Review, a Answer) (Item, error) {
	i, err := itemIn(ctx, tx, r.OrgID, v, r.ID, a.GrantID)
	if err != nil {
		return Item{GrantID: a.GrantID}, err
	}
	if err := i.takes(v, a); err != nil {
		return i, err
	}
	actor := access.ActorFrom(ctx)
	i.Answer, i.Comment, i.AnsweredBy, i.AnsweredAt = Confirmed, a.Comment, Person{actor.ID, actor.Name}, store.Now()
	switch a.Verb {
	case Confirm:
	case Flag:
		i.Answer = Flagged
	case Undo:
		i.Answer, i.Comment, i.AnsweredBy, i.AnsweredAt = Open, "", Person{}, time.Time{}
	case TakeAway:
		i.Answer = Revoked
		if err := s.takeAway(ctx, tx, i); err != nil {
			return i, err
		}
	}
	if err := answered(ctx, tx, r.OrgID, i); err != nil {
		return i, err
	}
	err = s.Audit.Record(ctx, tx, audit.Event{
		Action: "accessreview.answer", CustomerID: i.Scope.CustomerID, Targets: append([]audit.Target{{Type: "accessreview", ID: r.ID, Name: r.Name}}, i.targets()...),
		Detail: map[string]any{"answer": string(a.Verb), "kind": string(i.Kind), "grant_id": a.GrantID, "comment": i.Comment},
	})
	if err != nil {
		return i, err
	}
	return itemIn(ctx, tx, r.OrgID, v, r.ID, a.GrantID)
}

// takeAway takes a grant or an override away, as somebody or the end of the review decided.
func (s *Service) takeAway(ctx context.Context, tx *store.Tx, i Item) error {
	if i.Kind == OfOverride {
		return s.Grants.ReviewedOverride(ctx, tx, i.GrantID)
	}
	return s.Grants.Reviewed(ctx, tx, i.GrantID)
}

// takes settles that an item takes an answer from a reader.
func (i Item) takes(v reader, a Answer) error {
	switch {
	case i.Own:
		return errOwn
	case !i.MayAnswer && !v.all:
		return errItem
	case !i.MayAnswer:
		return errReviewer
	case i.Answer == Revoked:
		return errRevoked
	case i.Change == Vanished:
		return errGone
	case a.Verb == TakeAway && i.Kind == OfPlatformRole:
		return errPlatform
	case a.Verb == Flag && i.Kind != OfPlatformRole:
		return errFlag
	case a.Seen != i.Seen():
		return errChanged
	case a.Verb == Undo && i.Answer == Open:
		return errOpen
	}
	return nil
}
