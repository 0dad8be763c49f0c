package duo

import (
	"context"
	"net/netip"
	"net/url"
	"regexp"
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

// Settings are an organization's applications at Duo. The secret keys are only filled for requests.
type Settings struct {
	Host      string // of the API with its scheme, so that a simulator can stand in
	AuthIkey  string // integration key of the Auth API; empty without one
	AdminIkey string // integration key of the Admin API; empty without one
	AuthSet   bool
	AdminSet  bool
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64

	auth, admin             string
	sealedAuth, sealedAdmin []byte
}

// Secrets of a change; a nil one keeps the old.
type Secrets struct{ Auth, Admin *string }

var (
	ikeyPattern = regexp.MustCompile(`^D[A-Z0-9]{19}$`)
	skeyPattern = regexp.MustCompile(`^[A-Za-z0-9]{40}$`)
)

// Settings returns the applications of the actor's organization, without their secrets.
func (s *Service) Settings(ctx context.Context) (Settings, error) {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return Settings{}, err
	}
	set, ok, err := find(ctx, s.DB.Read(), orgID)
	if err == nil && !ok {
		err = errAbsent
	}
	return set, err
}

// Set checks and keeps the applications of the actor's organization. A kept secret only ever goes to the host that it was entered for.
// Who the contacts are is looked up anew, since another account of Duo may answer.
func (s *Service) Set(ctx context.Context, want Settings, secrets Secrets, matches func(version int64) error) (Settings, error) {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return Settings{}, err
	}
	if err := s.Guard.Unlimited(ctx); err != nil {
		return Settings{}, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		o, err := organization.ByID(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if o.Demo {
			return errDemo
		}
		old, _, err := find(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if err := matches(old.Version); err != nil {
			return err
		}
		if want, err = want.checked(secrets); err != nil {
			return err
		}
		if want, err = s.secretsOf(orgID, old, want, secrets); err != nil {
			return err
		}
		now := store.Now()
		want.CreatedAt, want.UpdatedAt, want.Version = now, now, old.Version+1
		if old.Version > 0 {
			want.CreatedAt = old.CreatedAt
		}
		if err := put(ctx, tx, orgID, want); err != nil {
			return err
		}
		if err := forgetUsers(ctx, tx, orgID); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.duo.update", Targets: []audit.Target{{Type: "organization", ID: orgID, Name: o.Name}},
			Before: old.fields(), After: want.fields(),
			Detail: map[string]any{"auth_skey_changed": secrets.Auth != nil, "admin_skey_changed": secrets.Admin != nil},
		})
	})
	return want, err
}

// Remove forgets the applications and who the contacts are at Duo.
func (s *Service) Remove(ctx context.Context) error {
	orgID, err := s.checkSettings(ctx)
	if err != nil {
		return err
	}
	if err := s.Guard.Unlimited(ctx); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		old, ok, err := find(ctx, tx, orgID)
		if err != nil {
			return err
		}
		if !ok {
			return errAbsent
		}
		if err := remove(ctx, tx, orgID); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "settings.duo.delete", Targets: []audit.Target{{Type: "organization", ID: orgID}}, Before: old.fields(),
		})
	})
}

func (s *Service) checkSettings(ctx context.Context) (orgID string, err error) {
	orgID = access.ActorFrom(ctx).OrgID
	return orgID, s.Guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID})
}

func (set Settings) checked(secrets Secrets) (Settings, error) {
	var f input.Form
	host, ok := cleanHost(set.Host)
	if !ok {
		f.Refuse("/api_host", "Enter the API hostname of the applications, such as api-12345678.duosecurity.com. Plain http is only for this machine.")
	}
	set.Host = host
	for pointer, ikey := range map[string]*string{"/auth_ikey": &set.AuthIkey, "/admin_ikey": &set.AdminIkey} {
		if *ikey = strings.TrimSpace(*ikey); *ikey != "" && !ikeyPattern.MatchString(*ikey) {
			f.Refuse(pointer, "An integration key is D and 19 capital letters and digits.")
		}
	}
	if set.AuthIkey == "" && set.AdminIkey == "" {
		f.Refuse("/auth_ikey", "Enter the keys of an Auth API application, of an Admin API application, or of both.")
	}
	for pointer, skey := range map[string]*string{"/auth_skey": secrets.Auth, "/admin_skey": secrets.Admin} {
		if skey != nil && !skeyPattern.MatchString(*skey) {
			f.Refuse(pointer, "A secret key is 40 letters and digits.")
		}
	}
	return set, f.Err()
}

// cleanHost accepts a host with or without its scheme.
func cleanHost(host string) (string, bool) {
	host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "/"))
	if !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(host)
	if err != nil || len(host) > 200 || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil || u.Opaque != "" {
		return host, false
	}
	if u.Scheme == "http" {
		ip, err := netip.ParseAddr(u.Hostname())
		return host, u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
	}
	return host, u.Scheme == "https"
}

// secretsOf seals new secrets and keeps old ones where that is safe.
func (s *Service) secretsOf(orgID string, old, want Settings, given Secrets) (_ Settings, err error) {
	for _, x := range []struct {
		column         string
		given          *string
		oldKey, newKey string
		kept           []byte
		into           *[]byte
		again          error
	}{
		{"auth_skey", given.Auth, old.AuthIkey, want.AuthIkey, old.sealedAuth, &want.sealedAuth, errAuthAgain},
		{"admin_skey", given.Admin, old.AdminIkey, want.AdminIkey, old.sealedAdmin, &want.sealedAdmin, errAdminAgain},
	} {
		switch {
		case x.newKey == "":
			*x.into = nil
		case x.given != nil:
			if *x.into, err = s.Keys.Seal(place(orgID, x.column), []byte(*x.given)); err != nil {
				return want, err
			}
		case len(x.kept) == 0 || x.oldKey != x.newKey || old.Host != want.Host:
			return want, x.again
		default:
			*x.into = x.kept
		}
	}
	want.AuthSet, want.AdminSet = len(want.sealedAuth) > 0, len(want.sealedAdmin) > 0
	return want, nil
}

// open fills the secrets in.
func (s *Service) open(orgID string, set Settings) (Settings, error) {
	for _, x := range []struct {
		column string
		from   []byte
		into   *string
	}{{"auth_skey", set.sealedAuth, &set.auth}, {"admin_skey", set.sealedAdmin, &set.admin}} {
		if len(x.from) == 0 {
			continue
		}
		plain, err := s.Keys.Unseal(place(orgID, x.column), x.from)
		if err != nil {
			return set, err
		}
		*x.into = string(plain)
	}
	return set, nil
}

func place(orgID, column string) seal.Place {
	return seal.Place{Table: "verify_duo", Column: column, ID: orgID}
}

func (set Settings) authKeys() keys  { return keys{set.AuthIkey, set.auth} }
func (set Settings) adminKeys() keys { return keys{set.AdminIkey, set.admin} }

func (set Settings) fields() map[string]any {
	if set.Version == 0 {
		return nil
	}
	return map[string]any{
		"api_host": set.Host, "auth_ikey": set.AuthIkey, "auth_skey_set": set.AuthSet, "admin_ikey": set.AdminIkey, "admin_skey_set": set.AdminSet,
	}
}
