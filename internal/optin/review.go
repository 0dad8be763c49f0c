package optin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
)

// TaskKind is what the tasks that ask many are called.
const TaskKind = "optin.ask"

const (
	maxContacts = 2000
	pageSize    = 200
)

// Crowd says who is meant: contacts by their ids, or all whom a filter matches now.
type Crowd struct {
	IDs    []string
	Filter *contact.Query
	Way    message.Way // for all; "" takes email where there is one
}

// Verdict says whether one contact can be asked.
type Verdict struct {
	Contact contact.Contact
	Way     message.Way
	SentTo  string
	Number  string
	Err     error // why not; nil means they are asked
}

// Review is what somebody looks through before anything is sent.
type Review struct {
	Verdicts []Verdict
	Askable  int
	Digest   string // of who would be asked and where; sending needs the one of the list that was looked through
}

// Review says of each contact whether they can be asked, and sends nothing.
func (s *Service) Review(ctx context.Context, crowd Crowd) (r Review, err error) {
	if crowd.Way != "" && crowd.Way != message.Email && crowd.Way != message.SMS {
		return r, errWay
	}
	people, err := s.people(ctx, crowd)
	if err != nil {
		return r, err
	}
	c, err := s.circumstances(ctx, s.DB.Read())
	if err != nil {
		return r, err
	}
	sum := sha256.New()
	for len(people) > 0 {
		piece := people[:min(len(people), pageSize)]
		people = people[len(piece):]
		verdicts, err := s.judge(ctx, c, piece, crowd.Way)
		if err != nil {
			return r, err
		}
		for _, v := range verdicts {
			if v.Err == nil {
				r.Askable++
				sum.Write(fmt.Appendf(nil, "%s %s %s %s\n", v.Contact.ID, v.Way, v.SentTo, v.Number))
			}
		}
		r.Verdicts = append(r.Verdicts, verdicts...)
	}
	r.Digest = hex.EncodeToString(sum.Sum(nil)[:16])
	return r, nil
}

// judge decides on some contacts with two questions to the database.
func (s *Service) judge(ctx context.Context, c circumstances, people []contact.Contact, way message.Way) ([]Verdict, error) {
	var ids, addresses []string
	for _, who := range people {
		ids = append(ids, who.ID)
		addresses = append(append(addresses, who.Numbers()...), who.Emails...)
	}
	standing, err := s.Ledger.OfAll(ctx, s.DB.Read(), c.organization.ID, addresses)
	if err != nil {
		return nil, err
	}
	asked, err := lastAsked(ctx, s.DB.Read(), c.organization.ID, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Verdict, len(people))
	for i, who := range people {
		p, why := c.plan(who, way, standing, asked[who.ID])
		out[i] = Verdict{who, p.way, p.sentTo, p.number, why}
		if err := s.Guard.Check(ctx, perm.ContactEdit, who.Object()); err != nil {
			out[i].Err = err
		}
	}
	return out, nil
}

// people are the contacts of a crowd that the actor may see.
func (s *Service) people(ctx context.Context, crowd Crowd) ([]contact.Contact, error) {
	return s.Contacts.Choose(ctx, contact.Choice{
		IDs: crowd.IDs, Filter: crowd.Filter, Most: maxContacts, ErrBoth: errEither, ErrNobody: errNobody, ErrTooMany: errTooMany,
	})
}

// payload is a crowd as a task keeps it: those who could be asked when the list was looked through.
type payload struct {
	IDs []string    `json:"ids"`
	Way message.Way `json:"way,omitempty"`
}

// TaskData is what people see of a payload.
func (p payload) TaskData() map[string]string { return map[string]string{"way": string(p.Way)} }

// AskAll sends forms to those of a crowd who can be asked, as a task. digest is that of the review that somebody looked through: if the
// outcome would be another now, nothing is sent.
func (s *Service) AskAll(ctx context.Context, crowd Crowd, digest string) (t task.Task, err error) {
	r, err := s.Review(ctx, crowd)
	if err != nil {
		return t, err
	}
	if r.Digest != digest {
		return t, errUnreviewed
	}
	p := payload{Way: crowd.Way}
	for _, v := range r.Verdicts {
		if v.Err == nil {
			p.IDs = append(p.IDs, v.Contact.ID)
		}
	}
	if len(p.IDs) == 0 {
		return t, errNoneToAsk
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, err = s.Tasks.Start(ctx, tx, TaskKind, len(p.IDs), p); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "optin.bulk", Targets: []audit.Target{{Type: "task", ID: t.ID, Name: TaskKind}},
			Detail: map[string]any{"contacts": len(p.IDs), "of": len(r.Verdicts), "way": string(crowd.Way)},
		})
	})
	return t, err
}

// run asks one contact after the other: the form, its message and the progress of the task are one transaction, so that neither a restart
// nor a cancellation asks anybody twice.
func (s *Service) run(ctx context.Context, r *task.Run) error {
	var p payload
	if err := r.Decode(&p); err != nil {
		return err
	}
	for r.Done < len(p.IDs) {
		ctx, err := r.Next(ctx)
		if err != nil {
			return err
		}
		if err := s.one(ctx, r, Question{ContactID: p.IDs[r.Done], Way: p.Way}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) one(ctx context.Context, r *task.Run, question Question) error {
	result := task.Result{TargetType: "contact", TargetID: question.ContactID, Outcome: task.OutcomeDone}
	who, err := s.mayAsk(ctx, question)
	if err == nil {
		result.Name = who.Name
		noted := false
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			if _, err := s.askIn(ctx, tx, who, question); err != nil {
				return err
			}
			if !noted {
				r.Result(result)
				noted = true
			}
			return r.AdvanceIn(ctx, tx, 1)
		})
		if err == nil {
			return nil
		}
	}
	if fault.KindOf(err) == fault.Internal {
		return err
	}
	result.Outcome = task.OutcomeFailed
	if slices.Contains([]string{errIn.Code, errOut.Code, errAsked.Code}, fault.CodeOf(err)) {
		result.Outcome = task.OutcomeSkipped
	}
	if who.ID != "" && access.ActorFrom(ctx).OrgID == who.OrgID {
		if err = s.refused(ctx, who, err); fault.KindOf(err) == fault.Internal {
			return err
		}
	}
	r.Result(result.Because(err))
	return r.Advance(ctx, 1)
}
