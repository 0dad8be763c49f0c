package contact

import (
	"fmt"
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
)

// checked returns the fields as they are kept; region is the country of numbers that do not name theirs.
func (f Fields) checked(region string) (Fields, error) {
	var form input.Form
	if !id.Valid(f.CustomerID) {
		form.Refuse("/customer_id", "Choose the customer that this person belongs to.")
	}
	f.Name = form.Required("/name", f.Name, maxName)
	f.JobTitle = form.Line("/job_title", f.JobTitle, maxName)
	f.Notes = form.Text("/notes", f.Notes, maxNotes)
	f.Language = form.Language("/language", f.Language)
	f.Emails = checkEmails(&form, f.Emails)
	f.Phones = checkPhones(&form, f.Phones, region)
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

func checkPhones(form *input.Form, phones []Phone, region string) []Phone {
	if len(phones) > maxAddresses {
		form.Refuse("/phones", fmt.Sprintf("A contact may have %d phones.", maxAddresses))
		return nil
	}
	out, seen := make([]Phone, 0, len(phones)), map[string]bool{}
	for i, p := range phones {
		pointer := fmt.Sprintf("/phones/%d/number", i)
		if p.Number = form.Phone(pointer, p.Number, region); p.Number == "" {
			form.Refuse(pointer, "Write a phone number, or remove the empty line.")
		}
		if seen[p.Number] {
			form.Refuse(pointer, "This number is in the list twice.")
		}
		seen[p.Number] = true
		switch p.Kind {
		case input.Mobile, input.Landline:
		case "":
			p.Kind = kindOf(p.Number)
		default:
			form.Refuse(fmt.Sprintf("/phones/%d/kind", i), "A phone is mobile or landline.")
		}
		out = append(out, p)
	}
	return out
}

// kindOf is what the numbering plan says of a number. Where it does not say, people mean the phone in their pocket.
func kindOf(number string) string {
	if kind := input.PhoneKind(number); kind != "" {
		return kind
	}
	return input.Mobile
}

func (f Fields) same(o Fields) bool {
	return f.CustomerID == o.CustomerID && f.Name == o.Name && f.JobTitle == o.JobTitle && f.Language == o.Language && f.VIP == o.VIP &&
		f.Approver == o.Approver && f.Notes == o.Notes && slices.Equal(f.Emails, o.Emails) && slices.Equal(f.Phones, o.Phones)
}

func (f Fields) record() map[string]any {
	return map[string]any{
		"customer_id": f.CustomerID, "name": f.Name, "job_title": f.JobTitle, "emails": f.Emails, "phones": f.Phones,
		"language": f.Language, "vip": f.VIP, "approver": f.Approver, "notes": f.Notes,
	}
}

// searchText is what the search box looks through, besides the name of the customer.
func (f Fields) searchText() string {
	words := append([]string{f.Name, f.JobTitle}, f.Emails...)
	for _, p := range f.Phones {
		words = append(words, input.PhoneWords(p.Number))
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
