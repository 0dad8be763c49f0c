package wording

import (
	"context"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/httpapi"
)

// Routes mounts the texts that an organization may write itself.
func (s *Service) Routes(api *httpapi.API) {
	const list, one = "/api/templates", "/api/templates/{key}/{language}"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-templates", Method: "GET", Path: list, Summary: "List the texts of messages, calls and pages in every language", Needs: perm.AdminTemplates,
	}, s.list)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-template", Method: "PUT", Path: one, Summary: "Write a text in one's own words", Needs: perm.AdminTemplates,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "reset-template", Method: "DELETE", Path: one, Summary: "Go back to the text that comes with Countersign", Needs: perm.AdminTemplates,
	}, s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "preview-template", Method: "POST", Path: one + "/preview", Summary: "See a text with example values, and what it costs as a text message",
		Needs: perm.AdminTemplates,
	}, s.preview)
	httpapi.Handle(api, httpapi.Route{
		ID: "test-template", Method: "POST", Path: one + "/test", Summary: "Have a text sent with example values", Needs: perm.AdminTemplates, Status: 202,
	}, s.test)
}

// placeholderBody is a placeholder that a part may hold.
type placeholderBody struct {
	Name     string `json:"name" doc:"written as ${name}"`
	Required bool   `json:"required"`
}

// partBody is what a text consists of.
type partBody struct {
	Name         string            `json:"name" doc:"subject, body, announcement, title or asks"`
	Limit        int               `json:"limit" doc:"characters"`
	Lines        bool              `json:"lines" doc:"it may have several lines"`
	Placeholders []placeholderBody `json:"placeholders"`
	Words        []string          `json:"words" doc:"that it must hold as they are, since people answer with them"`
}

// textBody is a text in one language.
type textBody struct {
	Language  string            `json:"language"`
	Default   map[string]string `json:"default" doc:"by part: what comes with Countersign"`
	Own       map[string]string `json:"own" doc:"by part: what the organization wrote itself; null if nothing"`
	UpdatedAt *time.Time        `json:"updated_at"`
	Version   int64             `json:"version" doc:"0 without a text of one's own"`
}

// templateBody is a text in all languages.
type templateBody struct {
	Key      string     `json:"key"`
	Channels []string   `json:"channels" doc:"sms, email, voice or page; several if it answers on the way on which it was asked"`
	Parts    []partBody `json:"parts"`
	Texts    []textBody `json:"texts"`
}

// languageBody is a language in which people outside are written to.
type languageBody struct {
	Code string `json:"code"`
	Name string `json:"name" doc:"in the language itself"`
	Dir  string `json:"dir" enum:"ltr,rtl"`
}

type listBody struct {
	Items     []templateBody `json:"items"`
	Languages []languageBody `json:"languages"`
}

func (s *Service) list(ctx context.Context, _ *struct{}) (*struct{ Body listBody }, error) {
	own, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	out := listBody{Items: []templateBody{}}
	for _, l := range Languages() {
		out.Languages = append(out.Languages, languageBody(l))
	}
	for _, e := range Catalogue() {
		t := templateBody{Key: string(e.Key)}
		for _, c := range e.Channels {
			t.Channels = append(t.Channels, string(c))
		}
		for _, p := range e.Parts {
			t.Parts = append(t.Parts, bodyOfPart(p))
		}
		for _, l := range Languages() {
			i := slices.IndexFunc(own, func(o Own) bool { return o.Key == e.Key && o.Language == l.Code })
			o := Own{Key: e.Key, Language: l.Code}
			if i >= 0 {
				o = own[i]
			}
			t.Texts = append(t.Texts, bodyOf(o))
		}
		out.Items = append(out.Items, t)
	}
	return &struct{ Body listBody }{out}, nil
}

func bodyOfPart(p Part) partBody {
	out := partBody{Name: p.Name, Limit: p.Limit, Lines: p.Lines, Placeholders: []placeholderBody{}, Words: append([]string{}, p.Words...)}
	for _, n := range p.Requires {
		out.Placeholders = append(out.Placeholders, placeholderBody{string(n), true})
	}
	for _, n := range p.Knows {
		out.Placeholders = append(out.Placeholders, placeholderBody{string(n), false})
	}
	return out
}

func bodyOf(o Own) textBody {
	out := textBody{Language: o.Language, Default: defaultOf(o.Key, o.Language), Own: o.Parts, Version: o.Version}
	if o.Version > 0 {
		out.UpdatedAt = &o.UpdatedAt
	}
	return out
}

// Named is how a text is named in an address.
type Named struct {
	Key      string `path:"key" maxLength:"60" doc:"such as verification.sms_code"`
	Language string `path:"language" maxLength:"10"`
}

type partsBody struct {
	Parts map[string]string `json:"parts" doc:"all parts of the text"`
}

func (s *Service) put(ctx context.Context, in *struct {
	Named
	IfMatch string `header:"If-Match"`
	Body    partsBody
},
) (*httpapi.One[textBody], error) {
	o, err := s.Set(ctx, Key(in.Key), in.Language, in.Body.Parts, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
	return &httpapi.One[textBody]{ETag: httpapi.ETag(o.Version), Body: bodyOf(o)}, err
}

func (s *Service) delete(ctx context.Context, in *struct {
	Named
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	return nil, s.Reset(ctx, Key(in.Key), in.Language, func(version int64) error { return httpapi.IfMatch(in.IfMatch, version) })
}

// lengthBody is what a text message costs.
type lengthBody struct {
	Wide     bool `json:"wide" doc:"it needs an alphabet of which a message holds less than half"`
	Units    int  `json:"units" doc:"characters as that alphabet counts them"`
	Segments int  `json:"segments" doc:"messages that it is sent and paid as"`
}

type previewBody struct {
	Parts    map[string]string `json:"parts"`
	Length   *lengthBody       `json:"length" doc:"null for what is no text message"`
	Plainer  bool              `json:"plainer" doc:"accents are left out, which keeps it cheap"`
	Language string            `json:"language"`
	Dir      string            `json:"dir" enum:"ltr,rtl"`
}

func (s *Service) preview(ctx context.Context, in *struct {
	Named
	Body partsBody
},
) (*struct{ Body previewBody }, error) {
	p, err := s.Preview(ctx, Key(in.Key), in.Language, in.Body.Parts)
	if err != nil {
		return nil, err
	}
	out := previewBody{Parts: p.Parts, Plainer: p.Changed, Language: in.Language, Dir: languageOf(in.Language).Dir}
	if p.Length != nil {
		out.Length = new(lengthBody(*p.Length))
	}
	return &struct{ Body previewBody }{out}, nil
}

type testBody struct {
	DeliveryID string `json:"delivery_id"`
}

func (s *Service) test(ctx context.Context, in *struct {
	Named
	Body struct {
		To string `json:"to" maxLength:"254" doc:"an email or a phone number"`
	}
},
) (*struct{ Body testBody }, error) {
	deliveryID, err := s.Test(ctx, Key(in.Key), in.Language, in.Body.To)
	return &struct{ Body testBody }{testBody{deliveryID}}, err
}
