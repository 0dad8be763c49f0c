package document

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"countersign.dev/countersign/internal/message/attachment"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/wording"
)

// recipe is all that the PDF of a mail will say, as it was settled when the mail was queued: text and file say the same, whatever is changed
// before the mail leaves. Only the logo, the color and the size of the paper are those of when it leaves.
type recipe struct {
	Key      Key                              `json:"key"`
	Language string                           `json:"language"`
	Text     Text                             `json:"text"`
	Values   map[wording.Placeholder][]string `json:"values"` // text and link
}

func recipeOf(key Key, language string, t Text, v values) ([]byte, error) {
	r := recipe{key, language, t, map[wording.Placeholder][]string{}}
	for name, x := range v {
		r.Values[name] = []string{x.text, x.link}
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("keep the document %s for its mail: %w", key, err)
	}
	return b, nil
}

// document fills the text once more.
func (r recipe) document() (Document, error) {
	_, language, err := entry(r.Key, r.Language)
	if err != nil {
		return Document{}, err
	}
	v := values{}
	for name, x := range r.Values {
		if len(x) == 2 {
			v[name] = value{x[0], x[1]}
		}
	}
	return made(r.Key, r.Text, language, v)
}

// file makes the PDF that a mail carries.
func (s *Service) file(ctx context.Context, orgID string, kept []byte) (attachment.File, error) {
	var r recipe
	if err := json.Unmarshal(kept, &r); err != nil {
		return attachment.File{}, errors.Join(attachment.ErrUnusable, err)
	}
	d, err := r.document()
	if err != nil {
		return attachment.File{}, errors.Join(attachment.ErrUnusable, err)
	}
	o, err := organization.ByID(ctx, s.DB.Read(), orgID)
	if err != nil {
		return attachment.File{}, err
	}
	c, err := s.circumstances(ctx, s.DB.Read(), o)
	if err != nil {
		return attachment.File{}, err
	}
	select {
	case s.mails <- struct{}{}:
		defer func() { <-s.mails }()
	case <-ctx.Done():
		return attachment.File{}, ctx.Err()
	}
	b, err := s.print(ctx, d, c)
	return attachment.File{Name: d.Title, Content: b}, err
}
