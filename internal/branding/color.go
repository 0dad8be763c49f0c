package branding

import (
	"fmt"
	"math"
	"strconv"
)

// readable is the contrast that WCAG 2.2 AA asks of text.
const readable = 4.5

// The surfaces that an accent has to be readable on: of each scheme the one nearest to the accent.
const (
	lightest = "#efece5"
	darkest  = "#252a35"
	ink      = "#11141b"
	white    = "#ffffff"
)

// Accents are what is made of a color so that it can be read wherever it stands: as text on the light and the dark scheme's surfaces, and
// below text. A color that is readable stays as it is.
type Accents struct {
	Light   string // on light surfaces
	OnLight string // text on Light
	Dark    string // on dark surfaces
	OnDark  string // text on Dark
}

// AccentsOf returns the accents of a color as "#rrggbb", and none for "".
func AccentsOf(color string) (a Accents) {
	c, ok := parse(color)
	if !ok {
		return a
	}
	light, dark := toward(c, rgb{0, 0, 0}, must(lightest)), toward(c, rgb{255, 255, 255}, must(darkest))
	return Accents{light.String(), textOn(light), dark.String(), textOn(dark)}
}

type rgb [3]float64

func parse(color string) (c rgb, ok bool) {
	if len(color) != 7 || color[0] != '#' {
		return c, false
	}
	n, err := strconv.ParseUint(color[1:], 16, 24)
	return rgb{float64(n >> 16), float64(n >> 8 & 0xff), float64(n & 0xff)}, err == nil
}

func must(color string) rgb {
	c, _ := parse(color) // one of the constants above
	return c
}

func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", uint8(math.Round(c[0])), uint8(math.Round(c[1])), uint8(math.Round(c[2])))
}

// toward mixes as little of another color into c as makes it readable on a surface.
func toward(c, end, surface rgb) rgb {
	const steps = 100
	for i := range steps + 1 {
		share := float64(i) / steps
		var mixed rgb
		for k := range mixed {
			mixed[k] = math.Round(c[k] + (end[k]-c[k])*share)
		}
		if contrast(mixed, surface) >= readable {
			return mixed
		}
	}
	return end
}

// textOn is ink or white, whichever can be read better.
func textOn(c rgb) string {
	if contrast(c, must(ink)) > contrast(c, must(white)) {
		return ink
	}
	return white
}

// contrast is the ratio that WCAG 2.2 defines.
func contrast(a, b rgb) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(c rgb) float64 {
	linear := func(v float64) float64 {
		if v /= 255; v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}
