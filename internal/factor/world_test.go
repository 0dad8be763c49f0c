package factor_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

const origin = "https://cs.example.com"

// world is an organization with an owner, an administrator and a technician, and what the hooks heard.
type world struct {
	*organizationtest.World
	*factor.Service
	technicians      *technician.Service
	owner, adam, pia technician.Technician
	demanded         bool

	mu    sync.Mutex
	told  []string
	ended []string
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{World: organizationtest.New(t, db, "Northwind")}
	external, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	w.technicians = technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{})
	w.Service = factor.New(factor.Deps{
		DB: db, Audit: w.Audit, Events: w.Events, Keyring: w.Keys, Technicians: w.technicians, ExternalURL: external,
		Hooks: factor.Hooks{
			Demand: func(context.Context, store.Querier, string, string) (factor.Demand, error) {
				return factor.Demand{Required: w.demanded}, nil
			},
			EndSessions: func(_ context.Context, _ *store.Tx, technicianID, why string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.ended = append(w.ended, technicianID+": "+why)
				return nil
			},
			Tell: func(_ context.Context, _ *store.Tx, technicianID, kind string, data map[string]string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.told = append(w.told, technicianID+": "+kind+" "+data["change"]+data["by"])
				return nil
			},
		},
	})
	w.write(func(tx *store.Tx) (err error) {
		w.owner, err = w.technicians.CreateOwner(w.System(), tx, technician.Owner{Name: "Olga Berg", Email: "olga@example.com"})
		return err
	})
	w.adam = w.hire("Adam Hale", "adam@example.com", perm.Administrator)
	w.pia = w.hire("Pia Ende", "pia@example.com", perm.Technician)
	return w
}

func (w *world) hire(name, email string, role perm.Role) technician.Technician {
	w.T.Helper()
	given, family := technician.SplitName(name)
	t, err := w.technicians.Create(w.Admin(), technician.Fields{GivenName: given, FamilyName: family, Email: email, PlatformRole: role}, "")
	if err != nil {
		w.T.Fatal(err)
	}
	w.exec(`update technician set state = 'activated' where org_id = $1 and id = $2`, t.OrgID, t.ID)
	return t
}

func (w *world) write(fn func(tx *store.Tx) error) {
	w.T.Helper()
	if err := w.DB.Write(w.T.Context(), fn); err != nil {
		w.T.Fatal(err)
	}
}

// exec changes what no use case would.
func (w *world) exec(query string, args ...any) {
	w.T.Helper()
	w.write(func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), query, args...)
		return err
	})
}

// actor is a technician in a session.
func (w *world) actor(t technician.Technician, session string) access.Actor {
	a := w.Actor(t.ID, t.PlatformRole)
	a.SessionID, a.Authenticated, a.Address, a.Owner, a.Name = session, store.Now(), "192.0.2.10", t.Owner, t.Name()
	return a
}

// in is the context of a request in a session.
func (w *world) in(t technician.Technician, session string) context.Context {
	return access.WithActor(w.T.Context(), w.actor(t, session))
}

// anonymous is the context of a request that nobody is known behind.
func anonymous(t testing.TB) context.Context {
	return access.WithActor(t.Context(), access.Actor{Address: "192.0.2.10", Device: "Firefox on Linux", RequestID: "req"})
}

// site is where the tests take place.
func (w *world) site() factor.Site {
	w.T.Helper()
	site, err := w.Site(httptest.NewRequestWithContext(w.T.Context(), http.MethodGet, "/", http.NoBody))
	if err != nil {
		w.T.Fatal(err)
	}
	return site
}

// app is an authenticator app.
type app struct {
	t      testing.TB
	secret string
}

func (a app) code(at time.Time) string {
	a.t.Helper()
	code, err := totp.GenerateCode(a.secret, at)
	if err != nil {
		a.t.Fatal(err)
	}
	return code
}

// enroll gives a technician an authenticator app, whose code of a minute ago confirmed it: codes of now are fresh.
func (w *world) enroll(t technician.Technician) (app, []string) {
	w.T.Helper()
	ctx := w.in(t, "enrolling")
	setup, err := w.SetUpTOTP(ctx)
	if err != nil {
		w.T.Fatal(err)
	}
	a := app{w.T, setup.Secret}
	codes, err := w.ConfirmTOTP(ctx, a.code(time.Now().Add(-30*time.Second)))
	if err != nil {
		w.T.Fatal(err)
	}
	return a, codes
}

// try types a code at the second step of a sign-in whose password was right at a time.
func (w *world) try(t technician.Technician, code string, primary time.Time) error {
	return w.VerifyCode(anonymous(w.T), factor.Attempt{OrgID: t.OrgID, TechnicianID: t.ID, Code: code, PrimaryAt: primary},
		func(context.Context, *store.Tx, string) error { return nil })
}

// key is an authenticator with one credential, as a browser has one.
type key struct {
	w    *world
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
	id   string // of the passkey at the server
}

func (w *world) newKey() *key {
	cred := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	for len(cred.Key.AttestationData()) != wholeKey { // it drops the leading zeros of one key in 128
		cred = virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	}
	return &key{
		w: w, rp: virtualwebauthn.RelyingParty{ID: "cs.example.com", Name: "Countersign", Origin: origin},
		auth: virtualwebauthn.NewAuthenticator(), cred: cred,
	}
}

// wholeKey is the length of a public key with both coordinates in full (RFC 9052).
const wholeKey = 77

// create is what the browser answers to a question for a new key.
func (k *key) create(c factor.Ceremony) json.RawMessage {
	k.w.T.Helper()
	options, err := virtualwebauthn.ParseAttestationOptions(string(c.Options))
	if err != nil {
		k.w.T.Fatal(err)
	}
	k.auth.Options.UserHandle = []byte(options.UserID)
	return json.RawMessage(virtualwebauthn.CreateAttestationResponse(k.rp, k.auth, k.cred, *options))
}

// answer is what the browser answers to a question for a proof; every use counts.
func (k *key) answer(c factor.Ceremony) json.RawMessage {
	k.w.T.Helper()
	options, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
	if err != nil {
		k.w.T.Fatal(err)
	}
	k.cred.Counter++
	return json.RawMessage(virtualwebauthn.CreateAssertionResponse(k.rp, k.auth, k.cred, *options))
}

// register gives a technician a key.
func (w *world) register(t technician.Technician, k *key, kind factor.Kind, replaces string) ([]string, error) {
	w.T.Helper()
	ctx := w.in(t, "registering")
	p := factor.Person{OrgID: t.OrgID, TechnicianID: t.ID, Email: t.Email, Name: t.Name(), BoundTo: "registering"}
	c, err := w.BeginRegistration(ctx, w.site(), p, kind, replaces)
	if err != nil {
		return nil, err
	}
	var codes []string
	err = w.DB.Write(ctx, func(tx *store.Tx) error {
		kept, shown, err := w.FinishRegistration(ctx, tx, factor.Registration{Person: p, ChallengeID: c.ChallengeID, Name: "My key", Credential: k.create(c)})
		k.id, codes = kept.ID, shown
		return err
	})
	return codes, err
}

// passkey is a new passkey of a technician.
func (w *world) passkey(t technician.Technician) *key {
	w.T.Helper()
	k := w.newKey()
	if _, err := w.register(t, k, factor.KindPasskey, ""); err != nil {
		w.T.Fatal(err)
	}
	return k
}

// ask asks for a proof.
func (w *world) ask(ctx context.Context, t technician.Technician, purpose string) factor.Ceremony {
	w.T.Helper()
	c, err := w.BeginPasskey(ctx, w.site(), t.OrgID, t.ID, purpose)
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

// signIn signs in with a passkey alone.
func (k *key) signIn() (factor.Passed, error) {
	k.w.T.Helper()
	ctx := anonymous(k.w.T)
	c := k.w.ask(ctx, technician.Technician{}, factor.PurposeSignIn)
	return k.w.finish(ctx, c, k.answer(c))
}

func (w *world) finish(ctx context.Context, c factor.Ceremony, answer json.RawMessage) (passed factor.Passed, err error) {
	err = w.FinishPasskey(ctx, c.ChallengeID, answer, func(_ context.Context, _ *store.Tx, p factor.Passed) error {
		passed = p
		return nil
	})
	return passed, err
}
