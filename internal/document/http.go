package document

import (
	"context"
	"io"
	"net/http"
	"time"

	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/document/markup"
	"countersign.dev/countersign/internal/httpapi"
)

// Bounds of bodies: a text whose letters take four bytes each, and the ids of as many contacts as may be written to at once.
const (
	maxText  = 64 << 10
	maxCrowd = 64 << 10
)

// Routes mounts the library and the pages that everybody may read.
func (s *Service) Routes(api *httpapi.API) {
	const all, one, mail, settings = "/api/documents", "/api/documents/{key}/{language}", "/api/documents/{key}/mail", "/api/settings/documents"
	httpapi.Handle(api, httpapi.Route{
		ID: "list-documents", Method: "GET", Path: all, Summary: "List the documents for clients in every language", Needs: perm.SignedIn,
	}, s.list)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-document", Method: "GET", Path: one, Summary: "Read a document, made out to a contact or a customer if one is named", Needs: perm.SignedIn,
	}, s.get)
	httpapi.Handle(api, httpapi.Route{
		ID: "set-document", Method: "PUT", Path: one, Summary: "Write a document in one's own words: a new version", Needs: perm.AdminTemplates,
		MaxBody: maxText,
	}, s.put)
	httpapi.Handle(api, httpapi.Route{
		ID: "reset-document", Method: "DELETE", Path: one, Summary: "Go back to the text that comes with Countersign: a new version",
		Needs: perm.AdminTemplates,
	}, s.delete)
	httpapi.Handle(api, httpapi.Route{
		ID: "preview-document", Method: "POST", Path: one + "/preview", Summary: "See a text that is not saved", Needs: perm.AdminTemplates,
		MaxBody: maxText,
	}, s.postPreview)
	httpapi.Handle(api, httpapi.Route{
		ID: "list-document-versions", Method: "GET", Path: one + "/versions", Summary: "List the versions of a document, the newest first",
		Needs: perm.AdminTemplates,
	}, s.getVersions)
	httpapi.Handle(api, httpapi.Route{
		ID: "restore-document", Method: "POST", Path: one + "/restore", Summary: "Make an earlier version the newest", Needs: perm.AdminTemplates,
	}, s.postRestore)
	httpapi.Download(api, httpapi.Route{
		ID: "print-document", Method: "GET", Path: one + "/pdf", Summary: "Download a document as PDF, made out to a contact or a customer if one is named",
		Needs: perm.SignedIn,
	}, httpapi.File{Type: "application/pdf", Name: "document.pdf"}, func(ctx context.Context, in *forInput, w io.Writer) error {
		return s.PDF(ctx, w, Key(in.Key), in.Language, in.ContactID, in.CustomerID)
	})
	httpapi.Handle(api, httpapi.Route{
		ID: "review-document-mail", Method: "POST", Path: mail + "/review", Summary: "See to whom a document can be mailed, and send nothing",
		Needs: perm.ContactEdit, MaxBody: maxCrowd,
	}, s.postReview)
	httpapi.Handle(api, httpapi.Route{
		ID: "mail-document", Method: "POST", Path: mail, Summary: "Mail a document to contacts, as a task, after a review", Needs: perm.ContactEdit,
		MaxBody: maxCrowd, Creates: true, Status: http.StatusAccepted,
	}, s.postMail)
	httpapi.Handle(api, httpapi.Route{
		ID: "get-document-settings", Method: "GET", Path: settings, Summary: "Read what the documents say of the organization, and which are published",
		Needs: perm.AdminTemplates,
	}, s.getSettings)
	httpapi.Handle(api, httpapi.Route{
		ID: "edit-document-settings", Method: "PATCH", Path: settings, Summary: "Change what the documents say of the organization, and which are published",
		Needs: perm.AdminTemplates,
	}, s.patchSettings)

	h := newPages(s)
	page := httpapi.Route{
		ID: "open-documents", Method: "GET", Path: "/v/docs/{organization}", Summary: "The published documents of an organization", Needs: perm.Public,
		Hidden: true,
	}
	api.Raw(page, http.HandlerFunc(h.index))
	page.ID, page.Path, page.Summary = "open-document", page.Path+"/{document}", "A published document"
	api.Raw(page, http.HandlerFunc(h.one))
}

type spanBody struct {
	Text     string `json:"text"`
	Strong   bool   `json:"strong,omitempty"`
	Emphasis bool   `json:"emphasis,omitempty"`
	Code     bool   `json:"code,omitempty" doc:"something to type as it is"`
	Link     string `json:"link,omitempty" doc:"a web, mail or phone address"`
	Break    bool   `json:"break,omitempty" doc:"a new line instead of text"`
}

type blockBody struct {
	Kind  string       `json:"kind" enum:"heading,paragraph,points,steps,note,line"`
	Level int          `json:"level,omitempty" doc:"of a heading: 2 or 3"`
	Start int          `json:"start,omitempty" doc:"of a numbered list"`
	Spans []spanBody   `json:"spans"`
	Items [][]spanBody `json:"items" doc:"of a list"`
}

func blocksOf(d Document) []blockBody {
	out := make([]blockBody, len(d.Blocks))
	for i, b := range d.Blocks {
		out[i] = blockBody{Kind: string(b.Kind), Level: b.Level, Start: b.Start, Spans: spansOf(b.Spans), Items: [][]spanBody{}}
		for _, item := range b.Items {
			out[i].Items = append(out[i].Items, spansOf(item))
		}
	}
	return out
}

func spansOf(in []markup.Span) []spanBody {
	out := make([]spanBody, len(in))
	for i, s := range in {
		out[i] = spanBody(s)
	}
	return out
}

// SummaryBody is a document in one language as the library lists it.
type SummaryBody struct {
	Key       string     `json:"key"`
	Language  string     `json:"language"`
	Title     string     `json:"title"`
	Own       bool       `json:"own" doc:"the organization wrote it itself"`
	Missing   []string   `json:"missing" doc:"placeholders for which nothing is entered: their lines are left out"`
	URL       *string    `json:"url" doc:"of its public page; null if it is not published"`
	UpdatedAt *time.Time `json:"updated_at"`
	UpdatedBy string     `json:"updated_by,omitempty" doc:"the technician's name"`
	Version   int64      `json:"version" doc:"counts its changes; 0 if it was never changed"`
}

func summaryOf(x Shown) SummaryBody {
	out := SummaryBody{
		Key: string(x.Key), Language: x.Language, Title: x.Holds.Title, Own: x.own(), Missing: x.Missing, UpdatedBy: x.ByName, Version: x.Number,
	}
	if x.Missing == nil {
		out.Missing = []string{}
	}
	if x.URL != "" {
		out.URL = &x.URL
	}
	if x.Number > 0 {
		out.UpdatedAt = &x.At
	}
	return out
}

type languageBody struct {
	Code string `json:"code"`
	Name string `json:"name" doc:"in the language itself"`
	Dir  string `json:"dir" enum:"ltr,rtl"`
}

type listBody struct {
	Items     []SummaryBody  `json:"items"`
	Languages []languageBody `json:"languages"`
}

func (s *Service) list(ctx context.Context, _ *struct{}) (*struct{ Body listBody }, error) {
	found, err := s.All(ctx)
	if err != nil {
		return nil, err
	}
	var out listBody
	for _, l := range Languages() {
		out.Languages = append(out.Languages, languageBody(l))
	}
	for _, x := range found {
		out.Items = append(out.Items, summaryOf(x))
	}
	return &struct{ Body listBody }{out}, nil
}

// Named is how a document is named in an address.
type Named struct {
	Key      string `path:"key" maxLength:"60" doc:"such as verify-us"`
	Language string `path:"language" maxLength:"10"`
}

type forInput struct {
	Named
	ContactID  string `query:"contact_id" maxLength:"36"`
	CustomerID string `query:"customer_id" maxLength:"36"`
}

type placeholderBody struct {
	Name     string `json:"name" doc:"written as ${name}"`
	Required bool   `json:"required"`
}

// documentBody is a document in one language.
type documentBody struct {
	SummaryBody
	Body         string            `json:"body" doc:"in markup, with placeholders"`
	Shown        string            `json:"shown" doc:"the title with its placeholders filled"`
	Blocks       []blockBody       `json:"blocks" doc:"what is shown, with placeholders filled"`
	Placeholders []placeholderBody `json:"placeholders"`
	TitleLimit   int               `json:"title_limit" doc:"characters"`
	BodyLimit    int               `json:"body_limit" doc:"characters"`
}

func (s *Service) bodyOf(ctx context.Context, x Shown, contactID, customerID string) (*httpapi.One[documentBody], error) {
	d, err := s.For(ctx, x.Key, x.Language, contactID, customerID)
	if err != nil {
		return nil, err
	}
	out := documentBody{SummaryBody: summaryOf(x), Body: x.Holds.Body, Shown: d.Title, Blocks: blocksOf(d), TitleLimit: maxTitle, BodyLimit: maxBody}
	e, _ := entryOf(x.Key)
	for _, name := range Placeholders() {
		out.Placeholders = append(out.Placeholders, placeholderBody{string(name), e.requires(name)})
	}
	return &httpapi.One[documentBody]{ETag: httpapi.ETag(x.Number), Body: out}, nil
}

func (s *Service) get(ctx context.Context, in *forInput) (*httpapi.One[documentBody], error) {
	x, err := s.Find(ctx, Key(in.Key), in.Language)
	if err != nil {
		return nil, err
	}
	return s.bodyOf(ctx, x, in.ContactID, in.CustomerID)
}

type textBody struct {
	Title string `json:"title"`
	Body  string `json:"body" doc:"markup: # headings, lists, > quotes, **bold**, *italic*, [links](https://www.example.com); no HTML"`
}

func (s *Service) put(ctx context.Context, in *struct {
	Named
	IfMatch string `header:"If-Match"`
	Body    textBody
},
) (*httpapi.One[documentBody], error) {
	x, err := s.Save(ctx, Key(in.Key), in.Language, Text(in.Body), ifMatch(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return s.bodyOf(ctx, x, "", "")
}

func ifMatch(header string) func(int64) error {
	return func(version int64) error { return httpapi.IfMatch(header, version) }
}

func (s *Service) delete(ctx context.Context, in *struct {
	Named
	IfMatch string `header:"If-Match"`
},
) (*struct{}, error) {
	_, err := s.Reset(ctx, Key(in.Key), in.Language, ifMatch(in.IfMatch))
	return nil, err
}

type previewBody struct {
	Title  string      `json:"title"`
	Blocks []blockBody `json:"blocks"`
}

func (s *Service) postPreview(ctx context.Context, in *struct {
	Named
	Body textBody
},
) (*struct{ Body previewBody }, error) {
	d, err := s.Preview(ctx, Key(in.Key), in.Language, Text(in.Body))
	return &struct{ Body previewBody }{previewBody{d.Title, blocksOf(d)}}, err
}

type versionBody struct {
	Number int64     `json:"number"`
	Action string    `json:"action" enum:"saved,restored,reset"`
	From   int64     `json:"from,omitempty" doc:"the version that was restored"`
	Title  string    `json:"title" doc:"empty after a reset"`
	Body   string    `json:"body"`
	ByName string    `json:"by_name"`
	At     time.Time `json:"at"`
}

func (s *Service) getVersions(ctx context.Context, in *struct {
	Named
	httpapi.Paging
},
) (*httpapi.Page[versionBody], error) {
	found, next, err := s.Versions(ctx, Key(in.Key), in.Language, in.Page())
	if err != nil {
		return nil, err
	}
	items := make([]versionBody, len(found))
	for i, v := range found {
		items[i] = versionBody{v.Number, string(v.Action), v.From, v.Title, v.Body, v.ByName, v.At}
	}
	return httpapi.NewPage(items, next), nil
}

func (s *Service) postRestore(ctx context.Context, in *struct {
	Named
	IfMatch string `header:"If-Match"`
	Body    struct {
		Number int64 `json:"number" minimum:"1"`
	}
},
) (*httpapi.One[documentBody], error) {
	x, err := s.Restore(ctx, Key(in.Key), in.Language, in.Body.Number, ifMatch(in.IfMatch))
	if err != nil {
		return nil, err
	}
	return s.bodyOf(ctx, x, "", "")
}
