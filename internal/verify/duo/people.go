package duo

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"countersign.dev/countersign/internal/store"
)

// phone is a device as the Admin API tells it.
type phone struct {
	ID           string   `json:"phone_id"`
	Number       string   `json:"number"`
	Name         string   `json:"name"`
	Model        string   `json:"model"`
	Platform     string   `json:"platform"`
	Activated    bool     `json:"activated"`
	Capabilities []string `json:"capabilities"`
}

// account is a user as the Admin API tells it.
type account struct {
	ID       string  `json:"user_id"`
	Username string  `json:"username"`
	Email    string  `json:"email"`
	Alias1   string  `json:"alias1"`
	Alias2   string  `json:"alias2"`
	Alias3   string  `json:"alias3"`
	Alias4   string  `json:"alias4"`
	Status   string  `json:"status"`
	Phones   []phone `json:"phones"`
}

// has says whether the account goes by an address. Duo's search may find more than was asked for, and only the same address counts: parts
// of names would be other people of other customers.
func (a account) has(email string) bool {
	return slices.ContainsFunc([]string{a.Username, a.Email, a.Alias1, a.Alias2, a.Alias3, a.Alias4}, func(x string) bool {
		return x != "" && store.Fold(x) == store.Fold(email)
	})
}

// byAdmin finds a person by user name (which finds aliases too) and by email. theirs are the addresses that Duo has of them.
func (s *Service) byAdmin(ctx context.Context, set Settings, emails []string) (u user, theirs []string, err error) {
	accounts := map[string]account{}
	for _, email := range emails {
		for _, by := range []string{"username", "email"} {
			var got []account
			if err := s.call(ctx, set.Host, set.adminKeys(), http.MethodGet, "/admin/v1/users", url.Values{by: {email}, "limit": {"10"}}, &got); err != nil {
				return u, nil, err
			}
			for _, a := range got {
				if a.ID != "" && a.has(email) {
					accounts[a.ID] = a
				}
			}
		}
	}
	if len(accounts) == 0 {
		return user{state: notFound}, nil, nil
	}
	if len(accounts) > 1 {
		return user{state: ambiguous}, nil, nil
	}
	var a account
	for _, a = range accounts {
	}
	switch a.Status {
	case "active":
	case "bypass":
		return user{state: bypassed}, nil, nil
	default:
		return user{state: disabled}, nil, nil
	}
	if len(a.Phones) == 0 {
		if err := s.call(ctx, set.Host, set.adminKeys(), http.MethodGet, "/admin/v1/users/"+url.PathEscape(a.ID)+"/phones", nil, &a.Phones); err != nil {
			return u, nil, err
		}
	}
	i := slices.IndexFunc(a.Phones, func(p phone) bool { return p.ID != "" && p.Activated && slices.Contains(p.Capabilities, "push") })
	if i < 0 {
		return user{state: notEnrolled}, nil, nil
	}
	p := a.Phones[i]
	return user{state: found, id: a.ID, name: a.Username, phoneID: p.ID, device: label(p.Name, p.Model, p.Platform, p.Number, p.ID)},
		[]string{p.Number, a.Username, a.Email, a.Alias1, a.Alias2, a.Alias3, a.Alias4}, nil
}

// preauth is what the Auth API says of a person.
type preauth struct {
	Result  string `json:"result"`
	Devices []struct {
		ID           string   `json:"device"`
		Type         string   `json:"type"`
		Name         string   `json:"name"`
		Number       string   `json:"number"`
		Capabilities []string `json:"capabilities"`
	} `json:"devices"`
}

// push is the first device that takes pushes.
func (p preauth) push() (phoneID, name, number string) {
	for _, d := range p.Devices {
		if d.ID != "" && slices.Contains(d.Capabilities, "push") {
			return d.ID, d.Name, d.Number
		}
	}
	return "", "", ""
}

// byPreauth asks the Auth API, which knows people by user name only. Who would be let in without being asked is no proof.
func (s *Service) byPreauth(ctx context.Context, set Settings, emails []string) (u user, theirs []string, err error) {
	u.state = notFound
	for _, email := range emails {
		var p preauth
		if err := s.call(ctx, set.Host, set.authKeys(), http.MethodPost, "/auth/v2/preauth", url.Values{"username": {email}}, &p); err != nil {
			return u, nil, err
		}
		next := user{state: notEnrolled}
		switch p.Result {
		case "auth":
			if phoneID, name, n := p.push(); phoneID != "" {
				next, theirs = user{state: found, name: email, phoneID: phoneID, device: label(name, "", "", n, phoneID)}, []string{n}
			}
		case "allow":
			next = user{state: bypassed}
		case "deny":
			next = user{state: disabled}
		default: // enroll: they may still be known by another address
			continue
		}
		if u.state == found && next.state == found {
			return user{state: ambiguous}, nil, nil
		}
		if u.state != found {
			u = next
		}
	}
	return u, theirs, nil
}

// label names a device without telling its number.
func label(name, model, platform, number, phoneID string) string {
	what := "Duo Mobile"
	for _, x := range []string{name, model, platform} {
		x = strings.TrimSpace(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' || r == '-' {
				return r
			}
			return -1
		}, x))
		if r := []rune(x); len(r) > 0 && strings.IndexFunc(x, unicode.IsLetter) >= 0 {
			what = string(r[:min(len(r), 40)])
			break
		}
	}
	end := number
	if len(end) < 6 {
		end = phoneID
	}
	return what + " •••" + end[max(0, len(end)-2):]
}
