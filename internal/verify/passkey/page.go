package passkey

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"countersign.dev/countersign/internal/contactkey"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// question is what the form shows. It reveals who asks and for what, nothing about the contact.
type question struct {
	Words                                 wording.LinkPage
	Passkey                               wording.PasskeyPage
	Ticket, For                           string
	Action, PageToken, Direction, Options string
}

// challenge is what the passkey signs: 32 bytes that only this server can know and that belong to one verification, and the hash of what
// the page shows. An answer to another verification, or to another text, is none to this one (M28).
func (m *method) challenge(v verify.Verification, q *question) []byte {
	shown := strings.Join([]string{q.Passkey.ConfirmAsks, q.Passkey.TicketLabel, q.Ticket, q.Passkey.ForLabel, q.For}, "\x00")
	sum := sha256.Sum256([]byte(shown))
	return append(m.verifications.Keys.MAC("verify passkey", v.OrgID, v.ID), sum[:]...)
}

func (m *method) page(r *http.Request, l verify.Link) (publicpage.Page, *question, error) {
	v, p := l.Verification, m.verifications.Frame(r, l)
	q := &question{
		Words: m.verifications.PageTexts(r, l), Passkey: m.verifications.PasskeyTexts(r, l), For: v.Action,
		Action: "/v/" + url.PathEscape(l.Token) + "?lang=" + p.Lang, PageToken: m.verifications.PageToken(v),
	}
	if v.TicketNumber != 0 {
		q.Ticket = "#" + strconv.FormatInt(v.TicketNumber, 10)
	}
	var err error
	q.Options, err = m.keys.Options(r.Context(), v.OrgID, v.ContactID, m.challenge(v, q))
	p.Data, p.Script = q, contactkey.Script()
	return p, q, err
}

// GetPage shows the form and decides nothing.
func (m *method) GetPage(w http.ResponseWriter, r *http.Request, l verify.Link) {
	p, _, err := m.page(r, l)
	if err != nil {
		m.verifications.ShowOutcome(w, r, l, "", err)
		return
	}
	m.template.Render(w, http.StatusOK, p)
}

// PostPage takes the answer. Only a complete form that was posted from the page itself decides anything.
func (m *method) PostPage(w http.ResponseWriter, r *http.Request, l verify.Link) {
	p, q, err := m.page(r, l)
	if err != nil {
		m.verifications.ShowOutcome(w, r, l, "", err)
		return
	}
	if err := publicpage.ReadForm(w, r); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(q.PageToken)) {
		m.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	credential := r.PostFormValue("credential")
	a := verify.Answer{
		Number: strings.TrimSpace(r.PostFormValue("number")), Direction: verify.Direction(r.PostFormValue("direction")),
		NotMe: r.PostFormValue("answer") == "not_me",
		Proof: func(ctx context.Context, tx *store.Tx) (bool, error) {
			return m.proved(ctx, tx, l.Verification, q, credential)
		},
	}
	if p.Errors = incomplete(q, a, credential); len(p.Errors) > 0 {
		q.Direction = string(a.Direction)
		m.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	state, err := m.verifications.AnswerLink(r.Context(), l, a)
	m.verifications.ShowOutcome(w, r, l, state, err)
}

// proved settles whether the contact's own passkey has signed what the page showed. A copied key is worth an alert.
func (m *method) proved(ctx context.Context, tx *store.Tx, v verify.Verification, q *question, credential string) (bool, error) {
	err := m.keys.Check(ctx, tx, v.OrgID, v.ContactID, m.challenge(v, q), credential)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, contactkey.ErrCloned):
		return false, m.verifications.Alert(ctx, tx, "passkey_cloned", v.CustomerID, v.ContactID, v.ContactName)
	case fault.KindOf(err) == fault.Internal:
		return false, err
	}
	return false, nil
}

// incomplete says what an answer lacks; an incomplete one is no try (D-35).
func incomplete(q *question, a verify.Answer, credential string) (problems []publicpage.Problem) {
	if len(a.Number) != spokenDigits || strings.Trim(a.Number, "0123456789") != "" {
		problems = append(problems, publicpage.Problem{ID: "number", Text: q.Passkey.ErrorNumber})
	}
	if a.NotMe {
		return problems
	}
	if a.Direction != verify.Inbound && a.Direction != verify.Outbound {
		problems = append(problems, publicpage.Problem{ID: "inbound", Text: q.Words.ErrorDirection})
	}
	if len(problems) == 0 && credential == "" {
		problems = append(problems, publicpage.Problem{ID: "confirm", Text: q.Passkey.NotDone})
	}
	return problems
}
