package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/config"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/signin"
)

// Streams are where a command reads and writes.
type Streams struct {
	In      io.Reader
	Out     io.Writer
	Log     io.Writer
	Version string
}

// Sentence is an error as one sentence on one line.
func Sentence(err error) string {
	text := err.Error()
	if e, ok := errors.AsType[*fault.Error](err); ok {
		text = e.Message
		for _, f := range e.Fields {
			if f.Message != e.Message {
				text += " " + strings.TrimPrefix(f.Pointer, "/") + ": " + f.Message
			}
		}
	}
	return strings.Join(strings.Fields(text), " ")
}

// Serve runs the server until ctx ends.
func Serve(ctx context.Context, cfg config.Serve, s Streams) error {
	log := slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: level(cfg.LogLevel)}))
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	a, err := New(ctx, Options{Serve: cfg, Base: browsable(l.Addr()), Version: s.Version, Log: log})
	if err != nil {
		return errors.Join(err, l.Close())
	}
	link, err := a.greeting(ctx)
	if err != nil {
		return errors.Join(err, l.Close(), a.Close())
	}
	err = a.Run(ctx, l, func() {
		_, _ = fmt.Fprintf(s.Out, "listening on %s\n%s", reachable(l.Addr()), link)
	})
	return errors.Join(err, a.Close())
}

// greeting is what an installation prints besides its address: a link to set it up, or one to sign in to the demo.
func (a *App) greeting(ctx context.Context) (string, error) {
	if a.cfg.Demo {
		token, err := a.demo(ctx)
		if err != nil || token == "" {
			return "", err
		}
		return "sign in to the demo once with " + a.baseURL() + "/sign-in#token=" + token + "\n", nil
	}
	needed, err := a.signin.NeedsSetup(ctx)
	if err != nil || !needed {
		return "", err
	}
	return "set up this installation with " + a.baseURL() + "/setup#token=" + a.signin.OpenSetup() + "\n", nil
}

func level(name string) slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(name)); err != nil {
		return slog.LevelInfo
	}
	return l
}

// reachable is an address that a browser on this machine can open.
func reachable(addr net.Addr) *url.URL {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return &url.URL{Scheme: "http", Host: addr.String()}
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}
}

// browsable is the address that goes into links: by name, since browsers keep passkeys for names and not for addresses.
func browsable(addr net.Addr) *url.URL {
	u := reachable(addr)
	if u.Hostname() == "127.0.0.1" {
		u.Host = net.JoinHostPort("localhost", u.Port())
	}
	return u
}

// admin opens an installation for one command beside a server that may be running.
func admin(ctx context.Context, storage config.Storage, s Streams, fn func(a *App) error) error {
	log := slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := New(ctx, Options{Serve: config.Serve{Storage: storage}, Version: s.Version, Log: log})
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

// existing is admin for commands that make no sense without an installation, so that a mistyped folder does not become a new one.
func existing(ctx context.Context, storage config.Storage, s Streams, fn func(a *App) error) error {
	if _, err := existingKeys(storage); err != nil {
		return err
	}
	return admin(ctx, storage, s, fn)
}

// Bootstrap makes the first organization and its owner, and prints an API token of the owner.
func Bootstrap(ctx context.Context, c config.Bootstrap, s Streams) error {
	return admin(ctx, c.Storage, s, func(a *App) error { return a.makeOwner(ctx, c.Owner, s, a.signin.CreateOwner) })
}

// AddOrganization makes another organization and its owner, and prints an API token of the owner.
func AddOrganization(ctx context.Context, c config.AddOrganization, s Streams) error {
	return existing(ctx, c.Storage, s, func(a *App) error { return a.makeOwner(ctx, c.Owner, s, a.signin.AddOrganization) })
}

func (a *App) makeOwner(ctx context.Context, o config.Owner, s Streams, create func(context.Context, signin.NewOwner) (string, error)) error {
	password, err := readLine(s.In)
	if err != nil {
		return err
	}
	token, err := create(commandLine(ctx), signin.NewOwner{Organization: o.Organization, Region: o.Region, Name: o.Name, Email: o.Email, Password: password})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.Out, token)
	return err
}

// Token prints a new API token of a technician.
func Token(ctx context.Context, c config.Token, s Streams) error {
	return existing(ctx, c.Storage, s, func(a *App) error {
		token, err := a.signin.TokenFor(commandLine(ctx), c.Email, c.Name, c.Expires)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(s.Out, token)
		return err
	})
}

// ResetFactors takes the factors from a technician who lost them all and whom no administrator may help: the owner.
func ResetFactors(ctx context.Context, c config.ResetFactors, s Streams) error {
	return existing(ctx, c.Storage, s, func(a *App) error {
		if err := a.factors.ResetFor(commandLine(ctx), c.Organization, c.Email); err != nil {
			return err
		}
		_, err := fmt.Fprintln(s.Out, "the factors are gone and the sessions have ended; the password is as it was")
		return err
	})
}

// Unlock lets a technician in again who is shut out.
func Unlock(ctx context.Context, c config.Unlock, s Streams) error {
	return existing(ctx, c.Storage, s, func(a *App) error {
		done, err := a.signin.Unlock(commandLine(ctx), c.Organization, c.Email, c.Allow)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.Out, "cleared %d counters of failed sign-ins; added the network to %d lists\n", done.Counters, done.Lists)
		if err == nil && done.Status != "" {
			_, err = fmt.Fprintf(s.Out, "the account cannot sign in all the same: %s\n", done.Status)
		}
		return err
	})
}

// commandLine marks what is done from a shell of the machine in the audit log.
func commandLine(ctx context.Context) context.Context {
	return access.WithActor(ctx, access.Actor{Device: "command line"})
}

// maxPassword bounds what is read from standard input; longer ones are refused by sign-in.
const maxPassword = 4096

func readLine(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
