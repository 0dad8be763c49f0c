package contactkey

import (
	"context"
	"encoding/hex"

	"github.com/go-webauthn/webauthn/protocol"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
)

// challenge is what the new passkey of an enrolment signs: nobody can know it who does not have the link, and it comes only once.
func (s *Service) challenge(e Enrolment) []byte {
	return s.Keys.MAC("contactkey challenge", e.OrgID, e.ID)
}

// CreateOptions are what a browser needs to make the passkey of an enrolment (WebAuthn, section 5.4). What the device shows of it is the
// organization and the masked address: whoever holds the link learns nothing more.
func (s *Service) CreateOptions(ctx context.Context, e Enrolment, organizationName string) (string, error) {
	site, err := siteOf(s.BaseURL)
	if err != nil {
		return "", err
	}
	keys, err := s.usable(ctx, s.DB.Read(), e.OrgID, e.ContactID)
	if err != nil {
		return "", err
	}
	o := protocol.PublicKeyCredentialCreationOptions{
		Challenge: s.challenge(e), Parameters: algorithms(), Timeout: timeout, CredentialExcludeList: descriptors(keys),
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementPreferred, RequireResidentKey: protocol.ResidentKeyNotRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Attestation: protocol.PreferNoAttestation,
	}
	o.RelyingParty.ID, o.RelyingParty.Name = site.id, organizationName
	o.User.ID, o.User.Name, o.User.DisplayName = protocol.URLEncodedBase64(handleOf(e.OrgID, e.ContactID)), message.Mask(e.Address), organizationName
	return asJSON(o)
}

// created is the key that a browser's answer holds.
func (s *Service) created(e Enrolment, credential string) (Key, error) {
	answer, err := protocol.ParseCredentialCreationResponseBytes([]byte(credential))
	if err != nil {
		return Key{}, errRefused.Because(err)
	}
	site, err := siteOf(s.BaseURL)
	if err != nil {
		return Key{}, err
	}
	rp, err := site.relyingParty()
	if err != nil {
		return Key{}, err
	}
	u := user{handle: handleOf(e.OrgID, e.ContactID)}
	made, err := rp.CreateCredential(u, session(site, u, s.challenge(e)), answer)
	if err != nil {
		return Key{}, errRefused.Because(err)
	}
	return Key{
		ID: id.New(), BackedUp: made.Flags.BackupState, CreatedAt: s.clock.Now(), contactID: e.ContactID, rpID: site.id, credential: *made,
	}, nil
}

func aaguid(b []byte) string { return hex.EncodeToString(b) }
