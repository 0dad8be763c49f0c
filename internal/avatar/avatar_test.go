package avatar_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/avatar"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

func photo(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWhoMayChangeAPicture(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := organizationtest.New(t, db, "Blue Harbor IT")
		ana, olga := id.New(), id.New()
		w.Assign(ana)
		w.Assign(olga)
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `update technician set owner = true where id = $1`, olga)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		s := avatar.New(db, w.Guard, technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{}))
		key := func(who string) string {
			found, err := technician.ByID(t.Context(), db.Read(), w.Org.ID, who)
			if err != nil {
				t.Fatal(err)
			}
			return found.Avatar
		}
		own, admin := w.As(ana, perm.ReadOnly), w.Admin()
		for name, tc := range map[string]struct {
			ctx  context.Context
			who  string
			want string
		}{
			"one's own":          {own, ana, ""},
			"somebody else's":    {own, olga, "access.denied"},
			"by administrators":  {admin, ana, ""},
			"an owner's":         {admin, olga, "technician.owner"},
			"the owner's own":    {access.WithActor(t.Context(), access.Actor{OrgID: w.Org.ID, Kind: access.Technician, ID: olga, Owner: true}), olga, ""},
			"nobody's":           {admin, id.New(), "technician.not_found"},
			"of a neighbor's":    {w.Beside("Neighbor").Admin(), ana, "technician.not_found"},
			"without signing in": {t.Context(), ana, "technician.not_found"},
		} {
			if err := s.Set(tc.ctx, tc.who, strings.NewReader(photo(t))); fault.CodeOf(err) != tc.want {
				t.Errorf("%s: %v, want %q", name, err, tc.want)
			}
		}
		first := key(ana)
		if err := s.Set(own, ana, strings.NewReader(photo(t))); err != nil || key(ana) == first || key(ana) == "" {
			t.Errorf("a new picture needs a new address: %v", err)
		}
		content, err := s.Find(w.As(olga, perm.ReadOnly), key(ana))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(content)); err != nil || img.Bounds().Dx() != 256 || img.Bounds().Dy() != 256 {
			t.Errorf("%v, %v", img, err)
		}
		for name, ctx := range map[string]context.Context{"a neighbor": w.Beside("Neighbor 2").Admin(), "nobody": t.Context()} {
			if _, err := s.Find(ctx, key(ana)); err == nil {
				t.Errorf("%s sees it", name)
			}
		}
		if err := s.Remove(own, ana); err != nil || key(ana) != "" {
			t.Errorf("%v", err)
		}
		if err := s.Remove(own, ana); err != nil {
			t.Errorf("removing nothing: %v", err)
		}
	})
}

// Attack 49: an avatar is no program, whatever it is called.
func TestAttack49Avatars(t *testing.T) {
	w := organizationtest.New(t, storetest.Open(t), "Blue Harbor IT")
	ana := id.New()
	w.Assign(ana)
	s := avatar.New(w.DB, w.Guard, technician.New(w.DB, w.Guard, w.Audit, w.Events, technician.Hooks{}))
	server := w.Serve(map[string]access.Actor{"ana": w.Actor(ana, perm.Technician)}, s.Routes)
	for name, body := range map[string]string{
		"SVG":  `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`,
		"HTML": `<script>alert(1)</script>`,
		"huge": strings.Repeat("\x89PNG\r\n\x1a\n", 1<<19),
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/api/me/avatar", strings.NewReader(body))
		r.Header.Set("Actor", "ana")
		r.Header.Set("Content-Type", "image/png")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		out := httptest.NewRecorder()
		server.ServeHTTP(out, r)
		if out.Code != http.StatusUnprocessableEntity && out.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %s", name, out.Code, out.Body)
		}
	}
}
