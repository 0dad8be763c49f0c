package senderdomain

import (
	"context"
	"errors"
	"strings"
)

// maxLookups is how many names the evaluation of a record may ask for (RFC 7208, 4.6.4).
const maxLookups = 10

var (
	errTooMany = errors.New("too many lookups")
	errBroken  = errors.New("not a record")
	errSeveral = errors.New("several records")
	errNone    = errors.New("no record")
)

// spf looks at the record of the envelope's domain, which is the one that servers ask for.
func spf(ctx context.Context, r Resolver, from, envelope string) Finding {
	f := Finding{Name: "spf", State: OK, Code: "found", Domain: envelope}
	w := walk{ctx: ctx, r: r}
	record, all, err := w.record(envelope)
	f.Record = record
	switch {
	case errors.Is(err, errNone) && record == "" && w.lookups == 0:
		f.State, f.Code = Missing, "none"
	case errors.Is(err, errSeveral) && w.lookups == 0:
		f.State, f.Code = Weak, "several"
	case errors.Is(err, errTooMany):
		f.State, f.Code = Weak, "too_many"
	case errors.Is(err, errBroken), errors.Is(err, errSeveral), errors.Is(err, errNone):
		f.State, f.Code = Weak, "broken"
	case err != nil:
		f.State, f.Code = Unknown, "unanswered"
	case all == '+':
		f.State, f.Code = Weak, "everybody"
	case all == '?':
		f.State, f.Code = Weak, "neutral"
	case organizational(from) != organizational(envelope):
		f.State, f.Code = Weak, "not_aligned"
	}
	return f
}

// walk counts what the evaluation of a record asks for.
type walk struct {
	ctx     context.Context
	r       Resolver
	lookups int
}

// record reads the record of a domain and those it includes. all is what it says about every other server: one of + - ~ ?.
func (w *walk) record(domain string) (record string, all byte, err error) {
	found, err := records(w.ctx, w.r, domain, "v=spf1")
	switch {
	case err != nil:
		return "", 0, err
	case len(found) == 0:
		return "", 0, errNone
	case len(found) > 1:
		return found[0], 0, errSeveral
	}
	record, all = found[0], '?'
	redirect, ended := "", false
	for _, term := range strings.Fields(record)[1:] {
		name, value, how := parse(term)
		switch name {
		case "all":
			all, ended = how, true
		case "include":
			if err := w.include(value); err != nil {
				return record, all, err
			}
		case "redirect":
			redirect = value
		case "a", "mx", "ptr", "exists":
			if w.lookups++; w.lookups > maxLookups {
				return record, all, errTooMany
			}
		case "ip4", "ip6", "exp":
		default:
			if !strings.Contains(term, "=") { // an unknown modifier is ignored, an unknown mechanism is an error
				return record, all, errBroken
			}
		}
	}
	if redirect != "" && !ended {
		if w.lookups++; w.lookups > maxLookups {
			return record, all, errTooMany
		}
		if strings.Contains(redirect, "%") {
			return record, '-', nil // it depends on the mail
		}
		_, all, err = w.record(redirect)
	}
	return record, all, err
}

func (w *walk) include(domain string) error {
	if w.lookups++; w.lookups > maxLookups {
		return errTooMany
	}
	if domain == "" {
		return errBroken
	}
	if strings.Contains(domain, "%") {
		return nil
	}
	_, _, err := w.record(domain)
	return err
}

// parse splits a term; how is what it says about a server that fits.
func parse(term string) (name, value string, how byte) {
	how = '+'
	if term != "" && strings.IndexByte("+-~?", term[0]) >= 0 {
		how, term = term[0], term[1:]
	}
	at := strings.IndexAny(term, ":=/")
	if at < 0 {
		return strings.ToLower(term), "", how
	}
	return strings.ToLower(term[:at]), term[at+1:], how
}
