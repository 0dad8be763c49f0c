package pdf

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/carlos7ags/folio/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"

	"countersign.dev/countersign/internal/document/markup"
)

// fontFiles are the letters that the Go fonts lack: Noto Sans Arabic, under the SIL Open Font License.
//
//go:embed fonts/*.woff
var fontFiles embed.FS

// faces are the fonts of one file. They remember which letters the file needs, so that each file has its own.
type faces struct {
	regular, bold, italic, boldItalic, mono *font.EmbeddedFont
	arabic, arabicBold                      *font.EmbeddedFont
}

func loadFaces() (f faces, err error) {
	arabic, err := fontFiles.ReadFile("fonts/noto-sans-arabic.woff")
	if err != nil {
		return f, fmt.Errorf("read a font: %w", err)
	}
	arabicBold, err := fontFiles.ReadFile("fonts/noto-sans-arabic-bold.woff")
	if err != nil {
		return f, fmt.Errorf("read a font: %w", err)
	}
	for to, b := range map[**font.EmbeddedFont][]byte{
		&f.regular: goregular.TTF, &f.bold: gobold.TTF, &f.italic: goitalic.TTF, &f.boldItalic: gobolditalic.TTF, &f.mono: gomono.TTF,
		&f.arabic: arabic, &f.arabicBold: arabicBold,
	} {
		face, err := font.ParseFont(b)
		if err != nil {
			return f, fmt.Errorf("read a font: %w", err)
		}
		*to = font.NewEmbeddedFont(face)
	}
	return f, nil
}

// of is the face of a span.
func (f faces) of(s markup.Span, strong bool) *font.EmbeddedFont {
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

// Shows says whether a file can show a letter in every look; a question mark stands for one that it cannot.
func Shows(r rune) (bool, error) {
	f, err := loadFaces()
	if err != nil {
		return false, err
	}
	for _, look := range []markup.Span{{}, {Strong: true}, {Emphasis: true}, {Strong: true, Emphasis: true}} {
		look.Text = string(r)
		for _, part := range f.split(look, false) {
			if part.text != look.Text {
				return false, nil
			}
		}
	}
	return true, nil
}

// part is a piece of a span whose letters are all in one face.
type part struct {
	text string
	face *font.EmbeddedFont
}

// arabicLetters are what the Arabic face is taken for, with commas and question marks; vowels are the small signs above and below letters. The
// library does not place those, and words are read without them everywhere but in schoolbooks and scripture: a file leaves them out.
var (
	arabicLetters = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x0600, Hi: 0x06ff, Stride: 1}, {Lo: 0x0750, Hi: 0x077f, Stride: 1}, {Lo: 0xfb50, Hi: 0xfdff, Stride: 1}}}
	vowels        = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x064b, Hi: 0x065f, Stride: 1}, {Lo: 0x0670, Hi: 0x0670, Stride: 1}}}
)

// split gives each letter of a span the face that has it. A question mark stands for one that no face has, so that nothing vanishes without a
// trace. Arabic has no italic: emphasis is left to the words.
func (f faces) split(s markup.Span, strong bool) (out []part) {
	usual, arabic := f.of(s, strong), f.arabic
	if s.Strong || strong {
		arabic = f.arabicBold
	}
	for _, r := range s.Text {
		face := usual
		switch {
		case unicode.Is(vowels, r):
			continue
		case unicode.Is(arabicLetters, r):
			if arabic.Face().GlyphIndex(r) != 0 {
				face = arabic
			}
		case unicode.IsSpace(r) && len(out) > 0:
			face = out[len(out)-1].face // words stay in one run
		}
		if r != '\n' && face.Face().GlyphIndex(r) == 0 {
			if face = usual; face.Face().GlyphIndex(r) == 0 {
				r = '?'
			}
		}
		if last := len(out) - 1; last >= 0 && out[last].face == face {
			out[last].text += string(r)
		} else {
			out = append(out, part{string(r), face})
		}
	}
	return out
}

// apart sets a space between a Latin word or a number and the mark behind it, where the text around runs from right to left: the library places
// whole words, and would leave the mark on the wrong side of one.
func apart(spans []markup.Span) []markup.Span {
	out := slices.Clone(spans)
	before := ' '
	for i, s := range out {
		var b strings.Builder
		for at, r := range s.Text {
			next, _ := utf8.DecodeRuneInString(s.Text[at+utf8.RuneLen(r):])
			ends := next == utf8.RuneError || unicode.IsSpace(next)
			latin := (unicode.IsLetter(before) || unicode.IsDigit(before)) && !unicode.Is(arabicLetters, before)
			if strings.ContainsRune(".,:;!", r) && latin && ends {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			before = r
		}
		out[i].Text = b.String()
	}
	return out
}
