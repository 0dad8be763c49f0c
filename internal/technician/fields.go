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
	maxCustomers = 1000
)

// The sentences about what a body refers to and must not.
const (
	noCustomer = "There is no such customer, or you may not see it."
	noTeam     = "There is no such team."
)

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
	f.JobTitle = form.Line("/job_title", f.JobTitle, 2*maxName)
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
	for i := range f.TeamIDs {
		form.Refuse(fmt.Sprintf("/team_ids/%d", i), noTeam)
	}
	f.CustomerIDs = checkCustomerIDs(&form, f.CustomerIDs)
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

// checkCustomerIDs leaves to the transaction whether they exist.
func checkCustomerIDs(form *input.Form, ids []string) []string {
	if len(ids) > maxCustomers {
		form.Refuse("/customer_ids", fmt.Sprintf("A technician may be assigned to %d customers; make somebody who needs more an administrator.", maxCustomers))
		return nil
	}
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
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

// sameProfile says whether nothing differs but role, status and customers.
func (f Fields) sameProfile(o Fields) bool {
	return f.GivenName == o.GivenName && f.FamilyName == o.FamilyName && f.DisplayName == o.DisplayName && f.Email == o.Email &&
		f.Phone == o.Phone && f.JobTitle == o.JobTitle && slices.Equal(f.Usernames, o.Usernames) && f.Locale == o.Locale &&
		f.TimeZone == o.TimeZone && f.Theme == o.Theme
}

// sameCustomers says whether both are assigned to the same customers, in whatever order.
func (f Fields) sameCustomers(o Fields) bool {
	return slices.Equal(slices.Sorted(slices.Values(f.CustomerIDs)), slices.Sorted(slices.Values(o.CustomerIDs)))
}

// record leaves the status out: its changes are events of their own.
func (f Fields) record() map[string]any {
	return map[string]any{
		"given_name": f.GivenName, "family_name": f.FamilyName, "display_name": f.DisplayName, "email": f.Email, "phone": f.Phone,
		"job_title": f.JobTitle, "usernames": f.Usernames, "platform_role": string(f.PlatformRole), "locale": f.Locale,
		"time_zone": f.TimeZone, "theme": f.Theme, "customer_ids": f.CustomerIDs,
	}
}

func (f Fields) searchText() string {
	words := append([]string{f.DisplayName, f.GivenName, f.FamilyName, f.Email}, f.Usernames...)
	if f.Phone != "" {
		words = append(words, input.PhoneWords(f.Phone))
	}
	return store.Fold(strings.Join(words, " "))
}
