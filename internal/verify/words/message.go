// Package words holds what a verification says to people, in every language of messages and public pages (D-30).
package words

import (
	"fmt"
	"strings"
)

// languages that messages and pages to people outside exist in (D-30); the first is the fallback.
var languages = []string{"en", "fr"}

// LanguageFor picks the first wish that there is a text for; "fr-CA" finds "fr".
func LanguageFor(wishes ...string) string {
	for _, w := range wishes {
		base, _, _ := strings.Cut(strings.ToLower(w), "-")
		for _, l := range languages {
			if l == base {
				return l
			}
		}
	}
	return languages[0]
}

// Text is a message; only a mail has a subject.
type Text struct{ Subject, Body string }

// Ask is what the contact is asked when a verification starts.
type Ask struct {
	Language     string
	Organization string
	Technician   string // full name; the message says the first
	Ticket       int64  // 0 without one
	TheyCalled   bool   // the contact called us
	Code         string // or
	URL          string // of the link
}

// Text says who asks, why, how to refuse, and the direction in which the call must have been (R10).
func (a Ask) Text() Text {
	org, who, about, warning := a.Organization, FirstName(a.Technician), ticketWords(a.Ticket), a.warning()
	if a.Language == "fr" {
		subject := fmt.Sprintf("%s : confirmez que c'est bien vous", org)
		if a.URL != "" {
			return Text{subject, fmt.Sprintf("%s: %s demande%s si c'est bien vous: %s\n%s vous dit un nombre à 3 chiffres. %s Pas vous? Répondez NO.", org, who, about, a.URL, who, warning)}
		}
		return Text{subject, fmt.Sprintf("%s: %s est le code que %s vous demande%s. %s Pas vous? Répondez NO.", org, a.Code, who, about, warning)}
	}
	subject := fmt.Sprintf("%s: confirm that it is you", org)
	if a.URL != "" {
		return Text{subject, fmt.Sprintf("%s: %s asks you to confirm that it is you%s: %s\n%s will tell you a 3-digit number. %s Not you? Reply NO.", org, who, about, a.URL, who, warning)}
	}
	return Text{subject, fmt.Sprintf("%s: %s is the code that %s asks you for%s. %s Not you? Reply NO.", org, a.Code, who, about, warning)}
}

func (a Ask) warning() string {
	switch {
	case a.Language == "fr" && a.TheyCalled:
		return "Seulement si VOUS nous avez appelés: si on vous a appelé, raccrochez."
	case a.Language == "fr":
		return "Seulement pour notre appel annoncé. Un doute? Raccrochez et rappelez-nous."
	case a.TheyCalled:
		return "Only if YOU called us: if someone called you, hang up."
	}
	return "Only for the call we announced. Doubt? Hang up and call us."
}

// FirstName is the first word of a name.
func FirstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

func ticketWords(number int64) string {
	if number == 0 {
		return ""
	}
	return fmt.Sprintf(" (ticket #%d)", number)
}

// Request carries the code that our technician must be able to say.
func Request(language, org, code, digits string) Text {
	answer := "#confirm"
	if digits != "" {
		answer = "#confirm " + digits
	}
	if language == "fr" {
		return Text{
			Subject: fmt.Sprintf("%s : votre code de contrôle", org),
			Body: fmt.Sprintf("%s: notre technicien doit vous dire ce code: %s. Ne le lisez à personne. S'il le dit juste, répondez %s; sinon #deny et raccrochez.",
				org, code, answer),
		}
	}
	return Text{
		Subject: fmt.Sprintf("%s: your check code", org),
		Body: fmt.Sprintf("%s: our technician must tell YOU this code: %s. Never read it out yourself. If they say it right, reply %s; if not, reply #deny and hang up.",
			org, code, answer),
	}
}

// Claim names the technician to the person who asked (R11).
func Claim(language, org, technicianName string, ticket int64) Text {
	if language == "fr" {
		return Text{
			Subject: fmt.Sprintf("%s : qui vous appelle", org),
			Body:    fmt.Sprintf("%s: %s s'occupe de votre demande%s et va vous dire le code.", org, technicianName, ticketWords(ticket)),
		}
	}
	return Text{
		Subject: fmt.Sprintf("%s: who is calling you", org),
		Body:    fmt.Sprintf("%s: %s has taken your request%s and will now tell you the code.", org, technicianName, ticketWords(ticket)),
	}
}

// Reply acknowledges what the person answered.
func Reply(language, org string, what Answer, technicianName string) Text {
	en := map[Answer]string{
		Confirmed: fmt.Sprintf("%s: thank you. %s is one of us.", org, technicianName),
		Denied:    fmt.Sprintf("%s: thank you for telling us. Hang up now. We are looking into it.", org),
		TooEarly:  fmt.Sprintf("%s: nobody has taken your request yet. Wait until our technician tells you the code.", org),
		Digits:    fmt.Sprintf("%s: please reply #confirm with the two digits from our message.", org),
		Reported:  fmt.Sprintf("%s: thank you for telling us. The request was stopped. Give no code to anybody.", org),
	}
	fr := map[Answer]string{
		Confirmed: fmt.Sprintf("%s: merci. %s est bien de chez nous.", org, technicianName),
		Denied:    fmt.Sprintf("%s: merci de nous l'avoir dit. Raccrochez. Nous vérifions.", org),
		TooEarly:  fmt.Sprintf("%s: personne n'a encore pris votre demande. Attendez que notre technicien vous dise le code.", org),
		Digits:    fmt.Sprintf("%s: répondez #confirm suivi des deux chiffres de notre message.", org),
		Reported:  fmt.Sprintf("%s: merci de nous l'avoir dit. La demande est arrêtée. Ne donnez aucun code.", org),
	}
	subject := map[string]string{"en": org + ": your answer", "fr": org + " : votre réponse"}[language]
	if language == "fr" {
		return Text{subject, fr[what]}
	}
	return Text{subject, en[what]}
}

// Answer names what a reply of ours says.
type Answer uint8

// The answers.
const (
	Confirmed Answer = iota
	Denied
	TooEarly
	Digits
	Reported
)

// Alert tells an administrator what happened and what to do, without any code.
func Alert(language, org, reason, contactName string) Text {
	en := map[string]string{
		"denied":                   "%s says that it was not them: somebody may have called the service desk in their name.",
		"technician_denied":        "%s says that the caller was not one of us: somebody may be calling your customers in your name.",
		"contact_locked":           "Ten wrong codes in a day for %s: the contact is locked for a day.",
		"technician_suspended":     "A technician entered twenty wrong codes in an hour; their code methods are suspended for an hour. The last contact was %s.",
		"organization_wrong_codes": "Fifty wrong codes were entered in your organization in a day.%s",
		"other_technician":         "A technician entered a code that another one had asked %s for.",
		"direction_mismatch":       "%s and the technician disagree about who called whom. A relay attack looks like this.",
	}
	fr := map[string]string{
		"denied":                   "%s dit que ce n'était pas elle ou lui : quelqu'un a peut-être appelé le support en son nom.",
		"technician_denied":        "%s dit que l'appelant n'était pas de chez nous : quelqu'un appelle peut-être vos clients en votre nom.",
		"contact_locked":           "Dix codes faux en un jour pour %s : le contact est bloqué pour un jour.",
		"technician_suspended":     "Un technicien a saisi vingt codes faux en une heure ; ses codes sont suspendus pour une heure. Dernier contact : %s.",
		"organization_wrong_codes": "Cinquante codes faux ont été saisis dans votre organisation en un jour.%s",
		"other_technician":         "Un technicien a saisi un code qu'un autre avait demandé à %s.",
		"direction_mismatch":       "%s et le technicien ne disent pas la même chose : qui a appelé ? Une attaque par relais se voit ainsi.",
	}
	if language == "fr" {
		return Text{org + " : alerte de sécurité", fmt.Sprintf(fr[reason], contactName) + "\nVoyez le journal d'audit."}
	}
	return Text{org + ": security alert", fmt.Sprintf(en[reason], contactName) + "\nSee the audit log."}
}
