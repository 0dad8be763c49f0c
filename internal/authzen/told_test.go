package authzen_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/httpapi"
)

// read returns the record as an actor reads it.
func (d *door) read(actor, query string) []fields {
	d.T.Helper()
	status, got, _ := d.Do(actor, "GET", "/api/access/decisions?limit=50&"+query, "")
	if status != http.StatusOK {
		d.T.Fatalf("%s reads %s: %d %v", actor, query, status, got)
	}
	var out []fields
	for _, one := range got["items"].([]any) {
		out = append(out, one.(fields))
	}
	return out
}

func TestTheRecordIsNarrowedByWhatSomebodyLooksInto(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		before := time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		after := time.Now().Add(time.Minute).UTC().Format(time.RFC3339)
		d.ask("boss", d.tom.ID, "device.screen.control", "device", d.device)
		d.ask("boss", d.tom.ID, "device.delete", "device", d.device)
		d.ask("boss", d.una.ID, "device.files", "device", d.device)
		d.ask("tom", d.tom.ID, "ticket.edit", "ticket", d.ticket)
		d.written()
		for query, want := range map[string]int{
			"":                           4,
			"subject_id=" + d.tom.ID:     3,
			"subject_id=" + d.una.ID:     1,
			"asked_by=" + d.tom.ID:       1,
			"token_id=" + d.boss.TokenID: 3,
			"permission=device.delete":   1,
			"resource_type=ticket":       1,
			"resource_id=" + d.device:    3,
			"outcome=deny":               1,
			"outcome=needs_approval":     1,
			"from=" + url.QueryEscape(before) + "&to=" + url.QueryEscape(after):      4,
			"from=" + url.QueryEscape(after):                                         0,
			"to=" + url.QueryEscape(before):                                          0,
			"subject_id=" + d.tom.ID + "&resource_id=" + d.device + "&outcome=allow": 1,
		} {
			if got := d.read("boss", query); len(got) != want {
				t.Errorf("%s: %d, want %d", query, len(got), want)
			}
		}
		if status, _, _ := d.Do("boss", "GET", "/api/access/decisions?outcome=perhaps", ""); status != http.StatusUnprocessableEntity && status != http.StatusBadRequest {
			t.Errorf("an outcome that is none: %d", status)
		}
	})
}

func TestTheRecordSaysWhatLedThere(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		d.ask("boss", d.tom.ID, "device.screen.control", "device", d.device)
		d.written()
		one := d.read("boss", "")[0]
		if one["subject_name"] != "Tom@example.com" || one["asked_by_name"] != "boss@example.com" || one["resource_name"] != "srv" {
			t.Errorf("%v", one)
		}
		rule := one["because"].([]any)[0].(fields)
		role, at := rule["role"].(fields), rule["at"].(fields)
		if rule["id"] != d.grant || rule["by"] != "grant" || role["name"] != "operator" || at["name"] != "Servers" || at["type"] != "device_group" {
			t.Errorf("%v", rule)
		}
		d.Exec(`delete from grant_role where org_id = $1 and id = $2`, d.grant)
		rule = d.read("boss", "")[0]["because"].([]any)[0].(fields)
		if rule["id"] != d.grant || rule["by"] != "gone" {
			t.Errorf("what was taken back: %v", rule)
		}
	})
}

func TestTheRecordKeepsWhichSectionWasAskedAbout(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		d.ask("boss", d.tom.ID, "admin.technicians", "section", "team")
		d.ask("boss", d.tom.ID, "invitation.all", "section", "<script>")
		d.written()
		if got := d.read("boss", "resource_type=section&resource_id=team"); len(got) != 1 || got[0]["outcome"] != "deny" {
			t.Errorf("%v", got)
		}
		for _, one := range d.read("boss", "permission=invitation.all") {
			if one["resource_id"] != "" {
				t.Errorf("what a caller made up is kept: %v", one)
			}
		}
	})
}

// An auditor reads what was told, and learns no name of what they may not see; and a neighbour reads nothing, whatever they ask for.
func TestAttackTheRecordNamesNothingUnseen(t *testing.T) {
	each(t, func(t *testing.T, d *door) {
		auditor := d.Person("audit@example.com", perm.Technician)
		d.Grant(auditor.ID, d.Role("audits", perm.Administration, perm.AdminAudit), resourcetest.Scope{Type: "organization"}, false)
		for kind, key := range map[string]string{"device": d.device, "customer": d.customer, "contact": d.contact, "ticket": d.ticket, "device_group": d.group} {
			d.ask("boss", d.una.ID, "device.files", kind, key)
		}
		d.ask("boss", d.tom.ID, "device.screen.control", "device", d.device)
		d.written()
		d.Server = d.Serve(map[string]access.Actor{"auditor": auditor, "boss": d.boss}, func(api *httpapi.API) { d.service.Routes(api, base) })
		if got := d.read("auditor", ""); len(got) != 6 {
			t.Fatalf("%d", len(got))
		}
		for _, one := range d.read("auditor", "") {
			if one["resource_name"] != "" {
				t.Errorf("an auditor reads the name of %v", one)
			}
			for _, rule := range one["because"].([]any) {
				if at := rule.(fields)["at"].(fields); at["name"] != "" {
					t.Errorf("an auditor reads the name of %v", at)
				}
			}
		}
		for _, one := range d.read("boss", "") {
			if one["resource_name"] == "" {
				t.Errorf("an administrator does not read the name of %v", one)
			}
		}
		neighbour := furnish(d.Beside("Neighbour"))
		for _, query := range []string{"", "subject_id=" + d.tom.ID, "resource_id=" + d.device, "token_id=" + d.boss.TokenID, "asked_by=" + d.boss.ID} {
			if got := neighbour.read("boss", query); len(got) > 0 {
				t.Errorf("a neighbour reads %s: %v", query, fmt.Sprint(got))
			}
		}
	})
}
