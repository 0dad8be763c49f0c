// Package columns knows what the columns of a file can be, and what other products and people call them.
package columns

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

// Field is something that a column can be.
type Field struct {
	Name     string
	Label    string
	Required bool     // of these, one is enough where OneOf names others
	OneOf    []string // other fields that do as well
	also     []string // what other products and people call it, folded
}

// Custom begins the name of a field of the organization's own, at a contact: "custom:Badge number".
const Custom = "custom:"

const maxCustomName = 60

// Kind is what a file holds.
type Kind string

// The kinds.
const (
	Technicians Kind = "technicians"
	Customers   Kind = "customers"
	Contacts    Kind = "contacts"
	Devices     Kind = "devices"
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Technicians, Customers, Contacts, Devices} }

// Column is one column of a file.
type Column struct {
	Name    string   `json:"name"`
	Samples []string `json:"samples"` // the first few values that are not empty
}

// Fields are what the columns of a kind of file can be. What is not here cannot be brought in: no passwords, no states, no owners.
func (k Kind) Fields() []Field {
	id := Field{Name: "id", Label: "Id in Countersign", also: []string{"countersign id"}}
	external := Field{Name: "external_id", Label: "External id", also: []string{
		"source id", "identifiant externe", "reference", "record id", "recid", "object id", "objectid", "contact id", "company id", "client id", "device id", "serial number", "immutable id",
	}}
	switch k {
	case Technicians:
		return append(personNames(), []Field{
			{Name: "email", Label: "Email", Required: true, also: emailWords()},
			{Name: "phone", Label: "Phone", also: append(mobileWords(), phoneWords()...)},
			{Name: "job_title", Label: "Job title", also: titleWords()},
			{Name: "department", Label: "Department", also: departmentWords()},
			{Name: "usernames", Label: "Usernames", also: []string{"username", "user name", "login", "member identifier", "identifiant", "nom d utilisateur"}},
			{Name: "role", Label: "Role", also: []string{"platform role", "security role", "user type", "droits"}},
			{Name: "customers", Label: "Customers", also: []string{"clients", "companies", "entreprises"}},
			{Name: "locale", Label: "Language", also: languageWords()},
			{Name: "time_zone", Label: "Time zone", also: []string{"timezone", "tz", "fuseau horaire"}},
			external, id,
		}...)
	case Customers:
		return []Field{
			{Name: "name", Label: "Name", Required: true, also: append(companyWords(), "display name", "nom", "raison sociale")},
			{Name: "domains", Label: "Domains", also: []string{"domain", "domaine", "domaines", "email domain", "default domain name"}},
			{Name: "phone", Label: "Phone", also: phoneWords()},
			{Name: "address", Label: "Address", also: []string{"street address", "adresse", "full address", "address line 1", "adresse postale"}},
			{Name: "website", Label: "Website", also: []string{"web site", "url", "web address", "site web", "site internet"}},
			{Name: "notes", Label: "Notes", also: noteWords()},
			external, id,
		}
	case Devices:
		return []Field{
			{Name: "name", Label: "Name", Required: true, also: []string{
				"device", "device name", "computer", "computer name", "hostname", "host name", "machine", "configuration name", "nom", "poste", "ordinateur", "appareil", "displayname", "display name", //nolint:misspell // French
			}},
			{Name: "customer", Label: "Customer", also: companyWords()},
			{Name: "group", Label: "Group", also: []string{"device group", "groupe", "site", "location", "emplacement", "folder"}},
			{Name: "platform", Label: "Platform", also: []string{"os", "operating system", "system", "systeme d exploitation", "plateforme", "os type"}},
			{Name: "description", Label: "Description", also: append(noteWords(), "description du poste")},
			external, id,
		}
	}
	return append(personNames(), []Field{
		{Name: "customer", Label: "Customer", Required: true, also: companyWords()},
		{Name: "email", Label: "Email", also: emailWords()},
		{Name: "email_2", Label: "Second email", also: []string{"e mail 2 address", "email 2", "secondary email", "other email", "alternate email", "autre courriel"}},
		{Name: "emails", Label: "All emails (replaces those known)", also: []string{"e mails", "courriels"}},
		{Name: "mobile", Label: "Mobile", also: mobileWords()},
		{Name: "phone", Label: "Phone", also: phoneWords()},
		{Name: "phone_2", Label: "Second phone", also: []string{"phone 2", "business phone 2", "home phone", "other phone", "autre telephone", "telephone 2"}},
		{Name: "phones", Label: "All phones (replaces those known)", also: []string{"telephones", "phone numbers"}},
		{Name: "job_title", Label: "Job title", also: titleWords()},
		{Name: "department", Label: "Department", also: departmentWords()},
		{Name: "language", Label: "Language", also: languageWords()},
		{Name: "vip", Label: "VIP", also: []string{"is vip", "important"}},
		{Name: "approver", Label: "Approver", also: []string{"is approver", "can approve", "approbateur"}},
		{Name: "notes", Label: "Notes", also: noteWords()},
		external, id,
	}...)
}

func personNames() []Field {
	return []Field{
		{Name: "name", Label: "Name", Required: true, OneOf: []string{"given_name", "family_name"}, also: []string{
			"full name", "display name", "displayname", "contact", "contact name", "employee", "person", "nom complet", "nom affiche", "user",
		}},
		{Name: "given_name", Label: "Given name", also: []string{"first name", "firstname", "forename", "prenom", "given"}},
		{Name: "family_name", Label: "Family name", also: []string{"last name", "lastname", "surname", "nom", "nom de famille", "sn"}},
	}
}

func emailWords() []string {
	return []string{
		"e mail", "mail", "email address", "e mail address", "e mail 1 address", "primary email", "primary e mail", "default email", "work email", "business email",
		"user principal name", "userprincipalname", "courriel", "adresse e mail", "adresse email", "adresse de messagerie", "adresse courriel", "emailaddress",
	}
}

func mobileWords() []string {
	return []string{
		"mobile phone", "mobile number", "mobilephone", "cell", "cell phone", "cellphone", "cellular", "sms", "portable", "telephone mobile", "telephone portable", "mobile telephone",
	}
}

func phoneWords() []string {
	return []string{
		"phone number", "telephone", "telephone number", "tel", "business phone", "work phone", "office phone", "direct phone", "direct line", "primary phone", "main phone",
		"default phone", "landline", "numero de telephone", "telephone fixe", "fixe", "phonenumber", "businessphones", "telephone professionnel",
	}
}

func titleWords() []string {
	return []string{"title", "jobtitle", "position", "role title", "fonction", "titre", "poste", "intitule du poste"}
}

func departmentWords() []string { return []string{"dept", "division", "service", "departement"} }

func languageWords() []string {
	return []string{"language", "preferred language", "preferredlanguage", "locale", "lang", "langue"}
}

func noteWords() []string {
	return []string{"note", "comment", "comments", "remarks", "description", "remarque", "remarques", "commentaire", "commentaires"}
}

func companyWords() []string {
	return []string{
		"customer", "customer name", "company", "company name", "companyname", "client", "client name", "account", "account name", "organization", "organization name",
		"organisation", "entreprise", "societe", "nom du client", "nom de l entreprise", "organization default name",
	}
}

// Key is the name of a column as it is compared.
func Key(name string) string {
	words := strings.FieldsFunc(store.Fold(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, " ")
}

// Suggest maps columns by what people chose last time, then by name, then by what others call the same.
func Suggest(k Kind, columns []Column, remembered map[string]string) map[string]int {
	fields, out, taken := k.Fields(), map[string]int{}, map[int]bool{}
	take := func(field string, column int) {
		if _, mapped := out[field]; !mapped && !taken[column] {
			out[field], taken[column] = column, true
		}
	}
	for i, c := range columns {
		if field, ok := remembered[Key(c.Name)]; ok {
			if field == "" {
				taken[i] = true // left out on purpose
			} else {
				take(field, i)
			}
		}
	}
	for i, c := range columns {
		key := Key(c.Name)
		for _, f := range fields {
			if key == Key(f.Name) || key == Key(f.Label) {
				take(f.Name, i)
			}
		}
	}
	for _, f := range fields {
		for _, word := range f.also { // the first words are the most likely
			for i, c := range columns {
				if Key(c.Name) == word {
					take(f.Name, i)
				}
			}
		}
	}
	return out
}

// Check refuses what is no field of the kind or no column of the file, and asks for what is missing.
func Check(k Kind, file []Column, mapping map[string]int) error {
	var errs []fault.FieldError
	refuse := func(field, message string) {
		errs = append(errs, fault.FieldError{Pointer: "/mapping/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(field), Message: message})
	}
	fields := k.Fields()
	for _, name := range slices.Sorted(maps.Keys(mapping)) {
		column := mapping[name]
		custom, isCustom := strings.CutPrefix(name, Custom)
		switch {
		case isCustom && (k != Contacts || strings.TrimSpace(custom) == "" || len([]rune(custom)) > maxCustomName):
			refuse(name, fmt.Sprintf("Only contacts have fields of their own; their names have up to %d characters.", maxCustomName))
		case !isCustom && !slices.ContainsFunc(fields, func(f Field) bool { return f.Name == name }):
			refuse(name, "This is not something that can be imported.")
		case column < 0 || column >= len(file):
			refuse(name, "This file has no such column.")
		}
	}
	for _, f := range fields {
		_, ok := mapping[f.Name]
		for _, other := range f.OneOf {
			_, too := mapping[other]
			ok = ok || too
		}
		if f.Required && !ok {
			refuse(f.Name, "Choose the column that holds this: "+f.Label+".")
		}
	}
	return fault.Fields(errs...)
}

const (
	maxSamples = 3
	maxSample  = 100 // characters
)

// Sample keeps the first few values of each column of a file, of which fields are the next row.
func Sample(file []Column, fields []string) {
	for n := range min(len(file), len(fields)) {
		v := strings.TrimSpace(csvfile.Restore(fields[n]))
		if c := &file[n]; v != "" && len(c.Samples) < maxSamples {
			c.Samples = append(c.Samples, csvfile.Clip(v, maxSample))
		}
	}
}
