package erasure

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/store"
)

// maxEvents bounds how many events of the log are handed out, the newest first.
const maxEvents = 10_000

// document is what is known of a person, as they get it.
type document struct {
	Format    string                      `json:"format"` // "countersign-personal-data-1"
	MadeAt    time.Time                   `json:"made_at"`
	Kind      kind                        `json:"kind"`
	ID        string                      `json:"id"`
	Name      string                      `json:"name"`
	Addresses []string                    `json:"addresses"` // also former ones that were used
	Data      map[string][]map[string]any `json:"data"`      // by table; what is sealed or hashed is left out
	Events    []event                     `json:"events"`    // of the audit log, the newest first
}

type event struct {
	At      time.Time      `json:"at"`
	Action  string         `json:"action"`
	Outcome string         `json:"outcome"`
	Reason  string         `json:"reason,omitempty"`
	By      string         `json:"by,omitempty"`
	Before  map[string]any `json:"before,omitempty"`
	After   map[string]any `json:"after,omitempty"`
	Detail  map[string]any `json:"detail,omitempty"`
}

// ExportContact writes all that is known of a contact as one JSON document. It takes the same rights as erasing them.
func (s *Service) ExportContact(ctx context.Context, id string, w io.Writer) error {
	c, err := s.findContact(ctx, id)
	if err != nil {
		return err
	}
	p, err := s.contactPerson(ctx, s.db.Read(), c)
	if err != nil {
		return err
	}
	return s.export(ctx, p, w)
}

// ExportTechnician writes all that is known of a technician as one JSON document.
func (s *Service) ExportTechnician(ctx context.Context, id string, w io.Writer) error {
	t, err := s.technicians.Find(ctx, id)
	if err != nil {
		return err
	}
	p, err := s.technicianPerson(ctx, s.db.Read(), t)
	if err != nil {
		return err
	}
	return s.export(ctx, p, w)
}

func (s *Service) export(ctx context.Context, p person, w io.Writer) error {
	d := document{
		Format: "countersign-personal-data-1", MadeAt: store.Now(), Kind: p.kind, ID: p.id, Name: p.name, Addresses: p.addresses, Data: map[string][]map[string]any{},
	}
	about := append([]rows{{table: string(p.kind), column: "id"}}, ofPerson()...)
	if p.kind == contacts {
		about = append(about, rows{table: "ticket", column: "contact_id"}, rows{table: "contact_phone", column: "contact_id"}, rows{table: "contact_email", column: "contact_id"})
	}
	for _, r := range about {
		found, err := r.tell(ctx, s.db.Read(), p.org, p.id)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			d.Data[r.table] = append(d.Data[r.table], found...)
		}
	}
	for _, f := range []audit.Filter{{TargetID: p.id}, {ActorID: p.id}} {
		found, err := s.audit.Find(ctx, p.org, f, 0, maxEvents)
		if err != nil {
			return fmt.Errorf("read the events of %s: %w", p.subject(), err)
		}
		for _, e := range found {
			d.Events = append(d.Events, event{
				At: e.At, Action: e.Action, Outcome: string(e.Outcome), Reason: e.Reason, By: e.ActorName, Before: e.Before, After: e.After, Detail: e.Detail,
			})
		}
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("write what is known of %s: %w", p.subject(), err)
	}
	err = s.audit.Append(ctx, audit.Event{Action: string(p.kind) + ".export_personal", Targets: []audit.Target{{Type: string(p.kind), ID: p.id, Name: p.name}}})
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
