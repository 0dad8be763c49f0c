package branding_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type world struct {
	*organizationtest.World
	*branding.Service
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := organizationtest.New(t, db, "Blue Harbor IT")
		fn(t, &world{o, branding.New(db, o.Guard, o.Audit, o.Events)})
	})
}

func (w *world) set(ctx context.Context, color, name string) (branding.Settings, error) {
	return w.Update(ctx, func(branding.Settings) (string, string, error) { return color, name, nil })
}

func logo(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestABrandIsSetAndRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		of := func() branding.Brand {
			b, err := branding.Of(t.Context(), w.DB.Read(), w.Org.ID)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		if b := of(); b != (branding.Brand{Name: "Blue Harbor IT"}) || b.LogoPath() != "" || b.Accents() != (branding.Accents{}) {
			t.Errorf("before: %+v", b)
		}
		s, err := w.set(w.Admin(), " #1F5F8B ", "Harbor")
		if err != nil || s.Color != "#1f5f8b" || s.Version != 1 {
			t.Fatalf("%+v, %v", s, err)
		}
		if again, err := w.set(w.Admin(), "#1f5f8b", "Harbor"); err != nil || again.Version != 1 {
			t.Errorf("unchanged: %+v, %v", again, err)
		}
		first, err := w.SetLogo(w.Admin(), bytes.NewReader(logo(t, 1280, 200)))
		if err != nil || first.LogoID == "" {
			t.Fatal(err)
		}
		second, err := w.SetLogo(w.Admin(), bytes.NewReader(logo(t, 300, 100)))
		if err != nil || second.LogoID == first.LogoID {
			t.Fatal("a new logo needs a new address", err)
		}
		if _, err := w.Logo(t.Context(), first.LogoID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the old logo: %v", err)
		}
		if b := of(); b.Name != "Harbor" || b.LogoPath() != "/api/public/logo/"+second.LogoID {
			t.Errorf("after: %+v", b)
		}
		if _, err := w.RemoveLogo(w.Admin()); err != nil || of().LogoPath() != "" {
			t.Error("the logo stays", err)
		}
		if n := w.Audited("branding.update", audit.Success) + 10*w.Audited("branding.set_logo", audit.Success); n != 21 {
			t.Errorf("audited %d", n)
		}
	})
}

func TestWhoMayChangeABrand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, role := range []perm.Role{perm.Manager, perm.Technician, perm.ReadOnly} {
			if _, err := w.set(w.As("tech", role), "#112233", ""); fault.CodeOf(err) != "access.denied" {
				t.Errorf("%s: %v", role, err)
			}
			if _, err := w.SetLogo(w.As("tech", role), bytes.NewReader(logo(t, 10, 10))); fault.CodeOf(err) != "access.denied" {
				t.Errorf("%s: %v", role, err)
			}
		}
		for _, bad := range []string{"red", "#12345", "#1234567", "#gggggg", "url(x)", "#1f5f8b;}"} {
			if _, err := w.set(w.Admin(), bad, ""); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// luminance is the definition of WCAG 2.2, written down a second time.
func luminance(t interface{ Fatal(...any) }, color string) float64 {
	part := func(i int) float64 {
		n, err := strconv.ParseUint(color[i:i+2], 16, 8)
		if err != nil {
			t.Fatal(color, err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(1) + 0.7152*part(3) + 0.0722*part(5)
}

func contrast(t interface{ Fatal(...any) }, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// Whatever color somebody chooses, text in it, and text on it, can be read in both schemes.
func TestEveryColorCanBeRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		color := fmt.Sprintf("#%06x", rapid.IntRange(0, 0xffffff).Draw(t, "color"))
		a := branding.AccentsOf(color)
		for _, pair := range [][2]string{
			{a.Light, "#efece5"}, {a.Light, "#fffefc"}, {a.Light, a.OnLight}, {a.Light, "#ffffff"}, // a filled button has white text in both schemes
			{a.Dark, "#11141b"}, {a.Dark, "#252a35"}, {a.Dark, a.OnDark},
		} {
			if c := contrast(t, pair[0], pair[1]); c < 4.5 {
				t.Fatalf("%s: %s on %s has %.2f", color, pair[0], pair[1], c)
			}
		}
	})
	if a := branding.AccentsOf("#1f5f8b"); a.Light != "#1f5f8b" {
		t.Errorf("a color that can be read was changed to %s", a.Light)
	}
}

// Attack 49 at the edge: a logo is sent as the picture that we made of it, and nothing in it would run.
func TestAttack49Logos(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.Routes)
		put := func(body string) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/api/settings/branding/logo", strings.NewReader(body))
			r.Header.Set("Actor", "admin")
			r.Header.Set("Content-Type", "image/svg+xml")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			out := httptest.NewRecorder()
			s.ServeHTTP(out, r)
			return out
		}
		if out := put(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`); out.Code != http.StatusUnprocessableEntity {
			t.Errorf("SVG: %d %s", out.Code, out.Body)
		}
		if out := put(string(logo(t, 20, 20)) + "<script>alert(1)</script>"); out.Code != http.StatusOK {
			t.Fatalf("%d %s", out.Code, out.Body)
		}
		_, public, _ := s.Do("", http.MethodGet, "/api/public/branding", "")
		address, _ := public["logo_url"].(string)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		out := httptest.NewRecorder()
		s.ServeHTTP(out, r)
		h := out.Header()
		if out.Code != http.StatusOK || h.Get("Content-Type") != "image/png" || strings.Contains(out.Body.String(), "script") {
			t.Errorf("%d %s %q", out.Code, h.Get("Content-Type"), out.Body)
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") || !strings.Contains(h.Get("Cache-Control"), "immutable") {
			t.Errorf("headers %v", h)
		}
	})
}

func TestWhatIsPublicOfSeveralOrganizations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.set(w.Admin(), "#1f5f8b", ""); err != nil {
			t.Fatal(err)
		}
		alone, err := w.Public(t.Context(), "")
		if err != nil || alone.Name != "Blue Harbor IT" {
			t.Errorf("alone: %+v, %v", alone, err)
		}
		w.Beside("Other")
		for slug, want := range map[string]string{"": "Countersign", "blue-harbor-it": "Blue Harbor IT", "other": "Other", "none": "Countersign"} {
			if b, err := w.Public(t.Context(), slug); err != nil || b.Name != want {
				t.Errorf("%q: %+v, %v", slug, b, err)
			}
		}
	})
}
