package smoke_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign.dev/countersign/test/binary"
)

// TestAReceiptIsCheckedWithoutAServer checks receipts on a machine that has nothing but the program and the key.
func TestAReceiptIsCheckedWithoutAServer(t *testing.T) {
	dir, token := binary.Install(t)
	s := binary.Start(t, "--data", dir)
	c := s.As(token)
	post := func(path string, body map[string]any, want int) string {
		return binary.Text(t, c.Object(t, want, http.MethodPost, path, body), "id")
	}
	customer := post("/api/customers", map[string]any{"name": "Northwind"}, http.StatusCreated)
	contact := post("/api/contacts", map[string]any{
		"customer_id": customer, "name": "Pia Ende", "phones": []map[string]any{{"number": "+12125550123", "kind": "mobile"}},
	}, http.StatusCreated)
	v := post("/api/verifications", map[string]any{"contact_id": contact, "method": "sms_code"}, http.StatusCreated)
	post("/api/verifications/"+v+"/check", map[string]any{"code": c.CodeTo(t, "+12125550123")}, http.StatusOK)
	receipt := c.Do(t, http.MethodGet, "/api/verifications/"+v+"/receipt", nil)
	all := c.Do(t, http.MethodGet, "/api/contacts/"+contact+"/evidence", nil)
	key := c.Do(t, http.MethodGet, "/api/audit/public-key", nil)
	if receipt.Status != http.StatusOK || all.Status != http.StatusOK || key.Status != http.StatusOK {
		t.Fatalf("receipt %d, evidence %d, key %d", receipt.Status, all.Status, key.Status)
	}
	s.Stop(t)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}

	work := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(work, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pub := write("key", key.Body)
	for file, want := range map[string]string{write("receipt.json", receipt.Body): "Pia Ende of Northwind", write("evidence.jsonl", all.Body): "1 receipts"} {
		said := binary.Must(t, "", "receipt", "verify", file, "--public-key", pub)
		if !strings.Contains(said, want) || !strings.Contains(said, "all signatures good") || strings.Contains(said, "\n") {
			t.Errorf("%s: %q", filepath.Base(file), said)
		}
		if said := binary.Must(t, "", "receipt", "verify", file); !strings.Contains(said, "signatures not checked") {
			t.Errorf("without the key: %q", said)
		}
	}
	for _, good := range [][]byte{receipt.Body, all.Body} {
		for at := len(good) / 7; at < len(good); at += len(good) / 7 {
			bad := bytes.Clone(good)
			bad[at] ^= 1
			path := write("bad", bad)
			for _, args := range [][]string{{"receipt", "verify", path}, {"receipt", "verify", path, "--public-key", pub}} {
				if r := binary.Run(t, "", args...); r.Code != 1 || r.Stdout != "" || r.Stderr == "" {
					t.Errorf("byte %d changed: %+v, want exit 1 and the reason", at, r)
				}
			}
		}
	}
	if r := binary.Run(t, "", "receipt", "verify", filepath.Join(work, "receipt.json"), "--public-key", filepath.Join(work, "receipt.json")); r.Code != 1 {
		t.Errorf("a receipt as a key: %+v", r)
	}
}
