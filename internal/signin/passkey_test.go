package signin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/descope/virtualwebauthn"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
)

// key is an authenticator with one credential.
type key struct {
	w    *world
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

// register gives somebody a key in a session.
func (w *world) register(started signin.Started, kind factor.Kind) *key {
	w.t.Helper()
	const wholeKey = 77 // bytes; the library drops the leading zeros of one key in 128
	cred := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(cred.Key.AttestationData()) != wholeKey {
		cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	k := &key{
		w: w, rp: virtualwebauthn.RelyingParty{ID: "desk.example.com", Name: "Countersign", Origin: "https://desk.example.com"},
		auth: virtualwebauthn.NewAuthenticator(), cred: cred,
	}
	ctx := w.as(started, homeAddress)
	actor := access.ActorFrom(ctx)
	site, err := w.factors.Site(httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/", http.NoBody))
	if err != nil {
		w.t.Fatal(err)
	}
	p := factor.Person{OrgID: actor.OrgID, TechnicianID: actor.ID, Email: "pat@example.com", Name: "Pat", BoundTo: actor.SessionID}
	c, err := w.factors.BeginRegistration(ctx, site, p, kind, "")
	if err != nil {
		w.t.Fatal(err)
	}
	options, err := virtualwebauthn.ParseAttestationOptions(string(c.Options))
	if err != nil {
		w.t.Fatal(err)
	}
	k.auth.Options.UserHandle = []byte(options.UserID)
	answer := json.RawMessage(virtualwebauthn.CreateAttestationResponse(k.rp, k.auth, k.cred, *options))
	err = w.db.Write(ctx, func(tx *store.Tx) error {
		_, _, err := w.factors.FinishRegistration(ctx, tx, factor.Registration{Person: p, ChallengeID: c.ChallengeID, Name: "My key", Credential: answer})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// prove asks for the key in a context and gives its answer in it.
func (k *key) prove(ctx context.Context, device string) (signin.Started, error) {
	k.w.t.Helper()
	c := k.ask(ctx)
	return k.w.SignInWithPasskey(ctx, c.ChallengeID, k.answer(c), device, "")
}

func (k *key) ask(ctx context.Context) factor.Ceremony {
	k.w.t.Helper()
	c, err := k.w.PasskeyOptions(ctx, httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/session/passkey/options", http.NoBody))
	if err != nil {
		k.w.t.Fatal(err)
	}
	return c
}

func (k *key) answer(c factor.Ceremony) json.RawMessage {
	k.w.t.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
	if err != nil {
		k.w.t.Fatal(err)
	}
	k.cred.Counter++
	return json.RawMessage(virtualwebauthn.CreateAssertionResponse(k.rp, k.auth, k.cred, *options))
}

func TestAPasskeySignsInByItself(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.register(w.signIn("bob@example.com", homeAddress), factor.KindPasskey)
		started, err := k.prove(from(t, homeAddress), "")
		if err != nil {
			t.Fatal(err)
		}
		if a := w.with(started.Token); a.ID != bob || a.AAL != access.LevelPasskey || a.Hold != access.HoldNone {
			t.Errorf("signed in as %+v", a)
		}
		// Beside a password it is the second factor, and in a session it proves again.
		half := w.signIn("bob@example.com", homeAddress)
		whole, err := k.prove(w.halfway(half), "")
		if err != nil || w.with(whole.Token).AAL != access.LevelPasskey || w.with(half.Token).ID != "" {
			t.Errorf("after the password: %+v, %v", whole.Session, err)
		}
		w.exec(`update signin_session set authenticated_at = 1`)
		ctx := w.as(whole, homeAddress)
		if w.guard.Fresh(ctx) == nil {
			t.Fatal("the session is still fresh")
		}
		again, err := k.prove(ctx, "")
		if err != nil || again.Token != "" || again.Session.ID != whole.Session.ID || w.guard.Fresh(w.as(whole, homeAddress)) != nil {
			t.Errorf("proved again: %+v, %v", again, err)
		}
		if e := w.events(org, "session.create")[0]; e.Detail["method"] != "password+passkey" {
			t.Errorf("recorded: %+v", e.Detail)
		}
	})
}

func TestASecurityKeyOnlyStandsBesideThePassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		started := w.signIn("bob@example.com", homeAddress)
		k := w.register(started, factor.KindSecurityKey)
		if _, err := k.prove(from(t, homeAddress), ""); err == nil {
			t.Error("it signs in by itself")
		}
		whole, err := k.prove(w.halfway(w.signIn("bob@example.com", homeAddress)), "")
		if err != nil || w.with(whole.Token).AAL != access.LevelFactor {
			t.Errorf("after the password: %+v, %v", whole.Session, err)
		}
		// The session began with it; the password proves again who is there.
		if _, err := w.Reauthenticate(w.as(whole, homeAddress), rightOne, ""); err != nil {
			t.Errorf("proving again: %v", err)
		}
	})
}

// Attack 9: nobody can lock the owner of a passkey out by guessing passwords.
func TestAttack09APasskeyGetsInWhateverIsLocked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.register(w.signIn("ada@example.com", homeAddress), factor.KindPasskey)
		for i := range 60 {
			_, _ = w.SignIn(from(t, fmt.Sprintf("203.0.%d.1", i)), signin.Attempt{Email: "ada@example.com", Password: wrongOne})
		}
		if _, err := w.SignIn(from(t, "198.51.100.9"), signin.Attempt{Email: "ada@example.com", Password: rightOne}); err == nil {
			t.Fatal("the account is not locked")
		}
		if _, err := k.prove(from(t, "198.51.100.9"), ""); err != nil {
			t.Errorf("the passkey: %v", err)
		}
	})
}

// Whoever may not come in gets the answer of a wrong password from a passkey too, and the audit log knows why.
func TestAttack06APasskeyOfSomebodyUnwelcome(t *testing.T) {
	for set, why := range map[string]string{
		`status = 'suspended'`:                "not_active",
		`ui_access = false`:                   "no_console",
		`allowed_networks = '["10.0.0.0/8"]'`: "network",
	} {
		t.Run(why, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				k := w.register(w.signIn("bob@example.com", homeAddress), factor.KindPasskey)
				w.exec(`update technician set ` + set + ` where id = '` + bob + `'`)
				if _, err := k.prove(from(t, homeAddress), ""); fault.CodeOf(err) != "signin.refused" {
					t.Errorf("answers %v", err)
				}
				if e := w.events(org, "session.create")[0]; e.Reason != why || e.Detail["method"] != "passkey" || e.Actor.ID != "" {
					t.Errorf("recorded: %+v", e)
				}
			})
		})
	}
}

// Attack 14: the proof of one sign-in serves no other.
func TestAttack14AProofBelongsToItsSignIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k := w.register(w.signIn("bob@example.com", homeAddress), factor.KindPasskey)
		mine, other := w.halfway(w.signIn("bob@example.com", homeAddress)), w.halfway(w.signIn("bob@example.com", homeAddress))
		c := k.ask(mine)
		answer := k.answer(c)
		if _, err := w.SignInWithPasskey(other, c.ChallengeID, answer, "", ""); fault.CodeOf(err) != "factor.challenge_expired" {
			t.Errorf("in another sign-in: %v", err)
		}
		if _, err := w.SignInWithPasskey(from(t, homeAddress), c.ChallengeID, answer, "", ""); err == nil {
			t.Error("without any")
		}
		if _, err := w.SignInWithPasskey(mine, c.ChallengeID, answer, "", ""); err != nil {
			t.Errorf("in its own: %v", err)
		}
		if _, err := w.SignInWithPasskey(mine, c.ChallengeID, answer, "", ""); err == nil {
			t.Error("twice")
		}
		// Ada's key completes no sign-in of Bob's.
		adas := w.register(w.signIn("ada@example.com", homeAddress), factor.KindPasskey)
		c = k.ask(other)
		adas.auth.Options.UserHandle = k.auth.Options.UserHandle
		if _, err := w.SignInWithPasskey(other, c.ChallengeID, adas.answer(c), "", ""); err == nil {
			t.Error("somebody else's key completes the sign-in")
		}
	})
}
