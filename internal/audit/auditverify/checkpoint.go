package auditverify

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// KeyName is the name under which an installation signs; which log it signs for is in the origin line.
const KeyName = "countersign.audit"

var errCheckpoint = errors.New("the checkpoint is not in its form")

// Checkpoint is what an installation signs from time to time: after Size events the root is Root, and before it was Previous at
// PreviousSize. Its text is a C2SP tlog-checkpoint with two extension lines.
type Checkpoint struct {
	Organization string
	Size         int64
	Root         Hash
	PreviousSize int64
	Previous     Hash
	At           time.Time
}

// Text is what is signed.
func (c Checkpoint) Text() string {
	return fmt.Sprintf("%s\n%d\n%s\nprevious %d %s\ntime %s\n", origin(c.Organization), c.Size, base64Strict.EncodeToString(c.Root[:]),
		c.PreviousSize, base64Strict.EncodeToString(c.Previous[:]), c.At.UTC().Format(timeLayout))
}

func origin(organization string) string { return KeyName + "/" + organization }

// ParseCheckpoint reads what Text wrote.
func ParseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 6 {
		return Checkpoint{}, errCheckpoint
	}
	c.Organization = strings.TrimPrefix(lines[0], KeyName+"/")
	previous := strings.Split(lines[3], " ")
	if len(previous) != 3 {
		return Checkpoint{}, errCheckpoint
	}
	var errs [5]error
	c.Size, errs[0] = strconv.ParseInt(lines[1], 10, 64)
	c.Root, errs[1] = parseHash(lines[2])
	c.PreviousSize, errs[2] = strconv.ParseInt(previous[1], 10, 64)
	c.Previous, errs[3] = parseHash(previous[2])
	c.At, errs[4] = time.Parse(timeLayout, strings.TrimPrefix(lines[4], "time "))
	if err := errors.Join(errs[:]...); err != nil || c.Text() != text || c.PreviousSize < 0 || c.Size < c.PreviousSize {
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

func parseHash(text string) (h Hash, err error) {
	b, err := base64Strict.DecodeString(text)
	if err != nil || len(b) != len(h) {
		return h, errCheckpoint
	}
	return Hash(b), nil
}

// Key is the public key that checkpoints and exports are checked with. The zero Key checks no signature.
type Key struct{ verifier note.Verifier }

// ParseKey reads a public key in the form in which the installation prints it.
func ParseKey(text string) (Key, error) {
	v, err := note.NewVerifier(strings.TrimSpace(text))
	if err != nil || v.Name() != KeyName {
		return Key{}, errors.New("this is not the public key of an audit log")
	}
	return Key{v}, nil
}

// Checks says whether the key is there.
func (k Key) Checks() bool { return k.verifier != nil }

// Open returns the text of a signed note. Without a key the signature is not looked at, only the form.
func (k Key) Open(signed string) (string, error) {
	var known []note.Verifier
	if k.Checks() {
		known = append(known, k.verifier)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(known...))
	if unverified, ok := errors.AsType[*note.UnverifiedNoteError](err); ok && !k.Checks() {
		return unverified.Note.Text, nil
	}
	if err != nil {
		return "", fmt.Errorf("the signature is not good: %w", err)
	}
	return n.Text, nil
}

// OpenCheckpoint returns the checkpoint inside a signed note.
func (k Key) OpenCheckpoint(signed string) (Checkpoint, error) {
	text, err := k.Open(signed)
	if err != nil {
		return Checkpoint{}, err
	}
	return ParseCheckpoint(text)
}
