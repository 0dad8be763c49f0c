package verify

import (
	"context"
	"fmt"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
)

// Settings is what an organization may choose about its verifications (D-20).
type Settings struct {
	CodeDigits               int    `json:"code_digits"`                 // 6 or 8
	CodeMinutes              int    `json:"code_minutes"`                // life of an end-user verification, 1 to 10
	ShieldMinutes            int    `json:"shield_minutes"`              // how long a shield stays green, 1 to 1440
	ConfirmDigits            bool   `json:"confirm_digits"`              // #confirm must carry two digits from the message (M13)
	NoteVisibility           string `json:"note_visibility"`             // of the notes on tickets: internal or public
	OtherContactNoteRequired bool   `json:"other_contact_note_required"` // verifying another person than the ticket's needs a note
	CodesSuspended           bool   `json:"codes_suspended"`             // nobody may use code methods for now (D-33)
}

func defaults() Settings {
	return Settings{
		CodeDigits: 6, CodeMinutes: 5, ShieldMinutes: 15, NoteVisibility: string(ticket.Internal), OtherContactNoteRequired: true,
	}
}

func (s Settings) life() time.Duration { return time.Duration(s.CodeMinutes) * time.Minute }

func (s Settings) validate() error {
	var wrong []fault.FieldError
	if s.CodeDigits != 6 && s.CodeDigits != 8 {
		wrong = append(wrong, fault.FieldError{Pointer: "/code_digits", Message: "Codes have 6 or 8 digits."})
	}
	if s.CodeMinutes < 1 || s.CodeMinutes > 10 {
		wrong = append(wrong, fault.FieldError{Pointer: "/code_minutes", Message: "A code lives 1 to 10 minutes."})
	}
	if s.ShieldMinutes < 1 || s.ShieldMinutes > 24*60 {
		wrong = append(wrong, fault.FieldError{Pointer: "/shield_minutes", Message: "A shield stays green for 1 minute to 24 hours (1440)."})
	}
	if v := ticket.Visibility(s.NoteVisibility); v != ticket.Internal && v != ticket.Public {
		wrong = append(wrong, fault.FieldError{Pointer: "/note_visibility", Message: "Notes are internal or public."})
	}
	return fault.Fields(wrong...)
}

// SaveSettings replaces the settings of the actor's organization if they still have the version that the caller saw.
func (s *Service) SaveSettings(ctx context.Context, next Settings, version int64) error {
	if err := s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization"}); err != nil {
		return err
	}
	if err := next.validate(); err != nil {
		return err
	}
	org := access.ActorFrom(ctx).OrgID
	err := s.DB.Write(ctx, func(tx *store.Tx) error {
		before, _, err := SettingsOf(ctx, tx, org)
		if err != nil {
			return err
		}
		if err := putSettings(ctx, tx, org, next, version); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.verification", Targets: []audit.Target{{Type: "organization", ID: org}},
			Before: asMap(before), After: asMap(next),
		})
	})
	if err != nil {
		return fmt.Errorf("save verification settings: %w", err)
	}
	return nil
}

func asMap(s Settings) map[string]any {
	return map[string]any{
		"digits": s.CodeDigits, "minutes": s.CodeMinutes, "shield_minutes": s.ShieldMinutes,
		"confirm_digits": s.ConfirmDigits, "note_visibility": s.NoteVisibility, "other_contact_note_required": s.OtherContactNoteRequired,
		"codes_suspended": s.CodesSuspended,
	}
}
