package access_test

import (
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

const fixture = `
insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version) values
	('o', 'o', 'O', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1), ('p', 'p', 'P', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1);
insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version) values
	('o', 'mine', 'M', 'm', '[]', '', '', 1, 1, 1), ('o', 'theirs', 'T', 't', '[]', '', '', 1, 1, 1), ('p', 'mine', 'M', 'm', '[]', '', '', 1, 1, 1);
insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames, platform_role,
		owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version) values
	('o', 'tom', 'T', '', '', 'T', 't', 't@example.com', 't@example.com', '', '', '[]', 'technician', false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1);
insert into technician_customer (org_id, technician_id, customer_id) values ('o', 'tom', 'mine');
`

func open(t *testing.T) *access.Guard {
	t.Helper()
	db := storetest.Open(t)
	err := db.Write(t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(t.Context(), fixture); return err })
	if err != nil {
		t.Fatal(err)
	}
	return access.New(db)
}

func TestCheck(t *testing.T) {
	guard := open(t)
	tom := access.Actor{OrgID: "o", Kind: access.Technician, ID: "tom", Role: perm.Technician}
	with := func(change func(*access.Actor)) access.Actor { a := tom; change(&a); return a }
	for name, tc := range map[string]struct {
		actor    access.Actor
		p        perm.Permission
		customer string
		want     string
	}{
		"own customer":                {tom, perm.ContactEdit, "mine", ""},
		"another customer":            {tom, perm.ContactEdit, "theirs", "access.not_found"},
		"a customer that is not":      {tom, perm.ContactEdit, "none", "access.not_found"},
		"not of this role":            {tom, perm.CustomerEdit, "mine", "access.denied"},
		"administration":              {tom, perm.AdminSettings, "", "access.denied"},
		"manager edits":               {with(func(a *access.Actor) { a.Role = perm.Manager }), perm.CustomerEdit, "mine", ""},
		"manager elsewhere":           {with(func(a *access.Actor) { a.Role = perm.Manager }), perm.CustomerEdit, "theirs", "access.not_found"},
		"manager administers":         {with(func(a *access.Actor) { a.Role = perm.Manager }), perm.AdminTechnicians, "", "access.denied"},
		"administrator everywhere":    {with(func(a *access.Actor) { a.Role = perm.Administrator }), perm.AdminSettings, "theirs", ""},
		"owner whatever the role":     {with(func(a *access.Actor) { a.Role, a.Owner = perm.ReadOnly, true }), perm.AdminSettings, "theirs", ""},
		"read only reads":             {with(func(a *access.Actor) { a.Role = perm.ReadOnly }), perm.ContactView, "mine", ""},
		"read only never changes":     {with(func(a *access.Actor) { a.Role = perm.ReadOnly }), perm.ContactEdit, "mine", "access.denied"},
		"read only never verifies":    {with(func(a *access.Actor) { a.Role = perm.ReadOnly }), perm.VerificationRun, "mine", "access.denied"},
		"no role":                     {with(func(a *access.Actor) { a.Role = "" }), perm.ContactView, "mine", "access.denied"},
		"an invented role":            {with(func(a *access.Actor) { a.Role = "god" }), perm.ContactView, "mine", "access.denied"},
		"an unknown permission":       {with(func(a *access.Actor) { a.Role = perm.Administrator }), "contact.nonsense", "mine", "access.denied"},
		"within a token":              {with(func(a *access.Actor) { a.Ceiling = perm.Set{perm.ContactView: true} }), perm.ContactView, "mine", ""},
		"beyond a token":              {with(func(a *access.Actor) { a.Ceiling = perm.Set{perm.ContactView: true} }), perm.ContactEdit, "mine", "access.denied"},
		"a token wider than its role": {with(func(a *access.Actor) { a.Ceiling = perm.Set{perm.AdminSettings: true} }), perm.AdminSettings, "", "access.denied"},
		"a neighbour's customer":      {with(func(a *access.Actor) { a.OrgID = "p" }), perm.ContactView, "mine", "access.not_found"},
		"nobody":                      {access.Actor{}, perm.ContactView, "mine", "signin.required"},
		"a contact":                   {with(func(a *access.Actor) { a.Kind = access.Contact; a.Role = perm.Administrator }), perm.ContactView, "mine", "access.denied"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := access.WithActor(t.Context(), tc.actor)
			err := guard.Check(ctx, tc.p, access.Object{CustomerID: tc.customer})
			if got := fault.CodeOf(err); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if tc.want == "access.denied" && err.(*fault.Error).Permission != string(tc.p) { //nolint:errorlint,forcetypeassert // straight from Check
				t.Error("the refusal does not name the permission")
			}
		})
	}
}

// A list must hold exactly what Check would let through.
func TestCustomersAgreesWithCheck(t *testing.T) {
	guard := open(t)
	for _, role := range []perm.Role{perm.Administrator, perm.Manager, perm.Technician, perm.ReadOnly, ""} {
		ctx := access.WithActor(t.Context(), access.Actor{OrgID: "o", Kind: access.Technician, ID: "tom", Role: role})
		for _, e := range perm.Catalog() {
			scope, err := guard.Customers(ctx, e.Name)
			for _, customer := range []string{"mine", "theirs"} {
				listed := err == nil && scope.Has(customer)
				allowed := guard.Check(ctx, e.Name, access.Object{CustomerID: customer}) == nil
				if listed != allowed {
					t.Errorf("%q, %s, %s: listed %v, allowed %v", role, e.Name, customer, listed, allowed)
				}
			}
		}
	}
}
