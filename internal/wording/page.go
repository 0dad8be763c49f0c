package wording

// LinkPage holds the texts of the page behind a link in one language.
type LinkPage struct {
	Lang, Dir, LanguageLabel, Title, Asks, NumberLabel, NumberHelp, DirectionLabel, TheyCalled, ICalled, Validate, NotMe, NotMeHelp string
	Genuine, ErrorTitle, ErrorNumber, ErrorDirection                                                                                string
	Results                                                                                                                         map[string][2]string // heading and sentence by the state that an answer led to
	Gone                                                                                                                            [2]string
}

// LinkPage returns the page behind a link as an organization words it. v.Link is where genuine pages lie. Of the zero Texts it is the page
// of a link that leads nowhere and therefore belongs to nobody.
func (t Texts) LinkPage(v Values) LinkPage {
	head, form := t.filled(PageLink, v), t.filled(pageForm, v)
	results := map[string][2]string{}
	for _, state := range []string{"verified", "denied", "frozen", "failed"} {
		results[state] = [2]string{form(state + "_title"), form(state)}
	}
	language := languageOf(LanguageFor(t.Language))
	return LinkPage{
		Lang: language.Code, Dir: language.Dir, LanguageLabel: form("language"), Title: head(Title), Asks: head(Asks),
		NumberLabel: form("number_label"), NumberHelp: form("number_help"), DirectionLabel: form("direction_label"),
		TheyCalled: form("they_called"), ICalled: form("i_called"), Validate: form("validate"), NotMe: form("not_me"),
		NotMeHelp: form("not_me_help"), Genuine: form("genuine"), ErrorTitle: form("error_title"), ErrorNumber: form("error_number"),
		ErrorDirection: form("error_direction"), Results: results, Gone: [2]string{form("gone_title"), form("gone")},
	}
}

// OptInPage says the parts of the page on which somebody agrees to be written to, or does not. What they agree to, the part "statement",
// is the same for every organization: the ledger of consent names its version.
func (t Texts) OptInPage(v Values) func(part string) string { return t.filled(pageOptIn, v) }

// Part says one part of a text, of those that have other parts than a message.
func (t Texts) Part(key Key, part string, v Values) string { return t.filled(key, v)(part) }

// PasskeyPage holds the texts of the pages on which a passkey is set up and used, besides those of LinkPage.
type PasskeyPage struct {
	Title, Asks, Help, Create          string // of setting one up
	Done                               [2]string
	ConfirmAsks, TicketLabel, ForLabel string // of using it: what the passkey signs
	NumberHelp, ErrorNumber, Confirm   string
	NoScript, Unsupported, NotDone     string // of both
}

// PasskeyPage returns the texts for v.
func (t Texts) PasskeyPage(v Values) PasskeyPage {
	say := t.filled(pagePasskey, v)
	return PasskeyPage{
		Title: say("title"), Asks: say("asks"), Help: say("help"), Create: say("create"), Done: [2]string{say("done_title"), say("done")},
		ConfirmAsks: say("confirm_asks"), TicketLabel: say("ticket"), ForLabel: say("for"), NumberHelp: say("number_help"),
		ErrorNumber: say("error_number"), Confirm: say("confirm"), NoScript: say("no_script"), Unsupported: say("unsupported"), NotDone: say("not_done"),
	}
}

// StepUpPage holds what the pages of a sign-in at the contact's company say beside LinkPage.
type StepUpPage struct {
	Asks, Explain, NumberHelp, ErrorNumber, GoTitle, Go, GoButton, BackTitle, Back, Confirm, Again, Canceled, Unreachable, Refused string
	OtherBrowser, WrongAccount                                                                                                     [2]string // heading and sentence
}

// StepUpPage returns the pages of a sign-in at the contact's company. v.Link is where that sign-in is: a host name.
func (t Texts) StepUpPage(v Values) StepUpPage {
	say := t.filled(pageStepUp, v)
	return StepUpPage{
		Asks: say(Asks), Explain: say("explain"), NumberHelp: say("number_help"), ErrorNumber: say("error_number"), GoTitle: say("go_title"), Go: say("go"),
		GoButton: say("go_button"), BackTitle: say("back_title"), Back: say("back"), Confirm: say("confirm"), Again: say("again"),
		Canceled: say("canceled"), Unreachable: say("unreachable"), Refused: say("refused"),
		OtherBrowser: [2]string{say("other_browser_title"), say("other_browser")}, WrongAccount: [2]string{say("wrong_account_title"), say("wrong_account")},
	}
}
