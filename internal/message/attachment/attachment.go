// Package attachment keeps what a mail carries besides its text. What is kept is not the file but its recipe, a few kilobytes in which all that
// it will say is settled; the file is made when the mail is sent, outside every transaction, and is thrown away afterwards.
package attachment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

// Bounds: of a recipe and a file in bytes, of a file's name in characters.
const (
	MaxRecipe = 128 << 10
	MaxFile   = 3 << 20
	MaxName   = 100
)

// Type is that of all files: only such as we made ourselves are attached.
const Type = "application/pdf"

// ErrUnusable marks an error that no second try mends: there is no such maker, the recipe cannot be read, or what was made of it is no file to send.
var ErrUnusable = errors.New("the attachment cannot be made")

// File is a PDF with the name under which its receiver sees it.
type File struct {
	Name    string
	Content []byte
}

// Source returns what a delivery carries; nil for nothing. It takes as long as making a file takes. An error that wraps ErrUnusable is for good,
// after any other it may be asked again.
type Source func(ctx context.Context, orgID, deliveryID string) (*File, error)

// Make makes a file from its recipe; the actor of ctx is the organization's system. It must not need more than what the recipe and the
// organization's own settings say.
type Make func(ctx context.Context, orgID string, recipe []byte) (File, error)

// Service keeps recipes and makes files from them.
type Service struct {
	db     *store.DB
	keys   *seal.Keyring
	makers map[string]Make
}

// New returns a Service. Makes completes it before the first mail is sent.
func New(db *store.DB, keys *seal.Keyring) *Service {
	return &Service{db, keys, map[string]Make{}}
}

// Makes names what makes files of one kind.
func (s *Service) Makes(maker string, m Make) { s.makers[maker] = m }

// Keep notes what a delivery of the actor's organization carries, in the transaction that stored the delivery. A delivery that has something
// keeps it: the same message is stored once, however often that is asked.
func (s *Service) Keep(ctx context.Context, tx *store.Tx, deliveryID, maker string, recipe []byte) error {
	if len(recipe) > MaxRecipe || s.makers[maker] == nil {
		return fmt.Errorf("keep the attachment of %s: %w", deliveryID, ErrUnusable)
	}
	org := access.ActorFrom(ctx).OrgID
	sealed, err := s.keys.Seal(place(org, deliveryID), recipe)
	if err != nil {
		return err
	}
	return insert(ctx, tx, org, deliveryID, maker, sealed, store.Now())
}

// Of is a Source.
func (s *Service) Of(ctx context.Context, orgID, deliveryID string) (*File, error) {
	maker, sealed, err := find(ctx, s.db.Read(), orgID, deliveryID)
	if err != nil || maker == "" {
		return nil, err
	}
	do := s.makers[maker]
	if do == nil {
		return nil, fmt.Errorf("nothing makes %s: %w", maker, ErrUnusable)
	}
	recipe, err := s.keys.Unseal(place(orgID, deliveryID), sealed)
	if err != nil {
		return nil, errors.Join(ErrUnusable, err)
	}
	f, err := do(access.WithActor(ctx, access.System(orgID)), orgID, recipe)
	if err != nil {
		return nil, err
	}
	if len(f.Content) > MaxFile || !bytes.HasPrefix(f.Content, []byte("%PDF-")) {
		return nil, fmt.Errorf("%d bytes that are no PDF to send: %w", len(f.Content), ErrUnusable)
	}
	f.Name = SafeName(f.Name)
	return &f, nil
}

// Drop forgets what a delivery carried, in the transaction in which the delivery ends.
func (s *Service) Drop(ctx context.Context, tx *store.Tx, orgID, deliveryID string) error {
	return remove(ctx, tx, orgID, deliveryID)
}

// SafeName makes a file's name of a title: letters, digits and what holds words together, in any script. What could be a path, a second extension,
// or turn the direction of a name around is left out.
func SafeName(title string) string {
	title = strings.TrimSuffix(title, ".pdf")
	title = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r), r == '-', r == '_', r == '\'', r == '’':
			return r
		case unicode.IsSpace(r):
			return ' '
		}
		return -1
	}, title)
	title = strings.Join(strings.Fields(title), " ")
	for utf8.RuneCountInString(title) > MaxName-len(".pdf") {
		_, n := utf8.DecodeLastRuneInString(title)
		title = title[:len(title)-n]
	}
	if title = strings.TrimSpace(title); title == "" {
		title = "document"
	}
	return title + ".pdf"
}

func place(orgID, deliveryID string) seal.Place {
	return seal.Place{Table: "message_attachment", Column: "recipe", ID: orgID + "/" + deliveryID}
}
