package document

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/task"
)

// TaskKind is what the tasks that send documents are called.
const TaskKind = "document.mail"

// ownerType is what the mails belong to.
const ownerType = "document"

// maxContacts is how many may be sent a document at once.
const maxContacts = 500

// payload is a mailing as its task keeps it: whom it went out for, and the texts as they were looked through.
type payload struct {
	Mailing   string          `json:"mailing"` // keeps a mail from being sent twice
	Key       Key             `json:"key"`
	IDs       []string        `json:"ids"`
	Languages []string        `json:"languages"` // of each
	Texts     map[string]Text `json:"texts"`
}

// TaskData is what people see of a payload.
func (p payload) TaskData() map[string]string { return map[string]string{"document": string(p.Key)} }

// Send mails a document to those who can be sent it, as a task. digest is that of the review that somebody looked through: if the outcome
// would be another now, nothing is sent.
func (s *Service) Send(ctx context.Context, m Mailing, digest string) (t task.Task, err error) {
	r, err := s.Review(ctx, m)
	if err != nil {
		return t, err
	}
	if r.Digest != digest {
		return t, errUnreviewed
	}
	p := payload{Mailing: id.New(), Key: m.Key, Texts: r.texts}
	for _, v := range r.Verdicts {
		if v.Err == nil {
			p.IDs, p.Languages = append(p.IDs, v.Contact.ID), append(p.Languages, v.Language)
		}
	}
	if len(p.IDs) == 0 {
		return t, errNone
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, err = s.Tasks.Start(ctx, tx, TaskKind, len(p.IDs), p); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "document.mail", CustomerID: m.CustomerID,
			Targets: []audit.Target{{Type: "document", ID: string(m.Key)}, {Type: "task", ID: t.ID, Name: TaskKind}},
			Detail:  map[string]any{"contacts": len(p.IDs), "of": len(r.Verdicts)},
		})
	})
	return t, err
}

// run writes to one contact after the other: the mail, its record and the progress of the task are one transaction, so that neither a
// restart nor a cancellation writes to anybody twice.
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
		if err := s.one(ctx, r, p); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) one(ctx context.Context, r *task.Run, p payload) error {
	contactID, language := p.IDs[r.Done], p.Languages[r.Done]
	result := task.Result{TargetType: "contact", TargetID: contactID, Outcome: task.OutcomeDone}
	who, err := s.Contacts.Find(ctx, contactID)
	if err == nil {
		result.Name = who.Name
		err = s.Guard.Check(ctx, perm.ContactEdit, who.Object())
	}
	if err == nil {
		noted := false
		err = s.DB.Write(ctx, func(tx *store.Tx) error {
			if err := s.mail(ctx, tx, p, contactID, language); err != nil {
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
	if code := fault.CodeOf(err); code == errOut.Code || code == message.ErrOptedOut.Code {
		result.Outcome = task.OutcomeSkipped
	}
	r.Result(result.Because(err))
	return r.Advance(ctx, 1)
}

// mail queues the document for one contact, as the contact is now.
func (s *Service) mail(ctx context.Context, tx *store.Tx, p payload, contactID, language string) error {
	who, err := contact.ByID(ctx, tx, access.ActorFrom(ctx).OrgID, contactID)
	if err != nil {
		return err
	}
	standing, err := s.Consents.OfAll(ctx, tx, who.OrgID, who.Emails)
	if err != nil {
		return err
	}
	to, err := mailbox(who, standing)
	if err != nil {
		return err
	}
	c, err := s.here(ctx, tx)
	if err != nil {
		return err
	}
	e, l, err := entry(p.Key, language)
	if err != nil {
		return err
	}
	v := s.valuesIn(e, c, language, Person{who.Name, who.CustomerName})
	d, err := made(e.Key, p.Texts[language], l, v)
	if err != nil {
		return err
	}
	body := d.Plain()
	if address := s.publicURL(c, p.Key); address != "" {
		body += "\n\n" + word(language, "on_the_web", nil) + "\n" + address + "?lang=" + language
	}
	file, err := recipeOf(p.Key, language, p.Texts[language], v)
	if err != nil {
		return err
	}
	deliveryID, err := s.Messages.Send(ctx, tx, message.Out{
		Way: message.Email, To: to, Subject: d.Title, Body: body, Purpose: message.Notice, Owner: message.Ref{Type: ownerType, ID: p.Mailing},
		ContactID: who.ID, CustomerID: who.CustomerID, Key: "document/" + p.Mailing + "/" + who.ID, Language: language,
	})
	if err != nil {
		return err
	}
	if err := s.Attachments.Keep(ctx, tx, deliveryID, ownerType, file); err != nil {
		return err
	}
	return s.Audit.Record(ctx, tx, audit.Event{
		Action: "document.sent", CustomerID: who.CustomerID, Targets: []audit.Target{{Type: "contact", ID: who.ID, Name: who.Name}},
		Detail: map[string]any{"document": string(p.Key), "language": language, "delivery": deliveryID},
	})
}
