// Package markup reads the small part of CommonMark that documents for clients are written in.
package markup

import (
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Kind says what a block is.
type Kind string

// The kinds.
const (
	Heading   Kind = "heading"
	Paragraph Kind = "paragraph"
	Points    Kind = "points" // a list
	Steps     Kind = "steps"  // a numbered list
	Note      Kind = "note"   // set off from the rest
	Line      Kind = "line"   // across the page
)

// Block is a piece of a document, from top to bottom.
type Block struct {
	Kind  Kind
	Level int      // of a heading: 2 or 3, since the title is the first
	Spans []Span   // of a heading, a paragraph or a note
	Items [][]Span // of a list
	Start int      // of a numbered list
}

// Span is a run of text of one look. It is text and nothing else: whatever shows it has to escape it.
type Span struct {
	Text     string
	Strong   bool
	Emphasis bool
	Code     bool   // something to type as it is
	Link     string // a web, mail or phone address
	Break    bool   // a new line instead of text
}

// Href is where a span leads. html/template knows web and mail addresses as harmless, but not those of phones. All three kinds were checked when
// the text was read (parser.address), or were made of a checked number.
func (s Span) Href() template.URL { return template.URL(s.Link) } //nolint:gosec // see above

// wrong says what in a text cannot be shown, and where.
type wrong struct {
	line    int
	message string
}

func (w wrong) Error() string { return fmt.Sprintf("Line %d: %s", w.line, w.message) }

// Parse reads markup, a small part of CommonMark: headings, paragraphs, lists, quotes, lines, bold, italic, code and links. What it does not
// know it refuses instead of passing it on, naming the line; HTML therefore has no way through. Reserved letters stand in no address.
func Parse(body string, reserved func(rune) bool) ([]Block, error) {
	p := parser{source: []byte(body), reserved: reserved}
	root := goldmark.DefaultParser().Parse(text.NewReader(p.source))
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		if err := p.block(n, false); err != nil {
			return nil, err
		}
	}
	return p.blocks, nil
}

type parser struct {
	source   []byte
	reserved func(rune) bool
	blocks   []Block
	line     int // that was read last
}

func (p *parser) refuse(message string) error { return wrong{max(p.line, 1), message} }

// at remembers the line that a block begins in.
func (p *parser) at(n ast.Node) {
	if n.Type() == ast.TypeInline {
		return
	}
	if lines := n.Lines(); lines != nil && lines.Len() > 0 {
		p.line = 1 + strings.Count(string(p.source[:lines.At(0).Start]), "\n")
	}
}

func (p *parser) block(n ast.Node, quoted bool) error {
	p.at(n)
	switch n := n.(type) {
	case *ast.Heading:
		if n.Level > 3 {
			return p.refuse("Headings are written with one to three # signs.")
		}
		return p.add(Block{Kind: Heading, Level: max(2, n.Level)}, n)
	case *ast.Paragraph, *ast.TextBlock:
		kind := Paragraph
		if quoted {
			kind = Note
		}
		return p.add(Block{Kind: kind}, n)
	case *ast.Blockquote:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if c.Kind() != ast.KindParagraph {
				p.at(c)
				return p.refuse("A quote (>) holds paragraphs only.")
			}
			if err := p.block(c, true); err != nil {
				return err
			}
		}
		return nil
	case *ast.List:
		return p.list(n)
	case *ast.ThematicBreak:
		p.blocks = append(p.blocks, Block{Kind: Line})
		return nil
	case *ast.LinkReferenceDefinition:
		return p.refuse("Write a link as [words](https://www.example.com).")
	case *ast.HTMLBlock:
		return p.refuse("HTML is not possible here. Write text; ** makes it bold, # a heading, - a list.")
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return p.refuse("Blocks of code are not possible here. Begin the line without spaces.")
	}
	return p.refuse("This cannot be shown. Write text, headings, lists and links.")
}

func (p *parser) add(b Block, n ast.Node) (err error) {
	if b.Spans, err = p.spans(n, Span{}); err == nil && len(b.Spans) > 0 {
		p.blocks = append(p.blocks, b)
	}
	return err
}

func (p *parser) list(n *ast.List) error {
	b := Block{Kind: Points}
	if n.IsOrdered() {
		b.Kind, b.Start = Steps, n.Start
	}
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		var spans []Span
		for c := item.FirstChild(); c != nil; c = c.NextSibling() {
			p.at(c)
			if k := c.Kind(); k != ast.KindTextBlock && k != ast.KindParagraph {
				return p.refuse("A point of a list holds text only, and no other list.")
			}
			found, err := p.spans(c, Span{})
			if err != nil {
				return err
			}
			if len(spans) > 0 {
				spans = append(spans, Span{Break: true})
			}
			spans = append(spans, found...)
		}
		if len(spans) > 0 {
			b.Items = append(b.Items, spans)
		}
	}
	if len(b.Items) > 0 {
		p.blocks = append(p.blocks, b)
	}
	return nil
}

// spans reads what is inside a block, in the look of what it is in.
func (p *parser) spans(n ast.Node, look Span) (out []Span, err error) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		var found []Span
		switch c := c.(type) {
		case *ast.Text:
			found = p.text(c, look)
		case *ast.CodeSpan:
			inner := look
			inner.Code = true
			found, err = p.spans(c, inner)
		case *ast.Emphasis:
			inner := look
			inner.Emphasis, inner.Strong = look.Emphasis || c.Level == 1, look.Strong || c.Level > 1
			found, err = p.spans(c, inner)
		case *ast.Link:
			inner := look
			if inner.Link, err = p.address(string(c.Destination)); err == nil {
				found, err = p.spans(c, inner)
			}
		case *ast.AutoLink:
			inner := look
			inner.Text = string(c.Label(p.source))
			address := string(c.URL(p.source))
			if c.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(address, "mailto:") {
				address = "mailto:" + address
			}
			inner.Link, err = p.address(address)
			found = []Span{inner}
		case *ast.RawHTML:
			err = p.refuse("HTML is not possible here. Write text; ** makes it bold, # a heading, - a list. A single < is written as \\<.")
		case *ast.Image:
			err = p.refuse("Pictures are not possible here. The logo is set in the branding.")
		default:
			err = p.refuse("This cannot be shown. Write text, headings, lists and links.")
		}
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return Joined(out), nil
}

func (p *parser) text(t *ast.Text, look Span) []Span {
	b := t.Segment.Value(p.source)
	if !look.Code {
		b = util.UnescapePunctuations(slices.Clone(b))
	}
	look.Text = string(b)
	if t.SoftLineBreak() {
		look.Text += " "
	}
	if t.HardLineBreak() {
		return []Span{look, {Break: true}}
	}
	return []Span{look}
}

// address lets the addresses pass that a document may lead to. A link that runs a program or fills in a form of ours is none of them.
func (p *parser) address(s string) (string, error) {
	u, err := url.Parse(s)
	if err == nil && u.User == nil && !strings.ContainsFunc(s, p.reserved) {
		switch {
		case (u.Scheme == "https" || u.Scheme == "http") && u.Host != "", (u.Scheme == "mailto" || u.Scheme == "tel") && u.Opaque != "":
			return s, nil
		}
	}
	return "", p.refuse("A link leads to an address that begins with https://, mailto: or tel:, without a placeholder in it. A placeholder such as ${website} becomes a link by itself.")
}

// Joined makes one span of neighbors that look the same.
func Joined(in []Span) (out []Span) {
	for _, s := range in {
		if last := len(out) - 1; last >= 0 && !s.Break && !out[last].Break {
			same := out[last]
			if same.Text = s.Text; same == s {
				out[last].Text += s.Text
				continue
			}
		}
		if s.Break || s.Text != "" {
			out = append(out, s)
		}
	}
	return out
}
