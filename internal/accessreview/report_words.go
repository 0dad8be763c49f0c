package accessreview

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/document/markup"
)

// reportWords are what a report says in one language.
type reportWords struct {
	language, title, span, proof           string
	grants, confirmed, revoked, kept, gone string
	flagged, permission, platform          string
	rule                                   map[Unanswered]string
	subject, scope, answer, became         map[string]string
	on, since, until, used, unknown, never string
	by, automatic, quotation               string
	named, reason                          map[string]string
}

func english() reportWords {
	return reportWords{
		language: "en", title: "Access review: %s", span: "From %s to %s.",
		grants: "Rights reviewed: %d", confirmed: "Confirmed: %d", revoked: "Taken away: %d", flagged: "Platform roles to be changed: %d", kept: "Kept without an answer: %d", gone: "Taken away by others meanwhile: %d",
		rule:    map[Unanswered]string{Revoke: "What nobody answered was taken away at the end.", Keep: "What nobody answered was kept at the end."},
		proof:   "This file belongs to a signed report: countersign receipt verify checks it, with the public key of the installation.",
		subject: map[string]string{"technician": "", "team": "Team "},
		scope:   map[string]string{"all_devices": "all devices", "all_customers": "all customers", "organization": "the organization", "quick_support": "quick support"},
		answer:  map[string]string{"confirmed": "confirmed", "revoked": "taken away", "flagged": "to be changed", "kept": "kept", "gone": "was gone"},
		became:  map[string]string{"changed": "changed since the review began", "gone": "gone since the answer"},
		on:      "%s on %s", since: "since %s, given by %s", until: "until %s", used: "last used %s", unknown: "use not recorded", never: "never used",
		by: "by %s, %s", automatic: "without an answer", quotation: "“%s”",
		permission: "single permission %s", platform: "Platform role: %s",
		named:  map[string]string{"owner": "owner", "administrator": "administrator", "manager": "manager", "technician": "technician", "read_only": "read-only"},
		reason: map[string]string{"technician.owner": "an owner's, which nobody else takes away", "accessreview.platform_role": "a platform role, which the end of a review does not change"},
	}
}

func french() reportWords {
	return reportWords{
		language: "fr", title: "Revue des accès : %s", span: "Du %s au %s.",
		grants: "Droits revus : %d", confirmed: "Confirmés : %d", revoked: "Retirés : %d", flagged: "Rôles de plateforme à changer : %d", kept: "Restés sans réponse : %d", gone: "Retirés entre-temps par d'autres : %d",
		rule:    map[Unanswered]string{Revoke: "Ce à quoi personne n'a répondu a été retiré à la fin.", Keep: "Ce à quoi personne n'a répondu est resté en place à la fin."},
		proof:   "Ce fichier fait partie d'un rapport signé : countersign receipt verify le contrôle, avec la clé publique de l'installation.",
		subject: map[string]string{"technician": "", "team": "Équipe "},
		scope:   map[string]string{"all_devices": "tous les appareils", "all_customers": "tous les clients", "organization": "l'organisation", "quick_support": "assistance rapide"},
		answer:  map[string]string{"confirmed": "confirmé", "revoked": "retiré", "flagged": "à changer", "kept": "gardé", "gone": "n'existait plus"},
		became:  map[string]string{"changed": "changé depuis le début de la revue", "gone": "disparu depuis la réponse"},
		on:      "%s sur %s", since: "depuis le %s, donné par %s", until: "jusqu'au %s", used: "dernière utilisation le %s", unknown: "utilisation non enregistrée", never: "jamais utilisé",
		by: "par %s, %s", automatic: "sans réponse", quotation: "« %s »",
		permission: "permission %s seule", platform: "Rôle de plateforme : %s",
		named:  map[string]string{"owner": "propriétaire", "administrator": "administrateur", "manager": "responsable", "technician": "technicien", "read_only": "lecture seule"}, //nolint:misspell // French
		reason: map[string]string{"technician.owner": "d'un propriétaire, que personne d'autre ne retire", "accessreview.platform_role": "un rôle de plateforme, que la fin d'une revue ne change pas"},
	}
}

// what is the right that an item is about.
func (t reportWords) what(i Item, where string) string {
	switch i.Kind {
	case OfOverride:
		return fmt.Sprintf(t.on, fmt.Sprintf(t.permission, i.Role.Name), where)
	case OfPlatformRole:
		return fmt.Sprintf(t.platform, cmp.Or(i.Role.Name, t.named[i.Role.ID]))
	}
	return fmt.Sprintf(t.on, i.Role.Name, where)
}

// line is what a report says of one right.
func (t reportWords) line(i Item, at func(time.Time) string) []markup.Span {
	where := i.Scope.Name
	if i.Scope.ID == "" {
		where = t.scope[string(i.Scope.Type)]
	}
	var facts []string
	if i.Kind != OfPlatformRole { // of which nobody knows since when they have it
		facts = append(facts, fmt.Sprintf(t.since, at(i.GrantedAt), i.GrantedBy.Name))
	}
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
	if why := t.reason[i.Reason]; why != "" {
		rest = append(rest, "; "+why)
	}
	if i.Comment != "" {
		rest = append(rest, "; "+fmt.Sprintf(t.quotation, i.Comment))
	}
	return []markup.Span{
		{Text: t.what(i, where), Strong: true}, {Text: rest[0]}, {Text: t.answer[string(i.Answer)], Strong: true}, {Text: " " + strings.Join(rest[1:], "")},
	}
}
