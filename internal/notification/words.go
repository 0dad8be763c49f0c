package notification

import (
	"fmt"
	"strings"
)

// words are what a notification says.
type words struct{ title, sentence, advice string }

// englishSay says it in English. Every kind has its words: a test goes through them all, in every language.
func englishSay(n Notification) words {
	d := func(name string) string { return oneLine(n.Data[name]) }
	by := d("by")
	switch n.Kind {
	case NewDevice:
		return words{
			"Sign-in from a new device", fmt.Sprintf("Somebody signed in to your account from a device that was not used before: %s, from %s.", d("device"), d("address")),
			"If it was you, there is nothing to do. If not, end the session, change your password at once and tell an administrator.",
		}
	case PasswordChanged:
		return words{
			"Your password was changed", "The password of your account was changed" + whoEnglish(by) + ". All your sessions have ended.",
			"If it was not you, ask an administrator at once to end the access to your account.",
		}
	case FactorsChanged:
		return words{
			"Your ways to sign in have changed", factorEnglish(d("change"), d("name")),
			"If it was not you, change your password at once and tell an administrator.",
		}
	case FactorsReset:
		return words{
			"Your second factors were reset", "Your passkeys, authenticator app and recovery codes were removed" + whoEnglish(by) + ". All your sessions have ended.",
			"At your next sign-in you set them up anew. If you did not ask for this, tell an administrator at once.",
		}
	case LogAltered:
		return words{
			"The audit log was altered", "The check of the audit log found that it is not as it was written: " + d("reason") + ".",
			"Somebody may have changed the database. Keep a copy of it and of the head file, and have the installation checked.",
		}
	case RoleChanged:
		return words{"Your role has changed", fmt.Sprintf("Your role is now %s%s; it was %s.", roleEnglish(d("role")), whoEnglish(by), roleEnglish(d("before"))), ""}
	case CustomersChanged:
		return words{"Your customers have changed", fmt.Sprintf("The customers you work for have changed%s: %s added, %s removed.", whoEnglish(by), d("added"), d("removed")), ""}
	case TaskFinished:
		return words{
			"A task has ended", fmt.Sprintf("The task that you started (%s) has ended: %s. %s done, %s failed.", taskEnglish(d("task_kind")), stateEnglish(d("state")), d("done"), d("failed")), "",
		}
	case TicketAssigned:
		return words{fmt.Sprintf("Ticket #%s is yours", d("number")), fmt.Sprintf("Ticket #%s was assigned to you%s: %s", d("number"), whoEnglish(by), d("summary")), ""}
	case FailedSignIns:
		return words{
			"Repeated failed sign-ins", fmt.Sprintf("Signing in as %s failed %s times, last from %s. The account is locked for a while.", d("name"), d("failures"), d("address")),
			"Ask the person whether it was them. If not, look at the audit log and tell your colleagues.",
		}
	case NewAdministrator:
		return words{
			"A new administrator", fmt.Sprintf("%s is now an administrator%s and may do everything.", d("name"), whoEnglish(by)),
			"If this is not meant to be, suspend the account and look at the audit log.",
		}
	case Overrides:
		return words{
			"Overrides of the last week: " + d("overrides"), fmt.Sprintf("From %s to %s a technician's word stood for the proof of who called: %s.", d("from"), d("to"), d("by_technician")),
			"Look through them in the reports. Whoever stands out may need help, or a question.",
		}
	case ApprovalAsked:
		return words{
			"Approve or refuse: " + actionEnglish(d("action")), fmt.Sprintf("%s asks for an approval: %s%s. Reason: %s", by, actionEnglish(d("action")), concerning(d("target"), d("customer")), d("reason")),
			"Read what would be done, and decide after you have signed in. Nothing happens until somebody does.",
		}
	case ApprovalEnded:
		return words{
			"Your request: " + approvalEnglish(d("state")), fmt.Sprintf("What you asked for (%s%s) %s%s.", actionEnglish(d("action")), concerning(d("target"), ""), approvedEnglish(d("state")), whoEnglish(by)),
			remark("Comment: ", d("comment")),
		}
	case GlassBroken:
		return words{
			"Done without a second person: " + actionEnglish(d("action")), fmt.Sprintf("%s acted at once, without an approval: %s%s. Reason: %s", by, actionEnglish(d("action")), concerning(d("target"), d("customer")), d("reason")),
			"Ask why it could not wait. If it should not have happened, suspend the account and look at the audit log.",
		}
	case ReviewAsked, ReviewDue, ReviewEnded:
		return reviewEnglish(n.Kind, d)
	case Announcement:
		return words{title: d("subject")}
	}
	return words{}
}

func whoEnglish(by string) string {
	if by == "" {
		return ""
	}
	return " by " + by
}

func factorEnglish(change, name string) string {
	switch change {
	case "totp_added":
		return "An authenticator app was added to your account."
	case "totp_removed":
		return "The authenticator app was removed from your account."
	case "passkey_added":
		return fmt.Sprintf("The passkey %q was added to your account.", name)
	case "passkey_removed":
		return fmt.Sprintf("The passkey %q was removed from your account.", name)
	case "recovery_codes":
		return "New recovery codes were made for your account; the old ones no longer work."
	}
	return "The ways to sign in to your account were changed."
}

func roleEnglish(role string) string {
	names := map[string]string{"administrator": "administrator", "manager": "manager", "technician": "technician", "read_only": "read only", "owner": "owner"}
	return orElse(names[role], role)
}

func taskEnglish(kind string) string {
	if strings.HasPrefix(kind, "import.") {
		return "an import"
	}
	return "work on many"
}

func stateEnglish(state string) string {
	names := map[string]string{"done": "done", "failed": "it could not be completed", "canceled": "it was canceled"}
	return orElse(names[state], state)
}

// frenchSay says it in French.
func frenchSay(n Notification) words {
	d := func(name string) string { return oneLine(n.Data[name]) }
	by := d("by")
	switch n.Kind {
	case NewDevice:
		return words{
			"Connexion depuis un nouvel appareil", fmt.Sprintf("Quelqu'un s'est connecté à votre compte depuis un appareil encore inconnu : %s, depuis %s.", d("device"), d("address")),
			"Si c'était vous, il n'y a rien à faire. Sinon, terminez la session, changez tout de suite votre mot de passe et prévenez un administrateur.",
		}
	case PasswordChanged:
		return words{
			"Votre mot de passe a été changé", "Le mot de passe de votre compte a été changé" + whoFrench(by) + ". Toutes vos sessions sont terminées.",
			"Si ce n'était pas vous, demandez tout de suite à un administrateur de fermer l'accès à votre compte.",
		}
	case FactorsChanged:
		return words{
			"Vos moyens de connexion ont changé", factorFrench(d("change"), d("name")),
			"Si ce n'était pas vous, changez tout de suite votre mot de passe et prévenez un administrateur.",
		}
	case FactorsReset:
		return words{
			"Vos seconds facteurs ont été réinitialisés", "Vos clés d'accès, votre application d'authentification et vos codes de secours ont été retirés" + whoFrench(by) + ". Toutes vos sessions sont terminées.",
			"À votre prochaine connexion, vous les configurerez à nouveau. Si vous n'avez rien demandé, prévenez tout de suite un administrateur.",
		}
	case LogAltered:
		return words{
			"Le journal d'audit a été modifié", "Le contrôle du journal d'audit a trouvé qu'il n'est pas tel qu'il a été écrit : " + d("reason") + ".",
			"Quelqu'un a peut-être modifié la base de données. Gardez-en une copie, ainsi que du fichier des têtes, et faites contrôler l'installation.",
		}
	case RoleChanged:
		return words{"Votre rôle a changé", fmt.Sprintf("Votre rôle est maintenant %s%s ; c'était %s.", roleFrench(d("role")), whoFrench(by), roleFrench(d("before"))), ""}
	case CustomersChanged:
		return words{"Vos clients ont changé", fmt.Sprintf("Les clients pour lesquels vous travaillez ont changé%s : %s ajoutés, %s retirés.", whoFrench(by), d("added"), d("removed")), ""}
	case TaskFinished:
		return words{
			"Une tâche est terminée", fmt.Sprintf("La tâche que vous avez lancée (%s) est terminée : %s. %s faits, %s en échec.", taskFrench(d("task_kind")), stateFrench(d("state")), d("done"), d("failed")), "",
		}
	case TicketAssigned:
		return words{fmt.Sprintf("Le ticket #%s est à vous", d("number")), fmt.Sprintf("Le ticket #%s vous a été attribué%s : %s", d("number"), whoFrench(by), d("summary")), ""}
	case FailedSignIns:
		return words{
			"Échecs de connexion répétés", fmt.Sprintf("La connexion au nom de %s a échoué %s fois, la dernière depuis %s. Le compte est bloqué pour un moment.", d("name"), d("failures"), d("address")),
			"Demandez à la personne si c'était elle. Sinon, consultez le journal d'audit et prévenez vos collègues.",
		}
	case NewAdministrator:
		return words{
			"Un nouvel administrateur", fmt.Sprintf("%s est maintenant administrateur%s et peut tout faire.", d("name"), whoFrench(by)),
			"Si ce n'est pas voulu, suspendez le compte et consultez le journal d'audit.",
		}
	case Overrides:
		return words{
			"Dérogations de la semaine passée : " + d("overrides"), fmt.Sprintf("Du %s au %s, la parole d'un technicien a tenu lieu de preuve de l'identité de l'appelant : %s.", d("from"), d("to"), d("by_technician")),
			"Parcourez-les dans les rapports. Qui s'en distingue a peut-être besoin d'aide, ou d'une question.",
		}
	case ApprovalAsked:
		return words{
			"À approuver ou à refuser : " + actionFrench(d("action")), fmt.Sprintf("%s demande une approbation : %s%s. Motif : %s", by, actionFrench(d("action")), concerning(d("target"), d("customer")), d("reason")),
			"Lisez ce qui serait fait, et décidez après vous être connecté. Rien ne se passe avant une décision.",
		}
	case ApprovalEnded:
		return words{
			"Votre demande : " + approvalFrench(d("state")), fmt.Sprintf("Votre demande (%s%s) %s%s.", actionFrench(d("action")), concerning(d("target"), ""), approvedFrench(d("state")), whoFrench(by)),
			remark("Commentaire : ", d("comment")),
		}
	case GlassBroken:
		return words{
			"Fait sans seconde personne : " + actionFrench(d("action")), fmt.Sprintf("%s a agi tout de suite, sans approbation : %s%s. Motif : %s", by, actionFrench(d("action")), concerning(d("target"), d("customer")), d("reason")),
			"Demandez pourquoi cela ne pouvait pas attendre. Si cela n'aurait pas dû arriver, suspendez le compte et consultez le journal d'audit.",
		}
	case ReviewAsked, ReviewDue, ReviewEnded:
		return reviewFrench(n.Kind, d)
	case Announcement:
		return words{title: d("subject")}
	}
	return words{}
}

func whoFrench(by string) string {
	if by == "" {
		return ""
	}
	return " par " + by
}

func factorFrench(change, name string) string {
	switch change {
	case "totp_added":
		return "Une application d'authentification a été ajoutée à votre compte."
	case "totp_removed":
		return "L'application d'authentification a été retirée de votre compte."
	case "passkey_added":
		return fmt.Sprintf("La clé d'accès « %s » a été ajoutée à votre compte.", name)
	case "passkey_removed":
		return fmt.Sprintf("La clé d'accès « %s » a été retirée de votre compte.", name)
	case "recovery_codes":
		return "De nouveaux codes de secours ont été créés pour votre compte ; les anciens ne valent plus."
	}
	return "Les moyens de connexion à votre compte ont été changés."
}

func roleFrench(role string) string {
	names := map[string]string{"administrator": "administrateur", "manager": "responsable", "technician": "technicien", "read_only": "lecture seule", "owner": "propriétaire"}
	return orElse(names[role], role)
}

func taskFrench(kind string) string {
	if strings.HasPrefix(kind, "import.") {
		return "une importation"
	}
	return "un traitement groupé"
}

func stateFrench(state string) string {
	names := map[string]string{"done": "terminée", "failed": "elle n'a pas pu aboutir", "canceled": "elle a été annulée"}
	return orElse(names[state], state)
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
