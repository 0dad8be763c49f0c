package document

import (
	"strings"

	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/wording"
)

// value is what a placeholder stands for.
type value struct {
	text string
	link string // the address behind it; "" for none
}

// values are what all placeholders stand for; one that is not there stands for nothing.
type values map[wording.Placeholder]value

func (v values) texts() map[wording.Placeholder]string {
	out := map[wording.Placeholder]string{}
	for name, x := range v {
		out[name] = x.text
	}
	return out
}

// Document is a text in which every placeholder is filled.
type Document struct {
	Key      Key
	Language wording.Language
	Title    string
	Blocks   []markup.Block
}

// The marks that placeholders are while the markup is read: characters for private use, which no text holds. A value is put in only
// afterwards, so that a name with stars or angle brackets in it stays a name.
const (
	firstMark = '\ue000'
	lastMark  = '\uf8ff'
)

func isMark(r rune) bool { return r >= firstMark && r <= lastMark }

// filled reads a text and puts the values in. A line with a placeholder that stands for nothing is left out.
func filled(t Text, v values) (title string, blocks []markup.Block, err error) {
	var names []wording.Placeholder
	var source strings.Builder
	for line := range strings.Lines(t.Body) {
		pieces, ok := wording.Split(line)
		if !ok || v.lacks(pieces) {
			source.WriteString("\n")
			continue
		}
		for _, p := range pieces {
			if p.Name == "" {
				source.WriteString(p.Words)
				continue
			}
			source.WriteRune(firstMark + rune(len(names)))
			names = append(names, p.Name)
		}
	}
	if blocks, err = markup.Parse(source.String(), isMark); err != nil {
		return "", nil, err
	}
	for i := range blocks {
		blocks[i].Spans = v.spans(blocks[i].Spans, names)
		for k := range blocks[i].Items {
			blocks[i].Items[k] = v.spans(blocks[i].Items[k], names)
		}
	}
	return wording.Fill(t.Title, v.texts()), blocks, nil
}

func (v values) lacks(pieces []wording.Piece) bool {
	for _, p := range pieces {
		if p.Name != "" && v[p.Name].text == "" {
			return true
		}
	}
	return false
}

// spans puts values in the place of marks.
func (v values) spans(in []markup.Span, names []wording.Placeholder) (out []markup.Span) {
	for _, s := range in {
		rest := s.Text
		for {
			at := strings.IndexFunc(rest, isMark)
			if at < 0 {
				break
			}
			before := s
			before.Text = rest[:at]
			mark := []rune(rest[at:])[0]
			filled := s
			if i := int(mark - firstMark); i < len(names) {
				x := v[names[i]]
				filled.Text = x.text
				if s.Link == "" {
					filled.Link = x.link
				}
			}
			out = append(out, before, filled)
			rest = rest[at+len(string(mark)):]
		}
		s.Text = rest
		out = append(out, s)
	}
	return markup.Joined(out)
}

// Plain is the document as a mail says it.
func (d Document) Plain() string {
	var parts []string
	for _, b := range d.Blocks {
		switch b.Kind {
		case markup.Points, markup.Steps:
			var lines []string
			for i, item := range b.Items {
				lines = append(lines, marker(b, i)+" "+plain(item))
			}
			parts = append(parts, strings.Join(lines, "\n"))
		case markup.Line:
		default:
			parts = append(parts, plain(b.Spans))
		}
	}
	return strings.Join(parts, "\n\n")
}

func plain(spans []markup.Span) string {
	var out strings.Builder
	for _, s := range spans {
		switch {
		case s.Break:
			out.WriteString("\n")
		case s.Link != "" && strings.Contains(s.Link, "://") && s.Link != s.Text:
			out.WriteString(s.Text + " (" + s.Link + ")")
		default:
			out.WriteString(s.Text)
		}
	}
	return strings.TrimSpace(out.String())
}
