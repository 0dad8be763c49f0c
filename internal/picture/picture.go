// Package picture turns whatever image somebody uploads into a small PNG of our own making, which holds pixels and nothing else.
//
// What was uploaded is never sent to anybody: not its metadata (where a photo was taken), not what hides behind its last pixel, and no
// format that a browser would run, such as SVG.
package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"countersign.dev/countersign/internal/fault"
)

var (
	errLarge  = fault.New(fault.TooLarge, "picture.too_large", "This file is too large for a picture here. Make it smaller and try again.")
	errPixels = fault.New(fault.Invalid, "picture.too_many_pixels", "This picture has too many pixels. Make it smaller and try again.")
	errKind   = fault.New(fault.Invalid, "picture.not_a_picture", "This is not a picture in PNG, JPEG, GIF or WebP.")
	errBroken = fault.New(fault.Invalid, "picture.broken", "This picture is damaged or incomplete.")
)

// Limits bound what is decoded; they hold before the first pixel is.
type Limits struct {
	Bytes  int64 // of the file
	Pixels int   // width times height
	Side   int   // width, and height: scaling takes memory for each line
}

// format is one way to write pixels down; magic tells it from all others, whatever the file is called or said to be.
type format struct {
	magic  func(head []byte) bool
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

func formats() []format {
	starts := func(magic string) func([]byte) bool {
		return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
	}
	return []format{
		{starts("\x89PNG\r\n\x1a\n"), png.DecodeConfig, png.Decode},
		{starts("\xff\xd8\xff"), jpeg.DecodeConfig, jpeg.Decode},
		{starts("GIF8"), gif.DecodeConfig, gif.Decode}, // the first frame
		{func(head []byte) bool {
			return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
		}, webp.DecodeConfig, webp.Decode},
	}
}

// Decode reads one picture. Nothing is allocated for pixels before the picture has said how many there are and that is within the limits.
func Decode(r io.Reader, l Limits) (image.Image, error) {
	data, err := io.ReadAll(io.LimitReader(r, l.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("read a picture: %w", err)
	}
	if int64(len(data)) > l.Bytes {
		return nil, errLarge
	}
	for _, f := range formats() {
		if f.magic(data) {
			return decode(data, f, l)
		}
	}
	return nil, errKind
}

func decode(data []byte, f format, l Limits) (image.Image, error) {
	c, err := f.config(bytes.NewReader(data))
	if err != nil {
		return nil, errBroken.Because(err)
	}
	if c.Width <= 0 || c.Height <= 0 {
		return nil, errBroken
	}
	if c.Width > l.Side || c.Height > l.Side || c.Width > l.Pixels/c.Height {
		return nil, errPixels
	}
	img, err := f.decode(bytes.NewReader(data))
	if err != nil {
		return nil, errBroken.Because(err)
	}
	if b := img.Bounds(); b.Dx() > c.Width || b.Dy() > c.Height || b.Empty() {
		return nil, errBroken.Because(errors.New("it is larger than it said"))
	}
	return img, nil
}

// Square cuts the middle of a picture out and scales it to side × side.
func Square(img image.Image, side int) image.Image {
	b := img.Bounds()
	edge := min(b.Dx(), b.Dy())
	x, y := b.Min.X+(b.Dx()-edge)/2, b.Min.Y+(b.Dy()-edge)/2
	return scaled(img, image.Rect(x, y, x+edge, y+edge), side, side)
}

// Fit scales a picture down so that it fits into width × height; one that does already keeps its size.
func Fit(img image.Image, width, height int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if w > width {
		w, h = width, max(1, h*width/w)
	}
	if h > height {
		w, h = max(1, w*height/h), height
	}
	return scaled(img, b, w, h)
}

func scaled(img image.Image, from image.Rectangle, width, height int) image.Image {
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.CatmullRom.Scale(out, out.Bounds(), img, from, draw.Src, nil)
	return out
}

// PNG writes a picture down.
func PNG(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, img); err != nil {
		return nil, fmt.Errorf("write a picture: %w", err)
	}
	return b.Bytes(), nil
}
