package document

import (
	"context"
	"fmt"
	"io"

	foliodocument "github.com/carlos7ags/folio/document"
	"github.com/carlos7ags/folio/image"
	"github.com/carlos7ags/folio/layout"

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

// PDF writes a document as a tagged PDF, which a screen reader can read, with its fonts in it. It reaches nothing outside: all it holds are
// the text, and the logo that was made anew when it was uploaded.
func (s *Service) PDF(ctx context.Context, w io.Writer, key Key, language, contactID, customerID string) error {
	d, c, err := s.copyFor(ctx, key, language, contactID, customerID)
	if err != nil {
		return err
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return errBusy
	}
	b, err := s.print(ctx, d, c)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}

// print makes the file of a filled document.
func (s *Service) print(ctx context.Context, d Document, c circumstances) (b []byte, err error) {
	var logo []byte
	if c.brand.LogoID != "" && s.Logo != nil {
		if logo, err = s.Logo(ctx, c.brand.LogoID); err != nil {
			s.Log.ErrorContext(ctx, "print a document without its logo", "err", err)
		}
	}
	if b, err = layOut(d, c, logo); err != nil {
		return nil, fmt.Errorf("print the document %s: %w", d.Key, err)
	}
	return b, nil
}

// layOut makes the pages of a document.
func layOut(d Document, c circumstances, logo []byte) ([]byte, error) {
	f, err := loadFaces()
	if err != nil {
		return nil, err
	}
	size := foliodocument.PageSizeA4
	if region := c.organization.Region; region == "US" || region == "CA" || region == "MX" {
		size = foliodocument.PageSizeLetter
	}
	p := printer{faces: f, accent: layout.Gray(0.15)}
	if d.Language.Dir == "rtl" {
		p.direction = layout.DirectionRTL
	}
	if color := c.brand.Accents().Light; color != "" {
		p.accent = layout.Hex(color)
	}
	out := foliodocument.NewDocument(size)
	out.Info = foliodocument.Info{
		Title: d.Title, Author: c.brand.Name, Creator: "Countersign", CreationDate: store.Now(), Language: d.Language.Code,
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
	out.Add(p.head(c, logo))
	out.Add(layout.NewHeadingEmbedded(" ", layout.H1, f.bold).SetRuns(p.runs([]Span{{Text: d.Title}}, titleSize, true)).SetAlign(p.start()))
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

// head is the logo or the name of the organization.
func (p printer) head(c circumstances, logo []byte) layout.Element {
	box := layout.NewDiv().SetBorders(layout.CellBorders{Bottom: layout.SolidBorder(1.5, p.accent)}).
		SetPaddingAll(layout.Padding{Bottom: 8}).SetSpaceAfter(14)
	if len(logo) > 0 {
		if picture, err := image.NewPNG(logo); err == nil {
			width, height := float64(picture.Width()), float64(picture.Height())
			scale := min(logoWidth/width, logoHeight/height)
			return box.Add(layout.NewImageElement(picture).SetSize(width*scale, height*scale).SetAltText(c.brand.Name))
		}
	}
	name := p.runs([]Span{{Text: c.brand.Name}}, 13, true)
	for i := range name {
		name[i] = name[i].WithColor(p.accent)
	}
	return box.Add(p.paragraph(name))
}

func (p printer) element(b Block) layout.Element {
	switch b.Kind {
	case Heading:
		level, size := layout.H2, 14.0
		if b.Level > 2 {
			level, size = layout.H3, 12
		}
		return layout.NewHeadingEmbedded(" ", level, p.bold).SetRuns(p.runs(b.Spans, size, true)).SetAlign(p.start())
	case Points, Steps:
		list := layout.NewListEmbedded(p.regular, textSize).SetLeading(leading).SetDirection(p.direction)
		if b.Kind == Steps {
			list.SetStyle(layout.ListOrdered).SetStart(b.Start)
		}
		for _, item := range b.Items {
			list.AddItemRuns(p.runs(item, textSize, false))
		}
		return layout.NewDiv().Add(list).SetSpaceBefore(paragraphGap).SetSpaceAfter(8)
	case Note:
		border, padding := layout.CellBorders{Left: layout.SolidBorder(3, p.accent)}, layout.Padding{Top: 4, Bottom: 4, Left: 10}
		if p.direction == layout.DirectionRTL {
			border, padding = layout.CellBorders{Right: border.Left}, layout.Padding{Top: 4, Bottom: 4, Right: 10}
		}
		return layout.NewDiv().SetBorders(border).SetPaddingAll(padding).SetSpaceBefore(4).SetSpaceAfter(10).
			Add(p.paragraph(p.runs(b.Spans, textSize, false)).SetLeading(leading))
	case Line:
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

func (p printer) runs(spans []Span, size float64, strong bool) (out []layout.TextRun) {
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
