package idp_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verify/idp"
	"countersign.dev/countersign/internal/verify/idp/idptest"
	"countersign.dev/countersign/internal/verify/verifytest"
)

func TestConform(t *testing.T) {
	verifytest.Conform(t, idp.New(idp.Deps{Log: slog.New(slog.DiscardHandler)}))
}

func TestStepUpVerifiesACaller(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := build(t, db, true)
		w.setUp(nil)
		c := w.begin()
		if !strings.Contains(c.page, "Tom of Harbor IT") || !strings.Contains(c.page, "#1042") || strings.Contains(c.page, "Pia") {
			t.Errorf("the page says %s", c.page)
		}
		c.types(c.spoken, "inbound")
		c.want(verify.Pending)
		if !strings.Contains(c.page, strings.TrimPrefix(w.provider.URL, "http://")) {
			t.Errorf("the page does not say where it leads: %s", c.page)
		}
		back := w.provider.SignIn(c.address()).RequestURI()
		asked := w.provider.Asked
		if asked.Get("login_hint") != "pia@northwind.example.com" || asked.Get("acr_values") != "strong" || asked.Get("redirect_uri") != base+"/v/idp/callback" {
			t.Errorf("asked for %v", asked)
		}
		for range 5 { // coming back changes nothing, however often (R8)
			if status := c.visit("GET", back, nil); status != http.StatusOK {
				t.Fatalf("status %d: %s", status, c.page)
			}
		}
		c.want(verify.Pending)
		if w.provider.Tokens != 0 {
			t.Error("a GET exchanged the code")
		}
		c.confirms()
		c.want(verify.Verified)
		if v := c.now(); v.Level != 4 {
			t.Errorf("level %d", v.Level)
		}
		if n := w.count(`select count(*) from verify_idp_signin where secrets is not null or state_hash is not null`); n != 0 {
			t.Error("the secrets of the sign-in are still there")
		}
	})
}

func TestStepUpWithoutADemandIsLevel3(t *testing.T) {
	w := newWorld(t)
	w.setUp(func(p *idp.Provider) { p.ACRValues = nil })
	panel, err := w.verify.PanelOf(w.as("tom"), pia)
	if err != nil || len(panel.Methods) != 1 || panel.Methods[0].Level != 3 || panel.Methods[0].Reason != "" {
		t.Fatalf("%+v %v", panel.Methods, err)
	}
	c := w.begin()
	c.signsIn()
	c.confirms()
	c.want(verify.Verified)
	if v := c.now(); v.Level != 3 {
		t.Errorf("level %d", v.Level)
	}
}

func TestStepUpDemandsAnAuthenticationContext(t *testing.T) {
	w := newWorld(t)
	w.setUp(func(p *idp.Provider) {
		p.ACRValues, p.ACRS, p.AMR, p.PersonClaim = nil, "c1", []string{"hwk"}, "preferred_username"
	})
	w.provider.Play(idptest.Script{Claims: func(c map[string]any) {
		delete(c, "email_verified")
		c["preferred_username"] = "PIA@northwind.example.com"
	}})
	c := w.begin()
	c.signsIn()
	if got := w.provider.Asked.Get("claims"); got != `{"id_token":{"acrs":{"essential":true,"value":"c1"}}}` {
		t.Errorf("claims %s", got)
	}
	c.confirms()
	c.want(verify.Verified)
}

func TestStepUpRefusesLies(t *testing.T) {
	set := func(name string, value any) idptest.Script {
		return idptest.Script{Claims: func(c map[string]any) { c[name] = value }}
	}
	drop := func(name string) idptest.Script {
		return idptest.Script{Claims: func(c map[string]any) { delete(c, name) }}
	}
	for name, script := range map[string]idptest.Script{
		"another audience":         set("aud", "somebody-else"),
		"several audiences":        set("aud", []string{idptest.Client, "somebody-else"}),
		"another party":            set("azp", "somebody-else"),
		"another issuer":           set("iss", "https://evil.example.com"),
		"another nonce":            set("nonce", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
		"no nonce":                 drop("nonce"),
		"signed in an hour ago":    set("auth_time", time.Now().Add(-time.Hour).Unix()),
		"signed in in the future":  set("auth_time", time.Now().Add(time.Hour).Unix()),
		"no auth_time":             drop("auth_time"),
		"a text as auth_time":      set("auth_time", "now"),
		"issued an hour ago":       set("iat", time.Now().Add(-time.Hour).Unix()),
		"expired":                  set("exp", time.Now().Add(-time.Minute).Unix()),
		"no acr":                   drop("acr"),
		"a weaker acr":             set("acr", "weak"),
		"unsigned":                 {Unsigned: true},
		"signed by an unknown key": {OtherKey: true},
		"a huge answer of tokens":  {Huge: "/token"},
		"a huge answer of keys":    {Huge: "/keys"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.setUp(nil)
			w.provider.Play(script)
			c := w.begin()
			c.signsIn()
			c.confirms()
			c.want(verify.Pending)
			if !strings.Contains(c.page, "could not be accepted") {
				t.Errorf("the page says %s", c.page)
			}
			w.provider.Play(idptest.Script{})
			f := c.form() // and the honest second try
			c.visit("POST", c.link, f)
			c.visit("GET", c.provider.SignIn(c.address()).RequestURI(), nil)
			c.confirms()
			c.want(verify.Verified)
		})
	}
}

func TestStepUpRefusesAnotherPerson(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"another address":        func(c map[string]any) { c["email"] = "sly@northwind.example.com" },
		"an unverified address":  func(c map[string]any) { c["email_verified"] = false },
		"an address by its word": func(c map[string]any) { c["email_verified"] = "true" },
		"no address":             func(c map[string]any) { delete(c, "email") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.setUp(nil)
			w.provider.Play(idptest.Script{Claims: change})
			c := w.begin()
			c.signsIn()
			c.confirms()
			c.want(verify.Failed)
			if !strings.Contains(c.page, "not the right account") || w.alerts("wrong_account") != 1 {
				t.Errorf("%d alerts; the page says %s", w.alerts("wrong_account"), c.page)
			}
		})
	}
}

// Who can change their own address at the provider is still not somebody else.
func TestStepUpKnowsTheAccountAgain(t *testing.T) {
	const known = `insert into verify_idp_subject (org_id, contact_id, issuer, client_id, subject, created_at) values ($1, $2, $3, $4, $5, 1)`
	for name, tc := range map[string]struct {
		contact, subject string // that is known
		forget, renamed  bool
		want             verify.State
	}{
		"the same account":                {pia, "subject-pia", false, false, verify.Verified},
		"the same account, renamed":       {pia, "subject-pia", false, true, verify.Verified},
		"another account, same address":   {pia, "subject-mallory", false, false, verify.Failed},
		"another account, once forgotten": {pia, "subject-mallory", true, false, verify.Verified},
		"the account of somebody else":    {"contact-sly", "subject-pia", false, false, verify.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.setUp(nil)
			w.exec(known, org, tc.contact, w.provider.URL, idptest.Client, tc.subject)
			if tc.forget {
				if err := w.stepUp.Forget(w.as("ada"), pia); err != nil {
					t.Fatal(err)
				}
			}
			if tc.renamed {
				w.provider.Play(idptest.Script{Claims: func(c map[string]any) { c["email"] = "pia.new@northwind.example.com" }})
			}
			c := w.begin()
			c.signsIn()
			c.confirms()
			c.want(tc.want)
			if n := w.count(`select count(*) from verify_idp_subject where contact_id = $1 and subject = 'subject-pia'`, pia); (n == 1) != (tc.want == verify.Verified) {
				t.Errorf("%d accounts are known", n)
			}
		})
	}
}

func TestStepUpNumberAndDirection(t *testing.T) {
	for name, tc := range map[string]struct {
		wrong     bool
		direction string
		want      verify.State
	}{
		"a wrong number fails": {true, "inbound", verify.Failed},
		"R9 mismatch freezes":  {false, "outbound", verify.Frozen},
		"no direction":         {false, "", verify.Pending},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.setUp(nil)
			c := w.begin()
			number := c.spoken
			if tc.wrong {
				number = string('0'+(number[0]-'0'+1)%10) + number[1:]
			}
			c.types(number, tc.direction)
			c.want(tc.want)
			if strings.Contains(c.page, `id="go"`) {
				t.Error("the page leads on")
			}
		})
	}
}

func TestStepUpInAnotherBrowser(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	c := w.begin()
	c.types(c.spoken, "inbound")
	back := w.provider.SignIn(c.address()).RequestURI()
	mallory := &caller{world: w, verification: c.verification, spoken: c.spoken, link: c.link}
	for _, cookie := range []*http.Cookie{nil, {Name: "cs_step_up", Value: strings.Repeat("A", 43)}} {
		mallory.cookie = cookie
		for _, target := range []string{back, c.link} {
			if status := mallory.visit("GET", target, nil); status != http.StatusForbidden {
				t.Errorf("%s answered %d", target, status)
			}
		}
		if status := mallory.types(c.spoken, "inbound"); status != http.StatusForbidden || strings.Contains(mallory.page, `id="go"`) {
			t.Errorf("the number a second time: %d", status)
		}
	}
	c.visit("GET", back, nil)
	mallory.page = c.page
	if status := mallory.confirms(); status != http.StatusForbidden {
		t.Errorf("confirmed in another browser: %d", status)
	}
	c.want(verify.Pending)
}

func TestStepUpIsSingleUse(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	c := w.begin()
	c.signsIn()
	f := c.form()
	w.provider.Play(idptest.Script{Claims: func(c map[string]any) { delete(c, "acr") }})
	c.confirms()
	w.provider.Play(idptest.Script{})
	if status := c.visit("POST", "/v/idp/callback", f); status != http.StatusNotFound {
		t.Errorf("the same code and state again: %d", status)
	}
	c.want(verify.Pending)
	if w.provider.Tokens != 1 {
		t.Errorf("%d codes exchanged", w.provider.Tokens)
	}
}

// A code that somebody else obtained, for their own verification, is not taken in the place of ours.
func TestStepUpForAnotherTransaction(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	c := w.begin()
	c.types(c.spoken, "inbound")
	address := c.address()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	nonce, _, _ := strings.Cut(q.Get("nonce"), ".")
	q.Set("nonce", nonce+"."+strings.Repeat("A", 43))
	u.RawQuery = q.Encode()
	c.visit("GET", w.provider.SignIn(u.String()).RequestURI(), nil)
	c.confirms()
	c.want(verify.Pending)

	other := w.provider.SignIn(address).Query().Get("code")
	w.exec(`update verify_challenge set action = 'wire 10,000' where id = $1`, c.verification.ID) // what was shown is not what would be confirmed
	c.visit("POST", c.link, c.form())
	c.visit("GET", c.provider.SignIn(c.address()).RequestURI(), nil)
	f := c.form()
	f.Set("code", other) // bound to the verifier of the first attempt
	c.visit("POST", "/v/idp/callback", f)
	c.want(verify.Pending)
	if n := w.count(`select count(*) from audit_event where action = 'verification.sign_in' and record like '%nonce%'`); n != 1 {
		t.Errorf("%d refusals for the nonce", n)
	}
}

func TestStepUpMixedUpIssuer(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	c := w.begin()
	for i, issuer := range []string{"https://evil.example.com", ""} {
		if i == 0 {
			c.signsIn()
		} else {
			c.visit("POST", c.link, c.form())
			c.visit("GET", c.provider.SignIn(c.address()).RequestURI(), nil)
		}
		f := c.form()
		f.Set("iss", issuer)
		c.visit("POST", "/v/idp/callback", f)
		c.want(verify.Pending)
	}
	if w.provider.Tokens != 0 {
		t.Error("the code was sent although somebody else answered")
	}
}

func TestStepUpCanceledAtTheProvider(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	c := w.begin()
	c.types(c.spoken, "inbound")
	back := w.provider.SignIn(c.address())
	q := back.Query()
	q.Del("code")
	q.Set("error", "access_denied")
	back.RawQuery = q.Encode()
	c.visit("GET", back.RequestURI(), nil)
	if !strings.Contains(c.page, "Nothing was confirmed yet") {
		t.Errorf("the page says %s", c.page)
	}
	c.want(verify.Pending)
}

func TestStepUpWithoutAProvider(t *testing.T) {
	w := newWorld(t)
	_, _, err := w.verify.Start(w.as("tom"), verify.StartRequest{ContactID: pia, Method: verify.IDPStepUp})
	wantCode(t, err, "verify.no_identity_provider")
	panel, err := w.verify.PanelOf(w.as("tom"), pia)
	if err != nil || panel.Methods[0].Reason != "verify.no_identity_provider" {
		t.Errorf("%+v %v", panel.Methods, err)
	}
}

func TestStepUpEndsWhenTheProviderChanges(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	c := w.begin()
	c.signsIn()
	w.setUp(func(p *idp.Provider) { p.ACRValues = nil })
	if status := c.confirms(); status != http.StatusGone {
		t.Errorf("status %d", status)
	}
	c.want(verify.Pending)
}

func TestStepUpBoundsAProvider(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	for name, script := range map[string]idptest.Script{
		"huge":              {Huge: "/.well-known/openid-configuration"},
		"hanging":           {Hang: "/.well-known/openid-configuration"},
		"another name":      {Discovery: func(d map[string]any) { d["issuer"] = "https://evil.example.com" }},
		"plain http tokens": {Discovery: func(d map[string]any) { d["token_endpoint"] = "http://login.example.com/token" }},
		"a file":            {Discovery: func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }},
	} {
		w.provider.Play(script)
		began := time.Now()
		_, err := w.stepUp.Test(w.as("ada"), northwind)
		wantCode(t, err, "identity_provider.unusable")
		if took := time.Since(began); took > 14*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
	w.provider.Play(idptest.Script{})
	if host, err := w.stepUp.Test(w.as("ada"), northwind); err != nil || "http://"+host != w.provider.URL {
		t.Errorf("%q %v", host, err)
	}
}

func TestStepUpReachesNoPrivateAddress(t *testing.T) {
	w := build(t, storetest.Open(t), false)
	for _, issuer := range []string{
		"https://127.0.0.1:1", "https://10.0.0.1", "https://169.254.169.254/latest", "https://[::1]", "https://[::ffff:10.0.0.1]", "https://[fd00::1]", "https://100.64.0.1", "https://0.0.0.0",
		"https://[64:ff9b::a00:1]",
	} {
		p := idp.Provider{Issuer: issuer, ClientID: "x"}
		if _, err := w.stepUp.Set(w.as("ada"), northwind, p, w.secret, anyVersion); err != nil {
			t.Fatal(err)
		}
		_, err := w.stepUp.Test(w.as("ada"), northwind)
		if err == nil || !strings.Contains(err.Error(), "not a public https address") {
			t.Errorf("%s: %v", issuer, err)
		}
	}
	for _, issuer := range []string{w.provider.URL, "http://login.example.com", "file:///etc/passwd", "https://user:pass@login.example.com", "https://login.example.com/?x=1"} {
		_, err := w.stepUp.Set(w.as("ada"), northwind, idp.Provider{Issuer: issuer, ClientID: "x"}, w.secret, anyVersion)
		wantCode(t, err, "request.invalid")
	}
}

func TestProvidersKeepTheirSecret(t *testing.T) {
	w := newWorld(t)
	w.setUp(nil)
	if n := w.count(`select count(*) from verify_idp_provider where cast(client_secret as text) like '%not-a-real%'`); n != 0 {
		t.Error("the secret is in the database")
	}
	if n := w.count(`select count(*) from audit_event where record like '%not-a-real%'`); n != 0 {
		t.Error("the secret is in the record")
	}
	_, err := w.stepUp.Set(w.as("ada"), northwind, idp.Provider{Issuer: "https://evil.example.com", ClientID: idptest.Client}, nil, anyVersion)
	wantCode(t, err, "identity_provider.secret_again")
	_, err = w.stepUp.Set(w.as("tom"), northwind, idp.Provider{Issuer: "https://evil.example.com", ClientID: "x"}, w.secret, anyVersion)
	if err == nil {
		t.Error("a technician changed it")
	}
	if _, err := w.stepUp.Provider(w.as("tom"), northwind); err == nil {
		t.Error("a technician read it")
	}
}
