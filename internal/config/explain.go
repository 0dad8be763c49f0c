package config

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"countersign.dev/countersign/internal/seal"
)

// explain prints the help of a command, or a list of every setting.
func explain(parser *kong.Kong, topic []string, out io.Writer) error {
	if len(topic) == 1 && topic[0] == "config" {
		return listSettings(parser, out)
	}
	ctx, err := kong.Trace(parser, topic)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if ctx.Error != nil && len(topic) > 0 && ctx.Selected() == nil {
		return fmt.Errorf("%w: there is no command %q", ErrUsage, strings.Join(topic, " "))
	}
	return ctx.PrintUsage(false)
}

// listSettings prints every setting once, under the name of its variable.
func listSettings(parser *kong.Kong, out io.Writer) error {
	var text strings.Builder
	text.WriteString("Settings can be flags, variables or lines of the file that --config names; in this order the first one counts.\n")
	seen := map[string]bool{}
	var walk func(n *kong.Node)
	walk = func(n *kong.Node) {
		for _, f := range n.Flags {
			for _, env := range f.Envs {
				if seen[env] {
					continue
				}
				seen[env] = true
				fmt.Fprintf(&text, "\n%s  (--%s)\n    %s", env, f.Name, f.Help)
				if f.Default != "" {
					text.WriteString(" Default: " + f.Default + ".")
				}
				text.WriteString("\n")
			}
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(parser.Model.Node)
	text.WriteString("\n" + seal.Env + "  (no flag)\n    The master keys themselves, base64, instead of a file; several separated by spaces, oldest first; the last one seals.\n")
	_, err := io.WriteString(out, text.String())
	return err
}
