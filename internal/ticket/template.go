package ticket

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

// TemplateFields are what people enter about a quick ticket.
type TemplateFields struct {
	Name        string
	Summary     string
	Description string
	Priority    Priority // Normal if empty
}

// Template is a quick ticket: what is the same in every ticket of a kind.
type Template struct {
	OrgID string
	ID    string
	TemplateFields
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Templates lists quick tickets by their names.
func (s *Service) Templates(ctx context.Context, text string, page store.Page) ([]Template, string, error) {
	if err := s.guard.Holds(ctx, perm.TicketView); err != nil {
		return nil, "", err
	}
	return listTemplates(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, text, page)
}

// FindTemplate returns one quick ticket.
func (s *Service) FindTemplate(ctx context.Context, id string) (Template, error) {
	if err := s.guard.Holds(ctx, perm.TicketView); err != nil {
		return Template{}, err
	}
	return templateByID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, id)
}

// CreateTemplate adds a quick ticket.
func (s *Service) CreateTemplate(ctx context.Context, want TemplateFields) (t Template, err error) {
	if err := s.mayTemplates(ctx); err != nil {
		return t, err
	}
	if want, err = want.checked(); err != nil {
		return t, err
	}
	now := store.Now()
	t = Template{OrgID: access.ActorFrom(ctx).OrgID, ID: id.New(), TemplateFields: want, CreatedAt: now, UpdatedAt: now, Version: 1}
	return t, s.db.Write(ctx, func(tx *store.Tx) error {
		if err := insertTemplate(ctx, tx, t); err != nil {
			return err
		}
		return s.templateChanged(ctx, tx, "ticket.template_create", t, nil, t.record())
	})
}

// UpdateTemplate changes a quick ticket; change gets it as it is and returns what it should be.
func (s *Service) UpdateTemplate(ctx context.Context, id string, change func(Template) (TemplateFields, error)) (t Template, err error) {
	if err := s.mayTemplates(ctx); err != nil {
		return t, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if t, err = templateByID(ctx, tx, access.ActorFrom(ctx).OrgID, id); err != nil {
			return err
		}
		next, err := change(t)
		if err != nil {
			return err
		}
		if next, err = next.checked(); err != nil {
			return err
		}
		before := t
		if t.TemplateFields = next; next == before.TemplateFields {
			return errUnchanged
		}
		t.UpdatedAt = store.Now()
		if err := updateTemplate(ctx, tx, t); err != nil {
			return err
		}
		t.Version++
		return s.templateChanged(ctx, tx, "ticket.template_update", t, before.record(), t.record())
	})
	if err != nil && !errors.Is(err, errUnchanged) {
		return Template{}, err
	}
	return t, nil
}

// DeleteTemplate removes a quick ticket; tickets made from it stay. check may refuse it as it is.
func (s *Service) DeleteTemplate(ctx context.Context, id string, check func(Template) error) error {
	if err := s.mayTemplates(ctx); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		t, err := templateByID(ctx, tx, access.ActorFrom(ctx).OrgID, id)
		if err != nil {
			return err
		}
		if err := check(t); err != nil {
			return err
		}
		if err := removeTemplate(ctx, tx, t.OrgID, t.ID); err != nil {
			return fmt.Errorf("delete template %s: %w", id, err)
		}
		return s.templateChanged(ctx, tx, "ticket.template_delete", t, t.record(), nil)
	})
}

func (s *Service) mayTemplates(ctx context.Context) error {
	return s.guard.Check(ctx, perm.AdminTemplates, access.Object{Type: "organization", ID: access.ActorFrom(ctx).OrgID})
}

func (s *Service) templateChanged(ctx context.Context, tx *store.Tx, action string, t Template, before, after map[string]any) error {
	err := s.audit.Record(ctx, tx, audit.Event{
		Action: action, Before: before, After: after, Targets: []audit.Target{{Type: "ticket_template", ID: t.ID, Name: t.Name}},
	})
	if err != nil {
		return err
	}
	return s.events.Publish(ctx, tx, events.Event{Kind: "settings.changed", ID: t.ID, Needs: perm.SignedIn})
}

func (f TemplateFields) checked() (TemplateFields, error) {
	var form input.Form
	f.Name = form.Required("/name", f.Name, maxSummary)
	f.Summary = form.Required("/summary", f.Summary, maxSummary)
	f.Description = form.Text("/description", f.Description, maxDescription)
	if f.Priority == "" {
		f.Priority = Normal
	}
	if !f.Priority.valid() {
		form.Refuse("/priority", "A priority is low, normal, high or urgent.")
	}
	return f, form.Err()
}

func (f TemplateFields) record() map[string]any {
	return map[string]any{"name": f.Name, "summary": f.Summary, "description": f.Description, "priority": string(f.Priority)}
}
