package technician_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/technician"
)

// world is an organization with an owner, and what the hooks heard.
type world struct {
	*organizationtest.World
	*technician.Service
	owner technician.Technician

	mu     sync.Mutex
	ended  []string // "technician: reason"
	handed string   // "technician to technician"
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := &world{World: organizationtest.New(t, db, "Blue Harbor IT")}
		w.Service = technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{
			Password: func(_ context.Context, password string, _ technician.Technician) (technician.KeepPassword, error) {
				if len(password) < 8 {
					return nil, fault.Field("/password", "signin.password_short", "Too short.")
				}
				return func(context.Context, *store.Tx, string) error { return nil }, nil
			},
			Inactive: func(_ context.Context, _ *store.Tx, technicianID, reason string) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.ended = append(w.ended, technicianID+": "+reason)
				return nil
			},
			HandedOver: func(_ context.Context, _ *store.Tx, from, to technician.Technician) error {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.handed = from.ID + " to " + to.ID
				return nil
			},
		})
		err := db.Write(t.Context(), func(tx *store.Tx) (err error) {
			w.owner, err = w.CreateOwner(w.System(), tx, technician.Owner{Name: "Ana Maria Lopez", Email: "Ana@Example.com", Phone: "212 555 0101"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, w)
	})
}

// ownerCtx is a context in which the owner acts.
func (w *world) ownerCtx() context.Context {
	a := w.Actor(w.owner.ID, perm.Administrator)
	a.Owner = true
	return access.WithActor(w.T.Context(), a)
}

// act is a context in which one of the technicians acts.
func (w *world) act(t technician.Technician) context.Context {
	return w.As(t.ID, t.PlatformRole)
}

// add creates a technician who can sign in.
func (w *world) add(name string, role perm.Role) technician.Technician {
	w.T.Helper()
	t, err := w.Create(w.Admin(), technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: role}, "temporary")
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

// change applies one edit and returns the code of its error.
func (w *world) change(ctx context.Context, id string, edit func(*technician.Fields)) string {
	_, err := w.Update(ctx, id, func(t technician.Technician) (technician.Fields, error) {
		f := t.Fields
		f.CustomerIDs = slices.Clone(f.CustomerIDs)
		edit(&f)
		return f, nil
	})
	return fault.CodeOf(err)
}

func TestCreate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.owner.Name() != "Ana Maria Lopez" || w.owner.FamilyName != "Lopez" || w.owner.Phone != "+12125550101" || !w.owner.Administers() {
			t.Errorf("owner: %+v", w.owner)
		}
		for name, tc := range map[string]struct {
			fields   technician.Fields
			password string
			want     string // code, or state
		}{
			"invitation":       {technician.Fields{GivenName: "Bo", Email: "bo@example.com"}, "", "invitation"},
			"with password":    {technician.Fields{FamilyName: "Cruz", Email: "cruz@example.com"}, "temporary", "activated"},
			"bad password":     {technician.Fields{GivenName: "Di", Email: "di@example.com"}, "short", "signin.password_short"},
			"no name":          {technician.Fields{Email: "x@example.com"}, "", "request.invalid"},
			"no email":         {technician.Fields{GivenName: "X"}, "", "request.invalid"},
			"bad email":        {technician.Fields{GivenName: "X", Email: "x"}, "", "request.invalid"},
			"bad phone":        {technician.Fields{GivenName: "X", Email: "x@example.com", Phone: "12"}, "", "request.invalid"},
			"taken email":      {technician.Fields{GivenName: "X", Email: "ANA@example.com"}, "", "technician.email_taken"},
			"unknown role":     {technician.Fields{GivenName: "X", Email: "x@example.com", PlatformRole: "root"}, "", "request.invalid"},
			"reserved status":  {technician.Fields{GivenName: "X", Email: "x@example.com", Status: technician.OverLimit}, "", "technician.status_reserved"},
			"unknown team":     {technician.Fields{GivenName: "X", Email: "x@example.com", TeamIDs: []string{id.New()}}, "", "technician.team_unknown"},
			"unknown customer": {technician.Fields{GivenName: "X", Email: "x@example.com", CustomerIDs: []string{id.New()}}, "", "technician.customer_unknown"},
		} {
			got, err := w.Create(w.Admin(), tc.fields, tc.password)
			outcome := fault.CodeOf(err)
			if err == nil {
				outcome = string(got.State)
				if got.PlatformRole != perm.Technician || got.Status != technician.Active {
					t.Errorf("%s: became %s, %s", name, got.PlatformRole, got.Status)
				}
			}
			if outcome != tc.want {
				t.Errorf("%s: got %s (%v), want %s", name, outcome, err, tc.want)
			}
		}
		if got := fault.CodeOf(second(w.Create(w.As("t", perm.Manager), technician.Fields{GivenName: "X", Email: "x@example.com"}, ""))); got != "access.denied" {
			t.Errorf("a manager creating a technician: %s", got)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestListFindsAndPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 12 {
			w.add(fmt.Sprintf("tech%02d", i), perm.Technician)
		}
		if _, err := w.Create(w.Admin(), technician.Fields{
			GivenName: "Élise", Email: "elise@example.com", Phone: "(212) 555-0177", Usernames: []string{"ad:eduval", "connectwise:ed"},
		}, ""); err != nil {
			t.Fatal(err)
		}
		for q, want := range map[string]int{
			"elise": 1, "EDUVAL": 1, "(212) 555-0177": 1, "0177": 1, "tech": 12, "tech 03": 1, "nobody": 0, "100%": 0, "_": 0, "": 14,
		} {
			found, _, err := w.List(w.Admin(), technician.Query{Text: q, Page: store.Page{Limit: 50}})
			if err != nil || len(found) != want {
				t.Errorf("%q: %d, %v; want %d", q, len(found), err, want)
			}
		}
		for name, tc := range map[string]struct {
			query technician.Query
			want  int
		}{
			"invited": {technician.Query{State: technician.Invitation}, 1},
			"role":    {technician.Query{Role: "administrator"}, 1},
			"status":  {technician.Query{Status: technician.Suspended}, 0},
			"team":    {technician.Query{TeamID: id.New()}, 0},
		} {
			tc.query.Limit = 50
			if found, _, err := w.List(w.Admin(), tc.query); err != nil || len(found) != tc.want {
				t.Errorf("%s: %d, %v; want %d", name, len(found), err, tc.want)
			}
		}
		for _, sort := range []string{"", "-name", "email", "-last_active_at", "created_at", "-created_at"} {
			seen, cursor := map[string]bool{}, ""
			for range 20 {
				found, next, err := w.List(w.Admin(), technician.Query{Sort: sort, Page: store.Page{Limit: 4, Cursor: cursor}})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					seen[f.ID] = true
				}
				if cursor = next; next == "" {
					break
				}
			}
			if len(seen) != 14 {
				t.Errorf("sorted by %q: %d of 14", sort, len(seen))
			}
		}
	})
}

func TestCustomersAreReplacedAsAWhole(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		customers := customer.New(w.DB, w.Guard, w.Audit, w.Events)
		var ids []string
		for i := range 3 {
			c, err := customers.Create(w.Admin(), customer.Fields{Name: fmt.Sprint("Customer ", i)})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		bo := w.add("bo", perm.Technician)
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.CustomerIDs = []string{ids[2], ids[0], ids[2]} }); code != "" {
			t.Fatal(code)
		}
		if got, _ := w.Find(w.Admin(), bo.ID); !slices.Equal(got.CustomerIDs, []string{ids[0], ids[2]}) || got.Version != 2 {
			t.Errorf("assigned to %v, version %d", got.CustomerIDs, got.Version)
		}
		if scope, _ := w.Guard.Customers(w.act(bo), perm.ContactView); !slices.Equal(scope.CustomerIDs, []string{ids[0], ids[2]}) {
			t.Errorf("access says %v", scope)
		}
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.CustomerIDs = []string{ids[2], ids[0]} }); code != "" {
			t.Error(code)
		}
		if got, _ := w.Find(w.Admin(), bo.ID); got.Version != 2 {
			t.Error("another order is a change")
		}
		other := w.Beside("Other")
		stranger, err := customer.New(w.DB, w.Guard, w.Audit, w.Events).Create(other.Admin(), customer.Fields{Name: "Neighbour's"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Update(w.Admin(), bo.ID, func(t technician.Technician) (technician.Fields, error) {
			t.CustomerIDs = []string{ids[0], stranger.ID}
			return t.Fields, nil
		})
		if e, ok := errors.AsType[*fault.Error](err); !ok || e.Kind != fault.Invalid || e.Fields[0].Pointer != "/customer_ids/1" {
			t.Errorf("a neighbour's customer: %v", err)
		}
		if err := customers.Delete(w.Admin(), ids[0], func(customer.Customer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got, _ := w.Find(w.Admin(), bo.ID); !slices.Equal(got.CustomerIDs, []string{ids[2]}) {
			t.Errorf("still assigned to %v", got.CustomerIDs)
		}
	})
}

func TestStatusChangesEndSessionsAndAreRecorded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		if _, err := w.Suspend(w.Admin(), bo.ID, "lost laptop"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Suspend(w.Admin(), bo.ID, "again"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Reactivate(w.Admin(), bo.ID); err != nil {
			t.Fatal(err)
		}
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.Status, f.JobTitle = technician.Inactive, "Former" }); code != "" {
			t.Fatal(code)
		}
		got, err := w.Find(w.Admin(), bo.ID)
		if err != nil || got.Status != technician.Inactive || got.JobTitle != "Former" {
			t.Errorf("%+v, %v", got.Fields, err)
		}
		if want := []string{bo.ID + ": suspended", bo.ID + ": inactive"}; !slices.Equal(w.ended, want) {
			t.Errorf("ended %v, want %v", w.ended, want)
		}
		for _, action := range []string{"technician.suspend", "technician.reactivate", "technician.deactivate", "technician.update"} {
			if n := w.Audited(action, audit.Success); n != 1 {
				t.Errorf("%s: %d events", action, n)
			}
		}
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.Status = technician.OverLimit }); code != "technician.status_reserved" {
			t.Error(code)
		}
	})
}

func TestDeleteOnlyWhoLeftOrNeverCame(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		fine := func(technician.Technician) error { return nil }
		if code := fault.CodeOf(w.Delete(w.Admin(), bo.ID, fine)); code != "technician.still_active" {
			t.Error(code)
		}
		if code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.Status = technician.Inactive }); code != "" {
			t.Fatal(code)
		}
		invited, err := w.Create(w.Admin(), technician.Fields{GivenName: "I", Email: "i@example.com"}, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, gone := range []string{bo.ID, invited.ID} {
			if err := w.Delete(w.Admin(), gone, fine); err != nil {
				t.Error(err)
			}
			if code := fault.CodeOf(second(w.Find(w.Admin(), gone))); code != "technician.not_found" {
				t.Error(code)
			}
		}
		if n := w.Audited("technician.delete", audit.Success); n != 2 {
			t.Errorf("%d deletions recorded", n)
		}
	})
}

func TestAStaleVersionLoses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		var wg sync.WaitGroup
		for i := range 8 { // without If-Match nobody's change is lost
			wg.Go(func() {
				code := w.change(w.Admin(), bo.ID, func(f *technician.Fields) { f.Usernames = append(slices.Clone(f.Usernames), fmt.Sprint("name", i)) })
				if code != "" {
					t.Error(code)
				}
			})
		}
		wg.Wait()
		got, err := w.Find(w.Admin(), bo.ID)
		if err != nil || len(got.Usernames) != 8 || got.Version != 9 {
			t.Errorf("%v, version %d, %v", got.Usernames, got.Version, err)
		}
	})
}

func TestOwnProfile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.ReadOnly)
		got, err := w.UpdateOwn(w.act(bo), func(t technician.Technician) (technician.Fields, error) {
			f := t.Fields
			f.JobTitle, f.Theme, f.Locale, f.Phone = "Bench", "dark", "FR", "(212) 555-0199"
			f.PlatformRole, f.Email, f.Status = perm.Administrator, "boss@example.com", technician.Inactive // a profile holds none of these
			return f, nil
		})
		if err != nil || got.JobTitle != "Bench" || got.Theme != "dark" || got.Locale != "fr" || got.Phone != "+12125550199" {
			t.Errorf("%+v, %v", got.Fields, err)
		}
		if got.PlatformRole != perm.ReadOnly || got.Email != "bo@example.com" || got.Status != technician.Active {
			t.Errorf("a profile changed %+v", got.Fields)
		}
	})
}

func TestLookups(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, q := t.Context(), w.DB.Read()
		other := w.Beside("Second")
		if got, err := technician.ByEmail(ctx, q, "", "aNa@example.COM"); err != nil || got.ID != w.owner.ID {
			t.Errorf("%v, %v", got.ID, err)
		}
		if _, err := technician.ByEmail(ctx, q, other.Org.Slug, "ana@example.com"); !errors.Is(err, technician.ErrNotFound) {
			t.Errorf("found in the wrong organization: %v", err)
		}
		for address, want := range map[string]bool{"+12125550101": true, "ANA@example.com": true, "+12125550102": false, "": false, "a@b.co": false} {
			if own, err := technician.OwnsAddress(ctx, q, w.Org.ID, address); err != nil || own != want {
				t.Errorf("%q: %v, %v", address, own, err)
			}
		}
		if own, _ := technician.OwnsAddress(ctx, q, other.Org.ID, "+12125550101"); own {
			t.Error("an address is looked for in another organization")
		}
		w.add("admin2", perm.Administrator)
		invited, err := w.Create(w.Admin(), technician.Fields{GivenName: "I", Email: "i@example.com", PlatformRole: perm.Administrator}, "")
		if err != nil {
			t.Fatal(err)
		}
		if admins, err := technician.Administrators(ctx, q, w.Org.ID); err != nil || len(admins) != 2 {
			t.Errorf("%d administrators, %v", len(admins), err)
		}
		now := store.Now()
		err = w.DB.Write(ctx, func(tx *store.Tx) error {
			if err := w.Activate(w.System(), tx, w.Org.ID, invited.ID); err != nil {
				return err
			}
			return technician.Touch(ctx, tx, w.Org.ID, invited.ID, now)
		})
		got, _ := w.Find(w.Admin(), invited.ID)
		if err != nil || got.State != technician.Activated || !got.LastActiveAt.Equal(now) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestSplitName(t *testing.T) {
	for in, want := range map[string]string{"Ana  Maria Lopez ": "Ana Maria|Lopez", "Ana": "Ana|", "": "|"} {
		given, family := technician.SplitName(in)
		if got := strings.Join([]string{given, family}, "|"); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

// What somebody says of themselves when they take up an account is heard of like every other change, so that an address which the account
// loses there is remembered as theirs (R14).
func TestTakingUpAnAccountIsHeardOf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		invited, err := w.Create(w.Admin(), technician.Fields{GivenName: "I", Email: "i@example.com", Phone: "212 555 0144"}, "")
		if err != nil {
			t.Fatal(err)
		}
		var heard []technician.Change
		s := technician.New(w.DB, w.Guard, w.Audit, w.Events, technician.Hooks{
			StateChanged: []func(context.Context, *store.Tx, technician.Change) error{func(_ context.Context, _ *store.Tx, c technician.Change) error {
				heard = append(heard, c)
				return nil
			}},
		})
		err = w.DB.Write(t.Context(), func(tx *store.Tx) error {
			_, err := s.TakeUp(w.System(), tx, invited.OrgID, invited.ID, technician.Profile{GivenName: "Ines", FamilyName: "Roth"})
			return err
		})
		if err != nil || len(heard) != 2 {
			t.Fatalf("%d changes were heard of, %v", len(heard), err)
		}
		if c := heard[0]; c.Before.GivenName != "I" || c.After.GivenName != "Ines" || !slices.Equal(c.Before.Addresses(), c.After.Addresses()) {
			t.Errorf("%+v", c)
		}
		if c := heard[1]; c.Before.GivenName != "Ines" || c.After.State != technician.Activated {
			t.Errorf("%+v", c)
		}
	})
}
