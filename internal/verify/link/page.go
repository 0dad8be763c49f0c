package link

import (
	"crypto/hmac"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// question is what the form shows. It reveals who asks, nothing about the contact.
type question struct {
	Words                        wording.LinkPage
	Action, PageToken, Direction string
}

func (m *method) page(r *http.Request, l verify.Link) (publicpage.Page, *question) {
	p := m.verifications.Frame(r, l)
	q := &question{
		Words:  m.verifications.PageTexts(r, l),
		Action: "/v/" + url.PathEscape(l.Token) + "?lang=" + p.Lang, PageToken: m.verifications.PageToken(l.Verification),
	}
	p.Data = q
	return p, q
}

// GetPage shows the form and decides nothing.
func (m *method) GetPage(w http.ResponseWriter, r *http.Request, l verify.Link) {
	p, _ := m.page(r, l)
	m.template.Render(w, http.StatusOK, p)
}

// PostPage takes the answer. Only a complete form that was posted from the page itself decides anything; it works without script.
func (m *method) PostPage(w http.ResponseWriter, r *http.Request, l verify.Link) {
	p, q := m.page(r, l)
	if err := publicpage.ReadForm(w, r); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(q.PageToken)) {
		m.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	a := verify.Answer{
		Number: strings.TrimSpace(r.PostFormValue("number")), Direction: verify.Direction(r.PostFormValue("direction")),
		NotMe: r.PostFormValue("answer") == "not_me",
	}
	if p.Errors = incomplete(q.Words, a); len(p.Errors) > 0 {
		q.Direction = string(a.Direction)
		m.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	state, err := m.verifications.AnswerLink(r.Context(), l, a)
	m.verifications.ShowOutcome(w, r, l, state, err)
}

// incomplete says what an answer lacks; an incomplete one is no try (D-35).
func incomplete(page wording.LinkPage, a verify.Answer) (problems []publicpage.Problem) {
	if len(a.Number) != spokenDigits || strings.Trim(a.Number, "0123456789") != "" {
		problems = append(problems, publicpage.Problem{ID: "number", Text: page.ErrorNumber})
	}
	if !a.NotMe && a.Direction != verify.Inbound && a.Direction != verify.Outbound {
		problems = append(problems, publicpage.Problem{ID: "inbound", Text: page.ErrorDirection})
	}
	return problems
}
