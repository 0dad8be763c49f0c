package notification

import "fmt"

// reviewEnglish says what there is to say about a review of access.
func reviewEnglish(k Kind, d func(string) string) words {
	then := "What nobody has answered by then stays as it is."
	if d("unanswered") == "revoke" {
		then = "What nobody has answered by then is taken away."
	}
	switch k {
	case ReviewAsked:
		return words{
			"Review access: " + d("name"), fmt.Sprintf("A review of who may do what has begun: %s. %s grants wait for your answer, until %s.", d("name"), d("open"), d("due")),
			"Confirm each one or take it away. " + then,
		}
	case ReviewDue:
		return words{
			"Review of access ends soon: " + d("name"), fmt.Sprintf("The review %s ends on %s, and %s grants still wait for your answer.", d("name"), d("due"), d("open")), then,
		}
	}
	return words{
		"Review of access ended: " + d("name"), fmt.Sprintf("The review %s has ended: %s grants were taken away, %s stayed without an answer.", d("name"), d("revoked"), d("kept")),
		"Its signed report can be downloaded.",
	}
}

// reviewFrench says it in French.
func reviewFrench(k Kind, d func(string) string) words {
	then := "Ce à quoi personne n'a répondu d'ici là reste en place."
	if d("unanswered") == "revoke" {
		then = "Ce à quoi personne n'a répondu d'ici là est retiré."
	}
	switch k {
	case ReviewAsked:
		return words{
			"Accès à revoir : " + d("name"), fmt.Sprintf("Une revue des accès a commencé : %s. %s attributions attendent votre réponse, jusqu'au %s.", d("name"), d("open"), d("due")),
			"Confirmez chacune ou retirez-la. " + then,
		}
	case ReviewDue:
		return words{
			"La revue des accès se termine bientôt : " + d("name"), fmt.Sprintf("La revue %s se termine le %s, et %s attributions attendent encore votre réponse.", d("name"), d("due"), d("open")), then,
		}
	}
	return words{
		"Revue des accès terminée : " + d("name"), fmt.Sprintf("La revue %s est terminée : %s attributions ont été retirées, %s sont restées sans réponse.", d("name"), d("revoked"), d("kept")),
		"Son rapport signé peut être téléchargé.",
	}
}
