package contact

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/store"
)

const (
	maxName      = 200
	maxNotes     = 20_000
	maxAddresses = 10 // emails, and phones
	maxCustom    = 30
	maxCustomKey = 60
	maxCustomVal = 500
	maxSource    = 30
	maxSourceID  = 200
)

// checked returns the fields as they are kept; region is the country of numbers that do not name theirs.
func (f Fields) checked(region string) (Fields, error) {
	var form input.Form
	if !id.Valid(f.CustomerID) {
		form.Refuse("/customer_id", "Choose the customer that this person belongs to.")
	}
	f.Name = form.Required("/name", f.Name, maxName)
	f.JobTitle = form.Line("/job_title", f.JobTitle, maxName)
	f.Department = form.Line("/department", f.Department, maxName)
	f.Notes = form.Text("/notes", f.Notes, maxNotes)
	f.Language = form.Language("/language", f.Language)
	f.Emails = checkEmails(&form, f.Emails)
	f.Phones, f.read = checkPhones(&form, f.Phones, region)
	f.Custom = checkCustom(&form, f.Custom)
	f.Source = form.Line("/source", f.Source, maxSource)
	f.SourceID = form.Line("/source_id", f.SourceID, maxSourceID)
	return f, form.Err()
}

func checkEmails(form *input.Form, emails []string) []string {
	if len(emails) > maxAddresses {
		form.Refuse("/emails", fmt.Sprintf("A contact may have %d emails.", maxAddresses))
		return nil
	}
	out, seen := make([]string, 0, len(emails)), map[string]bool{}
	for i, e := range emails {
		pointer := fmt.Sprintf("/emails/%d", i)
		if e = form.Email(pointer, e); e == "" {
			form.Refuse(pointer, "Write an email address, or remove the empty line.")
		}
		if key := input.FoldEmail(e); seen[key] {
			form.Refuse(pointer, "This email is in the list twice.")
		} else {
			seen[key] = true
		}
		out = append(out, e)
	}
	return out
}

// checkCustom trims names and values; an empty value is none.
func checkCustom(form *input.Form, fields map[string]string) map[string]string {
	if len(fields) > maxCustom {
		form.Refuse("/custom_fields", fmt.Sprintf("A contact may have %d fields of your own.", maxCustom))
		return nil
	}
	out := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		pointer := "/custom_fields/" + escapePointer.Replace(name)
		kept := form.Required(pointer, name, maxCustomKey)
		value := form.Line(pointer, fields[name], maxCustomVal)
		if _, twice := out[kept]; twice {
			form.Refuse(pointer, "This field is there twice.")
		}
		if value != "" {
			out[kept] = value
		}
	}
	return out
}

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

func checkPhones(form *input.Form, phones []Phone, region string) (out []Phone, read []input.Phone) {
	if len(phones) > maxAddresses {
		form.Refuse("/phones", fmt.Sprintf("A contact may have %d phones.", maxAddresses))
		return nil, nil
	}
	out, read = make([]Phone, 0, len(phones)), make([]input.Phone, 0, len(phones))
	seen := map[string]bool{}
	for i, p := range phones {
		pointer := fmt.Sprintf("/phones/%d/number", i)
		n := form.ReadPhone(pointer, p.Number, region)
		if p.Number = n.Number; p.Number == "" {
			form.Refuse(pointer, "Write a phone number, or remove the empty line.")
		}
		if seen[p.Number] {
			form.Refuse(pointer, "This number is in the list twice.")
		}
		seen[p.Number] = true
		switch p.Kind {
		case input.Mobile, input.Landline:
		case "":
			p.Kind = cmp.Or(n.Kind(), input.Mobile) // where the numbering plan does not say, people mean the phone in their pocket
		default:
			form.Refuse(fmt.Sprintf("/phones/%d/kind", i), "A phone is mobile or landline.")
		}
		out, read = append(out, p), append(read, n)
	}
	return out, read
}

func (f Fields) same(o Fields) bool {
	return f.CustomerID == o.CustomerID && f.Name == o.Name && f.JobTitle == o.JobTitle && f.Language == o.Language && f.VIP == o.VIP &&
		f.Approver == o.Approver && f.Notes == o.Notes && f.Department == o.Department && maps.Equal(f.Custom, o.Custom) &&
		f.Source == o.Source && f.SourceID == o.SourceID && slices.Equal(f.Emails, o.Emails) && slices.Equal(f.Phones, o.Phones)
}

func (f Fields) record() map[string]any {
	return map[string]any{
		"customer_id": f.CustomerID, "name": f.Name, "job_title": f.JobTitle, "emails": f.Emails, "phones": f.Phones,
		"language": f.Language, "vip": f.VIP, "approver": f.Approver, "notes": f.Notes, "department": f.Department, "custom_fields": f.Custom,
		"source": f.Source, "source_id": f.SourceID,
	}
}

// editableHere says whether contacts of a source are edited here all the same: a file gave them once and does not keep them.
func editableHere(source string) bool { return source == "" || source == "csv" }

// keepsSource refuses a change by hand of what a source keeps up to date. What only Countersign knows (VIP, approver, notes, fields of
// one's own) is always edited here.
func (f Fields) keepsSource(next Fields) error {
	if next.Source, next.SourceID = f.Source, f.SourceID; editableHere(f.Source) {
		return nil
	}
	next.VIP, next.Approver, next.Notes, next.Custom = f.VIP, f.Approver, f.Notes, f.Custom
	if !f.same(next) {
		return errSourced
	}
	return nil
}

// searchText is what the search box looks through, besides the name of the customer.
func (f Fields) searchText() string {
	words := append([]string{f.Name, f.JobTitle, f.Department}, f.Emails...)
	for _, p := range f.Phones {
		if i := slices.IndexFunc(f.read, func(n input.Phone) bool { return n.Number == p.Number }); i >= 0 {
			words = append(words, f.read[i].Words())
		} else {
			words = append(words, input.PhoneWords(p.Number))
		}
	}
	return store.Fold(strings.Join(words, " "))
}

// addressKeys are the addresses as they are compared.
func (f Fields) addressKeys() (numbers, emails []string) {
	for _, p := range f.Phones {
		numbers = append(numbers, p.Number)
	}
	for _, e := range f.Emails {
		emails = append(emails, input.FoldEmail(e))
	}
	return numbers, emails
}

// without returns what of a is not in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(v string) bool { return slices.Contains(b, v) })
}
