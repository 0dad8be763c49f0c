// Package wording holds what Countersign says to people outside, in every language of messages and public pages (D-30): the texts that
// come with it, and those that an organization wrote instead.
package wording

import (
	"context"
	"strings"

	"golang.org/x/text/language"

	"countersign.dev/countersign/internal/store"
)

// Language is one in which people outside can be written to.
type Language struct {
	Code string // BCP 47
	Name string // in the language itself
	Dir  string // "ltr" or "rtl"
}

// Languages that messages and public pages exist in (D-30). The first is the fallback.
func Languages() []Language {
	return []Language{
		{"en", "English", "ltr"},
		{"fr", "Français", "ltr"},
		{"es", "Español", "ltr"},
		{"de", "Deutsch", "ltr"},
		{"it", "Italiano", "ltr"},
		{"pt", "Português", "ltr"},
		{"nl", "Nederlands", "ltr"},
		{"pl", "Polski", "ltr"},
		{"tr", "Türkçe", "ltr"},
		{"ar", "العربية", "rtl"},
	}
}

// languageOf finds a language by its code; the fallback if there is none with it.
func languageOf(code string) Language {
	all := Languages()
	for _, l := range all {
		if l.Code == code {
			return l
		}
	}
	return all[0]
}

// LanguageFor picks the first wish that there are texts for; "fr-CA" finds "fr". A wish may also be a whole Accept-Language header
// (RFC 9110), of which the most wanted language counts first.
func LanguageFor(wishes ...string) string {
	all := Languages()
	for _, wish := range wishes {
		for _, base := range bases(wish) {
			for _, l := range all {
				if l.Code == base {
					return l.Code
				}
			}
		}
	}
	return all[0].Code
}

// maxHeader bounds what is read of an Accept-Language header.
const maxHeader = 200

// bases are the languages that a wish names, without script and region.
func bases(wish string) (found []string) {
	if !strings.ContainsAny(wish, ",;") {
		base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(wish)), "-")
		return []string{base}
	}
	if len(wish) > maxHeader {
		return nil
	}
	tags, _, err := language.ParseAcceptLanguage(wish)
	if err != nil {
		return nil
	}
	for _, tag := range tags {
		base, _ := tag.Base()
		found = append(found, base.String())
	}
	return found
}

// Text is what is sent: a message, of which only a mail has a subject, or a call, which is announced before it says its body.
type Text struct{ Subject, Body, Announcement string }

// Warning is the sentence about the direction that the call must have had (R10).
type Warning string

// The warnings.
const (
	NoWarning  Warning = ""
	TheyCalled Warning = "phrase.warning_inbound"  // the contact called us
	WeCalled   Warning = "phrase.warning_outbound" // we called the contact
)

// Values are what placeholders stand for. An empty one is left out, with the space before it.
type Values struct {
	Organization string
	Technician   string
	Contact      string
	Code         string
	Link         string // a web address
	Confirm      string // what the person answers: #confirm, perhaps with two digits
	Ticket       int64  // its number; 0 without one
	Minutes      int    // how long it is good for; 0 if it does not say
	Days         int    // how long it is good for, of what is good for long; 0 if it does not say
	Address      string // a number or mail address, masked
	Warning      Warning
}

// Texts are those of an organization in one language: its own words where it wrote some, else those of Countersign. The zero Texts are
// those of Countersign in the first language.
type Texts struct {
	Language string
	own      map[Key]map[string]string
}

// Of returns the texts of an organization in the language that LanguageFor picks.
func Of(ctx context.Context, q store.Querier, orgID string, wishes ...string) (Texts, error) {
	language := LanguageFor(wishes...)
	own, err := ownIn(ctx, q, orgID, language)
	return Texts{language, own}, err
}

// Say is Of and Texts.Say for who needs a single text.
func Say(ctx context.Context, q store.Querier, orgID string, key Key, language string, v Values) (Text, error) {
	t, err := Of(ctx, q, orgID, language)
	if err != nil {
		return Text{}, err
	}
	return t.Say(key, v), nil
}

// Say returns a text with its placeholders filled.
func (t Texts) Say(key Key, v Values) Text {
	fill := t.filled(key, v)
	text := Text{Subject: fill(Subject), Body: fill(Body), Announcement: fill(Announcement)}
	if header := fill(Header); header != "" {
		text.Body = header + "\n\n" + text.Body
	}
	return text
}

// filled returns what fills a part of a text.
func (t Texts) filled(key Key, v Values) func(part string) string {
	language := LanguageFor(t.Language)
	values := v.in(language)
	return func(part string) string {
		text, ok := t.own[key][part]
		if !ok {
			text = defaultOf(key, language)[part]
		}
		return Fill(text, values)
	}
}

// FirstName is the first word of a name.
func FirstName(name string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(name), " ")
	return first
}
