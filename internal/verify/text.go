package verify

import (
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/ticket"
)

// languages that messages and pages to people outside exist in (D-30); the first is the fallback.
var languages = []string{"en", "fr"}

// languageFor picks the first wish that there is a text for; "fr-CA" finds "fr".
func languageFor(wishes ...string) string {
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

// text is a message in words; SMS have no subject.
type text struct{ subject, body string }

// startText says who asks, why, how to refuse, and the direction in which the call must have been (R10).
func startText(p plan, x secret, baseURL string) text {
	v, org := p.verification, p.organization.Name
	who := firstName(v.TechnicianName)
	about := ticketWords(v.Language, p.ticket)
	warning := map[string]map[Direction]string{
		"en": {
			Inbound:  "Only if YOU called us: if someone called you, hang up.",
			Outbound: "Only for the call we announced. Doubt? Hang up and call us.",
		},
		"fr": {
			Inbound:  "Seulement si VOUS nous avez appelés: si on vous a appelé, raccrochez.",
			Outbound: "Seulement pour notre appel annoncé. Un doute? Raccrochez et rappelez-nous.",
		},
	}[v.Language][v.CallDirection]
	var t text
	if v.Language == "fr" {
		t.subject = fmt.Sprintf("%s : confirmez que c'est bien vous", org)
		if x.token != "" {
			t.body = fmt.Sprintf("%s: %s demande%s si c'est bien vous: %s\n%s vous dit un nombre à 3 chiffres. %s Pas vous? Répondez NO.", org, who, about, linkURL(baseURL, x.token), who, warning)
		} else {
			t.body = fmt.Sprintf("%s: %s est le code que %s vous demande%s. %s Pas vous? Répondez NO.", org, x.code, who, about, warning)
		}
		return t
	}
	t.subject = fmt.Sprintf("%s: confirm that it is you", org)
	if x.token != "" {
		t.body = fmt.Sprintf("%s: %s asks you to confirm that it is you%s: %s\n%s will tell you a 3-digit number. %s Not you? Reply NO.", org, who, about, linkURL(baseURL, x.token), who, warning)
	} else {
		t.body = fmt.Sprintf("%s: %s is the code that %s asks you for%s. %s Not you? Reply NO.", org, x.code, who, about, warning)
	}
	return t
}

func linkURL(baseURL, token string) string { return baseURL + "/v/" + token }

func firstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}

func ticketWords(language string, t ticket.Ticket) string {
	switch {
	case t.ID == "":
		return ""
	case language == "fr":
		return fmt.Sprintf(" (ticket #%d)", t.Number)
	}
	return fmt.Sprintf(" (ticket #%d)", t.Number)
}

// requestText carries the code that our technician must be able to say.
func requestText(language, org, code, digits string) text {
	answer := "#confirm"
	if digits != "" {
		answer = "#confirm " + digits
	}
	if language == "fr" {
		return text{
			subject: fmt.Sprintf("%s : votre code de contrôle", org),
			body: fmt.Sprintf("%s: notre technicien doit vous dire ce code: %s. Ne le lisez à personne. S'il le dit juste, répondez %s; sinon #deny et raccrochez.",
				org, code, answer),
		}
	}
	return text{
		subject: fmt.Sprintf("%s: your check code", org),
		body: fmt.Sprintf("%s: our technician must tell YOU this code: %s. Never read it out yourself. If they say it right, reply %s; if not, reply #deny and hang up.",
			org, code, answer),
	}
}

// claimText names the technician to the person who asked (R11).
func claimText(language, org, technicianName string, t ticket.Ticket) text {
	if language == "fr" {
		return text{
			subject: fmt.Sprintf("%s : qui vous appelle", org),
			body:    fmt.Sprintf("%s: %s s'occupe de votre demande%s et va vous dire le code.", org, technicianName, ticketWords(language, t)),
		}
	}
	return text{
		subject: fmt.Sprintf("%s: who is calling you", org),
		body:    fmt.Sprintf("%s: %s has taken your request%s and will now tell you the code.", org, technicianName, ticketWords(language, t)),
	}
}

// answerText acknowledges what the person replied.
func answerText(language, org string, what answer, technicianName string) text {
	en := map[answer]string{
		answerConfirmed: fmt.Sprintf("%s: thank you. %s is one of us.", org, technicianName),
		answerDenied:    fmt.Sprintf("%s: thank you for telling us. Hang up now. We are looking into it.", org),
		answerTooEarly:  fmt.Sprintf("%s: nobody has taken your request yet. Wait until our technician tells you the code.", org),
		answerDigits:    fmt.Sprintf("%s: please reply #confirm with the two digits from our message.", org),
		answerReported:  fmt.Sprintf("%s: thank you for telling us. The request was stopped. Give no code to anybody.", org),
	}
	fr := map[answer]string{
		answerConfirmed: fmt.Sprintf("%s: merci. %s est bien de chez nous.", org, technicianName),
		answerDenied:    fmt.Sprintf("%s: merci de nous l'avoir dit. Raccrochez. Nous vérifions.", org),
		answerTooEarly:  fmt.Sprintf("%s: personne n'a encore pris votre demande. Attendez que notre technicien vous dise le code.", org),
		answerDigits:    fmt.Sprintf("%s: répondez #confirm suivi des deux chiffres de notre message.", org),
		answerReported:  fmt.Sprintf("%s: merci de nous l'avoir dit. La demande est arrêtée. Ne donnez aucun code.", org),
	}
	subject := map[string]string{"en": org + ": your answer", "fr": org + " : votre réponse"}[language]
	if language == "fr" {
		return text{subject, fr[what]}
	}
	return text{subject, en[what]}
}

// answer names what a reply of ours says.
type answer uint8

const (
	answerConfirmed answer = iota
	answerDenied
	answerTooEarly
	answerDigits
	answerReported
)

// alertText tells an administrator what happened and what to do, without any code.
func alertText(language, org, reason, contactName string) text {
	en := map[string]string{
		"denied":                   "%s says that it was not them: somebody may have called the service desk in their name.",
		"technician_denied":        "%s says that the caller was not one of us: somebody may be calling your customers in your name.",
		"contact_locked":           "Ten wrong codes in a day for %s: the contact is locked for a day.",
		"technician_suspended":     "A technician entered twenty wrong codes in an hour; their code methods are suspended for an hour. The last contact was %s.",
		"organization_wrong_codes": "Fifty wrong codes were entered in your organization in a day.%s",
		"other_technician":         "A technician entered a code that another one had asked %s for.",
		"direction_mismatch":       "%s and the technician disagree about who called whom. A relay attack looks like this.",
		"claim_refused":            "A technician tried to take a verification of %s for a ticket of another customer.",
	}
	fr := map[string]string{
		"denied":                   "%s dit que ce n'était pas elle ou lui : quelqu'un a peut-être appelé le support en son nom.",
		"technician_denied":        "%s dit que l'appelant n'était pas de chez nous : quelqu'un appelle peut-être vos clients en votre nom.",
		"contact_locked":           "Dix codes faux en un jour pour %s : le contact est bloqué pour un jour.",
		"technician_suspended":     "Un technicien a saisi vingt codes faux en une heure ; ses codes sont suspendus pour une heure. Dernier contact : %s.",
		"organization_wrong_codes": "Cinquante codes faux ont été saisis dans votre organisation en un jour.%s",
		"other_technician":         "Un technicien a saisi un code qu'un autre avait demandé à %s.",
		"direction_mismatch":       "%s et le technicien ne disent pas la même chose : qui a appelé ? Une attaque par relais se voit ainsi.",
		"claim_refused":            "Un technicien a tenté de prendre une vérification de %s pour un ticket d'un autre client.",
	}
	if language == "fr" {
		return text{org + " : alerte de sécurité", fmt.Sprintf(fr[reason], contactName) + "\nVoyez le journal d'audit."}
	}
	return text{org + ": security alert", fmt.Sprintf(en[reason], contactName) + "\nSee the audit log."}
}

// startedNote and endedNote are what a ticket says about a verification: method, level, masked address, result, never a code (R16).
func startedNote(locale string, v Verification) string {
	if languageFor(locale) == "fr" {
		return fmt.Sprintf("Vérification de %s demandée par %s : %s (%s) vers %s.", v.ContactName, v.TechnicianName, methodWords("fr", v.Method), levelName(v.Level), message.Mask(v.Address))
	}
	return fmt.Sprintf("%s asked %s to verify: %s (%s) to %s.", v.TechnicianName, v.ContactName, methodWords("en", v.Method), levelName(v.Level), message.Mask(v.Address))
}

func endedNote(locale string, v Verification) string {
	en := map[State]string{
		Verified: "%s is VERIFIED", Failed: "Verification of %s FAILED: wrong code too often", Expired: "Verification of %s EXPIRED",
		Denied: "%s says: THIS WAS NOT ME", Canceled: "Verification of %s was canceled", SendFailed: "The message to %s could not be sent",
		Frozen: "Verification of %s FROZEN: the two sides disagree about who called",
	}
	fr := map[State]string{
		Verified: "%s est VÉRIFIÉ(E)", Failed: "Vérification de %s ÉCHOUÉE : trop de codes faux", Expired: "Vérification de %s EXPIRÉE",
		Denied: "%s dit : CE N'ÉTAIT PAS MOI", Canceled: "Vérification de %s annulée", SendFailed: "Le message à %s n'a pas pu partir",
		Frozen: "Vérification de %s GELÉE : désaccord sur qui a appelé",
	}
	if languageFor(locale) == "fr" {
		return fmt.Sprintf(fr[v.State]+" (%s, %s, %s).", v.ContactName, methodWords("fr", v.Method), levelName(v.Level), v.TechnicianName)
	}
	return fmt.Sprintf(en[v.State]+" (%s, %s, by %s).", v.ContactName, methodWords("en", v.Method), levelName(v.Level), v.TechnicianName)
}

func methodWords(language string, m Method) string {
	if language == "fr" {
		return map[Method]string{SMSCode: "code par SMS", SMSLink: "lien par SMS", EmailCode: "code par courriel", EmailLink: "lien par courriel"}[m]
	}
	return map[Method]string{SMSCode: "code by SMS", SMSLink: "link by SMS", EmailCode: "code by email", EmailLink: "link by email"}[m]
}

// requestNote tells a ticket the whole sequence of a technician verification.
func requestNote(locale string, r Request) string {
	const at = "15:04:05 MST"
	fr := languageFor(locale) == "fr"
	say := func(en, frText string, args ...any) string {
		if fr {
			return fmt.Sprintf(frText, args...)
		}
		return fmt.Sprintf(en, args...)
	}
	lines := []string{say("%s asked who is calling, by %s from %s (%s).", "%s a demandé qui appelle, par %s depuis %s (%s).",
		r.ContactName, r.Medium, message.Mask(r.Address), r.CreatedAt.Format(at))}
	if !r.ClaimedAt.IsZero() {
		lines = append(lines, say("%s took the request and saw the code (%s).", "%s a pris la demande et vu le code (%s).", r.ClaimedName, r.ClaimedAt.Format(at)))
	}
	when := r.EndedAt.Format(at)
	switch r.State {
	case Confirmed:
		lines = append(lines, say("%s CONFIRMED the technician (%s).", "%s a CONFIRMÉ le technicien (%s).", r.ContactName, when))
		if r.Unbound {
			lines = append(lines, say("The confirmation carried no digits of the message (unbound).", "La confirmation ne portait pas les chiffres du message (non liée)."))
		}
	case ConfirmedVerbally:
		lines = append(lines, say("Confirmed by word of mouth only, which proves less (%s): %s", "Confirmé oralement seulement, ce qui prouve moins (%s) : %s", when, r.Note))
	case Denied:
		lines = append(lines, say("%s DENIED the technician (%s). Somebody may be impersonating us.", "%s a REFUSÉ le technicien (%s). Quelqu'un se fait peut-être passer pour nous.", r.ContactName, when))
	case Expired:
		lines = append(lines, say("It expired without an answer (%s).", "Expirée sans réponse (%s).", when))
	case Frozen:
		lines = append(lines, say("It was frozen after wrong answers (%s).", "Gelée après de fausses réponses (%s).", when))
	}
	return strings.Join(lines, "\n")
}
