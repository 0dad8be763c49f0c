package senderdomain_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/message/senderdomain"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// zone is a DNS server for tests: what it holds by name, of texts and of mail servers.
type zone struct {
	txt    map[string][]string
	mx     map[string][]string
	silent map[string]bool // names about which it says nothing
	asked  atomic.Int64
}

// resolver serves the zone on loopback, and asks it.
func (z *zone) resolver(t *testing.T) *net.Resolver {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	go func() {
		for b := make([]byte, 2048); ; {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := z.answer(b[:n]); answer != nil {
				_, _ = c.WriteTo(answer, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", c.LocalAddr().String())
	}}
}

func (z *zone) answer(raw []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(raw) != nil || len(m.Questions) != 1 {
		return nil
	}
	z.asked.Add(1)
	q := m.Questions[0]
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	if z.silent[name] {
		return nil
	}
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
	switch q.Type {
	case dnsmessage.TypeTXT:
		for _, text := range z.txt[name] {
			var parts []string
			for ; len(text) > 255; text = text[255:] {
				parts = append(parts, text[:255])
			}
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.TXTResource{TXT: append(parts, text)}})
		}
	case dnsmessage.TypeMX:
		for i, host := range z.mx[name] {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.MXResource{Pref: uint16(i), MX: dnsmessage.MustNewName(host)}})
		}
	}
	if len(m.Answers) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	answer, err := m.Pack()
	if err != nil {
		return nil
	}
	return answer
}

func key(t *testing.T, bits int) string {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(der)
}

// world is an organization that sends from help@example.com, and gets answers at inbound.
func world(t *testing.T, z *zone, inbound string) (*senderdomain.Service, context.Context) {
	t.Helper()
	db := storetest.Open(t)
	keys, err := seal.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	log, bus, guard := audit.New(db, keys), events.New(db, quiet), access.New(db)
	var orgID string
	err = db.Write(t.Context(), func(tx *store.Tx) error {
		o, err := organization.New(db, guard, log, bus).Create(t.Context(), tx, organization.Settings{Name: "Acme IT", AllowedCountries: []string{"US"}}, false)
		orgID = o.ID
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := access.WithActor(t.Context(), access.Actor{OrgID: orgID, Kind: access.Technician, ID: "t1", Name: "Tess", Role: perm.Administrator})
	servers := &mail.Service{DB: db, Guard: guard, Keys: keys, Audit: log}
	s := senderdomain.New(db, guard, servers.Of, z.resolver(t))
	if inbound == "-" {
		return s, ctx
	}
	_, err = servers.Set(ctx, mail.Server{
		Host: "smtp.example.com", Port: 587, TLS: mail.StartTLS, FromAddress: "help@example.com", InboundAddress: inbound,
	}, nil, func(int64) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	return s, ctx
}

func finding(ctx context.Context, t *testing.T, s *senderdomain.Service, name string, selectors ...string) senderdomain.Finding {
	t.Helper()
	r, err := s.Of(ctx, selectors)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		if (f.Remedy == "") != (f.State == senderdomain.OK) {
			t.Errorf("%s %s: remedy %q", f.Name, f.Code, f.Remedy)
		}
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no finding about %s", name)
	return senderdomain.Finding{}
}

func TestSPF(t *testing.T) {
	chain := map[string][]string{}
	for i := range 12 {
		chain[fmt.Sprintf("c%d.example.net", i)] = []string{fmt.Sprintf("v=spf1 include:c%d.example.net -all", i+1)}
	}
	for name, tc := range map[string]struct {
		records []string
		more    map[string][]string
		inbound string
		want    string
	}{
		"none":                  {nil, nil, "", "missing none"},
		"another kind of text":  {[]string{"google-site-verification=x", "v=spf10 -all"}, nil, "", "missing none"},
		"strict":                {[]string{"v=spf1 ip4:192.0.2.1 -all"}, nil, "", "ok found"},
		"soft":                  {[]string{"V=SPF1 mx ~all"}, nil, "", "ok found"},
		"included":              {[]string{"v=spf1 include:c10.example.net -all"}, map[string][]string{"c10.example.net": {"v=spf1 ip4:192.0.2.1 -all"}}, "", "ok found"},
		"two":                   {[]string{"v=spf1 -all", "v=spf1 ~all"}, nil, "", "weak several"},
		"everybody":             {[]string{"v=spf1 +all"}, nil, "", "weak everybody"},
		"everybody, short":      {[]string{"v=spf1 all"}, nil, "", "weak everybody"},
		"neutral":               {[]string{"v=spf1 ?all"}, nil, "", "weak neutral"},
		"no end":                {[]string{"v=spf1 mx"}, nil, "", "weak neutral"},
		"redirected":            {[]string{"v=spf1 redirect=r.example.net"}, map[string][]string{"r.example.net": {"v=spf1 -all"}}, "", "ok found"},
		"redirected everywhere": {[]string{"v=spf1 redirect=r.example.net"}, map[string][]string{"r.example.net": {"v=spf1 +all"}}, "", "weak everybody"},
		"redirected to nothing": {[]string{"v=spf1 redirect=gone.example.net"}, nil, "", "weak broken"},
		"included from nothing": {[]string{"v=spf1 include:gone.example.net -all"}, nil, "", "weak broken"},
		"a slip":                {[]string{"v=spf1 inclde:x.example.net -all"}, nil, "", "weak broken"},
		"eleven lookups":        {[]string{"v=spf1 include:c0.example.net -all"}, chain, "", "weak too_many"},
		"eleven of its own":     {[]string{"v=spf1" + strings.Repeat(" a:x.example.net", 11) + " -all"}, nil, "", "weak too_many"},
		"a loop":                {[]string{"v=spf1 include:example.com -all"}, nil, "", "weak too_many"},
		"a macro":               {[]string{"v=spf1 exists:%{i}.x.example.net include:%{d}.example.net -all"}, nil, "", "ok found"},
		"answers elsewhere":     {nil, map[string][]string{"example.org": {"v=spf1 -all"}}, "verify@example.org", "weak not_aligned"},
		"answers below":         {nil, map[string][]string{"in.example.com": {"v=spf1 -all"}}, "verify@in.example.com", "ok found"},
	} {
		z := &zone{txt: map[string][]string{"example.com": tc.records}}
		maps.Copy(z.txt, tc.more)
		s, ctx := world(t, z, tc.inbound)
		if f := finding(ctx, t, s, "spf"); f.State+" "+f.Code != tc.want {
			t.Errorf("%s: %s %s, want %s", name, f.State, f.Code, tc.want)
		}
	}
}

func TestDMARCAndMX(t *testing.T) {
	for name, tc := range map[string]struct{ at, record, want string }{
		"none":      {"_dmarc.example.net", "v=DMARC1; p=reject", "missing none"},
		"reject":    {"_dmarc.example.com", "v=DMARC1; p=reject; rua=mailto:x@example.com", "ok found"},
		"monitored": {"_dmarc.example.com", "v=DMARC1;p=none", "weak monitor"},
		"a part":    {"_dmarc.example.com", "v=DMARC1; p=quarantine; pct=20", "weak part"},
		"no policy": {"_dmarc.example.com", "v=DMARC1; rua=mailto:x@example.com", "weak broken"},
	} {
		z := &zone{txt: map[string][]string{tc.at: {tc.record}}}
		s, ctx := world(t, z, "")
		if f := finding(ctx, t, s, "dmarc"); f.State+" "+f.Code != tc.want {
			t.Errorf("%s: %s %s, want %s", name, f.State, f.Code, tc.want)
		}
	}
	for name, tc := range map[string]struct {
		hosts []string
		want  string
	}{
		"none": {nil, "missing none"}, "one": {[]string{"mx.example.net."}, "ok found"}, "null": {[]string{"."}, "missing refuses"},
	} {
		s, ctx := world(t, &zone{mx: map[string][]string{"in.example.com": tc.hosts}}, "verify@in.example.com")
		if f := finding(ctx, t, s, "mx"); f.State+" "+f.Code != tc.want {
			t.Errorf("mx, %s: %s %s, want %s", name, f.State, f.Code, tc.want)
		}
	}
}

func TestDKIMKeys(t *testing.T) {
	long, short := key(t, 2048), key(t, 1024)
	ed := "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, tc := range map[string]struct {
		selector, record, entered, want string
	}{
		"none":                 {"x", long, "", "missing none"},
		"a usual selector":     {"selector1", long, "", "ok found"},
		"an entered selector":  {"x", long, "x", "ok found"},
		"another than entered": {"selector1", long, "x", "missing none"},
		"ed25519":              {"x", ed, "x", "ok found"},
		"short":                {"x", short, "x", "weak short"},
		"withdrawn":            {"x", "v=DKIM1; p=", "x", "weak revoked"},
		"cut off":              {"x", long[:200], "x", "weak broken"},
	} {
		s, ctx := world(t, &zone{txt: map[string][]string{tc.selector + "._domainkey.example.com": {tc.record}}}, "")
		var selectors []string
		if tc.entered != "" {
			selectors = []string{tc.entered}
		}
		if f := finding(ctx, t, s, "dkim", selectors...); f.State+" "+f.Code != tc.want {
			t.Errorf("%s: %s %s, want %s", name, f.State, f.Code, tc.want)
		}
	}
}

func TestADNSThatIsSilentEndsInTime(t *testing.T) {
	z := &zone{silent: map[string]bool{"example.com": true}, txt: map[string][]string{"_dmarc.example.com": {"v=DMARC1; p=reject"}}}
	s, ctx := world(t, z, "")
	began := time.Now()
	if f := finding(ctx, t, s, "spf"); f.State != senderdomain.Unknown {
		t.Errorf("%+v", f)
	}
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("took %s", took)
	}
	asked := z.asked.Load()
	if f := finding(ctx, t, s, "dmarc"); f.State != senderdomain.OK || z.asked.Load() != asked {
		t.Errorf("%+v, and %d more questions", f, z.asked.Load()-asked)
	}
}

func TestOnlyAdministratorsLook(t *testing.T) {
	s, ctx := world(t, &zone{}, "-")
	if _, err := s.Of(ctx, nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("without a mail server: %v", err)
	}
	a := access.ActorFrom(ctx)
	a.Role = perm.ReadOnly
	if _, err := s.Of(access.WithActor(ctx, a), nil); fault.KindOf(err) != fault.Denied {
		t.Errorf("a reader: %v", err)
	}
}
