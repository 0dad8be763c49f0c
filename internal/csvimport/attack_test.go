package csvimport_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/csvfile"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// A file brings no password hashes, of whatever size, and nothing else that is not a field of the person.
func TestAttack11And40AFileSetsOnlyWhatPeopleMayEnter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		i := w.upload(csvimport.Technicians, "email,name,password_hash,owner,status,state,org_id,mfa_required,is_admin\n"+
			"eve@example.com,Eve Nil,$argon2id$v=19$m=8388608$x$y,true,active,activated,other,false,true\n")
		for field := range i.Mapping {
			if !slices.Contains([]string{"email", "name"}, field) {
				t.Errorf("%s was mapped by itself", field)
			}
		}
		for _, field := range []string{"password_hash", "password", "owner", "status", "state", "org_id", "mfa_required", "custom:is_admin"} {
			mapping := map[string]int{"email": 0, "name": 1, field: 2}
			if _, err := w.Map(w.Admin(), i.ID, mapping, csvimport.Options{}); fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s: %v", field, err)
			}
		}
		w.check(i.ID)
		if _, err := w.Apply(w.Admin(), i.ID); err != nil {
			t.Fatal(err)
		}
		expect(t, w.settled(i.ID), csvimport.Counts{Create: 1})
		eve, err := technician.ByEmail(t.Context(), w.DB.Read(), "", "eve@example.com")
		if err != nil || eve.Owner || eve.State != technician.Invitation || eve.PlatformRole != perm.Technician || eve.MFARequired {
			t.Errorf("%+v, %v", eve, err)
		}
		s := w.Serve(map[string]access.Actor{"admin": w.actors["admin"]}, w.Routes)
		if code, body, _ := s.Do("admin", "PUT", "/api/imports/"+i.ID+"/mapping", `{"mapping":{"email":0},"state":"applied","created_by":"x"}`); code != http.StatusUnprocessableEntity {
			t.Error(code, body)
		}
	})
}

func TestTechniciansComeAsInvitationsWithinWhatTheImporterMayGive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer("Northwind")
		file := "Courriel;Prénom;Nom;Rôle;Clients\nada@example.com;Ada;Berg;Administrateur;\nbo@example.com;Bo;Dahl;technicien;Northwind\n" +
			"cy@example.com;Cy;Ek;emperor;\ndi@example.com;Di;Falk;manager;Nowhere\n"
		i := w.bring(csvimport.Technicians, file, csvimport.Options{SendInvitations: true})
		expect(t, i, csvimport.Counts{Create: 2, Refused: 2})
		if fmt.Sprint(w.invited) != "[ada@example.com bo@example.com]" {
			t.Error(w.invited)
		}
		expect(t, w.bring(csvimport.Technicians, file, csvimport.Options{}), csvimport.Counts{Skip: 2, Refused: 2})

		// Whoever may not give a role cannot bring it in a file either.
		low := w.Actor("low", perm.Administrator)
		low.Ceiling = perm.Set{perm.AdminImport: true, perm.AdminTechnicians: true, perm.CustomerView: true}
		low.Kind = access.Token
		w.actors["low"] = low
		ctx := access.WithActor(t.Context(), low)
		up, err := w.Upload(ctx, csvimport.Technicians, "x.csv", strings.NewReader("email,name,role\nzed@example.com,Zed Nil,administrator\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Check(ctx, up.ID); err != nil {
			t.Fatal(err)
		}
		w.settled(up.ID)
		if got := w.rows(up.ID); fmt.Sprint(got) != "[2 error role technician.ceiling]" {
			t.Error(got)
		}
		if _, err := w.Upload(ctx, csvimport.Contacts, "x.csv", strings.NewReader("a\n1\n")); fault.CodeOf(err) != "access.denied" {
			t.Error(err)
		}
	})
}

func TestCustomersThatAreNamedCanBeMade(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := "customer,name,email\nNew Corp,Ann,ann@example.com\nnew corp,Bob,bob@example.com\nOther,Cyd,cyd@example.com\n"
		expect(t, w.bring(csvimport.Contacts, file, csvimport.Options{CreateCustomers: true}), csvimport.Counts{Create: 3})
		now := w.contactsNow()
		if now["Ann"].CustomerID != now["Bob"].CustomerID || now["Bob"].CustomerName != "New Corp" || now["Cyd"].CustomerName != "Other" {
			t.Errorf("%+v", now)
		}
		expect(t, w.bring(csvimport.Contacts, file, csvimport.Options{CreateCustomers: true}), csvimport.Counts{Skip: 3})
	})
}

func TestContactsAreKnownAgainByWhateverIdentifiesThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer("Northwind")
		w.bring(csvimport.Contacts, "customer,name,email,phone,external id\nNorthwind,Pia Ende,pia@example.com,+12125550123,x1\nNorthwind,Bo Berg,,+12125550124,\nNorthwind,Cy Dahl,,,\n", csvimport.Options{})
		for _, tc := range []struct {
			file string
			want csvimport.Counts
		}{
			{"customer,name,external id,job title\nNorthwind,Pia Neu,x1,CFO\n", csvimport.Counts{Update: 1}},              // renamed
			{"customer,name,email,phone\nNorthwind,Pia Neu,PIA@example.com,+12125550199\n", csvimport.Counts{Update: 1}},  // one more number
			{"customer,name,phone,email\nNorthwind,bo berg,(212) 555-0124,bo@example.com\n", csvimport.Counts{Update: 1}}, // an email beside the phone
			{"customer,name,phone\nNorthwind,Someone Else,+12125550124\n", csvimport.Counts{Create: 1}},                   // the same switchboard
			{"customer,name,email\nNorthwind,Cy Dahl,cy@example.com\n", csvimport.Counts{Update: 1}},                      // an address for who had none
			{"customer,name,email\nNorthwind,Cy Dahl,other@example.com\n", csvimport.Counts{Create: 1}},                   // a namesake
			{"customer,name\nNorthwind,Cy Dahl\n", csvimport.Counts{Refused: 1}},                                          // which of the two?
			{"customer,name,custom\nNorthwind,Bo Berg,\nNorthwind,Bo Berg,x\n", csvimport.Counts{Update: 1, Refused: 1}},  // twice in one file
			{"customer,name,email,notes\nNorthwind,Pia Neu,pia@example.com,\"a\nb\"\n", csvimport.Counts{Update: 1}},      // lines in notes
			{"customer,name,emails\nNorthwind,Pia Neu,new@example.com; pia@example.com\n", csvimport.Counts{Update: 1}},   // all there are
			{"customer,name,email\nNorthwind,Pia Neu,pia@example.com\nNowhere,X,x@example.com\n", csvimport.Counts{Skip: 1, Refused: 1}},
		} {
			if got := w.bring(csvimport.Contacts, tc.file, csvimport.Options{}); got.Counts != tc.want {
				t.Errorf("%s: %+v, %v", tc.file, got.Counts, w.rows(got.ID))
			}
		}
		pia := w.contactsNow()["Pia Neu"]
		if pia.JobTitle != "CFO" || len(pia.Phones) != 2 || fmt.Sprint(pia.Emails) != "[new@example.com pia@example.com]" || pia.Notes != "a\nb" {
			t.Errorf("%+v", pia)
		}
	})
}

func TestDevicesComeIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.customer("Northwind")
		if _, err := w.devices.CreateGroup(w.Admin(), device.GroupFields{Name: "Office", CustomerID: c.ID}); err != nil {
			t.Fatal(err)
		}
		file := "Computer name;Company;Site;Operating system\nPC-1;Northwind;Office;Windows 11 Pro\nPC-2;Northwind;Cellar;Ubuntu 24.04\nPC-3;;;macOS 15\npc-1;northwind;;\n"
		i := w.bring(csvimport.Devices, file, csvimport.Options{})
		expect(t, i, csvimport.Counts{Create: 2, Refused: 2})
		found, _, err := w.devices.List(w.Admin(), device.Query{Page: store.Page{Limit: 10}})
		if err != nil || len(found) != 2 || found[0].GroupName != "Office" || found[0].Platform != "windows" || found[1].Platform != "macos" {
			t.Errorf("%+v, %v", found, err)
		}
		expect(t, w.bring(csvimport.Devices, file, csvimport.Options{}), csvimport.Counts{Skip: 2, Refused: 2})
	})
}

// What a list exports comes back as it was, whatever it is called; and what is refused can be mended and brought again.
func TestAttack36RoundTripAndRejects(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.customer("=Northwind\" & Co")
		add := func(f contact.Fields) {
			f.CustomerID = c.ID
			if _, err := w.contacts.Create(w.Admin(), f); err != nil {
				t.Fatal(err)
			}
		}
		add(contact.Fields{Name: `=HYPERLINK("https://example.com")`, Emails: []string{"a@example.com", "b@example.com"}, Notes: "-1\n=2", JobTitle: "@x;y"})
		add(contact.Fields{Name: "'=quoted", Phones: []contact.Phone{{Number: "+12125550123", Kind: "mobile"}, {Number: "+12125550124", Kind: "landline"}}, VIP: true})
		add(contact.Fields{Name: "+plus", Language: "fr"})
		before := w.contactsNow()
		s := w.Serve(map[string]access.Actor{"admin": w.actors["admin"]}, w.contacts.ExportRoutes, w.Routes)
		file := download(t, s, "/api/contacts.csv?sort=-name")
		src, err := csvfile.NewReader(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for row, err := src.Next(); err == nil; row, err = src.Next() {
			for _, cell := range row.Fields {
				if cell != "" && strings.ContainsRune("=@-\t\r", rune(cell[0])) || strings.HasPrefix(cell, "+p") {
					t.Errorf("%q would run", cell)
				}
			}
		}
		i := w.bring(csvimport.Contacts, file, csvimport.Options{})
		expect(t, i, csvimport.Counts{Skip: 3})
		if fmt.Sprint(w.contactsNow()) != fmt.Sprint(before) {
			t.Error("something changed")
		}
		if w.Audited("contact.export", "") != 1 {
			t.Error("the export was not recorded")
		}

		bad := w.bring(csvimport.Contacts, "customer,name,email\n'=Northwind\"\" & Co,=Eve,no email\n", csvimport.Options{})
		expect(t, bad, csvimport.Counts{Refused: 1})
		rejects := download(t, s, "/api/imports/"+bad.ID+"/rejects.csv")
		if !strings.Contains(rejects, "'=Eve") || !strings.Contains(rejects, "import_reason") {
			t.Errorf("%q", rejects)
		}
		var mended bytes.Buffer
		mended.WriteString(strings.ReplaceAll(strings.ReplaceAll(rejects, "no email", "eve@example.com"), `Northwind""""`, `Northwind""`))
		if got := w.bring(csvimport.Contacts, mended.String(), csvimport.Options{}); got.Counts.Create != 1 {
			t.Errorf("%+v %v", got.Counts, w.rows(got.ID))
		}
	})
}

func TestAttack37UploadsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, tc := range map[string]struct{ file, code string }{
			"too large": {"name\n" + strings.Repeat("x\n", csvfile.MaxSize/2), "csvimport.too_large"},
			"workbook":  {"PK\x03\x04", "csvfile.binary"},
			"no rows":   {"name,email\n\n", "csvimport.no_rows"},
		} {
			if name == "too large" && testing.Short() {
				continue
			}
			_, err := w.Upload(w.Admin(), csvimport.Customers, "x.csv", strings.NewReader(tc.file))
			if code := fault.CodeOf(err); code != tc.code && code != "csvfile.rows" {
				t.Errorf("%s: %v", name, err)
			}
		}
		var n int
		if err := w.DB.Read().QueryRowContext(t.Context(), `select (select count(*) from csvimport) + (select count(*) from csvimport_chunk)`).Scan(&n); err != nil || n != 0 {
			t.Error(n, err)
		}
	})
}

// download reads a file from a route as a browser would.
func download(t *testing.T, s http.Handler, path string) string {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Header.Set("Actor", "admin")
	out := httptest.NewRecorder()
	s.ServeHTTP(out, r)
	if out.Code != http.StatusOK || !strings.HasPrefix(out.Header().Get("Content-Type"), "text/csv") {
		t.Fatal(path, out.Code, out.Body)
	}
	return out.Body.String()
}

// Variable that makes this test binary a server that is killed in the middle of an import.
const childDir = "COUNTERSIGN_TEST_CHILD_DIR"

func TestAnImportSurvivesKill9WithoutDoubling(t *testing.T) {
	const n = 4000
	if dir := os.Getenv(childDir); dir != "" {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, db)
		i := w.upload(csvimport.Contacts, crowd(t, n))
		if i, err = w.Map(w.Admin(), i.ID, i.Mapping, csvimport.Options{CreateCustomers: true}); err != nil {
			t.Fatal(err)
		}
		w.check(i.ID)
		if _, err := w.Apply(w.Admin(), i.ID); err != nil {
			t.Fatal(err)
		}
		for {
			now, err := w.Find(w.Admin(), i.ID)
			if err != nil {
				t.Fatal(err)
			}
			if now.Counts.Create >= n/4 {
				fmt.Println("half-way", i.ID, w.Org.ID)
				select {} // until the kill -9
			}
		}
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestAnImportSurvivesKill9WithoutDoubling$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var id, org string
	for lines := bufio.NewScanner(out); id == "" && lines.Scan(); {
		_, _ = fmt.Sscanf(lines.Text(), "half-way %s %s", &id, &org)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := newWorldOf(t, db, org)
	got := w.settled(id)
	if got.State != csvimport.Applied || got.Counts != (csvimport.Counts{Create: n}) {
		t.Errorf("%s, %+v", got.State, got.Counts)
	}
	var people, rows int
	if err := db.Read().QueryRowContext(t.Context(), `select (select count(*) from contact), (select count(*) from csvimport_row)`).Scan(&people, &rows); err != nil || people != n || rows != n {
		t.Error(people, rows, err)
	}
}
