// Package mail keeps the mail servers by which organizations send, and the addresses at which they are written to.
package mail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// The ways to protect the connection to a mail server.
const (
	StartTLS    = "starttls"
	ImplicitTLS = "tls"
	NoTLS       = "none"
)

// Server is an organization's own mail server. Password is only filled for the adapter that signs in with it.
type Server struct {
	Host           string
	Port           int
	TLS            string
	Username       string
	Password       string
	PasswordSet    bool
	FromAddress    string
	FromName       string
	InboundAddress string // where contacts write to; mail for it has to reach our SMTP listener
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Version        int64
}

// What the mark of a reply (a plus sign and 32 characters) leaves of 64 characters before the @, and of 254 in all.
const (
	maxInboundLocal = 64 - 33
	maxInboundAll   = 254 - 33
)

// Service keeps mail servers.
type Service struct {
	DB    *store.DB
	Guard *access.Guard
	Keys  *seal.Keyring
	Audit *audit.Log
}

// Find returns the mail server of an organization without its password; ok is false where there is none.
func Find(ctx context.Context, q store.Querier, orgID string) (m Server, ok bool, err error) {
	m, _, err = find(ctx, q, orgID)
	if errors.Is(err, ErrAbsent) {
		return m, false, nil
	}
	return m, err == nil, err
}

// Settings returns the mail server of the actor's organization, without its password.
func (s *Service) Settings(ctx context.Context) (Server, error) {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return Server{}, err
	}
	m, _, err := find(ctx, s.DB.Read(), orgID)
	return m, err
}

// Set checks and keeps the mail server of the actor's organization. A nil password keeps the old one, which is refused if the
// connection changes: otherwise the old password could be sent to a server of somebody's choice.
func (s *Service) Set(ctx context.Context, want Server, password *string, matches func(version int64) error) (Server, error) {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return Server{}, err
	}
	if err := s.Guard.Unlimited(ctx); err != nil {
		return Server{}, err
	}
	if want, err = want.checked(password); err != nil {
		return Server{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := organization.ByID(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if o.Demo {
			return errDemo
		}
		old, sealed, err := find(ctx, tx, orgID)
		if err != nil && !errors.Is(err, ErrAbsent) {
			return err
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		switch {
		case password != nil && *password == "":
			sealed = nil
		case password != nil:
			if sealed, err = s.Keys.Seal(place(orgID), []byte(*password)); err != nil {
				return err
			}
		case old.PasswordSet && (old.Host != want.Host || old.Port != want.Port || old.TLS != want.TLS || old.Username != want.Username):
			return errPasswordAgain
		}
		now := store.Now()
		want.CreatedAt, want.UpdatedAt, want.Version, want.PasswordSet = now, now, old.Version+1, len(sealed) > 0
		if old.Version > 0 {
			want.CreatedAt = old.CreatedAt
		}
		if err := put(ctx, tx, orgID, want, sealed); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.mail.update", Targets: []audit.Target{{Type: "organization", ID: orgID, Name: o.Name}},
			Before: old.fields(), After: want.fields(), Detail: map[string]any{"password_changed": password != nil},
		})
	})
	return want, err
}

// Remove forgets the mail server; the sandbox carries mail again.
func (s *Service) Remove(ctx context.Context) error {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		old, _, err := find(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if err := remove(ctx, tx, orgID); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.mail.delete", Targets: []audit.Target{{Type: "organization", ID: orgID}}, Before: old.fields(),
		})
	})
}

// Of is the mail server of an organization with its password, for the adapter; ok is false where there is none.
func (s *Service) Of(ctx context.Context, q store.Querier, orgID string) (m Server, ok bool, err error) {
	m, sealed, err := find(ctx, q, orgID)
	if errors.Is(err, ErrAbsent) {
		return m, false, nil
	}
	if err != nil || len(sealed) == 0 {
		return m, err == nil, err
	}
	password, err := s.Keys.Unseal(place(orgID), sealed)
	m.Password = string(password)
	return m, err == nil, err
}

// Recipient finds the organization that receives mail at an address, also at the reply address of one of its messages.
func (s *Service) Recipient(ctx context.Context, address string) (orgID string, ok bool, err error) {
	inbound, _ := SplitReply(input.FoldEmail(address))
	orgID, err = organizationOf(ctx, s.DB.Read(), inbound)
	return orgID, orgID != "", err
}

func (s *Service) checkSettings(ctx context.Context) (orgID string, err error) {
	orgID = access.ActorFrom(ctx).OrgID
	return orgID, s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID})
}

func (m Server) checked(password *string) (Server, error) {
	var f input.Form
	m.Host = f.Required("/host", m.Host, 253)
	if m.Port < 1 || m.Port > 65535 {
		f.Refuse("/port", "A port is a number from 1 to 65535; 587 and 465 are usual.")
	}
	switch m.TLS {
	case StartTLS, ImplicitTLS:
	case NoTLS:
		if m.Username != "" {
			f.Refuse("/tls", "A password is only sent over TLS. Choose starttls or tls.")
		}
	default:
		f.Refuse("/tls", "Choose starttls, tls or none.")
	}
	m.Username = f.Line("/username", m.Username, 254)
	if password != nil && len(*password) > 500 {
		f.Refuse("/password", "This is too long; 500 characters are allowed.")
	}
	m.FromName = f.Line("/from_name", m.FromName, 100)
	if m.FromAddress = f.Email("/from_address", m.FromAddress); m.FromAddress == "" {
		f.Refuse("/from_address", "This is required.")
	}
	m.InboundAddress = input.FoldEmail(f.Email("/inbound_address", m.InboundAddress))
	if inbound, token := SplitReply(m.InboundAddress); token != "" || len(inbound) != len(m.InboundAddress) {
		f.Refuse("/inbound_address", "Choose an address without a plus sign: what comes behind it marks replies.")
	} else if strings.IndexByte(inbound, '@') > maxInboundLocal || len(inbound) > maxInboundAll {
		f.Refuse("/inbound_address", "Choose an address with at most 31 characters before the @: replies need the rest.")
	}
	return m, f.Err()
}

func (m Server) fields() map[string]any {
	if m.Version == 0 {
		return nil
	}
	return map[string]any{
		"host": m.Host, "port": m.Port, "tls": m.TLS, "username": m.Username, "password_set": m.PasswordSet,
		"from_address": m.FromAddress, "from_name": m.FromName, "inbound_address": m.InboundAddress,
	}
}

func place(orgID string) seal.Place {
	return seal.Place{Table: "message_mail", Column: "password", ID: orgID}
}

// putError tells an address that another organization has from other errors.
func putError(err error) error {
	if store.IsConflict(err) {
		return errInboundTaken
	}
	return fmt.Errorf("keep the mail server: %w", err)
}
