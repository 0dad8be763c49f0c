// Package pdf makes the file of a document: a tagged PDF, which a screen reader can read, with its fonts in it. It reaches nothing outside.
package pdf

import (
	"fmt"

	foliodocument "github.com/carlos7ags/folio/document"
	"github.com/carlos7ags/folio/image"
	"github.com/carlos7ags/folio/layout"

	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/store"
)

// Measures of a printed page, in points.
const (
	textSize     = 11
	titleSize    = 20
	smallSize    = 9
	margin       = 56
	leading      = 1.35 // of the size of the text
	paragraphGap = 4    // besides what the one above leaves
	logoWidth    = 180
	logoHeight   = 45
)

// Document is what is printed.
type Document struct {
	Title    string
	Blocks   []markup.Block
	Language string // BCP 47
	RTL      bool   // the language runs from right to left
	Letter   bool   // on the paper of North America, instead of A4

	Author string
	Accent string // #rrggbb; "" for a dark gray
	Logo   []byte // PNG; nil for the author's name instead
}

// Print makes the pages of a document.
func Print(d Document) ([]byte, error) {
	f, err := loadFaces()
	if err != nil {
		return nil, err
	}
	size := foliodocument.PageSizeA4
	if d.Letter {
		size = foliodocument.PageSizeLetter
	}
	p := printer{faces: f, accent: layout.Gray(0.15)}
	if d.RTL {
		p.direction = layout.DirectionRTL
	}
	if d.Accent != "" {
		p.accent = layout.Hex(d.Accent)
	}
	out := foliodocument.NewDocument(size)
	out.Info = foliodocument.Info{
		Title: d.Title, Author: d.Author, Creator: "Countersign", CreationDate: store.Now(), Language: d.Language,
	}
	out.SetTagged(true)
	out.SetAutoBookmarks(true)
	out.SetMargins(layout.Margins{Top: margin, Right: margin, Bottom: margin, Left: margin})
	out.SetFooter(func(at foliodocument.PageContext, page *foliodocument.Page) {
		number := fmt.Sprintf("%d / %d", at.PageIndex+1, at.TotalPages)
		stream := page.ContentStream()
		stream.BeginMarkedContent("Artifact") // no part of what is read out
		page.AddTextEmbedded(number, f.regular, smallSize, size.Width-margin-f.regular.MeasureString(number, smallSize), margin/2)
		stream.EndMarkedContent()
	})
	out.Add(p.head(d))
	out.Add(layout.NewHeadingEmbedded(" ", layout.H1, f.bold).SetRuns(p.runs([]markup.Span{{Text: d.Title}}, titleSize, true)).SetAlign(p.start()))
	for _, b := range d.Blocks {
		out.Add(p.element(b))
	}
	return out.ToBytes()
}

type printer struct {
	faces
	accent    layout.Color
	direction layout.Direction // auto unless the language runs from right to left
}

// head is the logo or the name of whose document it is.
func (p printer) head(d Document) layout.Element {
	box := layout.NewDiv().SetBorders(layout.CellBorders{Bottom: layout.SolidBorder(1.5, p.accent)}).
		SetPaddingAll(layout.Padding{Bottom: 8}).SetSpaceAfter(14)
	if len(d.Logo) > 0 {
		if picture, err := image.NewPNG(d.Logo); err == nil {
			width, height := float64(picture.Width()), float64(picture.Height())
			scale := min(logoWidth/width, logoHeight/height)
			return box.Add(layout.NewImageElement(picture).SetSize(width*scale, height*scale).SetAltText(d.Author))
		}
	}
	name := p.runs([]markup.Span{{Text: d.Author}}, 13, true)
	for i := range name {
		name[i] = name[i].WithColor(p.accent)
	}
	return box.Add(p.paragraph(name))
}

func (p printer) element(b markup.Block) layout.Element {
	switch b.Kind {
	case markup.Heading:
		level, size := layout.H2, 14.0
		if b.Level > 2 {
			level, size = layout.H3, 12
		}
		return layout.NewHeadingEmbedded(" ", level, p.bold).SetRuns(p.runs(b.Spans, size, true)).SetAlign(p.start())
	case markup.Points, markup.Steps:
		list := layout.NewListEmbedded(p.regular, textSize).SetLeading(leading).SetDirection(p.direction)
		if b.Kind == markup.Steps {
			list.SetStyle(layout.ListOrdered).SetStart(b.Start)
		}
		for _, item := range b.Items {
			list.AddItemRuns(p.runs(item, textSize, false))
		}
		return layout.NewDiv().Add(list).SetSpaceBefore(paragraphGap).SetSpaceAfter(8)
	case markup.Note:
		border, padding := layout.CellBorders{Left: layout.SolidBorder(3, p.accent)}, layout.Padding{Top: 4, Bottom: 4, Left: 10}
		if p.direction == layout.DirectionRTL {
			border, padding = layout.CellBorders{Right: border.Left}, layout.Padding{Top: 4, Bottom: 4, Right: 10}
		}
		return layout.NewDiv().SetBorders(border).SetPaddingAll(padding).SetSpaceBefore(4).SetSpaceAfter(10).
			Add(p.paragraph(p.runs(b.Spans, textSize, false)).SetLeading(leading))
	case markup.Line:
		return layout.NewLineSeparator().SetSpaceBefore(6).SetSpaceAfter(10)
	}
	return p.paragraph(p.runs(b.Spans, textSize, false)).SetLeading(leading).SetSpaceBefore(paragraphGap).SetSpaceAfter(8)
}

// start is the side on which lines begin.
func (p printer) start() layout.Align {
	if p.direction == layout.DirectionRTL {
		return layout.AlignRight
	}
	return layout.AlignLeft
}

func (p printer) paragraph(runs []layout.TextRun) *layout.Paragraph {
	return layout.NewStyledParagraph(runs...).SetDirection(p.direction)
}

func (p printer) runs(spans []markup.Span, size float64, strong bool) (out []layout.TextRun) {
	if p.direction == layout.DirectionRTL {
		spans = apart(spans)
	}
	for _, s := range spans {
		if s.Break {
			out = append(out, layout.TextRun{IsLineBreak: true})
			continue
		}
		for _, part := range p.split(s, strong) {
			run := layout.NewRunEmbedded(part.text, part.face, size)
			if s.Link != "" {
				run = run.WithLinkURI(s.Link).WithColor(p.accent).WithUnderline()
			}
			out = append(out, run)
		}
	}
	return out
}
