package recovery

import (
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/technician"
)

// letter is the mail with the link; forgot is the page that sends another one.
func letter(t technician.Technician, o organization.Organization, link, forgot, by string) (subject, body string) {
	if notification.LanguageOf(t, o) == "fr" {
		return frenchLetter(t, o, link, forgot, by)
	}
	why := fmt.Sprintf("Somebody asked for a new password for your account at %s.", o.Name)
	last := "If it was not you, do nothing: your password stays as it is. Nobody from your organization will ask you for this link."
	if by != "" {
		why = fmt.Sprintf("%s has reset your password at %s. The old one no longer works, and all your sessions have ended.", by, o.Name)
		last = "Nobody from your organization will ask you for this link."
	}
	return o.Name + ": choose a new password", strings.Join([]string{
		notification.Greeting(t, o), why, "Open this link to choose a new password:", link,
		"The link works once, for 30 minutes. After that you get another one here: " + forgot, last, o.Name,
	}, "\n\n") + "\n"
}

func frenchLetter(t technician.Technician, o organization.Organization, link, forgot, by string) (subject, body string) {
	why := fmt.Sprintf("Quelqu'un a demandé un nouveau mot de passe pour votre compte chez %s.", o.Name)
	last := "Si ce n'était pas vous, ne faites rien : votre mot de passe reste le même. Personne de votre organisation ne vous demandera ce lien."
	if by != "" {
		why = fmt.Sprintf("%s a réinitialisé votre mot de passe chez %s. L'ancien ne fonctionne plus et toutes vos sessions sont terminées.", by, o.Name)
		last = "Personne de votre organisation ne vous demandera ce lien."
	}
	return o.Name + " : choisissez un nouveau mot de passe", strings.Join([]string{
		notification.Greeting(t, o), why, "Ouvrez ce lien pour choisir un nouveau mot de passe :", link,
		"Le lien fonctionne une seule fois, pendant 30 minutes. Ensuite, vous en obtenez un autre ici : " + forgot, last, o.Name,
	}, "\n\n") + "\n"
}
