package document

import (
	"context"
	"fmt"
	"io"
	"strings"

	foliodocument "github.com/carlos7ags/folio/document"
	"github.com/carlos7ags/folio/font"
	"github.com/carlos7ags/folio/image"
	"github.com/carlos7ags/folio/layout"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"

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
	var logo []byte
	if c.brand.LogoID != "" && s.Logo != nil {
		if logo, err = s.Logo(ctx, c.brand.LogoID); err != nil {
			s.Log.ErrorContext(ctx, "print a document without its logo", "err", err)
		}
	}
	b, err := layOut(d, c, logo)
	if err != nil {
		return fmt.Errorf("print the document %s: %w", key, err)
	}
	_, err = w.Write(b)
	return err
}

// faces are the fonts of one file. They remember which letters the file needs, so that each file has its own.
type faces struct {
	regular, bold, italic, boldItalic, mono *font.EmbeddedFont
}

func loadFaces() (f faces, err error) {
	for to, ttf := range map[**font.EmbeddedFont][]byte{
		&f.regular: goregular.TTF, &f.bold: gobold.TTF, &f.italic: goitalic.TTF, &f.boldItalic: gobolditalic.TTF, &f.mono: gomono.TTF,
	} {
		face, err := font.ParseTTF(ttf)
		if err != nil {
			return f, fmt.Errorf("read a font: %w", err)
		}
		*to = font.NewEmbeddedFont(face)
	}
	return f, nil
}

// of is the face of a span.
func (f faces) of(s Span, strong bool) *font.EmbeddedFont {
	switch {
	case s.Code:
		return f.mono
	case (s.Strong || strong) && s.Emphasis:
		return f.boldItalic
	case s.Strong || strong:
		return f.bold
	case s.Emphasis:
		return f.italic
	}
	return f.regular
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
	out.Add(layout.NewHeadingEmbedded(" ", layout.H1, f.bold).SetRuns([]layout.TextRun{layout.NewRunEmbedded(p.shown(d.Title, f.bold), f.bold, titleSize)}))
	for _, b := range d.Blocks {
		out.Add(p.element(b))
	}
	return out.ToBytes()
}

type printer struct {
	faces
	accent layout.Color
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
	return box.Add(layout.NewStyledParagraph(layout.NewRunEmbedded(p.shown(c.brand.Name, p.bold), p.bold, 13).WithColor(p.accent)))
}

func (p printer) element(b Block) layout.Element {
	switch b.Kind {
	case Heading:
		level, size := layout.H2, 14.0
		if b.Level > 2 {
			level, size = layout.H3, 12
		}
		return layout.NewHeadingEmbedded(" ", level, p.bold).SetRuns(p.runs(b.Spans, size, true))
	case Points, Steps:
		list := layout.NewListEmbedded(p.regular, textSize).SetLeading(leading)
		if b.Kind == Steps {
			list.SetStyle(layout.ListOrdered).SetStart(b.Start)
		}
		for _, item := range b.Items {
			list.AddItemRuns(p.runs(item, textSize, false))
		}
		return layout.NewDiv().Add(list).SetSpaceBefore(paragraphGap).SetSpaceAfter(8)
	case Note:
		return layout.NewDiv().SetBorders(layout.CellBorders{Left: layout.SolidBorder(3, p.accent)}).
			SetPaddingAll(layout.Padding{Top: 4, Bottom: 4, Left: 10}).SetSpaceBefore(4).SetSpaceAfter(10).
			Add(layout.NewStyledParagraph(p.runs(b.Spans, textSize, false)...).SetLeading(leading))
	case Line:
		return layout.NewLineSeparator().SetSpaceBefore(6).SetSpaceAfter(10)
	}
	return layout.NewStyledParagraph(p.runs(b.Spans, textSize, false)...).SetLeading(leading).SetSpaceBefore(paragraphGap).SetSpaceAfter(8)
}

func (p printer) runs(spans []Span, size float64, strong bool) (out []layout.TextRun) {
	for _, s := range spans {
		if s.Break {
			out = append(out, layout.TextRun{IsLineBreak: true})
			continue
		}
		face := p.of(s, strong)
		run := layout.NewRunEmbedded(p.shown(s.Text, face), face, size)
		if s.Link != "" {
			run = run.WithLinkURI(s.Link).WithColor(p.accent).WithUnderline()
		}
		out = append(out, run)
	}
	return out
}

// shown leaves a question mark where the font has no letter, so that nothing vanishes without a trace.
func (p printer) shown(text string, in *font.EmbeddedFont) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && in.Face().GlyphIndex(r) == 0 {
			return '?'
		}
		return r
	}, text)
}
