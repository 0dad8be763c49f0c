package wording

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/input"
)

// digitRun is what a person, or a telephone that fills codes in by itself, could take for a code.
var digitRun = regexp.MustCompile(fmt.Sprintf(`\d{%d,}`, codeDigits))

// checked returns the parts of a text in the form in which they are kept, or says for each what is wrong with it.
func checked(e Entry, language string, parts map[string]string) (map[string]string, error) {
	var f input.Form
	out := map[string]string{}
	for name := range parts {
		if _, ok := e.Part(name); !ok {
			f.Refuse("/parts/"+name, "This text has no such part.")
		}
	}
	for _, p := range e.Parts {
		at := "/parts/" + p.Name
		text := ""
		if p.Lines {
			text = f.Text(at, parts[p.Name], p.Limit)
		} else {
			text = f.Line(at, parts[p.Name], p.Limit)
		}
		if text == "" {
			f.Refuse(at, "This is required.")
		}
		if wrong := p.check(text); text != "" && f.Err() == nil && wrong != "" {
			f.Refuse(at, wrong)
		}
		out[p.Name] = text
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if slices.Contains(e.Channels, SMS) {
		if n := Measure(Plain(sample(language, e.Key, out, "").Body)).Segments; n > maxSegments {
			f.Refuse("/parts/"+Body, fmt.Sprintf("This would be sent as %d text messages; %d are allowed. Make it shorter.", n, maxSegments))
		}
	}
	return out, f.Err()
}

// check is a sentence about what is wrong with the placeholders and words of a part, or "".
func (p Part) check(text string) string {
	if wrong := CheckPlaceholders(text, p.Requires, p.Knows); wrong != "" {
		return wrong
	}
	for _, w := range p.Words {
		if !regexp.MustCompile(`(?:^|[^\pL\pN#])` + regexp.QuoteMeta(w) + `(?:$|[^\pL\pN])`).MatchString(text) {
			return fmt.Sprintf("The word %s is missing: it is what people answer.", w)
		}
	}
	if p.code && digitRun.MatchString(text) {
		return "Numbers of six digits or more could be taken for the code. Take them out."
	}
	return ""
}

// CheckPlaceholders is a sentence about what is wrong with the placeholders of a text, or "". It must hold those that it requires, and may
// hold those that it knows besides.
func CheckPlaceholders(text string, requires, knows []Placeholder) string {
	if _, ok := Split(text); !ok {
		return "A placeholder is written as ${name}. One here is not closed, or has no name."
	}
	found := names(text)
	known := slices.Concat(requires, knows)
	for _, n := range found {
		if !slices.Contains(known, n) {
			return fmt.Sprintf("There is no placeholder ${%s} in this text. Known are: %s.", n, listed(known))
		}
	}
	for _, n := range requires {
		if !slices.Contains(found, n) {
			return fmt.Sprintf("The placeholder ${%s} is missing: the text is no good without it.", n)
		}
	}
	return ""
}

func listed(known []Placeholder) string {
	out := make([]string, len(known))
	for i, n := range known {
		out[i] = "${" + string(n) + "}"
	}
	return strings.Join(out, ", ")
}

// Example values, for a preview and a test: a usual organization, and a code that verifies nothing.
const (
	exampleOrganization = "Blue Harbor IT"
	exampleLink         = "https://verify.example.com/v/"
)

// sample fills a text with example values; organization "" is one of a usual length.
func sample(language string, key Key, own map[string]string, organization string) Text {
	t := Texts{language, map[Key]map[string]string{key: own}}
	return t.Say(key, exampleValues(organization))
}

func exampleValues(organization string) Values {
	if organization == "" {
		organization = exampleOrganization
	}
	return Values{
		Organization: organization, Technician: "Alexandra", Contact: "Robin Example", Code: "482915", Link: exampleLink + strings.Repeat("x", 43),
		Confirm: "#confirm 73", Ticket: 1042, Minutes: 5, Days: 7, Address: "+1•••23", Warning: TheyCalled,
	}
}
