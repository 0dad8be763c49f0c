package erasure

import (
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/store/storetest"
)

// What names nobody: ids, words of the product, and what an organization says of itself. "table." stands for all columns of a table, and
// ".column" for a column of every table.
var nothing = strings.Fields(`
	.id .created_by .state .status .kind .way .language .reason .key .action .source .locale .time_zone .theme .permissions .scope_type .purpose .outcome .claim .node .ceiling
	audit_checkpoint. audit_event. audit_key. audit_target. authzen_decision. access_change.
	avatar. branding. branding_logo. consent_erased. consent_settings. consent_text. document_setting. device_group. factor_challenge. factor_passkey. grant_default. grant_override.
	message_gateway. message_imap. message_imap_state. message_mail. message_sending. message_twilio. message_twilio_number. message_twilio_proof. message_twilio_call.
	message_attempt. message_report. message_spend. notification_held. notification_preference. organization. platformrole. pod. pod_grant. role. signin_account. signin_password.
	signin_failure. signinpolicy. store_idempotency. verify_codes. verify_duo. verify_idp_provider. verify_idp_signin. verify_lock. verify_settings. verifypolicy.
	wording. goose_db_version. recovery_count. csvimport_mapping.
	apitoken.prefix consent_record.text_version contactkey.rp_id contactkey.aaguid csvimport.delimiter csvimport.columns csvimport.mapping csvimport.options
	customer.name customer.sort_name customer.domains customer.phone customer.address customer.website device.platform document_version.document_key document_version.title
	document_version.body events_event.needs events_event.recipient invitation.revoked_why message_delivery.resent_as message_delivery.resends message_delivery.owner_type
	message_delivery.provider message_inbound.recipient message_inbound.provider_id message_inbound.reply_to message_inbound.handled optin_form.text_version optin_form.delivery
	task_result.target_type team.name team.name_key ticket.priority ticket.creator_type ticket.assigned_to ticket_note.visibility ticket_note.author_type
	ticket_template.priority verify_challenge.method verify_challenge.call_direction verify_challenge.delivery verify_challenge.form verify_duo_push.user_id
	verify_duo_push.phone_id verify_duo_push.push_id verify_request.medium consent_record.ip approval.permission approval.target_type approval.customer_name approval.gives approval.digest approval.decided_by
	approval.failure approval_window. verify_override.approved_by sensitivity. message_attachment. verify_override_told. message_sandbox.attachment_name
	accessreview.scope accessreview.unanswered accessreview_item.subject_type accessreview_item.role_name accessreview_item.answer accessreview_item.after_answer`)

// A column that comes with a new feature has to be looked at: either it is erased with a person, or it names nobody.
func TestEveryTextOfTheSchemaIsAccountedFor(t *testing.T) {
	known := map[string]bool{}
	for _, r := range slices.Concat(ofPerson(), ofAddress()) {
		known[r.table+"."+r.column] = true
		if r.set == "" {
			known[r.table+"."] = true
		}
		for part := range strings.SplitSeq(r.set, ",") {
			name, _, _ := strings.Cut(part, "=")
			known[r.table+"."+strings.TrimSpace(name)] = true
		}
	}
	for table, columns := range texts() {
		for _, c := range columns {
			known[table+"."+c] = true
		}
	}
	for _, table := range []string{"contact", "contact_phone", "contact_email", "technician"} { // deleted by their own slices
		known[table+"."] = true
	}
	db := storetest.Open(t)
	rows, err := db.Read().QueryContext(t.Context(), `select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c
		where m.type = 'table' and lower(c.type) = 'text' and m.name not like 'river%' and m.name not like 'sqlite%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			t.Fatal(err)
		}
		n++
		if strings.HasSuffix(column, "_id") || known[table+"."] || known[table+"."+column] || slices.Contains(nothing, table+".") || slices.Contains(nothing, table+"."+column) || slices.Contains(nothing, "."+column) {
			continue
		}
		t.Errorf("%s.%s may tell of a person: put it into places.go, or say here that it names nobody", table, column)
	}
	if err := rows.Err(); err != nil || n < 200 {
		t.Errorf("%d columns, %v", n, err)
	}
}

func TestTracesAreFoundAsPeopleWriteThem(t *testing.T) {
	tr := newTraces("Zoë Ende", []string{"zoe@northwind.example.com", "+12125550123"})
	for text, want := range map[string]string{
		"ZOË  ende called":                        "[erased] called",
		"zoe ende":                                "[erased]",
		"Zoë Enders stays":                        "Zoë Enders stays",
		"Zoë\nEnde":                               "[erased]",
		"to Zoe@Northwind.example.com.":           "to [erased].",
		"max.zoe@northwind.example.com":           "max.zoe@northwind.example.com",
		"(212) 555-0123 or 212.555.0123":          "[erased] or [erased]",
		"+1 212 555 0123, 12125550123":            "[erased], [erased]",
		"212555012345 is a serial number":         "212555012345 is a serial number",
		`{"name":"Zoë Ende","to":"+12125550123"}`: `{"name":"[erased]","to":"[erased]"}`,
	} {
		if got := tr.scrub(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	if got := newTraces("", nil).scrub("Zoë Ende"); got != "Zoë Ende" {
		t.Errorf("nobody is found in %q", got)
	}
}
