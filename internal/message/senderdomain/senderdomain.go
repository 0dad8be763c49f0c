// Package senderdomain looks up in the DNS whether other mail servers will believe what an organization sends: SPF (RFC 7208), DKIM
// (RFC 6376), DMARC (RFC 7489), and whether answers find a server (MX).
package senderdomain

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/publicsuffix"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message/mail"
	"countersign.dev/countersign/internal/store"
)

// The states of a finding.
const (
	OK      = "ok"
	Weak    = "weak"    // it is there, and does not do what it should
	Missing = "missing" // it is not there
	Unknown = "unknown" // the DNS does not answer
)

// Finding is what was found about one matter. Code is a stable word for it, and Remedy says what to do, "" if nothing.
type Finding struct {
	Name   string // spf, dkim, dmarc or mx
	State  string
	Code   string
	Domain string // where it was looked for
	Record string // what stands there
	Remedy string
}

// Report is what is known of the domain from which an organization sends.
type Report struct {
	Domain    string // of the sender's address
	Findings  []Finding
	CheckedAt time.Time
}

// Resolver asks the DNS; *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

const (
	longest   = 10 * time.Second // that a report may take
	keep      = time.Minute      // that a report is given again
	maxKept   = 256
	maxRecord = 1000 // characters of a record that are shown
)

var errNoMail = fault.New(fault.NotFound, "message.mail_not_set", "Outgoing mail is not set up.")

// Service makes reports.
type Service struct {
	db       *store.DB
	guard    *access.Guard
	mail     func(ctx context.Context, q store.Querier, orgID string) (m mail.Server, ok bool, err error)
	resolver Resolver

	mu   sync.Mutex
	kept map[string]Report
}

// New returns a Service. A nil resolver asks the system's DNS.
func New(db *store.DB, guard *access.Guard, mail func(context.Context, store.Querier, string) (mail.Server, bool, error), r Resolver) *Service {
	if r == nil {
		r = net.DefaultResolver
	}
	return &Service{db: db, guard: guard, mail: mail, resolver: r, kept: map[string]Report{}}
}

// Of reports on the domain of the actor's organization. DKIM keys are looked for under the given selectors, and under usual ones.
func (s *Service) Of(ctx context.Context, selectors []string) (Report, error) {
	orgID := access.ActorFrom(ctx).OrgID
	if err := s.guard.Check(ctx, perm.AdminSettings, access.Object{Type: "organization", ID: orgID}); err != nil {
		return Report{}, err
	}
	m, ok, err := s.mail(ctx, s.db.Read(), orgID)
	if err != nil {
		return Report{}, err
	}
	if !ok {
		return Report{}, errNoMail
	}
	key := strings.Join(append([]string{orgID, m.FromAddress, m.InboundAddress}, selectors...), "\x00")
	if r, ok := s.known(key); ok {
		return r, nil
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	r := check(ctx, s.resolver, m.FromAddress, m.InboundAddress, selectors)
	s.remember(key, r)
	return r, nil
}

func (s *Service) known(key string) (Report, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.kept[key]
	return r, ok && store.Now().Sub(r.CheckedAt) < keep
}

func (s *Service) remember(key string, r Report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxKept {
		clear(s.kept)
	}
	s.kept[key] = r
}

// check makes a report. inbound is where reports of failed delivery come back to, or "".
func check(ctx context.Context, r Resolver, from, inbound string, selectors []string) Report {
	d, back := domainOf(from), domainOf(inbound)
	if back == "" {
		back = d
	}
	findings := make([]Finding, 4)
	var wg sync.WaitGroup
	wg.Go(func() { findings[0] = spf(ctx, r, d, back) })
	wg.Go(func() { findings[1] = dkimKeys(ctx, r, d, selectors) })
	wg.Go(func() { findings[2] = dmarc(ctx, r, d) })
	wg.Go(func() { findings[3] = mx(ctx, r, back) })
	wg.Wait()
	for i := range findings {
		f := &findings[i]
		f.Remedy = remedies[f.Name+" "+f.Code]
		if len(f.Record) > maxRecord {
			f.Record = strings.ToValidUTF8(f.Record[:maxRecord], "") + "…"
		}
	}
	return Report{Domain: d, Findings: findings, CheckedAt: store.Now()}
}

// remedies are the sentences for what was found.
var remedies = map[string]string{
	"spf none":         "Publish a TXT record such as \"v=spf1 include:your-provider.example -all\", as your mail provider writes it.",
	"spf several":      "Join the SPF records into one: with several, none counts.",
	"spf too_many":     "The record needs more than ten lookups, and then counts as an error. Remove includes that you no longer use.",
	"spf broken":       "The record, or one that it includes, cannot be read. Compare it with what your mail provider writes.",
	"spf everybody":    "The record lets every server send for this domain. End it with -all or ~all.",
	"spf neutral":      "The record does not say what to do with other servers. End it with -all or ~all.",
	"spf not_aligned":  "Mail comes back to another domain than it is sent from, so SPF does not count for DMARC. Sign with DKIM, or use addresses of one domain.",
	"spf unanswered":   "The DNS did not answer. Try again.",
	"dkim none":        "No key was found under the usual selectors. Switch DKIM on at your mail provider, and enter the selector that it names.",
	"dkim revoked":     "The key was withdrawn. Publish the present one.",
	"dkim broken":      "The key cannot be read. Copy the record again from your mail provider.",
	"dkim short":       "The key has less than 2048 bits. Ask your mail provider for a longer one.",
	"dkim unanswered":  "The DNS did not answer. Try again.",
	"dmarc none":       "Publish a TXT record at _dmarc, at first \"v=DMARC1; p=none; rua=mailto:…\", and quarantine or reject once the reports are clean.",
	"dmarc several":    "Keep one DMARC record: with several, none counts.",
	"dmarc broken":     "The record cannot be read. It starts with v=DMARC1 and names a policy p.",
	"dmarc monitor":    "The policy is none: others are not told to refuse mail that is forged. Raise it to quarantine or reject.",
	"dmarc part":       "The policy counts for a part of the mail only. Raise pct to 100.",
	"dmarc unanswered": "The DNS did not answer. Try again.",
	"mx none":          "No server takes mail for this domain, so answers and reports of failure are lost. Publish an MX record.",
	"mx unanswered":    "The DNS did not answer. Try again.",
	"mx refuses":       "The domain says that it takes no mail. Replace its MX record.",
}

func mx(ctx context.Context, r Resolver, domain string) Finding {
	f := Finding{Name: "mx", State: OK, Code: "found", Domain: domain}
	found, err := r.LookupMX(ctx, domain)
	switch {
	case isAbsent(err) || (err == nil && len(found) == 0):
		f.State, f.Code = Missing, "none"
	case err != nil && len(found) == 0:
		f.State, f.Code = Unknown, "unanswered"
	case len(found) == 1 && found[0].Host == ".": // RFC 7505
		f.State, f.Code = Missing, "refuses"
	}
	var hosts []string
	for _, x := range found[:min(len(found), 10)] {
		hosts = append(hosts, strings.TrimSuffix(x.Host, "."))
	}
	f.Record = strings.Join(hosts, ", ")
	return f
}

func isAbsent(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	return ok && e.IsNotFound
}

// records are the TXT records of a name that begin with a version, which stands alone or before something else.
func records(ctx context.Context, r Resolver, name, version string) (found []string, err error) {
	all, err := r.LookupTXT(ctx, name)
	if isAbsent(err) {
		return nil, nil
	}
	for _, t := range all {
		rest, ok := cutFold(t, version)
		if ok && (rest == "" || strings.ContainsAny(rest[:1], " ;\t")) {
			found = append(found, t)
		}
	}
	return found, err
}

func cutFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// organizational is the domain that somebody registered.
func organizational(domain string) string {
	if d, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return d
	}
	return domain
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
