package technician_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func TestSafeguardsAreChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		for name, tc := range map[string]struct {
			edit    func(*technician.Fields)
			pointer string // of what is wrong
			kept    string
		}{
			"a network":            {func(f *technician.Fields) { f.AllowedNetworks = []string{"203.0.113.77/24"} }, "", "[203.0.113.0/24]"},
			"an address":           {func(f *technician.Fields) { f.AllowedNetworks = []string{"203.0.113.7", "2001:db8::1"} }, "", "[203.0.113.7/32 2001:db8::1/128]"},
			"a mapped network":     {func(f *technician.Fields) { f.AllowedNetworks = []string{"::ffff:203.0.113.0/120"} }, "", "[203.0.113.0/24]"},
			"a wider mapped one":   {func(f *technician.Fields) { f.AllowedNetworks = []string{"::ffff:0.0.0.0/90"} }, "/allowed_networks/0", ""},
			"words":                {func(f *technician.Fields) { f.AllowedNetworks = []string{"10.0.0.0/8", "office"} }, "/allowed_networks/1", ""},
			"too wide":             {func(f *technician.Fields) { f.AllowedNetworks = []string{"10.0.0.0/33"} }, "/allowed_networks/0", ""},
			"a zone":               {func(f *technician.Fields) { f.AllowedNetworks = []string{"fe80::1%eth0"} }, "/allowed_networks/0", ""},
			"twice, written apart": {func(f *technician.Fields) { f.AllowedNetworks = []string{"10.1.0.0/8", "10.0.0.0/8"} }, "/allowed_networks/1", ""},
			"too many":             {func(f *technician.Fields) { f.AllowedNetworks = make([]string, 51) }, "/allowed_networks", ""},
			"a long idle time":     {func(f *technician.Fields) { f.IdleMinutes = 1441 }, "/idle_minutes", ""},
			"a negative life":      {func(f *technician.Fields) { f.SessionHours = -1 }, "/session_hours", ""},
			"a bad second number":  {func(f *technician.Fields) { f.OtherPhones = []technician.Phone{{Number: "12", Kind: "mobile"}} }, "/other_phones/0/number", ""},
			"a bad kind":           {func(f *technician.Fields) { f.OtherPhones = []technician.Phone{{Number: "+12125550123", Kind: "fax"}} }, "/other_phones/0/kind", ""},
		} {
			_, err := w.Update(w.Admin(), bo.ID, func(t technician.Technician) (technician.Fields, error) {
				tc.edit(&t.Fields)
				return t.Fields, nil
			})
			if e, ok := errors.AsType[*fault.Error](err); ok != (tc.pointer != "") || (ok && e.Fields[0].Pointer != tc.pointer) {
				t.Errorf("%s: %v, want something at %q", name, err, tc.pointer)
			}
			if tc.kept != "" {
				if got, _ := w.Find(w.Admin(), bo.ID); fmt.Sprint(got.AllowedNetworks) != tc.kept {
					t.Errorf("%s: kept %v", name, got.AllowedNetworks)
				}
			}
		}
	})
}

// Everything that people enter comes back as it was entered, from one technician and from the list.
func TestAllFieldsAreKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := technician.Fields{
			GivenName: "Bo", FamilyName: "Ek", Email: "bo@example.com", Phone: "+12125550144", JobTitle: "Bench", Department: "Repairs",
			OtherPhones: []technician.Phone{{Number: "+12125550145", Kind: "landline"}, {Number: "+12125550146", Kind: "other"}},
			Usernames:   []string{"ad:bo"}, PlatformRole: perm.Manager, Status: technician.Active, Locale: "fr", TimeZone: "Europe/Paris", Theme: "dark",
			UIClosed: true, MFARequired: true, AllowedNetworks: []string{"10.0.0.0/8"}, IdleMinutes: 10, SessionHours: 4,
			ImportedFrom: "csv", SourceID: "4711",
		}
		made, err := w.Create(w.Admin(), want, "")
		if err != nil {
			t.Fatal(err)
		}
		one, err := w.Find(w.Admin(), made.ID)
		if err != nil {
			t.Fatal(err)
		}
		many, _, err := w.List(w.Admin(), technician.Query{Text: "0145", Source: "csv", UIAccess: "false", MFA: "missing", Page: store.Page{Limit: 5}})
		if err != nil || len(many) != 1 {
			t.Fatalf("%d, %v", len(many), err)
		}
		want.TeamIDs, want.CustomerIDs = nil, nil
		for _, got := range []technician.Technician{one, many[0]} {
			if fmt.Sprintf("%+v", got.Fields) != fmt.Sprintf("%+v", want) {
				t.Errorf("got  %+v\nwant %+v", got.Fields, want)
			}
		}
		for name, q := range map[string]technician.Query{
			"entered by hand": {Source: "none"}, "by the console": {UIAccess: "true"}, "without a factor": {MFA: "missing"},
		} {
			q.Limit = 5
			want := map[string]int{"entered by hand": 1, "by the console": 1, "without a factor": 2}[name]
			if found, _, err := w.List(w.Admin(), q); err != nil || len(found) != want {
				t.Errorf("%s: %d, %v; want %d", name, len(found), err, want)
			}
		}
		if found, _, err := w.List(w.Admin(), technician.Query{MFA: "enrolled", Page: store.Page{Limit: 5}}); err != nil || len(found) != 0 {
			t.Errorf("with a factor: %d, %v", len(found), err)
		}
		for _, sort := range []string{"role", "-role", "status", "-status"} {
			if found, _, err := w.List(w.Admin(), technician.Query{Sort: sort, Page: store.Page{Limit: 5}}); err != nil || len(found) != 2 {
				t.Errorf("sorted by %s: %d, %v", sort, len(found), err)
			}
		}
	})
}

func TestAttack44OwnSafeguards(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin := w.add("second", perm.Administrator)
		narrow := w.Actor("x", perm.Administrator)
		narrow.Kind, narrow.Ceiling = access.Token, perm.Set{perm.AdminTechnicians: true}
		for name, edit := range map[string]func(*technician.Fields){
			"the duty to have a second factor": func(f *technician.Fields) { f.MFARequired = true },
			"networks":                         func(f *technician.Fields) { f.AllowedNetworks = []string{"0.0.0.0/0"} },
			"idle time":                        func(f *technician.Fields) { f.IdleMinutes = 1440 },
			"the console":                      func(f *technician.Fields) { f.UIClosed = true },
			"department":                       func(f *technician.Fields) { f.Department = "Board" },
		} {
			if code := w.change(w.act(admin), admin.ID, edit); code != "technician.self" {
				t.Errorf("one's own %s: %q", name, code)
			}
			if name != "department" {
				if code := w.change(access.WithActor(t.Context(), narrow), admin.ID, edit); code != "technician.ceiling" {
					t.Errorf("%s of an administrator by a narrow token: %q", name, code)
				}
			}
			if code := w.change(w.act(admin), w.owner.ID, edit); code != "technician.owner" {
				t.Errorf("%s of the owner: %q", name, code)
			}
		}
		from := func(address string) context.Context {
			a := w.Actor(w.owner.ID, perm.Administrator)
			a.Owner, a.Address = true, address
			return access.WithActor(t.Context(), a)
		}
		networks := func(all ...string) func(*technician.Fields) {
			return func(f *technician.Fields) { f.AllowedNetworks = all }
		}
		for _, tc := range []struct {
			name string
			edit func(*technician.Fields)
			want string
		}{
			{"the network they are in", networks("192.0.2.0/24"), ""},
			{"another network", networks("198.51.100.0/24"), "technician.shut_out"},
			{"both", networks("198.51.100.0/24", "192.0.2.0/24"), ""},
			{"no network", networks(), ""},
			{"the console", func(f *technician.Fields) { f.UIClosed = true }, "technician.shut_out"},
			{"times", func(f *technician.Fields) { f.MFARequired, f.IdleMinutes, f.SessionHours = true, 5, 1 }, ""},
			{"department", func(f *technician.Fields) { f.Department = "Board" }, ""},
		} {
			if code := w.change(from("192.0.2.7"), w.owner.ID, tc.edit); code != tc.want {
				t.Errorf("an owner's own %s: %q, want %q", tc.name, code, tc.want)
			}
		}
	})
}

func TestConsentIsEvidence(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		as := func(address string) context.Context {
			a := w.Actor(bo.ID, perm.Technician)
			a.Address = address
			return access.WithActor(t.Context(), a)
		}
		if code := fault.CodeOf(second(w.Agree(as("192.0.2.1"), technician.ConsentVersion))); code != "technician.no_phone" {
			t.Errorf("without a number: %s", code)
		}
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.Phone = "+12125550150" }); code != "" {
			t.Fatal(code)
		}
		if code := fault.CodeOf(second(w.Agree(as("192.0.2.1"), "1999-01"))); code != "technician.consent_text_changed" {
			t.Errorf("to an old text: %s", code)
		}
		got, err := w.Agree(as("192.0.2.1"), technician.ConsentVersion)
		if err != nil || !got.SMSConsent.Given() || got.SMSConsent.TextVersion != technician.ConsentVersion {
			t.Fatalf("%+v, %v", got.SMSConsent, err)
		}
		if got, err := w.Withdraw(as("192.0.2.2")); err != nil || got.SMSConsent.Given() {
			t.Errorf("%+v, %v", got.SMSConsent, err)
		}
		if _, err := w.Withdraw(as("192.0.2.3")); err != nil {
			t.Error(err)
		}
		if _, err := w.Agree(as("192.0.2.4"), technician.ConsentVersion); err != nil {
			t.Fatal(err)
		}
		// Somebody else has the new number, or may have: what was agreed to for the old one is over.
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.Phone = "+12125550151" }); code != "" {
			t.Fatal(code)
		}
		if got, _ := w.Find(w.Admin(), bo.ID); got.SMSConsent.Given() {
			t.Error("the consent went on to another number")
		}
		if want := []string{"true 192.0.2.1", "false 192.0.2.2", "true 192.0.2.4", "false "}; !slices.Equal(w.consents(bo.ID), want) {
			t.Errorf("kept %q, want %q", w.consents(bo.ID), want)
		}
		if a, b := w.Audited("technician.agree_sms", audit.Success), w.Audited("technician.withdraw_sms", audit.Success); a != 2 || b != 2 {
			t.Errorf("%d and %d events", a, b)
		}
	})
}

// consents are what is kept of somebody, the oldest first.
func (w *world) consents(id string) (out []string) {
	w.T.Helper()
	rows, err := w.DB.Read().QueryContext(w.T.Context(), `
		select agreed, address from technician_sms_consent where org_id = $1 and technician_id = $2 order by at, id`, w.Org.ID, id)
	if err != nil {
		w.T.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var agreed bool
		var address string
		if err := rows.Scan(&agreed, &address); err != nil {
			w.T.Fatal(err)
		}
		out = append(out, fmt.Sprint(agreed, " ", address))
	}
	if err := rows.Err(); err != nil {
		w.T.Fatal(err)
	}
	return out
}

// inSession is a context in which a technician acts who has just proved who they are, or some time ago.
func (w *world) inSession(t technician.Technician, ago time.Duration) context.Context {
	a := w.Actor(t.ID, t.PlatformRole)
	a.Owner, a.SessionID, a.Authenticated = t.Owner, "session", time.Now().Add(-ago)
	return access.WithActor(w.T.Context(), a)
}

func TestHandOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		next, manager := w.add("next", perm.Administrator), w.add("manager", perm.Manager)
		gone, apiOnly := w.add("gone", perm.Administrator), w.add("api", perm.Administrator)
		if _, err := w.Suspend(w.Admin(), gone.ID, ""); err != nil {
			t.Fatal(err)
		}
		if code := w.change(w.Admin(), apiOnly.ID, func(f *technician.Fields) { f.UIClosed = true }); code != "" {
			t.Fatal(code)
		}
		invited, err := w.Create(w.Admin(), technician.Fields{GivenName: "I", Email: "i@example.com", PlatformRole: perm.Administrator}, "")
		if err != nil {
			t.Fatal(err)
		}
		now := w.inSession(w.owner, 0)
		for name, tc := range map[string]struct {
			ctx  context.Context
			to   string
			want string
		}{
			"by a token":             {w.ownerCtx(), next.ID, "technician.not_owner"},
			"by somebody else":       {w.inSession(next, 0), next.ID, "technician.not_owner"},
			"by a manager":           {w.inSession(manager, 0), next.ID, "access.denied"},
			"proved some time ago":   {w.inSession(w.owner, 6*time.Minute), next.ID, "signin.fresh_required"},
			"to oneself":             {now, w.owner.ID, "technician.no_successor"},
			"to a manager":           {now, manager.ID, "technician.no_successor"},
			"to somebody suspended":  {now, gone.ID, "technician.no_successor"},
			"to somebody invited":    {now, invited.ID, "technician.no_successor"},
			"to an account for APIs": {now, apiOnly.ID, "technician.no_successor"},
			"to nobody":              {now, id.New(), "technician.not_found"},
		} {
			if code := fault.CodeOf(second(w.HandOver(tc.ctx, tc.to))); code != tc.want {
				t.Errorf("%s: %q, want %q", name, code, tc.want)
			}
		}
		got, err := w.HandOver(now, next.ID)
		if err != nil || !got.Owner {
			t.Fatalf("%+v, %v", got, err)
		}
		before, err1 := w.Find(w.Admin(), w.owner.ID)
		after, err2 := w.Find(w.Admin(), next.ID)
		if err := errors.Join(err1, err2); err != nil || before.Owner || before.PlatformRole != perm.Administrator || !after.Owner || after.Version != got.Version {
			t.Errorf("%+v, %+v, %v", before, after, err)
		}
		if w.handed != w.owner.ID+" to "+next.ID {
			t.Errorf("told of %q", w.handed)
		}
		if code := fault.CodeOf(second(w.HandOver(now, next.ID))); code != "technician.not_owner" {
			t.Errorf("handed over twice: %s", code)
		}
		if code := fault.CodeOf(second(w.Suspend(w.act(before), next.ID, ""))); code != "technician.owner" {
			t.Errorf("the former owner suspends the new one: %s", code)
		}
		if n := w.Audited("technician.hand_over", audit.Success); n != 1 {
			t.Errorf("%d events", n)
		}
		if n := w.Audited("technician.hand_over", audit.Denied); n < 8 {
			t.Errorf("%d refusals recorded", n)
		}
	})
}

// The owner hands over to several at once, and is removed by them at the same moment: there is one owner afterwards, who may act.
func TestAttack45HandOverInParallel(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var heirs []technician.Technician
		for i := range 4 {
			heirs = append(heirs, w.add(fmt.Sprint("heir", i), perm.Administrator))
		}
		var wg sync.WaitGroup
		var done atomic.Int32
		for i, h := range heirs {
			wg.Go(func() {
				if _, err := w.HandOver(w.inSession(w.owner, 0), h.ID); err == nil {
					done.Add(1)
				}
			})
			wg.Go(func() {
				_, _ = w.Suspend(w.act(heirs[(i+1)%4]), h.ID, "") // refused, if h owns the organization by then
			})
			wg.Go(func() {
				w.change(w.act(h), w.owner.ID, func(f *technician.Fields) { f.Status = technician.Inactive })
			})
		}
		wg.Wait()
		all, _, err := w.List(w.Admin(), technician.Query{Page: store.Page{Limit: 50}})
		if err != nil {
			t.Fatal(err)
		}
		owners := slices.DeleteFunc(all, func(t technician.Technician) bool { return !t.Owner })
		if len(owners) != 1 || !owners[0].Administers() || done.Load() > 1 {
			t.Errorf("%d owners, handed over %d times: %+v", len(owners), done.Load(), owners)
		}
	})
}

func TestBatches(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		batch, err := w.Batch(w.Admin())
		if err != nil {
			t.Fatal(err)
		}
		if code := fault.CodeOf(second(w.Batch(w.As("m", perm.Manager)))); code != "access.denied" {
			t.Errorf("a manager: %s", code)
		}
		fields := func(name string) technician.Fields {
			f, err := batch.Prepare(technician.Fields{GivenName: name, Email: name + "@example.com", ImportedFrom: "csv", SourceID: name})
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		var made []technician.Technician
		var codes []string
		err = w.DB.Write(t.Context(), func(tx *store.Tx) error {
			made, codes = nil, nil
			for _, name := range []string{"bo", "cy", "BO", "di"} {
				got, err := batch.CreateIn(w.Admin(), tx, fields(name))
				codes = append(codes, fault.CodeOf(err))
				if err == nil {
					made = append(made, got)
				}
			}
			lost := fields("lost")
			lost.CustomerIDs = []string{id.New()}
			_, err := batch.CreateIn(w.Admin(), tx, lost)
			codes = append(codes, fault.CodeOf(err))
			taken := fields("cy")
			_, _, err = batch.UpdateIn(w.Admin(), tx, made[0], taken)
			codes = append(codes, fault.CodeOf(err))
			titled := fields("cy")
			titled.JobTitle, titled.Status = "Bench", technician.Inactive
			for range 2 {
				now, err := technician.ByID(t.Context(), tx, w.Org.ID, made[1].ID)
				if err != nil {
					return err
				}
				_, changed, err := batch.UpdateIn(w.Admin(), tx, now, titled)
				codes = append(codes, fmt.Sprint(changed, fault.CodeOf(err)))
			}
			return batch.Tell(w.Admin(), tx)
		})
		want := []string{"", "", "technician.email_taken", "", "technician.customer_unknown", "technician.email_taken", "true", "false"}
		if err != nil || !slices.Equal(codes, want) {
			t.Errorf("%q, %v; want %q", codes, err, want)
		}
		if found, err := technician.ByEmails(t.Context(), w.DB.Read(), w.Org.ID, []string{"Bo@Example.com", "lost@example.com", "x@example.com"}); err != nil || len(found) != 1 || found["bo@example.com"].GivenName != "bo" {
			t.Errorf("by email: %v, %v", found, err)
		}
		if found, err := technician.BySource(t.Context(), w.DB.Read(), w.Org.ID, "csv", []string{"di", "cy", "x"}); err != nil || len(found) != 2 || found["cy"].Status != technician.Inactive {
			t.Errorf("by source: %v, %v", found, err)
		}
		if got := w.ended; len(got) != 1 || got[0] != made[1].ID+": inactive" {
			t.Errorf("ended %v", got)
		}
		if n := w.Audited("technician.create", audit.Success); n != 4 { // with the owner
			t.Errorf("%d creations recorded", n)
		}
		if code := fault.CodeOf(second(batch.Prepare(technician.Fields{GivenName: "X", Email: "x@example.com", Status: technician.OverLimit}))); code != "technician.status_reserved" {
			t.Error(code)
		}
	})
}

// A file gives nobody more than the one who imports it may give (attack 41).
func TestAttack41CeilingOfBatches(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, bo := w.add("second", perm.Administrator), w.add("bo", perm.Technician)
		narrow := w.Actor(admin.ID, perm.Administrator)
		narrow.Kind, narrow.Ceiling = access.Token, perm.Set{perm.AdminTechnicians: true, perm.ContactView: true}
		for name, tc := range map[string]struct {
			ctx  context.Context
			t    *technician.Technician
			edit func(*technician.Fields)
			want string
		}{
			"a narrow token creates":                 {access.WithActor(t.Context(), narrow), nil, func(*technician.Fields) {}, "technician.ceiling"},
			"a narrow token creates above":           {access.WithActor(t.Context(), narrow), nil, func(f *technician.Fields) { f.PlatformRole = perm.Administrator }, "technician.ceiling"},
			"a narrow token promotes":                {access.WithActor(t.Context(), narrow), &bo, func(f *technician.Fields) { f.PlatformRole = perm.Administrator }, "technician.ceiling"},
			"a narrow token takes an account over":   {access.WithActor(t.Context(), narrow), &bo, func(f *technician.Fields) { f.Email = "mine@example.com" }, "technician.ceiling"},
			"an administrator promotes themselves":   {w.act(admin), &admin, func(f *technician.Fields) { f.PlatformRole = perm.Manager }, "technician.self"},
			"an administrator leaves":                {w.act(admin), &admin, func(f *technician.Fields) { f.Status = technician.Inactive }, "technician.self"},
			"an administrator renames the owner":     {w.act(admin), &w.owner, func(f *technician.Fields) { f.GivenName = "X" }, "technician.owner"},
			"an administrator suspends the owner":    {w.act(admin), &w.owner, func(f *technician.Fields) { f.Status = technician.Suspended }, "technician.owner"},
			"an administrator promotes a technician": {w.act(admin), &bo, func(f *technician.Fields) { f.PlatformRole = perm.Administrator }, ""},
		} {
			batch, err := w.Batch(tc.ctx)
			if err != nil {
				t.Fatal(err)
			}
			f := technician.Fields{GivenName: "New", Email: id.New() + "@example.com", PlatformRole: perm.Technician, Status: technician.Active, Theme: "auto"}
			if tc.t != nil {
				f = tc.t.Fields
			}
			tc.edit(&f)
			foreseen := fault.CodeOf(batch.May(tc.ctx, tc.t, f))
			var code string
			rollback := errors.New("enough seen")
			err = w.DB.Write(t.Context(), func(tx *store.Tx) error {
				if tc.t == nil {
					_, err := batch.CreateIn(tc.ctx, tx, f)
					code = fault.CodeOf(err)
					return rollback
				}
				now, err := technician.ByID(t.Context(), tx, w.Org.ID, tc.t.ID)
				if err != nil {
					return err
				}
				_, _, err = batch.UpdateIn(tc.ctx, tx, now, f)
				code = fault.CodeOf(err)
				return rollback
			})
			if !errors.Is(err, rollback) || code != tc.want || foreseen != tc.want {
				t.Errorf("%s: %q, foreseen %q, want %q, %v", name, code, foreseen, tc.want, err)
			}
		}
	})
}
