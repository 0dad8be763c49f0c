package idp

import (
	"crypto/hmac"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/publicpage"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/wording"
)

// The steps of the page.
const (
	stepNumber   = "number"   // type the number that the technician says
	stepContinue = "continue" // the number was right: begin the sign-in
	stepGo       = "go"       // a link to the sign-in page
	stepBack     = "back"     // back from there: confirm
)

// view is what a step shows. It reveals who asks, nothing about the contact.
type view struct {
	Step, Notice                 string
	Words                        wording.LinkPage
	Says                         wording.StepUpPage
	Action, PageToken, Direction string
	Address                      template.URL // of the sign-in page
	State, Code, Issuer          string
}

func (s *Service) page(r *http.Request, l verify.Link, step string) (publicpage.Page, *view) {
	p := s.Verifications.Frame(r, l)
	q := &view{
		Step: step, Words: s.Verifications.PageTexts(r, l), PageToken: s.Verifications.PageToken(l.Verification),
		Action: "/v/" + url.PathEscape(l.Token) + "?lang=" + p.Lang,
	}
	q.Says = s.says(r, l, p.Lang, "")
	p.Data = q
	return p, q
}

// says are the words of this method; host is where people sign in.
func (s *Service) says(r *http.Request, l verify.Link, language, host string) wording.StepUpPage {
	texts, err := wording.Of(r.Context(), s.DB.Read(), l.Verification.OrgID, language)
	if err != nil { // the texts of Countersign do as well
		texts = wording.Texts{Language: language}
	}
	return texts.StepUpPage(wording.Values{
		Organization: l.Organization, Technician: l.TechnicianName, Ticket: l.Verification.TicketNumber, Link: host,
	})
}

// GetPage shows where the contact is, and decides nothing.
func (s *Service) GetPage(w http.ResponseWriter, r *http.Request, l verify.Link) {
	step := stepNumber
	if l.Verification.Tries > 0 {
		step = stepContinue
		if !s.isOwn(w, r, l) {
			return
		}
	}
	p, _ := s.page(r, l, step)
	s.template.Render(w, http.StatusOK, p)
}

// isOwn says whether the browser is the one in which the number was typed; if not, it has answered.
func (s *Service) isOwn(w http.ResponseWriter, r *http.Request, l verify.Link) bool {
	x, _, err := findSignin(r.Context(), s.DB.Read(), l.Verification.OrgID, l.Verification.ID)
	if err != nil {
		s.Verifications.ShowOutcome(w, r, l, "", err)
		return false
	}
	if !x.own(s.browser(r)) {
		s.otherBrowser(w, r, l)
		return false
	}
	return true
}

func (s *Service) otherBrowser(w http.ResponseWriter, r *http.Request, l verify.Link) {
	p, q := s.page(r, l, "")
	s.end(w, p, http.StatusForbidden, q.Says.OtherBrowser, "")
}

func (s *Service) end(w http.ResponseWriter, p publicpage.Page, status int, says [2]string, mark string) {
	p.Title, p.Result = says[0], &publicpage.Result{Title: says[0], Text: says[1], Mark: mark}
	s.template.Render(w, status, p)
}

// PostPage takes the number, or begins the sign-in again in the browser in which the number was typed.
func (s *Service) PostPage(w http.ResponseWriter, r *http.Request, l verify.Link) {
	if l.Verification.Tries > 0 {
		if !s.isOwn(w, r, l) {
			return
		}
		p, q := s.page(r, l, stepContinue)
		if err := publicpage.ReadForm(w, r); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(q.PageToken)) {
			s.template.Render(w, http.StatusUnprocessableEntity, p)
			return
		}
		s.send(w, r, l)
		return
	}
	p, q := s.page(r, l, stepNumber)
	if err := publicpage.ReadForm(w, r); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(q.PageToken)) {
		s.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	a := verify.Answer{
		Number: strings.TrimSpace(r.PostFormValue("number")), Direction: verify.Direction(r.PostFormValue("direction")),
		NotMe: r.PostFormValue("answer") == "not_me",
	}
	if p.Errors = q.incomplete(a); len(p.Errors) > 0 {
		q.Direction = string(a.Direction)
		s.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	browser, right := id.Secret(), false
	state, err := s.Verifications.HalfAnswerLink(r.Context(), l, a, func(tx *store.Tx) (err error) {
		right, err = claimSignin(r.Context(), tx, l.Verification.OrgID, l.Verification.ID, id.Hash(browser))
		return err
	})
	switch {
	case err != nil || state != verify.Pending:
		s.Verifications.ShowOutcome(w, r, l, state, err)
	case !right: // somebody was quicker
		s.otherBrowser(w, r, l)
	default:
		s.remember(w, browser, l)
		s.send(w, r, l)
	}
}

// incomplete says what an answer lacks; an incomplete one is no try (D-35).
func (q *view) incomplete(a verify.Answer) (problems []publicpage.Problem) {
	if len(a.Number) != spokenDigits || strings.Trim(a.Number, "0123456789") != "" {
		problems = append(problems, publicpage.Problem{ID: "number", Text: q.Says.ErrorNumber})
	}
	if !a.NotMe && a.Direction != verify.Inbound && a.Direction != verify.Outbound {
		problems = append(problems, publicpage.Problem{ID: "inbound", Text: q.Words.ErrorDirection})
	}
	return problems
}

// send shows the way to the sign-in page. It is a link and no redirect: forms of public pages may lead to this server alone, and the contact
// sees first whose page comes.
func (s *Service) send(w http.ResponseWriter, r *http.Request, l verify.Link) {
	p, q := s.page(r, l, stepGo)
	p.Languages = nil // the page of a POST cannot be asked for again
	address, host, err := s.begin(r.Context(), l)
	switch {
	case errors.Is(err, errMany), errors.Is(err, errChanged), errors.Is(err, errAbsent):
		s.end(w, p, http.StatusGone, q.Words.Gone, "")
		return
	case err != nil:
		s.Log.WarnContext(r.Context(), "cannot begin a sign-in", "verification", l.Verification.ID, "reason", unusable(err))
		q.Step, q.Notice = stepContinue, q.Says.Unreachable
		s.template.Render(w, http.StatusBadGateway, p)
		return
	}
	q.Says, q.Address = s.says(r, l, p.Lang, host), template.URL(address) //nolint:gosec // made by begin of an address that checkURL accepts
	s.template.Render(w, http.StatusOK, p)
}

func (s *Service) cookieName() string {
	if s.secure() {
		return "__Host-cs_step_up"
	}
	return "cs_step_up"
}

// remember binds the rest to this browser, as long as the link lives. Lax lets the way back from the provider bring it.
func (s *Service) remember(w http.ResponseWriter, browser string, l verify.Link) {
	left := l.Verification.ExpiresAt.Sub(s.clock.Now())
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is as the connection is (D-18)
		Name: s.cookieName(), Value: browser, Path: "/", MaxAge: max(1, int(left.Seconds())), Secure: s.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

func (s *Service) browser(r *http.Request) string {
	if c, err := r.Cookie(s.cookieName()); err == nil {
		return c.Value
	}
	return ""
}

// back finds who came back from a provider in their own browser; if nobody, it has answered.
func (s *Service) back(w http.ResponseWriter, r *http.Request, state string) (b returned, ok bool) {
	b, err := s.find(r.Context(), state)
	switch {
	case err != nil:
		s.Verifications.ShowOutcome(w, r, b.link, "", err)
	case !b.own(s.browser(r)):
		s.otherBrowser(w, r, b.link)
	case b.link.State != verify.Pending:
		s.Verifications.ShowOutcome(w, r, b.link, "", nil)
	default:
		return b, true
	}
	return b, false
}

// getCallback shows what the provider sent people back with, and changes nothing: the code waits in the form until they confirm (R8).
func (s *Service) getCallback(w http.ResponseWriter, r *http.Request) {
	in := r.URL.Query()
	b, ok := s.back(w, r, in.Get("state"))
	if !ok {
		return
	}
	p, q := s.page(r, b.link, stepBack)
	p.Languages = nil // their addresses would lack the code
	if in.Get("code") == "" || in.Get("error") != "" {
		q.Step, q.Notice = stepContinue, q.Says.Refused
		if in.Get("error") == "access_denied" {
			q.Notice = q.Says.Canceled
		}
		s.template.Render(w, http.StatusOK, p)
		return
	}
	q.State, q.Code, q.Issuer, q.Action = b.state, in.Get("code"), in.Get("iss"), callbackPath+"?lang="+p.Lang
	s.template.Render(w, http.StatusOK, p)
}

// postCallback exchanges the code and settles.
func (s *Service) postCallback(w http.ResponseWriter, r *http.Request) {
	if err := publicpage.ReadForm(w, r); err != nil {
		s.Verifications.ShowOutcome(w, r, verify.Link{}, "", errUnfound)
		return
	}
	b, ok := s.back(w, r, r.PostFormValue("state"))
	if !ok {
		return
	}
	p, q := s.page(r, b.link, stepContinue)
	p.Languages = nil
	if !hmac.Equal([]byte(r.PostFormValue("page")), []byte(q.PageToken)) {
		s.template.Render(w, http.StatusUnprocessableEntity, p)
		return
	}
	state, err := s.finish(r.Context(), b, r.PostFormValue("code"), r.PostFormValue("iss"))
	var refused refusal
	switch {
	case err == nil:
		s.Verifications.ShowOutcome(w, r, b.link, state, nil)
	case errors.As(err, &refused) && state != verify.Pending:
		s.end(w, p, http.StatusOK, q.Says.WrongAccount, "bad")
	case errors.Is(err, errChanged), fault.KindOf(err) == fault.NotFound:
		s.end(w, p, http.StatusGone, q.Words.Gone, "")
	default:
		s.Log.WarnContext(r.Context(), "a sign-in was not accepted", "verification", b.link.Verification.ID, "reason", reason(err))
		q.Notice = q.Says.Refused
		s.template.Render(w, http.StatusOK, p)
	}
}

// reason is why, without what the provider said.
func reason(err error) string {
	var r refusal
	if errors.As(err, &r) {
		return string(r)
	}
	return unusable(err).Error()
}
