package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"countersign.dev/countersign/internal/accessreview/reviewverify"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/audit/auditverify"
	"countersign.dev/countersign/internal/backup"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/doctor"
	"countersign.dev/countersign/internal/message/imap"
	"countersign.dev/countersign/internal/receipt/receiptverify"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// VerifyExport checks an export of the audit log and prints the number of its events.
func VerifyExport(ctx context.Context, c config.AuditVerify, s Streams) error {
	key, err := readKey(c.PublicKey)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open the export: %w", err)
	}
	defer func() { _ = f.Close() }()
	result, err := auditverify.VerifyExport(ctx, f, key)
	if err != nil {
		return fmt.Errorf("the export is not as it was written: %w", err)
	}
	_, err = fmt.Fprintf(s.Out, "%d events, %s\n", result.Events, signatures(result.SignaturesChecked))
	return err
}

// readKey reads the file of a public key; without a name there is no key.
func readKey(file string) (key auditverify.Key, err error) {
	if file == "" {
		return key, nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // whoever checks names the file
	if err != nil {
		return key, fmt.Errorf("read the public key: %w", err)
	}
	if key, err = auditverify.ParseKey(strings.TrimSpace(string(text))); err != nil {
		return key, fmt.Errorf("read the public key: %w", err)
	}
	return key, nil
}

func signatures(checked bool) string {
	if checked {
		return "all signatures good"
	}
	return "signatures not checked, since no public key was given"
}

// VerifyReceipt checks a receipt, all receipts of a contact, or the report of an access review, and prints in one line what was proved.
func VerifyReceipt(_ context.Context, c config.ReceiptVerify, s Streams) error {
	key, err := readKey(c.PublicKey)
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open the receipt: %w", err)
	}
	defer func() { _ = f.Close() }()
	in := bufio.NewReader(f)
	if head, err := in.Peek(4); err == nil && reviewverify.Is(head) {
		return verifyReview(in, key, s)
	}
	result, err := receiptverify.VerifyFile(in, key)
	if err != nil {
		return fmt.Errorf("the receipt proves nothing: %w", err)
	}
	_, err = fmt.Fprintf(s.Out, "%s; %s\n", result, signatures(result.SignaturesChecked))
	return err
}

func verifyReview(in io.Reader, key auditverify.Key, s Streams) error {
	file, err := io.ReadAll(io.LimitReader(in, reviewverify.MaxReport+1))
	if err != nil {
		return fmt.Errorf("read the report: %w", err)
	}
	result, err := reviewverify.Verify(file, key)
	if err != nil {
		return fmt.Errorf("the report proves nothing: %w", err)
	}
	_, err = fmt.Fprintf(s.Out, "%s; %s\n", result, signatures(result.SignaturesChecked))
	return err
}

// PublicKey prints the key that exports of this installation are checked with.
func PublicKey(_ context.Context, c config.AuditPublicKey, s Streams) error {
	keys, err := existingKeys(c.Storage)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, audit.New(nil, keys).PublicKey())
	return err
}

// existingKeys opens the keyring of an installation without making one.
func existingKeys(s config.Storage) (*seal.Keyring, error) {
	if env := os.Getenv(seal.Env); env == "" {
		if _, err := os.Stat(s.KeyFile()); err != nil {
			return nil, fmt.Errorf("there is no installation in %s; name its folder with --data", s.Data)
		}
	}
	return seal.Open(s.KeyFile(), os.Getenv(seal.Env))
}

// Backup writes a backup to a new file.
func Backup(ctx context.Context, c config.Backup, s Streams) error {
	return existing(ctx, c.Storage, s, func(a *App) error {
		key := keyPath(c.Storage)
		if c.WithoutKey {
			key = ""
		}
		m, err := backup.ToFile(ctx, a.db, key, c.File)
		if err != nil {
			return err
		}
		with := "with the master key: keep it like the server itself"
		if !m.HasKey {
			with = "without the master key: it is of use only together with that"
		}
		_, err = fmt.Fprintf(s.Out, "%d rows, %s\n", m.Rows(), with)
		return err
	})
}

// Restore reads a backup into an empty data folder or database.
func Restore(ctx context.Context, c config.Restore, s Streams) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("open the backup: %w", err)
	}
	defer func() { _ = f.Close() }()
	m, err := backup.Restore(ctx, backup.Options{Dir: c.Data, URL: c.DatabaseURL, KeyPath: keyPath(c.Storage)}, f)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%d rows\n", m.Rows())
	return err
}

// keyPath is the file of the master key, or nothing if the environment holds the key, which then belongs into no backup.
func keyPath(s config.Storage) string {
	if os.Getenv(seal.Env) != "" {
		return ""
	}
	return s.KeyFile()
}

// errSick says that doctor found something; its output has told what.
var errSick = errors.New("the installation needs attention: see the findings above")

// Doctor checks the installation and says what to do.
func Doctor(ctx context.Context, c config.Doctor, s Streams) error {
	checks := doctor.Run(ctx, doctor.Setup{
		Dir: c.Data, DatabaseURL: c.DatabaseURL, KeyFile: c.KeyFile(), KeyFromEnv: os.Getenv(seal.Env) != "", ExternalURL: c.ExternalURL,
		Mailboxes: mailboxes,
	})
	if err := doctor.Print(s.Out, checks); err != nil {
		return err
	}
	if doctor.Worst(checks) == doctor.Fail {
		return errSick
	}
	return nil
}

// mailboxes examines those that mail is fetched from, trusting what the system trusts.
func mailboxes(ctx context.Context, q store.Querier) (out []doctor.Mailbox, err error) {
	found, err := imap.Examine(ctx, q, nil, serverPatience)
	for _, h := range found {
		out = append(out, doctor.Mailbox{
			Organization: h.Organization, Server: h.Host, TLS: h.TLS, State: h.State, Reason: h.Reason, CheckedAt: h.CheckedAt, ReadAt: h.ReadAt, Now: h.Now,
		})
	}
	return out, err
}

// serverPatience is how long doctor waits for one server.
const serverPatience = 5 * time.Second

// PrintDocument prints the OpenAPI document without opening a database.
func PrintDocument(s Streams) error {
	keys, err := seal.New(make([]byte, 32)) // seals nothing
	if err != nil {
		return err
	}
	a := newApp(Options{Version: s.Version, Log: slog.New(slog.DiscardHandler)}, nil, keys, newMetrics())
	b, err := a.api.Document()
	if err != nil {
		return err
	}
	_, err = s.Out.Write(b)
	return err
}
