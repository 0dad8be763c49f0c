package invitation

import (
	"context"
	"fmt"
	"strings"

	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/notification"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// mail queues the mail with the link. It counts against the limits of an address, so that nobody floods a stranger with invitations.
func (s *Service) mail(ctx context.Context, tx *store.Tx, i Invitation, t technician.Technician, link string) error {
	o, err := notification.SenderOf(ctx, tx, i.OrgID)
	if err != nil {
		return err
	}
	subject, body := letter(i, t, o, link)
	_, err = s.Messages.Send(ctx, tx, message.Out{
		Way: message.Email, To: t.Email, Subject: subject, Body: body, Purpose: message.Internal,
		Owner: message.Ref{Type: "invitation", ID: i.ID}, Starts: true, ExpiresAt: i.ExpiresAt,
	})
	return err
}

func letter(i Invitation, t technician.Technician, o organization.Organization, link string) (subject, body string) {
	until := notification.When(i.ExpiresAt, t, o)
	parts := []string{
		notification.Greeting(t, o),
		fmt.Sprintf("%s invites you to work with %s in Countersign: that is where technicians verify callers and look after customers.", i.SentByName, o.Name),
		"Open this link to choose how you sign in:",
		link,
		fmt.Sprintf("The link works once, until %s. It is meant for you alone: do not pass it on. You then sign in with %s.", until, t.Email),
		fmt.Sprintf("If you do not know %s or %s, do nothing: without the link nobody gets in.", i.SentByName, o.Name),
		o.Name,
	}
	subject = fmt.Sprintf("%s invites you to %s", i.SentByName, o.Name)
	if notification.LanguageOf(t, o) == "fr" {
		parts = []string{
			notification.Greeting(t, o),
			fmt.Sprintf("%s vous invite à travailler avec %s dans Countersign : c'est là que les techniciens vérifient les appelants et s'occupent des clients.", i.SentByName, o.Name),
			"Ouvrez ce lien pour choisir comment vous vous connectez :",
			link,
			fmt.Sprintf("Le lien fonctionne une seule fois, jusqu'au %s. Il n'est que pour vous : ne le transmettez pas. Vous vous connecterez ensuite avec %s.", until, t.Email),
			fmt.Sprintf("Si vous ne connaissez ni %s ni %s, ne faites rien : sans le lien, personne n'entre.", i.SentByName, o.Name),
			o.Name,
		}
		subject = fmt.Sprintf("%s vous invite à rejoindre %s", i.SentByName, o.Name)
	}
	return clip(subject), strings.Join(parts, "\n\n") + "\n"
}

// clip keeps a subject of long names within what a header takes.
func clip(s string) string {
	const most = 100
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
