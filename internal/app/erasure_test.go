package app_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// D-14: a contact and a technician are erased from a product that was really used; after that nothing readable about them is left in any text
// of any table, while what others are told stays, and the log still verifies.
func TestErasedPeopleAreNowhere(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { erasedPeople(t, config.Storage{Data: storetest.Dir(t)}) })
	if os.Getenv(storetest.Env) != "" {
		t.Run("PostgreSQL", func(t *testing.T) {
			erasedPeople(t, config.Storage{Data: storetest.Dir(t), DatabaseURL: storetest.Postgres(t)})
		})
	}
}

func erasedPeople(t *testing.T, storage config.Storage) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), app.Options{
		Serve: config.Serve{Storage: storage}, Base: &url.URL{Scheme: "http", Host: l.Addr().String()}, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l, func() {}) }()
	us := owner(t, a, "Harbor IT", "olga@harbor.example.com")
	gone := newTraces(t, us)
	codesAndLinks(t, us, 2)

	export := us.do(http.MethodGet, "/api/contacts/"+gone.contact+"/personal-data", "")
	for _, want := range []string{"Zoë Ende", "zoe.ende@northwind.example.com", "+12125550123", "+12125550188", "verify_challenge", "ticket", `"contact.create"`} {
		if export.Code != http.StatusOK || !strings.Contains(export.Body.String(), want) {
			t.Errorf("the export is without %s: %d", want, export.Code)
		}
	}
	if !json.Valid(export.Body.Bytes()) || strings.Contains(export.Body.String(), "code_mac") {
		t.Error("the export is no JSON, or holds secrets")
	}
	for path, code := range map[string]string{
		"/api/contacts/" + gone.contact + "/erase":       "erasure.name_differs",
		"/api/technicians/" + gone.technician + "/erase": "erasure.name_differs",
	} {
		if w := us.do(http.MethodPost, path, `{"name":"Somebody"}`); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), code) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := us.do(http.MethodPost, "/api/technicians/"+gone.technician+"/erase", `{"name":"Rurik Falkenrath"}`); w.Code != http.StatusConflict {
		t.Errorf("a technician at work: %d %s", w.Code, w.Body)
	}
	us.must("PATCH", "/api/technicians/"+gone.technician, `{"status":"inactive"}`)
	us.must("POST", "/api/technicians/"+gone.technician+"/erase", `{"name":"Rurik Falkenrath"}`)
	us.must("POST", "/api/contacts/"+gone.contact+"/erase", `{"name":"Zoë  Ende"}`)

	if w := us.do(http.MethodGet, "/api/contacts/"+gone.contact, ""); w.Code != http.StatusNotFound {
		t.Errorf("the contact is there: %d", w.Code)
	}
	if w := us.do(http.MethodGet, "/api/audit?action=contact.erase", ""); !strings.Contains(w.Body.String(), gone.contact) {
		t.Errorf("no event of it: %s", w.Body)
	}
	if w := us.do(http.MethodGet, "/api/audit?target="+gone.contact, ""); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "Ende") || !strings.Contains(w.Body.String(), `"erased":true`) {
		t.Errorf("the log still tells: %s", w.Body)
	}
	key, err := auditverify.ParseKey(us.do(http.MethodGet, "/api/audit/public-key", "").Body.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := auditverify.VerifyExport(t.Context(), bytes.NewReader(us.do(http.MethodGet, "/api/audit/export", "").Body.Bytes()), key); err != nil {
		t.Errorf("the log does not verify: %v", err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
	gone.search(t, storage)
}

// left is who was erased.
type left struct{ contact, technician string }

// newTraces uses the product as people do, so that two of them leave traces wherever it keeps something.
func newTraces(t *testing.T, us caller) (gone left) {
	t.Helper()
	post := func(path, body string) {
		t.Helper()
		if w := us.do(http.MethodPost, path, body); w.Code >= 300 {
			t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
		}
	}
	customer := us.make("/api/customers", `{"name":"Northwind","notes":"Ask Zoë Ende first, zoe.ende@northwind.example.com."}`)
	gone.contact = us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Zoë Ende","emails":["zoe.ende@northwind.example.com"],"phones":[{"number":"+12125550188","kind":"mobile"}],"notes":"Likes tea"}`, customer))
	us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Max Ender","emails":["max.zoe.ende@northwind.example.com"],"notes":"Sits beside zoe ende."}`, customer))
	post("/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"sms_code"}`, gone.contact))
	us.must("PATCH", "/api/contacts/"+gone.contact, `{"phones":[{"number":"+12125550123","kind":"mobile"}]}`)
	gone.technician = us.make("/api/technicians", `{"given_name":"Rurik","family_name":"Falkenrath","email":"rurik@harbor.example.com","phone":"+12125550177","password":"`+password+`"}`)

	reviewed(us, gone.technician, customer)
	ticket := us.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"contact_id":%q,"summary":"Zoë Ende: printer","description":"Call her at (212) 555-0123 or 212.555.0188."}`, customer, gone.contact))
	post("/api/tickets/"+ticket+"/notes", `{"body":"Talked to ZOË ENDE <zoe.ende@northwind.example.com>. Rurik Falkenrath helps.","visibility":"internal"}`)
	post("/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"email_code","ticket_id":%q,"note":"Zoë Ende calls from home"}`, gone.contact, ticket))
	post("/api/sandbox/inbound", `{"kind":"sms","from":"+12125550123","to":"+12125550100","body":"#verify"}`)
	post("/api/contacts/"+gone.contact+"/opt-in-forms", `{"way":"sms"}`)
	post("/api/sandbox/inbound", `{"kind":"sms","from":"+12125550123","to":"+12125550100","body":"Hello, Zoë Ende here"}`)
	return gone
}

// search reads every text of every table.
func (g left) search(t *testing.T, storage config.Storage) {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: storage.Data, URL: storage.DatabaseURL})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	query := `select name from sqlite_master where type = 'table'`
	if db.Dialect() == store.Postgres {
		query = `select table_name from information_schema.tables where table_schema = 'public'`
	}
	n := 0
	for _, table := range all(t, db, query) {
		for _, row := range all(t, db, `select * from "`+table[0]+`"`) {
			n++
			for _, value := range row {
				for _, trace := range []string{
					"zoë ende", "zoe ende", "falkenrath", "rurik@", "2125550123", "2125550188", "2125550177", "555-0123", "555.0188", " zoe.ende@", `"zoe.ende@`, "<zoe.ende@",
				} {
					if strings.Contains(" "+strings.ToLower(value), trace) {
						t.Errorf("%s tells of %q: %.200s", table[0], trace, value)
					}
				}
			}
		}
	}
	if n < 100 {
		t.Errorf("only %d rows were read", n)
	}
}

func all(t *testing.T, db *store.DB, query string) (out [][]string) {
	t.Helper()
	rows, err := db.Read().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.RawBytes, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(values))
		for i, v := range values {
			row[i] = string(v)
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// reviewed has what a technician has reviewed, in the words of people; the review is still running.
func reviewed(us caller, technician, customer string) {
	role := us.make("/api/roles", `{"name":"Desk work","purpose":"customers","permissions":["ticket.view"]}`)
	us.make("/api/grants", fmt.Sprintf(`{"subject":{"type":"technician","id":%q},"role_id":%q,"scope":{"type":"customer","id":%q}}`, technician, role, customer))
	review := us.make("/api/access-reviews", `{"name":"What Rurik Falkenrath has","unanswered":"keep"}`)
	item, _ := items(us, "/api/access-reviews/"+review+"/items?subject_id="+technician)[0].(map[string]any)
	given := us.must(http.MethodPost, "/api/access-reviews/"+review+"/answers", fmt.Sprintf(
		`{"answers":[{"grant_id":%q,"answer":"confirm","seen":%q,"comment":"Rurik Falkenrath works for Zoë Ende."}]}`, item["grant_id"], item["seen"]))
	if body := fmt.Sprint(given); !strings.Contains(body, "answer:confirmed") {
		us.t.Fatalf("not reviewed: %s", body)
	}
}
