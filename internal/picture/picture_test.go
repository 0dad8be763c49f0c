package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"runtime"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/picture"
)

func limits() picture.Limits { return picture.Limits{Bytes: 1 << 20, Pixels: 1_000_000, Side: 4096} }

func drawn(width, height int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, width, height))
	for x := range width {
		for y := range height {
			img.Set(x, y, color.NRGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	return img
}

func encoded(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A lossless WebP of 2 × 2 pixels.
const tinyWebP = "RIFF\x1c\x00\x00\x00WEBPVP8L\x0f\x00\x00\x00\x2f\x01\x40\x00\x00\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01\x00"

func TestPicturesBecomePNG(t *testing.T) {
	for name, data := range map[string][]byte{
		"PNG": encoded(t, "png", drawn(60, 40)), "JPEG": encoded(t, "jpeg", drawn(60, 40)), "GIF": encoded(t, "gif", drawn(60, 40)), "WebP": []byte(tinyWebP),
	} {
		img, err := picture.Decode(bytes.NewReader(data), limits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		out, err := picture.PNG(picture.Square(img, 32))
		if err != nil {
			t.Fatal(err)
		}
		again, err := png.Decode(bytes.NewReader(out))
		if err != nil || again.Bounds().Dx() != 32 || again.Bounds().Dy() != 32 {
			t.Errorf("%s: %v, %v", name, again, err)
		}
	}
}

func TestFitKeepsTheShape(t *testing.T) {
	for name, tc := range map[string]struct{ width, height, wantWidth, wantHeight int }{
		"wide":  {1280, 160, 640, 80},
		"high":  {100, 320, 50, 160},
		"small": {30, 20, 30, 20},
		"line":  {1, 4096, 1, 160},
	} {
		b := picture.Fit(drawn(tc.width, tc.height), 640, 160).Bounds()
		if b.Dx() != tc.wantWidth || b.Dy() != tc.wantHeight {
			t.Errorf("%s: %v", name, b)
		}
	}
}

// pngHeader is a PNG that says how large it is, with nothing behind that.
func pngHeader(width, height uint32) []byte {
	b := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	b = binary.BigEndian.AppendUint32(b, width)
	b = binary.BigEndian.AppendUint32(b, height)
	b = append(b, 8, 6, 0, 0, 0)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[12:]))
}

// Attack 49: what is no picture, or more than one, does not come in; and saying that one is huge costs nothing.
func TestAttack49PicturesThatAreNone(t *testing.T) {
	good := encoded(t, "png", drawn(60, 40))
	// The extended header says 2 × 2, the frame inside is larger.
	lying := "RIFF\x2e\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00VP8L\x0f\x00\x00\x00\x2f\xff\xff\xff\x0f\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01\x00"
	for name, tc := range map[string]struct {
		data []byte
		want string
	}{
		"SVG":               {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "picture.not_a_picture"},
		"SVG with a prolog": {[]byte(`<?xml version="1.0"?><svg onload="alert(1)"/>`), "picture.not_a_picture"},
		"HTML":              {[]byte("<!doctype html><script>alert(1)</script>"), "picture.not_a_picture"},
		"nothing":           {nil, "picture.not_a_picture"},
		"BMP":               {[]byte("BM\x00\x00\x00\x00"), "picture.not_a_picture"},
		"HTML behind GIF":   {[]byte("GIF89a/*<script>*/=1;alert(1)//"), "picture.too_many_pixels"},
		"cut off":           {good[:len(good)/2], "picture.broken"},
		"only a header":     {pngHeader(20, 20), "picture.broken"},
		"huge":              {pngHeader(60_000, 60_000), "picture.too_many_pixels"},
		"a long line":       {pngHeader(1, 1_000_000), "picture.too_many_pixels"},
		"no width":          {pngHeader(0, 10), "picture.broken"},
		"a lying WebP":      {[]byte(lying), "picture.broken"},
		"too many bytes":    {append(encoded(t, "png", drawn(60, 40)), make([]byte, 1<<20)...), "picture.too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := picture.Decode(bytes.NewReader(tc.data), limits())
			runtime.ReadMemStats(&after)
			if got := fault.CodeOf(err); got != tc.want {
				t.Errorf("%v, want %s", err, tc.want)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
				t.Errorf("%d MB for a picture that was refused", used>>20)
			}
		})
	}
}

// A file that is a picture and something else at once comes out as the picture alone.
func TestAttack49NothingHidesInAPicture(t *testing.T) {
	const payload = "<script>alert(document.domain)</script>"
	for name, data := range map[string][]byte{
		"behind the end": append(encoded(t, "png", drawn(60, 40)), payload...),
		"in a comment":   bytes.Replace(encoded(t, "jpeg", drawn(60, 40)), []byte("\xff\xd8"), []byte("\xff\xd8\xff\xfe\x00\x29"+payload), 1),
	} {
		img, err := picture.Decode(bytes.NewReader(data), limits())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out, err := picture.PNG(picture.Fit(img, 640, 160))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "script") {
			t.Errorf("%s: it is still there", name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(f, "png", drawn(6, 4)))
	f.Add(encoded(f, "jpeg", drawn(6, 4)))
	f.Add(encoded(f, "gif", drawn(6, 4)))
	f.Add([]byte(tinyWebP))
	f.Fuzz(func(t *testing.T, data []byte) {
		img, err := picture.Decode(bytes.NewReader(data), limits())
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Error(err)
			}
			return
		}
		if b := img.Bounds(); b.Dx()*b.Dy() > limits().Pixels {
			t.Errorf("%v is more than allowed", b)
		}
	})
}
