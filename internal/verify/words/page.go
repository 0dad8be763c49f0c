package words

// Page holds the texts of the page behind a link in one language.
type Page struct {
	Lang, Title, Asks, NumberLabel, NumberHelp, DirectionLabel, TheyCalled, ICalled, Validate, NotMe, NotMeHelp string
	Genuine, ErrorTitle, ErrorNumber, ErrorDirection, Other, OtherLang                                          string
	Results                                                                                                     map[string][2]string // heading and sentence
	Gone                                                                                                        [2]string
}

// PageIn returns the texts of a language.
func PageIn(language string) Page {
	if language == "fr" {
		return Page{
			Lang: "fr", Title: "Confirmez que c'est bien vous", Asks: "%s, de %s, demande si c'est bien vous au téléphone.",
			NumberLabel: "Le nombre que %s vous dit", NumberHelp: "Trois chiffres. Vous n'avez qu'un essai\u00a0: demandez-le à nouveau si vous n'êtes pas sûr.",
			DirectionLabel: "Comment l'appel a-t-il commencé\u00a0?", ICalled: "J'ai appelé", TheyCalled: "On m'a appelé",
			Validate: "Valider", NotMe: "Ce n'est pas moi", NotMeHelp: "Personne au téléphone, ou un doute\u00a0? Raccrochez, n'entrez rien et répondez NO à notre message.",
			Genuine: "Cette page est la bonne si son adresse commence par %s. Nous n'y demandons jamais de mot de passe.", ErrorTitle: "Il manque quelque chose",
			ErrorNumber: "Entrez les trois chiffres que vous entendez.", ErrorDirection: "Dites comment l'appel a commencé.", Other: "English", OtherLang: "en",
			Results: map[string][2]string{
				"verified": {"Merci, c'est confirmé", "Vous pouvez fermer cette page et continuer votre appel."},
				"denied":   {"Merci de nous l'avoir dit", "Raccrochez maintenant. Rien n'a été confirmé et nous vérifions."},
				"frozen":   {"Arrêté par prudence", "Les deux côtés ne disent pas la même chose sur l'appel. Raccrochez et appelez-nous au numéro que vous connaissez."},
				"failed":   {"Ce nombre n'était pas le bon", "Le lien ne vaut plus. Demandez au technicien d'en envoyer un autre."},
			},
			Gone: [2]string{"Ce lien ne vaut plus", "Il a servi ou son temps est passé. Demandez au technicien d'en envoyer un autre."},
		}
	}
	return Page{
		Lang: "en", Title: "Confirm that it is you", Asks: "%s of %s asks whether it is really you on the phone.",
		NumberLabel: "The number that %s tells you", NumberHelp: "Three digits. You have one try: ask again if you are not sure.",
		DirectionLabel: "How did this call begin?", ICalled: "I called them", TheyCalled: "They called me",
		Validate: "Validate", NotMe: "This is not me", NotMeHelp: "Nobody on the phone, or in doubt? Hang up, enter nothing, and reply NO to our message.",
		Genuine: "This page is genuine if its address begins with %s. It never asks for a password.", ErrorTitle: "Something is missing",
		ErrorNumber: "Enter the three digits that you hear.", ErrorDirection: "Say how the call began.", Other: "Français", OtherLang: "fr",
		Results: map[string][2]string{
			"verified": {"Thank you, confirmed", "You can close this page and go on with your call."},
			"denied":   {"Thank you for telling us", "Hang up now. Nothing was confirmed, and we are looking into it."},
			"frozen":   {"Stopped, to be safe", "The two sides do not agree about this call. Hang up and call us on the number you know."},
			"failed":   {"That number was not right", "The link is no longer good. Ask the technician to send another one."},
		},
		Gone: [2]string{"This link is no longer good", "It was used, or its time is over. Ask the technician to send another one."},
	}
}
