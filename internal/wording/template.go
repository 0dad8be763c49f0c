package wording

import (
	"strings"
)

// Placeholder is a name in a text that stands for something: ${code}.
type Placeholder string

// The placeholders (VER-8).
const (
	Organization Placeholder = "organization"
	Technician   Placeholder = "technician"
	Contact      Placeholder = "contact"
	Code         Placeholder = "code"
	Link         Placeholder = "link"
	Ticket       Placeholder = "ticket"  // a remark such as "(ticket #1042)"
	Minutes      Placeholder = "minutes" // with the word, such as "5 minutes"
	Wrong        Placeholder = "warning" // of the wrong direction of a call
	Confirm      Placeholder = "confirm" // what to answer
	Days         Placeholder = "days"    // with the word, such as "3 days"
	Address      Placeholder = "address" // a number or mail address, masked
	Number       Placeholder = "number"  // in phrases alone
)

// Piece of a text: words, or the name of a placeholder.
type Piece struct {
	Words string
	Name  Placeholder
}

// Split cuts a text at its placeholders. ok is false if one is not closed or has an empty name.
func Split(text string) (pieces []Piece, ok bool) {
	for text != "" {
		words, rest, found := strings.Cut(text, "${")
		if words != "" {
			pieces = append(pieces, Piece{Words: words})
		}
		if !found {
			return pieces, true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.ContainsAny(name, "${ \n\t") {
			return pieces, false
		}
		pieces = append(pieces, Piece{Name: Placeholder(name)})
		text = after
	}
	return pieces, true
}

// Fill puts values where the placeholders of a text are, and looks at no value twice. An empty value takes the space before it away.
func Fill(text string, values map[Placeholder]string) string {
	pieces, _ := Split(text)
	var out strings.Builder
	for i, p := range pieces {
		switch {
		case p.Name != "":
			out.WriteString(values[p.Name])
		case i+1 < len(pieces) && pieces[i+1].Name != "" && values[pieces[i+1].Name] == "":
			out.WriteString(strings.TrimSuffix(p.Words, " "))
		default:
			out.WriteString(p.Words)
		}
	}
	return out.String()
}

// names are the placeholders of a text, as often as they stand there.
func names(text string) (found []Placeholder) {
	pieces, _ := Split(text)
	for _, p := range pieces {
		if p.Name != "" {
			found = append(found, p.Name)
		}
	}
	return found
}
