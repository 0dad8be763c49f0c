package notification

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign.dev/countersign/internal/branding"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// maxText keeps a text message within two parts.
const maxText = 300

// letter is a notification as it is sent.
type letter struct {
	subject, body string // of a mail
	text          string // of a text message
}

// compose writes a notification in its receiver's language: what happened, what to do if it should not have, and where.
func compose(n Notification, t technician.Technician, o organization.Organization, base string) letter {
	french := LanguageOf(t, o) == "fr"
	say := englishSay
	if french {
		say = frenchSay
	}
	w := say(n)
	title, sentence := oneLine(w.title), w.sentence
	if n.Kind == Announcement {
		sentence = n.Data["body"]
	}
	parts := []string{Greeting(t, o), sentence}
	if w.advice != "" {
		parts = append(parts, w.advice)
	}
	link := n.Link()
	if link != "" {
		link = base + link
		parts = append(parts, link)
	}
	out := letter{subject: o.Name + ": " + title, text: strings.TrimSpace(clip(o.Name+": "+title+". "+oneLine(sentence), maxText-len(link)-1) + " " + link)}
	why := "You get this mail because you are a technician of " + o.Name + ". You choose what is mailed to you here: "
	if french {
		out.subject = o.Name + " : " + title
		why = "Vous recevez ce message en tant que technicien de " + o.Name + ". Choisissez ici ce qui vous est envoyé : "
	}
	out.subject = clip(out.subject, 200)
	parts = append(parts, o.Name, why+base+"/settings/notifications")
	out.body = strings.Join(parts, "\n\n") + "\n"
	return out
}

// SenderOf is an organization as it writes to people: under the name of its brand.
func SenderOf(ctx context.Context, q store.Querier, org string) (organization.Organization, error) {
	o, err := organization.ByID(ctx, q, org)
	if err != nil {
		return o, err
	}
	brand, err := branding.Of(ctx, q, org)
	o.Name = brand.Name
	return o, err
}

// Greeting begins a mail to a technician.
func Greeting(t technician.Technician, o organization.Organization) string {
	name := t.GivenName
	if name == "" {
		name = t.Name()
	}
	if LanguageOf(t, o) == "fr" {
		return "Bonjour " + name + ","
	}
	return "Hello " + name + ","
}

// When writes a time as people read it, in a technician's own language and zone.
func When(at time.Time, t technician.Technician, o organization.Organization) string {
	local := at.In(zoneOf(t, o))
	if LanguageOf(t, o) == "fr" {
		months := [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
		return fmt.Sprintf("%d %s %d à %s", local.Day(), months[local.Month()-1], local.Year(), local.Format("15:04 MST"))
	}
	return local.Format("2 January 2006 at 15:04 MST")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// clip shortens text to so many bytes, between two characters.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := 0
	for i := range s {
		if i > limit-len("…") {
			break
		}
		end = i
	}
	return s[:end] + "…"
}
