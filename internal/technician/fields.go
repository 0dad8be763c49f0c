package technician

import (
	"fmt"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const (
	maxName      = 100
	maxUsername  = 100
	maxUsernames = 20
	maxPhones    = 10
	maxTeams     = 100
	maxCustomers = 1000
)

// noCustomer answers a customer that a body refers to and must not.
const noCustomer = "There is no such customer, or you may not see it."

// checked returns the fields as they are kept; region is the country of numbers that do not name theirs.
func (f Fields) checked(region string) (Fields, error) {
	var form input.Form
	f.GivenName = form.Line("/given_name", f.GivenName, maxName)
	f.FamilyName = form.Line("/family_name", f.FamilyName, maxName)
	f.DisplayName = form.Line("/display_name", f.DisplayName, 2*maxName)
	if f.GivenName == "" && f.FamilyName == "" {
		form.Refuse("/given_name", "Enter a given name or a family name.")
	}
	if f.Email = form.Email("/email", f.Email); f.Email == "" {
		form.Refuse("/email", "An email is required: it is what people sign in with.")
	}
	f.Phone = form.Phone("/phone", f.Phone, region)
	f.OtherPhones = checkPhones(&form, f.OtherPhones, region)
	f.JobTitle = form.Line("/job_title", f.JobTitle, 2*maxName)
	f.Department = form.Line("/department", f.Department, 2*maxName)
	f.Usernames = checkUsernames(&form, f.Usernames)
	f.Locale = form.Language("/locale", f.Locale)
	f.TimeZone = form.TimeZone("/time_zone", f.TimeZone)
	if !f.PlatformRole.Valid() {
		form.Refuse("/platform_role", "A role is administrator, manager, technician or read_only.")
	}
	if !slices.Contains([]Status{Active, Inactive, Suspended, OverLimit}, f.Status) {
		form.Refuse("/status", "A status is active, inactive or suspended.")
	}
	if !slices.Contains([]string{"auto", "light", "dark"}, f.Theme) {
		form.Refuse("/theme", "A theme is auto, light or dark.")
	}
	f.TeamIDs = checkIDs(&form, "/team_ids", f.TeamIDs, maxTeams, "A technician may be in %d teams.")
	f.CustomerIDs = checkIDs(&form, "/customer_ids", f.CustomerIDs, maxCustomers,
		"A technician may be assigned to %d customers; give a team, or the role of an administrator, to somebody who needs more.")
	f = f.checkSafeguards(&form)
	return f, form.Err()
}

func checkUsernames(form *input.Form, names []string) []string {
	if len(names) > maxUsernames {
		form.Refuse("/usernames", fmt.Sprintf("A technician may have %d usernames.", maxUsernames))
		return nil
	}
	out, seen := make([]string, 0, len(names)), map[string]bool{}
	for i, n := range names {
		pointer := fmt.Sprintf("/usernames/%d", i)
		n = form.Required(pointer, n, maxUsername)
		if key := store.Fold(n); seen[key] {
			form.Refuse(pointer, "This username is in the list twice.")
		} else {
			seen[key] = true
		}
		out = append(out, n)
	}
	return out
}

// checkIDs leaves to the transaction whether they exist.
func checkIDs(form *input.Form, pointer string, ids []string, limit int, tooMany string) []string {
	if len(ids) > limit {
		form.Refuse(pointer, fmt.Sprintf(tooMany, limit))
		return nil
	}
	out, seen := make([]string, 0, len(ids)), make(map[string]bool, len(ids))
	for _, id := range ids {
		if !seen[id] {
			out, seen[id] = append(out, id), true
		}
	}
	return out
}

func checkPhones(form *input.Form, phones []Phone, region string) []Phone {
	if len(phones) > maxPhones {
		form.Refuse("/other_phones", fmt.Sprintf("A technician may have %d more numbers.", maxPhones))
		return nil
	}
	out := make([]Phone, 0, len(phones))
	for i, p := range phones {
		pointer := fmt.Sprintf("/other_phones/%d", i)
		if p.Number = form.Phone(pointer+"/number", p.Number, region); p.Number == "" {
			form.Refuse(pointer+"/number", "This is required.")
		}
		if !slices.Contains([]string{"mobile", "landline", "other"}, p.Kind) {
			form.Refuse(pointer+"/kind", "A kind is mobile, landline or other.")
		}
		if slices.ContainsFunc(out, func(o Phone) bool { return o.Number == p.Number }) {
			form.Refuse(pointer+"/number", "This number is in the list twice.")
		}
		out = append(out, p)
	}
	return out
}

// defaults fills in what a new technician is unless somebody says otherwise (D-1).
func (f Fields) defaults() Fields {
	if f.PlatformRole == "" {
		f.PlatformRole = perm.Technician
	}
	if f.Status == "" {
		f.Status = Active
	}
	if f.Theme == "" {
		f.Theme = "auto"
	}
	return f
}

// sameProfile says whether nothing differs but role, status, teams and customers.
func (f Fields) sameProfile(o Fields) bool {
	return f.GivenName == o.GivenName && f.FamilyName == o.FamilyName && f.DisplayName == o.DisplayName && f.Email == o.Email &&
		f.Phone == o.Phone && f.JobTitle == o.JobTitle && slices.Equal(f.Usernames, o.Usernames) && f.Locale == o.Locale &&
		f.TimeZone == o.TimeZone && f.Theme == o.Theme && f.Department == o.Department && slices.Equal(f.OtherPhones, o.OtherPhones) &&
		f.ImportedFrom == o.ImportedFrom && f.SourceID == o.SourceID && f.sameSafeguards(o)
}

// sameCustomers says whether both are assigned to the same customers, in whatever order.
func (f Fields) sameCustomers(o Fields) bool { return sameSet(f.CustomerIDs, o.CustomerIDs) }

func (f Fields) sameTeams(o Fields) bool { return sameSet(f.TeamIDs, o.TeamIDs) }

func sameSet(a, b []string) bool {
	return len(a) == len(b) && slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// record leaves the status out: its changes are events of their own.
func (f Fields) record() map[string]any {
	return map[string]any{
		"given_name": f.GivenName, "family_name": f.FamilyName, "display_name": f.DisplayName, "email": f.Email, "phone": f.Phone,
		"other_phones": numbers(f.OtherPhones), "job_title": f.JobTitle, "department": f.Department, "usernames": f.Usernames,
		"platform_role": string(f.PlatformRole), "platform_role_id": f.OwnRoleID, "locale": f.Locale, "time_zone": f.TimeZone, "theme": f.Theme,
		"team_ids": f.TeamIDs, "customer_ids": f.CustomerIDs, "ui_access": f.UIAccess(), "mfa_required": f.MFARequired,
		"allowed_networks": f.AllowedNetworks, "idle_minutes": f.IdleMinutes, "session_hours": f.SessionHours,
		"imported_from": f.ImportedFrom, "source_id": f.SourceID,
	}
}

func numbers(phones []Phone) []string {
	out := make([]string, len(phones))
	for i, p := range phones {
		out[i] = p.Kind + " " + p.Number
	}
	return out
}

func (f Fields) searchText() string {
	words := append([]string{f.DisplayName, f.GivenName, f.FamilyName, f.Email}, f.Usernames...)
	if f.Phone != "" {
		words = append(words, input.PhoneWords(f.Phone))
	}
	for _, p := range f.OtherPhones {
		words = append(words, input.PhoneWords(p.Number))
	}
	return store.Fold(strings.Join(words, " "))
}
