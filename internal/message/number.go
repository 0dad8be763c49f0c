package message

import (
	"context"

	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
)

// Inbound tells where an organization can be written to: the number for texts, and the mail address; "" where its provider has none.
func (s *Service) Inbound(ctx context.Context, q store.Querier, orgID string) (number, email string, err error) {
	if number, err = s.number(ctx, q, orgID); err != nil {
		return "", "", err
	}
	sandboxed, err := s.Sandboxed(ctx, q, orgID, Email)
	if err != nil || sandboxed {
		return number, SandboxEmail, err
	}
	m, _, err := mail.Find(ctx, q, orgID)
	return number, m.InboundAddress, err
}

// number is where an organization gets texts.
func (s *Service) number(ctx context.Context, q store.Querier, orgID string) (string, error) {
	o, err := organization.ByID(ctx, q, orgID)
	if err != nil {
		return "", err
	}
	found, err := s.carriers(ctx, q, o, orgID, SMS)
	if err != nil {
		return "", err
	}
	for _, x := range found {
		if numbered, ok := x.(Numbered); ok {
			return numbered.Number(ctx, q, orgID, SMS)
		}
	}
	if len(found) > 0 && found[0] != s.sandbox {
		return "", nil
	}
	return SandboxNumber, nil
}
