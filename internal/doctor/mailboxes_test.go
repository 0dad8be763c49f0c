package doctor_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/doctor"
	"countersign.dev/countersign/internal/store"
)

// Every mailbox has a line of its own that says what is wrong with it and what to do.
func TestMailboxesThatAreFetched(t *testing.T) {
	s, _ := newSetup(t, "")
	now := store.Now()
	for name, tc := range map[string]struct {
		box    doctor.Mailbox
		grade  doctor.Grade
		detail string
		remedy string
	}{
		"read":       {doctor.Mailbox{State: "connected", CheckedAt: now, ReadAt: now}, doctor.OK, "(TLS): last read 20", ""},
		"just set":   {doctor.Mailbox{State: "waiting"}, doctor.Warn, "nobody looks into it; never read", "server runs"},
		"stale":      {doctor.Mailbox{State: "connected", CheckedAt: now.Add(-time.Hour), ReadAt: now.Add(-time.Hour)}, doctor.Warn, "nobody looks", "server runs"},
		"password":   {doctor.Mailbox{State: "failing", Reason: "sign_in", CheckedAt: now, ReadAt: now.Add(-time.Hour)}, doctor.Fail, "refused name and password", "Enter them again"},
		"no server":  {doctor.Mailbox{State: "failing", Reason: "timeout", CheckedAt: now, Now: "connect"}, doctor.Fail, "nothing answers there; never read", "firewall"},
		"no TLS":     {doctor.Mailbox{State: "connected", CheckedAt: now, ReadAt: now, Now: "tls_not_offered"}, doctor.Fail, "no TLS", "993"},
		"no address": {doctor.Mailbox{State: "no_address", CheckedAt: now}, doctor.Warn, "no address for answers", "address for answers"},
		"unmarked":   {doctor.Mailbox{State: "connected", Reason: "handled", CheckedAt: now, ReadAt: now}, doctor.Warn, "cannot be marked", "folder"},
		"unknown":    {doctor.Mailbox{State: "failing", Reason: "new_word", CheckedAt: now}, doctor.Fail, "new_word", "Try"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.box.Organization, tc.box.Server, tc.box.TLS = "Harbor IT", "imap.example.com", "tls"
			s.Mailboxes = func(context.Context, store.Querier) ([]doctor.Mailbox, error) { return []doctor.Mailbox{tc.box}, nil }
			c := find(t, doctor.Run(t.Context(), s), "mail in")
			if c.Grade != tc.grade || !strings.HasPrefix(c.Detail, "Harbor IT, imap.example.com (TLS): ") || !strings.Contains(c.Detail, tc.detail) ||
				!strings.Contains(c.Remedy, tc.remedy) || (c.Remedy == "") != (tc.grade == doctor.OK) {
				t.Errorf("%+v", c)
			}
		})
	}
	s.Mailboxes = func(context.Context, store.Querier) ([]doctor.Mailbox, error) { return nil, nil }
	if c := find(t, doctor.Run(t.Context(), s), "mail in"); c.Grade != doctor.OK {
		t.Errorf("without any: %+v", c)
	}
	s.Mailboxes = func(context.Context, store.Querier) ([]doctor.Mailbox, error) { return nil, errors.New("no table") }
	if c := find(t, doctor.Run(t.Context(), s), "mail in"); c.Grade != doctor.Fail || c.Remedy == "" {
		t.Errorf("unreadable: %+v", c)
	}
}
