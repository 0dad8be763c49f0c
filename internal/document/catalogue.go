package document

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"countersign.dev/countersign/internal/wording"
)

// Key names a document; it also stands in the address of its page.
type Key string

// The documents (D-32).
const (
	VerifyUs    Key = "verify-us"    // how a client checks us
	VerifyYou   Key = "verify-you"   // how we check a client
	Phishing    Key = "phishing"     // habits against fraud on the phone
	Method      Key = "method"       // why checking works
	AnnounceYou Key = "announce-you" // mail: from now on we check who calls
	AnnounceUs  Key = "announce-us"  // mail: from now on you can check us
	ZeroTrust   Key = "zero-trust"   // the policy
	Risk        Key = "risk"         // of doing without
	Waiver      Key = "waiver"       // to be signed by who does without
)

// The placeholders besides those of messages.
const (
	Phone              wording.Placeholder = "phone"
	Website            wording.Placeholder = "website"
	VerificationNumber wording.Placeholder = "verification_number"
	VerificationEmail  wording.Placeholder = "verification_email"
	PortalURL          wording.Placeholder = "portal_url"
	Customer           wording.Placeholder = "customer"
	Date               wording.Placeholder = "date"
)

// Entry is a document of the catalogue.
type Entry struct {
	Key      Key
	Requires []wording.Placeholder // without these the text is no good
	Form     bool                  // printed and signed: a name that is not known is left to be written in by hand
}

// Catalogue lists the documents in the order in which people read them.
func Catalogue() []Entry {
	const us = wording.Organization
	return []Entry{
		{Key: VerifyUs, Requires: []wording.Placeholder{us, VerificationNumber}},
		{Key: VerifyYou, Requires: []wording.Placeholder{us}},
		{Key: Phishing, Requires: []wording.Placeholder{us}},
		{Key: Method, Requires: []wording.Placeholder{us}},
		{Key: AnnounceYou, Requires: []wording.Placeholder{us}},
		{Key: AnnounceUs, Requires: []wording.Placeholder{us, VerificationNumber}},
		{Key: ZeroTrust, Requires: []wording.Placeholder{us}},
		{Key: Risk, Requires: []wording.Placeholder{us, Customer}, Form: true},
		{Key: Waiver, Requires: []wording.Placeholder{us, Customer, Date}, Form: true},
	}
}

// Placeholders are all that a document may hold.
func Placeholders() []wording.Placeholder {
	return []wording.Placeholder{
		wording.Organization, Phone, Website, VerificationNumber, VerificationEmail, PortalURL, Customer, wording.Contact, Date,
	}
}

func entryOf(key Key) (Entry, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Key == key })
	if i < 0 {
		return Entry{}, false
	}
	return all[i], true
}

// Text is a document in one language: a line, and paragraphs in markup.
type Text struct {
	Title string `json:"title"`
	Body  string `json:"body"`
}

//go:embed texts/*.json
var files embed.FS

// supplied is what comes with Countersign in one language: one file.
type supplied struct {
	Date      string            `json:"date"`
	Months    []string          `json:"months"`
	Words     map[string]string `json:"words"` // of pages and files around the documents
	Documents map[Key]struct {
		Title string   `json:"title"`
		Body  []string `json:"body"` // lines
	} `json:"documents"`
}

// allSupplied reads the files, once. They are part of the program, so that a fault in them is one of it.
var allSupplied = sync.OnceValue(func() map[string]supplied {
	out := map[string]supplied{}
	for _, l := range wording.Languages() {
		b, err := files.ReadFile("texts/" + l.Code + ".json")
		if err != nil {
			continue // no documents in this language yet
		}
		var s supplied
		if err := json.Unmarshal(b, &s); err != nil {
			panic(fmt.Errorf("texts/%s.json: %w", l.Code, err))
		}
		out[l.Code] = s
	}
	return out
})

// Languages are those that documents exist in: each has a file. The first is the fallback.
func Languages() []wording.Language {
	return slices.DeleteFunc(wording.Languages(), func(l wording.Language) bool {
		_, ok := allSupplied()[l.Code]
		return !ok
	})
}

func hasLanguage(code string) bool {
	_, ok := allSupplied()[code]
	return ok
}

// languageFor picks the first wish that there are documents in.
func languageFor(wishes ...string) wording.Language {
	all := Languages()
	for _, wish := range wishes {
		if wish == "" {
			continue
		}
		found := wording.LanguageFor(wish)
		i := slices.IndexFunc(all, func(l wording.Language) bool { return l.Code == found })
		if i >= 0 && (i > 0 || strings.HasPrefix(strings.ToLower(wish), all[0].Code)) {
			return all[i]
		}
	}
	return all[0]
}

func suppliedText(key Key, language string) Text {
	d := allSupplied()[language].Documents[key]
	return Text{d.Title, strings.Join(d.Body, "\n")}
}

// word is a phrase of the pages around the documents.
func word(language, name string, values map[wording.Placeholder]string) string {
	return wording.Fill(allSupplied()[language].Words[name], values)
}

// dateIn writes a day in words.
func dateIn(language string, day time.Time) string {
	s := allSupplied()[language]
	return wording.Fill(s.Date, map[wording.Placeholder]string{
		"day": strconv.Itoa(day.Day()), "month": s.Months[day.Month()-1], "year": strconv.Itoa(day.Year()),
	})
}

func (e Entry) requires(name wording.Placeholder) bool { return slices.Contains(e.Requires, name) }
