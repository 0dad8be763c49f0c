package invitation

import (
	"context"
	"encoding/hex"

	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// person is for whom a passkey is made; what binds the question to this browser is that it holds the link.
func (o Open) person(token string) factor.Person {
	return factor.Person{
		OrgID: o.OrgID, TechnicianID: o.TechnicianID, Email: o.Technician.Email, Name: o.Technician.Name(),
		BoundTo: "invitation " + hex.EncodeToString(id.Hash(token)),
	}
}

// PasskeyOptions asks the browser that holds a link to make a passkey, for Accept.
func (s *Service) PasskeyOptions(ctx context.Context, token string, site factor.Site) (factor.Ceremony, error) {
	o, err := s.Look(ctx, token)
	if err != nil {
		return factor.Ceremony{}, err
	}
	return s.Factors.BeginRegistration(ctx, site, o.person(token), factor.KindPasskey, "")
}

// keepPasskey keeps the passkey that a browser made for the link; the recovery codes that come with the first one go to codes.
func (s *Service) keepPasskey(o Open, token string, made *NewPasskey, codes *[]string) keeper {
	return func(ctx context.Context, tx *store.Tx) (err error) {
		_, *codes, err = s.Factors.FinishRegistration(ctx, tx, factor.Registration{
			Person: o.person(token), ChallengeID: made.ChallengeID, Name: made.Name, Credential: made.Credential,
		})
		return err
	}
}
