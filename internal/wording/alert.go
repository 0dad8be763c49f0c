package wording

import "fmt"

// Alert tells an administrator what happened and what to do, without any code.
func Alert(language, org, reason, contactName string) Text {
	en := map[string]string{ //nolint:gosec // sentences, no credentials
		"denied":                   "%s says that it was not them: somebody may have called the service desk in their name.",
		"technician_denied":        "%s says that the caller was not one of us: somebody may be calling your customers in your name.",
		"contact_locked":           "Ten wrong codes in a day for %s: the contact is locked for a day.",
		"technician_suspended":     "A technician entered twenty wrong codes in an hour; their code methods are suspended for an hour. The last contact was %s.",
		"organization_wrong_codes": "Fifty wrong codes were entered in your organization within a day, so verification by code is off for a day. Links and other methods go on. If you know why, switch codes on again under Settings, Verification.%s",
		"other_technician":         "A technician entered a code that another one had asked %s for.",
		"direction_mismatch":       "%s and the technician disagree about who called whom. A relay attack looks like this.",
		"possible_relay":           "Both directions were open for %s at once: somebody may stand between two calls. Both were frozen.",
		"passkey_cloned":           "A passkey of %s counted fewer uses than before, as a copy would: it was refused. Remove it and set up a new one.",
		"wrong_account":            "Somebody who should be %s signed in at their company with another account.",
	}
	fr := map[string]string{ //nolint:gosec // sentences, no credentials
		"denied":                   "%s dit que ce n'était pas elle ou lui : quelqu'un a peut-être appelé le support en son nom.",
		"technician_denied":        "%s dit que l'appelant n'était pas de chez nous : quelqu'un appelle peut-être vos clients en votre nom.",
		"contact_locked":           "Dix codes faux en un jour pour %s : le contact est bloqué pour un jour.",
		"technician_suspended":     "Un technicien a saisi vingt codes faux en une heure ; ses codes sont suspendus pour une heure. Dernier contact : %s.",
		"organization_wrong_codes": "Cinquante codes faux ont été saisis dans votre organisation en un jour : la vérification par code est coupée pour un jour. Les liens et les autres méthodes continuent. Si vous savez pourquoi, rétablissez les codes dans Réglages, Vérification.%s",
		"other_technician":         "Un technicien a saisi un code qu'un autre avait demandé à %s.",
		"direction_mismatch":       "%s et le technicien ne disent pas la même chose : qui a appelé ? Une attaque par relais se voit ainsi.",
		"possible_relay":           "Les deux sens étaient ouverts pour %s en même temps : quelqu'un se tient peut-être entre deux appels. Les deux sont gelés.",
		"passkey_cloned":           "Une clé d'accès de %s compte moins d'usages qu'avant, comme une copie : elle a été refusée. Retirez-la et créez-en une autre.",
		"wrong_account":            "Quelqu'un qui devrait être %s s'est connecté chez son entreprise avec un autre compte.",
	}
	if language == "fr" {
		return Text{Subject: org + " : alerte de sécurité", Body: fmt.Sprintf(fr[reason], contactName) + "\nVoyez le journal d'audit."}
	}
	return Text{Subject: org + ": security alert", Body: fmt.Sprintf(en[reason], contactName) + "\nSee the audit log."}
}
