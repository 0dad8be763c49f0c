package doctor

import (
	"context"
	"fmt"
	"time"
)

// Mailbox is one that an organization's mail is fetched from, as its reader left it and as its server answers now.
type Mailbox struct {
	Organization string
	Server       string
	TLS          string    // starttls or tls
	State        string    // waiting, connected, failing or no_address
	Reason       string    // the last error as a stable word; never what a server wrote
	CheckedAt    time.Time // of the last look, also one that failed; zero if nobody looked
	ReadAt       time.Time // of the last look that went well
	Now          string    // why the server does not answer now, up to the sign-in; "" if it does
}

// mailLate is how old the last look may be; the server looks at least every five minutes.
const mailLate = 15 * time.Minute

// mailboxes: every organization's own line, since each has its own provider. Doctor sends no password: whether a sign-in works is known from
// the reader's last look.
func (p patient) mailboxes(ctx context.Context) []Check {
	const name = "mail in"
	if p.boxes == nil {
		return nil
	}
	found, err := p.boxes(ctx, p.db.Read())
	switch {
	case err != nil:
		return []Check{broken(name, err)}
	case len(found) == 0:
		return []Check{{name, OK, "no mailbox is fetched", ""}}
	}
	var checks []Check
	for _, m := range found {
		checks = append(checks, m.check(name, p.now))
	}
	return checks
}

func (m Mailbox) check(name string, now time.Time) Check {
	about := fmt.Sprintf("%s, %s (%s): ", m.Organization, m.Server, map[string]string{"starttls": "STARTTLS", "tls": "TLS"}[m.TLS])
	read := "never read"
	if !m.ReadAt.IsZero() {
		read = "last read " + m.ReadAt.UTC().Format(time.RFC3339)
	}
	switch {
	case m.Now != "":
		what, remedy := explain(m.Now)
		return Check{name, Fail, about + what + "; " + read, remedy}
	case m.State == "failing":
		what, remedy := explain(m.Reason)
		return Check{name, Fail, about + what + ", at " + m.CheckedAt.UTC().Format(time.RFC3339) + "; " + read, remedy}
	case m.State == "no_address":
		return Check{name, Warn, about + "no address for answers is set; " + read, "Set the address for answers under Settings → Mail: mail is fetched for that address."}
	case m.Reason != "":
		what, remedy := explain(m.Reason)
		return Check{name, Warn, about + what + "; " + read, remedy}
	case m.State == "waiting" || now.Sub(m.CheckedAt) > mailLate:
		return Check{name, Warn, about + "nobody looks into it; " + read, serverRemedy}
	}
	return Check{name, OK, about + read, ""}
}

// explain says what a reason means and what to do.
func explain(reason string) (what, remedy string) {
	const settings = "under Settings → Mail"
	known := map[string][2]string{
		"dns":                   {"the server's name is not known", "Correct the server " + settings + ", or mend this machine's DNS."},
		"connect":               {"nothing answers there", "See that the server and port " + settings + " are right, and that no firewall is in between."},
		"timeout":               {"the server answers too late or not at all", "See that this machine reaches it: a firewall may be in between."},
		"tls":                   {"the TLS handshake failed", "See that the provider offers TLS 1.2 or newer on this port, and choose the kind of encryption it names " + settings + "."},
		"tls_unknown_authority": {"its certificate is by nobody whom this machine trusts", "Install the authority's certificate on this machine if the mail server is yours; otherwise somebody may be in between."},
		"tls_wrong_name":        {"its certificate is for another name", "Enter the name that the certificate is for " + settings + "."},
		"tls_expired":           {"its certificate is not valid now", "Have the mail server's certificate renewed, and see that this machine's clock is right."},
		"tls_not_offered":       {"the server offers no TLS on this port", "Choose the other kind of encryption or the other port (993 for TLS, 143 for STARTTLS) " + settings + "."},
		"disconnected":          {"the connection ended before it should", "Try again; if it stays, see whether the provider blocks this machine."},
		"sign_in":               {"it refused name and password", "Enter them again " + settings + "; many providers want a password for applications."},
		"folder":                {"the folder does not exist", "Correct the folder " + settings + "."},
		"move_to":               {"the folder for handled mail does not exist", "Make the folder, or correct it " + settings + "."},
		"handled":               {"handled mail cannot be marked, moved or deleted", "See that the folder for handled mail exists and that the mailbox is not full."},
		"protocol":              {"it does not speak IMAP", "See that the port " + settings + " is the one for IMAP."},
		"store":                 {"what came in could not be kept", serverRemedy},
	}
	if k, ok := known[reason]; ok {
		return k[0], k[1]
	}
	return "it cannot be read (" + reason + ")", "Try the mailbox " + settings + "."
}
