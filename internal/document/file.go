package document

import (
	"context"
	"fmt"
	"io"

	"countersign.dev/countersign/internal/document/pdf"
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
	region := c.organization.Region
	b, err = pdf.Print(pdf.Document{
		Title: d.Title, Blocks: d.Blocks, Language: d.Language.Code, RTL: d.Language.Dir == "rtl", Letter: region == "US" || region == "CA" || region == "MX",
		Author: c.brand.Name, Accent: c.brand.Accents().Light, Logo: logo,
	})
	if err != nil {
		return nil, fmt.Errorf("print the document %s: %w", d.Key, err)
	}
	return b, nil
}
