// Package imaptest runs Dovecot for tests: on loopback, out of a temporary folder, as a user without rights, until the test ends.
package imaptest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// The one mailbox there is, and the host of the certificate.
const (
	User     = "verify@example.com"
	Password = "correct horse battery staple"
	Host     = "localhost"
)

// Server is a running Dovecot.
type Server struct {
	TLSPort      int // TLS from the start
	StartTLSPort int
	Trust        *tls.Config // trusts its certificate

	t    testing.TB
	dir  string
	uid  int
	gid  int
	cmd  *exec.Cmd
	sent int
}

// Dovecot starts a server.
func Dovecot(t testing.TB) *Server {
	t.Helper()
	if program() == "" {
		t.Fatal("dovecot is missing: scripts/need test says where to get it")
	}
	s := &Server{t: t, TLSPort: freePort(t), StartTLSPort: freePort(t)}
	dir, err := os.MkdirTemp("/tmp", "dovecot") //nolint:usetesting // sockets need short paths
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.dir = dir
	u := s.user()
	cert, key := s.certificate()
	s.write("cert.pem", cert)
	s.write("key.pem", key)
	s.write("users", []byte(User+":{PLAIN}"+Password+"::::::\n"))
	s.write("dovecot.conf", fmt.Appendf(nil, config, dir, u.Username, s.group(u), s.StartTLSPort, s.TLSPort, s.uid, s.gid))
	s.own("")
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

const config = `
base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
default_internal_user = %[2]s
default_login_user = %[2]s
default_internal_group = %[3]s
first_valid_uid = 1
first_valid_gid = 1
ssl = required
ssl_cert = <%[1]s/cert.pem
ssl_key = <%[1]s/key.pem
mail_location = maildir:%[1]s/mail
passdb {
  driver = passwd-file
  args = %[1]s/users
}
userdb {
  driver = static
  args = uid=%[6]d gid=%[7]d home=%[1]s/home
}
namespace inbox {
  inbox = yes
  mailbox Handled {
    auto = create
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[4]d
  }
  inet_listener imaps {
    port = %[5]d
    ssl = yes
  }
}
service anvil {
  chroot =
}
`

func program() string {
	for _, name := range []string{"dovecot", "/usr/sbin/dovecot", "/usr/local/sbin/dovecot"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// user is whom Dovecot runs as: never root.
func (s *Server) user() *user.User {
	u, err := user.Current()
	if err == nil && u.Uid == "0" {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.uid, _ = strconv.Atoi(u.Uid)
	s.gid, _ = strconv.Atoi(u.Gid)
	return u
}

func (s *Server) group(u *user.User) string {
	g, err := user.LookupGroupId(u.Gid)
	if err != nil {
		s.t.Fatal(err)
	}
	return g.Name
}

func (s *Server) write(name string, text []byte) {
	if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// own gives files to Dovecot's user.
func (s *Server) own(name string) {
	if os.Getuid() != 0 {
		return
	}
	err := filepath.Walk(filepath.Join(s.dir, name), func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, s.uid, s.gid) //nolint:gosec // our own temporary folder
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Start starts it and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = exec.Command(program(), "-F", "-c", filepath.Join(s.dir, "dovecot.conf")) //nolint:noctx,gosec // it ends with Stop; the program is one of three
	s.cmd.Dir = s.dir
	var said bytes.Buffer
	s.cmd.Stderr = &said
	s.cmd.WaitDelay = 100 * time.Millisecond // helpers of it that have nothing to do hold the pipe for a minute
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		s.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(s.uid), Gid: uint32(s.gid)}
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; pause(20 * time.Millisecond) {
		c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.TLSPort))) //nolint:noctx // loopback
		if err == nil {
			_ = c.Close()
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			s.t.Fatalf("dovecot does not start: %s\n%s", said.Bytes(), log)
		}
	}
}

// Stop ends it and every connection.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // its helpers would keep connections that wait for half a minute
	s.cmd = nil
}

// Deliver puts a mail into the inbox as a mail server does.
func (s *Server) Deliver(raw string) {
	s.t.Helper()
	s.sent++
	name := fmt.Sprintf("%d.%d.test", time.Now().UnixNano(), s.sent)
	for _, folder := range []string{"mail", "mail/tmp", "mail/new", "mail/cur"} {
		if err := os.Mkdir(filepath.Join(s.dir, folder), 0o700); err == nil {
			s.own(folder)
		}
	}
	s.write("mail/tmp/"+name, []byte(raw))
	s.own("mail/tmp/" + name)
	if err := os.Rename(filepath.Join(s.dir, "mail/tmp", name), filepath.Join(s.dir, "mail/new", name)); err != nil {
		s.t.Fatal(err)
	}
}

// Files are the names of the mails in a folder ("" is the inbox). What stands behind the last comma is their flags: S is seen.
func (s *Server) Files(folder string) (names []string) {
	if folder != "" {
		folder = "." + folder
	}
	for _, sub := range []string{"new", "cur"} {
		found, _ := os.ReadDir(filepath.Join(s.dir, "mail", folder, sub))
		for _, f := range found {
			names = append(names, f.Name())
		}
	}
	return names
}

// Recount makes the server number the mails of the inbox anew.
func (s *Server) Recount() {
	s.Stop()
	found, _ := filepath.Glob(filepath.Join(s.dir, "mail", "dovecot*"))
	for _, f := range found {
		_ = os.Remove(f)
	}
	pause(1100 * time.Millisecond) // the new validity is the second
	s.Start()
}

func (s *Server) certificate() (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: Host}, DNSNames: []string{Host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		s.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	pool.AddCert(parsed)
	s.Trust = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

func pause(d time.Duration) { <-time.After(d) }

func freePort(t testing.TB) int {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal(l.Addr())
	}
	return a.Port
}
