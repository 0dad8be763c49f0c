package erasure

// rows are those of a table that name a person in a column.
type rows struct {
	table  string
	column string // holds the id of the person, or one of their addresses
	set    string // what becomes of such a row; "" deletes it
}

// What is left of a message: that there was one, and how it fared. One that still waits is not sent.
const messageLeft = `address = '', address_key = '', subject = null, body = null, reply_hash = null, next_at = null,
	state = case when state = 'planned' then 'expired' else state end, reason = case when state = 'planned' then 'canceled' else reason end`

// ofPerson are the rows about somebody, or by somebody. Ids are never used twice, so one list serves contacts and technicians.
func ofPerson() []rows {
	return []rows{
		{"accessreview", "created_by", `created_name = '[erased]'`},
		{"accessreview", "ended_by", `ended_name = '[erased]'`},
		{"accessreview_item", "subject_id", `subject_name = '[erased]', place = subject_id`},
		{"accessreview_item", "granted_by", `granted_name = '[erased]'`},
		{"accessreview_item", "answered_by", `answered_name = '[erased]', comment = ''`},
		{"approval", "requester_id", `requester_name = '[erased]', reason = '[erased]'`},
		{"approval", "decided_by", `decided_name = '[erased]', comment = ''`},
		{"approval", "target_id", `target_name = '[erased]'`},
		{"consent_record", "contact_id", `address_key = '', ip = '', note = ''`},
		{"consent_record", "by_id", `by_name = '[erased]', ip = ''`},
		{"contact_merged", "into_id", ""},
		{"contactkey", "contact_id", ""},
		{"contactkey_enrolment", "contact_id", ""},
		{"contactkey_enrolment", "technician_id", `technician_name = '[erased]'`},
		{"csvimport", "created_by", `created_name = '[erased]'`},
		{"csvimport_row", "target_id", `name = '', message = ''`},
		{"csvimport_source", "target_id", ""},
		{"document_version", "by_id", `by_name = '[erased]'`},
		{"invitation", "technician_id", ""},
		{"invitation", "sent_by", `sent_by_name = '[erased]'`},
		{"message_delivery", "contact_id", messageLeft},
		{"notification", "technician_id", ""},
		{"optin_change", "contact_id", `old_number = '', new_number = ''`},
		{"optin_change", "ended_by", `ended_name = '[erased]'`},
		{"optin_form", "contact_id", `sent_to = '', number = '', new_number = ''`},
		{"optin_form", "asked_by", `asked_name = '[erased]'`},
		{"preference", "technician_id", ""},
		{"signin_session", "technician_id", ""},
		{"apitoken", "technician_id", ""},
		{"task", "created_by", `created_name = '[erased]'`},
		{"task_result", "target_id", `name = '', message = ''`},
		{"technician_sms_consent", "technician_id", ""},
		{"ticket", "former_contact_id", `contact_name = '[erased]'`},
		{"ticket", "created_by", `creator_name = '[erased]'`},
		{"ticket_note", "author_id", `author_name = '[erased]'`},
		{"usage_day", "technician_id", ""},
		{"usage_last", "technician_id", ""},
		{"verify_challenge", "contact_id", `address = '', note = ''`},
		{"verify_challenge", "technician_id", `technician_name = '[erased]'`},
		{"verify_override", "contact_id", `reason = '[erased]'`},
		{"verify_duo_push", "contact_id", `username = ''`},
		{"verify_duo_user", "contact_id", ""},
		{"verify_idp_subject", "contact_id", ""},
		{"verify_request", "contact_id", `address = '', note = ''`},
		{"verify_request", "claimed_by", `claimed_name = '[erased]'`},
	}
}

// ofAddress are the rows about an address, whosever it is.
func ofAddress() []rows {
	return []rows{
		{"consent", "address_key", ""},
		{"consent_record", "address_key", `address_key = '', ip = '', note = ''`},
		{"invitation", "email_key", ""},
		{"message_delivery", "address_key", messageLeft},
		{"message_inbound", "sender", `sender = '', subject = null, body = null`},
		{"message_sandbox", "recipient_key", ""},
		{"message_sandbox", "sender", ""},
		{"message_start", "address_key", ""},
		{"recovery", "email_key", ""},
		{"recovery_request", "email", ""},
		{"verify_challenge", "address", `address = ''`},
		{"verify_request", "address", `address = ''`},
	}
}

// known are the columns that hold addresses of a person, by whom they are about.
func known(k kind) []rows {
	if k == technicians {
		return []rows{{"invitation", "technician_id", "email"}, {"technician_sms_consent", "technician_id", "address"}}
	}
	return []rows{
		{"contactkey_enrolment", "contact_id", "address"},
		{"message_delivery", "contact_id", "address"},
		{"optin_change", "contact_id", "old_number"},
		{"optin_change", "contact_id", "new_number"},
		{"optin_form", "contact_id", "sent_to"},
		{"optin_form", "contact_id", "number"},
		{"optin_form", "contact_id", "new_number"},
		{"verify_challenge", "contact_id", "address"},
		{"verify_request", "contact_id", "address"},
	}
}

// texts are the columns in which people, or the product in their words, may have named anybody.
func texts() map[string][]string {
	return map[string][]string{
		"accessreview":      {"name"},
		"accessreview_item": {"scope_name", "comment"},
		"approval":          {"target_name", "parameters", "facts", "reason", "comment"},
		"consent_record":    {"note"},
		"contact":           {"notes", "custom_fields", "search_text"},
		"csvimport":         {"file_name"},
		"csvimport_row":     {"name", "field", "message"},
		"customer":          {"notes", "search_text"},
		"device":            {"name", "sort_name", "description", "search_text"},
		"events_event":      {"data"},
		"grant_role":        {"reason"},
		"message_sandbox":   {"subject", "body"},
		"notification":      {"data"},
		"preference":        {"value"},
		"apitoken":          {"name"},
		"task":              {"message", "payload", "data"},
		"task_result":       {"name", "message"},
		"team":              {"description", "search_text"},
		"ticket":            {"contact_name", "summary", "description", "search_text"},
		"ticket_template":   {"name", "name_key", "summary", "description"},
		"ticket_note":       {"body", "author_name"},
		"verify_challenge":  {"note", "action"},
		"verify_override":   {"reason"},
		"verify_request":    {"note"},
	}
}
