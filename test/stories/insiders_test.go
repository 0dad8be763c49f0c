package stories_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
	_ "modernc.org/sqlite"

	"countersign.dev/countersign/test/binary"
)

// TestRogueTechnician is Tom himself, who wants Pia's password reset without Pia. He may edit contacts and start verifications. He looks for
// the code in everything that the API tells him; it is nowhere but on the sandbox telephone, which is there to be seen. He has it sent to his own number; refused. He enters a friend's number at
// Pia; it proves nothing to him, and to Ida nothing for three days. He clears his number from his profile and makes a new contact with it,
// with a plus sign in his mail too; still his. He reads the code that Ida asked for over her shoulder; it is no good in his session. All of
// that stands in the record under his name, which he cannot open.
func TestRogueTechnician(t *testing.T) {
	h := desk(t)
	pia, ida := h.pia(), h.ida()

	v := h.start(h.tom, pia, "sms_code")
	code := h.olga.CodeTo(t, pia.phone)
	id := binary.Text(t, v, "id")
	for _, path := range []string{
		"/api/verifications", "/api/verifications/" + id, "/api/contacts/" + pia.id, "/api/contacts/" + pia.id + "/verification",
		"/api/contacts/" + pia.id + "/history", "/api/tickets/" + pia.ticket, "/api/tickets/" + pia.ticket + "/notes",
		"/api/tickets/" + pia.ticket + "/timeline", "/api/deliveries", "/api/notifications", "/api/me", "/api/audit",
		"/api/activity", "/api/contacts.csv", "/api/tickets.csv", "/api/verifications/" + id + "/receipt", "/api/contacts/" + pia.id + "/evidence",
	} {
		if a := h.tom.Do(t, http.MethodGet, path, nil); bytes.Contains(a.Body, []byte(code)) {
			t.Errorf("GET %s tells the code", path)
		}
	}
	if strings.Contains(h.server.Output(), code) {
		t.Error("the log tells the code")
	}

	start := func(who *binary.Client, p person, method, address, want string) {
		t.Helper()
		h.refused(who, http.MethodPost, "/api/verifications", startBody(p, method, "address", address), want)
	}
	const friend = "+12125550144"
	start(h.tom, pia, "sms_code", friend, "verify.address_unknown")
	h.tom.Object(t, http.StatusOK, http.MethodPatch, "/api/contacts/"+pia.id, map[string]any{"phones": []map[string]any{
		{"number": pia.phone, "kind": "mobile"}, {"number": tomPhone, "kind": "mobile"}, {"number": friend, "kind": "mobile"},
	}})
	start(h.tom, pia, "sms_code", tomPhone, "verify.own_address")
	start(ida, pia, "sms_code", tomPhone, "verify.own_address")
	start(h.tom, pia, "sms_code", friend, "verify.address_own_edit")
	start(ida, pia, "voice_code", friend, "verify.address_held")

	h.tom.Object(t, http.StatusOK, http.MethodPatch, "/api/me", map[string]any{"phone": ""})
	mine := h.contact("Pia Ende Two", tomPhone, "tom+pia@harbor.example.com")
	start(h.tom, mine, "sms_code", tomPhone, "verify.own_address")
	start(h.tom, mine, "voice_code", tomPhone, "verify.own_address")
	start(h.tom, mine, "email_link", mine.mail, "verify.own_address")
	if n := h.mailbox(tomPhone) + h.mailbox(mine.mail) + h.mailbox(friend); n != 0 {
		t.Errorf("%d messages went to him and his friend", n)
	}

	hers := h.start(ida, pia, "email_code")
	if status := h.check(h.tom, hers, h.olga.CodeTo(t, pia.mail)); status != http.StatusUnprocessableEntity {
		t.Errorf("her code in his session: %d", status)
	}
	h.alarmed("other_technician")
	h.ends(v, "canceled")
	if missing := h.clear(h.tom, pia, "password_reset"); missing != "L3" {
		t.Errorf("password reset asks for %q", missing)
	}
	if n := h.recorded("verification.start", "verify.own_address"); n < 4 {
		t.Errorf("%d of his tries are on record", n)
	}
	if a := h.tom.Do(t, http.MethodGet, "/api/audit", nil); a.Status != http.StatusForbidden {
		t.Errorf("he reads the record: %d", a.Status)
	}
}

// TestThiefOfTheDatabase has a copy of everything that the database holds, taken while Pia's code is good, and the backup of the night without
// the key, as it lies with a cloud provider. The code is in neither, nor is any secret that opens a door. What is kept of the code is a MAC:
// hashing all of a million codes by every recipe that he knows, with every key that he found in the file, matches nothing. Backups of later
// hold no trace of the code a technician read out. (That a burnt secret leaves no trace comes with secure send.)
func TestThiefOfTheDatabase(t *testing.T) {
	h := desk(t)
	pia := h.pia()
	mail := h.mailServer()
	v := h.start(h.tom, pia, "email_code") // by a real carrier: the sandbox shows its messages to administrators
	code := mail.code(t, pia.mail)

	dump := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(h.dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if name := filepath.Base(path); strings.Contains(name, ".db") {
			if dump[name], err = os.ReadFile(path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(dump) == 0 {
		t.Fatal("there is no database to steal")
	}
	secrets := map[string]string{"the code": code, "the token of Tom": h.tom.Token, "the token of Olga": h.olga.Token, "a password": binary.Password}
	scan := func(where string, content []byte) {
		t.Helper()
		for what, secret := range secrets {
			if bytes.Contains(content, []byte(secret)) {
				t.Errorf("%s stands in %s", what, where)
			}
		}
	}
	for name, content := range dump {
		scan(name, content)
	}
	for name, content := range h.backup() {
		scan("the backup: "+name, content)
	}

	kept, org, id := h.keptCode(v)
	if i := guess(kept, org, id, code); i >= 0 {
		t.Errorf("the code falls to recipe %d", i)
	}
	if status := h.check(h.tom, v, code); status != http.StatusOK {
		t.Errorf("the code was not the right one: %d", status)
	}

	// The code of the other direction is readable for its claimer, so it is sealed. Once it has ended it is gone.
	other := h.contact("Sam Reyes", "+12125550124", "")
	h.olga.Texts(t, other.phone, "#verify")
	r := h.asked()
	claimed := h.tom.Object(t, http.StatusOK, http.MethodPost, "/api/technician-verifications/"+binary.Text(t, r, "id")+"/claim", map[string]any{"ticket_id": other.ticket})
	secrets = map[string]string{"the code that a technician says": binary.Text(t, claimed, "code")}
	h.olga.Texts(t, other.phone, "#confirm")
	binary.Eventually(t, "confirmed", func() bool { return h.request(h.tom, r)["state"] == "confirmed" })
	for name, content := range h.backup() {
		if !strings.HasPrefix(name, "tables/message_sandbox/") { // the outbox that stands for a telephone
			scan("the later backup: "+name, content)
		}
	}
}

// backup writes one without the key and returns what is in it.
func (h *help) backup() map[string][]byte {
	h.Helper()
	path := filepath.Join(h.TempDir(), "backup.tar.gz")
	binary.Must(h, "", "backup", "--data", h.dir, "--without-key", path)
	f, err := os.Open(path)
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		h.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		entry, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			h.Fatal(err)
		}
		if files[entry.Name], err = io.ReadAll(r); err != nil {
			h.Fatal(err)
		}
	}
	if len(files) < 10 || files["master.key"] != nil {
		h.Fatalf("the backup holds %d files; with the key: %v", len(files), files["master.key"] != nil)
	}
	return files
}

// keptCode is what the database keeps of a verification's code.
func (h *help) keptCode(v map[string]any) (mac []byte, org, id string) {
	h.Helper()
	found, err := filepath.Glob(filepath.Join(h.dir, "*.db"))
	if err != nil || len(found) != 1 {
		h.Fatal(found, err)
	}
	db, err := sql.Open("sqlite", "file:"+found[0]+"?mode=ro")
	if err != nil {
		h.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	id = binary.Text(h, v, "id")
	err = db.QueryRowContext(h.Context(), `select code_mac, org_id from verify_challenge where id = $1`, id).Scan(&mac, &org)
	if err != nil || len(mac) == 0 {
		h.Fatalf("nothing is kept of the code: %v", err)
	}
	return mac, org, id
}

// guess hashes the code by every recipe that needs no key but what the thief has. It returns the recipe that hits, or -1. The million codes
// need not all be tried: the right one is among them, and a recipe that misses for it misses for the thief.
func guess(kept []byte, org, id, code string) int {
	random := make([]byte, 32)
	_, _ = rand.Read(random)
	texts := []string{code, id + code, code + id, org + id + code, "verify code" + org + id + code, strings.Join([]string{"euv1", org, id, code}, "|"), strings.Join([]string{"verify code", org, id, code}, "\x00")}
	keys := [][]byte{nil, {}, make([]byte, 32), []byte(id), []byte(org), []byte(org + id), random}
	n := 0
	for _, text := range texts {
		plain := sha256.Sum256([]byte(text))
		if bytes.HasPrefix(kept, plain[:16]) {
			return n
		}
		for _, key := range keys {
			n++
			m := hmac.New(sha256.New, key)
			m.Write([]byte(text))
			if bytes.HasPrefix(kept, m.Sum(nil)[:16]) {
				return n
			}
		}
	}
	return -1
}

// mailbox is a mail server of the organization that keeps what it is given.
type mailbox struct {
	mu    sync.Mutex
	mails map[string]string // the newest by recipient
}

// mailServer makes mail leave by a real server.
func (h *help) mailServer() *mailbox {
	h.Helper()
	b := &mailbox{mails: map[string]string{}}
	var listen net.ListenConfig
	l, err := listen.Listen(h.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		h.Fatal(err)
	}
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &delivery{box: b}, nil }))
	s.Domain = "mail.harbor.example.com"
	go func() { _ = s.Serve(l) }()
	h.Cleanup(func() { _ = s.Close() })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	var n int
	_, _ = fmt.Sscan(port, &n)
	h.olga.Object(h, http.StatusOK, http.MethodPut, "/api/settings/mail", map[string]any{
		"host": "127.0.0.1", "port": n, "tls": "none", "from_address": "help@harbor.example.com",
	})
	return b
}

type delivery struct {
	box *mailbox
	to  string
}

func (d *delivery) Mail(string, *gosmtp.MailOptions) error      { return nil }
func (d *delivery) Rcpt(to string, _ *gosmtp.RcptOptions) error { d.to = to; return nil }
func (d *delivery) Reset()                                      {}
func (d *delivery) Logout() error                               { return nil }

func (d *delivery) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.mails[d.to] = string(b)
	return err
}

var codeInMail = regexp.MustCompile(`\b\d{6}\b`)

// code waits for a mail with a code.
func (b *mailbox) code(t *testing.T, to string) (code string) {
	t.Helper()
	binary.Eventually(t, "a mail to "+to, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		_, body, _ := strings.Cut(b.mails[to], "\r\n\r\n")
		code = codeInMail.FindString(body)
		return code != ""
	})
	return code
}
