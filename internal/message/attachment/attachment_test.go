package attachment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type world struct {
	*organizationtest.World
	*attachment.Service
	content []byte
	fails   error
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &world{World: organizationtest.New(t, db, "Harbor IT")}
		w.Service = attachment.New(db, w.Keys)
		w.Makes("test", func(_ context.Context, _ string, recipe []byte) (attachment.File, error) {
			if w.content != nil {
				return attachment.File{Name: "x", Content: w.content}, w.fails
			}
			return attachment.File{Name: string(recipe), Content: append([]byte("%PDF-1.7 "), recipe...)}, w.fails
		})
		fn(t, w)
	})
}

func (w *world) keep(deliveryID, maker, recipe string) error {
	ctx := w.System()
	return w.DB.Write(ctx, func(tx *store.Tx) error { return w.Keep(ctx, tx, deliveryID, maker, []byte(recipe)) })
}

// What a delivery carries is kept once, sealed, for its own organization, until it is dropped.
func TestWhatADeliveryCarries(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, recipe := range []string{"first", "second"} { // the second is the same message once more
			if err := w.keep("d1", "test", recipe); err != nil {
				t.Fatal(err)
			}
		}
		f, err := w.Of(t.Context(), w.Org.ID, "d1")
		if err != nil || f == nil || f.Name != "first.pdf" || string(f.Content) != "%PDF-1.7 first" {
			t.Fatalf("%+v, %v", f, err)
		}
		var kept []byte
		if err := w.DB.Read().QueryRowContext(t.Context(), `select recipe from message_attachment`).Scan(&kept); err != nil || bytes.Contains(kept, []byte("first")) {
			t.Errorf("it lies open: %q, %v", kept, err)
		}
		for name, of := range map[string][2]string{"another delivery": {w.Org.ID, "d2"}, "another organization": {w.Beside("Other IT").Org.ID, "d1"}} {
			if f, err := w.Of(t.Context(), of[0], of[1]); f != nil || err != nil {
				t.Errorf("%s carries %+v, %v", name, f, err)
			}
		}
		err = w.DB.Write(w.System(), func(tx *store.Tx) error { return w.Drop(w.System(), tx, w.Org.ID, "d1") })
		if f, after := w.Of(t.Context(), w.Org.ID, "d1"); err != nil || f != nil || after != nil {
			t.Errorf("%v; it is still there: %+v, %v", err, f, after)
		}
	})
}

// Only a PDF of a bounded size is a file to send, made by somebody who is known. What fails for now is told from what fails for good.
func TestWhatIsNotSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.keep("d", "nobody", "x"); !errors.Is(err, attachment.ErrUnusable) {
			t.Errorf("an unknown maker: %v", err)
		}
		if err := w.keep("d", "test", strings.Repeat("x", attachment.MaxRecipe+1)); !errors.Is(err, attachment.ErrUnusable) {
			t.Errorf("too long a recipe: %v", err)
		}
		if err := w.keep("d", "test", "x"); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string][]byte{
			"no PDF": []byte("<html>"), "empty": {}, "too large": append([]byte("%PDF-"), make([]byte, attachment.MaxFile)...),
		} {
			w.content = content
			if f, err := w.Of(t.Context(), w.Org.ID, "d"); f != nil || !errors.Is(err, attachment.ErrUnusable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.content, w.fails = nil, errors.New("the logo is on its way")
		if _, err := w.Of(t.Context(), w.Org.ID, "d"); !errors.Is(err, w.fails) || errors.Is(err, attachment.ErrUnusable) {
			t.Errorf("what may work later: %v", err)
		}
		w.fails = nil
		exec(t, w, `update message_attachment set recipe = $1`, []byte("garbled"))
		if _, err := w.Of(t.Context(), w.Org.ID, "d"); !errors.Is(err, attachment.ErrUnusable) {
			t.Errorf("a garbled recipe: %v", err)
		}
		exec(t, w, `update message_attachment set maker = $1`, "gone")
		if _, err := w.Of(t.Context(), w.Org.ID, "d"); !errors.Is(err, attachment.ErrUnusable) {
			t.Errorf("a maker that is gone: %v", err)
		}
	})
}

func exec(t *testing.T, w *world, query string, args ...any) {
	t.Helper()
	err := w.DB.Write(w.System(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// M20: a name is no path, has one extension, and cannot be turned around to look like another.
func TestM20TheNameOfAFile(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"How to check that it is really us": "How to check that it is really us.pdf",
		"Vérifier que c’est bien nous":      "Vérifier que c’est bien nous.pdf",
		"كيف تتأكد":                         "كيف تتأكد.pdf",
		"../../etc/passwd":                  "etcpasswd.pdf",
		"a\\b:c\"\r\nBcc: x":                "abc Bcc x.pdf",
		"invoice\u202efdp.exe":              "invoicefdpexe.pdf",
		"x.pdf":                             "x.pdf",
		"<>?":                               "document.pdf",
		"":                                  "document.pdf",
	} {
		if got := attachment.SafeName(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
	if n := utf8.RuneCountInString(attachment.SafeName(strings.Repeat("é", 300))); n != attachment.MaxName {
		t.Errorf("%d characters", n)
	}
}

func ExampleSafeName() {
	fmt.Println(attachment.SafeName("New: check us!"))
	// Output: New check us.pdf
}
