package verify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"countersign.dev/countersign/internal/id"
)

//go:embed templates/link.html
var templateFiles embed.FS

// maxForm bounds the body of the form behind a link.
const maxForm = 4 << 10

// pageWords are the texts of the page behind a link in one language.
type pageWords struct {
	Lang, Title, Asks, NumberLabel, NumberHelp, DirectionLabel, TheyCalled, ICalled, Validate, NotMe, NotMeHelp string
	Genuine, ErrorTitle, ErrorNumber, ErrorDirection, Other, OtherLang                                          string
	Results                                                                                                     map[State][2]string // heading and sentence
	Gone                                                                                                        [2]string
}

func wordsIn(language string) pageWords {
	if language == "fr" {
		return pageWords{
			Lang: "fr", Title: "Confirmez que c'est bien vous", Asks: "%s, de %s, demande si c'est bien vous au téléphone.",
			NumberLabel: "Le nombre que %s vous dit", NumberHelp: "Trois chiffres. Vous n'avez qu'un essai : demandez-le à nouveau si vous n'êtes pas sûr.",
			DirectionLabel: "Comment l'appel a-t-il commencé ?", ICalled: "J'ai appelé", TheyCalled: "On m'a appelé",
			Validate: "Valider", NotMe: "Ce n'est pas moi", NotMeHelp: "Personne au téléphone, ou un doute ? Raccrochez, n'entrez rien et répondez NO à notre message.",
			Genuine: "Cette page est la bonne si son adresse commence par %s. Nous n'y demandons jamais de mot de passe.", ErrorTitle: "Il manque quelque chose",
			ErrorNumber: "Entrez les trois chiffres que vous entendez.", ErrorDirection: "Dites comment l'appel a commencé.", Other: "English", OtherLang: "en",
			Results: map[State][2]string{
				Verified: {"Merci, c'est confirmé", "Vous pouvez fermer cette page et continuer votre appel."},
				Denied:   {"Merci de nous l'avoir dit", "Raccrochez maintenant. Rien n'a été confirmé et nous vérifions."},
				Frozen:   {"Arrêté par prudence", "Les deux côtés ne disent pas la même chose sur l'appel. Raccrochez et appelez-nous au numéro que vous connaissez."},
				Failed:   {"Ce nombre n'était pas le bon", "Le lien ne vaut plus. Demandez au technicien d'en envoyer un autre."},
			},
			Gone: [2]string{"Ce lien ne vaut plus", "Il a servi ou son temps est passé. Demandez au technicien d'en envoyer un autre."},
		}
	}
	return pageWords{
		Lang: "en", Title: "Confirm that it is you", Asks: "%s of %s asks whether it is really you on the phone.",
		NumberLabel: "The number that %s tells you", NumberHelp: "Three digits. You have one try: ask again if you are not sure.",
		DirectionLabel: "How did this call begin?", ICalled: "I called them", TheyCalled: "They called me",
		Validate: "Validate", NotMe: "This is not me", NotMeHelp: "Nobody on the phone, or in doubt? Hang up, enter nothing, and reply NO to our message.",
		Genuine: "This page is genuine if its address begins with %s. It never asks for a password.", ErrorTitle: "Something is missing",
		ErrorNumber: "Enter the three digits that you hear.", ErrorDirection: "Say how the call began.", Other: "Français", OtherLang: "fr",
		Results: map[State][2]string{
			Verified: {"Thank you, confirmed", "You can close this page and go on with your call."},
			Denied:   {"Thank you for telling us", "Hang up now. Nothing was confirmed, and we are looking into it."},
			Frozen:   {"Stopped, to be safe", "The two sides do not agree about this call. Hang up and call us on the number you know."},
			Failed:   {"That number was not right", "The link is no longer good. Ask the technician to send another one."},
		},
		Gone: [2]string{"This link is no longer good", "It was used, or its time is over. Ask the technician to send another one."},
	}
}

// linkPage is what the template shows: a form, or a result.
type linkPage struct {
	Words                                pageWords
	Nonce, Organization                  string
	Asks, NumberLabel, Genuine           string
	Action, PageToken, Number, Direction string
	Errors                               []fieldProblem
	Result                               *[2]string
	State                                State
}

type fieldProblem struct{ ID, Text string }

// pageHandler serves the page behind a link. It works without script, and only a complete form posted from the page itself decides anything.
type pageHandler struct {
	s        *Service
	template *template.Template
}

func newPageHandler(s *Service) pageHandler {
	return pageHandler{s, template.Must(template.ParseFS(templateFiles, "templates/link.html"))}
}

func (h pageHandler) get(w http.ResponseWriter, r *http.Request) {
	l, err := h.s.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return
	}
	p := h.page(r, l)
	if l.State != Pending {
		h.render(w, http.StatusGone, p.with(p.Words.Gone, ""))
		return
	}
	h.render(w, http.StatusOK, p)
}

func (h pageHandler) post(w http.ResponseWriter, r *http.Request) {
	l, err := h.s.OpenLink(r.Context(), r.PathValue("token"))
	if err != nil {
		h.missing(w, r, err)
		return
	}
	p := h.page(r, l)
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil || !hmac.Equal([]byte(r.PostFormValue("page")), []byte(p.PageToken)) {
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	a := Answer{Number: strings.TrimSpace(r.PostFormValue("number")), Direction: Direction(r.PostFormValue("direction")), NotMe: r.PostFormValue("answer") == "not_me"}
	if p.Errors = incomplete(p.Words, a); len(p.Errors) > 0 || l.State != Pending {
		if l.State != Pending {
			h.render(w, http.StatusGone, p.with(p.Words.Gone, ""))
			return
		}
		p.Direction = string(a.Direction)
		h.render(w, http.StatusUnprocessableEntity, p)
		return
	}
	state, err := h.s.AnswerLink(r.Context(), l, a)
	if err != nil {
		h.missing(w, r, err)
		return
	}
	if result, ok := p.Words.Results[state]; ok {
		h.render(w, http.StatusOK, p.with(result, state))
		return
	}
	h.render(w, http.StatusGone, p.with(p.Words.Gone, ""))
}

// incomplete says what an answer lacks; an incomplete one is no try (D-35).
func incomplete(words pageWords, a Answer) (problems []fieldProblem) {
	if len(a.Number) != 3 || strings.Trim(a.Number, "0123456789") != "" {
		problems = append(problems, fieldProblem{"number", words.ErrorNumber})
	}
	if !a.NotMe && a.Direction != Inbound && a.Direction != Outbound {
		problems = append(problems, fieldProblem{"inbound", words.ErrorDirection})
	}
	return problems
}

func (h pageHandler) page(r *http.Request, l Link) linkPage {
	language := l.Language
	if wanted := r.URL.Query().Get("lang"); wanted != "" {
		language = languageFor(wanted)
	}
	words := wordsIn(language)
	mac := h.s.Keys.MAC("verify page", l.verification.OrgID, l.verification.ID)
	return linkPage{
		Words: words, Nonce: id.Secret(), Organization: l.Organization, Action: "/v/" + url.PathEscape(l.token) + "?lang=" + language,
		Asks: fmt.Sprintf(words.Asks, l.TechnicianName, l.Organization), NumberLabel: fmt.Sprintf(words.NumberLabel, l.TechnicianName),
		Genuine: fmt.Sprintf(words.Genuine, h.s.BaseURL), PageToken: base64.RawURLEncoding.EncodeToString(mac),
	}
}

func (p linkPage) with(result [2]string, state State) linkPage {
	p.Result, p.State = &result, state
	return p
}

// missing answers alike for a link that never was and for one that cannot be read now.
func (h pageHandler) missing(w http.ResponseWriter, r *http.Request, err error) {
	status, words := http.StatusNotFound, wordsIn(languageFor(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language")))
	if !errors.Is(err, errNotFound) {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", "5")
		h.s.logFailure(r.Context(), err)
	}
	h.render(w, status, linkPage{Words: words, Nonce: id.Secret(), Action: r.URL.EscapedPath()}.with(words.Gone, ""))
}

func (h pageHandler) render(w http.ResponseWriter, status int, p linkPage) {
	var b bytes.Buffer
	if err := h.template.Execute(&b, p); err != nil {
		h.s.logFailure(context.Background(), fmt.Errorf("render link page: %w", err))
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", p.Words.Lang)
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+p.Nonce+"'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the person has left
}
