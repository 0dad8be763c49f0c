package senderdomain

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const enoughBits = 2048

// usual selectors of mail providers.
var usual = []string{"google", "selector1", "selector2", "s1", "s2", "k1", "k2", "default", "mail", "dkim", "fm1", "zoho"}

// dmarc looks at the policy of a domain, or else at that of the domain that was registered.
func dmarc(ctx context.Context, r Resolver, domain string) Finding {
	f := Finding{Name: "dmarc", State: OK, Code: "found", Domain: "_dmarc." + domain}
	found, err := records(ctx, r, f.Domain, "v=DMARC1")
	inherited := false
	if parent := organizational(domain); err == nil && len(found) == 0 && parent != domain {
		inherited, f.Domain = true, "_dmarc."+parent
		found, err = records(ctx, r, f.Domain, "v=DMARC1")
	}
	switch {
	case err != nil:
		f.State, f.Code = Unknown, "unanswered"
		return f
	case len(found) == 0:
		f.State, f.Code = Missing, "none"
		return f
	case len(found) > 1:
		f.State, f.Code, f.Record = Weak, "several", found[0]
		return f
	}
	f.Record = found[0]
	tags := tagsOf(found[0])
	policy := strings.ToLower(tags["p"])
	if sub := strings.ToLower(tags["sp"]); inherited && sub != "" {
		policy = sub
	}
	switch pct, err := strconv.Atoi(orElse(tags["pct"], "100")); {
	case policy == "none":
		f.State, f.Code = Weak, "monitor"
	case policy != "quarantine" && policy != "reject":
		f.State, f.Code = Weak, "broken"
	case err != nil || pct < 100:
		f.State, f.Code = Weak, "part"
	}
	return f
}

// dkimKeys looks for keys under selectors. Those that somebody entered are judged; of the usual ones it is enough that one is good.
func dkimKeys(ctx context.Context, r Resolver, domain string, entered []string) Finding {
	selectors := entered
	if len(selectors) == 0 {
		selectors = usual
	}
	found := make([]Finding, len(selectors))
	var wg sync.WaitGroup
	for i, selector := range selectors {
		wg.Go(func() { found[i] = dkimKey(ctx, r, selector+"._domainkey."+domain) })
	}
	wg.Wait()
	if len(entered) > 0 {
		return slices.MaxFunc(found, func(a, b Finding) int { return badness(a) - badness(b) })
	}
	best := slices.MinFunc(found, func(a, b Finding) int { return badness(a) - badness(b) })
	if best.State == Missing {
		best.Domain = "_domainkey." + domain
	}
	return best
}

func badness(f Finding) int { return slices.Index([]string{OK, Weak, Unknown, Missing}, f.State) }

func dkimKey(ctx context.Context, r Resolver, name string) Finding {
	f := Finding{Name: "dkim", State: OK, Code: "found", Domain: name}
	all, err := r.LookupTXT(ctx, name)
	if err != nil && !isAbsent(err) {
		f.State, f.Code = Unknown, "unanswered"
		return f
	}
	at := slices.IndexFunc(all, func(t string) bool { return strings.Contains(t, "p=") })
	if at < 0 {
		f.State, f.Code = Missing, "none"
		return f
	}
	f.Record = all[at]
	tags := tagsOf(all[at])
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(tags["p"]), ""))
	switch {
	case tags["p"] == "":
		f.State, f.Code = Weak, "revoked"
	case err != nil:
		f.State, f.Code = Weak, "broken"
	case strings.EqualFold(tags["k"], "ed25519"):
		if len(raw) != 32 {
			f.State, f.Code = Weak, "broken"
		}
	default:
		key, err := x509.ParsePKIXPublicKey(raw)
		public, ok := key.(*rsa.PublicKey)
		if err != nil || !ok {
			f.State, f.Code = Weak, "broken"
		} else if public.N.BitLen() < enoughBits {
			f.State, f.Code = Weak, "short"
		}
	}
	return f
}

// tagsOf reads a list of tag=value; of a tag that stands twice the first counts.
func tagsOf(record string) map[string]string {
	tags := map[string]string{}
	for part := range strings.SplitSeq(record, ";") {
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, known := tags[name]; ok && !known {
			tags[name] = strings.TrimSpace(value)
		}
	}
	return tags
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
