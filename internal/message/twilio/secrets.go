package twilio

import "countersign.dev/countersign/internal/seal"

type sealed struct{ token, alternate, secret []byte }

// Secrets of a change; a nil one keeps the old, an empty one removes it.
type Secrets struct{ Token, Alternate, Secret *string }

// secretsOf seals new secrets and keeps old ones where that is safe.
func (c *Carrier) secretsOf(orgID string, old, want Settings, given Secrets) (kept sealed, err error) {
	kept = old.sealed
	moved := old.Version > 0 && (old.BaseURL != want.BaseURL || old.AccountSID != want.AccountSID)
	for _, x := range []struct {
		column string
		given  *string
		into   *[]byte
	}{{"auth_token", given.Token, &kept.token}, {"alternate_token", given.Alternate, &kept.alternate}, {"api_key_secret", given.Secret, &kept.secret}} {
		switch {
		case x.given == nil:
		case *x.given == "":
			*x.into = nil
		default:
			if *x.into, err = c.Keys.Seal(place(orgID, x.column), []byte(*x.given)); err != nil {
				return sealed{}, err
			}
		}
	}
	if want.APIKeySID == "" {
		kept.secret = nil
	}
	if moved && given.Alternate == nil {
		kept.alternate = nil
	}
	switch {
	case len(kept.token) == 0, moved && given.Token == nil:
		return sealed{}, errTokenAgain
	case want.APIKeySID != "" && (len(kept.secret) == 0 || given.Secret == nil && (moved || old.APIKeySID != want.APIKeySID)):
		return sealed{}, errSecretAgain
	}
	return kept, nil
}

// open fills the secrets in.
func (c *Carrier) open(orgID string, s Settings) (_ Settings, err error) {
	for _, x := range []struct {
		column string
		from   []byte
		into   *string
	}{{"auth_token", s.sealed.token, &s.token}, {"alternate_token", s.sealed.alternate, &s.alternate}, {"api_key_secret", s.sealed.secret, &s.secret}} {
		if len(x.from) == 0 {
			continue
		}
		plain, err := c.Keys.Unseal(place(orgID, x.column), x.from)
		if err != nil {
			return s, err
		}
		*x.into = string(plain)
	}
	return s, nil
}

func place(orgID, column string) seal.Place {
	return seal.Place{Table: "message_twilio", Column: column, ID: orgID}
}
