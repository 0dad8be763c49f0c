package accessreview

import (
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/document/markup"
)

// reportWords are what a report says in one language.
type reportWords struct {
	language, title, span, proof           string
	grants, confirmed, revoked, kept, gone string
	rule                                   map[Unanswered]string
	subject, scope, answer, became         map[string]string
	on, since, until, used, unknown, never string
	by, automatic, owner, quotation        string
}

func english() reportWords {
	return reportWords{
		language: "en", title: "Access review: %s", span: "From %s to %s.",
		grants: "Grants reviewed: %d", confirmed: "Confirmed: %d", revoked: "Taken away: %d", kept: "Kept without an answer: %d", gone: "Taken away by others meanwhile: %d",
		rule:    map[Unanswered]string{Revoke: "What nobody answered was taken away at the end.", Keep: "What nobody answered was kept at the end."},
		proof:   "This file belongs to a signed report: countersign receipt verify checks it, with the public key of the installation.",
		subject: map[string]string{"technician": "", "team": "Team "},
		scope:   map[string]string{"all_devices": "all devices", "all_customers": "all customers", "organization": "the organization", "quick_support": "quick support"},
		answer:  map[string]string{"confirmed": "confirmed", "revoked": "taken away", "kept": "kept", "gone": "was gone"},
		became:  map[string]string{"changed": "changed since the review began", "gone": "gone since the answer"},
		on:      "%s on %s", since: "since %s, given by %s", until: "until %s", used: "last used %s", unknown: "use not recorded", never: "never used",
		by: "by %s, %s", automatic: "without an answer", owner: "an owner's, which nobody else takes away", quotation: "“%s”",
	}
}

func french() reportWords {
	return reportWords{
		language: "fr", title: "Revue des accès : %s", span: "Du %s au %s.",
		grants: "Attributions revues : %d", confirmed: "Confirmées : %d", revoked: "Retirées : %d", kept: "Restées sans réponse : %d", gone: "Retirées entre-temps par d'autres : %d",
		rule:    map[Unanswered]string{Revoke: "Ce à quoi personne n'a répondu a été retiré à la fin.", Keep: "Ce à quoi personne n'a répondu est resté en place à la fin."},
		proof:   "Ce fichier fait partie d'un rapport signé : countersign receipt verify le contrôle, avec la clé publique de l'installation.",
		subject: map[string]string{"technician": "", "team": "Équipe "},
		scope:   map[string]string{"all_devices": "tous les appareils", "all_customers": "tous les clients", "organization": "l'organisation", "quick_support": "assistance rapide"},
		answer:  map[string]string{"confirmed": "confirmée", "revoked": "retirée", "kept": "gardée", "gone": "n'existait plus"},
		became:  map[string]string{"changed": "changée depuis le début de la revue", "gone": "disparue depuis la réponse"},
		on:      "%s sur %s", since: "depuis le %s, donnée par %s", until: "jusqu'au %s", used: "dernière utilisation le %s", unknown: "utilisation non enregistrée", never: "jamais utilisée",
		by: "par %s, %s", automatic: "sans réponse", owner: "d'un propriétaire, que personne d'autre ne retire", quotation: "« %s »",
	}
}

// line is what a report says of one grant.
func (t reportWords) line(i Item, at func(time.Time) string) []markup.Span {
	where := i.Scope.Name
	if i.Scope.ID == "" {
		where = t.scope[string(i.Scope.Type)]
	}
	facts := []string{fmt.Sprintf(t.since, at(i.GrantedAt), i.GrantedBy.Name)}
	if !i.ExpiresAt.IsZero() {
		facts = append(facts, fmt.Sprintf(t.until, at(i.ExpiresAt)))
	}
	switch {
	case !i.UseKnown:
		facts = append(facts, t.unknown)
	case i.UsedAt.IsZero():
		facts = append(facts, t.never)
	default:
		facts = append(facts, fmt.Sprintf(t.used, at(i.UsedAt)))
	}
	how := t.automatic
	if !i.Automatic {
		how = fmt.Sprintf(t.by, i.AnsweredBy.Name, at(i.AnsweredAt))
	}
	rest := []string{": " + strings.Join(facts, ", ") + ". ", how}
	if became := t.became[string(i.After)]; became != "" {
		rest = append(rest, "; "+became)
	}
	if i.Reason != "" {
		rest = append(rest, "; "+t.owner)
	}
	if i.Comment != "" {
		rest = append(rest, "; "+fmt.Sprintf(t.quotation, i.Comment))
	}
	return []markup.Span{
		{Text: fmt.Sprintf(t.on, i.Role.Name, where), Strong: true}, {Text: rest[0]}, {Text: t.answer[string(i.Answer)], Strong: true}, {Text: " " + strings.Join(rest[1:], "")},
	}
}
