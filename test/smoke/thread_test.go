package smoke_test

import (
	"net/http"
	"testing"

	"countersign.dev/countersign/test/binary"
)

// TestBothSidesProveWhoTheyAre walks the thread that the product is about, over the public interface only.
func TestBothSidesProveWhoTheyAre(t *testing.T) {
	dir, token := binary.Install(t)
	c := binary.Start(t, "--data", dir).As(token)
	post := func(want int, path string, body map[string]any) map[string]any {
		return c.Object(t, want, http.MethodPost, path, body)
	}
	const phone, other, mail = "+12125550123", "+12125550124", "pia@northwind.example.com"
	customer := binary.Text(t, post(http.StatusCreated, "/api/customers", map[string]any{"name": "Northwind"}), "id")
	contact := binary.Text(t, post(http.StatusCreated, "/api/contacts", map[string]any{
		"customer_id": customer, "name": "Pia Ende", "emails": []string{mail},
		"phones": []map[string]any{{"number": phone, "kind": "mobile"}},
	}), "id")
	// Somebody else asks who we are: to one number a message goes every 30 seconds at most.
	post(http.StatusCreated, "/api/contacts", map[string]any{
		"customer_id": customer, "name": "Sam Reyes", "phones": []map[string]any{{"number": other, "kind": "mobile"}},
	})
	ticket := binary.Text(t, post(http.StatusCreated, "/api/tickets", map[string]any{
		"customer_id": customer, "contact_id": contact, "summary": "Password reset",
	}), "id")

	for method, address := range map[string]string{"sms_code": phone, "email_code": mail} {
		v := post(http.StatusCreated, "/api/verifications", map[string]any{"contact_id": contact, "method": method, "ticket_id": ticket})
		path := "/api/verifications/" + binary.Text(t, v, "id")
		code := c.CodeTo(t, address)
		wrong := "000000"
		if code == wrong {
			wrong = "000001"
		}
		post(http.StatusUnprocessableEntity, path+"/check", map[string]any{"code": wrong})
		if v = post(http.StatusOK, path+"/check", map[string]any{"code": code}); v["state"] != "verified" {
			t.Errorf("%s: %v after the right code", method, v["state"])
		}
		post(http.StatusUnprocessableEntity, path+"/check", map[string]any{"code": code})
	}

	c.Texts(t, other, "#verify")
	var asked map[string]any
	binary.Eventually(t, "a pending technician verification", func() bool {
		items := c.Items(t, "/api/technician-verifications?state=pending")
		if len(items) == 1 {
			asked = items[0]
		}
		return len(items) == 1
	})
	if _, shown := asked["code"]; shown {
		t.Error("the code is shown before anybody claimed it")
	}
	path := "/api/technician-verifications/" + binary.Text(t, asked, "id")
	claimed := post(http.StatusOK, path+"/claim", map[string]any{"ticket_id": ticket})
	code := binary.Text(t, claimed, "code")
	binary.Eventually(t, "the same code at the technician and the caller", func() bool { return c.LastTo(t, other, code) != nil })
	c.Texts(t, other, "#confirm")
	binary.Eventually(t, "confirmed", func() bool {
		return c.Object(t, http.StatusOK, http.MethodGet, path, nil)["state"] == "confirmed"
	})

	binary.Eventually(t, "notes of both directions on the ticket", func() bool {
		return len(c.Items(t, "/api/tickets/"+ticket+"/notes")) >= 3
	})
	actions := map[string]bool{}
	for _, e := range c.Items(t, "/api/audit?limit=200") {
		actions[binary.Text(t, e, "action")] = true
	}
	if len(actions) < 6 {
		t.Errorf("the record knows only %v", actions)
	}
	if v := c.Object(t, http.StatusOK, http.MethodGet, "/api/audit/verification", nil); v["ok"] != true {
		t.Errorf("the record does not verify: %v", v)
	}
}
