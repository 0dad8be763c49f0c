package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/app"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/receipt/receiptverify"
)

// VER-9, R16: what the slices really record is what a receipt needs, in both directions, over the public interface.
func TestReceiptsOverTheAPI(t *testing.T) { each(t, receiptsOverTheAPI) }

func receiptsOverTheAPI(t *testing.T, a *app.App) {
	us, neighbour := owner(t, a, "Harbor IT", "olga@harbor.example.com"), owner(t, a, "Neighbour", "olga@neighbour.example.com")
	customer := us.make("/api/customers", `{"name":"Northwind"}`)
	pia := us.make("/api/contacts", fmt.Sprintf(`{"customer_id":%q,"name":"Pia Ende","emails":["pia@northwind.example.com"],"phones":[{"number":"+12125550123","kind":"mobile"}]}`, customer))
	ticket := us.make("/api/tickets", fmt.Sprintf(`{"customer_id":%q,"contact_id":%q,"summary":"Password"}`, customer, pia))
	post := func(path, body string) {
		t.Helper()
		if w := us.do(http.MethodPost, path, body); w.Code >= 300 {
			t.Fatalf("POST %s: %d %s", path, w.Code, w.Body)
		}
	}
	v := us.make("/api/verifications", fmt.Sprintf(`{"contact_id":%q,"method":"email_code","ticket_id":%q,"action":"password reset"}`, pia, ticket))
	if w := us.do(http.MethodGet, "/api/verifications/"+v+"/receipt", ""); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "receipt.not_ended") {
		t.Errorf("of an open one: %d %s", w.Code, w.Body)
	}
	post("/api/verifications/"+v+"/cancel", "")
	post("/api/sandbox/inbound", `{"kind":"sms","from":"+12125550123","to":"+12125550100","body":"#verify"}`)
	var asked struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(us.do(http.MethodGet, "/api/technician-verifications", "").Body.Bytes(), &asked); err != nil || len(asked.Items) != 1 {
		t.Fatalf("%+v, %v", asked, err)
	}
	request := asked.Items[0].ID
	post("/api/technician-verifications/"+request+"/claim", fmt.Sprintf(`{"ticket_id":%q}`, ticket))
	post("/api/technician-verifications/"+request+"/confirm-verbally", `{"note":"she read it out"}`)

	key, err := auditverify.ParseKey(us.do(http.MethodGet, "/api/audit/public-key", "").Body.String())
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]receiptverify.Verification{
		"/api/verifications/" + v + "/receipt":                  {Direction: receiptverify.EndUser, Method: "email_code", Level: "L1", State: "canceled", Action: "password reset"},
		"/api/technician-verifications/" + request + "/receipt": {Direction: receiptverify.Technician, Method: "sms", State: "confirmed_verbally"},
	} {
		w := us.do(http.MethodGet, path, "")
		if w.Code != http.StatusOK || w.Header().Get("Content-Disposition") != `attachment; filename="receipt.json"` {
			t.Fatalf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
		r, err := receiptverify.Verify(w.Body.Bytes(), key)
		got := r.Verification
		if err != nil || !r.Known.How || !r.Known.Contact || got.Direction != want.Direction || got.Method != want.Method || got.Level != want.Level || got.State != want.State || got.Action != want.Action ||
			got.Contact.Name != "Pia Ende" || got.Technician.Name != "Olga Berg" || got.Ticket == nil || got.Ticket.Number == 0 {
			t.Errorf("%s: %+v, %v", path, got, err)
		}
		if w := neighbour.do(http.MethodGet, path, ""); w.Code != http.StatusNotFound {
			t.Errorf("a neighbour gets %s: %d %s", path, w.Code, w.Body)
		}
	}
	w := us.do(http.MethodGet, "/api/contacts/"+pia+"/evidence", "")
	if r, err := receiptverify.VerifyFile(bytes.NewReader(w.Body.Bytes()), key); err != nil || r.Count != 2 {
		t.Errorf("all of a contact: %d %+v, %v", w.Code, r, err)
	}
	if w := neighbour.do(http.MethodGet, "/api/contacts/"+pia+"/evidence", ""); w.Code != http.StatusNotFound {
		t.Errorf("a neighbour gets the evidence: %d %s", w.Code, w.Body)
	}
}

// M36, R16: a row of the record that was edited, deleted or put out of order is found in the night, and the administrators are told, once.
func TestM36TheNightlyCheckTellsTheAdministrators(t *testing.T) {
	for name, statements := range map[string][]string{
		"edited":  {`update audit_event set record = replace(record, '"outcome":"success"', '"outcome":"denied"') where seq = 3`},
		"deleted": {`delete from audit_event where seq = 3`},
		"reordered": {
			`update audit_event set seq = 10003 where seq = 3`, `update audit_event set seq = 3 where seq = 4`, `update audit_event set seq = 4 where seq = 10003`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, a *app.App) {
				olga := owner(t, a, "Harbor IT", "olga@harbor.example.com")
				for i := range 5 {
					olga.make("/api/customers", fmt.Sprintf(`{"name":"Customer %d"}`, i))
				}
				if err := a.SignLogs(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := a.CheckLogs(t.Context()); err != nil {
					t.Fatalf("a whole log: %v", err)
				}
				if err := a.Exec(t.Context(), statements...); err != nil {
					t.Fatal(err)
				}
				for range 3 { // every night, and every minute
					if err := a.CheckLogs(t.Context()); err == nil {
						t.Fatal("nothing was found")
					}
				}
				var told struct {
					Items []struct {
						Kind string
						Data map[string]string
					}
				}
				if err := json.Unmarshal(olga.do(http.MethodGet, "/api/notifications", "").Body.Bytes(), &told); err != nil {
					t.Fatal(err)
				}
				if len(told.Items) != 1 || told.Items[0].Kind != "security.log_altered" || !strings.Contains(told.Items[0].Data["reason"], "event 3") {
					t.Errorf("told %+v", told.Items)
				}
				if w := olga.do(http.MethodGet, "/api/audit?action=security.alert", ""); strings.Count(w.Body.String(), `"log_altered"`) != 1 {
					t.Errorf("the alert: %d %s", w.Code, w.Body)
				}
			})
		})
	}
}
