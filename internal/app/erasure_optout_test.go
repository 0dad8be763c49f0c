package app_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/store/storetest"
)

const stopped, mailbox = "+12125550123", "zoe@northwind.example.com"

// Who said STOP and is erased is not texted again because somebody enters the number again, by hand or from a file; not after the
// installation came back from a backup either. Their own START lifts it. Other organizations are not concerned.
func TestAnOptOutOutlivesErasure(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { optOutOutlives(t, config.Storage{Data: storetest.Dir(t)}, "") })
	if os.Getenv(storetest.Env) != "" {
		t.Run("PostgreSQL", func(t *testing.T) {
			optOutOutlives(t, config.Storage{Data: storetest.Dir(t), DatabaseURL: storetest.Postgres(t)}, storetest.Postgres(t))
		})
	}
}

func optOutOutlives(t *testing.T, storage config.Storage, second string) {
	a := on(t, storage)
	neighbour, us := owner(t, a, "Pier IT", "pia@pier.example.com"), owner(t, a, "Harbor IT", "olga@harbor.example.com")
	theirs := neighbour.make("/api/contacts", zoe(neighbour))
	body := zoe(us)
	first := us.make("/api/contacts", body)
	us.says("stop")
	if w := us.text(first); !strings.Contains(w, "message.opted_out") {
		t.Fatalf("texted after STOP: %s", w)
	}
	us.must("POST", "/api/contacts/"+first+"/erase", `{"name":"Zoë Ende"}`)

	again := us.make("/api/contacts", body)
	if w := us.text(again); !strings.Contains(w, "message.opted_out") {
		t.Errorf("texted after the erasure: %s", w)
	}
	c := us.fields(us.do(http.MethodGet, "/api/contacts/"+again, ""), http.StatusOK)
	if out, _ := c["opted_out"].([]any); !slices.Equal(out, []any{stopped}) {
		t.Errorf("the contact opted out of %v", out)
	}
	if w := us.do(http.MethodGet, "/api/contacts?consent=opted_out", ""); !strings.Contains(w.Body.String(), again) {
		t.Errorf("not among those who opted out: %s", w.Body)
	}
	written := fmt.Sprintf(`{"address":%q,"state":"opted_in","source":"verbal","note":"She said so."}`, stopped)
	if w := us.do(http.MethodPost, "/api/contacts/"+again+"/consent", written); !strings.Contains(w.Body.String(), "consent.own_word") {
		t.Errorf("a technician took it back: %d %s", w.Code, w.Body)
	}
	if w := us.do(http.MethodPost, "/api/contacts/"+again+"/opt-in-forms", `{"way":"sms"}`); w.Code < 400 {
		t.Errorf("asked again: %s", w.Body)
	}
	if w := neighbour.text(theirs); strings.Contains(w, "opted_out") {
		t.Errorf("a neighbour hears of it: %s", w)
	}
	us.must("POST", "/api/contacts/"+again+"/erase", `{"name":"Zoë Ende"}`) // twice is as once

	b := on(t, moved(t, storage, second))
	us.app, us.t = b, t
	third := us.make("/api/contacts", body)
	if w := us.text(third); !strings.Contains(w, "message.opted_out") {
		t.Errorf("texted after a restore: %s", w)
	}
	us.says("start")
	if w := us.text(third); strings.Contains(w, "opted_out") {
		t.Errorf("START was not heard: %s", w)
	}
	us.must("POST", "/api/contacts/"+third+"/erase", `{"name":"Zoë Ende"}`)
	if w := us.text(us.make("/api/contacts", body)); strings.Contains(w, "opted_out") {
		t.Errorf("what START lifted came back: %s", w)
	}
}

// The same holds for an address of mail, and for a number that a contact gets later.
func TestAnOptOutOutlivesErasureWhereverTheAddressComesBack(t *testing.T) {
	a := start(t)
	us := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	first := us.make("/api/contacts", zoe(us))
	us.says("stop")
	us.must("POST", "/api/contacts/"+first+"/consent", fmt.Sprintf(`{"address":%q,"state":"opted_out","source":"written","note":"A letter of today."}`, mailbox))
	us.must("POST", "/api/contacts/"+first+"/erase", `{"name":"Zoë Ende"}`)

	customer := us.make("/api/customers", `{"name":"Southwind"}`)
	other := us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Max Ender"}`, customer))
	us.must("PATCH", "/api/contacts/"+other, fmt.Sprintf(`{"emails":[%q],"phones":[{"number":%q,"kind":"mobile"}]}`, strings.ToUpper(mailbox), stopped))
	c := us.fields(us.do(http.MethodGet, "/api/contacts/"+other+"/consent", ""), http.StatusOK)
	addresses, _ := c["addresses"].([]any)
	for _, one := range addresses {
		if m, _ := one.(map[string]any); m["state"] != "opted_out" || m["source"] != "erased" || m["own_word"] != true {
			t.Errorf("it stands %v", m)
		}
	}
	if len(addresses) != 2 {
		t.Errorf("%d addresses", len(addresses))
	}
	if w := us.do(http.MethodGet, "/api/contacts/"+other+"/consent/history", ""); strings.Contains(w.Body.String(), "letter") || strings.Count(w.Body.String(), `"erased"`) != 2 {
		t.Errorf("the history: %s", w.Body)
	}
}

// on builds the product on a storage, without its background work.
func on(t *testing.T, storage config.Storage) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), app.Options{Serve: config.Serve{Storage: storage}, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// moved makes a backup of an installation and restores it elsewhere.
func moved(t *testing.T, from config.Storage, url string) config.Storage {
	t.Helper()
	file, to := filepath.Join(t.TempDir(), "backup"), config.Storage{Data: t.TempDir(), DatabaseURL: url}
	streams := app.Streams{Out: io.Discard, Log: io.Discard}
	if err := app.Backup(t.Context(), config.Backup{Storage: from, File: file}, streams); err != nil {
		t.Fatal(err)
	}
	if err := app.Restore(t.Context(), config.Restore{Storage: to, File: file}, streams); err != nil {
		t.Fatal(err)
	}
	return to
}

// zoe is a contact of a customer of her own.
func zoe(c caller) string {
	c.t.Helper()
	return fmt.Sprintf(`{"customer_id":%q,"name":"Zoë Ende","emails":[%q],"phones":[{"number":%q,"kind":"mobile"}]}`, c.make("/api/customers", `{"name":"Northwind"}`), mailbox, stopped)
}

// says lets a text from the number come in.
func (c caller) says(word string) {
	c.t.Helper()
	c.must("POST", "/api/sandbox/inbound", fmt.Sprintf(`{"kind":"sms","from":%q,"to":"+12125550100","body":%q}`, stopped, word))
}

// text sends a code to a contact by text and returns the answer.
func (c caller) text(contact string) string {
	c.t.Helper()
	return c.do(http.MethodPost, "/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"sms_code"}`, contact)).Body.String()
}
