// Package config reads the settings that a process starts with: flags, COUNTERSIGN_* variables and an optional file of such variables.
package config

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Commands are all commands of the program with their settings.
type Commands struct {
	Config string `help:"File of COUNTERSIGN_…=value lines; variables that are set win over it." placeholder:"FILE" env:"COUNTERSIGN_CONFIG"`

	Serve Serve `cmd:"" help:"Run the server."`
	Admin struct {
		Bootstrap       Bootstrap       `cmd:"" help:"Make the first organization and its owner; print an API token of the owner."`
		Token           Token           `cmd:"" help:"Print a new API token of a technician."`
		AddOrganization AddOrganization `cmd:"" help:"Make another organization and its owner; print an API token of the owner."`
		ResetFactors    ResetFactors    `cmd:"" help:"Take passkeys, authenticator app and recovery codes from a technician who lost them; sessions end."`
		Unlock          Unlock          `cmd:"" help:"Let a technician sign in again who is locked out by failed sign-ins, or by the rules about networks."`
	} `cmd:"" help:"Administer an installation from its own machine."`
	Audit struct {
		Verify    AuditVerify    `cmd:"" help:"Check an export of the audit log."`
		PublicKey AuditPublicKey `cmd:"" help:"Print the key that exports are checked with; keep it elsewhere."`
	} `cmd:"" help:"Check what was recorded."`
	Receipt struct {
		Verify ReceiptVerify `cmd:"" help:"Check a receipt of a verification, all receipts of a contact, or the report of an access review."`
	} `cmd:"" help:"Check what was verified. Needs no installation."`
	Backup  Backup   `cmd:"" help:"Write a backup while the server runs."`
	Restore Restore  `cmd:"" help:"Read a backup into an empty data folder or database."`
	Doctor  Doctor   `cmd:"" help:"Check the installation and say what to do about each finding."`
	OpenAPI struct{} `cmd:"" name:"openapi" help:"Print the OpenAPI document."`
	Version struct{} `cmd:"" help:"Print the version."`
	Help    Help     `cmd:"" help:"Explain a command, or with \"config\" every setting."`
}

// Storage says where the data is.
type Storage struct {
	Data        string `help:"Folder of the database, the master key and the audit heads." default:"./data" placeholder:"DIR" env:"COUNTERSIGN_DATA"`
	DatabaseURL string `help:"PostgreSQL instead of the SQLite file in the data folder: postgres://user@host:5432/name. With a password only as a variable." placeholder:"URL" env:"COUNTERSIGN_DATABASE_URL"`
	MasterKey   string `help:"File of the key that seals secrets in the database; made when it is missing. Default: master.key in the data folder. COUNTERSIGN_MASTER_KEY may hold the key itself." name:"master-key-file" placeholder:"FILE" env:"COUNTERSIGN_MASTER_KEY_FILE"`
}

// KeyFile is where the master key lies.
func (s Storage) KeyFile() string {
	if s.MasterKey != "" {
		return s.MasterKey
	}
	return filepath.Join(s.Data, "master.key")
}

// Serve holds the settings of the server.
type Serve struct {
	Storage
	Listen        string   `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT" env:"COUNTERSIGN_LISTEN"`
	ExternalURL   *url.URL `help:"How browsers reach the server, for links and cookies. Default: the address it listens on." name:"external-url" placeholder:"URL" env:"COUNTERSIGN_EXTERNAL_URL"`
	TrustedProxy  []string `help:"Networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed." placeholder:"CIDR" env:"COUNTERSIGN_TRUSTED_PROXY"`
	MetricsListen string   `help:"Address for Prometheus metrics; none if empty." placeholder:"HOST:PORT" env:"COUNTERSIGN_METRICS_LISTEN"`
	SMTPListen    string   `help:"Address to receive mail on; none if empty." name:"smtp-listen" placeholder:"HOST:PORT" env:"COUNTERSIGN_SMTP_LISTEN"`
	Demo          bool     `help:"Fill empty data with a demo organization and print a link that signs in to it once." env:"COUNTERSIGN_DEMO"`
	LogLevel      string   `help:"What to log: debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"COUNTERSIGN_LOG_LEVEL"`
}

// Owner names an organization and whoever owns it.
type Owner struct {
	Organization  string `help:"Name of the organization." required:"" placeholder:"NAME"`
	Email         string `help:"Email address of the owner." required:"" placeholder:"EMAIL"`
	Name          string `help:"Name of the owner." required:"" placeholder:"NAME"`
	Region        string `help:"Country of phone numbers without a country code, and the first that messages may go to." default:"US" placeholder:"CC"`
	PasswordStdin bool   `help:"Read the owner's password from standard input." required:""`
}

// Bootstrap makes the first organization.
type Bootstrap struct {
	Storage
	Owner
}

// AddOrganization makes another one.
type AddOrganization struct {
	Storage
	Owner
}

// Token makes an API token.
type Token struct {
	Storage
	Email   string        `help:"Email address of the technician." required:"" placeholder:"EMAIL"`
	Name    string        `help:"What the token is for." required:"" placeholder:"NAME"`
	Expires time.Duration `help:"How long it works, such as 24h." placeholder:"DURATION"`
}

// ResetFactors takes the factors from a technician.
type ResetFactors struct {
	Storage
	Email        string `help:"Email address of the technician." required:"" placeholder:"EMAIL"`
	Organization string `help:"Short name of the organization, for people of several." placeholder:"SLUG"`
}

// Unlock lets somebody in again.
type Unlock struct {
	Storage
	Email        string `help:"Email address of the technician." required:"" placeholder:"EMAIL"`
	Organization string `help:"Short name of the organization, for people of several." placeholder:"SLUG"`
	Allow        string `help:"Network or address to add to the lists of networks that keep the technician out." placeholder:"CIDR"`
}

// AuditVerify checks an export.
type AuditVerify struct {
	File      string `arg:"" help:"The export."`
	PublicKey string `help:"File with the key that \"audit public-key\" printed; without it signatures are not checked." placeholder:"FILE"`
}

// AuditPublicKey prints the key of exports.
type AuditPublicKey struct{ Storage }

// ReceiptVerify checks a receipt.
type ReceiptVerify struct {
	File      string `arg:"" help:"The receipt, the file with all receipts of a contact, or the zip of an access review."`
	PublicKey string `help:"File with the key that \"audit public-key\" printed; without it signatures are not checked." placeholder:"FILE"`
}

// Backup writes a backup.
type Backup struct {
	Storage
	File       string `arg:"" help:"The file to write."`
	WithoutKey bool   `help:"Leave the master key out: the backup is then of use only together with the key, kept elsewhere."`
}

// Restore reads a backup.
type Restore struct {
	Storage
	File string `arg:"" help:"The backup."`
}

// Doctor checks the installation.
type Doctor struct {
	Storage
	ExternalURL *url.URL `help:"How browsers reach the server." name:"external-url" placeholder:"URL" env:"COUNTERSIGN_EXTERNAL_URL"`
}

// Help explains.
type Help struct {
	Topic []string `arg:"" optional:"" help:"A command, or \"config\"."`
}

// ErrUsage is the kind of error that ends a command with exit code 2.
var ErrUsage = errors.New("wrong usage")

// errDone ends a run that only asked for help.
var errDone = errors.New("done")

// Parse reads the arguments and returns the name of the command, such as "admin token", with its settings. The name is empty if the
// arguments only asked for help, which is then on out.
func Parse(args []string, out io.Writer) (name string, c *Commands, err error) {
	c = &Commands{}
	if err := readFile(args); err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	parser, err := kong.New(c, kong.Name("countersign"), kong.Description("Both sides of a support call prove who they are."),
		kong.Writers(out, out), kong.Exit(func(int) { panic(errDone) }), kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		return "", nil, fmt.Errorf("describe the commands: %w", err)
	}
	defer func() {
		if p := recover(); p == errDone { //nolint:errorlint // our own value, handed through kong's exit hook
			name, err = "", nil
		} else if p != nil {
			panic(p)
		}
	}()
	ctx, err := parser.Parse(args)
	if err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if err := c.check(args); err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	name = commandName(ctx)
	if name == "help" {
		return "", c, explain(parser, c.Help.Topic, out)
	}
	return name, c, nil
}

func commandName(ctx *kong.Context) string {
	var words []string
	for _, p := range ctx.Path {
		if p.Command != nil {
			words = append(words, p.Command.Name)
		}
	}
	return strings.Join(words, " ")
}

// readFile sets the variables of the file that --config or COUNTERSIGN_CONFIG names, unless they are set already.
func readFile(args []string) error {
	path := os.Getenv("COUNTERSIGN_CONFIG")
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, "--config="); ok {
			path = value
		} else if arg == "--config" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	for n, line := range strings.Split(string(b), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if !ok || !strings.HasPrefix(key, "COUNTERSIGN_") {
			return fmt.Errorf("%s, line %d: expected COUNTERSIGN_…=value", path, n+1)
		}
		if _, set := os.LookupEnv(key); !set {
			if err := os.Setenv(key, strings.Trim(value, `"'`)); err != nil {
				return fmt.Errorf("%s, line %d: %w", path, n+1, err)
			}
		}
	}
	return nil
}

// check refuses what the types of the settings cannot say.
func (c *Commands) check(args []string) error {
	for i, arg := range args {
		value, ok := strings.CutPrefix(arg, "--database-url=")
		if arg == "--database-url" && i+1 < len(args) {
			value, ok = args[i+1], true
		}
		if ok && hasPassword(value) {
			return errors.New("a password does not belong on a command line, where other users of the machine can read it; set COUNTERSIGN_DATABASE_URL instead")
		}
	}
	if u := c.Serve.ExternalURL; u != nil && ((u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "") {
		return errors.New("--external-url must look like https://support.example.com")
	}
	_, err := c.Serve.Proxies()
	return err
}

// hasPassword looks for a password in a database address, in both forms that PostgreSQL knows.
func hasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return strings.Contains(address, "@") || strings.Contains(address, "password")
	}
	_, set := u.User.Password()
	return set || strings.Contains(strings.ToLower(address), "password=")
}

// Proxies are the networks of the trusted proxies.
func (s Serve) Proxies() ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range s.TrustedProxy {
		if addr, err := netip.ParseAddr(text); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, errors.New("--trusted-proxy must be an address or a network such as 10.0.0.0/8")
		}
		out = append(out, p)
	}
	return out, nil
}
