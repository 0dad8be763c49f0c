package wording

import (
	"fmt"
	"strings"
	"time"
)

// Note is what the notes on a ticket tell of a verification: method, level, masked address, result, never a code (R16).
type Note struct {
	Contact, Technician, Method, Level, Address string
}

// Started is the note of the start.
func (n Note) Started(locale string) string {
	if LanguageFor(locale) == "fr" {
		return fmt.Sprintf("Vérification de %s demandée par %s : %s (%s) vers %s.", n.Contact, n.Technician, methodName("fr", n.Method), n.Level, n.Address)
	}
	return fmt.Sprintf("%s asked %s to verify: %s (%s) to %s.", n.Technician, n.Contact, methodName("en", n.Method), n.Level, n.Address)
}

// Ended is the note of the outcome, by the final state.
func (n Note) Ended(locale, state string) string {
	en := map[string]string{
		"verified": "%s is VERIFIED", "failed": "Verification of %s FAILED: wrong code too often", "expired": "Verification of %s EXPIRED",
		"denied": "%s says: THIS WAS NOT ME", "canceled": "Verification of %s was canceled", "send_failed": "The message to %s could not be sent",
		"frozen": "Verification of %s FROZEN: the two sides disagree about who called",
	}
	fr := map[string]string{
		"verified": "%s est VÉRIFIÉ(E)", "failed": "Vérification de %s ÉCHOUÉE : trop de codes faux", "expired": "Vérification de %s EXPIRÉE",
		"denied": "%s dit : CE N'ÉTAIT PAS MOI", "canceled": "Vérification de %s annulée", "send_failed": "Le message à %s n'a pas pu partir",
		"frozen": "Vérification de %s GELÉE : désaccord sur qui a appelé",
	}
	if LanguageFor(locale) == "fr" {
		return fmt.Sprintf(fr[state]+" (%s, %s, %s).", n.Contact, methodName("fr", n.Method), n.Level, n.Technician)
	}
	return fmt.Sprintf(en[state]+" (%s, %s, by %s).", n.Contact, methodName("en", n.Method), n.Level, n.Technician)
}

// methodName is what a method is called in a note; one without words here goes by its own name.
func methodName(language, method string) string {
	words, ok := map[string][2]string{
		"sms_code":    {"code by SMS", "code par SMS"},
		"sms_link":    {"link by SMS", "lien par SMS"},
		"email_code":  {"code by email", "code par courriel"},
		"email_link":  {"link by email", "lien par courriel"},
		"voice_code":  {"code by phone", "code par téléphone"},
		"duo_push":    {"push by Duo", "notification de Duo"},
		"passkey":     {"their own passkey", "sa propre clé d'accès"},
		"idp_step_up": {"sign-in at their company", "connexion chez son entreprise"},
	}[method]
	switch {
	case !ok:
		return method
	case language == "fr":
		return words[1]
	default:
		return words[0]
	}
}

// Sequence is what a ticket is told of a technician verification once it is over.
type Sequence struct {
	Contact, Medium, Address string
	Asked                    time.Time
	Technician               string // who claimed it
	Claimed                  time.Time
	State                    string
	Ended                    time.Time
	Unbound                  bool
	Note                     string // of a confirmation by word of mouth
}

// Text is the whole sequence, a line for each step.
func (r Sequence) Text(locale string) string {
	const at = "15:04:05 MST"
	fr := LanguageFor(locale) == "fr"
	say := func(en, frText string, args ...any) string {
		if fr {
			return fmt.Sprintf(frText, args...)
		}
		return fmt.Sprintf(en, args...)
	}
	lines := []string{say("%s asked who is calling, by %s from %s (%s).", "%s a demandé qui appelle, par %s depuis %s (%s).",
		r.Contact, r.Medium, r.Address, r.Asked.Format(at))}
	if !r.Claimed.IsZero() {
		lines = append(lines, say("%s took the request and saw the code (%s).", "%s a pris la demande et vu le code (%s).", r.Technician, r.Claimed.Format(at)))
	}
	when := r.Ended.Format(at)
	switch r.State {
	case "confirmed":
		lines = append(lines, say("%s CONFIRMED the technician (%s).", "%s a CONFIRMÉ le technicien (%s).", r.Contact, when))
		if r.Unbound {
			lines = append(lines, say("The confirmation carried no digits of the message (unbound).", "La confirmation ne portait pas les chiffres du message (non liée)."))
		}
	case "confirmed_verbally":
		lines = append(lines, say("Confirmed by word of mouth only, which proves less (%s): %s", "Confirmé oralement seulement, ce qui prouve moins (%s) : %s", when, r.Note))
	case "denied":
		lines = append(lines, say("%s DENIED the technician (%s). Somebody may be impersonating us.", "%s a REFUSÉ le technicien (%s). Quelqu'un se fait peut-être passer pour nous.", r.Contact, when))
	case "expired":
		lines = append(lines, say("It expired without an answer (%s).", "Expirée sans réponse (%s).", when))
	case "frozen":
		lines = append(lines, say("It was frozen after wrong answers (%s).", "Gelée après de fausses réponses (%s).", when))
	}
	return strings.Join(lines, "\n")
}

// Cleared is the note that an action may be done for a contact.
func Cleared(locale, action, contact, technician, have, required string) string {
	if LanguageFor(locale) == "fr" {
		return fmt.Sprintf("%s : autorisé pour %s (prouvé %s, demandé %s), par %s.", actionWords("fr", action), contact, have, required, technician)
	}
	return fmt.Sprintf("%s: cleared for %s (proved %s, required %s), by %s.", actionWords("en", action), contact, have, required, technician)
}

// Overridden is the note that an action may be done for a contact without the proof that it takes; approver is "" where an administrator took it upon
// themselves.
func Overridden(locale, action, contact, technician, approver, required, reason string) string {
	if LanguageFor(locale) == "fr" {
		by := "approuvé par " + approver
		if approver == "" {
			by = "sans seconde personne"
		}
		return fmt.Sprintf("%s : autorisé pour %s sans preuve (demandé %s), par %s, %s. Motif : %s", actionWords("fr", action), contact, required, technician, by, reason)
	}
	by := "approved by " + approver
	if approver == "" {
		by = "without a second person"
	}
	return fmt.Sprintf("%s: cleared for %s without proof (required %s), by %s, %s. Reason: %s", actionWords("en", action), contact, required, technician, by, reason)
}

func actionWords(language, action string) string {
	words := map[string][2]string{
		"general_question": {"General question", "Question générale"},
		"remote_session":   {"Remote session", "Session à distance"},
		"phone_change":     {"Change of number or address", "Changement de numéro ou d'adresse"},
		"password_reset":   {"Password reset", "Réinitialisation du mot de passe"},
		"mfa_reset":        {"Reset of second factors", "Réinitialisation des seconds facteurs"},
		"bank_data":        {"Bank data", "Données bancaires"},
		"admin_grant":      {"Administrator rights", "Droits d'administrateur"},
	}[action]
	if language == "fr" {
		return words[1]
	}
	return words[0]
}
