package signinpolicy

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/input"
)

// Routes mounts the policies.
func (s *Service) Routes(api *httpapi.API) {
	const path = "/api/settings/security"
	httpapi.Handle(api, httpapi.Route{
		ID: "get-security", Method: "GET", Path: path, Summary: "Read what is asked of everybody who signs in", Needs: perm.AdminSettings,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-security", Method: "PATCH", Path: path, Summary: "Change what is asked of everybody who signs in", Needs: perm.AdminSettings, Fresh: true,
	}, s.patch)
}

type passwordBody struct {
	MinLength  int `json:"min_length" minimum:"8" maximum:"128"`
	Classes    int `json:"classes" minimum:"0" maximum:"4" doc:"how many of small letters, capital letters, digits and signs; the standards advise 0"`
	ExpiryDays int `json:"expiry_days" minimum:"0" maximum:"3650" doc:"0: never; the standards advise 0"`
	History    int `json:"history" minimum:"0" maximum:"24" doc:"so many earlier passwords may not come back"`
}

type lockoutBody struct {
	Failures int `json:"failures" minimum:"3" maximum:"100"`
	Minutes  int `json:"minutes" minimum:"1" maximum:"1440"`
}

type mfaBody struct {
	Required  string `json:"required" enum:"off,administrators,all" doc:"of whom a second factor is demanded"`
	GraceDays int    `json:"grace_days" minimum:"0" maximum:"90" doc:"from the first sign-in at which it is demanded"`
}

type sessionsBody struct {
	IdleMinutes int `json:"idle_minutes" minimum:"1" maximum:"1440"`
	Hours       int `json:"hours" minimum:"1" maximum:"168"`
	Concurrent  int `json:"concurrent" minimum:"1" maximum:"50" doc:"beyond, the oldest ends"`
}

// Settings are what may be changed.
type Settings struct {
	Password     passwordBody           `json:"password"`
	Lockout      lockoutBody            `json:"lockout"`
	MFA          mfaBody                `json:"mfa"`
	Sessions     sessionsBody           `json:"sessions"`
	Networks     []string               `json:"networks" maxItems:"200" doc:"CIDR; from which alone people may come; empty: from everywhere"`
	RoleNetworks map[perm.Role][]string `json:"role_networks" doc:"CIDR by role, besides the organization's"`
}

// change is a part of the settings: whole or in parts down to single numbers, as a JSON Merge Patch (RFC 7396).
type change struct {
	Password *struct {
		MinLength  int `json:"min_length,omitempty"`
		Classes    int `json:"classes,omitempty"`
		ExpiryDays int `json:"expiry_days,omitempty"`
		History    int `json:"history,omitempty"`
	} `json:"password,omitempty"`
	Lockout *struct {
		Failures int `json:"failures,omitempty"`
		Minutes  int `json:"minutes,omitempty"`
	} `json:"lockout,omitempty"`
	MFA *struct {
		Required  string `json:"required,omitempty" enum:"off,administrators,all"`
		GraceDays int    `json:"grace_days,omitempty"`
	} `json:"mfa,omitempty"`
	Sessions *struct {
		IdleMinutes int `json:"idle_minutes,omitempty"`
		Hours       int `json:"hours,omitempty"`
		Concurrent  int `json:"concurrent,omitempty"`
	} `json:"sessions,omitempty"`
	Networks     []string               `json:"networks,omitempty" maxItems:"200"`
	RoleNetworks map[perm.Role][]string `json:"role_networks,omitempty"`
}

type affectedBody struct {
	Technicians                 int `json:"technicians"`
	Administrators              int `json:"administrators"`
	WithoutFactor               int `json:"without_factor"`
	AdministratorsWithoutFactor int `json:"administrators_without_factor"`
}

type securityBody struct {
	Settings
	Affected  affectedBody `json:"affected" doc:"active technicians"`
	Address   string       `json:"address" doc:"where this request came from: it has to stay in the networks"`
	UpdatedAt *time.Time   `json:"updated_at"`
	Version   int64        `json:"version"`
}

func (s *Service) get(ctx context.Context, _ *struct{}) (*httpapi.One[securityBody], error) {
	p, a, err := s.Current(ctx)
	if err != nil {
		return nil, err
	}
	return one(ctx, p, a), nil
}

func (s *Service) patch(ctx context.Context, in *struct {
	IfMatch string `header:"If-Match"`
	Body    httpapi.Patch[change]
},
) (*httpapi.One[securityBody], error) {
	p, err := s.Update(ctx, func(p Policy) (Policy, error) {
		if err := httpapi.IfMatch(in.IfMatch, p.Version); err != nil {
			return p, err
		}
		b, err := httpapi.Merge(bodyOf(p), in.Body.RawMessage)
		if err != nil {
			return p, err
		}
		return b.policy()
	})
	if err != nil {
		return nil, err
	}
	a, err := s.affected(ctx, access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, err
	}
	return one(ctx, p, a), nil
}

func one(ctx context.Context, p Policy, a Affected) *httpapi.One[securityBody] {
	b := securityBody{Settings: bodyOf(p), Affected: affectedBody(a), Address: access.ActorFrom(ctx).Address, Version: p.Version}
	if !p.UpdatedAt.IsZero() {
		b.UpdatedAt = &p.UpdatedAt
	}
	return &httpapi.One[securityBody]{ETag: httpapi.ETag(p.Version), Body: b}
}

func bodyOf(p Policy) Settings {
	b := Settings{
		Password: passwordBody(p.Password), Lockout: lockoutBody(p.Lockout), MFA: mfaBody(p.MFA), Sessions: sessionsBody(p.Sessions),
		Networks: texts(p.Networks), RoleNetworks: map[perm.Role][]string{},
	}
	for role, list := range p.RoleNetworks {
		b.RoleNetworks[role] = texts(list)
	}
	return b
}

func texts(list []netip.Prefix) []string {
	out := make([]string, 0, len(list))
	for _, p := range list {
		out = append(out, p.String())
	}
	return out
}

func (b Settings) policy() (Policy, error) {
	var f input.Form
	p := Policy{
		Password: Password(b.Password), Lockout: Lockout(b.Lockout), MFA: MFA(b.MFA), Sessions: Sessions(b.Sessions),
		Networks: networks(&f, "/networks", b.Networks), RoleNetworks: map[perm.Role][]netip.Prefix{},
	}
	for role, list := range b.RoleNetworks {
		p.RoleNetworks[role] = networks(&f, "/role_networks/"+string(role), list)
	}
	return p, f.Err()
}

func networks(f *input.Form, pointer string, list []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for i, text := range list {
		p, err := ParseNetwork(text)
		if err != nil {
			f.Refuse(fmt.Sprintf("%s/%d", pointer, i), "Write a network as 203.0.113.0/24 or 2001:db8::/32, or a single address.")
			continue
		}
		out = append(out, p)
	}
	return out
}
